package netio

import (
	"context"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patienceOf is how long a test waits for what must happen, before it says that it
// did not.
const patienceOf = 10 * time.Second

// listen opens a Conn, has it serve, and gives what it hears to a channel.
func listen(tb testing.TB, cfg Config) (*Conn, <-chan *Packet, []string) {
	tb.Helper()
	c, warnings, err := Listen(cfg)
	if err != nil {
		tb.Error(err)
		return nil, nil, nil
	}
	heard := make(chan *Packet, 1000)
	served := make(chan error, 1)
	go func() {
		served <- c.Serve(func(ps []*Packet) {
			for _, p := range ps {
				heard <- p
			}
		})
	}()
	tb.Cleanup(func() {
		c.Close()
		if err := <-served; err != nil {
			tb.Errorf("Serve: %v", err)
		}
	})
	return c, heard, warnings
}

func receive(tb testing.TB, heard <-chan *Packet) *Packet {
	tb.Helper()
	select {
	case p := <-heard:
		return p
	case <-time.After(patienceOf):
		tb.Fatal("nothing was heard")
		return nil
	}
}

// client is a UDP socket of the simplest kind, as the far end.
func client(tb testing.TB, device, address string) net.PacketConn {
	tb.Helper()
	lc := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		var err error
		cerr := raw.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_BROADCAST, 1)
			if err == nil && device != "" {
				err = unix.BindToDevice(int(fd), device)
			}
		})
		if cerr != nil {
			return cerr
		}
		return err
	}}
	pc, err := lc.ListenPacket(context.Background(), "udp4", address)
	if err != nil {
		tb.Error(err)
		return nil
	}
	tb.Cleanup(func() { pc.Close() })
	return pc
}

func sendFrom(tb testing.TB, pc net.PacketConn, to string, data string) {
	tb.Helper()
	if _, err := pc.WriteTo([]byte(data), net.UDPAddrFromAddrPort(netip.MustParseAddrPort(to))); err != nil {
		tb.Fatal(err)
	}
}

// readFrom reads one datagram.
func readFrom(tb testing.TB, pc net.PacketConn) (string, netip.AddrPort) {
	tb.Helper()
	buf := make([]byte, 4096)
	pc.SetReadDeadline(time.Now().Add(patienceOf))
	n, from, err := pc.ReadFrom(buf)
	if err != nil {
		tb.Fatal(err)
	}
	return string(buf[:n]), from.(*net.UDPAddr).AddrPort()
}

func portOf(pc net.PacketConn) uint16 { return pc.LocalAddr().(*net.UDPAddr).AddrPort().Port() }

// freePort is a UDP port that nobody has on the loopback just now.
func freePort(tb testing.TB) uint16 {
	tb.Helper()
	pc, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer pc.Close()
	return portOf(pc)
}

func mustSend(tb testing.TB, c *Conn, ds ...Datagram) {
	tb.Helper()
	if n := c.Send(ds); n != 0 {
		for _, d := range ds {
			if d.Err != nil {
				tb.Error(d.Err)
			}
		}
		tb.FailNow()
	}
}
