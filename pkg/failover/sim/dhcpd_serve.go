package sim

import (
	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/wire"
)

// receive is a client's packet.
func (d *dhcpd) receive(q *query) {
	if !d.serves() {
		return
	}
	switch q.kind {
	case binding.Discover:
		d.discover(q)
	case binding.Selecting:
		if q.server == d.e.n.index {
			d.request(q, q.want)
		}
	case binding.Rebooting:
		d.request(q, q.want)
	case binding.Renewing, binding.Rebinding:
		d.request(q, q.ciaddr)
	case binding.GivingBack:
		d.givenBack(q)
	}
}

func (d *dhcpd) slot(a lease.Addr) int {
	slot := d.w.slotOf(lease.Key{Addr: a})
	if slot < 0 || slot/maxPool != d.e.p.index {
		return -1
	}
	return slot % maxPool
}

// find is the client's address, -1 if it has none: the one that it has first.
func (d *dhcpd) find(who lease.ClientKey) int {
	best := -1
	for slot := range d.e.p.Pool {
		l := d.lease(slot)
		if l.who.Key() != who || l.state == wire.StatusAbandoned {
			continue
		}
		if best < 0 || l.state == wire.StatusActive && d.lease(best).state != wire.StatusActive ||
			(l.state == wire.StatusActive) == (d.lease(best).state == wire.StatusActive) && l.starts > d.lease(best).starts {
			best = slot
		}
	}
	return best
}

// offered tells whether the address is offered to somebody else.
func (d *dhcpd) offered(slot int, who lease.ClientKey) bool {
	o := &d.offers[slot]
	return o.until > d.now() && o.who != who
}

// theirTurn tells whether the partner serves the client.
func (d *dhcpd) theirTurn(q *query) bool {
	k := d.disk()
	if k.state != normal || q.secs > dhcpdSecs {
		return false
	}
	if wire.ISC.PrimaryServes(k.hba, q.c.bucket()) == d.primary() {
		return false
	}
	for slot := range d.e.p.Pool {
		if s := d.lease(slot).state; dhcpdFree(s) && s != d.own() {
			return true
		}
	}
	return false
}

func (d *dhcpd) discover(q *query) {
	who := q.c.who.Key()
	slot := d.find(who)
	if slot >= 0 {
		if l := d.lease(slot); l.state != wire.StatusActive && (!d.mine(l) || d.offered(slot, who)) {
			slot = -1
		}
	}
	if slot < 0 {
		slot = d.choose(who)
	}
	if slot < 0 {
		d.w.stats.Exhausted++
		return
	}
	if d.theirTurn(q) {
		return
	}
	l := d.lease(slot)
	if l.state != wire.StatusActive {
		d.offers[slot] = offer{who, d.now() + dhcpdOffers}
	}
	end, _ := d.grant(l, l.state == wire.StatusActive)
	d.post(q, reply{kind: offered, addr: d.addr(slot), time: end - d.now()})
}

// choose is the address for a client that has none: the one that has been free
// for the longest time.
func (d *dhcpd) choose(who lease.ClientKey) int {
	best := -1
	for slot := range d.e.p.Pool {
		l := d.lease(slot)
		if !d.mine(l) || d.offered(slot, who) {
			continue
		}
		if best < 0 || l.starts < d.lease(best).starts {
			best = slot
		}
	}
	return best
}

func (d *dhcpd) addr(slot int) lease.Addr {
	return d.w.keyAt(d.e.p.index*maxPool + slot).Addr
}

// request gives the address or refuses it, or leaves the client to others.
func (d *dhcpd) request(q *query, a lease.Addr) {
	slot := d.slot(a)
	if slot < 0 {
		return
	}
	who := q.c.who.Key()
	l := d.lease(slot)
	same := l.who.Key() == who
	switch {
	case l.state == wire.StatusActive && same:
		d.lend(q, slot, true)
	case l.state == wire.StatusActive:
		d.post(q, reply{kind: naked})
	case d.mine(l) && !d.offered(slot, who) && (same || q.kind == binding.Selecting):
		d.lend(q, slot, false)
	case d.find(who) >= 0 && d.find(who) != slot && d.lease(d.find(who)).state == wire.StatusActive:
		d.post(q, reply{kind: naked})
	}
}

// lend gives the lease, and tells the partner afterwards. A renewal in the
// first quarter of the lease is answered with what is left of it.
func (d *dhcpd) lend(q *query, slot int, same bool) {
	l := d.lease(slot)
	now := d.now()
	if same && l.ends > now && 4*(now-l.starts) < l.ends-l.starts {
		d.post(q, reply{kind: acked, addr: d.addr(slot), time: l.ends - now})
		return
	}
	end, potential := d.grant(l, same)
	if dhcpdFree(l.state) && l.state != d.own() {
		d.takesOver(slot, max(l.tsfp, d.disk().down), brokeDate)
	}
	if !same {
		l.tsfp, l.atsfp = 0, 0
	}
	l.state, l.who = wire.StatusActive, q.c.who
	l.starts, l.cltt, l.ends, l.tstp = now, now, end, potential
	d.offers[slot] = offer{}
	d.changed(slot)
	d.post(q, reply{kind: acked, addr: d.addr(slot), time: end - now})
	d.tell(slot)
	d.w.happened(d.e.n, "acks", "")
}

// givenBack is DHCPRELEASE and DHCPDECLINE.
func (d *dhcpd) givenBack(q *query) {
	a := q.ciaddr
	if q.decline {
		a = q.want
		if q.server != d.e.n.index {
			return
		}
	}
	slot := d.slot(a)
	if slot < 0 {
		return
	}
	l := d.lease(slot)
	if l.state != wire.StatusActive || l.who.Key() != q.c.who.Key() {
		return
	}
	l.ends, l.cltt = d.now(), d.now()
	l.state = wire.StatusReleased
	if q.decline {
		l.state, l.starts = wire.StatusAbandoned, d.now()
	}
	d.changed(slot)
	d.tell(slot)
}

// post sends a packet to the client.
func (d *dhcpd) post(q *query, r reply) {
	r.xid, r.server = q.xid, d.e.n.index
	c := q.c
	c.carry(func() { c.get(r) })
}
