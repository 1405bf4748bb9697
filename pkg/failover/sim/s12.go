package sim

import (
	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// S12 is honesty of EXPIRED: it is said, and agreed to, only when the lease is
// over by the record on one's own disk.

func (c *checkers) s12sent(e *endpoint, b *wire.BNDUPD) {
	for i := range b.Bindings {
		bind := &b.Bindings[i]
		slot := c.w.slotOf(lease.Key{Addr: lease.AddrFrom(bind.Address)})
		if bind.Status != wire.StatusExpired || slot < 0 {
			continue
		}
		l := &e.n.disk.content.leases[slot]
		if l.State == lease.Leased && l.Expiration > e.n.wall() {
			c.w.fail("S12", "%s says EXPIRED of a lease that runs (%s)", e.n.name, leaseText(l))
		}
	}
}

// s12accepted is told of every update that a server accepts, with its record
// as it was before.
func (c *checkers) s12accepted(e *endpoint, o *owing) {
	l := &o.before
	if o.binding.Status == wire.StatusExpired && l.State == lease.Leased && l.Expiration > e.n.wall() &&
		l.Client() == lease.KeyOf(o.binding.ClientID, lease.HW(o.binding.HW)) {
		c.w.fail("S12", "%s agrees that a lease is over that runs (%s)", e.n.name, leaseText(l))
	}
}
