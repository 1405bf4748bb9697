package binding

import (
	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// Acked is the lease after the partner acknowledged what was sent (draft-12
// sections 5.11 and 7.1.5); it may be the same. What has changed since is still
// to be told, but what was promised for the same lease counts.
func (a *Authority) Acked(l lease.Lease, sent *wire.Binding, now int64) lease.Lease {
	until, doubtful := a.doubt(&l)
	switch {
	case l.State == lease.PendingAvailable && doubtful && until > now:
		return a.doubted(l) // the partner does not know any more what it gave
	case l.State == lease.PendingAvailable && a.says(&l, sent):
		return a.free(l, now, lease.Primary) // both agree now
	case sent.Status == wire.StatusActive && status(&l) == wire.StatusActive && a.sameClient(&l, sent) &&
		sent.StateStart == wire.TimeOf(begun(&l)):
		l.Failover.AckPE = max(l.Failover.AckPE, sent.PotentialExpiration.Unix())
	case a.crossed(&l, sent):
		return a.free(l, now, lease.Primary)
	case a.profile() == wire.ISC && theirWord(&l) && !a.says(&l, sent):
		// A dhcpd's word crossed with ours. It acknowledges what it took before
		// it says more: so it took ours, and has forgotten its own, which we took.
		return untold(l)
	case status(&l) == wire.StatusActive && theirWord(&l) && (ends(sent.Status) || sent.Status == wire.StatusBackup):
		// The partner's lease crossed with our word that it is over, or was when
		// the partner's backup was made, to which the partner agrees by this: it
		// has to be told that we took the lease.
		l.Flags &^= lease.FailoverUpdated
		return l
	}
	if a.Update(&l) == *sent {
		return known(l)
	}
	return l
}

// says tells whether the lease is still what was sent of it.
func (a *Authority) says(l *lease.Lease, sent *wire.Binding) bool {
	b := a.Update(l)
	return b.Status == sent.Status && b.StateStart == sent.StateStart && b.HW == sent.HW && b.ClientID == sent.ClientID
}

// crossed tells whether the secondary claimed a free address and then agreed,
// by this acknowledgement, that it is the primary's.
func (a *Authority) crossed(l *lease.Lease, sent *wire.Binding) bool {
	if a.Role != lease.Primary || !l.Free() || owner(l) != lease.Secondary || !l.Failover.FromPartner {
		return false
	}
	return ends(sent.Status)
}

// ends tells whether an address of that status is nobody's and the primary's.
func ends(s wire.BindingStatus) bool {
	switch s {
	case wire.StatusFree, wire.StatusExpired, wire.StatusReleased, wire.StatusReset:
		return true
	}
	return false
}

// Refused is the lease after the partner refused what was sent. Whose address
// is free while the partner says that it is in use, it is not ours to give:
// what the partner knows better, it is going to tell.
func (a *Authority) Refused(l lease.Lease, sent *wire.Binding, reason wire.Reason, now int64) lease.Lease {
	if !a.says(&l, sent) {
		return l
	}
	l.Flags &^= lease.FailoverUpdated // whatever it was told before
	if reason == wire.ReasonLessCritical && a.profile() == wire.Own && l.State == lease.PendingAvailable && l.Failover.Ended != lease.EndedReclaimed {
		// Only one of ours that has the address abandoned says so of a lease
		// that ended. Whose word is the later is hard to tell within seconds:
		// there is one that nobody has to give up a client for.
		was := l.LastTransaction
		if l = a.takeAbandoned(l, &wire.Binding{}, now); was != 0 {
			l.StateStart = was
		}
		return l
	}
	switch reason {
	case wire.ReasonFatalConflict, wire.ReasonOutdated, wire.ReasonLessCritical:
	default:
		if l.Failover.Ended != lease.EndedReclaimed {
			return l
		}
	}
	switch {
	case l.State == lease.PendingAvailable && l.Failover.Ended == lease.EndedReclaimed:
		return a.free(l, l.StateStart, lease.Secondary)
	case l.Free() && owner(&l) == a.Role && l.Flags&lease.Reserved == 0:
		return a.free(l, now, a.Role.Other())
	}
	return l
}
