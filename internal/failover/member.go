package failover

import (
	"strings"

	"leasehold/internal/lease"
	"leasehold/pkg/objects"
)

// Member is what this server is in a failover pair, as a configuration says.
type Member struct {
	// Role is MAIN or BACKUP; "" where it cannot be told, and then Problem
	// says why.
	Role    string
	Problem string
	// Fingerprint is that of this server's certificate, "" if it has none.
	Fingerprint string
}

// Member finds out what this server is in a failover pair of a configuration,
// be it in service or not.
func (m *Manager) Member(cfg *objects.Config, pair *objects.Object) Member {
	alone := objects.NewConfig()
	alone.Put(cfg.Dhcp())
	for _, o := range cfg.All(objects.Cluster) {
		alone.Put(o)
	}
	on := pair.Clone()
	delete(on.Attrs, objects.FailoverPairOn.Name) // a pair that is suspended has its two servers, too
	alone.Put(on)
	c := compile(alone, m.Port)
	c.settle(m.names, m.Local, func(string) bool { return false })
	is := Member{Fingerprint: m.own()}
	for _, r := range c.ordered {
		if r.object == nil {
			continue // of attributes of the dhcp object
		}
		if r.role != lease.Alone {
			is.Role = owner(r.role)
		}
		is.Problem = strings.Join(r.problem, "; ")
	}
	return is
}
