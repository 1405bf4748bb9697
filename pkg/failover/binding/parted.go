package binding

import "leasehold/internal/lease"

// Parted is the lease as a server keeps it that shares it with nobody any more, or
// with another partner than before. lead is the lead time that was in force. The
// former partner may have extended it, on its own, up to that after all that either
// of the two counted on, and tells nobody. So long it is its client's, who removes
// the doubt with the next packet. Nobody has acknowledged or promised anything of
// it: it is as if this server had always been alone.
//
// One that has ended, and waits for the partner to agree, is its client's again,
// as in a grace period; where the partner may have agreed, and given the address to
// somebody else, it is out of use so long.
func Parted(l lease.Lease, lead, now int64) lease.Lease {
	until := latestExtension(&l, lead)
	switch l.State {
	case lease.Leased, lease.Expired, lease.Released:
		l.Expiration = max(l.Expiration, until)
	case lease.Unavailable:
		if l.Expiration != 0 { // else until it is forced
			l.Expiration = max(l.Expiration, until)
		}
	case lease.PendingAvailable:
		switch {
		case until <= now, l.Failover.Ended == lease.EndedReclaimed:
			l = lease.Freed(l, now, false)
		case l.Client().IsZero() || lapsed(&l):
			l = lease.MarkUnavailable(l, l.StateStart, 0, "failover")
			l.Expiration = until
		default:
			l.State, l.Expiration = lease.Expired, until
		}
	}
	l.Flags &^= lease.FailoverUpdated
	l.Failover = lease.Failover{}
	return l
}

// latestExtension is when the lease ends at the latest that the partner may have
// extended; 0 if it never heard of it. It is the second after: times are in whole
// seconds.
func latestExtension(l *lease.Lease, lead int64) int64 {
	f := &l.Failover
	promised := max(f.SentPE, f.AckPE, f.RcvdPE)
	if l.State == lease.PendingAvailable {
		promised = max(promised, l.Expiration) // see Reusable
	}
	if !f.Told || promised == 0 {
		return 0
	}
	return after(after(promised, lead), 1)
}
