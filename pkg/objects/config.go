package objects

import (
	"net/netip"
	"slices"
	"sync/atomic"
)

// singleton returns the object of a class that has only one; an empty one,
// which has the defaults, if the configuration does not hold it.
func (c *Config) singleton(class *Class) *Object {
	if o := c.Get(class, ""); o != nil {
		return o
	}
	return New(class, "")
}

// Dhcp returns the dhcp object.
func (c *Config) Dhcp() *Object { return c.singleton(Dhcp) }

// subnetKey finds scopes by VPN and subnet.
type subnetKey struct {
	vpn    int
	prefix netip.Prefix
}

// compare orders keys so that what lies inside a subnet stands directly behind it.
func (k subnetKey) compare(l subnetKey) int {
	if k.vpn != l.vpn {
		return k.vpn - l.vpn
	}
	if d := k.prefix.Addr().Compare(l.prefix.Addr()); d != 0 {
		return d
	}
	return k.prefix.Bits() - l.prefix.Bits()
}

// subnets is the index of scopes by subnet. It is made when it is first needed
// and kept up from then on, so that checking one scope does not read all of
// them. Copies of a configuration share it until one of them changes.
type subnets struct {
	entries []subnetEntry
	shared  atomic.Bool
}

type subnetEntry struct {
	key   subnetKey
	scope *Object
}

func keyOf(scope *Object) subnetKey {
	return subnetKey{ScopeVPN.Of(scope), ScopeSubnet.Of(scope)}
}

func (c *Config) index() *subnets {
	ix := c.bySubnet.Load()
	if ix == nil {
		ix = &subnets{}
		for _, o := range c.byClass[Scope] {
			if k := keyOf(o); k.prefix.IsValid() {
				ix.entries = append(ix.entries, subnetEntry{k, o})
			}
		}
		slices.SortFunc(ix.entries, func(a, b subnetEntry) int {
			if d := a.key.compare(b.key); d != 0 {
				return d
			}
			return CompareNames(a.scope.Name, b.scope.Name)
		})
		c.bySubnet.Store(ix)
	}
	return ix
}

// reindex follows a scope that came, changed or went.
func (c *Config) reindex(old, new *Object) {
	ix := c.bySubnet.Load()
	if ix == nil {
		return
	}
	if ix.shared.Load() {
		ix = &subnets{entries: slices.Clone(ix.entries)}
		c.bySubnet.Store(ix)
	}
	if old != nil {
		if i := ix.find(old); i >= 0 {
			ix.entries = slices.Delete(ix.entries, i, i+1)
		}
	}
	if new == nil || !ScopeSubnet.Of(new).IsValid() {
		return
	}
	k := keyOf(new)
	i := ix.first(k)
	for i < len(ix.entries) && ix.entries[i].key == k && CompareNames(ix.entries[i].scope.Name, new.Name) < 0 {
		i++
	}
	ix.entries = slices.Insert(ix.entries, i, subnetEntry{k, new})
}

// first returns where the entries of the key begin or would.
func (ix *subnets) first(k subnetKey) int {
	i, _ := slices.BinarySearchFunc(ix.entries, k, func(e subnetEntry, k subnetKey) int { return e.key.compare(k) })
	return i
}

func (ix *subnets) find(o *Object) int {
	k := keyOf(o)
	for i := ix.first(k); i < len(ix.entries) && ix.entries[i].key == k; i++ {
		if ix.entries[i].scope == o {
			return i
		}
	}
	return -1
}

// ScopesOf returns the scopes of exactly that subnet, in order of name.
func (c *Config) ScopesOf(vpn int, subnet netip.Prefix) []*Object {
	return c.index().of(subnetKey{vpn, subnet}, nil)
}

func (ix *subnets) of(k subnetKey, to []*Object) []*Object {
	for i := ix.first(k); i < len(ix.entries) && ix.entries[i].key == k; i++ {
		to = append(to, ix.entries[i].scope)
	}
	return to
}

// ScopesAt returns the scopes whose subnet has the address, the narrowest
// subnet first.
func (c *Config) ScopesAt(vpn int, addr netip.Addr) []*Object {
	var found []*Object
	for bits := addr.BitLen(); bits >= 0; bits-- {
		p, err := addr.Prefix(bits)
		if err != nil {
			return nil
		}
		found = c.index().of(subnetKey{vpn, p}, found)
	}
	return found
}

// ScopeAt returns the scope that leases the address: among those of the
// narrowest subnet the one with a range that has it, else the first; nil if
// there is none.
func (c *Config) ScopeAt(vpn int, addr netip.Addr) *Object {
	var best *Object
	for _, s := range c.ScopesAt(vpn, addr) {
		if best != nil && ScopeSubnet.Of(s) != ScopeSubnet.Of(best) {
			break
		}
		if best == nil {
			best = s
		}
		if slices.ContainsFunc(ScopeRanges.Of(s), func(r Range) bool { return r.Contains(addr) }) {
			return s
		}
	}
	return best
}

// ScopeOfReservation returns the scope that a reservation's address is in; nil
// if there is none, or no such VPN.
func (c *Config) ScopeOfReservation(o *Object) *Object {
	vpn, addr := ReservationAddress(o)
	number, err := c.VPNNumber(vpn)
	if err != nil {
		return nil
	}
	return c.ScopeAt(number, addr)
}

// ScopesTouching returns the scopes whose subnet has an address in common with
// the subnet.
func (c *Config) ScopesTouching(vpn int, subnet netip.Prefix) []*Object {
	var found []*Object
	for bits := range subnet.Bits() {
		p, err := subnet.Addr().Prefix(bits)
		if err != nil {
			return nil
		}
		found = c.index().of(subnetKey{vpn, p}, found)
	}
	ix := c.index()
	for i := ix.first(subnetKey{vpn, subnet}); i < len(ix.entries); i++ {
		e := ix.entries[i]
		if e.key.vpn != vpn || !subnet.Contains(e.key.prefix.Addr()) {
			break
		}
		found = append(found, e.scope)
	}
	return found
}

// VPNByID returns the VPN of that number, or nil.
func (c *Config) VPNByID(id int) *Object {
	for _, o := range c.byClass[Vpn] {
		if VpnID.Of(o) == id {
			return o
		}
	}
	return nil
}

// VPNNumber returns the number of the VPN of that name; "" and global are 0.
func (c *Config) VPNNumber(name string) (int, *Error) {
	if vpn, _ := SplitVPN(name + "/"); vpn == "" {
		return 0, nil
	}
	o := c.Get(Vpn, name)
	if o == nil {
		return 0, c.missing(Vpn, name)
	}
	return VpnID.Of(o), nil
}
