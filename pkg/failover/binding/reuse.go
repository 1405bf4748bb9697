package binding

import (
	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// Reusable is, in PARTNER-DOWN, the time from which a pending-available lease
// may be given to another client without the partner's word (draft-12 sections
// 7.1.5 and 9.4.2); false if never. Until the MCLT after the latest time that
// either server may have gone by, the partner's last lease may run. Times are
// in whole seconds, so it is the second after.
func (a *Authority) Reusable(l *lease.Lease) (int64, bool) {
	if a.State != wire.StatePartnerDown || l.State != lease.PendingAvailable {
		return 0, false
	}
	f := &l.Failover
	at := after(after(max(l.Expiration, f.SentPE, f.AckPE, f.RcvdPE, a.Down), a.MCLT), 1)
	return at, at < lease.Forever
}

// Reclaimed is the lease after that time: free, and the primary's. An address
// that was asked back is the secondary's still, with what that means for
// dynamic BOOTP.
func (a *Authority) Reclaimed(l lease.Lease, now int64) lease.Lease {
	if l.State != lease.PendingAvailable {
		return l
	}
	if l.Failover.Ended == lease.EndedReclaimed {
		return untold(a.free(l, l.StateStart, lease.Secondary))
	}
	return untold(a.free(l, now, lease.Primary))
}
