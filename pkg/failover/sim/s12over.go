package sim

import (
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// s12over is S12 for an update that says EXPIRED by its dates: a lease that is
// over by the word of one server does not end another client's that runs at the
// other. A server that recovers may have its own from a backup.
func (c *checkers) s12over(e *endpoint, o *owing) {
	l, b, sender := &o.before, &o.binding, e.p.other(e.side).n
	slack := int64(c.risk.slackOf(e.p) / time.Second)
	if b.Status != wire.StatusActive || b.Flags&wire.FlagBOOTP != 0 || e.state() == rec || c.risk.gone[e.p.index] ||
		l.State != lease.Leased || l.Expiration <= e.n.wall() || l.Client() == lease.KeyOf(b.ClientID, lease.HW(b.HW)) ||
		b.Expiration.Unix() > sender.wall()-slack {
		return
	}
	c.w.fail("S12", "%s ends a lease that runs for one that is over (%s)", e.n.name, leaseText(l))
}
