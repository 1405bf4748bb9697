package sim

import (
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// l5 is no ping-pong: after the last thing that happened to an address, few
// binding updates are sent of it. What a server says again long after it was
// refused is such a thing, too (a timer; reference section 7.3): that it ends is
// for L3 and the comparison of the tables to see.
type l5 struct {
	w     *World
	sent  []int              // by slot, since the last event
	last  [][2]time.Duration // by slot and side: when it sent one
	moves []int              // by slot, from one server to the other while all is quiet
}

const (
	// l5bound is how many are few.
	l5bound = 4
	// l5pause is a long delay.
	l5pause = 10 * time.Minute
)

func (l *l5) begin(w *World) {
	l.w = w
	l.sent = make([]int, len(w.pairs)*maxPool)
	l.last = make([][2]time.Duration, len(w.pairs)*maxPool)
	l.moves = make([]int, len(w.pairs)*maxPool)
}

// entered: a change of state, a connection or a loss sends everything again.
func (l *l5) entered(p *pair) {
	for i := range p.Pool {
		l.sent[p.index*maxPool+i], l.moves[p.index*maxPool+i] = 0, 0
	}
}

// wrote: what a client, a timer or an operator did to a lease.
func (l *l5) wrote(_ *node, slot int, before, after *lease.Lease) {
	if after.LastTransaction != before.LastTransaction || after.State != before.State && !isFree(after) {
		l.sent[slot] = 0
	}
	if isFree(before) && isFree(after) && (before.Flags^after.Flags)&lease.Backup != 0 { // balance
		l.sent[slot] = 0
		if l.moves[slot]++; l.moves[slot] > 2*l5bound && l.w.quiet {
			l.w.fail("L5", "%v has changed hands %d times", after.Addr, l.moves[slot]/2)
		}
	}
}

// told: a dhcpd has changed a record.
func (l *l5) told(slot int) { l.sent[slot] = 0 }

func (l *l5) update(e *endpoint, b *wire.BNDUPD) {
	for i := range b.Bindings {
		slot := l.w.slotOf(lease.Key{Addr: lease.AddrFrom(b.Bindings[i].Address)})
		if slot < 0 {
			continue
		}
		if l.w.now-l.last[slot][e.side] >= l5pause {
			l.sent[slot] = 0
		}
		l.last[slot][e.side] = l.w.now
		if l.sent[slot]++; l.sent[slot] > l5bound && l.w.quiet && l.w.checks.risk.agree(e.p) {
			l.w.fail("L5", "%d updates of %v were sent since something happened to it", l.sent[slot], b.Bindings[i].Address)
		}
	}
}
