package engine

import (
	"net/netip"
	"sync"
	"time"

	"leasehold/internal/lease"
	"leasehold/internal/option"
	"leasehold/pkg/objects"
)

// Plan is a whole configuration made ready for packets. Once in service it
// never changes, but for its cache of chains.
type Plan struct {
	config   *objects.Config
	settings settings
	catalog  *option.Catalog
	policies map[string]*policy // named ones, lower case
	scopes   map[string]*scope  // lower case
	ordered  []*scope           // by name
	classes  map[string]*class  // lower case
	clients  clients
	vpns     vpns
	tags     map[string]tagID // lower case
	tagNames []string
	chains   chainCache

	relations Relationships // nil on a server without partners
	shared    bool          // some scope has a partner
	pairs     []Pair        // those of the scopes

	limitInterfaces    bool // not every interface is served
	discoverInterfaces bool
	interfaces         []interfaceRule

	table []lease.Scope // what lease.Table.Configure takes
	byID  map[lease.ScopeID]*scope
}

// scope is a compiled scope.
type scope struct {
	name        string
	vpn         *vpn
	prefix      netip.Prefix
	first, last lease.Addr // of the subnet
	mask        []byte     // option 1
	id          lease.ScopeID
	network     *network
	tags        []tagID
	includeTags map[lease.Addr][]tagID // of reservations
	macKeys     sync.Map               // addresses reserved for the client-id that stands for a MAC
	priority    uint64                 // lower is first
	embedded    *policy
	named       *policy
	chain       *chain // of a client without policies of its own
	counts      *counts
	table       lease.Scope
	pair        Pair // nil if the scope has no partner

	dhcp, bootp, dynamicBootp bool
	deactivated               bool
	leftOut                   bool // the partner serves it, and nobody shares its leases
	renewOnly                 bool
	reservedOnly              bool
	ignoreDeclines            bool
	ping                      bool
	pingTimeout               time.Duration
}

// bind enters the handles that the lease table gave the scopes.
func (p *Plan) bind(t *lease.Table) {
	p.byID = make(map[lease.ScopeID]*scope, len(p.ordered))
	for _, s := range p.ordered {
		if id, ok := t.ScopeID(s.name); ok {
			s.id = id
			p.byID[id] = s
			s.network.ids = append(s.network.ids, id)
		}
	}
}
