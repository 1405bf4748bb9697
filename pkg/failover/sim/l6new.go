package sim

import (
	"slices"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/wire"
)

// l6new is the part of L6 that concerns new clients: a lone survivor that serves
// offers an address for as long as there is a free one that it may give, which in
// PARTNER-DOWN is also its partner's when the MCLT has passed, but for dynamic
// BOOTP. What was the partner's until the roles were exchanged waits for that, too.
type l6new struct{ w *World }

// asked: a client's packet has come to a server that is up. The answer to
// DHCPDISCOVER waits for no disk, but for addresses that are busy.
func (l *l6new) asked(e *endpoint, q *query) {
	if q.kind != binding.Discover || e.dhcpd != nil || e.stopped || e.saving || !serves(e.auth.State) || e.auth.State == normal ||
		e.p.link.sides[e.side].conn != nil || !l.has(e) {
		return
	}
	l6 := &l.w.checks.l6
	l6.owing = append(l6.owing, owed{e.n, q.c, q.xid, l.w.now + l6bound})
	l.w.after(l6bound, func() {
		i := slices.IndexFunc(l6.owing, func(o owed) bool { return o.n == e.n && o.c == q.c && o.xid == q.xid })
		if i < 0 { // it was answered, or the server is not alone, or down
			return
		}
		l6.owing = slices.Delete(l6.owing, i, i+1)
		if serves(e.auth.State) && l.has(e) && e.n.disk.stalled < l.w.now-l6bound { // its address may be being written
			l.w.fail("L6", "%s, alone in %v, has a free address and offers %s none", e.n.name, e.state(), q.c.name)
		}
	})
}

// has tells whether the server has an address to give that nobody is at.
func (l *l6new) has(e *endpoint) bool {
	a := &e.auth
	passed := e.n.wall() > a.Down+a.MCLT
	theirs := a.State == wire.StatePartnerDown && !e.p.BOOTP && passed
	ours := a.State != wire.StatePartnerDown || !e.m.Status().Snapshot.Swapped || passed
	for i := range e.p.Pool {
		slot := e.p.index*maxPool + i
		k := l.w.keyAt(slot)
		r := e.n.table.At(k)
		if r.State != lease.Available && r.State != lease.OtherAvailable || e.n.reserved[slot] != "" || e.n.claims[slot] != nil {
			continue
		}
		if e.owns(&r) && ours || theirs {
			return true
		}
	}
	return false
}
