package e2e

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"leasehold/internal/packet"
	"leasehold/pkg/failover/wire"
	"leasehold/test/clients"
	"leasehold/test/holders"
)

// known are complaints of dhcpd that are about no refusal: an update of a lease
// that changes again has overtaken the answer to the one before it. Two dhcpd
// tell each other so in the same way.
var known = []string{"xid mismatch"}

// TestISCNew brings up a new pair and follows leases through their lives: a
// lease given by either is on the other's record with the right times.
func TestISCNew(t *testing.T) {
	t.Parallel()
	bothRoles(t, nil, func(t *testing.T, m *mixed) {
		halves := func(state string) bool { return m.isc.count()[state] >= 18 }
		if !within(patience, 100*time.Millisecond, func() bool { return halves("free") && halves("backup") }) {
			t.Errorf("the pool is not split: %v", m.isc)
		}
		c := m.crowd("cli", clients.Config{Count: 20, ClientIDs: true})
		c.bound()
		m.agree()
		if acks := c.Report().Acks; len(acks) != 2 {
			t.Errorf("only one server served: %v", acks)
		}
		m.times(c)
		c.renew()
		m.agree()
		m.times(c)
		m.endings(c)
		// A client of ours that declines in the second of its renewal, which dhcpd
		// has not acknowledged, is heard by both: dhcpd tells of it first.
		m.isc.content(append(known, "less critical", "abandoned here", "yet to agree", "the client was here since")...)
	})
}

// times checks that each server knows until when each client holds its lease.
func (m *mixed) times(c *crowd) {
	m.t.Helper()
	for n, addr := range c.Addresses() {
		var server netip.Addr
		var end, theirs, ours time.Time
		near := func(at time.Time) bool { return at.Sub(end).Abs() <= 3*time.Second }
		if !within(10*time.Second, 200*time.Millisecond, func() bool {
			_, server, end = c.Lease(n) // it may renew meanwhile
			theirs, ours = m.isc.file().Leases[addr.String()].Ends, m.ours.expiry(addr.String())
			return near(theirs) && near(ours)
		}) {
			m.t.Errorf("client %d holds %v from %v until %v; dhcpd has %v, ours %v", n, addr, server, end.UTC(), theirs, ours.UTC())
		}
	}
}

// endings ends leases in every way and waits until both servers know.
func (m *mixed) endings(c *crowd) {
	m.t.Helper()
	held := c.Addresses()
	// One given by each server is released, another one declined.
	by := map[netip.Addr][]int{}
	for n := range held {
		_, server, _ := c.Lease(n)
		by[server] = append(by[server], n)
	}
	for server, ns := range by {
		slices.Sort(ns)
		released, declined := held[ns[0]].String(), held[ns[1]].String()
		c.Release(ns[0])
		m.isc.wantLease(released, "free", "backup")
		m.ours.wantState(released, "available", "other-available")
		c.Decline(ns[1])
		// A dhcpd that is the secondary hears the DECLINE, too, and makes an
		// address that both abandon FREE, which is the primary's.
		m.isc.wantLease(declined, "abandoned", "free")
		m.ours.wantState(declined, "unavailable")
		m.t.Logf("of %v: %s released, %s declined", server, released, declined)
	}
	// All others walk away: their leases run out.
	c.bound()
	held = c.Addresses()
	c.Stop()
	for _, addr := range held {
		m.isc.wantLease(addr.String(), "free", "backup")
		// As a secondary we leave it to dhcpd for a minute to tell of the end.
		m.ours.wantState(addr.String(), "available", "other-available", "pending-available")
	}
}

// TestISCKillAndReturn has each server die and come back, by a kill and by a
// power cut.
func TestISCKillAndReturn(t *testing.T) {
	t.Parallel()
	bothRoles(t, nil, func(t *testing.T, m *mixed) {
		ours, isc := m.names()
		c := m.crowd("cli", clients.Config{Count: 16, ClientIDs: true})
		c.bound()
		m.agree()
		m.ours.kill9()
		m.isc.wantState("communications-interrupted")
		c.rebind()
		m.ours.start()
		m.normal()
		m.agree()

		m.isc.kill9()
		m.interrupted()
		c.rebind()
		c.Add(2)
		c.bound()
		m.isc.start()
		m.normal()
		m.agree()

		m.dark(isc, m.isc.kill9)
		m.interrupted()
		c.rebind()
		m.light(isc)
		m.isc.start()
		m.normal()

		m.dark(ours, m.ours.kill9)
		m.isc.wantState("communications-interrupted")
		c.rebind()
		m.light(ours)
		m.ours.start()
		m.normal()
		m.agree()
		c.unharmed()
		m.isc.content(append(known, "less critical")...)
	})
}

