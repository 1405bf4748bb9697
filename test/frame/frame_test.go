package frame

import (
	"net/netip"
	"reflect"
	"testing"
)

var (
	me   = MAC{2, 0, 0, 0, 0, 1}
	you  = MAC{2, 0, 0, 0, 0, 2}
	addr = netip.MustParseAddr
)

func TestRoundTrips(t *testing.T) {
	u := UDP{SrcMAC: me, DstMAC: you, Src: netip.AddrPortFrom(addr("10.0.0.1"), 68), Dst: netip.AddrPortFrom(addr("10.0.0.2"), 67), Data: []byte("boo")}
	raw := u.Append(nil)
	if got, ok := ReadUDP(append(raw, 0, 0, 0)); !ok || !reflect.DeepEqual(got, u) { // Ethernet pads
		t.Errorf("UDP: got %+v, %v; want %+v", got, ok, u)
	}
	if checksum(raw[14:34]) != 0 {
		t.Error("the checksum of the IP header is wrong")
	}
	a := ARP{Reply: true, MAC: me, IP: addr("10.0.0.1"), TargetMAC: you, Target: addr("10.0.0.2"), To: you}
	if got, ok := ReadARP(a.Append(nil)); !ok || got != a {
		t.Errorf("ARP: got %+v, %v; want %+v", got, ok, a)
	}
	if _, ok := ReadARP(raw); ok {
		t.Error("a datagram is taken for ARP")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(UDP{SrcMAC: me, DstMAC: you, Src: netip.AddrPortFrom(addr("10.0.0.1"), 68), Dst: netip.AddrPortFrom(addr("10.0.0.2"), 67), Data: []byte("boo")}.Append(nil))
	f.Add(ARP{MAC: me, IP: addr("10.0.0.1"), Target: addr("10.0.0.2")}.Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		if u, ok := ReadUDP(b); ok && len(u.Data) > len(b) {
			t.Error("more data than there was")
		}
		ReadARP(b)
	})
}
