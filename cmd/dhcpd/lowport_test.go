package main

import (
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// lowPort is one that only root may listen on.
var lowPort = netip.MustParseAddrPort("127.94.3.7:943")

// A server that has given root up listens on a low port, and may do nothing
// else that root may. It is tried in a process of its own.
func TestLowPortAfterRoot(t *testing.T) {
	c := exec.Command(os.Args[0], "-test.run=^TestLowPortProcess$", "-test.v")
	c.Env = append(os.Environ(), "LOW_PORT_DIR="+t.TempDir())
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "listening as 65534") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestLowPortProcess(t *testing.T) {
	dir := os.Getenv("LOW_PORT_DIR")
	if dir == "" {
		return // it is the part of the test above that gives root up
	}
	ports, err := newLowPorts()
	if err != nil {
		t.Fatal(err)
	}
	owner, err := lookupAccount("nobody")
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.become(dir); err != nil {
		t.Fatal(err)
	}
	if err := ports.afterRoot(); err != nil {
		t.Fatal(err)
	}
	if l, err := net.Listen("tcp", lowPort.String()); err == nil {
		l.Close()
		t.Error("every thread may listen on low ports")
	}
	l, err := ports.listen(lowPort)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := ports.listen(lowPort); err == nil {
		t.Error("the port could be listened on twice")
	}
	if err := os.WriteFile("/etc/leasehold-test", nil, 0o600); err == nil {
		t.Error("root's files can be written")
	}
	t.Logf("listening as %d", os.Geteuid())
}

func TestOwnAddresses(t *testing.T) {
	only := ownAddresses{netip.MustParseAddr("192.0.2.1")}
	if !only.Own(only.only) || only.Own(netip.MustParseAddr("127.0.0.1")) || only.String() != "192.0.2.1" || only.Towards(netip.MustParseAddr("127.0.0.9")) != only.only {
		t.Errorf("-address 192.0.2.1 makes the server %s", only)
	}
	all := ownAddresses{}
	if !all.Own(netip.MustParseAddr("127.0.0.1")) || all.Own(netip.MustParseAddr("192.0.2.1")) {
		t.Errorf("without -address the server is %s", all)
	}
	if got := all.Towards(netip.MustParseAddr("127.0.0.9")); got != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("127.0.0.9 sees %v", got)
	}
	if strings.Contains(all.String(), "127.") {
		t.Errorf("loopback addresses are listed: %s", all)
	}
}
