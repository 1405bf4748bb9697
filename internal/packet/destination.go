package packet

import "net/netip"

// Way is how a reply is to travel.
type Way uint8

// The ways.
const (
	// ToRelay is to the relay that the request came through.
	ToRelay Way = iota + 1
	// ToAddress is to the client at the address it has.
	ToAddress
	// ToHardware is to the client's hardware address in a frame of the server's
	// making: nobody answers ARP for the address that it is about to get.
	ToHardware
	// ToLink is by broadcast on the link that the request came from.
	ToLink
)

func (w Way) String() string {
	return [...]string{"?", "relay", "unicast", "frame", "broadcast"}[w]
}

// Ports are the UDP ports that servers and relays, and that clients listen on.
type Ports struct{ Server, Client uint16 }

// Destination is where a reply goes. HW is meaningful for ToHardware only.
type Destination struct {
	Way  Way
	Addr netip.AddrPort
	HW   [6]byte
}

var limitedBroadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// DestinationFor is RFC 2131 section 4.1 (for BOOTP RFC 1542 section 5.4, which
// looks at ciaddr first). The answer to an INFORM goes straight to the client
// even when it came through a relay (section 4.3.5): without yiaddr many relays
// would not know where to pass it on. A client whose hardware address is not
// Ethernet's gets a broadcast in place of a frame.
func DestinationFor(req *Message, r *Reply, ports Ports) Destination {
	straight := isSet(req.CIAddr) && r.Type != Nak
	if straight && (req.Type == Inform || req.Type == BOOTP) {
		return Destination{Way: ToAddress, Addr: netip.AddrPortFrom(req.CIAddr, ports.Client)}
	}
	if req.Relayed() {
		return Destination{Way: ToRelay, Addr: netip.AddrPortFrom(req.GIAddr, ports.Server)}
	}
	if straight {
		return Destination{Way: ToAddress, Addr: netip.AddrPortFrom(req.CIAddr, ports.Client)}
	}
	ethernet := req.HType == 1 && req.HLen == 6
	if r.Type == Nak || req.Broadcast() || !isSet(r.YIAddr) || !ethernet {
		return Destination{Way: ToLink, Addr: netip.AddrPortFrom(limitedBroadcast, ports.Client)}
	}
	return Destination{
		Way:  ToHardware,
		Addr: netip.AddrPortFrom(r.YIAddr, ports.Client),
		HW:   [6]byte(req.CHAddr[:6]),
	}
}
