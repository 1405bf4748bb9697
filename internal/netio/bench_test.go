package netio

import (
	"errors"
	"net"
	"net/netip"
	"testing"

	"golang.org/x/net/ipv4"
)

// fill sends four batches of request-sized datagrams to the port.
func fill(b *testing.B, c *Conn, port uint16) int {
	b.Helper()
	ds := make([]Datagram, 4*batchSize)
	for i := range ds {
		ds[i] = Datagram{Data: make([]byte, 300), To: netip.AddrPortFrom(localhost, port), IfIndex: 1}
	}
	mustSend(b, c, ds...)
	return len(ds)
}

// What it takes to get one datagram of a batch out of the kernel.
func BenchmarkReceive(b *testing.B) {
	port := freePort(b)
	c, _, err := Listen(Config{Address: localhost, Port: port})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	r := newReceiver(c.now.Load().listen[0].conn)
	var ps [batchSize]*Packet
	for i := range ps {
		ps[i] = newPacket()
	}
	b.ReportAllocs()
	for n := 0; n < b.N; {
		b.StopTimer()
		left := fill(b, c, port)
		n += left
		b.StartTimer()
		for left > 0 {
			got, err := r.read(ps[:])
			if err != nil {
				b.Fatal(err)
			}
			for i := range got {
				ps[i].Release()
				ps[i] = newPacket()
			}
			left -= got
		}
	}
}

// The same through golang.org/x/net/ipv4.
func BenchmarkReceiveNetIPv4(b *testing.B) {
	port := freePort(b)
	pc, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(localhost, port)))
	if err != nil {
		b.Fatal(err)
	}
	defer pc.Close()
	conn := ipv4.NewPacketConn(pc)
	if err := errors.Join(conn.SetControlMessage(ipv4.FlagInterface|ipv4.FlagDst, true), pc.SetReadBuffer(4<<20)); err != nil {
		b.Fatal(err)
	}
	ms := make([]ipv4.Message, batchSize)
	for i := range ms {
		ms[i].Buffers, ms[i].OOB = [][]byte{make([]byte, MaxDatagram)}, make([]byte, 64)
	}
	c, _, err := Listen(Config{Address: netip.MustParseAddr("127.0.0.9"), Port: port})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	b.ReportAllocs()
	for n := 0; n < b.N; {
		b.StopTimer()
		left := fill(b, c, port)
		n += left
		b.StartTimer()
		for left > 0 {
			got, err := conn.ReadBatch(ms, 0)
			if err != nil {
				b.Fatal(err)
			}
			for i := range got {
				var cm ipv4.ControlMessage
				if err := cm.Parse(ms[i].OOB[:ms[i].NN]); err != nil {
					b.Fatal(err)
				}
			}
			left -= got
		}
	}
}

// One datagram of a batch handed to the kernel, which on the loopback includes
// its way to the receiving socket.
func BenchmarkSend(b *testing.B) {
	c, _, err := Listen(Config{Address: localhost, Port: freePort(b)})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	sink := client(b, "", "127.0.0.1:0")
	ds := make([]Datagram, batchSize)
	for i := range ds {
		ds[i] = Datagram{Data: make([]byte, 300), To: netip.AddrPortFrom(localhost, portOf(sink)), IfIndex: 1}
	}
	b.ReportAllocs()
	for n := 0; n < b.N; n += len(ds) {
		c.Send(ds)
	}
}

func BenchmarkFrameHeader(b *testing.B) {
	var header [frameHeaderLen]byte
	data := make([]byte, 300)
	from, to := netip.AddrPortFrom(localhost, 67), netip.AddrPortFrom(localhost, 68)
	for b.Loop() {
		putFrameHeader(&header, data, [6]byte{2}, [6]byte{4}, from, to)
	}
}
