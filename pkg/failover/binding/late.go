package binding

import (
	"time"

	"leasehold/internal/lease"
)

// LongestQueued is how long a client's packet may lie in the queue of a socket
// before the server reads it: a server that stands still does not read. An older one
// is dropped. Whoever waits for an answer has asked again by then (RFC 2131 section
// 4.1: after four seconds). Whoever gave an address back may have it again from the
// partner by then, and would lose it: a dhcpd does not compare dates. Without the packet
// the lease merely runs out.
const LongestQueued = 5 * time.Second

// Overtaken tells whether what a client gives back by a packet that came at came, and
// had to wait until now, may be its own again: by what the partner has told meanwhile.
func Overtaken(l *lease.Lease, came, now int64) bool {
	return came < now && l.Failover.FromPartner && l.LastTransaction+unsure >= came
}

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