// TestISCPartnerDown declares each server down in turn; the survivor takes the
// whole pool when the lead time is over, and the other recovers.
func TestISCPartnerDown(t *testing.T) {
	t.Parallel()
	bothRoles(t, nil, func(t *testing.T, m *mixed) {
		ours, isc := m.names()
		c := m.crowd("cli", clients.Config{Count: 10, ClientIDs: true})
		c.bound()
		m.agree()
		m.dark(isc, m.isc.kill9)
		m.interrupted()
		m.ours.nrcmd("dhcp setPartnerDown " + own(isc))
		m.ours.wantComm(isc, "PARTNER-DOWN", "INTERRUPTED")
		c.rebind()
		c.Add(28) // more than its own half: all but two of the pool
		c.bound()
		m.light(isc)
		m.isc.start()
		m.normal()
		m.agree()
		c.unharmed()
		c.Release(-1)

		few := m.crowd("few", clients.Config{Count: 5, First: 1000})
		few.bound()
		m.agree()
		m.dark(ours, m.ours.kill9)
		m.isc.wantState("communications-interrupted")
		m.isc.omshell(4)
		m.isc.wantState("partner-down")
		few.rebind()
		m.light(ours)
		m.ours.start()
		m.normal()
		m.agree()
		few.unharmed()
	})
}

// TestISCLostLeases takes the lease database of each server away.
func TestISCLostLeases(t *testing.T) {
	t.Parallel()
	bothRoles(t, nil, func(t *testing.T, m *mixed) {
		c := m.crowd("cli", clients.Config{Count: 12, ClientIDs: true})
		c.bound()
		m.agree()
		m.ours.kill9()
		m.ours.lost()
		m.isc.wantState("communications-interrupted")
		c.rebind()
		m.ours.start()
		m.normal()
		m.agree()
		m.ours.went("RECOVER", "RECOVER-WAIT", "RECOVER-DONE", "NORMAL")

		m.isc.kill9()
		m.isc.forget()
		m.interrupted()
		c.rebind()
		m.isc.start()
		m.normal()
		m.agree()
		c.unharmed()
	})
}

// TestISCPotentialConflict cuts the link and declares both down while both
// serve, then joins it.
func TestISCPotentialConflict(t *testing.T) {
	t.Parallel()
	bothRoles(t, nil, func(t *testing.T, m *mixed) {
		_, isc := m.names()
		c := m.crowd("cli", clients.Config{Count: 10, ClientIDs: true})
		c.bound()
		m.agree()
		m.hub.Cut("a", "b")
		m.interrupted()
		m.isc.wantState("communications-interrupted")
		m.ours.nrcmd("dhcp setPartnerDown " + own(isc))
		m.isc.omshell(4)
		m.isc.wantState("partner-down")
		c.renew()
		c.Add(6)
		c.bound()
		m.hub.Join("a", "b")
		m.ours.eventually("ours was in POTENTIAL-CONFLICT", func() bool { return slices.Contains(m.ours.states(), "POTENTIAL-CONFLICT") },
			func() string { return fmt.Sprint(m.ours.states()) })
		m.normal()
		m.agree()
		c.unharmed()
		if way := m.isc.went(); slices.Contains(way, "shutdown") {
			t.Errorf("dhcpd went %v", way)
		}
	})
}

// TestISCShutdown stops a dhcpd by its control object, as administrators do: it
// comes back with leases from before, and sends EXPIRED for some that still run.
func TestISCShutdown(t *testing.T) {
	t.Parallel()
	bothRoles(t, func(p *iscPair) { p.lease = 30 }, func(t *testing.T, m *mixed) {
		c := m.crowd("cli", clients.Config{Count: 10, ClientIDs: true})
		c.bound()
		c.renew()
		m.agree()
		m.isc.control(2)
		m.isc.wait()
		m.ours.eventually("ours knows that dhcpd is gone", func() bool {
			_, isc := m.names()
			return m.ours.partner(own(isc)).Communications == "INTERRUPTED"
		}, func() string { return "" })
		c.rebind()
		c.Add(4)
		c.bound()
		m.isc.start()
		m.normal()
		c.rebind()
		m.agree()
		c.unharmed()
	})
}

