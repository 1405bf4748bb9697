package netio

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

var localhost = netip.MustParseAddr("127.0.0.1")

// A server on an address of the loopback and a high port needs no privilege at
// all: it hears what is sent to the address and by broadcast, and answers both.
func TestAddressUnprivileged(t *testing.T) {
	port := freePort(t)
	var (
		c        *Conn
		heard    <-chan *Packet
		warnings []string
	)
	unprivileged(t, func() { c, heard, warnings = listen(t, Config{Address: localhost, Port: port}) })
	if !slices.ContainsFunc(warnings, func(w string) bool {
		return strings.Contains(w, "raw socket") && strings.Contains(w, "CAP_NET_RAW")
	}) {
		t.Errorf("no word of the missing raw socket in %q", warnings)
	}
	pc := client(t, "", "0.0.0.0:0")

	sendFrom(t, pc, fmt.Sprintf("127.0.0.1:%d", port), "to the address")
	p := receive(t, heard)
	if string(p.Data) != "to the address" || p.To != localhost || p.Local != localhost || p.From.Port() != portOf(pc) || p.IfIndex == 0 {
		t.Errorf("heard %q to %v, local %v, from %v, interface %d", p.Data, p.To, p.Local, p.From, p.IfIndex)
	}
	mustSend(t, c, Datagram{Data: []byte("answer"), To: p.From, IfIndex: p.IfIndex})
	if got, from := readFrom(t, pc); got != "answer" || from != netip.AddrPortFrom(localhost, port) {
		t.Errorf("answer %q from %v", got, from)
	}

	lo := client(t, "lo", "0.0.0.0:0")
	sendFrom(t, lo, fmt.Sprintf("255.255.255.255:%d", port), "to all")
	p = receive(t, heard)
	if string(p.Data) != "to all" || p.To != broadcast || p.IfIndex == 0 {
		t.Errorf("heard %q to %v, interface %d", p.Data, p.To, p.IfIndex)
	}
	// A frame for a client without address: the loopback takes none, so that
	// all on it get the answer.
	for _, d := range []Datagram{
		{Data: []byte("frame"), To: netip.AddrPortFrom(netip.MustParseAddr("127.9.9.9"), portOf(lo)), HW: [6]byte{2}, IfIndex: p.IfIndex},
		{Data: []byte("shout"), To: netip.AddrPortFrom(broadcast, portOf(lo)), IfIndex: p.IfIndex},
	} {
		mustSend(t, c, d)
		if got, from := readFrom(t, lo); got != string(d.Data) || from != netip.AddrPortFrom(localhost, port) {
			t.Errorf("%s: got %q from %v", d.Data, got, from)
		}
	}
}

// Two servers share a machine: each its address, both the broadcasts.
func TestTwoAddressesShareAPort(t *testing.T) {
	port := freePort(t)
	_, one, _ := listen(t, Config{Address: localhost, Port: port})
	_, two, _ := listen(t, Config{Address: netip.MustParseAddr("127.0.0.2"), Port: port})
	pc := client(t, "lo", "0.0.0.0:0")
	sendFrom(t, pc, fmt.Sprintf("127.0.0.2:%d", port), "second")
	if p := receive(t, two); string(p.Data) != "second" {
		t.Errorf("second heard %q", p.Data)
	}
	sendFrom(t, pc, fmt.Sprintf("255.255.255.255:%d", port), "all")
	if p := receive(t, one); string(p.Data) != "all" {
		t.Errorf("first heard %q", p.Data)
	}
	if p := receive(t, two); string(p.Data) != "all" {
		t.Errorf("second heard %q", p.Data)
	}
}

