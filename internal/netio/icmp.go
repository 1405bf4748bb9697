package netio

import (
	"encoding/binary"
	"net/netip"
)

// ICMP message types (RFC 792).
const (
	icmpEchoReply    = 0
	icmpUnreachable  = 3
	icmpEchoRequest  = 8
	icmpTimeExceeded = 11
	icmpHeaderLen    = 8
)

// echoPayload is the length of the secret that an echo reply has to return, so
// that nobody off the path can fake one.
const echoPayload = 8

// echoRequest is an encoded ICMP echo request.
func echoRequest(id, seq uint16, secret [echoPayload]byte) (b [icmpHeaderLen + echoPayload]byte) {
	b[0] = icmpEchoRequest
	binary.BigEndian.PutUint16(b[4:], id)
	binary.BigEndian.PutUint16(b[6:], seq)
	copy(b[icmpHeaderLen:], secret[:])
	binary.BigEndian.PutUint16(b[2:], fold(sum(0, b[:])))
	return b
}

// news is what an ICMP message says about an echo request of ours.
type news struct {
	to      netip.Addr // the address that was pinged
	id, seq uint16
	answer  Answer
	payload []byte // of an echo reply
}

// parseICMP reads an ICMP message from the given address: an echo reply, or an
// error about an echo request. ok is false for anything else.
func parseICMP(from netip.Addr, b []byte) (n news, ok bool) {
	if len(b) < icmpHeaderLen {
		return n, false
	}
	switch b[0] {
	case icmpEchoReply:
		n = news{to: from, answer: Replied, payload: b[icmpHeaderLen:]}
		n.id, n.seq = binary.BigEndian.Uint16(b[4:]), binary.BigEndian.Uint16(b[6:])
		return n, true
	case icmpUnreachable:
		n.answer = Unreachable
	case icmpTimeExceeded:
		n.answer = TTLExpired
	default:
		return n, false
	}
	// The error quotes the datagram that it is about: IP header and at least
	// eight octets.
	to, inner, ok := stripIP(b[icmpHeaderLen:], 16)
	if !ok || len(inner) < icmpHeaderLen || inner[0] != icmpEchoRequest {
		return n, false
	}
	n.to = to
	n.id, n.seq = binary.BigEndian.Uint16(inner[4:]), binary.BigEndian.Uint16(inner[6:])
	return n, true
}

// stripIP takes the header off an IPv4 datagram that carries ICMP and returns the
// address at the given offset of the header: 12 is the source, 16 the destination.
func stripIP(b []byte, at int) (netip.Addr, []byte, bool) {
	if len(b) < ipv4Len || b[0]>>4 != 4 || b[9] != 1 {
		return netip.Addr{}, nil, false
	}
	n := int(b[0]&15) * 4
	if n < ipv4Len || len(b) < n {
		return netip.Addr{}, nil, false
	}
	return netip.AddrFrom4([4]byte(b[at : at+4])), b[n:], true
}
