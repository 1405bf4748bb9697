package sim

import (
	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// s4 is ownership: no free address is both servers' own to give. Looked at are
// servers that serve, or would after a start, and the records on disk.
type s4 struct{ w *World }

func (s *s4) wrote(slot int) { s.check(s.w.pairs[slot/maxPool], slot%maxPool) }

func (s *s4) authorised(e *endpoint) {
	for i := range e.p.Pool {
		s.check(e.p, i)
	}
}

func (s *s4) check(p *pair, i int) {
	a, b := p.ends[0], p.ends[1]
	if !s.w.checks.risk.knows(p) || !s.counts(a) || !s.counts(b) {
		return
	}
	la, lb := a.onDisk(i), b.onDisk(i)
	if !isFree(&la) || !isFree(&lb) || la.Flags&lease.Reserved != 0 || lb.Flags&lease.Reserved != 0 {
		return
	}
	if a.owns(&la) && b.owns(&lb) {
		s.w.fail("S4", "%v belongs to both servers (%s; %s)", la.Addr, leaseText(&la), leaseText(&lb))
	}
}

// owns tells whether a free address is the server's to give.
func (e *endpoint) owns(l *lease.Lease) bool {
	return (l.Flags&lease.Backup != 0) == (e.role == lease.Secondary)
}

// counts tells whether a server would give its own free addresses, now or
// when it starts again. While its partner is in PARTNER-DOWN it has none: it
// recovers first, or serves at a risk. So does a main that knows of no partner
// (risk.go), and it looks for one first.
func (s *s4) counts(e *endpoint) bool {
	if !e.n.up || e.n.still || e.state() == wire.StateStartup {
		return serves(e.stored()) && e.same() && !neverMet(e) && e.p.other(e.side).stored() != pd
	}
	return serves(e.state())
}

// granting: a server is about to give an address to a client. A free one is
// given by its owner, or by a server whose partner is down for long enough;
// with dynamic BOOTP only by its owner, whatever risk is taken.
func (s *s4) granting(x *exchange, l *lease.Lease) {
	if !isFree(l) && l.State != lease.Offered || l.Flags&lease.Reserved != 0 {
		return
	}
	a := &x.e.auth
	if x.e.owns(l) ||
		a.State == wire.StatePartnerDown && !x.e.p.BOOTP && x.now > a.Down+a.MCLT {
		return
	}
	s.w.fail("S4", "%s gives %v, which is its partner's, to %s in %v (%s)", x.n.name, l.Addr, x.q.c.name, a.State, leaseText(l))
}