// More than one batch at once, to several clients, in order for each; and what
// cannot be sent is marked while the rest leaves.
func TestSendBatches(t *testing.T) {
	c, _, _ := listen(t, Config{Address: localhost, Port: freePort(t)})
	a, b := client(t, "", "127.0.0.1:0"), client(t, "", "127.0.0.1:0")
	var ds []Datagram
	for i := range 150 {
		to := portOf(a)
		if i%3 == 0 {
			to = portOf(b)
		}
		d := Datagram{Data: fmt.Appendf(nil, "%d", i), To: netip.AddrPortFrom(localhost, to), IfIndex: 1}
		switch i {
		case 70:
			d.Source = netip.MustParseAddr("192.0.2.1")
		case 80:
			d.Data = make([]byte, 70000)
		}
		ds = append(ds, d)
	}
	if n := c.Send(ds); n != 2 {
		t.Errorf("%d failed, want 2", n)
	}
	for i, d := range ds {
		if (d.Err != nil) != (i == 70 || i == 80) {
			t.Errorf("datagram %d: %v", i, d.Err)
		}
	}
	if err := ds[80].Err; err == nil || !strings.Contains(err.Error(), "MTU") {
		t.Errorf("too long: %v", err)
	}
	for i := range 150 {
		pc := a
		if i%3 == 0 {
			pc = b
		}
		if i == 70 || i == 80 {
			continue
		}
		if got, _ := readFrom(t, pc); got != fmt.Sprint(i) {
			t.Fatalf("got %s, want %d", got, i)
		}
	}
}

func TestSendRefuses(t *testing.T) {
	c, _, _ := listen(t, Config{Address: localhost, Port: freePort(t)})
	for want, d := range map[string]Datagram{
		"not an IPv4 address":         {To: netip.MustParseAddrPort("[::1]:68")},
		"interface 77777 is not":      {To: netip.AddrPortFrom(broadcast, 68), IfIndex: 77777},
		"send to 127.0.0.1:68: use o": {To: netip.AddrPortFrom(localhost, 68)},
	} {
		d.Data = []byte("x")
		ds := []Datagram{d}
		if strings.HasSuffix(want, "use o") {
			want = "closed"
			c.Close()
		}
		if n := c.Send(ds); n != 1 || ds[0].Err == nil || !strings.Contains(ds[0].Err.Error(), want) {
			t.Errorf("%d failed, error %v, want one with %q", n, ds[0].Err, want)
		}
	}
}

func TestTruncated(t *testing.T) {
	port := freePort(t)
	_, heard, _ := listen(t, Config{Address: localhost, Port: port})
	pc := client(t, "", "127.0.0.1:0")
	sendFrom(t, pc, fmt.Sprintf("127.0.0.1:%d", port), strings.Repeat("x", MaxDatagram+1))
	if p := receive(t, heard); !p.Truncated || len(p.Data) != MaxDatagram {
		t.Errorf("truncated %v, %d octets", p.Truncated, len(p.Data))
	} else {
		p.Release()
	}
	sendFrom(t, pc, fmt.Sprintf("127.0.0.1:%d", port), "short")
	if p := receive(t, heard); p.Truncated || string(p.Data) != "short" {
		t.Errorf("truncated %v, %q", p.Truncated, p.Data)
	}
}

// What lay in the socket's queue comes with how long it did.
func TestWaited(t *testing.T) {
	port := freePort(t)
	c, _, err := Listen(Config{Address: localhost, Port: port})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	pc := client(t, "", "127.0.0.1:0")
	r := newReceiver(c.now.Load().listen[0].conn)
	ps := []*Packet{newPacket()}
	const still = 20 * time.Millisecond
	deadline := time.After(patienceOf)
	// The kernel begins to stamp what it receives a moment after it is asked to.
	for ps[0].Waited < still {
		sent := time.Now()
		sendFrom(t, pc, fmt.Sprintf("127.0.0.1:%d", port), "asleep")
		select {
		case <-time.After(still):
		case <-deadline:
			t.Fatal("no packet that waited says so")
		}
		if _, err := r.read(ps); err != nil {
			t.Fatal(err)
		}
		if most := time.Since(sent); ps[0].Waited > most {
			t.Fatalf("waited %v of %v", ps[0].Waited, most)
		}
	}
}

