package sim

import (
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/wire"
)

// S7 is silence: no client hears of a server whose state forbids it to answer.
// What was decided before the state was entered may still go out.
func (c *checkers) s7replying(e *endpoint, q *query, r *reply) {
	if e.dhcpd != nil {
		return
	}
	switch s := e.auth.State; s {
	case wire.StateStartup, wire.StateRecover, wire.StateRecoverWait, wire.StatePotentialConflict, wire.StatePaused, wire.StateShutdown:
		if r.kind == acked {
			return // it was on its way to disk; S1 and S5 watch the rest
		}
		c.w.fail("S7", "%s answers %s in %v", e.n.name, q.c.name, s)
	case wire.StateRecoverDone:
		if q.kind != binding.Renewing && q.kind != binding.Rebinding {
			c.w.fail("S7", "%s answers %s in %v, which is not a renewal", e.n.name, q.c.name, s)
		}
	}
}

// s7granting is the same at the moment of the decision, by what the machine
// itself says of its state. In RECOVER-DONE the partner must be in touch: it may
// else be in PARTNER-DOWN, and give addresses to others.
func (c *checkers) s7granting(x *exchange) {
	if x.e.saving {
		return // until the state is on disk the server does as before
	}
	s := x.e.m.Status()
	if !serves(s.State) && (s.State != rd || !s.Connected) {
		c.w.fail("S7", "%s gives %s a lease in %v, connected %v", x.n.name, x.q.c.name, s.State, s.Connected)
	}
}
