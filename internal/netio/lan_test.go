package netio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// listenIn opens a Conn in the namespace.
func listenIn(n *namespace, cfg Config) (c *Conn, heard <-chan *Packet) {
	n.tb.Helper()
	n.do(func() {
		var warnings []string
		c, heard, warnings = listen(n.tb, cfg)
		if len(warnings) > 0 {
			n.tb.Errorf("warnings: %q", warnings)
		}
	})
	return c, heard
}

// clientIn opens a plain UDP socket in the namespace.
func clientIn(n *namespace, device, address string) (pc net.PacketConn) {
	n.tb.Helper()
	n.do(func() { pc = client(n.tb, device, address) })
	return pc
}

// sniff gives the frames that come to an interface to a channel.
func sniff(n *namespace, device string) <-chan []byte {
	n.tb.Helper()
	index := n.index(device)
	var s *socket
	n.do(func() {
		var err error
		s, err = newSocket("sniffer", unix.AF_PACKET, unix.SOCK_RAW, 0, func(fd int) error {
			return unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: htons(unix.ETH_P_ALL), Ifindex: index})
		})
		if err != nil {
			n.tb.Error(err)
		}
	})
	frames := make(chan []byte, 1000)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		buf := make([]byte, 2000)
		for {
			size, err := s.file.Read(buf)
			if err != nil {
				return
			}
			frames <- append([]byte{}, buf[:size]...)
		}
	}()
	n.tb.Cleanup(func() { s.close(); <-ended })
	return frames
}

// nextUDP is the next frame with a UDP datagram to the port.
func nextUDP(tb testing.TB, frames <-chan []byte, port uint16) []byte {
	tb.Helper()
	deadline := time.After(patienceOf)
	for {
		select {
		case f := <-frames:
			if len(f) >= frameHeaderLen && f[12] == 8 && f[13] == 0 && f[23] == 17 && binary.BigEndian.Uint16(f[36:]) == port {
				return f
			}
		case <-deadline:
			tb.Fatal("no such frame was seen")
		}
	}
}

var interfaces = Config{Interfaces: []string{"s0", "s1"}, Port: 67}

// A client that has no address shouts; the server hears it on the right
// interface and answers by frame, by broadcast and by unicast.
func TestInterfaces(t *testing.T) {
	l := newLAN(t)
	c, heard := listenIn(l.server, interfaces)
	s := [2]int{l.server.index("s0"), l.server.index("s1")}
	var frames [2]<-chan []byte
	var shouter [2]net.PacketConn
	for i := range 2 {
		frames[i] = sniff(l.client, fmt.Sprintf("c%d", i))
		shouter[i] = clientIn(l.client, fmt.Sprintf("c%d", i), "0.0.0.0:68")
	}
	for i := range 2 {
		sendFrom(t, shouter[i], "255.255.255.255:67", fmt.Sprintf("discover %d", i))
		p := receive(t, heard)
		local := netip.AddrFrom4([4]byte{10, 99, byte(i), 1})
		if string(p.Data) != fmt.Sprintf("discover %d", i) || p.IfIndex != s[i] || p.To != broadcast || p.Local != local ||
			p.From != netip.MustParseAddrPort("0.0.0.0:68") {
			t.Errorf("wire %d: %q from %v to %v, local %v, interface %d (want %d)", i, p.Data, p.From, p.To, p.Local, p.IfIndex, s[i])
		}
	}
	t.Run("frame", func(t *testing.T) { checkFrames(t, c, l, s, frames) })
	t.Run("broadcast", func(t *testing.T) {
		for _, i := range []int{1, 0} {
			mustSend(t, c, Datagram{Data: fmt.Appendf(nil, "to all on %d", i), To: netip.AddrPortFrom(broadcast, 68), IfIndex: s[i]})
			if got, from := readFrom(t, shouter[i]); got != fmt.Sprintf("to all on %d", i) ||
				from != netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 99, byte(i), 1}), 67) {
				t.Errorf("wire %d: %q from %v", i, got, from)
			}
		}
	})
	t.Run("routed", func(t *testing.T) {
		// The request of a relay came by s0, but the way back is by s1.
		l.client.ip("addr add 10.50.0.1/32 dev lo")
		l.client.ip("addr add 10.99.1.2/24 dev c1")
		l.server.ip("route add 10.50.0.1 via 10.99.1.2")
		l.client.ip("route add 10.99.0.0/24 dev c1")
		relay := clientIn(l.client, "", "10.50.0.1:67")
		d := Datagram{Data: []byte("to the relay"), To: netip.MustParseAddrPort("10.50.0.1:67"), IfIndex: s[0]}
		mustSend(t, c, d)
		if got, from := readFrom(t, relay); got != "to the relay" || from != netip.MustParseAddrPort("10.99.1.1:67") {
			t.Errorf("%q from %v", got, from)
		}
		// From the address that it asked, if that is wanted.
		d.Source = netip.MustParseAddr("10.99.0.1")
		mustSend(t, c, d)
		if got, from := readFrom(t, relay); got != "to the relay" || from != netip.MustParseAddrPort("10.99.0.1:67") {
			t.Errorf("%q from %v, want source 10.99.0.1", got, from)
		}
	})
	if c.Dropped() != 0 {
		t.Errorf("%d dropped", c.Dropped())
	}
}

