package sim

import (
	"slices"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// tell queues an address for the partner. What is under way is forgotten: its
// answer does not count any more.
func (d *dhcpd) tell(slot int) {
	d.stale[slot] = false
	if d.queued[slot] {
		return
	}
	d.recall(slot)
	d.queued[slot] = true
	d.queue = append(d.queue, slot)
	d.push()
}

// recall forgets an update under way.
func (d *dhcpd) recall(slot int) {
	if xid := d.last[slot]; xid != 0 {
		delete(d.flying, xid)
		d.last[slot] = 0
	}
}

// unqueue forgets an update that was to be sent, or is under way. An update
// request that waits for it is never answered.
func (d *dhcpd) unqueue(slot int) {
	d.recall(slot)
	d.stale[slot] = false
	if d.queued[slot] {
		d.queued[slot] = false
		d.queue = slices.DeleteFunc(d.queue, func(s int) bool { return s == slot })
	}
}

// pending tells whether the partner has not answered what it was told, or is
// to be told, of an address.
func (d *dhcpd) pending(slot int) bool { return d.queued[slot] || d.last[slot] != 0 }

// forgetFlights is the end of a connection: what was under way is to be told
// again.
func (d *dhcpd) forgetFlights() {
	for slot := range d.e.p.Pool {
		if d.last[slot] != 0 {
			d.last[slot] = 0
			d.queued[slot] = true
			d.queue = append(d.queue, slot)
		}
	}
	clear(d.flying)
	d.asked.open = false
	d.held = nil
}

// push sends what the partner takes, one binding a message.
func (d *dhcpd) push() {
	if d.conn == nil || d.starting {
		return
	}
	switch d.disk().state {
	case rec, rw, rd, shut:
		if !d.asked.open {
			return // it stays in the queue until NORMAL, however old it is then
		}
	}
	if len(d.queue) > 0 && len(d.flying) < d.window {
		d.flushAcks()
	}
	for d.conn != nil && len(d.queue) > 0 && len(d.flying) < d.window {
		slot := d.queue[0]
		d.queue = d.queue[1:]
		d.queued[slot] = false
		l := d.lease(slot)
		if l.told != l.state {
			l.told = l.state
			d.changed(slot)
		}
		xid := d.xid + 1
		d.flying[xid], d.last[slot] = slot, xid
		d.send(wire.BNDUPD{Bindings: []wire.Binding{d.update(slot)}})
	}
}

// update is what it tells of a lease: all times for every status.
func (d *dhcpd) update(slot int) wire.Binding {
	l := d.lease(slot)
	b := wire.Binding{
		Address: d.w.keyAt(d.e.p.index*maxPool + slot).Addr.Netip(), Status: l.state,
		Expiration: wire.TimeOf(l.ends), PotentialExpiration: wire.TimeOf(l.tstp), StateStart: wire.TimeOf(l.starts),
		LastTransaction: wire.TimeOf(l.cltt),
	}
	if d.stale[slot] {
		b.Status = wire.StatusExpired
	}
	if l.state != wire.StatusAbandoned {
		b.HW, b.ClientID = wire.HW(l.who.HW), l.who.ClientID
	}
	return b
}

// mute tells whether it has an address out of use and says nothing of it any more:
// it forgot to, with its queue, and looks by tstp and atsfp only for what is untold
// (section 9 of the reference), also where the partner never had what was sent. The
// end of the lease that its partner has ends that.
func (d *dhcpd) mute(slot int) bool {
	l := d.lease(slot)
	return l.state == wire.StatusAbandoned && l.answered != l.state
}

// gather queues what an update request asks for, or NORMAL begins with: what
// was told and not acknowledged, and what is between states.
func (d *dhcpd) gather(all bool) {
	for slot := range d.e.p.Pool {
		if l := d.lease(slot); (all || l.tstp > l.atsfp || transitional(l.state)) && !d.pending(slot) {
			d.queued[slot] = true
			d.queue = append(d.queue, slot)
		}
	}
}

// requested is UPDREQ or UPDREQALL. A second request takes the place of the
// first, which is never answered.
func (d *dhcpd) requested(xid uint32, all bool) {
	d.asked.open, d.asked.xid, d.asked.slot = true, xid, -1
	d.gather(all)
	switch {
	case len(d.queue) > 0:
		d.asked.slot = d.queue[len(d.queue)-1]
	case len(d.flying) > 0:
		last := uint32(0)
		for x := range d.flying {
			last = max(last, x)
		}
		d.asked.slot = d.flying[last]
	default:
		d.asked.open = false
		d.flushAcks()
		d.reply(xid, wire.UPDDONE{})
		return
	}
	d.push()
}

// acked takes BNDACK.
func (d *dhcpd) acked(xid uint32, b wire.BNDACK) {
	slot, ok := d.flying[xid]
	if !ok {
		return
	}
	delete(d.flying, xid)
	d.last[slot] = 0
	d.lease(slot).answered = d.lease(slot).state
	if len(b.Answers) == 1 && b.Answers[0].Reason == 0 {
		d.agreed(slot)
	}
	d.stale[slot] = false
	if d.asked.open && d.asked.slot == slot {
		d.asked.open = false
		d.flushAcks()
		d.reply(d.asked.xid, wire.UPDDONE{})
	}
	d.push()
}

// agreed: the partner has the lease as it was sent.
func (d *dhcpd) agreed(slot int) {
	d.w.checks.broke.agreed(d, slot)
	l := d.lease(slot)
	l.tsfp, l.atsfp = l.tstp, l.tstp
	if transitional(l.state) || d.stale[slot] {
		d.stale[slot] = false

		d.free(slot, wire.StatusFree)
		d.affinity(slot)
		return
	}
	if dhcpdFree(l.state) {
		l.tsfp = 0
	}
	d.changed(slot)
}

// answer is a BNDACK. A positive one is held back for a while.
func (d *dhcpd) answer(xid uint32, a wire.Answer) {
	if a.Reason != 0 {
		d.reply(xid, wire.BNDACK{Answers: []wire.Answer{a}})
		return
	}
	d.held = append(d.held, ack{xid, a})
	if len(d.held) >= max(d.window/2, 1) {
		d.flushAcks()
		return
	}
	if len(d.held) == 1 {
		c := d.conn
		d.after(dhcpdAckDelay, func() {
			if d.conn == c {
				d.flushAcks()
			}
		})
	}
}

func (d *dhcpd) flushAcks() {
	held := d.held
	d.held = nil
	for _, a := range held {
		d.reply(a.xid, wire.BNDACK{Answers: []wire.Answer{a.answer}})
	}
}

func clientOf(b *wire.Binding) lease.Client {
	return lease.Client{HW: lease.HW(b.HW), ClientID: b.ClientID}
}
