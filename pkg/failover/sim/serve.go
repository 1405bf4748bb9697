package sim

import (
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/core"
)

// exchange is one packet of a client at a server. The decisions are those of
// internal/engine for one scope without classes, and ask the same functions.
type exchange struct {
	n    *node
	e    *endpoint
	q    *query
	key  lease.ClientKey
	now  int64
	held lease.Key   // claimed; zero is none
	more []lease.Key // claimed besides, while the table chooses
}

// offerTimeout is how long an offer stands.
const offerTimeout = 30 * time.Second

// receive is a client's packet at the server, which came at a time.
func (n *node) receive(q *query, came time.Duration) {
	e := n.of(q.c.p)
	n.w.note('r', int64(n.index), int64(q.c.index), int64(q.kind))
	if e.dhcpd != nil {
		e.dhcpd.receive(q)
		return
	}
	if e.m == nil || e.stopped {
		return
	}
	n.w.checks.asked(e, q)
	x := &exchange{n: n, e: e, q: q, key: q.c.who.Key(), now: n.wall()}
	if q.kind == binding.GivingBack { // that counts from when it came
		x.now = n.wallAt(came)
	}
	x.bind()
}

// bind decides what lease the packet is about. It may run again when the
// address was busy.
func (x *exchange) bind() {
	if x.e.auth.Answers(x.q.kind, x.q.c.bucket(), x.q.secs) != binding.NotSilent {
		return
	}
	switch x.q.kind {
	case binding.Discover:
		x.discover()
	case binding.Selecting:
		x.selecting()
	case binding.Rebooting, binding.Renewing, binding.Rebinding:
		x.renewing()
	case binding.BOOTP:
		x.bootp()
	case binding.GivingBack:
		x.givingBack()
	}
}

func (x *exchange) scope() lease.ScopeID { return x.n.scopes[x.e.index] }

// claim has then run with the address claimed, at once or later; what the
// exchange had claimed before is released.
func (x *exchange) claim(k lease.Key, then func()) {
	if x.held == k {
		then()
		return
	}
	x.let()
	x.n.hold(k, func() {
		x.held = k
		if x.q.kind != binding.GivingBack {
			x.now = x.n.wall()
		}
		if x.e.m == nil || x.e.stopped || x.e.auth.Answers(x.q.kind, x.q.c.bucket(), x.q.secs) != binding.NotSilent {
			x.let()
			return
		}
		then()
	})
}

func (x *exchange) let() {
	if k := x.held; k.Addr != 0 {
		x.held = lease.Key{}
		x.n.release(k)
	}
}

// at is the lease of an address, available if it was never given.
func (x *exchange) at(k lease.Key) lease.Lease { return x.n.table.At(k) }

// best is the best of the client's leases; State 0 if it has none.
func (x *exchange) best() lease.Lease {
	var best lease.Lease
	for _, l := range x.n.table.ByClient(0, x.key, nil) {
		slot := x.n.w.slotOf(l.Key)
		if slot < 0 || slot/maxPool != x.e.p.index || l.State == lease.Unavailable {
			continue
		}
		if best.State == 0 || x.rank(&l) > x.rank(&best) || x.rank(&l) == x.rank(&best) && l.StateStart > best.StateStart {
			best = l
		}
	}
	return best
}

func (x *exchange) rank(l *lease.Lease) int {
	switch {
	case l.State == lease.Offered && l.Expiration > x.now:
		return 4
	case x.runs(l):
		return 3
	case l.State == lease.Expired, l.State == lease.Released, l.State == lease.Leased, l.State == lease.PendingAvailable:
		return 2
	}
	return 1
}

func (x *exchange) runs(l *lease.Lease) bool {
	return l.State == lease.Leased && l.Expiration > x.now
}

func (x *exchange) live(l *lease.Lease) bool {
	return x.runs(l) || l.State == lease.Offered && l.Expiration > x.now
}

// mayHave tells whether the client may go on with a lease that is or was its
// own: one that it holds, or one that is free and this server's to give.
func (x *exchange) mayHave(l *lease.Lease) bool {
	if l.Client() != x.key {
		return false
	}
	return x.e.auth.MayResume(l, x.now, x.e.p.BOOTP)
}

// mayGive asks the authority.
func (x *exchange) mayGive(l *lease.Lease) bool {
	return x.e.auth.MayGive(l, x.now, x.e.p.BOOTP)
}

// barred tells whether the address is kept for another client.
func (x *exchange) barred(k lease.Key) bool {
	who := x.n.reserved[x.n.w.slotOf(k)]
	return who != "" && who != x.q.c.name
}