// checkFrames sends frames to clients without address, alternating between the
// wires, and has both a listener and tshark look at them.
func checkFrames(t *testing.T, c *Conn, l *lan, s [2]int, frames [2]<-chan []byte) {
	var ds []Datagram
	for i := range 6 {
		d := Datagram{
			Data: fmt.Appendf(nil, "offer number %d%s", i, strings.Repeat("!", i)),
			To:   netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 99, byte(i % 2), byte(100 + i)}), 68),
			HW:   l.hw[i%2], IfIndex: s[i%2],
		}
		ds = append(ds, d)
	}
	mustSend(t, c, ds...)
	var seen [][]byte
	for i, d := range ds {
		f := nextUDP(t, frames[i%2], 68)
		seen = append(seen, f)
		if [6]byte(f[:6]) != d.HW || string(f[frameHeaderLen:]) != string(d.Data) {
			t.Errorf("frame %d: to % x with %q", i, f[:6], f[frameHeaderLen:])
		}
		from, to := netip.AddrFrom4([4]byte(f[26:30])), netip.AddrFrom4([4]byte(f[30:34]))
		if to != d.To.Addr() || from != netip.AddrFrom4([4]byte{10, 99, byte(i % 2), 1}) {
			t.Errorf("frame %d: from %v to %v", i, from, to)
		}
	}
	file := writeFrames(t, seen)
	bad := run(t, "tshark", "-r", file, "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE",
		"-d", "udp.port==68,data", "-Y", "ip.checksum.status != 1 || udp.checksum.status != 1 || _ws.malformed || _ws.expert")
	if _, text, _ := strings.Cut(bad, "dangerous.\n"); strings.TrimSpace(text) != "" {
		t.Errorf("tshark finds fault:\n%s", text)
	}
}

// writeFrames makes a capture file of Ethernet frames.
func writeFrames(tb testing.TB, frames [][]byte) string {
	tb.Helper()
	le := binary.LittleEndian
	b := le.AppendUint16(le.AppendUint16(le.AppendUint32(nil, 0xa1b2c3d4), 2), 4)
	b = le.AppendUint32(le.AppendUint32(append(b, make([]byte, 8)...), 65535), 1)
	for _, f := range frames {
		b = le.AppendUint32(le.AppendUint32(append(b, make([]byte, 8)...), uint32(len(f))), uint32(len(f)))
		b = append(b, f...)
	}
	file := filepath.Join(tb.TempDir(), "frames.pcap")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		tb.Fatal(err)
	}
	return file
}

// Once open, everything works without root; only new interfaces do not.
func TestAfterDroppingRoot(t *testing.T) {
	l := newLAN(t)
	c, heard := listenIn(l.server, Config{Interfaces: []string{"s0"}, Port: 67})
	frames := sniff(l.client, "c0")
	shouter := clientIn(l.client, "c0", "0.0.0.0:68")
	sendFrom(t, shouter, "255.255.255.255:67", "discover")
	p := receive(t, heard)
	unprivileged(t, func() {
		mustSend(t, c,
			Datagram{Data: []byte("frame"), To: netip.MustParseAddrPort("10.99.0.9:68"), HW: l.hw[0], IfIndex: p.IfIndex},
			Datagram{Data: []byte("broadcast"), To: netip.AddrPortFrom(broadcast, 68), IfIndex: p.IfIndex})
	})
	for _, want := range []string{"frame", "broadcast"} {
		if f := nextUDP(t, frames, 68); string(f[frameHeaderLen:]) != want {
			t.Errorf("got %q, want %q", f[frameHeaderLen:], want)
		}
	}
	l.server.do(func() {
		if err := dropCapabilities(); err != nil {
			t.Error(err)
		}
		change, err := c.Rescan([]string{"s0", "s1"})
		if err != nil || len(change.Failed) != 1 || !errors.Is(change.Failed[0], ErrPermission) ||
			!strings.Contains(change.Failed[0].Error(), "port 67 on s1") {
			t.Errorf("Rescan: %+v, %v", change, err)
		}
	})
	sendFrom(t, shouter, "255.255.255.255:67", "request")
	if p := receive(t, heard); string(p.Data) != "request" {
		t.Errorf("heard %q", p.Data)
	}
}

