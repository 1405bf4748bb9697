package e2e

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"leasehold/internal/packet"
	"leasehold/test/clients"
	"leasehold/test/holders"
)

// TestPairLosesEachServerInTurn is the life of a pair: clients lease, each
// server dies and comes back, and no client notices.
func TestPairLosesEachServerInTurn(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	a, b := s.startPair(quick)
	a.went("PARTNER-DOWN", "NORMAL")
	b.went("RECOVER", "RECOVER-DONE", "NORMAL")
	c := s.crowd("cli", clients.Config{Count: 40, ClientIDs: true})
	c.bound()
	if acks := c.Report().Acks; acks[netip.MustParseAddr(lanAddr("b"))] != 0 {
		t.Errorf("the backup served although the main is there: %v", acks)
	}
	same(a, b)

	a.kill9()
	b.interrupted("a")
	c.Add(3)
	c.bound()
	c.rebind()
	a.start()
	s.normal(a, b)
	a.never("PARTNER-DOWN", "POTENTIAL-CONFLICT")
	same(a, b)

	b.kill9()
	a.interrupted("b")
	c.Add(3)
	c.bound()
	b.start()
	s.normal(a, b)
	same(a, b)
	c.renew()

	a.stop() // in good order
	b.interrupted("a")
	c.rebind()
	a.start()
	s.normal(a, b)
	same(a, b)
	c.unharmed()
}

// TestPairPowerCut loses a machine whole: nobody resets its connections, so
// that the partner learns of it by silence.
func TestPairPowerCut(t *testing.T) {
	t.Parallel()
	s, a, b, c := servingPair(t, 20)
	s.dark("a", a.kill9)
	b.interrupted("a")
	c.await("every client was extended by itself, at T2, by the backup", func(r clients.Report) bool {
		return r.Acks[netip.MustParseAddr(lanAddr("b"))] >= 20
	})
	s.light("a")
	a.start()
	s.normal(a, b)
	same(a, b)
	c.unharmed()
}

// TestPairLeaseTimes follows the lengths of leases: the lead time first, then
// the whole of it, on the partner's record too.
func TestPairLeaseTimes(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	a, b := s.startPair(quick)
	c := s.crowd("cli", clients.Config{Count: 1})
	c.bound()
	length := func(n int) time.Duration { // of the n-th lease
		t.Helper()
		var acks []holders.Event
		eventually(t, "the ACK was seen", func() bool {
			acks = s.watch.Events(func(e holders.Event) bool { return e.Type == packet.Ack })
			return len(acks) >= n
		})
		return acks[n-1].Lease
	}
	if got := length(1); got != 10*time.Second {
		t.Errorf("the first lease lasts %v, the lead time is 10 s", got)
	}
	addr, _, _ := c.Lease(0)
	b.wantState(addr.String(), "leased")
	a.quiet("b")
	c.renew()
	if got := length(2); got != 24*time.Second {
		t.Errorf("the second lease lasts %v, want 24 s: the partner had acknowledged it", got)
	}
	_, _, end := c.Lease(0)
	b.eventually("the backup knows the end of the lease", func() bool {
		d := b.expiry(addr.String()).Sub(end)
		return d >= -2*time.Second && d <= 2*time.Second
	}, func() string { return b.one("lease " + addr.String()) })

	c.Release(0)
	a.wantState(addr.String(), "available")
	b.wantState(addr.String(), "other-available", "available")
}

// TestPairLeasesEnd has the clients walk away: every address becomes free on
// both servers, and belongs to one of them.
func TestPairLeasesEnd(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	p := quick
	p.low, p.high = 20, 79 // 60 addresses
	p.pair = []string{"load-balancing=enabled"}
	a, b := s.startPair(p)
	c := s.crowd("cli", clients.Config{Count: 40, ClientIDs: true})
	c.bound()
	same(a, b)
	c.Stop()
	var ofA, ofB map[string]int
	a.eventually("all 60 addresses are free", func() bool {
		ofA, ofB = a.count(), b.count()
		return ofA["available"]+ofA["other-available"] == 60 && ofB["available"]+ofB["other-available"] == 60 &&
			ofA["available"] == ofB["other-available"]
	}, func() string { return fmt.Sprintf("%v, %v", ofA, ofB) })
}

