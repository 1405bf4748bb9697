package sim

import (
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/core"
)

// selecting answers a client that chose an offer.
func (x *exchange) selecting() {
	if x.q.server != x.n.index {
		x.withdraw()
		return
	}
	k := lease.Key{Addr: x.q.want}
	if x.n.w.slotOf(k) < 0 {
		return
	}
	x.claim(k, func() {
		l := x.at(k)
		if x.mayHave(&l) && !x.barred(k) || l.State == lease.Available && x.mayGive(&l) && !x.barred(k) {
			x.grant(l)
			return
		}
		x.refuse()
	})
}

// withdraw takes an offer back whose client took another server's.
func (x *exchange) withdraw() {
	l := x.best()
	if l.State != lease.Offered {
		return
	}
	x.claim(l.Key, func() {
		if l := x.at(l.Key); l.State == lease.Offered && l.Client() == x.key {
			x.n.endOffer(l.Key, x.now)
		}
		x.let()
	})
}

// endOffer makes the address what it is on disk.
func (n *node) endOffer(k lease.Key, now int64) {
	n.table.Change(k, func(l lease.Lease, _ lease.Place) (lease.Lease, bool) {
		l.Expiration = now
		return lease.Expire(l, now, 0), true
	})
}

func (x *exchange) refuse() {
	x.let()
	x.send(reply{kind: naked})
}

// renewing answers a client that says it has a lease.
func (x *exchange) renewing() {
	a := x.q.ciaddr
	if a == 0 {
		a = x.q.want
	}
	k := lease.Key{Addr: a}
	if x.n.w.slotOf(k) < 0 {
		return
	}
	x.claim(k, func() {
		l := x.at(k)
		switch {
		case x.mayHave(&l) && !x.barred(k):
			x.grant(l)
		case x.live(&l) && l.Client() != x.key || x.barred(k):
			x.refuse()
		default: // of a stranger's lease another server may know
			if x.best().State != 0 && l.State != lease.PendingAvailable && l.State != lease.OtherAvailable {
				x.refuse()
				return
			}
			x.let()
		}
	})
}

// givingBack takes DHCPRELEASE and DHCPDECLINE.
func (x *exchange) givingBack() {
	if x.q.decline && x.q.server != x.n.index {
		return
	}
	k := lease.Key{Addr: x.q.ciaddr}
	if x.q.decline {
		k.Addr = x.q.want
	}
	if x.n.w.slotOf(k) < 0 {
		return
	}
	x.claim(k, func() {
		l := x.at(k)
		if l.Client() != x.key || !l.Live() || binding.Overtaken(&l, x.now, x.n.wall()) {
			x.let()
			return
		}
		if x.q.decline {
			l = lease.MarkUnavailable(l, x.now, seconds(x.e.p.Unavailable), "declined")
			x.n.table.Update(l) // out of use even if the disk fails
		} else {
			l = lease.Release(x.e.auth.Ending(l), x.now, seconds(x.e.p.ReleaseGrace))
		}
		x.n.change(x.e, x.take(), l)
	})
}

// take is the exchange's claim, which it does not end any more.
func (x *exchange) take() lease.Key {
	k := x.held
	x.held = lease.Key{}
	return k
}

// change writes a change of the server's own of a claimed lease.
func (n *node) change(e *endpoint, k lease.Key, l lease.Lease) {
	l = e.auth.Changed(l)
	n.write(l, func(err error) {
		if err == nil {
			e.input(core.Changed{Keys: []lease.Key{k}})
		}
		if n.claims != nil {
			n.release(k)
		}
		n.wakeExpiry()
	})
}

// wakeExpiry plans the next run of expire.
func (n *node) wakeExpiry() {
	at, ok := n.table.NextDeadline()
	if !ok {
		return
	}
	t := max(n.w.now+n.until(at)+time.Millisecond, n.retry)
	if n.expiry != 0 && n.expiry <= t {
		return
	}
	n.expiry = t
	n.runs++
	run, boot := n.runs, n.boot
	n.at(t, func() {
		if n.runs == run && n.boot == boot {
			n.expiry = 0
			n.expire()
		}
	})
}

// expire moves on the leases whose time has come. What is busy stays due.
func (n *node) expire() {
	now := n.wall()
	again := false
	for _, l := range n.table.Due(now, 1024) {
		if !n.tryHold(l.Key) {
			again = true
			continue
		}
		e := n.ends[0]
		for _, other := range n.ends {
			if other.p.index == n.w.slotOf(l.Key)/maxPool {
				e = other
			}
		}
		l, _ := n.table.Get(l.Key)
		l = e.auth.Ending(l)
		to := lease.Expire(l, now, seconds(e.p.Grace))
		switch {
		case to == l:
			again = true
			n.release(l.Key)
		case l.State == lease.Offered:
			n.table.Update(to)
			n.release(l.Key)
		default:
			n.change(e, l.Key, to)
		}
	}
	if again {
		n.retry = n.w.now + time.Second
	}
	n.wakeExpiry()
}
