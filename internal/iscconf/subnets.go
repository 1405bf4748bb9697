package iscconf

import "net/netip"

// subnetIndex finds subnets by address, also among very many.
type subnetIndex struct {
	byPrefix map[netip.Prefix]*subnetDecl
	// inside has, for every prefix around a subnet, one that it is around.
	inside map[netip.Prefix]*subnetDecl
	byDecl map[*declaration]*subnetDecl
}

// add puts a subnet in, unless it has addresses of another: then that is
// returned.
func (x *subnetIndex) add(s *subnetDecl) (other *subnetDecl) {
	if x.byPrefix == nil {
		x.byPrefix, x.inside, x.byDecl = map[netip.Prefix]*subnetDecl{}, map[netip.Prefix]*subnetDecl{}, map[*declaration]*subnetDecl{}
	}
	if o := x.inside[s.prefix]; o != nil {
		return o
	}
	if o := x.find(s.prefix.Addr()); o != nil {
		return o
	}
	x.byPrefix[s.prefix], x.byDecl[s.declaration] = s, s
	for bits := range s.prefix.Bits() + 1 {
		if p, err := s.prefix.Addr().Prefix(bits); err == nil {
			x.inside[p] = s
		}
	}
	return nil
}

// find is the subnet that has an address, nil if there is none.
func (x *subnetIndex) find(a netip.Addr) *subnetDecl {
	for bits := 32; bits >= 0; bits-- {
		if p, err := a.Prefix(bits); err == nil && x.byPrefix[p] != nil {
			return x.byPrefix[p]
		}
	}
	return nil
}
