package failover

import (
	"maps"
	"slices"

	"leasehold/internal/lease"
)

// noteMissing remembers that the partner does not know an address: its scope
// is configured on this server only. It is said once a scope.
func (p *Pair) noteMissing(k lease.Key) {
	place, ok := p.m.Table.Place(k)
	if !ok {
		return
	}
	p.mu.Lock()
	known := p.missing[place.Name]
	p.missing[place.Name] = true
	p.mu.Unlock()
	if !known {
		p.m.Log.Log(msgLease, p.name, p.partnerName(), k.Addr, place.Name)
	}
}

// noteKnown forgets that, for a scope of which the partner has taken a lease.
func (p *Pair) noteKnown(k lease.Key) {
	if len(p.missing) == 0 { // nobody else writes it
		return
	}
	place, _ := p.m.Table.Place(k)
	p.mu.Lock()
	delete(p.missing, place.Name)
	p.mu.Unlock()
}

// missingScopes are the scopes that the partner does not know. mu is held.
func (p *Pair) missingScopes() []string { return slices.Sorted(maps.Keys(p.missing)) }

// noteMCLT compares the main server's maximum client lead time, which is the
// one in force, with what is configured here.
func (p *Pair) noteMCLT(mclt int64) {
	own := p.rel.Load().core.MCLT
	differs := p.role == lease.Secondary && mclt != own
	p.mu.Lock()
	before := p.foreign
	p.foreign = 0
	if differs {
		p.foreign = mclt
	}
	p.mu.Unlock()
	if differs && before != mclt {
		p.m.Log.Log(msgMCLT, p.name, own, mclt)
	}
}
