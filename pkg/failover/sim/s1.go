package sim

import (
	"slices"
	"time"

	"leasehold/internal/lease"
)

// s1 is single holder: unless somebody has taken a risk, no two clients have
// one address at a time. What was taken under a risk stays under it until the
// client has got it again. Nor does that count while the other server has the
// address leased to another: both renew what they gave (reference section 7.1)
// until they have told each other.
type s1 struct {
	w     *World
	held  [][]holding     // by slot
	ended []time.Duration // by slot: when an operator ended the lease last
}

// longestAnswer is how long an answer is on its way to a client at most.
const longestAnswer = 2 * time.Second

type holding struct {
	c       *client
	until   time.Duration
	tainted bool
	broken  bool // a dhcpd has let it go against the rules
}

func (s *s1) begin(w *World) {
	s.w = w
	s.held = make([][]holding, len(w.pairs)*maxPool)
	s.ended = make([]time.Duration, len(s.held))
	for i := range s.ended {
		s.ended[i] = -day
	}
}

// took: a client has been told that it has its address.
func (s *s1) took(c *client) {
	slot := s.w.slotOf(lease.Key{Addr: c.addr})
	risky := s.w.checks.risk.taken(c.p) || c.bootp && s.lost(c, slot) || s.w.checks.broke.unaware(c, slot)
	risky = risky || s.disputed(c, slot) || s.w.now-s.ended[slot] <= longestAnswer
	mine := holding{c: c, until: c.end, tainted: risky}
	rest := s.held[slot][:0]
	for _, h := range s.held[slot] {
		if h.c == c || h.until <= s.w.now {
			continue
		}
		rest = append(rest, h)
		if risky || h.tainted {
			s.w.stats.Tainted++
			continue
		}
		if h.until-s.w.now > s.w.checks.risk.slackOf(c.p) {
			s.w.fail("S1", "%s has %v for %v, and %s still has it for %v", c.name, c.addr, c.end-s.w.now, h.c.name, h.until-s.w.now)
		}
	}
	s.held[slot] = append(rest, mine)
}

// disputed tells whether the client has its address by a lease that was taken under a
// risk, and the server that did not give it has not heard that it is not another's.
func (s *s1) disputed(c *client, slot int) bool {
	e := s.w.nodes[c.server].of(c.p)
	l := e.p.other(e.side).onDisk(slot % maxPool)
	if l.State != lease.Leased || l.Client() == c.who.Key() {
		return false
	}
	return slices.ContainsFunc(s.held[slot], func(h holding) bool { return h.c == c && h.tainted && h.until > s.w.now })
}

// gaveUp: a client uses its address no more.
func (s *s1) gaveUp(c *client) {
	slot := s.w.slotOf(lease.Key{Addr: c.addr})
	if slot < 0 {
		return
	}
	rest := s.held[slot][:0]
	for _, h := range s.held[slot] {
		if h.c != c {
			rest = append(rest, h)
		}
	}
	s.held[slot] = rest
}

// end: an operator takes an address away, whoever has it, or is about to hear that he has.
func (s *s1) end(slot int) {
	s.forced(slot)
	s.ended[slot] = s.w.now
}

// forced: an address is taken away, whoever has it.
func (s *s1) forced(slot int) {
	for i := range s.held[slot] {
		s.held[slot][i].tainted = true
	}
}

// forcedIf is forced, by a dhcpd, and tells whether there was anybody.
func (s *s1) forcedIf(slot int) bool {
	any := false
	for i, h := range s.held[slot] {
		if h.until > s.w.now+s.w.checks.risk.slackOf(h.c.p) {
			s.held[slot][i].tainted, s.held[slot][i].broken = true, true
			any = true
		}
	}
	return any
}

// lost tells whether the server that gave the client its address has lost its
// disk before the client heard of it.
func (s *s1) lost(c *client, slot int) bool {
	l := &s.w.nodes[c.server].disk.content.leases[slot]
	return l.State == 0 || l.Client() != c.who.Key()
}

// forever: the MCLT does not limit a BOOTP lease, so one that is lost with a
// disk is lost.
func (s *s1) forever(n *node) {
	for _, e := range n.ends {
		for i := range e.p.Pool {
			for j, h := range s.held[e.p.index*maxPool+i] {
				if h.c.bootp {
					s.held[e.p.index*maxPool+i][j].tainted = true
				}
			}
		}
	}
}

// abandoned: an address that one server took out of use may have been given
// again by the other, which did not hear of that and now forgets it.
func (s *s1) abandoned(e *endpoint) {
	o := e.p.other(e.side)
	for i := range e.p.Pool {
		if resets(o, i) {
			s.forced(e.p.index*maxPool + i)
		}
	}
}

// resets tells whether a server has an address out of use, or is about to free it.
func resets(e *endpoint, i int) bool {
	l := &e.n.disk.content.leases[e.p.index*maxPool+i]
	return l.State == lease.Unavailable || l.Failover.Ended == lease.EndedReset
}

// taint: what the clients of a pair have is known to neither server.
func (s *s1) taint(p *pair) {
	for i := range p.Pool {
		s.forced(p.index*maxPool + i)
	}
}
