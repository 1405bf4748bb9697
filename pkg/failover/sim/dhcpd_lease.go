package sim

import (
	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// The life of a lease at a dhcpd.

func (d *dhcpd) lease(slot int) *dhcpdLease {
	l := &d.disk().leases[slot]
	if l.state == 0 {
		l.state = wire.StatusFree
	}
	return l
}

// own is the status of a free address that is this server's.
func (d *dhcpd) own() wire.BindingStatus {
	if d.primary() {
		return wire.StatusFree
	}
	return wire.StatusBackup
}

func dhcpdFree(s wire.BindingStatus) bool {
	return s == wire.StatusFree || s == wire.StatusBackup || s == 0
}

func transitional(s wire.BindingStatus) bool {
	return s == wire.StatusExpired || s == wire.StatusReleased || s == wire.StatusReset
}

// mine tells whether it may give the address to a client that does not have
// it. In PARTNER-DOWN the partner's follow when the MCLT has passed since the
// date of the state. What ended and was never told of is as it was before.
func (d *dhcpd) mine(l *dhcpdLease) bool {
	switch {
	case l.state == d.own():
		return true
	case dhcpdFree(l.state):
		k := d.disk()
		return k.state == pd && d.now() > max(l.tsfp, k.since)+k.mclt
	case transitional(l.state):
		return l.told == d.own()
	}
	return false
}

// changed: a lease was written, by its own doing or by the partner's.
func (d *dhcpd) changed(slot int) {
	l := d.lease(slot)
	at := d.e.p.index*maxPool + slot
	c := &d.e.n.disk.content.leases[at]
	*c = l.record(d.w.keyAt(at))
	d.w.note('w', int64(d.e.n.index), int64(at), int64(l.state), l.ends, l.tstp, l.tsfp)
	d.w.checks.s4.wrote(at)
	d.w.checks.l5.told(at)
}

// record is the lease as the checkers read it.
func (l *dhcpdLease) record(k lease.Key) lease.Lease {
	r := lease.Lease{
		Key: k, HW: l.who.HW, ClientID: l.who.ClientID, StateStart: l.starts, Expiration: l.ends, LastTransaction: l.cltt,
		Flags: lease.FailoverUpdated, Failover: lease.Failover{SentPE: l.tstp, AckPE: l.atsfp, RcvdPE: l.tsfp},
	}
	switch l.state {
	case wire.StatusActive:
		r.State = lease.Leased
	case wire.StatusAbandoned:
		r.State, r.Expiration = lease.Unavailable, 0
	case wire.StatusExpired:
		r.State, r.Failover.Ended = lease.PendingAvailable, lease.EndedExpired
	case wire.StatusReleased:
		r.State, r.Failover.Ended = lease.PendingAvailable, lease.EndedReleased
	case wire.StatusReset:
		r.State, r.Failover.Ended = lease.PendingAvailable, lease.EndedReset
	case wire.StatusBackup:
		r.State, r.Flags = lease.Available, r.Flags|lease.Backup
	default:
		r.State = lease.Available
	}
	return r
}

// free makes the address nobody's.
func (d *dhcpd) free(slot int, to wire.BindingStatus) {
	l := d.lease(slot)
	l.state, l.starts, l.ends = to, d.now(), 0
	l.tstp, l.tsfp, l.atsfp = 0, 0, 0
	d.changed(slot)
}

// expire ends leases whose time is over. In NORMAL the secondary leaves that to
// the primary.
func (d *dhcpd) expire() {
	k := d.disk()
	now := d.now()
	for slot := range d.e.p.Pool {
		l := d.lease(slot)
		switch {
		case l.state == wire.StatusActive && l.ends <= now:
			if !d.starting && k.state == normal && !d.primary() {
				continue
			}
			if l.told == d.own() { // the partner never heard of it
				d.free(slot, d.own())
				continue
			}
			l.state = wire.StatusExpired
			d.changed(slot)
			d.tell(slot)
		case transitional(l.state) && !d.starting && k.state == pd:
			if now < max(k.since+k.mclt, l.ends) {
				continue
			}
			d.takesOver(slot, max(l.ends, l.tstp, l.tsfp, l.atsfp, k.down), brokeNoMCLT)
			d.free(slot, wire.StatusFree)
			l.tstp = now // which its partner is to be told
			d.changed(slot)
			d.tell(slot)
		}
	}
}

// takesOver notes which rule it breaks if it lets an address go in PARTNER-DOWN that
// its partner may have given until the MCLT after some time.
func (d *dhcpd) takesOver(slot int, last int64, early brokeRule) {
	switch partner := d.e.p.other(d.e.side); {
	case d.now() <= last+d.disk().mclt:
		d.w.checks.broke.slot(d.e.p, slot, early)
	case d.now() <= last+partner.gaveBy():
		d.w.checks.broke.slot(d.e.p, slot, brokeMCLT)
	}
}

// grant is how long a client gets the lease for, and what the partner is told.
func (d *dhcpd) grant(l *dhcpdLease, same bool) (end, potential int64) {
	now := d.now()
	base := now
	if same {
		base = max(base, l.tsfp)
	}
	give := min(d.e.p.Lease, base+d.disk().mclt-now)
	return now + give, now + give/2 + d.e.p.Lease
}
