package packet

import (
	"encoding/binary"
	"net/netip"
)

// The layout of a message's fixed part (RFC 2131 section 2).
const (
	headerLen = 236
	cookieLen = 4
	snameOff  = 44
	snameLen  = 64
	fileOff   = 108
	fileLen   = 128
)

// magicCookie opens the options field; without it a message is plain BOOTP
// and the rest of it a vendor's own (RFC 1497).
const magicCookie = 0x63825363

// FlagBroadcast in Flags asks for answers by broadcast.
const FlagBroadcast uint16 = 0x8000

// Unspecified is 0.0.0.0, what an address field holds when it is not set.
var Unspecified = netip.IPv4Unspecified()

// Header is the fixed part of a message. Address fields that are not set are
// 0.0.0.0 in a decoded message and may be the zero Addr in one being built.
type Header struct {
	Op    uint8
	HType uint8 // hardware type, 1 is Ethernet
	HLen  uint8 // octets of CHAddr in use, at most 16
	Hops  uint8
	XID   uint32
	Secs  uint16
	Flags uint16

	CIAddr netip.Addr // the client's own, when it has one that it can be reached at
	YIAddr netip.Addr // the one it is given
	SIAddr netip.Addr // next server in bootstrap
	GIAddr netip.Addr // first relay

	CHAddr [16]byte
}

// HW is the client's hardware address.
func (h *Header) HW() []byte { return h.CHAddr[:min(h.HLen, 16)] }

// Broadcast says that the client wants its answers by broadcast.
func (h *Header) Broadcast() bool { return h.Flags&FlagBroadcast != 0 }

// Relayed says that the message came through a relay.
func (h *Header) Relayed() bool { return isSet(h.GIAddr) }

func isSet(a netip.Addr) bool { return a.Is4() && a != Unspecified }

// unicastOrUnset refuses addresses that an answer must never be sent to: a
// forged giaddr or ciaddr would make the server shout on somebody's behalf.
func unicastOrUnset(a netip.Addr) bool { return a.As4()[0] < 224 }

func (h *Header) decode(b []byte) {
	h.Op, h.HType, h.HLen, h.Hops = b[0], b[1], b[2], b[3]
	h.XID = binary.BigEndian.Uint32(b[4:])
	h.Secs = binary.BigEndian.Uint16(b[8:])
	h.Flags = binary.BigEndian.Uint16(b[10:])
	h.CIAddr = addrAt(b, 12)
	h.YIAddr = addrAt(b, 16)
	h.SIAddr = addrAt(b, 20)
	h.GIAddr = addrAt(b, 24)
	copy(h.CHAddr[:], b[28:44])
}

func (h *Header) encode(b []byte) {
	b[0], b[1], b[2], b[3] = h.Op, h.HType, h.HLen, h.Hops
	binary.BigEndian.PutUint32(b[4:], h.XID)
	binary.BigEndian.PutUint16(b[8:], h.Secs)
	binary.BigEndian.PutUint16(b[10:], h.Flags)
	putAddr(b[12:], h.CIAddr)
	putAddr(b[16:], h.YIAddr)
	putAddr(b[20:], h.SIAddr)
	putAddr(b[24:], h.GIAddr)
	copy(b[28:44], h.CHAddr[:])
}

func addrAt(b []byte, off int) netip.Addr { return netip.AddrFrom4([4]byte(b[off : off+4])) }

func putAddr(b []byte, a netip.Addr) {
	if a.Is4() {
		a4 := a.As4()
		copy(b, a4[:])
		return
	}
	clear(b[:4])
}
