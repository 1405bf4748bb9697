package failover

import (
	"context"
	"errors"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
)

// heirs finds the relationships that are known under another name: a pair that
// was renamed on one server is no new one, whose main could take its partner
// for not yet there and serve all addresses. By name, whose records they
// take over. One that the configuration had which was last in service goes on
// with its own, whatever became of others since: so it is after a start as it is
// with a reload.
func (n *prepared) heirs() map[string]string {
	configured := map[string]bool{}
	for _, r := range n.c.ordered {
		configured[r.name] = true
	}
	left := n.m.recorded()
	for name := range left {
		if configured[name] {
			delete(left, name)
		}
	}
	heirs := map[string]string{}
	for _, r := range n.c.ordered {
		own, known := n.m.record(r.name)
		if r.role == lease.Alone || known && !own.Away || n.m.pairs[r.name] != nil && n.m.pairs[r.name].started {
			continue
		}
		if name := r.ancestor(left, &own); name != "" {
			heirs[r.name] = name
			delete(left, name)
		}
	}
	return heirs
}

// ancestor is the record of the relationship under another name, "" if it has
// none: that with the same partner, best in the same role and for the same
// addresses, or of the same addresses with a partner that was not declared
// down. A record of its own that was away counts, unless another was in operation
// later.
func (r *relationship) ancestor(left map[string]record, own *record) string {
	best, found := 0, ""
	for name, kept := range left {
		same, same2 := kept.Partner == r.partner().addr, overlap(kept.Areas, r.areas())
		score := 0
		switch {
		case kept.Snapshot.State == 0:
		case same && same2 && kept.Role == r.role:
			score = 4
		case same && same2:
			score = 3
		case same && kept.Role == r.role:
			score = 2
		case same2 && kept.Snapshot.State != wire.StatePartnerDown:
			score = 1
		}
		if own.Snapshot.State != 0 && (!same2 || kept.Snapshot.Heartbeat < own.Snapshot.Heartbeat) {
			score = 0
		}
		if score > best || score == best && score > 0 && name < found {
			best, found = score, name
		}
	}
	return found
}

// branch is what a relationship goes on from that has no record of its own and
// takes scopes over from others between the same two servers in the same roles:
// what was known there of the partner. One that begins without would take a
// partner that is away for one that is not yet there, and serve all addresses.
// Of several the one that may do least counts.
func (m *Manager) branch(r *relationship, claims []claim) (snap core.Snapshot, lost bool) {
	from := (*claim)(nil)
	for i := range claims {
		of := &claims[i]
		met := of.snap.State != 0 && !(of.snap.New && of.snap.PartnerState == 0)
		if !met || of.role != r.role || of.partner != r.partner().addr || !overlap(of.areas, r.areas()) {
			continue
		}
		if lost = lost || of.lost; from == nil || rank(&of.snap) < rank(&from.snap) {
			from = of
		}
	}
	if from == nil {
		return core.Snapshot{}, false
	}
	if err := m.Marks.SetCommissioned(context.Background(), r.name, true); err != nil {
		m.Log.Log(msgUnsaved, r.name, err)
		return core.Snapshot{}, true
	}
	m.Log.Log(msgBranched, r.name, from.name)
	if lost {
		return core.Snapshot{}, true
	}
	return from.snap, false
}

// rank orders what is known of relationships by how much it allows.
func rank(s *core.Snapshot) int {
	return power(&binding.Authority{State: s.State})
}

// inherit moves a record to another name. What is there twice after a crash in
// the middle is found again by heirs.
func (m *Manager) inherit(heir, name string) error {
	ctx := context.Background()
	kept, _ := m.record(name)
	own, _ := m.record(heir)
	known, err := m.Marks.Generation(ctx, name)
	former, err2 := m.Marks.Generation(ctx, heir)
	if err = errors.Join(err, err2); err != nil {
		return err
	}
	last := max(known, former, kept.Generation)
	if kept.Generation < known || max(kept.Generation, own.Generation) < former {
		last++ // the lease database is an older one: so it stays
	} else {
		kept.Generation = last
	}
	kept.Away = true // until the heir begins
	if err := m.saveRecord(heir, kept); err != nil {
		return err
	}
	err = errors.Join(
		m.Marks.SetGeneration(ctx, heir, last),
		m.Marks.SetCommissioned(ctx, heir, true),
		m.Records.DeleteEndpoint(name),
		m.Marks.SetGeneration(ctx, name, 0),
		m.Marks.SetCommissioned(ctx, name, false),
	)
	if err != nil {
		return err
	}
	m.recMu.Lock()
	delete(m.records, name)
	m.recMu.Unlock()
	m.Log.Log(msgInherited, heir, name)
	return nil
}
