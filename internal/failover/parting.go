package failover

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"leasehold/internal/engine"
	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/objects"
)

// A lease knows what the partner acknowledged and promised, but not which partner
// that was. So what leaves a relationship, for none or for one with somebody else,
// is written as a lease that nobody shares (binding.Parted) before the configuration
// is in service. It is done over after a crash in the middle, and changes nothing
// the second time.

// parting is the leases of one scope that have another partner from now on.
type parting struct {
	scope string
	alone bool // none
	// joins: the new partner is in operation already, or begins by itself: all free
	// addresses are the main's.
	joins bool
}

// Part writes what becomes of the leases whose partner is another than before.
func (n *prepared) Part(k engine.Keeper) {
	m := n.m
	m.mu.Lock()
	defer m.mu.Unlock()
	lead := m.lead()
	for _, s := range n.partings() {
		switch written, failed := m.part(k, s, lead); {
		case failed > 0:
			m.Log.Log(msgUnparted, s.scope, failed)
		case written > 0:
			m.Log.Log(msgParted, s.scope, written)
		}
	}
}

// lead is the longest lead time that any relationship had. mu is held.
func (m *Manager) lead() (lead int64) {
	for _, kept := range m.recorded() {
		lead = max(lead, kept.Snapshot.Lead())
	}
	for _, p := range m.pairs {
		if p.started {
			snapshot := p.condition().status.Snapshot
			lead = max(lead, snapshot.Lead(), p.rel.Load().core.MCLT)
		}
	}
	return lead
}

// partings are the scopes whose leases have another partner, or none, as far as
// can be told: to write them anew once too often does no harm. mu is held.
func (n *prepared) partings() (all []parting) {
	claims := n.m.claims()
	if len(claims) == 0 {
		return nil // there never was a partner
	}
	for _, o := range n.c.cfg.All(objects.Scope) {
		switch to := n.c.of[strings.ToLower(o.Name)]; {
		case to == nil:
			all = append(all, parting{scope: o.Name, alone: true})
		case to.role != lease.Alone && !to.goesOn(claims, o):
			all = append(all, parting{scope: o.Name, joins: !slices.ContainsFunc(claims, func(of claim) bool { return of.name == to.name && another(of.partner, to.partner().addr) })})
		}
	}
	return all
}

// goesOn tells whether the scope was shared with the same partner before.
func (r *relationship) goesOn(claims []claim, scope *objects.Object) bool {
	return slices.ContainsFunc(claims, func(of claim) bool {
		return (!another(of.partner, r.partner().addr) || r.mirrors(of.role, of.partner)) && overlap(of.areas, areasOf(scope))
	})
}

// forgetAreas takes scopes that are shared with another partner now out of what was
// kept of the former: their leases are not known to it any more. mu is held.
func (n *prepared) forgetAreas() {
	m := n.m
	for name, kept := range m.recorded() {
		if p := m.pairs[name]; p != nil && p.started {
			continue
		}
		rest := kept.Areas
		for _, r := range n.c.ordered {
			if r.role != lease.Alone && another(kept.Partner, r.partner().addr) {
				rest = beside(rest, r.areas())
			}
		}
		if slices.Equal(rest, kept.Areas) {
			continue
		}
		kept.Areas = rest
		if err := m.saveRecord(name, kept); err != nil {
			m.Log.Log(msgUnsaved, name, err)
		}
	}
}

// part writes the leases of a scope, and returns how many there were and how many
// could not be written.
func (m *Manager) part(k engine.Keeper, s parting, lead int64) (written, failed int) {
	id, ok := m.Table.ScopeID(s.scope)
	if !ok {
		return 0, 0
	}
	now := m.now().Wall
	var done, failures atomic.Int64
	group := m.Table.Group([]lease.ScopeID{id})
	for after, page := (lease.Key{}), []lease.Lease(nil); ; after = page[len(page)-1].Key {
		if page = group.All(after, joinedPage, page[:0]); len(page) == 0 {
			return int(done.Load()), int(failures.Load())
		}
		var writing sync.WaitGroup
		for i := range page {
			if key := page[i].Key; s.of(page[i], lead, now) != page[i] {
				writing.Add(1)
				k.Hold(key, func() {
					l, _ := m.Table.At(key).Beneath()
					to := s.of(l, lead, now)
					if to == l {
						k.Let(key)
						writing.Done()
						return
					}
					k.Write([]lease.Lease{to}, false, func(_ int, err error) {
						if err != nil {
							failures.Add(1)
						} else {
							done.Add(1)
						}
						writing.Done()
					})
				})
			}
		}
		writing.Wait()
	}
}

// of is what becomes of a lease.
func (s parting) of(l lease.Lease, lead, now int64) lease.Lease {
	if s.alone && l.Free() {
		return l // it is this server's in any case
	}
	l = binding.Parted(l, lead, now)
	if s.joins && l.Free() {
		l.Flags &^= lease.Backup
	}
	return l
}
