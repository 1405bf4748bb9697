package binding

import (
	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// Crossing is our lease l after a word of the partner's that made it next, while
// an update of ours is under way. A dhcpd takes ours that a client has the address
// for the later, whatever it has said itself. So it has to hear again that there is
// no such lease; if it was released it has to agree, as if the client had told us.
// Nor does it keep a lease that it gave if ours was that there is none: it has to hear
// of that again, too. All this is on disk before it is known what the dhcpd made of
// ours, because the connection may end with the answer.
func (a *Authority) Crossing(l, next lease.Lease, b *wire.Binding, now int64) lease.Lease {
	ours := status(&l) == wire.StatusActive
	switch {
	case a.profile() != wire.ISC:
	case !ours && status(&next) == wire.StatusActive:
		return untold(next)
	case !ours:
	case b.Status == wire.StatusReleased && l.State == lease.Leased && l.Failover.Told && isFree(&next):
		l = a.Changed(lease.Release(l, now, 0))
		l.LastTransaction = next.LastTransaction
		return l
	case isFree(&next) || next.State == lease.Unavailable:
		return untold(next)
	}
	return next
}
