package e2e

import (
	"slices"
	"strings"
	"syscall"
	"testing"
)

// office is the configuration of most tests: leases of 20 s, so that T1 and T2
// come by themselves.
var office = []string{
	"policy office create",
	"policy office setOption routers 192.168.50.1",
	"policy office setOption domain-name-servers 192.168.50.53,192.168.50.54",
	"policy office setOption domain-name office.example.com",
	"policy office setLeaseTime 20",
	"scope office create 192.168.50.0 255.255.255.0 policy=office",
	"scope office addRange 192.168.50.100 192.168.50.199",
	"dhcp reload",
}

func (s *server) wantState(lease string, states ...string) {
	s.t.Helper()
	s.eventually("lease "+lease+" is "+strings.Join(states, " or "), func() bool {
		return slices.Contains(states, s.attr(lease, "state"))
	}, func() string { return s.one("lease " + lease) })
}

func officeLab(t *testing.T) (*lab, *server) {
	t.Helper()
	l := newLab(t)
	l.cable("srv", "eth0", "192.168.50.1/24", "cli", "eth0", "")
	s := l.startServer("srv")
	s.nrcmd(office...)
	return l, s
}

func TestUdhcpcLeasesRenewsReleasesAndSurvivesKill(t *testing.T) {
	t.Parallel()
	l, s := officeLab(t)
	wire := l.capture("srv", "eth0")
	c := l.udhcpc("cli", "eth0")
	got := c.event("bound")
	if !strings.HasPrefix(got.Addr, "192.168.50.1") {
		t.Fatalf("the client got %q", got.Addr)
	}
	for k, want := range map[string]string{"router": "192.168.50.1", "dns": "192.168.50.53 192.168.50.54", "domain": "office.example.com", "lease": "20", "mask": "24", "serverid": "192.168.50.1"} {
		if got.Vars[k] != want {
			t.Errorf("option %s is %q at the client, want %q", k, got.Vars[k], want)
		}
	}
	s.wantState(got.Addr, "leased")
	before := s.attr(got.Addr, "expiration")

	s.kill9()
	s.start()
	if after := s.attr(got.Addr, "expiration"); after != before {
		t.Errorf("the lease ended %q before the kill and ends %q after it", before, after)
	}
	s.wantState(got.Addr, "leased")

	c.signal(syscall.SIGUSR1)
	if again := c.event("renew"); again.Addr != got.Addr {
		t.Errorf("renewed %s, had %s", again.Addr, got.Addr)
	}
	eventually(t, "the renewal is on record", func() bool { return s.attr(got.Addr, "expiration") != before })
	c.event("renew") // by itself, at T1
	c.signal(syscall.SIGUSR2)
	s.wantState(got.Addr, "released", "available")
	wire.wellFormed()
}

func TestDhclientRenewsRebindsAndMovesToAnotherSubnet(t *testing.T) {
	t.Parallel()
	l, _ := twoFloors(t, "02:00:00:00:00:61")
	wire, wire2 := l.capture("srv", "eth0"), l.capture("srv", "eth1")

	c := l.dhclient("cli", "eth0", "")
	first := c.event("BOUND")
	if r := c.event("RENEW"); r.Addr != first.Addr {
		t.Errorf("renewed %s, had %s", r.Addr, first.Addr)
	}
	// Unicast no longer reaches the server: the client must rebind at T2.
	sh(t, "ip", "-n", l.ns("cli"), "neigh", "replace", "192.168.50.1", "lladdr", "02:de:ad:00:00:01", "dev", "eth0")
	// (This client tells its script RENEW then, too; the wire shows it below.)
	for range 2 {
		if r := c.event("RENEW"); r.Addr != first.Addr {
			t.Errorf("rebound %s, had %s", r.Addr, first.Addr)
		}
	}
	c.expect(c.from, "bound to "+first.Addr) // said after the script has run, with the lease in its file
	c.quit()

	// The same client, its lease file with it, on another floor.
	files := l.dhclientArgs("cli", "eth0", "")
	c2 := &client{process: start(t, l.ns("cli2"), nil, append(append(files, "-d"), "eth0")...)}
	moved := c2.event("BOUND")
	if !strings.HasPrefix(moved.Addr, "192.168.60.") {
		t.Errorf("on the other floor the client got %s", moved.Addr)
	}
	c2.quit()

	rebinds := wire.fields("dhcp.option.dhcp == 3 && ip.dst == 255.255.255.255 && dhcp.ip.client != 0.0.0.0", "dhcp.ip.client")
	if len(rebinds) == 0 || rebinds[0][0] != first.Addr {
		t.Errorf("the client did not rebind by broadcast: %v", rebinds)
	}
	naks := wire2.fields("dhcp.option.dhcp == 6", "dhcp.ip.your")
	if len(naks) == 0 {
		t.Error("the server sent no DHCPNAK to a client that restarted on another subnet")
	}
	wire.wellFormed()
	wire2.wellFormed()
}

