package sim

import (
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
)

// safePeriod is that PARTNER-DOWN is entered by itself only where a safe period
// is configured, and out of touch: while the partner is there, it is not down.
func (c *checkers) safePeriod(e *endpoint, o *core.Event) {
	if o.Kind != core.EventState || o.From != wire.StateCommunicationsInterrupted || o.To != wire.StatePartnerDown || o.Text != safePeriodOver {
		return
	}
	if connected := e.m.Status().Connected; connected || e.p.SafePeriod == 0 {
		c.w.fail("safe period", "%s goes to PARTNER-DOWN by itself; its safe period is %d s, connected %v", e.n.name, e.p.SafePeriod, connected)
	}
}

// safePeriodOver is the core's reason.
const safePeriodOver = "the safe period is over"
