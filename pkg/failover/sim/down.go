package sim

import (
	"leasehold/internal/lease"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
)

// wentDown is that no server takes its partner to be down by itself: an operator
// says so, the partner has, it was so before the server started, the pair is
// new to both, or a safe period is over, out of touch. What two servers do that give out
// each other's addresses is the risk of whoever had it so, and S1 forgives it.
func (c *checkers) wentDown(e *endpoint, o *core.Event) {
	if o.Kind != core.EventState || o.To != wire.StatePartnerDown || o.Text == commanded {
		return
	}
	s := e.m.Status()
	ok := s.Snapshot.PartnerState == wire.StateShutdown
	switch {
	case o.From == wire.StateStartup:
		ok = ok || e.stored() == wire.StatePartnerDown || !e.n.disk.content.known[e.index]
		if s.Snapshot.New && e.role == lease.Primary && (s.Connected && e.p.link.whole() && e.p.other(e.side).met() || !s.Connected && e.refused) {
			ok = false // it is not new: it has forgotten its partner
		}
	case o.Text == safePeriodOver:
		ok = e.p.SafePeriod > 0 && !s.Connected
	}
	if !ok {
		c.w.fail("down", "%s goes from %v to PARTNER-DOWN, connected %v: %s", e.n.name, o.From, s.Connected, o.Text)
	}
}

// whole tells whether both ends have the same connection: what comes by another is
// from before the partner started.
func (l *link) whole() bool { return l.sides[0].conn == l.sides[1].conn }

// met tells whether a server of ours has a record of its partner.
func (e *endpoint) met() bool {
	snap := &e.n.disk.content.snaps[e.index]
	return e.dhcpd == nil && snap.State != 0 && !snap.New
}

// The core's reasons.
const (
	commanded      = "setPartnerDown"
	safePeriodOver = "the safe period is over"
)
