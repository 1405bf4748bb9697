package admin

import (
	"maps"
	"slices"

	"leasehold/internal/parity"
	"leasehold/pkg/objects"
)

// sharing is what partners have told over the failover link.
type sharing interface {
	Shared() map[string][]parity.Area
}

// alone warns of scopes that this server is to serve by itself although a
// partner has said that it shares them: both would lease their addresses.
func (s *Service) alone(cfg *objects.Config) (warnings []*objects.Error) {
	with, ok := s.failover.(sharing)
	if !ok {
		return nil
	}
	shared := with.Shared()
	for _, name := range slices.Sorted(maps.Keys(shared)) {
		for _, o := range parity.Outside(cfg, shared[name]) {
			warnings = append(warnings, objects.Errorf(objects.OkWithWarnings,
				"%s, %s, is in no failover pair here, but the partner of %q has it in the pair: both lease its addresses, each for itself; give this server's pair the subnet with addMatch, or delete the scope here",
				o.Ref(), o.Text(objects.ScopeSubnet.Attr), name))
		}
	}
	return warnings
}
