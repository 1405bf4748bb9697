package engine

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"leasehold/internal/lease"
	"leasehold/internal/packet"
	"leasehold/pkg/objects"
)

// compileScopes makes scopes, networks, the prefix index of each VPN and what
// the lease table is configured with.
func (b *builder) compileScopes() {
	dhcp := b.dhcp()
	reservations := b.compileReservations()
	for _, o := range b.cfg.All(objects.Scope) {
		s := b.compileScope(o, dhcp)
		if s == nil {
			continue
		}
		b.plan.scopes[strings.ToLower(s.name)] = s
		b.plan.ordered = append(b.plan.ordered, s)
	}
	if s := &b.plan.settings; b.plan.shared {
		s.maxResponses = max(s.maxResponses, responsesPerRequest*s.maxRequests)
	}
	b.compileNetworks()
	if len(b.errs) > 0 {
		return // reservations and ranges of a wrong scope would only be wrong once more
	}
	b.placeReservations(reservations)
	for _, s := range b.plan.ordered {
		b.plan.table = append(b.plan.table, s.table)
	}
}

// dhcp is the dhcp object; a configuration without one has all defaults.
func (b *builder) dhcp() *objects.Object {
	if o := b.cfg.Get(objects.Dhcp, ""); o != nil {
		return o
	}
	return objects.New(objects.Dhcp, "")
}

func (b *builder) compileScope(o, dhcp *objects.Object) *scope {
	prefix := objects.ScopeSubnet.Of(o)
	if !prefix.IsValid() || !prefix.Addr().Is4() {
		b.failf(o, objects.ScopeSubnet.Name, "must be set")
		return nil
	}
	v := b.plan.vpns.byID[uint32(objects.ScopeVPN.Of(o))]
	if v == nil {
		b.failf(o, objects.ScopeVPN.Name, "no vpn has the id %d", objects.ScopeVPN.Of(o))
		return nil
	}
	s := &scope{
		name: o.Name, vpn: v, prefix: prefix.Masked(),
		tags:           b.tagList(objects.ScopeTags.Of(o)),
		priority:       b.priority(o, dhcp, prefix),
		embedded:       b.embedded(objects.ScopePolicy, o.Name),
		named:          b.policyRef(o, objects.ScopePolicyName),
		dhcp:           objects.ScopeDHCP.Of(o),
		bootp:          objects.ScopeBOOTP.Of(o),
		dynamicBootp:   objects.ScopeDynamicBOOTP.Of(o),
		deactivated:    objects.ScopeDeactivated.Of(o),
		renewOnly:      objects.ScopeRenewOnly.Of(o),
		reservedOnly:   objects.ScopeRestrictToReservations.Of(o),
		ignoreDeclines: objects.ScopeIgnoreDeclines.Of(o),
		ping:           either(o, objects.ScopePingClients, dhcp, objects.DhcpPingClients),
		pingTimeout:    either(o, objects.ScopePingTimeout, dhcp, objects.DhcpPingTimeout),
		counts:         b.stats.scope(o.Name),
	}
	s.first, s.last = bounds(s.prefix)
	m := objects.Mask(prefix.Bits()).As4()
	s.mask = m[:]
	layers := b.plan.layers(nil, nil, s)
	s.chain = newChain(layers, b.plan.catalog)
	b.checkTimes(s.chain, layers)
	s.table = lease.Scope{
		Name: o.Name, VPN: v.id, Prefix: s.prefix,
		FirstAvailable: objects.ScopeFirstAvailable.Of(o) || objects.DhcpPriorityAllocation.Of(dhcp),
		Boundary:       lease.AddrFrom(objects.ScopeAllocationBoundary.Of(o)),
	}
	if b.plan.relations != nil {
		if s.pair = b.plan.relations.Of(o.Name); s.pair != nil {
			s.table.Role, b.plan.shared = s.pair.Role(), true
			if !slices.Contains(b.plan.pairs, s.pair) {
				b.plan.pairs = append(b.plan.pairs, s.pair)
			}
		}
		s.leftOut = b.plan.relations.LeftOut(o.Name)
	}
	for _, r := range objects.ScopeRanges.Of(o) {
		s.table.Ranges = append(s.table.Ranges, lease.Range{First: lease.AddrFrom(r.First), Last: lease.AddrFrom(r.Last)})
	}
	return s
}

// either returns the scope's own setting, else the server's.
func either[T any](o *objects.Object, h objects.Handle[T], dhcp *objects.Object, server objects.Handle[T]) T {
	if v, ok := h.Lookup(o); ok {
		return v
	}
	return server.Of(dhcp)
}

// noPriority comes after every priority.
const noPriority = 1 << 63

// priority is the scope's place among those of its network, the lowest first.
// With priority-address-allocation a scope without allocation-priority takes
// its network number.
func (b *builder) priority(o, dhcp *objects.Object, prefix netip.Prefix) uint64 {
	if n := objects.ScopeAllocationPriority.Of(o); n > 0 {
		return uint64(n)
	}
	if _, set := objects.ScopeAllocationPriority.Lookup(o); !set && objects.DhcpPriorityAllocation.Of(dhcp) {
		first, _ := bounds(prefix)
		return uint64(first)
	}
	return noPriority
}

