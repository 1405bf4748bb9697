package failover

import "net/netip"

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
