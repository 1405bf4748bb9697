package netio

import (
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// namespace is a network namespace of the test's own.
type namespace struct {
	tb   testing.TB
	name string
}

func newNamespace(tb testing.TB) *namespace {
	tb.Helper()
	n := &namespace{tb: tb, name: "lhtest-" + strings.ToLower(rand.Text()[:8])}
	run(tb, "ip", "netns", "add", n.name)
	tb.Cleanup(func() { run(tb, "ip", "netns", "del", n.name) })
	n.ip("link set lo up")
	return n
}

// ip runs the ip command in the namespace.
func (n *namespace) ip(args string) {
	n.tb.Helper()
	run(n.tb, "ip", append([]string{"-n", n.name}, strings.Fields(args)...)...)
}

// do calls fn on a thread that is in the namespace. Sockets opened there stay
// in it, whoever uses them later. Threads started in between are in it too, but
// fn starts none that matter.
func (n *namespace) do(fn func()) {
	n.tb.Helper()
	onThread(n.tb, func() error {
		f, err := os.Open("/var/run/netns/" + n.name)
		if err != nil {
			return err
		}
		defer f.Close()
		return unix.Setns(int(f.Fd()), unix.CLONE_NEWNET)
	}, fn)
}

// unprivileged calls fn on a thread that has no capability.
func unprivileged(tb testing.TB, fn func()) {
	tb.Helper()
	onThread(tb, dropCapabilities, fn)
}

func dropCapabilities() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	return unix.Capset(&header, &none[0])
}

// onThread calls fn on a thread that enter has changed and that dies afterwards.
func onThread(tb testing.TB, enter func() error, fn func()) {
	tb.Helper()
	var wg sync.WaitGroup
	wg.Go(func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		if err := enter(); err != nil {
			tb.Errorf("change the thread: %v", err)
			return
		}
		fn()
	})
	wg.Wait()
	if tb.Failed() {
		tb.FailNow()
	}
}

func run(tb testing.TB, name string, args ...string) string {
	tb.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		tb.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// lan is a server and a client namespace joined by two wires, s0-c0 and s1-c1.
type lan struct {
	server, client *namespace
	hw             [2][6]byte // of c0 and c1
}

func newLAN(tb testing.TB) *lan {
	tb.Helper()
	l := &lan{server: newNamespace(tb), client: newNamespace(tb)}
	for i := range 2 {
		l.hw[i] = [6]byte{2, 0, 0, 0, 0xc, byte(i)}
		l.server.ip(fmt.Sprintf("link add s%d type veth peer name c%d address 02:00:00:00:0c:%02x netns %s", i, i, i, l.client.name))
		l.server.ip(fmt.Sprintf("addr add 10.99.%d.1/24 brd + dev s%d", i, i))
		l.server.ip(fmt.Sprintf("link set s%d up", i))
		l.client.ip(fmt.Sprintf("link set c%d up", i))
	}
	return l
}

// index is an interface's index in the namespace.
func (n *namespace) index(name string) int {
	n.tb.Helper()
	index := 0
	n.do(func() {
		all, err := Interfaces()
		if err != nil {
			n.tb.Error(err)
		}
		for _, i := range all {
			if i.Name == name {
				index = i.Index
			}
		}
	})
	if index == 0 {
		n.tb.Fatalf("no interface %s in the namespace", name)
	}
	return index
}
