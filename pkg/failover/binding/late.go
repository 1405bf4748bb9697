package binding

import "leasehold/internal/lease"

// Partners tells whether a lease begins on a free address that is the
// partner's, and not reserved.
func Partners(l *lease.Lease) bool {
	if l.Role == lease.Alone || l.Flags&lease.Reserved != 0 {
		return false
	}
	switch l.State {
	case lease.Available, lease.OtherAvailable, lease.Offered:
		return owner(l) != l.Role
	}
	return false
}

// StillMay tells whether the answer to a packet may leave that was decided on
// some time ago: the lease had to get on disk first. A server that has fallen
// silent since must not answer; an address that was the partner's when it was
// given may be in use by the partner's clients again.
func (a *Authority) StillMay(r Request, bucket uint8, secs uint16, partners bool, now int64, bootp bool) bool {
	if a.Answers(r, bucket, secs) == SilentState {
		return false
	}
	return !partners || a.MayGivePartners(now, bootp)
}
