package binding

import (
	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// A server that loses its disk does not know any more for how long it extended
// leases. It may have given any of them until the MCLT after what its partner
// had promised, or after its last moment, and the partner heard nothing of it.
// The MCLT that it waits in RECOVER-WAIT covers new leases, and only at the
// server that waits: draft-12 has no word on those that were extended. So
// when such a lease ends by the records of both servers it stays its client's,
// as in a grace period, until the latest end that it may have. The client's
// next packet removes the doubt.

// doubt is how long a lease may run that one of the servers has forgotten;
// false if it is known when it ends.
func (a *Authority) doubt(l *lease.Lease) (until int64, doubtful bool) {
	f := &l.Failover
	if !f.Told || l.LastTransaction >= a.Forgotten {
		return 0, false
	}
	switch l.State {
	case lease.Leased, lease.Expired, lease.Released:
	case lease.PendingAvailable:
		switch f.Ended {
		case lease.EndedExpired, lease.EndedReleased:
		case lease.EndedReset:
			if l.StateStart > a.Forgotten || max(f.SentPE, f.AckPE, f.RcvdPE) >= lease.Forever {
				return 0, false // what was decided since the loss stands, and what no wait can settle
			}
		default:
			return 0, false
		}
	default:
		return 0, false
	}
	return a.latest(max(f.SentPE, f.AckPE, f.RcvdPE)), true
}

// Ending is a lease that this server is about to end. One that it gave before a
// loss of leases, and has as one that the partner never heard of, is perhaps from
// a backup, and the partner heard of it since: it is not free again by itself.
func (a *Authority) Ending(l lease.Lease) lease.Lease {
	if !isFree(&l) && max(l.LastTransaction, l.StateStart) < a.Forgotten {
		l.Failover.Told = true
	}
	return l
}

// latest is when a lease ends at the latest that was promised until then and
// forgotten. A partner that is not one of ours, or not known again yet, tells the end
// of a lease without what was promised: a dhcpd keeps that to itself. The promise was
// at most the longest lease more, and what was given before it was forgotten lasts no
// longer than that.
func (a *Authority) latest(promised int64) int64 {
	until := after(max(promised, a.Forgotten), a.MCLT)
	if a.profile() != wire.Own {
		until = max(until, min(after(a.Forgotten, a.Longest), after(after(promised, a.Longest), a.MCLT)))
	}
	return until
}

// forgot tells whether a dhcpd says that a lease ended which this server may have
// given again before it lost its disk. One of ours would not say so.
func (a *Authority) forgot(l *lease.Lease, b *wire.Binding, now int64) bool {
	ended := b.Status == wire.StatusExpired || b.Status == wire.StatusReleased
	asking := a.State == wire.StateRecover || a.State == wire.StatePotentialConflict
	return ended && asking && a.profile() != wire.Own && a.before(l, b) &&
		max(b.LastTransaction.Unix(), l.LastTransaction) < a.Forgotten && a.latest(a.promised(l, b)) > now
}

// promised is what the client of the update was promised, as far as both know.
func (a *Authority) promised(l *lease.Lease, b *wire.Binding) int64 {
	if f := &l.Failover; a.sameClient(l, b) && !isFree(l) {
		return max(promise(b), f.SentPE, f.AckPE, f.RcvdPE)
	}
	return promise(b)
}

// before tells whether our record of the address may be older than the partner's, as
// if from a backup: of the client's lease before it was renewed or given anew, or of a
// client before it.
func (a *Authority) before(l *lease.Lease, b *wire.Binding) bool {
	theirs := max(b.LastTransaction, b.StateStart).Unix()
	switch s := status(l); {
	case isFree(l):
		return true
	case s == wire.StatusReset || s == wire.StatusAbandoned:
		return theirs > l.StateStart
	case a.sameClient(l, b):
		return s == wire.StatusActive || theirs > l.LastTransaction || a.promised(l, b) == promise(b)
	}
	return theirs > l.LastTransaction
}

// perhaps is that lease: over by the partner's record, and its client's until the
// latest end that it may have.
func (a *Authority) perhaps(l lease.Lease, b *wire.Binding, now int64) lease.Lease {
	l = a.takeActive(l, b, now)
	if l.Expiration > now {
		return untold(l)
	}
	l.Failover.Told = true
	until, _ := a.doubt(&l)
	l.State, l.StateStart, l.Expiration = lease.Expired, end(&l), until
	return untold(l)
}

// doubted is the lease, which has ended, as one in a grace period if it is
// doubtful for longer. What was reset is out of use, and what a primary may have
// been told of: it may have agreed, and have given the address to another client.
func (a *Authority) doubted(l lease.Lease) lease.Lease {
	if l.State != lease.Expired && l.State != lease.PendingAvailable {
		return l
	}
	until, doubtful := a.doubt(&l)
	switch {
	case !doubtful:
	case l.State == lease.Expired:
		l.Expiration = max(l.Expiration, until)
	case until <= max(l.StateStart, a.Forgotten):
	case l.Failover.Ended == lease.EndedReset, a.Role == lease.Secondary && lapsed(&l):
		l = lease.MarkUnavailable(l, l.StateStart, 0, "failover")
		l.Expiration = until
	default:
		// No later end than was promised is told: the doubt would never end.
		l.State, l.StateStart, l.Expiration = lease.Expired, min(l.Expiration, until-a.MCLT), until
		l.Failover.Ended = lease.NotEnded
		l = untold(l)
	}
	return l
}
