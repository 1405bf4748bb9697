package failover

import (
	"cmp"
	"maps"
	"slices"

	"leasehold/internal/lease"
	"leasehold/internal/parity"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
	"leasehold/pkg/objects"
)

// Shared lists the addresses that partners have said to share with this server,
// by relationship.
func (m *Manager) Shared() map[string][]parity.Area {
	all := map[string][]parity.Area{}
	for _, p := range m.sorted() {
		p.mu.Lock()
		if p.theirs != nil {
			for i := range p.theirs.scopes {
				s := &p.theirs.scopes[i]
				a := parity.Area{Subnet: s.subnet}
				for _, r := range s.ranges {
					a.Ranges = append(a.Ranges, objects.Range{First: r.First.Netip(), Last: r.Last.Netip()})
				}
				all[p.name] = append(all[p.name], a)
			}
		}
		p.mu.Unlock()
	}
	return all
}

// noteShared tells the packet path what the partner shares. What it lacks of
// this server's subnets counts on while it is away: it may have them with somebody
// else. One that is configured meanwhile may be new on both.
func (p *Pair) noteShared() {
	if p.conn == nil || p.profile != wire.Own || p.theirs == nil { // nobody else writes it
		return
	}
	s := &binding.Shared{Has: map[lease.Addr]struct{}{}, Lacks: map[lease.Addr]struct{}{}}
	for i := range p.theirs.scopes {
		if one := &p.theirs.scopes[i]; !one.joins {
			s.Has[lease.AddrFrom(one.subnet.Addr())] = struct{}{}
		}
	}
	for _, own := range p.rel.Load().terms.scopes {
		a := lease.AddrFrom(own.subnet.Addr())
		if _, has := s.Has[a]; !has {
			s.Lacks[a] = struct{}{}
		}
	}
	if was := p.shared; was == nil || !maps.Equal(was.Has, s.Has) || !maps.Equal(was.Lacks, s.Lacks) {
		p.shared = s
		p.republish()
	}
}

// tellJoining tells the partner of leases in scopes that come into the relationship.
// Until it has answered all it is told that they do, and gives no new ones there: it
// could give those that it has not heard of.
func (p *Pair) tellJoining(keys []lease.Key) {
	if p.conn != nil && p.profile == wire.Own {
		if p.joining == nil {
			p.joining = map[lease.Key]struct{}{}
		}
		for _, k := range keys {
			p.joining[k] = struct{}{}
		}
	}
	p.step(core.Changed{Keys: keys})
}

// markJoins notes in the terms which scopes these leases are of.
func (p *Pair) markJoins(t *terms) {
	for k := range p.joining {
		i, found := slices.BinarySearchFunc(t.scopes, k.Addr, func(s termScope, a lease.Addr) int {
			if s.subnet.Contains(a.Netip()) {
				return 0
			}
			return cmp.Compare(lease.AddrFrom(s.subnet.Addr()), a)
		})
		if found {
			t.scopes[i].joins, p.joins = true, true
		}
	}
}

// endJoining tells the partner once it has answered all.
func (p *Pair) endJoining() {
	if len(p.joining) > 0 {
		p.mu.Lock()
		now := p.machine.Status()
		p.mu.Unlock()
		if now.Queued+now.Unacked > 0 {
			return
		}
		p.joining = nil
	}
	if p.joins {
		p.joins = false
		p.tellTerms()
	}
}
