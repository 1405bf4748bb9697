package admin

import (
	"slices"

	"leasehold/pkg/objects"
)

// onlyHere says of a command on a lease that a failover partner was not told:
// a warning, for whoever means both servers.
func (c *call) onlyHere() *objects.Error {
	s := c.service
	o, err := s.runtime.Lease(c.name)
	if err != nil {
		return nil // it was there a moment ago
	}
	name := objects.LeaseScopeName.Of(o)
	partner := ""
	for _, r := range s.partners() {
		if r.Detail != nil && slices.Contains(r.Detail.Scopes, name) {
			partner = partnerName(r)
		}
	}
	s.mu.RLock()
	scope := s.stored.cfg.Get(objects.Scope, name)
	inPair := scope != nil && s.stored.cfg.PairOf(scope) != nil
	s.mu.RUnlock()
	if partner == "" && !inPair {
		return nil
	}
	if partner == "" {
		partner = "the failover partner"
	}
	return objects.Errorf(objects.OkWithWarnings, "on this server only: %s was not told; 'lease %s %s %s' does it on both", partner, c.name, c.method.Name, objects.BothFlag)
}
