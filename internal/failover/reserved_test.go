package failover

import (
	"strings"
	"testing"
	"time"

	"leasehold/internal/packet"
)

// freeOf finds a free address by its state on a server, from the end of the range.
func (n *node) freeOf(state string) string {
	n.Helper()
	for host := 199; host >= 100; host-- {
		if a := n.addr(host); n.lease(a)["state"] == state {
			return a
		}
	}
	n.Fatalf("no address is %s", state)
	return ""
}

const reserve = "reservation HOST lookup-key=1,6,02:00:00:00:00:07 lookup-key-type=mac"

// An address that is reserved on one server only is the other's to give, if it
// is a free one of the other's: who does not hear the other leaves it alone.
func TestReservedOnOneServer(t *testing.T) {
	for _, c := range []struct {
		name  string
		stays func(main, backup *node) (stays, goes *node)
	}{
		{"main", func(main, backup *node) (stays, goes *node) { return main, backup }},
		{"backup", func(main, backup *node) (stays, goes *node) { return backup, main }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, main, backup := pairUp(t, twoServers)
			backup.balanced(10)
			stays, goes := c.stays(main, backup)
			address := stays.freeOf("other-available")
			stays.set(strings.Replace(reserve, "HOST", address, 1))
			stays.reload()
			for _, n := range []*node{stays, goes} {
				n.log.await(t, `configured differently: scope "lab" has other reservations on this server than on its partner`)
				n.until("the difference", func() bool { return n.problem("has other reservations") })
			}
			goes.stop()
			stays.until("interruption", func() bool { return stays.related().State == "COMMUNICATIONS-INTERRUPTED" })
			if got, _ := s.dora(7, stays); got == address {
				t.Errorf("%s gives the partner's free address %s", owner(stays.manager.pairs["blue"].role), got)
			}
		})
	}
}

// A client for whom an address is reserved on both servers gets it from either,
// whoever it belongs to, and after a restart that nobody answers, too.
func TestReservedOnBoth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		stays   func(main, backup *node) (stays, goes *node)
		restart bool
	}{
		{"main", func(main, backup *node) (stays, goes *node) { return main, backup }, false},
		{"backup", func(main, backup *node) (stays, goes *node) { return backup, main }, false},
		{"backup, restarted", func(main, backup *node) (stays, goes *node) { return backup, main }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, main, backup := pairUp(t, twoServers)
			backup.balanced(10)
			stays, goes := c.stays(main, backup)
			address := stays.freeOf("other-available")
			for _, n := range []*node{main, backup} {
				n.set(strings.Replace(reserve, "HOST", address, 1))
				n.reload()
			}
			for _, n := range []*node{main, backup} {
				n.until("agreement", func() bool {
					p := n.manager.pairs["blue"]
					p.mu.Lock()
					told := p.theirs != nil && p.theirs.scopes[0].sum != 0
					p.mu.Unlock()
					return told && len(p.Authority().Agreed.Spans) == 1
				})
			}
			goes.stop()
			stays.until("interruption", func() bool { return stays.related().State == "COMMUNICATIONS-INTERRUPTED" })
			if c.restart {
				stays.stop()
				stays.start()
				stays.until("interruption", func() bool { return stays.related().State == "COMMUNICATIONS-INTERRUPTED" })
			}
			if got, _ := s.dora(7, stays); got != address {
				t.Errorf("the client has %s, %s is reserved for it", got, address)
			}
		})
	}
}

// A server does not deny a client what its partner may have given it: an address
// that is in the partner's ranges only, or one that is the partner's to give, of
// which it could not hear.
func TestNotDenied(t *testing.T) {
	t.Parallel()
	renewing := func(s *site, address string, n *node) *packet.Message {
		return s.answerIn(s.send(packet.Request, 1, func(r *packet.Reply) { r.CIAddr = mustAddr(address) }, n), time.Second)
	}
	t.Run("ranges of the partner only", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		main, backup := s.node(2, twoServers), s.node(3, twoServers)
		backup.set("scope lab ranges=$110-$199")
		main.start()
		backup.start()
		main.normal()
		backup.normal()
		address, _ := s.dora(1, main)
		if address != s.addr(100) {
			t.Fatalf("the client has %s", address)
		}
		backup.until("a share", func() bool { return backup.related().Detail.Pools[0].Own > 0 })
		main.stop()
		backup.until("interruption", func() bool { return backup.related().State == "COMMUNICATIONS-INTERRUPTED" })
		if m := renewing(s, address, backup); m != nil {
			t.Errorf("the backup answers %s", packet.TypeName(m.Type))
		}
		s.dora(1, backup) // it knows the client now
		if m := renewing(s, address, backup); m != nil {
			t.Errorf("the backup answers %s", packet.TypeName(m.Type))
		}
	})
	t.Run("an address of each server", func(t *testing.T) {
		t.Parallel()
		s, main, backup := pairUp(t, twoServers)
		backup.balanced(10)
		backup.stop()
		mains, _ := s.dora(1, main)
		main.stop()
		backup.start()
		backup.until("interruption", func() bool { return backup.related().State == "COMMUNICATIONS-INTERRUPTED" })
		if own, _ := s.dora(1, backup); own == mains {
			t.Fatalf("both gave %s", own)
		}
		if m := renewing(s, mains, backup); m != nil {
			t.Errorf("the backup answers %s", packet.TypeName(m.Type))
		}
	})
}