// compileNetworks joins the scopes of each link: those of one subnet, and
// those whose primary-subnet it is. That a primary is no secondary itself is a
// rule of the object model.
func (b *builder) compileNetworks() {
	type place struct {
		vpn    *vpn
		prefix netip.Prefix
	}
	networks := map[place]*network{}
	index := map[*vpn]map[netip.Prefix]*network{}
	for _, s := range b.plan.ordered {
		o := b.cfg.Get(objects.Scope, s.name)
		primary := s.prefix
		if p := objects.ScopePrimary.Of(o); p.IsValid() {
			primary = p.Masked()
		}
		n := networks[place{s.vpn, primary}]
		if n == nil {
			n = &network{primary: primary}
			networks[place{s.vpn, primary}] = n
		}
		n.scopes = append(n.scopes, s)
		n.shared = n.shared || s.pair != nil || s.leftOut
		s.network = n
		if index[s.vpn] == nil {
			index[s.vpn] = map[netip.Prefix]*network{}
		}
		if other := index[s.vpn][s.prefix]; other != nil && other != n {
			b.failf(o, objects.ScopePrimary.Name, "%s, but another scope of subnet %s has the primary subnet %s", primary, s.prefix, other.primary)
		}
		index[s.vpn][s.prefix] = n
	}
	for _, n := range networks {
		n.group()
	}
	for v, nets := range index {
		v.index = newPrefixIndex(nets)
	}
}

// group sorts the network's scopes by priority, name order within one.
func (n *network) group() {
	slices.SortStableFunc(n.scopes, func(a, b *scope) int { return cmp.Compare(a.priority, b.priority) })
	for i, s := range n.scopes {
		if i == 0 || n.scopes[i-1].priority != s.priority {
			n.groups = append(n.groups, nil)
		}
		n.groups[len(n.groups)-1] = append(n.groups[len(n.groups)-1], s)
	}
}

// reservation is a compiled reservation object.
type reservation struct {
	object *objects.Object
	vpn    *vpn
	addr   lease.Addr
	hw     lease.HW // of a mac key
	id     string   // of a blob or string key
	tags   []tagID
}

func (b *builder) compileReservations() []reservation {
	var rs []reservation
	for _, o := range b.cfg.All(objects.Reservation) {
		vpnName, addr := objects.ReservationAddress(o)
		r := reservation{object: o, addr: lease.AddrFrom(addr), vpn: b.plan.vpns.byName[strings.ToLower(vpnName)]}
		if r.addr == 0 || r.vpn == nil {
			b.failf(o, "name", "must be [<vpn>/]<address> with a configured vpn")
			continue
		}
		key := objects.ReservationLookupKey.Of(o)
		if !r.setKey(objects.ReservationLookupKeyType.Of(o), key) {
			b.failf(o, objects.ReservationLookupKey.Name, "%q does not suit the lookup-key-type", key)
			continue
		}
		r.tags = b.tagList(objects.ReservationIncludeTags.Of(o))
		rs = append(rs, r)
	}
	return rs
}

func (r *reservation) setKey(kind int, key string) bool {
	switch kind {
	case objects.KeyMAC:
		hw, ok := parseMAC(key)
		r.hw = hw
		return ok
	case objects.KeyBlob:
		raw, err := objects.ParseBlob(key)
		r.id = string(raw)
		return err == nil
	}
	r.id = key
	return key != ""
}

// placeReservations gives each reservation to the scope that holds its
// address: among several of one subnet the one with a range around it, else
// the first.
func (b *builder) placeReservations(rs []reservation) {
	bySubnet := map[*network][]*scope{}
	for _, s := range b.plan.ordered {
		bySubnet[s.network] = append(bySubnet[s.network], s)
	}
	for _, r := range rs {
		n := r.vpn.index.find(r.addr)
		var home *scope
		if n != nil {
			for _, s := range bySubnet[n] {
				if s.first > r.addr || r.addr > s.last {
					continue
				}
				if home == nil {
					home = s
				}
				if slices.ContainsFunc(s.table.Ranges, func(x lease.Range) bool { return x.First <= r.addr && r.addr <= x.Last }) {
					home = s
					break
				}
			}
		}
		if home == nil {
			b.warnf(r.object, "ipaddr", "no scope has %s in its subnet: the reservation does not act", r.addr)
			continue
		}
		home.network.reserves.Store(true)
		home.table.Reservations = append(home.table.Reservations, lease.Reservation{Addr: r.addr, Who: home.reservedWho(&r)})
		if len(r.tags) > 0 {
			if home.includeTags == nil {
				home.includeTags = map[lease.Addr][]tagID{}
			}
			home.includeTags[r.addr] = r.tags
		}
	}
}

// reservedWho is the key under which the lease table keeps a reservation.
// With use-client-id-for-reservations a MAC stands for the client-id that a
// client makes of it; the scope notes that, for those who ask for the key.
func (s *scope) reservedWho(r *reservation) string {
	switch {
	case r.id != "":
		return whoID(r.id)
	case s.chain.reserveByClientID:
		s.macKeys.Store(r.addr, nil)
		return whoID(hardwareID(r.hw))
	}
	return whoMAC(r.hw)
}

// whoMAC and whoID make lookup keys of reservations.
func whoMAC(hw lease.HW) string { return "m" + hardwareID(hw) }

func whoID(clientID string) string { return "i" + clientID }

// hardwareID is the client-id that stands for a hardware address: type, then
// octets (RFC 2132 section 9.14).
func hardwareID(hw lease.HW) string {
	return string(append([]byte{hw.Type}, hw.Bytes()...))
}

// mask is option 1 of the scope's clients.
func (ex *exchange) mask() []byte {
	if ex.plan.settings.maskFromPolicy {
		if v, ok := ex.chain.option(packet.SubnetMask); ok {
			return v
		}
	}
	return ex.scope.mask
}