// TestISCLoadBalance asks for addresses with clients whose hash is known: the
// two servers must agree whose each is.
func TestISCLoadBalance(t *testing.T) {
	t.Parallel()
	bothRoles(t, func(p *iscPair) { p.high = "192.168.50.119" }, func(t *testing.T, m *mixed) { // enough for both
		c := m.crowd("cli", clients.Config{Count: 36, ClientIDs: true, Retry: 2 * time.Second})
		c.bound()
		for _, e := range m.watch.Events(func(e holders.Event) bool { return e.Type == packet.Offer && e.Secs < 3 }) {
			want := lanAddr("b")
			if hash(t, e.Client) < 128 {
				want = lanAddr("a")
			}
			if e.Server.String() != want {
				t.Errorf("%s has the hash %d: %v offered", e.Client, hash(t, e.Client), e.Server)
			}
		}
		answered := map[string]int{}
		for _, e := range m.watch.Events(func(e holders.Event) bool { return e.Type == packet.Offer }) {
			answered[fmt.Sprintf("%s/%08x", e.Client, e.XID)]++
		}
		for x, n := range answered {
			if n > 1 {
				t.Errorf("%d servers offered to %s", n, x)
			}
		}
		if acks := c.Report().Acks; len(acks) != 2 {
			t.Errorf("only one served: %v", acks)
		}
		m.isc.content(append(known, "less critical")...)
	})
}

// hash is RFC 3074's of one of the crowd's clients: every other one sends a
// client-identifier.
func hash(t *testing.T, client string) uint8 {
	t.Helper()
	mac, err := net.ParseMAC(client)
	if err != nil {
		t.Fatal(err)
	}
	if mac[5]&1 == 1 {
		return wire.Hash(append([]byte{1}, mac...))
	}
	return wire.Hash([]byte(mac))
}

// TestISCChurn has clients come, renew and go, and dhcpd must find nothing to
// complain about.
func TestISCChurn(t *testing.T) {
	t.Parallel()
	bothRoles(t, func(p *iscPair) { p.high, p.lease, p.unacked = "192.168.50.219", 12, 100 }, func(t *testing.T, m *mixed) {
		c := m.crowd("cli", clients.Config{Count: 60, ClientIDs: true, Stay: 12 * time.Second})
		c.await("200 clients have come and gone", func(r clients.Report) bool { return r.Released > 150 && r.Extended > 150 })
		c.unharmed()
		c.Stop()
		m.agree()
		m.isc.content(known...)
		m.normal()
	})
}

// TestISCSkew has dhcpd's clock wrong: by half a minute it does not matter, by
// more than one dhcpd refuses the connection, which must be shown.
func TestISCSkew(t *testing.T) {
	t.Parallel()
	libs, err := filepath.Glob("/usr/lib/*/faketime/libfaketime.so.1")
	if err != nil || len(libs) == 0 {
		t.Fatal("libfaketime is not installed")
	}
	for _, skew := range []string{"+30s", "-30s", "+120s"} {
		t.Run(skew, func(t *testing.T) {
			t.Parallel()
			m := &mixed{site: newSite(t, "a", "b"), pair: labPair("a", "b"), primary: true}
			m.ours = m.startServer("a")
			m.ours.nrcmd(m.config()...)
			m.isc = m.startISC("b", m.pair.conf("b"), "LD_PRELOAD="+libs[0], "FAKETIME="+skew, "DONT_FAKE_MONOTONIC=1", "FAKETIME_DONT_RESET=1")
			if skew == "+120s" {
				var shown string
				m.ours.eventually("the refusal is shown", func() bool {
					shown = m.ours.one("dhcp getRelatedServers full-format")
					return strings.Contains(shown, "time")
				}, func() string { return shown })
				return
			}
			m.normal()
			c := m.crowd("cli", clients.Config{Count: 12})
			c.bound()
			c.renew()
			m.agree()
			m.isc.kill9()
			m.interrupted()
			c.rebind()
			m.isc.start()
			m.normal()
			c.unharmed()
		})
	}
}