// A clock that was set while a packet waited makes it old or, set back, fresh; one
// without a stamp is fresh, whatever was in its buffer before.
func TestWaitedByAClockThatWasSet(t *testing.T) {
	r, p := newReceiver(nil), newPacket()
	r.now = unix.NsecToTimespec(1_000_000_000_000)
	c := (*unix.Cmsghdr)(unsafe.Pointer(&r.oob[0]))
	c.Level, c.Type = unix.SOL_SOCKET, unix.SCM_TIMESTAMPNS
	c.SetLen(unix.CmsgLen(timespecLen))
	came := (*unix.Timespec)(unsafe.Pointer(&r.oob[unix.CmsgLen(0)]))
	for _, s := range []struct{ forward, want time.Duration }{
		{0, 0}, {1, 1}, {time.Second + 1, time.Second + 1}, {time.Hour, time.Hour}, {-1, 0}, {-time.Hour, 0},
	} {
		p.Waited = 7
		*came = unix.NsecToTimespec(r.now.Nano() - int64(s.forward))
		r.hdrs[0].hdr.SetControllen(unix.CmsgSpace(timespecLen))
		r.fill(p, 0)
		if p.Waited != s.want {
			t.Errorf("set forward by %v: waited %v, want %v", s.forward, p.Waited, s.want)
		}
	}
	r.hdrs[0].hdr.SetControllen(0)
	p.Waited = 7
	if r.fill(p, 0); p.Waited != 0 {
		t.Errorf("without a stamp: waited %v", p.Waited)
	}
}

func TestListenErrors(t *testing.T) {
	port := freePort(t)
	listen(t, Config{Address: localhost, Port: port})
	for _, c := range []struct {
		name string
		cfg  Config
		is   error
		says string
	}{
		{"address taken", Config{Address: localhost, Port: port}, ErrPortInUse, fmt.Sprintf("port %d on 127.0.0.1", port)},
		{"interface taken", Config{Interfaces: []string{"lo"}, Port: port}, ErrPortInUse, fmt.Sprintf("port %d on lo", port)},
		{"no such interface", Config{Interfaces: []string{"eth77"}, Port: port}, ErrNoInterface, "eth77: no such interface; there are lo"},
		{"foreign address", Config{Address: netip.MustParseAddr("192.0.2.1"), Port: port}, ErrNotLocal, "192.0.2.1"},
		{"nothing said", Config{Port: port}, ErrNotConnected, "neither an interface nor an address"},
	} {
		conn, _, err := Listen(c.cfg)
		if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
		if conn != nil {
			t.Errorf("%s: a Conn comes with the error", c.name)
		}
	}
	unprivileged(t, func() {
		_, _, err := Listen(Config{Interfaces: []string{"lo"}, Port: 67})
		if !errors.Is(err, ErrPermission) || !strings.Contains(err.Error(), "port 67 on lo") {
			t.Errorf("unprivileged: %v", err)
		}
	})
}

// What the kernel drops because nobody reads is counted.
func TestDropped(t *testing.T) {
	port := freePort(t)
	c, _, err := Listen(Config{Address: localhost, Port: port, ReceiveBuffer: 4096})
	if err != nil {
		t.Fatal(err)
	}
	pc := client(t, "", "127.0.0.1:0")
	to := fmt.Sprintf("127.0.0.1:%d", port)
	for range 100 {
		sendFrom(t, pc, to, strings.Repeat("x", 300))
	}
	heard := make(chan int, 200)
	served := make(chan error, 1)
	go func() { served <- c.Serve(func(ps []*Packet) { heard <- len(ps) }) }()
	n := <-heard
	// The count comes with a datagram that was received after the loss.
	sendFrom(t, pc, to, "one more")
	for last := 0; last == 0 || n+int(c.Dropped()) < 101; {
		last = <-heard
		n += last
	}
	if got := int(c.Dropped()); n+got != 101 || got == 0 {
		t.Errorf("%d received and %d dropped of 101", n, got)
	}
	c.Close()
	if err := <-served; err != nil {
		t.Error(err)
	}
}
