package packet

import (
	"encoding/binary"
	"net/netip"
)

// RequestedAddr is option 50, the address that the client asks for.
func (m *Message) RequestedAddr() (netip.Addr, bool) { return m.addr(RequestedAddress) }

// ServerID is option 54, the server that the client speaks to.
func (m *Message) ServerID() (netip.Addr, bool) { return m.addr(ServerIdentifier) }

// SubnetSelectionAddr is option 118 (RFC 3011), a subnet to be given an address in.
func (m *Message) SubnetSelectionAddr() (netip.Addr, bool) { return m.addr(SubnetSelection) }

// LeaseTime is option 51 in seconds, the time that the client asks for.
func (m *Message) LeaseTime() (uint32, bool) {
	if v := m.Get(LeaseTime); len(v) == 4 {
		return binary.BigEndian.Uint32(v), true
	}
	return 0, false
}

// Requested is option 55, the codes that the client wants, in its order. The
// slice lies in the datagram.
func (m *Message) Requested() []uint8 { return m.Get(ParameterRequestList) }

// ClientID is option 61, nil if there is none.
func (m *Message) ClientID() []byte { return m.Get(ClientIdentifier) }

// VendorClassID is option 60, nil if there is none.
func (m *Message) VendorClassID() []byte { return m.Get(VendorClass) }

// RelayInfo is option 82 whole, nil if there is none.
func (m *Message) RelayInfo() []byte { return m.Get(RelayAgentInfo) }

// RelaySub is one sub-option of option 82.
func (m *Message) RelaySub(code uint8) ([]byte, bool) { return SubOption(m.RelayInfo(), code) }

// RelaySubAddr is a sub-option of option 82 that is one address: link
// selection, server identifier override.
func (m *Message) RelaySubAddr(code uint8) (netip.Addr, bool) {
	if v, ok := m.RelaySub(code); ok && len(v) == 4 {
		return addrAt(v, 0), true
	}
	return Unspecified, false
}

// SubOption finds the first sub-option of that code in a value made of
// code, length, data. It stops where the value is damaged.
func SubOption(value []byte, code uint8) ([]byte, bool) {
	for len(value) >= 2 && len(value) >= 2+int(value[1]) {
		n := 2 + int(value[1])
		if value[0] == code {
			return value[2:n:n], true
		}
		value = value[n:]
	}
	return nil, false
}

// The sizes of messages, in octets of DHCP without the IP and UDP headers.
const (
	ipUDPHeaders = 28
	// minMessage is the smallest reply: the size of a BOOTP message, which
	// some relays and clients insist on (RFC 951, RFC 1542 section 2.1).
	minMessage = headerLen + bootpVendor
	// bootpVendor is the length of BOOTP's vendor area.
	bootpVendor = 64
	// defaultDatagram is what every client must be able to take (RFC 2131
	// section 2), and the least that option 57 may say (RFC 2132 section 9.10).
	defaultDatagram = 576
	// largestDatagram keeps replies within one Ethernet frame, whatever a
	// client says it can take.
	largestDatagram = 1500
	// MaxReplySize is the largest limit that ReplyLimit returns.
	MaxReplySize = largestDatagram - ipUDPHeaders
)

// ReplyLimit is how long the reply to m may be. A BOOTP client gets the
// 64-octet vendor area, or as much as it sent itself (RFC 1542 section 2.1).
func (m *Message) ReplyLimit() int {
	if m.Type == BOOTP {
		return min(max(minMessage, m.Size), MaxReplySize)
	}
	datagram := defaultDatagram
	if v := m.Get(MaxMessageSize); len(v) == 2 {
		datagram = min(max(int(binary.BigEndian.Uint16(v)), defaultDatagram), largestDatagram)
	}
	return datagram - ipUDPHeaders
}
