package sim

import (
	"time"

	"leasehold/internal/lease"
)

// between is L3 while leases run: two servers that are in NORMAL and in touch
// do not leave an address between states for longer than it takes them to say
// once more what was refused.
type between struct {
	w    *World
	last []time.Duration // by pair: when a state or the connection changed
}

// l3bound is longer than the delay after which a refused update is repeated,
// and a disk that stalls then.
const l3bound = 12 * time.Minute

func (b *between) begin(w *World) {
	b.w = w
	b.last = make([]time.Duration, len(w.pairs))
}

func (b *between) changed(p *pair) { b.last[p.index] = b.w.now }

func (b *between) wrote(n *node, slot int, before, after *lease.Lease) {
	if after.State == lease.PendingAvailable && before.State != lease.PendingAvailable {
		e, since := n.of(b.w.pairs[slot/maxPool]), after.StateStart
		b.w.after(l3bound, func() { b.look(e, slot%maxPool, since) })
	}
}

func (b *between) look(e *endpoint, i int, since int64) {
	l := e.onDisk(i)
	if l.State != lease.PendingAvailable || l.StateStart != since || b.w.checks.risk.gone[e.p.index] || b.doubted(e.p) {
		return
	}
	if quiet := b.w.now - b.last[e.p.index]; quiet < l3bound {
		b.w.after(l3bound-quiet, func() { b.look(e, i, since) })
		return
	}
	if b.w.checks.risk.bothNormal(e.p) && e.p.link.sides[0].conn != nil && e.p.link.sides[1].conn != nil {
		b.w.fail("L3", "%s has had %v between states for %v, in NORMAL (%s)", e.n.name, l.Addr, l3bound, leaseText(&l))
	}
}

// doubted tells whether one of the servers has lost leases: who may have one of
// them keeps it for as long as that may run.
func (b *between) doubted(p *pair) bool {
	for _, e := range p.ends {
		if e.n.disk.content.snaps[e.index].Forgot != 0 {
			return true
		}
	}
	return false
}