// TestPairEager has the answer wait for the partner, so that the first lease is
// whole already.
func TestPairEager(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	p := quick
	p.pair = []string{"update-mode=eager"}
	s.startPair(p)
	c := s.crowd("cli", clients.Config{Count: 5})
	c.bound()
	for _, e := range s.watch.Events(func(e holders.Event) bool { return e.Type == packet.Ack }) {
		if e.Lease != 24*time.Second {
			t.Errorf("%s got %v at once, want 24 s", e.Client, e.Lease)
		}
	}
}

// TestPairLoadBalancing checks that each server offers to its half of the
// clients, by the hash of RFC 3074, and to all of them when it is alone.
func TestPairLoadBalancing(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	p := quick
	p.pair = []string{"load-balancing=enabled"}
	a, b := s.startPair(p)
	c := s.crowd("cli", clients.Config{Count: 60, ClientIDs: true})
	c.bound()
	servers := map[string][]string{}
	for _, e := range s.watch.Events(func(e holders.Event) bool { return e.Type == packet.Offer }) {
		servers[e.Client] = append(servers[e.Client], e.Server.String())
	}
	main := 0
	for client, by := range servers {
		if len(by) != 1 {
			t.Errorf("%s got offers from %v", client, by)
		}
		if by[0] == lanAddr("a") {
			main++
		}
	}
	if main < 18 || main > 42 {
		t.Errorf("of 60 clients the main served %d", main)
	}
	same(a, b)
	a.kill9()
	c.rebind()
	c.Add(20)
	c.bound()
	c.unharmed()
}

// TestPairRealClients has the clients of Debian at work while servers die.
func TestPairRealClients(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	p := quick
	p.lease = 16
	a, b := s.startPair(p)
	for _, ns := range []string{"udhcpc", "dhclient", "dhcpcd"} {
		s.plug(lanName, ns+"/eth0")
	}
	all := map[string]*client{"udhcpc": s.udhcpc("udhcpc", "eth0"), "dhclient": s.dhclient("dhclient", "eth0", ""), "dhcpcd": s.dhcpcd("laptop", "dhcpcd", "eth0")}
	begins := map[string]string{"udhcpc": "bound", "dhclient": "BOUND", "dhcpcd": "BOUND"}
	again := map[string]string{"udhcpc": "renew", "dhclient": "RENEW", "dhcpcd": "RE"}
	has := map[string]string{}
	for name, c := range all {
		has[name] = c.event(begins[name]).Addr
	}
	renewed := func() {
		t.Helper()
		for name, c := range all {
			if got := c.next("EVENT " + again[name]); got.Addr != has[name] {
				t.Errorf("%s had %s, has %s", name, has[name], got.Addr)
			}
		}
	}
	renewed()
	same(a, b)
	s.dark("a", a.kill9)
	b.interrupted("a")
	renewed()
	s.light("a")
	a.start()
	s.normal(a, b)
	renewed()
	same(a, b)
}

// TestPairRelayedClients has the clients behind a relay agent that forwards to
// both servers.
func TestPairRelayedClients(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	s.plug(lanName, "relay/up0=192.168.50.9/24")
	s.cable("relay", "down0", "192.168.70.254/24", "far", "eth0", "")
	sh(t, "ip", "netns", "exec", s.ns("relay"), "sysctl", "-qw", "net.ipv4.ip_forward=1")
	for _, n := range []string{"a", "b"} {
		sh(t, "ip", "-n", s.ns(n), "route", "add", "192.168.70.0/24", "via", "192.168.50.9")
	}
	a, b := s.startServer("a"), s.startServer("b")
	for _, n := range []*server{a, b} {
		n.nrcmd(append(append(quick.office("a", "b"), far(quick.scope()[1:], "192.168.70.", "far")...), "dhcp reload")...)
	}
	s.normal(a, b)
	r := s.dhcrelay("relay", "-a", "-id", "down0", "-iu", "up0", lanAddr("a"), lanAddr("b"))
	r.expect(0, "Sending on")
	p, err := clients.Start(clients.Config{Namespace: s.ns("far"), Interface: "eth0", Count: 10, First: 500, Spread: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	c := &crowd{p, t, 10}
	c.bound()
	addr, _, _ := c.Lease(500)
	b.wantState(addr.String(), "leased")
	if id := b.attr(addr.String(), "relay-agent-circuit-id"); id == "" {
		t.Errorf("the backup does not know through which relay %s was leased: leasequery cannot answer", addr)
	}
	same(a, b)
	a.kill9()
	b.interrupted("a")
	c.rebind()
	c.Add(2)
	c.bound()
	a.start()
	s.normal(a, b)
	c.unharmed()
}
