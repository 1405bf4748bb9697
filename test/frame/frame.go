package frame

import (
	"encoding/binary"
	"net/netip"
)

// MAC is an Ethernet address.
type MAC [6]byte

// Broadcast is the address of everybody.
var Broadcast = MAC{255, 255, 255, 255, 255, 255}

const (
	typeIP  = 0x0800
	typeARP = 0x0806
	header  = 14
)

// UDP is a datagram with its addresses.
type UDP struct {
	SrcMAC, DstMAC MAC
	Src, Dst       netip.AddrPort
	Data           []byte
}

// ReadUDP takes a frame apart; false if it is no whole UDP datagram.
func ReadUDP(b []byte) (u UDP, ok bool) {
	if len(b) < header+20 || binary.BigEndian.Uint16(b[12:]) != typeIP {
		return u, false
	}
	ip := b[header:]
	size, total := int(ip[0]&15)*4, int(binary.BigEndian.Uint16(ip[2:]))
	if ip[0]>>4 != 4 || size < 20 || total < size+8 || total > len(ip) || ip[9] != 17 || binary.BigEndian.Uint16(ip[6:])&0x3fff != 0 {
		return u, false
	}
	udp := ip[size:total]
	length := int(binary.BigEndian.Uint16(udp[4:]))
	if length < 8 || length > len(udp) {
		return u, false
	}
	u.DstMAC, u.SrcMAC = MAC(b[0:6]), MAC(b[6:12])
	u.Src = netip.AddrPortFrom(netip.AddrFrom4([4]byte(ip[12:16])), binary.BigEndian.Uint16(udp))
	u.Dst = netip.AddrPortFrom(netip.AddrFrom4([4]byte(ip[16:20])), binary.BigEndian.Uint16(udp[2:]))
	u.Data = udp[8:length]
	return u, true
}

// Append writes the frame behind buf.
func (u UDP) Append(buf []byte) []byte {
	buf = append(append(buf, u.DstMAC[:]...), u.SrcMAC[:]...)
	buf = binary.BigEndian.AppendUint16(buf, typeIP)
	start := len(buf)
	src, dst := u.Src.Addr().As4(), u.Dst.Addr().As4()
	buf = append(buf, 0x45, 0)
	buf = binary.BigEndian.AppendUint16(buf, uint16(28+len(u.Data)))
	buf = append(buf, 0, 0, 0, 0, 64, 17, 0, 0)
	buf = append(append(buf, src[:]...), dst[:]...)
	binary.BigEndian.PutUint16(buf[start+10:], checksum(buf[start:start+20]))
	buf = binary.BigEndian.AppendUint16(buf, u.Src.Port())
	buf = binary.BigEndian.AppendUint16(buf, u.Dst.Port())
	buf = binary.BigEndian.AppendUint16(buf, uint16(8+len(u.Data)))
	buf = append(buf, 0, 0) // no checksum: UDP over IPv4 may
	return append(buf, u.Data...)
}

func checksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// ARP is a question or an answer about an Ethernet address.
type ARP struct {
	Reply     bool
	MAC       MAC // the sender's
	IP        netip.Addr
	TargetMAC MAC
	Target    netip.Addr
	To        MAC // who the frame goes to
}

var arpHead = [6]byte{0, 1, 8, 0, 6, 4}

// ReadARP takes a frame apart; false if it is no ARP for IPv4.
func ReadARP(b []byte) (a ARP, ok bool) {
	if len(b) < header+28 || binary.BigEndian.Uint16(b[12:]) != typeARP || [6]byte(b[header:header+6]) != arpHead {
		return a, false
	}
	p := b[header:]
	a.Reply = binary.BigEndian.Uint16(p[6:]) == 2
	a.MAC, a.IP = MAC(p[8:14]), netip.AddrFrom4([4]byte(p[14:18]))
	a.TargetMAC, a.Target = MAC(p[18:24]), netip.AddrFrom4([4]byte(p[24:28]))
	a.To = MAC(b[0:6])
	return a, true
}

// Append writes the frame behind buf.
func (a ARP) Append(buf []byte) []byte {
	buf = append(append(buf, a.To[:]...), a.MAC[:]...)
	buf = binary.BigEndian.AppendUint16(buf, typeARP)
	buf = append(buf, arpHead[:]...)
	op := uint16(1)
	if a.Reply {
		op = 2
	}
	ip, target := a.IP.As4(), a.Target.As4()
	buf = binary.BigEndian.AppendUint16(buf, op)
	buf = append(append(buf, a.MAC[:]...), ip[:]...)
	return append(append(buf, a.TargetMAC[:]...), target[:]...)
}
