package engine

import (
	"leasehold/internal/lease"
)

// vpn is an address space of its own. The global one has id 0.
type vpn struct {
	id    uint32
	name  string // "" is global
	index prefixIndex
}

// vpns finds VPNs by what packets and operators call them.
type vpns struct {
	global *vpn
	byID   map[uint32]*vpn
	byName map[string]*vpn // lower case, and the vrf-name
	byWire map[string]*vpn // the seven octets of RFC 2685
}

// The types of a VPN identifier on the wire (RFC 6607 section 3.5).
const (
	vpnName    = 0
	vpnRFC2685 = 1
	vpnGlobal  = 255
)

// wire finds the VPN that a VSS value names; nil if it is not configured.
func (v *vpns) wire(vss []byte) *vpn {
	if len(vss) == 0 {
		return nil
	}
	switch vss[0] {
	case vpnName:
		return v.byName[lower(string(vss[1:]))]
	case vpnRFC2685:
		return v.byWire[string(vss[1:])]
	case vpnGlobal:
		return v.global
	}
	return nil
}

// find returns the network that an address is on.
func (v *vpn) find(a lease.Addr) *network { return v.index.find(a) }
