package sim

import "leasehold/pkg/failover/wire"

// s8 is state durability: the partner is told of a state only when it is on
// disk.
type s8 struct{ w *World }

func (s *s8) sending(e *endpoint, b *wire.STATE) {
	if b.Flags&wire.FlagStartup != 0 || b.State == paused || b.State == shut {
		return // the state before the stop, or what follows from it; and those two are never stored
	}
	if on := e.n.disk.content.snaps[e.index].State; on != b.State {
		s.w.fail("S8", "%s says that it is in %v, and %v is on its disk", e.n.name, b.State, on)
	}
}
