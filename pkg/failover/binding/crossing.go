package binding

import (
	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// Crossing is our lease l after a word of the partner's that made it next, while
// an update of ours is under way. A dhcpd may take ours for the later, whatever it has
// said itself, and let its own go. So it has to hear what became of the address here if
// that is another thing; if a lease was released it has to agree, as if the client had
// told us. That is on disk before it is known what the dhcpd made of ours, because the
// connection may end with the answer.
func (a *Authority) Crossing(l, next lease.Lease, b *wire.Binding, now int64) lease.Lease {
	if a.profile() != wire.ISC || next.State == lease.PendingAvailable || holder(&l) == holder(&next) {
		return next
	}
	if b.Status == wire.StatusReleased && l.State == lease.Leased && l.Failover.Told && isFree(&next) {
		l = a.Changed(lease.Release(l, now, 0))
		l.LastTransaction = next.LastTransaction
		return l
	}
	return untold(next)
}

// having is who has an address: a client, nobody, or nobody for good.
type having struct {
	client    lease.ClientKey
	abandoned bool
}

func holder(l *lease.Lease) having {
	switch status(l) {
	case wire.StatusActive:
		return having{client: l.Client()}
	case wire.StatusAbandoned:
		return having{abandoned: true}
	}
	return having{}
}
