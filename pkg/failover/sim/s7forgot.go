package sim

import (
	"slices"
	"time"

	"leasehold/internal/lease"
)

// forgot is the part of S7 that concerns a server which lost leases: it serves
// nobody before all that it may have forgotten is over. A lease that it gave,
// that runs, and of which neither server knows, must not see it serve, whatever
// risk was taken: unless an operator had it serve, or nobody noticed the loss.
type forgot struct {
	w      *World
	lost   [][]forgotten // by pair
	forced bool          // an operator ended leases that ran
}

type forgotten struct {
	e     *endpoint // that gave it
	slot  int
	c     *client
	until time.Duration
}

func (f *forgot) begin(w *World) {
	f.w = w
	f.lost = make([][]forgotten, len(w.pairs))
	f.forced = slices.ContainsFunc(w.sched.Steps, func(s Step) bool { return s.Verb == "force" })
}

// replaced: a server has another disk. Of an address that its partner took out of
// use it may have been the only one to know that it was given again.
func (f *forgot) replaced(n *node) {
	for _, e := range n.ends {
		for i := range e.p.Pool {
			slot := e.p.index*maxPool + i
			if resets(e.p.other(e.side), i) {
				continue
			}
			for _, h := range f.w.checks.s1.held[slot] {
				if h.c.server == n.index && !h.c.bootp && h.until > f.w.now {
					f.lost[e.p.index] = append(f.lost[e.p.index], forgotten{e, slot, h.c, h.until})
				}
			}
		}
	}
}

// granting: a server is about to give a client a lease.
func (f *forgot) granting(x *exchange) {
	p := x.e.p
	if f.forced || f.w.checks.risk.gone[p.index] {
		return
	}
	slack := f.w.checks.risk.slackOf(p)
	for _, l := range f.lost[p.index] {
		if l.e == x.e && l.c != x.q.c && l.until > f.w.now+slack && f.holds(&l) && !l.known() {
			f.w.fail("S7", "%s serves %s; it gave %v to %s, which has it for %v, and has forgotten that", x.n.name, x.q.c.name,
				f.w.keyAt(l.slot).Addr, l.c.name, l.until-f.w.now)
		}
	}
}

// holds tells whether the client still has the lease, and no other since, and no
// dhcpd has let it go.
func (f *forgot) holds(l *forgotten) bool {
	return slices.ContainsFunc(f.w.checks.s1.held[l.slot], func(h holding) bool { return h.c == l.c && h.until == l.until && !h.broken })
}

// known tells whether one of the servers has a record of the client there.
func (l *forgotten) known() bool {
	for _, e := range l.e.p.ends {
		if r := e.onDisk(l.slot % maxPool); r.State == lease.Unavailable || !isFree(&r) && r.Client() == l.c.who.Key() {
			return true
		}
	}
	return false
}
