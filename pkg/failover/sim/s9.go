package sim

import (
	"time"

	"leasehold/pkg/failover/wire"
)

// s9 is compatible states: two connected servers with nothing under way are in
// states that go together.
type s9 struct {
	w       *World
	changes []int // by pair: changes of state, and connections
}

func (s *s9) begin(w *World) { s.w, s.changes = w, make([]int, len(w.pairs)) }

const settling = 3 * time.Second

func (s *s9) entered(p *pair) {
	s.changes[p.index]++
	s.w.after(settling, func() { s.look(p, 20, 0) })
}

// look fails when it finds states that do not go together for the second time,
// and nothing has changed: seen is what it saw then.
func (s *s9) look(p *pair, tries, seen int) {
	a, b, ok := p.link.settled()
	now := 0
	bad := ok && !compatible(a.state(), b.state())
	if bad {
		now = s.changes[p.index]
	}
	switch {
	case !ok || bad && seen != now:
		if tries > 0 && p.link.sides[0].conn != nil {
			s.w.after(settling, func() { s.look(p, tries-1, now) })
		}
	case bad:
		s.w.fail("S9", "%s is in %v and %s in %v, and nothing is under way", a.n.name, a.state(), b.n.name, b.state())
	}
}

// settled tells whether the ends of a connection, the primary and the
// secondary, have nothing to do.
func (l *link) settled() (a, b *endpoint, ok bool) {
	a, b = l.p.inOrder()
	c := l.sides[0].conn
	if c == nil || c != l.sides[1].conn || l.parted || a.n.still || b.n.still || len(c.streams[0].queue)+len(c.streams[1].queue) > 0 {
		return a, b, false
	}
	return a, b, a.idle() && b.idle()
}

func (e *endpoint) idle() bool {
	if d := e.dhcpd; d != nil {
		return len(d.held)+len(d.flying) == 0
	}
	return e.m != nil && !e.saving && e.inbox.len()+e.outs.len()+len(e.held)+len(e.n.barriers) == 0 && len(e.n.disk.batch) == 0
}

const (
	startup = wire.StateStartup
	normal  = wire.StateNormal
	ci      = wire.StateCommunicationsInterrupted
	pd      = wire.StatePartnerDown
	pc      = wire.StatePotentialConflict
	rec     = wire.StateRecover
	paused  = wire.StatePaused
	shut    = wire.StateShutdown
	rd      = wire.StateRecoverDone
	cd      = wire.StateConflictDone
	rw      = wire.StateRecoverWait
)

// together are the pairs of states, the primary's first where it matters.
var together = map[[2]wire.ServerState]bool{
	{normal, normal}: true, {pc, pc}: true, {cd, pc}: true,
	{pd, rec}: true, {pd, rw}: true, {ci, rec}: true, {ci, rw}: true,
	{rec, rec}: true, {rec, rw}: true, {rw, rw}: true, {rd, rec}: true, {rd, rw}: true,
}

func compatible(primary, secondary wire.ServerState) bool {
	for _, s := range []wire.ServerState{primary, secondary} {
		switch s {
		case startup, paused, shut:
			return true // on the way up, or down
		}
	}
	if together[[2]wire.ServerState{primary, secondary}] {
		return true
	}
	return primary != cd && together[[2]wire.ServerState{secondary, primary}] && secondary != cd
}
