package sim

import (
	"time"

	"leasehold/internal/lease"
)

// two is L3 for an address that two servers have leased, each to a client of its own, or
// the one to a client and the other out of use. The former comes by a risk only, so that
// S1 does not count it. But when they are in NORMAL, and in touch, one has to give way.
type two struct {
	w     *World
	since []time.Duration // by slot; 0 is no such address
}

func (x *two) begin(w *World) {
	x.w = w
	x.since = make([]time.Duration, len(w.pairs)*maxPool)
}

func (x *two) wrote(slot int) {
	p := x.w.pairs[slot/maxPool]
	switch {
	case p.mixed() || !x.has(p, slot%maxPool):
		x.since[slot] = 0
	case x.since[slot] == 0:
		since := x.w.now
		x.since[slot] = since
		x.w.after(l3bound, func() { x.look(p, slot, since) })
	}
}

// has tells whether the servers have two different things with the address. One of which
// leases were lost is out of use for as long as its client may have it.
func (x *two) has(p *pair, i int) bool {
	a, b := p.ends[0].onDisk(i), p.ends[1].onDisk(i)
	runs, other := x.runs(p.ends[0], &a), x.runs(p.ends[1], &b)
	if runs && other {
		return a.Client() != b.Client()
	}
	unusable := runs && b.State == lease.Unavailable || other && a.State == lease.Unavailable
	return unusable && !x.w.checks.between.doubted(p)
}

func (x *two) runs(e *endpoint, l *lease.Lease) bool {
	return l.State == lease.Leased && l.Expiration > e.n.wall()
}

func (x *two) look(p *pair, slot int, since time.Duration) {
	if x.since[slot] != since {
		return
	}
	if !x.has(p, slot%maxPool) {
		x.since[slot] = 0
		return
	}
	b := &x.w.checks.between
	switch quiet := x.w.now - b.last[p.index]; {
	case x.w.checks.risk.gone[p.index]: // what the servers know of each other is not put right by itself
	case quiet < l3bound:
		x.w.after(l3bound-quiet, func() { x.look(p, slot, since) })
	case x.w.checks.risk.bothNormal(p) && p.link.sides[0].conn != nil && p.link.sides[1].conn != nil:
		a, b := p.ends[0].onDisk(slot%maxPool), p.ends[1].onDisk(slot%maxPool)
		x.w.fail("L3", "the servers have not agreed about %v for %v, in NORMAL (%s; %s)", a.Addr, x.w.now-since, leaseText(&a), leaseText(&b))
	}
}
