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
	if !s.w.checks.risk.knows(p) || !s.counts(a) || !s.counts(b) || a.dhcpd != nil || b.dhcpd != nil {
		return
	}
	la, lb := a.onDisk(i), b.onDisk(i)
	if !isFree(&la) || !isFree(&lb) || la.Flags&lease.Reserved != 0 || lb.Flags&lease.Reserved != 0 {
		return
	}
	if la.Flags&lease.Backup == 0 && lb.Flags&lease.Backup != 0 {
		s.w.fail("S4", "%v belongs to both servers (%s; %s)", la.Addr, leaseText(&la), leaseText(&lb))
	}
}

// counts tells whether a server would give its own free addresses, now or
// when it starts again.
func (s *s4) counts(e *endpoint) bool {
	if !e.n.up {
		return serves(e.stored())
	}
	if e.state() == wire.StateStartup {
		return serves(e.stored())
	}
	return serves(e.state())
}
