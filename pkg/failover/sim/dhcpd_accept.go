package sim

import (
	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// dhcpdFudge is how much earlier than by its own file a lease may end by the
// partner's word.
const dhcpdFudge = 65

// take is a BNDUPD.
func (d *dhcpd) take(xid uint32, body wire.BNDUPD) {
	if len(body.Bindings) != 1 {
		d.w.fail("dhcpd", "%s is sent %d bindings in one message", d.e.n.name, len(body.Bindings))
		return
	}
	b := &body.Bindings[0]
	answer := wire.Answer{Address: b.Address}
	slot := d.w.slotOf(lease.Key{Addr: lease.AddrFrom(b.Address)}) - d.e.p.index*maxPool
	switch {
	case slot < 0 || slot >= d.e.p.Pool:
		answer.Reason = wire.ReasonIllegalAddress
	case b.Status.HasClient() && b.HW.Len == 0:
		answer.Reason = wire.ReasonMissingInformation
	case b.Status == wire.StatusAbandoned && (b.HW.Len != 0 || b.ClientID != ""):
		answer.Reason = wire.ReasonUnknown
	default:
		answer.Reason = d.judge(slot, b)
	}
	if answer.Reason != 0 {
		d.w.say("%s refuses %v %v: %v", d.e.n.name, b.Address, b.Status, answer.Reason)
	} else {
		d.accept(slot, b)
	}
	d.answer(xid, answer)
	d.push()
}

// judge decides on an update: first against one of its own that the partner has
// not answered, then by its state.
func (d *dhcpd) judge(slot int, b *wire.Binding) wire.Reason {
	l := d.lease(slot)
	duel := d.pending(slot)
	if duel {
		if !d.loses(l, b) {
			return wire.ReasonLessCritical
		}
		if d.queued[slot] && transitional(l.state) && b.Status == wire.StatusActive {
			d.stale[slot] = true // what is queued is told as it was queued
		} else {
			d.unqueue(slot)
		}
	}
	if l.state != wire.StatusActive {
		return 0
	}
	now := d.now()
	refused := false
	switch {
	case d.disk().state == normal && !d.starting && d.primary():
		refused = b.Status != wire.StatusActive && b.Status != wire.StatusReleased && b.Status != wire.StatusAbandoned
	case d.disk().state == normal && !d.starting:
		switch b.Status {
		case wire.StatusExpired:
			refused = l.ends-dhcpdFudge > now
		case wire.StatusFree, wire.StatusBackup:
			refused = b.PotentialExpiration.Unix() > now
		}
	default:
		refused = b.Status == wire.StatusFree || b.Status == wire.StatusBackup ||
			b.Status == wire.StatusExpired && l.ends-dhcpdFudge > now
	}
	if refused {
		return wire.ReasonFatalConflict
	}
	d.breaks(slot, b, duel)
	return 0
}

// breaks names the rule that it breaks by accepting an update of a lease that a
// client has.
func (d *dhcpd) breaks(slot int, b *wire.Binding, duel bool) {
	l := d.lease(slot)
	var rule brokeRule
	switch b.Status {
	case wire.StatusActive:
		if l.who.Key() == lease.KeyOf(b.ClientID, lease.HW(b.HW)) {
			return
		}
		rule = brokeLastWriter
	case wire.StatusReleased:
		rule = brokeRelease
	case wire.StatusAbandoned, wire.StatusReset:
		rule = brokeAbandoned
	case wire.StatusExpired:
		rule = brokeFudge
		if duel {
			rule = brokeExpiredWins
		}
	case wire.StatusFree, wire.StatusBackup:
		rule = brokeFreed
	default:
		return
	}
	d.w.checks.broke.slot(d.e.p, slot, rule)
}

// loses tells whether its own update gives way to the partner's.
func (d *dhcpd) loses(l *dhcpdLease, b *wire.Binding) bool {
	active, theirs := l.state == wire.StatusActive, b.Status == wire.StatusActive
	switch {
	case theirs && !active:
		return true
	case theirs && active:
		if t := b.LastTransaction.Unix(); t != l.cltt {
			return t > l.cltt
		}
		return !d.primary()
	case active && b.Status == wire.StatusExpired:
		return true
	}
	return !d.primary()
}

// accept takes the partner's word. Whose the lease was before, and until when,
// does not count; the client's last transaction is not kept.
func (d *dhcpd) accept(slot int, b *wire.Binding) {
	l := d.lease(slot)
	if b.HW.Len != 0 {
		if who := clientOf(b); who.Key() != l.who.Key() {
			l.who, l.cltt = who, 0
		}
	} else if b.Status != wire.StatusAbandoned {
		l.who = lease.Client{}
	}
	d.offers[slot] = offer{}
	d.w.checks.broke.agreed(d, slot)
	if t := b.StateStart.Unix(); t != 0 {
		l.starts = t
	}
	l.state, l.ends, l.tsfp = b.Status, b.Expiration.Unix(), b.PotentialExpiration.Unix()
	l.tstp, l.atsfp = 0, 0
	l.told, l.answered = b.Status, b.Status
	if transitional(b.Status) {
		l.told = wire.StatusFree
		d.free(slot, wire.StatusFree)
		d.affinity(slot)
		return
	}
	d.changed(slot)
}
