package binding

import (
	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// Shared is what a partner of ours says of the subnets that it shares, by their
// first addresses. It is never changed.
type Shared struct {
	Has   map[lease.Addr]struct{}
	Lacks map[lease.Addr]struct{} // that this server has, too, when it was heard last
}

// Withholds tells whether no new lease is given in a subnet, since the partner says
// that it does not share it: it may have it with somebody else, or alone. While it is
// not heard, what it said last of those that were there counts.
func (a *Authority) Withholds(subnet lease.Addr) bool {
	if a.Shared == nil || a.State == wire.StatePartnerDown {
		return false
	}
	if !a.Connected {
		_, lacks := a.Shared.Lacks[subnet]
		return lacks
	}
	_, has := a.Shared.Has[subnet]
	return !has
}
