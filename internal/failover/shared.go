package failover

import (
	"maps"
	"net/netip"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/wire"
)

// Shared lists the subnets of which partners have said that they share scopes
// with this server, by relationship.
func (m *Manager) Shared() map[string][]netip.Prefix {
	all := map[string][]netip.Prefix{}
	for _, p := range m.sorted() {
		p.mu.Lock()
		if p.theirs != nil {
			for i := range p.theirs.scopes {
				all[p.name] = append(all[p.name], p.theirs.scopes[i].subnet)
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
