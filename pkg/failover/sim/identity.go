package sim

import (
	"slices"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
)

// What a server knows of a relationship when it starts, after the rules of
// internal/failover: its record is beside the leases, and the configuration
// database has a mark of it.

// stampTime is the longest time in operation for which a record is of one
// generation.
const stampTime = time.Minute

// resume is what the endpoint begins with, and whether leases are lost: the
// record is not there, or older than it was.
func (e *endpoint) resume() (snap core.Snapshot, gone bool) {
	c, i := &e.n.disk.content, e.index
	snap = c.snaps[i]
	switch {
	case snap.State == 0:
		return core.Snapshot{}, c.known[i]
	case c.gens[i] < c.marks[i]:
		return core.Snapshot{}, true
	case c.roles[i] == e.role:
	case !c.known[i] && core.Untried(snap, newView(e)): // nobody has anything of it
		return core.Snapshot{}, false
	default:
		snap = core.Swap(snap, e.n.wall())
	}
	e.record(snap, true)
	return snap, false
}

// same tells whether a start goes on from the record as it is.
func (e *endpoint) same() bool {
	c, i := &e.n.disk.content, e.index
	return c.roles[i] == e.role && c.gens[i] >= c.marks[i]
}

// record has a snapshot on disk, of the next generation if it is a new one.
func (e *endpoint) record(s core.Snapshot, anew bool) {
	c, i := &e.n.disk.content, e.index
	c.snaps[i], c.roles[i] = s, e.role
	last := max(c.gens[i], c.marks[i])
	if anew {
		last++
		e.stampAt = e.n.w.now + stampTime
	}
	c.gens[i], c.marks[i] = last, last
}

// older tells whether a backup of the lease database will be known as one.
func (n *node) older(backup *content) bool {
	return !slices.ContainsFunc(n.ends, func(e *endpoint) bool {
		return backup.snaps[e.index].State != 0 && backup.gens[e.index] >= n.disk.content.marks[e.index]
	})
}

// swap exchanges the roles of a pair, at one server or at both; a server that
// runs takes it over at once. One that must not refuses it, unless it is forced. If
// it is down, it would hold its scopes at the start until the roles are put back.
func swap(w *World, a []string) {
	for _, e := range w.named(a) {
		if e.keepsRole() && !word(a, "force") {
			w.say("%s refuses another role in %s", e.n.name, e.p.Name)
			continue
		}
		e.turn()
	}
}

// keepsRole tells whether the endpoint stands in for a partner that is not in touch.
func (e *endpoint) keepsRole() bool {
	snap := &e.n.disk.content.snaps[e.index]
	if snap.State != wire.StatePartnerDown || snap.PartnerState == 0 && snap.New {
		return false
	}
	return !e.n.up || !e.m.Status().Connected
}

// turn gives a server the other role.
func (e *endpoint) turn() {
	e.n.w.checks.risk.turning(e)
	e.reload(func() {
		e.role = e.role.Other()
		e.cfg.Role = e.role
	})
}

// rename gives a pair another name, at one server or at both. The record goes
// with it, unless the server does not know the pair again.
func rename(w *World, a []string) {
	for _, e := range w.named(a) {
		e.reload(func() {
			if e.name == e.p.Name {
				e.name = e.p.Name + "-renamed"
			} else {
				e.name = e.p.Name
			}
			if word(a, "forgotten") {
				w.checks.risk.standsIn(e)
				c, i := &e.n.disk.content, e.index
				c.snaps[i], c.gens[i], c.marks[i], c.known[i] = core.Snapshot{}, 0, 0, false
				w.checks.risk.unknown[e.p.index] = true
			}
		})
	}
}

// named are the ends of a pair at the servers that are named, or both.
func (w *World) named(a []string) []*endpoint {
	p := w.pair(a[0])
	var ends []*endpoint
	if p.mixed() {
		return nil // a dhcpd would need another configuration
	}
	for _, e := range p.ends {
		if word(a, e.n.name) || !word(a, p.Main) && !word(a, p.Backup) {
			ends = append(ends, e)
		}
	}
	return ends
}

// reload changes the configuration of a server.
func (e *endpoint) reload(change func()) {
	up := e.n.up
	e.n.halt(kept, kept, false)
	change()
	if up {
		e.n.start()
	}
}

// agree ends a configuration that is not the same at both servers.
func (p *pair) agree() {
	a, b := p.ends[0], p.ends[1]
	switch {
	case b.role != a.role:
	case b.keepsRole():
		a.turn()
	default:
		b.turn()
	}
	if b.name != a.name {
		b.reload(func() { b.name = a.name })
	}
}

// inOrder are the ends of a pair, the primary first.
func (p *pair) inOrder() (primary, secondary *endpoint) {
	if p.ends[0].role == lease.Secondary {
		return p.ends[1], p.ends[0]
	}
	return p.ends[0], p.ends[1]
}
