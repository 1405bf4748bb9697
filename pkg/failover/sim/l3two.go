package sim

import (
	"time"

	"leasehold/internal/lease"
)

// two is L3 for an address that each of two servers has leased to a client of its own.
// They come to have that by a risk only, so that S1 does not count it. But when they
// are in NORMAL, and in touch, one of them has to give way.
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

// has tells whether both servers have the address leased, and not to one client.
func (x *two) has(p *pair, i int) bool {
	a, b := p.ends[0].onDisk(i), p.ends[1].onDisk(i)
	return x.runs(p.ends[0], &a) && x.runs(p.ends[1], &b) && a.Client() != b.Client()
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
		l := p.ends[0].onDisk(slot % maxPool)
		x.w.fail("L3", "both servers have had %v leased, each to another client, for %v, in NORMAL", l.Addr, x.w.now-since)
	}
}
