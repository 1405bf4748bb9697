package binding

import (
	"net/netip"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// Changed is the lease after a change of this server's own (release, expiry,
// decline, an operator's command): not known to the partner.
func (a *Authority) Changed(l lease.Lease) lease.Lease { return l }

// Update is the binding update that tells the partner of the lease.
func (a *Authority) Update(l *lease.Lease) wire.Binding { return wire.Binding{} }

// Announced is the lease as it must be on disk before Update of it is sent
// (Told); the same lease if it may be sent at once.
func (a *Authority) Announced(l lease.Lease) lease.Lease { return l }

// Accept holds a binding update of the partner, with its times corrected,
// against our lease at now: the lease as it must be written before it is
// acknowledged, or the reason for which it is refused and a text.
func (a *Authority) Accept(l lease.Lease, b *wire.Binding, now int64) (lease.Lease, wire.Reason, string) {
	return l, wire.ReasonUnknown, ""
}

// Acked is the lease after the partner acknowledged what was sent; it may be
// the same.
func (a *Authority) Acked(l lease.Lease, sent *wire.Binding, now int64) lease.Lease { return l }

// Refused is the lease after the partner refused what was sent.
func (a *Authority) Refused(l lease.Lease, sent *wire.Binding, reason wire.Reason, now int64) lease.Lease {
	return l
}

// Reusable is, in PARTNER-DOWN, the time from which a pending-available lease
// may be given to another client without the partner's word; false if never.
func (a *Authority) Reusable(l *lease.Lease) (int64, bool) { return 0, false }

// Reclaimed is the lease after that time: free.
func (a *Authority) Reclaimed(l lease.Lease, now int64) lease.Lease { return l }

// Transferred is the lease of a free address given to the partner, or (as the
// secondary) given back: to be told to it. false if it is not ours and free.
func (a *Authority) Transferred(l lease.Lease, now int64) (lease.Lease, bool) { return l, false }

// AskedBack is the lease of a free address of the secondary that the primary
// wants: pending until the secondary agrees. false if it is not one.
func (a *Authority) AskedBack(l lease.Lease, now int64) (lease.Lease, bool) { return l, false }

// Pool is the free addresses of one scope, as one server sees them.
type Pool struct {
	Scope      string
	VPN        uint32
	Free       int  // the primary's, unreserved
	Backup     int  // the secondary's, unreserved
	Pending    int  // on their way
	Percent    int  // of them the secondary should have
	BOOTP      bool // dynamic BOOTP
	Boundary   netip.Addr
	FirstOrder bool // allocate-first-available
}

// Balance says how many addresses of the pool this server should hand to its
// partner, or (the primary) ask back: at most one of the two is not 0. hourly
// says that the periodic run is due, which takes back what is over the share.
func (a *Authority) Balance(p *Pool, hourly bool) (give, back int) { return 0, 0 }
