package engine

import (
	"net/netip"

	"leasehold/internal/lease"
	"leasehold/internal/netio"
	"leasehold/internal/packet"
)

// locate finds the VPN and the network that the client is on.
func (ex *exchange) locate() verdict {
	if ex.vpn = ex.findVPN(); ex.vpn == nil {
		return dropped(DropUnknownVPN)
	}
	if !ex.msg.Relayed() && !ex.server.served(ex.plan, ex.in.IfIndex) {
		return dropped(DropInterface)
	}
	if ex.network = ex.findNetwork(); ex.network == nil {
		return dropped(DropNoScope)
	}
	return goOn
}

// The options and sub-options that name a VPN (RFC 6607; 221 is its option
// outside of option 82).
const (
	optVSS  = 221
	subVSS  = packet.RelayVPN
	subLink = packet.RelayLinkSelection
	// Sub-options that Cisco's relays sent before there were numbers for them.
	subCiscoLink     = 150
	subCiscoServerID = 152
)

// findVPN is the client's VPN: override-vpn, what the relay says, what the
// packet says, default-vpn, the global one. nil is one that is not configured.
func (ex *exchange) findVPN() *vpn {
	p := ex.plan
	if v := ex.property(func(p *properties) *vpn { return p.overrideVPN }); v != nil {
		return v
	}
	if p.settings.vpnCommunication {
		if vss, ok := ex.msg.RelaySub(subVSS); ok {
			return p.vpns.wire(vss)
		}
		if vss, ok := ex.msg.Lookup(optVSS); ok && !p.settings.ignoreOption[optVSS] {
			return p.vpns.wire(vss)
		}
	}
	if v := ex.property(func(p *properties) *vpn { return p.defaultVPN }); v != nil {
		return v
	}
	return p.vpns.global
}

// property returns the client's, else the class's.
func (ex *exchange) property(of func(*properties) *vpn) *vpn {
	if ex.client != nil {
		if v := of(&ex.client.properties); v != nil {
			return v
		}
	}
	if ex.class != nil {
		return of(&ex.class.properties)
	}
	return nil
}

// findNetwork is the network that the client is on. What the relay says goes
// before what the client says, and both before where the packet came from
// (RFC 3527 section 2, RFC 3011). A client that renews by unicast, or informs,
// has an address already and is on the network of that (RFC 2131 section
// 4.3.2); so is one that releases or declines.
func (ex *exchange) findNetwork() *network {
	m := &ex.msg
	if a, ok := ex.linkSelection(); ok {
		return ex.vpn.find(lease.AddrFrom(a))
	}
	if a, ok := m.SubnetSelectionAddr(); ok {
		return ex.vpn.find(lease.AddrFrom(a))
	}
	switch ex.kind {
	case renewing, releasing, informing:
		if isSet(m.CIAddr) {
			if n := ex.vpn.find(lease.AddrFrom(m.CIAddr)); n != nil || ex.kind != informing {
				return n
			}
		}
	}
	if m.Relayed() {
		return ex.vpn.find(lease.AddrFrom(m.GIAddr))
	}
	if i, ok := ex.server.net.Interface(ex.in.IfIndex); ok {
		for _, p := range i.Addrs {
			if n := ex.vpn.find(lease.AddrFrom(p.Addr())); n != nil {
				return n
			}
		}
	}
	return ex.vpn.find(lease.AddrFrom(ex.in.Local))
}

// linkSelection is the relay's word on the client's link.
func (ex *exchange) linkSelection() (netip.Addr, bool) {
	if a, ok := ex.msg.RelaySubAddr(subLink); ok && isSet(a) {
		return a, true
	}
	if a, ok := ex.msg.RelaySubAddr(subCiscoLink); ok && isSet(a) {
		return a, true
	}
	return netip.Addr{}, false
}

// serverIDOverride is the address that the relay wants to be taken for the
// server (RFC 5107).
func (ex *exchange) serverIDOverride() (netip.Addr, bool) {
	if a, ok := ex.msg.RelaySubAddr(packet.RelayServerIDOverride); ok && isSet(a) {
		return a, true
	}
	if a, ok := ex.msg.RelaySubAddr(subCiscoServerID); ok && isSet(a) {
		return a, true
	}
	return netip.Addr{}, false
}

// serverID is option 54 of the answer.
func (ex *exchange) serverID() netip.Addr {
	if a, ok := ex.serverIDOverride(); ok {
		return a
	}
	if ex.chain != nil && ex.chain.giaddrAsServerID && ex.msg.Relayed() {
		return ex.msg.GIAddr
	}
	if isSet(ex.in.Local) {
		return ex.in.Local
	}
	for _, i := range *ex.server.interfaces() {
		if a := i.Primary(); isSet(a) && !i.Loopback {
			return a
		}
	}
	return packet.Unspecified
}

// addressesUs tells whether a server identifier that the client sent is this
// server's.
func (ex *exchange) addressesUs(id netip.Addr) bool {
	if id == ex.in.Local || ex.server.isLocal(id) {
		return true
	}
	if a, ok := ex.serverIDOverride(); ok && a == id {
		return true
	}
	return ex.msg.Relayed() && id == ex.msg.GIAddr && ex.giaddrIsServer()
}

// giaddrIsServer tells whether clients of the network were told the relay's
// address for the server's.
func (ex *exchange) giaddrIsServer() bool {
	for _, s := range ex.network.scopes {
		if ex.plan.chain(ex.client, ex.class, s).giaddrAsServerID {
			return true
		}
	}
	return false
}

// isLocal tells whether the address is one of the server's.
func (s *Server) isLocal(a netip.Addr) bool {
	for _, i := range *s.interfaces() {
		if i.Has(a) {
			return true
		}
	}
	return false
}

// served tells whether packets of clients on this interface are answered.
func (s *Server) served(p *Plan, index int) bool {
	if !p.limitInterfaces {
		return true
	}
	i, ok := s.net.Interface(index)
	return !ok || p.servesInterface(i)
}

// servesInterface applies discover-interfaces and the dhcp-interface objects.
func (p *Plan) servesInterface(i netio.Interface) bool {
	for _, r := range p.interfaces {
		if r.name == i.Name || r.address.IsValid() && i.Has(r.address) {
			return !r.ignore
		}
	}
	return p.discoverInterfaces
}

var limitedBroadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

func isSet(a netip.Addr) bool { return a.Is4() && a != packet.Unspecified }
