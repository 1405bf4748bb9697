package binding

import (
	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// status is the binding-status of a lease (draft-12 section 5.11). What this
// server does for itself, an offer or a grace period, the partner does not see.
func status(l *lease.Lease) wire.BindingStatus {
	switch l.State {
	case lease.Leased, lease.Expired, lease.Released:
		return wire.StatusActive
	case lease.Unavailable:
		return wire.StatusAbandoned
	case lease.PendingAvailable:
		switch l.Failover.Ended {
		case lease.EndedReleased:
			return wire.StatusReleased
		case lease.EndedReset:
			return wire.StatusReset
		case lease.EndedReclaimed:
			return wire.StatusFree
		}
		return wire.StatusExpired
	}
	if owner(l) == lease.Secondary {
		return wire.StatusBackup
	}
	return wire.StatusFree
}

// owner is the server that a free address belongs to.
func owner(l *lease.Lease) lease.Role {
	if l.Flags&lease.Backup != 0 {
		return lease.Secondary
	}
	return lease.Primary
}

// isFree tells whether nobody has the lease, as the partner sees it.
func isFree(l *lease.Lease) bool {
	s := status(l)
	return s == wire.StatusFree || s == wire.StatusBackup
}

// unused tells whether the address has never been in use, nor changed hands.
func unused(l *lease.Lease) bool {
	return isFree(l) && l.StateStart == 0 && l.Flags&lease.Backup == 0 && l.Client().IsZero()
}

// end is when the lease ends or ended that the client was told of.
func end(l *lease.Lease) int64 {
	switch l.State {
	case lease.Expired, lease.Released:
		return l.StateStart // Expiration is the end of the grace
	}
	return l.Expiration
}

// free makes a lease free for the server it belongs to, by the word of both.
func (a *Authority) free(l lease.Lease, now int64, to lease.Role) lease.Lease {
	l.Role = a.Role
	l = lease.Freed(l, now, to == lease.Secondary)
	l.Failover = lease.Failover{}
	return known(l)
}

// known is the lease as one that the partner has in the same form.
func known(l lease.Lease) lease.Lease {
	l.Flags |= lease.FailoverUpdated
	return l
}

// untold is the lease as one that the partner has to be told of.
func untold(l lease.Lease) lease.Lease {
	l.Flags &^= lease.FailoverUpdated
	l.Failover.FromPartner = false
	return l
}

// after is t plus some seconds, short of the end of time.
func after(t, seconds int64) int64 {
	if t > lease.Forever-seconds {
		return lease.Forever
	}
	return t + seconds
}
