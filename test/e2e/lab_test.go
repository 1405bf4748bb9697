package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// bin holds the programs under test; TestMain builds them.
var bin string

// runTests builds dhcpd, nrcmd and the load generator once and runs the tests.
func runTests(m *testing.M) int {
	if os.Geteuid() != 0 {
		fmt.Fprintln(os.Stderr, "test/e2e needs root: it makes network namespaces")
		return 1
	}
	dir, err := os.MkdirTemp("", "leasehold-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	bin = dir
	build := exec.Command("go", "build", "-o", dir+"/", "leasehold/cmd/...", "leasehold/test/dhcpload")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build the programs:", err)
		return 1
	}
	// Tests wait for clocks more than they work: many more of them than there
	// are processors run at once.
	if err := flag.Set("test.parallel", "10"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

var labs atomic.Int32

// lab is a set of network namespaces, removed with the test.
type lab struct {
	t      *testing.T
	prefix string
	dir    string
	made   map[string]bool
	links  int
}

func newLab(t *testing.T) *lab {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} { // clients drop to users of their own
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return &lab{t: t, prefix: fmt.Sprintf("lh%d-%d", os.Getpid(), labs.Add(1)), dir: dir, made: map[string]bool{}}
}

// sh runs a command and fails the test if it fails.
func sh(t *testing.T, argv ...string) string {
	t.Helper()
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(argv, " "), err, out)
	}
	return string(out)
}

// ns returns the full name of a namespace, which it makes at first use.
func (l *lab) ns(name string) string {
	l.t.Helper()
	full := l.prefix + "-" + name
	if !l.made[full] {
		sh(l.t, "ip", "netns", "add", full)
		l.made[full] = true
		l.t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", full).Run() })
		sh(l.t, "ip", "-n", full, "link", "set", "lo", "up")
	}
	return full
}

// cable joins two namespaces: an interface of the given name in each, up, with
// the addresses given (a.b.c.d/n, or "" for none).
func (l *lab) cable(nsA, ifA, addrA, nsB, ifB, addrB string) {
	l.t.Helper()
	l.links++
	a, b := l.ns(nsA), l.ns(nsB)
	sh(l.t, "ip", "link", "add", ifA, "netns", a, "type", "veth", "peer", "name", ifB, "netns", b)
	for _, end := range [][3]string{{a, ifA, addrA}, {b, ifB, addrB}} {
		if end[2] != "" {
			sh(l.t, "ip", "-n", end[0], "addr", "add", end[2], "dev", end[1])
		}
		sh(l.t, "ip", "-n", end[0], "link", "set", end[1], "up")
	}
}

// lan joins several namespaces by a bridge of its own in namespace name: each
// member is "ns/interface" or "ns/interface=a.b.c.d/n".
func (l *lab) lan(name string, members ...string) {
	l.t.Helper()
	bridge := l.ns(name)
	sh(l.t, "ip", "-n", bridge, "link", "add", "br0", "type", "bridge")
	sh(l.t, "ip", "-n", bridge, "link", "set", "br0", "up")
	for _, m := range members {
		l.plug(name, m)
	}
}

// plug puts one more member on a lan and returns its port of the bridge.
func (l *lab) plug(lan, member string) string {
	l.t.Helper()
	place, addr, _ := strings.Cut(member, "=")
	ns, ifc, _ := strings.Cut(place, "/")
	port := fmt.Sprintf("p%d", l.links)
	l.cable(ns, ifc, addr, lan, port, "")
	sh(l.t, "ip", "-n", l.ns(lan), "link", "set", port, "master", "br0")
	return port
}

// mac sets an interface's hardware address.
func (l *lab) mac(ns, ifc, mac string) {
	l.t.Helper()
	sh(l.t, "ip", "-n", l.ns(ns), "link", "set", ifc, "down")
	sh(l.t, "ip", "-n", l.ns(ns), "link", "set", ifc, "address", mac)
	sh(l.t, "ip", "-n", l.ns(ns), "link", "set", ifc, "up")
}

// file writes a file of the lab and returns its path.
func (l *lab) file(name, content string, mode os.FileMode) string {
	l.t.Helper()
	path := filepath.Join(l.dir, name)
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		l.t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		l.t.Fatal(err)
	}
	return path
}
