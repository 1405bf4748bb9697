package binding

import "leasehold/internal/lease"

// movable tells whether a free address is one that changes hands: not kept
// back by the configuration or an operator, and not offered to a client.
func movable(l *lease.Lease) bool {
	return l.Free() && l.Flags&(lease.Reserved|lease.NotInRanges|lease.Deactivated) == 0
}

// Transferred is the lease of a free address given to the partner, or (as the
// secondary) given back: to be told to it (draft-12 section 5.4). From then on
// it is not given to a client. false if it is not ours and free.
func (a *Authority) Transferred(l lease.Lease, now int64) (lease.Lease, bool) {
	if a.Role == lease.Alone || !movable(&l) || owner(&l) != a.Role {
		return l, false
	}
	return untold(a.free(l, now, a.Role.Other())), true
}

// AskedBack is the lease of a free address of the secondary that the primary
// wants: pending until the secondary agrees. false if it is not one, or not yet
// the secondary's for certain. Until then it is the secondary's since when it was:
// to say that it is so since later would end what the secondary gave between.
func (a *Authority) AskedBack(l lease.Lease) (lease.Lease, bool) {
	if a.Role != lease.Primary || !movable(&l) || owner(&l) != lease.Secondary || l.Flags&lease.FailoverUpdated == 0 {
		return l, false
	}
	l = untold(a.free(l, l.StateStart, lease.Secondary))
	l.State = lease.PendingAvailable
	l.Failover.Ended = lease.EndedReclaimed
	return l, true
}