// discover offers an address: the reserved one, the one that the client has
// or had, the one that it asks for, a new one.
func (x *exchange) discover() {
	current := x.best()
	if current.State == 0 {
		x.allocate()
		return
	}
	x.claim(current.Key, func() {
		l := x.at(current.Key)
		if !x.mayHave(&l) || x.barred(l.Key) || x.elsewhere(l.Key) {
			x.allocate()
			return
		}
		if !x.runs(&l) {
			l, _ = x.n.table.Change(l.Key, func(l lease.Lease, _ lease.Place) (lease.Lease, bool) {
				return lease.Offer(l, x.q.c.who, x.now, offerTimeout), true
			})
			x.n.wakeExpiry()
		}
		x.offer(&l)
	})
}

// elsewhere tells whether another address is reserved for the client.
func (x *exchange) elsewhere(k lease.Key) bool {
	r, ok := x.n.table.ReservedFor([]lease.ScopeID{x.scope()}, x.q.c.name)
	if !ok || r == k {
		return false
	}
	l := x.at(r)
	return !x.live(&l) || l.Client() == x.key
}

// allocate has the lease table choose.
func (x *exchange) allocate() {
	x.let()
	r := lease.Request{
		Scopes: []lease.ScopeID{x.scope()}, Client: x.q.c.who, Reservations: []string{x.q.c.name},
		Want: x.q.want, Now: x.now, Timeout: offerTimeout,
		Acceptable: func(l lease.Lease) bool {
			if x.q.kind == binding.BOOTP && x.live(&l) && l.Client() == x.key {
				return false
			}
			if !x.live(&l) && !x.mayGive(&l) {
				return false
			}
			if !x.n.tryHold(l.Key) {
				return false
			}
			x.more = append(x.more, l.Key)
			return true
		},
	}
	if x.e.auth.MayGivePartners(x.now, x.e.p.BOOTP) {
		r.PartnerIn = r.Scopes
	}
	l, v := x.n.table.Allocate(&r)
	for _, k := range x.more {
		if v.Gave() && k == l.Key {
			x.held = k
		} else {
			x.n.release(k)
		}
	}
	x.more = nil
	if !v.Gave() {
		x.n.w.stats.Exhausted++
		return
	}
	if x.held != l.Key {
		x.n.w.fail("lease", "%s: Allocate gave %v, which was not accepted", x.n.name, l.Addr)
		return
	}
	x.n.wakeExpiry()
	if x.q.kind == binding.BOOTP {
		x.grant(l)
		return
	}
	x.offer(&l)
}

// offer sends DHCPOFFER.
func (x *exchange) offer(l *lease.Lease) {
	end, _ := x.e.auth.Grant(l, x.now, x.e.p.Lease)
	x.let()
	x.send(reply{kind: offered, addr: l.Addr, time: end - x.now})
}

// bootp gives an address for good.
func (x *exchange) bootp() {
	current := x.best()
	if current.State == 0 {
		x.allocate()
		return
	}
	x.claim(current.Key, func() {
		if l := x.at(current.Key); x.mayHave(&l) && !x.barred(l.Key) {
			x.grant(l)
			return
		}
		x.allocate()
	})
}

// grant gives the client the lease: as long as the authority lets it, and
// answered when that is on disk.
func (x *exchange) grant(l lease.Lease) {
	e, n, k := x.e, x.n, x.held
	desired := e.p.Lease
	if x.q.c.bootp {
		desired = lease.Forever
	}
	x.n.w.checks.granting(x, &l)
	end, potential := e.auth.Grant(&l, x.now, desired)
	partners := binding.Partners(&l)
	given := lease.Acknowledge(l, x.q.c.who, x.now, end)
	given = e.auth.Given(given, potential)
	n.w.checks.granted(x, &l, &given)
	span := end - x.now
	if end == lease.Forever || x.q.c.bootp {
		span = lease.Forever
	}
	x.held = lease.Key{}
	n.write(given, func(err error) {
		if err == nil {
			x.changed(given)
			if e.auth.StillMay(x.q.kind, x.q.c.bucket(), x.q.secs, partners, x.now, e.p.BOOTP) {
				x.send(reply{kind: acked, addr: l.Addr, time: span})
				n.w.happened(n, "acks", "")
			}
		}
		if n.claims != nil {
			n.release(k)
		}
	})
}

// changed tells the core of a lease that is on disk.
func (x *exchange) changed(l lease.Lease) {
	x.e.input(core.Changed{Keys: []lease.Key{l.Key}})
}

// send sends a packet to the client.
func (x *exchange) send(r reply) {
	if !x.n.up {
		return
	}
	r.xid, r.server = x.q.xid, x.n.index
	x.n.w.checks.replying(x.e, x.q, &r)
	c := x.q.c
	c.carry(func() { c.get(r) })
}
