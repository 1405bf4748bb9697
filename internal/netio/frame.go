package netio

import (
	"encoding/binary"
	"net/netip"
)

// The sizes of the headers in front of a datagram in an Ethernet frame.
const (
	ethernetLen    = 14
	ipv4Len        = 20
	udpLen         = 8
	frameHeaderLen = ethernetLen + ipv4Len + udpLen
)

// putFrameHeader writes the Ethernet, IPv4 and UDP headers that go in front of
// data, with both checksums.
func putFrameHeader(b *[frameHeaderLen]byte, data []byte, from, to [6]byte, src, dst netip.AddrPort) {
	copy(b[0:6], to[:])
	copy(b[6:12], from[:])
	binary.BigEndian.PutUint16(b[12:], 0x0800)

	ip := b[ethernetLen : ethernetLen+ipv4Len]
	s, d := src.Addr().As4(), dst.Addr().As4()
	ip[0], ip[1] = 0x45, 0x10 // low delay, as other DHCP servers mark it
	binary.BigEndian.PutUint16(ip[2:], uint16(ipv4Len+udpLen+len(data)))
	binary.BigEndian.PutUint32(ip[4:], 0x00004000) // no identification, don't fragment (RFC 6864)
	ip[8], ip[9] = 64, 17
	binary.BigEndian.PutUint16(ip[10:], 0)
	copy(ip[12:], s[:])
	copy(ip[16:], d[:])
	binary.BigEndian.PutUint16(ip[10:], fold(sum(0, ip)))

	udp := b[ethernetLen+ipv4Len:]
	length := uint16(udpLen + len(data))
	binary.BigEndian.PutUint16(udp[0:], src.Port())
	binary.BigEndian.PutUint16(udp[2:], dst.Port())
	binary.BigEndian.PutUint16(udp[4:], length)
	binary.BigEndian.PutUint16(udp[6:], 0)
	pseudo := sum(sum(sum(0, s[:]), d[:]), []byte{0, 17, byte(length >> 8), byte(length)})
	check := fold(sum(sum(pseudo, udp), data))
	if check == 0 {
		check = 0xffff // 0 would say "no checksum" (RFC 768)
	}
	binary.BigEndian.PutUint16(udp[6:], check)
}

// sum adds b to a ones' complement sum (RFC 1071), eight octets at a time: all
// but the last b of a sum must be of even length.
func sum(s uint64, b []byte) uint64 {
	for ; len(b) >= 8; b = b[8:] {
		v := binary.BigEndian.Uint64(b)
		s += v>>32 + v&0xffffffff
	}
	for ; len(b) >= 2; b = b[2:] {
		s += uint64(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		s += uint64(b[0]) << 8
	}
	return s
}

// fold finishes a sum to the checksum that goes on the wire.
func fold(s uint64) uint16 {
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return ^uint16(s)
}