func TestDhcpcdDeclinesATakenAddress(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.lan("lan", "srv/eth0=192.168.50.1/24", "cli/eth0", "squatter/eth0=192.168.50.100/24")
	s := l.startServer("srv")
	s.nrcmd(office...)
	wire := l.capture("srv", "eth0")
	c := l.dhcpcd("laptop", "cli", "eth0")
	got := c.event("BOUND")
	if got.Addr == "192.168.50.100" || !strings.HasPrefix(got.Addr, "192.168.50.1") {
		t.Errorf("the client took %s", got.Addr)
	}
	s.wantState("192.168.50.100", "unavailable")
	if declines := wire.fields("dhcp.option.dhcp == 4", "dhcp.option.requested_ip_address"); len(declines) == 0 {
		t.Error("the client sent no DHCPDECLINE: the test shows nothing")
	}
	if out := s.one("scope office clearUnavailable"); out != "" {
		t.Logf("clearUnavailable: %s", out)
	}
	s.wantState("192.168.50.100", "available")
	c.event("RENEW")
	c.signal(syscall.SIGTERM)
	wire.wellFormed()
}

func TestUdhcpcDeclinesATakenAddress(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.lan("lan", "srv/eth0=192.168.50.1/24", "cli/eth0", "squatter/eth0=192.168.50.100/24")
	s := l.startServer("srv")
	s.nrcmd(office...)
	c := l.udhcpc("cli", "eth0", "-a")
	if got := c.event("bound"); got.Addr == "192.168.50.100" {
		t.Error("the client took an address that another host uses")
	}
	s.wantState("192.168.50.100", "unavailable")
}

func TestPingBeforeOfferSparesATakenAddress(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.lan("lan", "srv/eth0=192.168.50.1/24", "cli/eth0", "squatter/eth0=192.168.50.100/24")
	s := l.startServer("srv")
	s.nrcmd(append(slices.Clone(office), "scope office enable ping-clients", "dhcp reload")...)
	c := l.udhcpc("cli", "eth0")
	if got := c.event("bound"); got.Addr == "192.168.50.100" {
		t.Error("the server offered an address that answers a ping")
	}
	s.wantState("192.168.50.100", "unavailable")
}

func TestDhclientReleases(t *testing.T) {
	t.Parallel()
	l, s := officeLab(t)
	c := l.dhclient("cli", "eth0", "")
	got := c.event("BOUND")
	s.wantState(got.Addr, "leased")
	c.quit()
	release := start(t, l.ns("cli"), nil, append(l.dhclientArgs("cli", "eth0", ""), "-d", "-r", "eth0")...)
	release.expect(0, "DHCPRELEASE of "+got.Addr)
	s.wantState(got.Addr, "released", "available")
}

// twoFloors is an office with a second subnet on another interface of the
// server, and a machine that can stand on either.
func twoFloors(t *testing.T, mac string) (*lab, *server) {
	t.Helper()
	l, s := officeLab(t)
	l.cable("srv", "eth1", "192.168.60.1/24", "cli2", "eth0", "")
	l.mac("cli", "eth0", mac)
	l.mac("cli2", "eth0", mac)
	s.nrcmd("scope floor2 create 192.168.60.0 255.255.255.0 policy=office",
		"scope floor2 addRange 192.168.60.100 192.168.60.199", "dhcp reload")
	return l, s
}

