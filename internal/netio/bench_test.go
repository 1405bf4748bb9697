package netio

import (
	"net"
	"net/netip"
	"testing"

	"golang.org/x/net/ipv4"
)

// flood sends batches of request-sized datagrams to the port until told to stop,
// never more than a few ahead of the reader.
func flood(b *testing.B, port uint16) (ahead chan struct{}, stop func()) {
	b.Helper()
	c, _, err := Listen(Config{Address: netip.MustParseAddr("127.0.0.9"), Port: freePort(b)})
	if err != nil {
		b.Fatal(err)
	}
	ds := make([]Datagram, batchSize)
	for i := range ds {
		ds[i] = Datagram{Data: make([]byte, 300), To: netip.AddrPortFrom(localhost, port), IfIndex: 1}
	}
	ahead = make(chan struct{}, 4)
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case ahead <- struct{}{}:
				c.Send(ds)
			case <-done:
				return
			}
		}
	}()
	return ahead, func() { close(done); <-ended; c.Close() }
}

// A datagram sent in a batch and received in a batch, both sides' work counted.
func BenchmarkSendReceive(b *testing.B) {
	port := freePort(b)
	c, _, err := Listen(Config{Address: localhost, Port: port})
	if err != nil {
		b.Fatal(err)
	}
	ahead, stop := flood(b, port)
	b.ReportAllocs()
	n, finished := 0, make(chan struct{})
	credit := 0
	go c.Serve(func(ps []*Packet) {
		for _, p := range ps {
			p.Release()
		}
		n += len(ps)
		for credit += len(ps); credit >= batchSize; credit -= batchSize {
			<-ahead
		}
		if n >= b.N && finished != nil {
			close(finished)
			finished = nil
		}
	})
	<-finished
	b.StopTimer()
	stop()
	c.Close()
}

// The same received through golang.org/x/net/ipv4.
func BenchmarkSendReceiveNetIPv4(b *testing.B) {
	port := freePort(b)
	pc, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(localhost, port)))
	if err != nil {
		b.Fatal(err)
	}
	defer pc.Close()
	conn := ipv4.NewPacketConn(pc)
	if err := conn.SetControlMessage(ipv4.FlagInterface|ipv4.FlagDst, true); err != nil {
		b.Fatal(err)
	}
	ms := make([]ipv4.Message, batchSize)
	for i := range ms {
		ms[i].Buffers, ms[i].OOB = [][]byte{make([]byte, MaxDatagram)}, make([]byte, 64)
	}
	ahead, stop := flood(b, port)
	b.ReportAllocs()
	for n, credit := 0, 0; n < b.N; {
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
		n += got
		for credit += got; credit >= batchSize; credit -= batchSize {
			<-ahead
		}
	}
	b.StopTimer()
	stop()
}

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
