package iscconf

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
)

// What of the networks no scope can have is taken out before anything is made of
// them.

// dropSubnets leaves the subnets out that are larger or smaller than a scope's.
func (c *converter) dropSubnets() {
	for _, n := range c.networks {
		n.subnets = slices.DeleteFunc(n.subnets, func(s *subnetDecl) bool {
			why := leftOut(s.prefix)
			if why == "" {
				return false
			}
			c.find(s.pos, "subnet "+s.prefix.String(), why+"; the subnet is left out, with what stands in it")
			delete(c.subnets.byPrefix, s.prefix)
			c.gone = append(c.gone, s.prefix)
			return true
		})
	}
	c.networks = slices.DeleteFunc(c.networks, func(n *network) bool { return len(n.subnets) == 0 })
}

// leftOut says why a subnet can be no scope's.
func leftOut(p netip.Prefix) string {
	switch bits, first := p.Bits(), p.Addr().As4()[0]; {
	case bits < 8 || bits > 30:
		return "a scope has a subnet from /8 to /30"
	case first == 0 || first >= 224:
		return "no network has addresses of 0.0.0.0/8, nor from 224.0.0.0 up"
	}
	return ""
}

// clip takes the address of a subnet itself and its broadcast address out of
// ranges.
func (c *converter) clip() {
	for _, n := range c.networks {
		for _, s := range n.subnets {
			for _, p := range s.pools {
				p.ranges = c.clipped(s, p.ranges)
			}
		}
	}
}

func (c *converter) clipped(s *subnetDecl, ranges []addressRange) []addressRange {
	var all []addressRange
	for _, r := range ranges {
		whole := r
		if notOfHosts(s.prefix, r.first) {
			r.first = r.first.Next()
		}
		if notOfHosts(s.prefix, r.last) {
			r.last = r.last.Prev()
		}
		if r.first != whole.first || r.last != whole.last {
			c.find(r.pos, fmt.Sprintf("range %s %s", whole.first, whole.last), "the address of the subnet itself and its broadcast address are left out: no client gets them here")
		}
		if r.first.Compare(r.last) <= 0 {
			all = append(all, r)
		}
	}
	return all
}

// notOfHosts tells whether an address is that of a subnet itself, or its
// broadcast address.
func notOfHosts(p netip.Prefix, a netip.Addr) bool {
	last := binary.BigEndian.Uint32(p.Addr().AsSlice()) | (1<<(32-p.Bits()) - 1)
	return a == p.Addr() || binary.BigEndian.Uint32(a.AsSlice()) == last
}
