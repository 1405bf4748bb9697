package packet

import (
	"net/netip"
	"testing"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

func BenchmarkDecode(b *testing.B) {
	for _, name := range []string{"dhcpcd-discover", "request-selecting", "overloaded"} {
		in := sample(b, name)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var m Message
			for b.Loop() {
				if err := m.Decode(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func buildAck(r *Reply, req *Message, server netip.Addr, dns []byte, buf []byte) []byte {
	r.Answer(req, Ack)
	r.YIAddr = server
	r.AddAddr(ServerIdentifier, server)
	r.AddUint32(LeaseTime, 3600)
	r.AddUint32(RenewalTime, 1800)
	r.AddUint32(RebindingTime, 3150)
	r.Add(SubnetMask, dns[:4])
	r.Add(Routers, dns[:4])
	r.Add(6, dns)
	r.AddString(DomainName, "example.com")
	buf, _ = r.Append(buf[:0], req.ReplyLimit())
	return buf
}

func BenchmarkBuild(b *testing.B) {
	req := mustParse(b, sample(b, "request-selecting"))
	var r Reply
	buf, server, dns := make([]byte, 0, 1500), netip.MustParseAddr("10.0.0.1"), make([]byte, 8)
	b.ReportAllocs()
	for b.Loop() {
		buf = buildAck(&r, req, server, dns, buf)
	}
}

func BenchmarkDecodeAndBuild(b *testing.B) {
	in := sample(b, "request-selecting")
	var m Message
	var r Reply
	buf, server, dns := make([]byte, 0, 1500), netip.MustParseAddr("10.0.0.1"), make([]byte, 8)
	b.ReportAllocs()
	for b.Loop() {
		if err := m.Decode(in); err != nil {
			b.Fatal(err)
		}
		buf = buildAck(&r, &m, server, dns, buf)
	}
}

// What the library takes for the same message, to compare with.
func BenchmarkLibraryDecode(b *testing.B) {
	in := sample(b, "request-selecting")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := dhcpv4.FromBytes(in); err != nil {
			b.Fatal(err)
		}
	}
}

// A reply to a client that takes the least and wants much.
func BenchmarkBuildOverloaded(b *testing.B) {
	req := mustParse(b, sample(b, "udhcpc-discover"))
	var r Reply
	buf, value := make([]byte, 0, 1500), make([]byte, 255)
	b.ReportAllocs()
	for b.Loop() {
		r.Answer(req, Ack)
		for i, n := range []int{4, 4, 4, 4, 4, 4, 8, 255, 11, 200, 100, 7, 60, 9, 4, 4} {
			r.Add(uint8(100+i), value[:n])
		}
		buf, _ = r.Append(buf[:0], req.ReplyLimit())
	}
}