func TestDhcpcdRebindsRebootsMovesAndReleases(t *testing.T) {
	t.Parallel()
	l, s := twoFloors(t, "02:00:00:00:00:62")
	wire, wire2 := l.capture("srv", "eth0"), l.capture("srv", "eth1")
	c := l.dhcpcd("laptop", "cli", "eth0")
	first := c.event("BOUND")
	if r := c.event("RENEW"); r.Addr != first.Addr {
		t.Errorf("renewed %s, had %s", r.Addr, first.Addr)
	}
	c.from = len(strings.Split(c.out.text(), "\n"))
	c.tell("-n", "eth0")
	c.expect(c.from, "rebinding lease of "+first.Addr)
	if r := c.event("RENEW"); r.Addr != first.Addr {
		t.Errorf("rebound %s, had %s", r.Addr, first.Addr)
	}
	c.tell("-x", "eth0")
	c.wait()

	again := l.dhcpcd("laptop", "cli", "eth0")
	if r := again.event("BOUND"); r.Addr != first.Addr {
		t.Errorf("after a restart the client has %s, had %s", r.Addr, first.Addr)
	}
	again.tell("-x", "eth0")
	again.wait()

	moved := l.dhcpcd("laptop", "cli2", "eth0")
	got := moved.event("BOUND")
	if !strings.HasPrefix(got.Addr, "192.168.60.") {
		t.Errorf("on the other floor the client got %s", got.Addr)
	}
	s.wantState(got.Addr, "leased")
	moved.tell("-k", "eth0")
	s.wantState(got.Addr, "released", "available")

	if naks := wire2.fields("dhcp.option.dhcp == 6", "dhcp.ip.your"); len(naks) == 0 {
		t.Error("the server sent no DHCPNAK to a client that restarted on another subnet")
	}
	wire.wellFormed()
	wire2.wellFormed()
}

func TestUdhcpcRebindsAndMovesToAnotherSubnet(t *testing.T) {
	t.Parallel()
	l, _ := twoFloors(t, "02:00:00:00:00:63")
	wire := l.capture("srv", "eth0")
	c := l.udhcpc("cli", "eth0")
	first := c.event("bound")
	// Unicast no longer reaches the server: the client must rebind at T2.
	sh(t, "ip", "-n", l.ns("cli"), "neigh", "replace", "192.168.50.1", "lladdr", "02:de:ad:00:00:01", "dev", "eth0")
	if r := c.event("renew"); r.Addr != first.Addr {
		t.Errorf("rebound %s, had %s", r.Addr, first.Addr)
	}
	// The cable is put into the other floor's socket: what the client asks to
	// keep does not exist there. (This client hears no DHCPNAK but of the server
	// that it had; the wire shows that one was sent.)
	sh(t, "ip", "-n", l.ns("srv"), "addr", "del", "192.168.50.1/24", "dev", "eth0")
	sh(t, "ip", "-n", l.ns("srv"), "link", "set", "eth1", "down")
	sh(t, "ip", "-n", l.ns("srv"), "addr", "del", "192.168.60.1/24", "dev", "eth1")
	sh(t, "ip", "-n", l.ns("srv"), "addr", "add", "192.168.60.1/24", "dev", "eth0")
	if got := c.event("bound"); !strings.HasPrefix(got.Addr, "192.168.60.") {
		t.Errorf("on the other floor the client got %s", got.Addr)
	}
	rebinds := wire.fields("dhcp.option.dhcp == 3 && ip.dst == 255.255.255.255 && dhcp.ip.client != 0.0.0.0", "dhcp.ip.client")
	if len(rebinds) == 0 || rebinds[0][0] != first.Addr {
		t.Errorf("the client did not rebind by broadcast: %v", rebinds)
	}
	if naks := wire.fields("dhcp.option.dhcp == 6", "dhcp.ip.your"); len(naks) == 0 {
		t.Error("the server sent no DHCPNAK to a client that rebinds on another subnet")
	}
	wire.wellFormed()
}
