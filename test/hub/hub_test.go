//go:build linux

package hub

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"leasehold/test/netns"
)

func ip(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		t.Fatalf("ip %v: %v\n%s", args, err, out)
	}
}

// TestCutDelayAndJoin sends datagrams between two namespaces.
func TestCutDelayAndJoin(t *testing.T) {
	h := New()
	defer h.Close()
	var conns [2]net.PacketConn
	for i := range conns {
		ns := fmt.Sprintf("lhhub%d-%d", os.Getpid(), i)
		ip(t, "netns", "add", ns)
		t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", ns).Run() })
		if err := h.Add(fmt.Sprint(i), ns, "fo0"); err != nil {
			t.Fatal(err)
		}
		ip(t, "-n", ns, "addr", "add", fmt.Sprintf("10.77.0.%d/24", i+1), "dev", "fo0")
		ip(t, "-n", ns, "link", "set", "fo0", "up")
		if err := netns.Do(ns, func() (err error) {
			conns[i], err = net.ListenPacket("udp4", fmt.Sprintf("10.77.0.%d:7000", i+1))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		defer conns[i].Close()
	}
	// arrives says how long a datagram took from one to the other; false if it
	// did not come within a second.
	arrives := func(from, to int) (time.Duration, bool) {
		t.Helper()
		sent := time.Now()
		if _, err := conns[from].WriteTo([]byte("x"), conns[to].LocalAddr()); err != nil {
			t.Fatal(err)
		}
		if err := conns[to].SetReadDeadline(sent.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		_, _, err := conns[to].ReadFrom(make([]byte, 10))
		return time.Since(sent), err == nil
	}
	if _, ok := arrives(0, 1); !ok {
		t.Fatal("nothing passes through the hub")
	}
	h.Delay("0", "1", 150*time.Millisecond)
	if d, ok := arrives(1, 0); !ok || d < 150*time.Millisecond {
		t.Errorf("with a delay of 150 ms it took %v (%v)", d, ok)
	}
	h.Delay("0", "1", 0)
	h.Lose("0", "1", 1)
	if _, ok := arrives(0, 1); ok || h.Lost("0", "1") == 0 {
		t.Error("a way that loses everything lets pass")
	}
	if _, ok := arrives(1, 0); !ok {
		t.Error("the other direction is cut, too")
	}
	h.Join("0", "1")
	if _, ok := arrives(0, 1); !ok {
		t.Error("nothing passes after Join")
	}
}
