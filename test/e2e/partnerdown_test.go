package e2e

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"leasehold/test/clients"
)

// TestSetPartnerDownDates gives the command every form of date, and mistakes.
func TestSetPartnerDownDates(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	a, b := s.startPair(quick)
	refused := func(command string, words ...string) {
		t.Helper()
		out, errs, status := b.nrcmdRaw("", command)
		if status == 0 || !containsAll(out+errs, words) {
			t.Errorf("%s: status %d, want a refusal with %q:\n%s%s", command, status, words, out, errs)
		}
	}
	refused("dhcp setPartnerDown " + own("a")) // it answers
	a.kill9()
	b.interrupted("a")
	refused("dhcp setPartnerDown nobody.example.com", "nobody.example.com")
	refused("server dhcp setPartnerDown "+own("a")+" -3d", "-force")
	refused("server dhcp setPartnerDown "+own("a")+" Oct 31 00:00:00 2001", "-force")
	refused("failover-pair office setPartnerDown sometime")
	if r := b.partner(own("a")); r.State != "COMMUNICATIONS-INTERRUPTED" {
		t.Errorf("after refusals the state is %v", r)
	}
	out := b.one("failover-pair office setPartnerDown -3d -force")
	b.wantComm("a", "PARTNER-DOWN", "INTERRUPTED")
	if out == "" {
		t.Error("a forced date is a risk that is not told")
	}
	// The lead time after that date is long over: all addresses are its own.
	c := s.crowd("cli", clients.Config{Count: 150, Spread: 2 * time.Second})
	c.bound()
	c.unharmed()
}

// TestSafePeriod has a server take its partner for down by itself.
func TestSafePeriod(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	p := quick
	p.pair = []string{"use-safe-period=enabled", "safe-period=4s"}
	a, b := s.startPair(p)
	c := s.crowd("cli", clients.Config{Count: 10})
	c.bound()
	same(a, b)
	s.dark("a", a.kill9)
	b.interrupted("a")
	b.wantComm("a", "PARTNER-DOWN", "INTERRUPTED")
	if log := b.proc.out.text(); !strings.Contains(log, "safe period") {
		t.Errorf("the log does not tell why:\n%s", tail(log, 10))
	}
	c.rebind()
	s.light("a")
	a.start()
	s.normal(a, b)
	same(a, b)
	c.unharmed()
}

// TestReservedClient has a client with a reservation get its address from
// whichever server is there.
func TestReservedClient(t *testing.T) {
	t.Parallel()
	for _, which := range []string{"main", "backup"} {
		t.Run(which, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "a", "b")
			a, b := s.startServer("a"), s.startServer("b")
			for _, n := range []*server{a, b} {
				n.nrcmd(append(quick.office("a", "b"), "scope office addReservation 192.168.50.30 "+clients.MAC(7), "scope office addReservation 192.168.50.7 "+clients.MAC(8), "dhcp reload")...)
			}
			s.normal(a, b)
			dead, other := a, b
			if which == "backup" {
				dead, other = b, a
			}
			dead.kill9()
			other.interrupted(dead.ns)
			c := s.crowd("cli", clients.Config{Count: 2, First: 7})
			c.bound()
			for n, want := range map[int]string{7: "192.168.50.30", 8: "192.168.50.7"} {
				if addr, server, _ := c.Lease(n); addr.String() != want || server != netip.MustParseAddr(lanAddr(other.ns)) {
					t.Errorf("client %d has %v from %v, its reservation is %s", n, addr, server, want)
				}
			}
			dead.start()
			s.normal(a, b)
			c.renew()
			same(a, b)
			c.unharmed()
		})
	}
}
