package failover

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"leasehold/internal/engine"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
	"leasehold/pkg/objects"
)

// Ready is nil once the state of every relationship is known.
func (m *Manager) Ready() error {
	m.mu.Lock()
	applied := m.applied
	m.mu.Unlock()
	if !applied {
		return errors.New("no configuration is in service yet")
	}
	for _, p := range m.sorted() {
		// The machine may know before its decision is on disk and in force.
		if c := p.condition(); c.working && c.unsaved == nil && (c.status.State == wire.StateStartup || p.Authority().State == wire.StateStartup) {
			return fmt.Errorf("failover %q: the state is not known yet: %s", p.name, or(c.status.Waiting, "STARTUP"))
		}
	}
	return nil
}

// Troubles are the relationships that do not protect their leases, or do not
// serve, and why.
func (m *Manager) Troubles() []engine.Trouble {
	var all []engine.Trouble
	for _, p := range m.sorted() {
		c := p.condition()
		if why := p.trouble(&c); why != "" {
			all = append(all, engine.Trouble{Value: health(&c, p.Authority()), Reason: fmt.Sprintf("failover %q: %s", p.name, why)})
		}
	}
	return all
}

// health is what a server can be said to be worth with a relationship in
// trouble: some of its scopes are not served, or are without a partner.
func health(c *condition, a *binding.Authority) int {
	switch {
	case !c.working, c.unsaved != nil, power(a) == 0, c.silent > 0:
		return 3
	case c.status.State != wire.StateNormal:
		return 7
	}
	return 9
}

func (p *Pair) trouble(c *condition) string {
	switch {
	case !c.working:
		return "its scopes are not served: " + strings.Join(c.problems, "; ")
	case c.unsaved != nil:
		return "out of service, its state cannot be written: " + c.unsaved.Error()
	case c.silent > 0:
		return fmt.Sprintf("state %s, and scopes are not served: %s", state(c.status.State), strings.Join(c.problems, "; "))
	case c.status.State == wire.StateNormal:
		return strings.Join(c.problems, "; ")
	}
	why := fmt.Sprintf("state %s", state(c.status.State))
	if !c.status.Connected {
		why += fmt.Sprintf(", partner %s is not in touch", p.partnerName())
		if at := c.status.Snapshot.Contact; at > 0 {
			why += fmt.Sprintf(" since %s", time.Unix(at, 0).Format(time.ANSIC))
		}
		if _, told := c.refused(); !told && c.link.LastError != "" {
			why += ": " + c.link.LastError
		}
	}
	if c.status.Waiting != "" {
		why += ": " + c.status.Waiting
	}
	return strings.Join(append([]string{why}, c.problems...), "; ")
}

// Figure is one relationship in numbers, for monitoring.
type Figure struct {
	Pair, Partner string
	Role          string // MAIN or BACKUP
	State         wire.ServerState
	PartnerState  wire.ServerState
	Since         int64
	Connected     bool
	Offset        int64 // the partner's clock less ours, seconds
	Unacked       int
	Queued        int
	Updates       core.Counters
	Pools         []PoolStatus
	Working       bool // it has a role and can write its state
	// Compared tells whether the partner says what it has stored; Drift is how
	// many classes of objects have differed for a while.
	Compared bool
	Drift    int
}

// Figures are all relationships in numbers.
func (m *Manager) Figures() []Figure {
	var all []Figure
	for _, p := range m.sorted() {
		c := p.counted()
		r := p.rel.Load()
		f := Figure{
			Pair: p.name, Partner: p.partnerName(), Role: owner(r.role),
			State: c.status.State, PartnerState: c.status.Snapshot.PartnerState, Since: c.status.Snapshot.Since,
			Connected: c.status.Connected, Offset: c.status.Offset, Unacked: c.status.Unacked, Queued: c.status.Queued,
			Updates: c.status.Updates, Working: c.working && c.unsaved == nil,
			Compared: c.seen.compared, Drift: len(c.seen.classes),
		}
		f.Pools = p.detail(r, &c).Pools
		all = append(all, f)
	}
	return all
}

// counted are the counters of category failover.
var counted = []struct {
	name string
	of   func(*core.Counters) uint64
}{
	{"failover-binding-updates-sent", func(c *core.Counters) uint64 { return c.UpdatesSent }},
	{"failover-binding-updates-received", func(c *core.Counters) uint64 { return c.UpdatesReceived }},
	{"failover-binding-acks-sent", func(c *core.Counters) uint64 { return c.AcksSent }},
	{"failover-binding-acks-received", func(c *core.Counters) uint64 { return c.AcksReceived }},
	{"failover-binding-naks-sent", func(c *core.Counters) uint64 { return c.RefusalsSent }},
	{"failover-binding-naks-received", func(c *core.Counters) uint64 { return c.RefusalsReceived }},
	{"failover-pool-requests", func(c *core.Counters) uint64 { return c.PoolRequests }},
	{"failover-state-changes", func(c *core.Counters) uint64 { return c.StateChanges }},
}

// sums adds the counters of all relationships up. mu is held.
func (m *Manager) sums() map[string]uint64 {
	sums := map[string]uint64{}
	for _, p := range m.pairs {
		c := p.condition()
		for _, n := range counted {
			sums[n.name] += n.of(&c.status.Updates)
		}
	}
	return sums
}

// Stats are the counters of category failover, of all relationships since the
// last ResetStats.
func (m *Manager) Stats() *objects.Object {
	o := objects.New(objects.Statistics, "failover")
	m.mu.Lock()
	defer m.mu.Unlock()
	connected, unacked, queued, normal := 0, 0, 0, 0
	for _, p := range m.pairs {
		c := p.counted()
		if c.status.Connected {
			connected++
		}
		if c.status.State == wire.StateNormal {
			normal++
		}
		unacked += c.status.Unacked
		queued += c.status.Queued
	}
	set := func(name string, n int) { o.Attrs[name] = strconv.Itoa(n) }
	set("failover-pairs", len(m.pairs))
	set("failover-pairs-connected", connected)
	set("failover-pairs-normal", normal)
	set("failover-updates-unacknowledged", unacked)
	set("failover-updates-waiting", queued)
	for name, n := range m.sums() {
		if n < m.reset[name] { // the relationship is another since
			n = m.reset[name]
		}
		o.Attrs[name] = strconv.FormatUint(n-m.reset[name], 10)
	}
	return o
}

// ResetStats sets the counters to zero.
func (m *Manager) ResetStats() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reset = m.sums()
}
