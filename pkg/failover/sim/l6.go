package sim

import (
	"slices"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
)

// l6 is that a lone survivor serves: a server that lost its partner, and may
// serve at all, renews every lease that it knows.
type l6 struct {
	w     *World
	owing []owed
	// ended is when an operator last ended a lease, by slot.
	ended map[int]time.Duration
}

type owed struct {
	n   *node
	c   *client
	xid int
	by  time.Duration
}

// l6bound is how long an answer may take on a disk that works.
const l6bound = 20 * time.Second

func (l *l6) asked(e *endpoint, q *query) {
	if q.ciaddr != q.c.addr {
		return // the client has not got it any more: giving it back was quicker
	}
	if q.kind != binding.Renewing && q.kind != binding.Rebinding || e.dhcpd != nil || e.p.link.sides[e.side].conn != nil || !serves(e.auth.State) {
		return
	}
	slot := l.w.slotOf(lease.Key{Addr: q.ciaddr})
	r := e.onDisk(slot % maxPool)
	if r.State != lease.Leased || r.Client() != q.c.who.Key() || r.Expiration <= e.n.wall() || e.n.disk.broken || e.stopped ||
		e.n.reserved[slot] != "" || e.saving {
		return
	}
	l.owing = append(l.owing, owed{e.n, q.c, q.xid, l.w.now + l6bound})
	boot := e.n.boot
	l.w.after(l6bound, func() { l.look(e, q, boot) })
}

func (l *l6) look(e *endpoint, q *query, boot int) {
	for i, o := range l.owing {
		if o.n != e.n || o.c != q.c || o.xid != q.xid {
			continue
		}
		l.owing = append(l.owing[:i], l.owing[i+1:]...)
		if l.forcedOfLate(l.w.slotOf(lease.Key{Addr: q.ciaddr})) {
			return
		}
		if e.n.boot == boot && !e.stopped && e.p.link.sides[e.side].conn == nil && e.n.disk.stalled < l.w.now-l6bound && !e.n.disk.broken && (e.n.disk.failed == 0 || e.n.disk.failed < l.w.now-l6bound) {
			l.w.fail("L6", "%s, alone in %v, does not renew %v for %s", e.n.name, e.state(), q.ciaddr, q.c.name)
		}
		return
	}
}

func (l *l6) replied(e *endpoint, q *query) {
	for i, o := range l.owing {
		if o.n == e.n && o.c == q.c && o.xid == q.xid {
			l.owing = append(l.owing[:i], l.owing[i+1:]...)
			return
		}
	}
}

// forced: an operator ends whatever lease an address has.
func (l *l6) forced(slot int) {
	if l.ended == nil {
		l.ended = map[int]time.Duration{}
	}
	l.ended[slot] = l.w.now
}

// forcedOfLate tells whether that was so shortly before a packet came which is to be
// answered by now, or since, that it may have found the address busy.
func (l *l6) forcedOfLate(slot int) bool {
	at, ok := l.ended[slot]
	return ok && l.w.now-at < 2*l6bound
}

// halted: a server has stopped.
func (l *l6) halted(n *node) { l.forget(func(o *owed) bool { return o.n == n }) }

// connected: a server is not alone any more.
func (l *l6) connected(e *endpoint) {
	l.forget(func(o *owed) bool { return o.n == e.n && o.c.p == e.p })
}

func (l *l6) forget(which func(*owed) bool) {
	l.owing = slices.DeleteFunc(l.owing, func(o owed) bool { return which(&o) })
}
