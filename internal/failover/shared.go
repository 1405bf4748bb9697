package failover

import (
	"maps"

	"leasehold/internal/lease"
	"leasehold/internal/parity"
	"leasehold/pkg/failover/binding"
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
		s.Has[lease.AddrFrom(p.theirs.scopes[i].subnet.Addr())] = struct{}{}
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