// Interfaces come, go and change their addresses under a running server.
func TestRescan(t *testing.T) {
	l := newLAN(t)
	l.server.ip("link set s1 down")
	c, heard := listenIn(l.server, Config{Discover: true, Port: 67})
	rescan := func(added, removed string) {
		t.Helper()
		select {
		case <-c.Changed():
		case <-time.After(patienceOf):
			t.Error("the kernel's news did not arrive")
		}
		l.server.do(func() {
			change, err := c.Rescan(nil)
			if err != nil || len(change.Failed) > 0 || join(change.Added) != added || join(change.Removed) != removed {
				t.Errorf("added %s, removed %s, failed %v, %v; want %s and %s",
					join(change.Added), join(change.Removed), change.Failed, err, added, removed)
			}
		})
	}
	if got := join(c.Interfaces()); got != "lo, s0" {
		t.Errorf("serving %s, want lo, s0", got)
	}
	l.server.ip("link set s1 up")
	rescan("s1", "")
	shouter := clientIn(l.client, "c1", "0.0.0.0:68")
	sendFrom(t, shouter, "255.255.255.255:67", "on the new one")
	p := receive(t, heard)
	if string(p.Data) != "on the new one" || p.IfIndex != l.server.index("s1") {
		t.Errorf("heard %q on %d", p.Data, p.IfIndex)
	}

	l.server.ip("addr del 10.99.1.1/24 dev s1")
	l.server.ip("addr add 10.99.1.7/24 brd + dev s1")
	rescan("", "")
	if i, ok := c.Interface(p.IfIndex); !ok || i.Primary() != netip.MustParseAddr("10.99.1.7") {
		t.Errorf("after the address changed: %+v", i)
	}

	shouter.Close()
	l.server.ip("link del s1")
	rescan("", "s1")
	if _, ok := c.Interface(p.IfIndex); ok {
		t.Error("the interface is still served after it is gone")
	}
	ds := []Datagram{{Data: []byte("x"), To: netip.AddrPortFrom(broadcast, 68), IfIndex: p.IfIndex}}
	if c.Send(ds) != 1 || ds[0].Err == nil {
		t.Error("sending by an interface that is gone reports nothing")
	}
	other := clientIn(l.client, "c0", "0.0.0.0:68")
	sendFrom(t, other, "255.255.255.255:67", "still there")
	if p := receive(t, heard); string(p.Data) != "still there" {
		t.Errorf("heard %q", p.Data)
	}
}

// Another server may have other interfaces, but not ours, and not all.
func TestInterfacesAreOurs(t *testing.T) {
	l := newLAN(t)
	listenIn(l.server, Config{Interfaces: []string{"s0"}, Port: 67})
	l.server.do(func() {
		if _, _, err := Listen(Config{Interfaces: []string{"s0"}, Port: 67}); !errors.Is(err, ErrPortInUse) {
			t.Errorf("same interface: %v", err)
		}
		for name, share := range map[string]bool{"plain": false, "sharing": true} {
			s, _, err := openUDP(name, udpOptions{port: 67, share: share})
			if !errors.Is(err, ErrPortInUse) {
				t.Errorf("%s socket on all interfaces: %v", name, err)
			}
			if err == nil {
				s.close()
			}
		}
		s, _, err := openUDP("other", udpOptions{device: "s1", port: 67, share: true})
		if err != nil {
			t.Errorf("another's socket on another interface: %v", err)
		} else {
			s.close()
		}
	})
}

// On an address that is a real interface's the broadcasts of its link are heard
// and answered too.
func TestAddressOnInterface(t *testing.T) {
	l := newLAN(t)
	c, heard := listenIn(l.server, Config{Address: netip.MustParseAddr("10.99.0.1"), Port: 67})
	frames := sniff(l.client, "c0")
	wrong := clientIn(l.client, "c1", "0.0.0.0:68")
	sendFrom(t, wrong, "255.255.255.255:67", "on the other wire")
	shouter := clientIn(l.client, "c0", "0.0.0.0:69")
	sendFrom(t, shouter, "255.255.255.255:67", "discover")
	p := receive(t, heard)
	if string(p.Data) != "discover" || p.IfIndex != l.server.index("s0") || p.Local != netip.MustParseAddr("10.99.0.1") {
		t.Errorf("heard %q on %d, local %v", p.Data, p.IfIndex, p.Local)
	}
	mustSend(t, c, Datagram{Data: []byte("frame"), To: netip.MustParseAddrPort("10.99.0.9:68"), HW: l.hw[0], IfIndex: p.IfIndex})
	if f := nextUDP(t, frames, 68); string(f[frameHeaderLen:]) != "frame" || netip.AddrFrom4([4]byte(f[26:30])) != p.Local {
		t.Errorf("frame with %q from % x", f[frameHeaderLen:], f[26:30])
	}
	mustSend(t, c, Datagram{Data: []byte("all"), To: netip.AddrPortFrom(broadcast, 69), IfIndex: p.IfIndex})
	if got, from := readFrom(t, shouter); got != "all" || from != netip.MustParseAddrPort("10.99.0.1:67") {
		t.Errorf("%q from %v", got, from)
	}
}
