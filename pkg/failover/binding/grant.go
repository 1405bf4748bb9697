package binding

import (
	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// Grant is the MCLT rule (draft-12 section 7.1.5): the end of the lease that
// a client may be told at now although it should have desired seconds, and the
// potential expiration to promise the partner. The lease is that of the client,
// or free or offered.
//
// No lease ends later than the MCLT after what the partner knows: what it
// acknowledged, or promised itself. PARTNER-DOWN does not lift that: a server
// that keeps to it may lose its disk (section 9.4.2).
//
// The partner is promised so much that at the renewal, at half time, the client
// gets all it should have (section 5.2.1), and for a lease that was cut short
// the MCLT at least. The latter is not what a dhcpd does, nor what it is told.
func (a *Authority) Grant(l *lease.Lease, now, desired int64) (expiration, potential int64) {
	wish := after(now, desired)
	switch {
	case l.BOOTP:
		return lease.Forever, lease.Forever
	case a.Role == lease.Alone:
		return wish, wish
	}
	expiration = min(wish, after(max(now, promised(l)), a.MCLT))
	lead := (expiration - now) / 2
	if expiration < wish && a.profile() != wire.ISC {
		lead = max(lead, a.MCLT)
	}
	return expiration, after(wish, lead)
}

// promised is the time until which the partner counts on the client's having
// the lease, by its own word.
func promised(l *lease.Lease) int64 {
	switch l.State {
	case lease.Leased, lease.Expired, lease.Released, lease.PendingAvailable:
		return max(l.Failover.AckPE, l.Failover.RcvdPE)
	}
	return 0 // a new lease begins
}

// Given is the lease as it must be written when a client was given it until
// expiration (after lease.Acknowledge): the partner is to be told of it. While
// it can be, it is taken to have been. No promise is smaller than one before, so that
// its acknowledgement shows that the partner has heard of all (heard).
func (a *Authority) Given(l lease.Lease, potential int64) lease.Lease {
	if a.Role == lease.Alone {
		return l
	}
	l = untold(l)
	f := &l.Failover
	f.Ended = lease.NotEnded
	if before := max(f.SentPE, f.AckPE, f.RcvdPE); potential < before {
		potential = after(before, 1)
	}
	f.SentPE = max(potential, l.Expiration)
	f.Told = f.Told || a.Connected
	return l
}

// heard tells whether the partner has acknowledged every lease that this server
// gave the client, or has given it a longer one since: no such word is on its way
// any more, or it comes too late to count.
func heard(l *lease.Lease) bool {
	f := &l.Failover
	return (f.SentPE <= f.AckPE || f.SentPE < f.RcvdPE) && f.SentPE < lease.Forever
}

// Changed is the lease after a change of this server's own (release, expiry,
// decline, an operator's command): not known to the partner. To that, a grace
// period is no change; a dhcpd is told of a release without one.
func (a *Authority) Changed(l lease.Lease) lease.Lease {
	if a.Role == lease.Alone {
		return l
	}
	if l.State == lease.Released && a.profile() == wire.ISC {
		// A dhcpd goes on with a lease that it does not know to be released, and
		// does not look at dates when it hears of it afterwards.
		l.Expiration = l.StateStart
		l = lease.Expire(l, l.StateStart, 0)
	}
	if l = a.doubted(l); l.State == lease.Expired {
		return l
	}
	if l.State == lease.Released {
		l.Failover.FromPartner = false
		return l
	}
	l = untold(l)
	if l.State == lease.PendingAvailable && (l.Failover.Ended == lease.EndedExpired || l.Failover.Ended == lease.EndedReleased) {
		l.Failover.FromPartner = heard(&l) // see yields
	}
	if a.Connected {
		l = a.Announced(l)
	}
	return l
}
