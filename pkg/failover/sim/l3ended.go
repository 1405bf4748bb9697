package sim

import (
	"slices"
	"time"

	"leasehold/internal/lease"
)

// ended is the part of L3 that concerns clients which gave their address up: a
// lease that was released or declined is over at both servers, or its address
// is nobody's for as long as the lease would have lasted.
type ended struct {
	w     *World
	given [][2]time.Duration // by slot and side: when the server gave it last
	over  []over             // by slot
	// stepped: a server's clock is set.
	stepped bool
}

// over is a lease whose client gave it up.
type over struct {
	who  lease.ClientKey // zero is none
	end  time.Duration   // when
	at   int64           // of one that was declined: when, by that server's clock
	know [2]bool         // by side: it is on this server's disk
	// agreed: the address was free on both, so that no loss puts that in doubt.
	agreed bool
}

// unsure is how far apart a lease and its end must be that both servers agree
// about which was first: the rules leave it open for some seconds.
const unsure = 8 * time.Second

func (x *ended) begin(w *World) {
	x.w = w
	x.given = make([][2]time.Duration, len(w.pairs)*maxPool)
	for i := range x.given {
		x.given[i] = [2]time.Duration{-day, -day}
	}
	x.over = make([]over, len(x.given))
	x.stepped = slices.ContainsFunc(w.sched.Steps, func(s Step) bool { return s.Verb == "step" })
}

// granted: a server gives the address to a client.
func (x *ended) granted(e *endpoint, slot int) {
	x.given[slot][e.side], x.over[slot] = x.w.now, over{}
}

// replaced: a server has another disk.
func (x *ended) replaced(n *node) {
	for _, e := range n.ends {
		for i := range e.p.Pool {
			x.forget(e, e.p.index*maxPool+i)
		}
	}
}

func (x *ended) forget(e *endpoint, slot int) {
	if o := &x.over[slot]; o.know[e.side] {
		if o.know[e.side] = false; !o.know[1-e.side] {
			*o = over{}
		}
	}
}

func (x *ended) wrote(n *node, slot int, before, after *lease.Lease) {
	p := x.w.pairs[slot/maxPool]
	side := n.of(p).side
	o := &x.over[slot]
	if !o.who.IsZero() {
		o.know[side] = o.know[side] || after.State != lease.Leased || after.Client() != o.who
		other := p.other(side).onDisk(slot % maxPool)
		o.agreed = o.agreed || isFree(after) && isFree(&other)
		return
	}
	if before.State != lease.Leased || !gaveUp(after) || before.Client() != after.Client() {
		return
	}
	news := over{who: before.Client()}
	said := after.LastTransaction
	if after.State == lease.Unavailable {
		said, news.at = after.StateStart, after.StateStart
	}
	given := x.given[slot][1-side] + unsure
	if x.stepped { // its own clock may have been set back since
		given = max(given, x.given[slot][side])
	}
	if at := x.w.now - seconds(n.wall()-said); at > given+x.w.checks.risk.slackOf(p) {
		news.know[side], news.end = true, at
		*o = news
	}
}

// gaveUp tells whether the client ended the lease itself.
func gaveUp(l *lease.Lease) bool {
	switch l.State {
	case lease.Released:
		return true
	case lease.PendingAvailable:
		return l.Failover.Ended == lease.EndedReleased
	case lease.Unavailable:
		return l.Cause == "declined"
	}
	return false
}

// check is made when both servers have been in NORMAL for a while.
func (x *ended) check() {
	for _, p := range x.w.pairs {
		if p.mixed() || x.w.checks.risk.taken(p) { // a dhcpd does not compare dates
			continue
		}
		if x.w.now-x.w.checks.refused[p.index] <= 11*time.Minute { // what was refused is said again later
			continue
		}
		for i := range p.Pool {
			x.look(p, i)
		}
	}
}

func (x *ended) look(p *pair, i int) {
	o := &x.over[p.index*maxPool+i]
	if o.who.IsZero() {
		return
	}
	for _, e := range p.ends {
		// One of them has lost leases since: it may have been extended before.
		forgot := x.w.now - seconds(e.n.wall()-e.m.Status().Snapshot.Forgot)
		if l := e.onDisk(i); l.State == lease.Expired || !o.agreed && forgot+x.w.checks.risk.slackOf(p) >= o.end {
			return
		}
	}
	for _, e := range p.ends {
		l := e.onDisk(i)
		// Within a second the lease goes before its being declined.
		if l.State == lease.Leased && l.Client() == o.who && l.Expiration > e.n.wall() && l.LastTransaction != o.at {
			x.w.fail("L3", "the client of %v gave it up, and %s has it leased (%s)", l.Addr, e.n.name, leaseText(&l))
		}
	}
}
