package link

import (
	"encoding/binary"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"leasehold/internal/clock"
	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// These tests speak the partner's part by hand.

// patient is a configuration with the times that servers really have.
func patient(role lease.Role, port uint16) Config {
	cfg := config("pair", role, 2, 3, port)
	cfg.PollInterval, cfg.PollTimeout, cfg.Retry, cfg.RefusedRetry = 10*time.Second, time.Minute, 5*time.Second, time.Minute
	return cfg
}

// gallop makes a clock run, about five hundred times as fast as the real one.
func gallop(t *testing.T, clk *clock.Manual) {
	stop, done := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() {
		close(stop)
		<-done
	})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				clk.Advance(time.Second / 2)
			case <-stop:
				return
			}
		}
	}()
}

func TestSecondaryAnswersCONNECT(t *testing.T) {
	port := free(t)
	p, r := add(t, newHub(t, clock.Real{}), config("pair", lease.Secondary, 2, 3, port))
	s := dialFrom(t, 3, at(2, port))
	s.send(77, wire.CONTACT{}) // means nothing yet
	s.send(4711, goodConnect("pair"))
	ack, xid := hear[wire.CONNECTACK](s)
	if xid != 4711 || ack.Reason != 0 || ack.ReceiveTimer != 30 || ack.MaxUnacked != 50 || ack.TLS != wire.TLSNone {
		t.Errorf("got xid %d, %+v", xid, ack)
	}
	u := await[Up](r)
	if u.Profile != wire.Draft || u.MCLT != 3600 || u.MaxUnacked != 10 || u.Vendor != "other-1" {
		t.Errorf("got %+v", u)
	}
	s.send(3, wire.UPDREQALL{})
	await[wire.UPDREQALL](r)
	s.send(4, wire.CONTACT{})
	await[wire.CONTACT](r)
	s.send(5, wire.DISCONNECT{Reason: wire.ReasonUnknown, Text: "bye"})
	if d := await[Down](r); d != (Down{wire.ReasonUnknown, "bye", true}) {
		t.Errorf("got %+v", d)
	}
	s.end()
	if s := p.Status(); s.Vendor != "other-1" {
		t.Errorf("status %+v", s)
	}
}

func TestRefusalsAreToldOnceAndCounted(t *testing.T) {
	port := free(t)
	p, r := add(t, newHub(t, clock.Real{}), config("pair", lease.Secondary, 2, 3, port))
	for range 4 {
		for _, name := range []string{"Pair", "other"} {
			s := dialFrom(t, 3, at(2, port))
			s.send(9, goodConnect(name))
			ack, xid := hear[wire.CONNECTACK](s)
			if xid != 9 || ack.Reason != wire.ReasonInvalidPartner || ack.Relationship != name || ack.Text == "" {
				t.Fatalf("got xid %d, %+v", xid, ack)
			}
			s.end()
		}
	}
	if n := r.notice(NoticeRefusing); n.Reason != wire.ReasonInvalidPartner || n.Text != `there is no relationship "Pair" with this partner here` {
		t.Errorf("notice %+v", n)
	}
	s := p.Status()
	if len(s.Refusals) != 1 || s.Refusals[0].Count != 8 || len(r.notices) != 0 || s.LastError != s.Refusals[0].Text {
		t.Errorf("status %+v, %d more notices", s, len(r.notices))
	}
	r.calm()
}

func TestDhcpdWithWrongClock(t *testing.T) {
	port := free(t)
	_, r := add(t, newHub(t, clock.Real{}), config("pair", lease.Secondary, 2, 3, port))
	connect := goodConnect("pair")
	connect.VendorClass = "isc-4.4.3-P1"
	s := dialFrom(t, 3, at(2, port))
	s.sendAt(time.Now().Unix()-75, 0, connect)
	if ack, _ := hear[wire.CONNECTACK](s); ack.Reason != wire.ReasonTimeMismatch {
		t.Errorf("got %+v", ack)
	}
	r.notice(NoticeRefusing)
	s = dialFrom(t, 3, at(2, port))
	s.sendAt(time.Now().Unix()-30, 0, connect)
	hear[wire.CONNECTACK](s)
	if u := await[Up](r); u.Profile != wire.ISC || u.Time == 0 {
		t.Errorf("got %+v", u)
	}
	r.notice(NoticeClock)
}

func TestDuplicateConnection(t *testing.T) {
	port := free(t)
	clk := clock.NewManual(time.Now())
	p, r := add(t, newHub(t, clk), patient(lease.Secondary, port))
	first := dialFrom(t, 3, at(2, port))
	first.send(1, goodConnect("pair"))
	hear[wire.CONNECTACK](first)
	up := await[Up](r)

	clk.Advance(5 * time.Second) // the first one is alive
	second := dialFrom(t, 3, at(2, port))
	second.send(1, goodConnect("pair"))
	if ack, _ := hear[wire.CONNECTACK](second); ack.Reason != wire.ReasonDuplicate {
		t.Errorf("got %+v", ack)
	}
	second.end()
	if m, err := first.in.receive(); err != nil || m.Body != (wire.CONTACT{}) {
		t.Errorf("the first connection is probed with %v, %v", m, err)
	}
	r.calm()

	clk.Advance(26 * time.Second) // it has been silent for more than half a minute
	third := dialFrom(t, 3, at(2, port))
	third.send(1, goodConnect("pair"))
	if ack, _ := hear[wire.CONNECTACK](third); ack.Reason != 0 {
		t.Errorf("got %+v", ack)
	}
	if d := await[Down](r); d.Text != replacedText {
		t.Errorf("got %+v", d)
	}
	again := await[Up](r)
	first.end()
	if up.Conn.Send(2, wire.UPDREQ{}) != ErrClosed {
		t.Error("the old connection takes messages")
	}
	if err := again.Conn.Send(2, wire.UPDREQ{}); err != nil {
		t.Error(err)
	}
	hear[wire.UPDREQ](third)
	if s := p.Status(); !s.Connected || s.Connects != 2 || len(s.Refusals) > 0 {
		t.Errorf("status %+v", s)
	}
}

// TestPartnerComesBack: the primary has a connection that its partner forgot,
// and the partner opens another.
func TestPartnerComesBack(t *testing.T) {
	for name, after := range map[string]func(clk *clock.Manual, old *stranger){
		"the old connection is reset":  func(_ *clock.Manual, old *stranger) { old.nc.Close() },
		"the old connection is silent": nil,
	} {
		t.Run(name, func(t *testing.T) {
			port := free(t)
			clk := clock.NewManual(time.Now())
			ln := listenAt(t, at(3, port))
			_, r := add(t, newHub(t, clk), patient(lease.Primary, port))
			old := accept(t, ln)
			_, xid := hear[wire.CONNECT](old)
			old.send(xid, goodAck("pair"))
			await[Up](r)
			if after == nil {
				clk.Advance(31 * time.Second)
			} else {
				clk.Advance(5 * time.Second)
			}
			fresh := dialFrom(t, 3, at(2, port))
			if after != nil {
				if m, err := old.in.receive(); err != nil || m.Body != (wire.CONTACT{}) {
					t.Fatalf("the old connection is probed with %v, %v", m, err)
				}
				r.calm()
				after(clk, old)
			}
			_, xid = hear[wire.CONNECT](fresh)
			fresh.send(xid, goodAck("pair"))
			await[Down](r)
			await[Up](r).Conn.Send(2, wire.UPDREQ{})
			hear[wire.UPDREQ](fresh)
		})
	}
}

func TestPrimaryKeepsTheFirst(t *testing.T) {
	port := free(t)
	ln := listenAt(t, at(3, port))
	_, r := add(t, newHub(t, clock.Real{}), config("pair", lease.Primary, 2, 3, port))
	a, b := accept(t, ln), dialFrom(t, 3, at(2, port))
	hear[wire.CONNECT](a)
	_, xid := hear[wire.CONNECT](b)
	b.send(xid+1, goodAck("pair")) // an answer to something else
	b.send(xid, goodAck("pair"))
	u := await[Up](r)
	a.end()
	u.Conn.Send(2, wire.UPDREQ{})
	hear[wire.UPDREQ](b)
}

func TestHashBucketsTheOtherWayRound(t *testing.T) {
	port := free(t)
	clk := clock.NewManual(time.Now()) // it stands: all is done at once
	ln := listenAt(t, at(3, port))
	p, r := add(t, newHub(t, clk), patient(lease.Primary, port))
	isc := goodAck("pair")
	isc.VendorClass = "isc-4.4.3-P1"

	s := accept(t, ln)
	connect, xid := hear[wire.CONNECT](s)
	if *connect.HBA != wire.Draft.Split(128) {
		t.Errorf("buckets are %x for one that is not known", *connect.HBA)
	}
	s.send(xid, isc)
	s.end()
	s = accept(t, ln)
	if connect, xid = hear[wire.CONNECT](s); *connect.HBA != wire.ISC.Split(128) {
		t.Errorf("buckets are %x for dhcpd", *connect.HBA)
	}
	s.send(xid, isc)
	if u := await[Up](r); u.Profile != wire.ISC || u.HBA != wire.ISC.Split(128) {
		t.Errorf("got %+v", u)
	}
	if s := p.Status(); s.Vendor != "isc-4.4.3-P1" || len(s.Refusals) > 0 {
		t.Errorf("status %+v", s)
	}

	// One that changes its mind each time is not tried at once for ever.
	clk.Advance(10 * time.Second)
	if m, err := s.in.receive(); err != nil || m.Body != (wire.CONTACT{}) {
		t.Fatalf("got %v, %v", m, err)
	}
	s.nc.Close()
	await[Down](r)
	for _, vendor := range []string{"other-1", "isc-1"} {
		s = accept(t, ln)
		_, xid = hear[wire.CONNECT](s)
		ack := goodAck("pair")
		ack.VendorClass = vendor
		s.send(xid, ack)
		if vendor == "other-1" { // a dhcpd would log an unknown error
			hear[wire.DISCONNECT](s)
		}
		s.end()
	}
	eventually(t, "a pause", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.due.Equal(clk.Now().Add(p.cfg.Retry))
	})
}

// TestPauseAfterRefusals reads the clock of the CONNECTs of a server that is
// refused each time.
func TestPauseAfterRefusals(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer func(s *stranger, xid uint32)
		want   []int64
	}{
		{"refused", func(s *stranger, xid uint32) {
			s.send(xid, refusal(goodAck("pair"), wire.ReasonInvalidMCLT, "no"))
		}, []int64{5, 10, 20, 40, 60, 60}},
		{"disconnected", func(s *stranger, xid uint32) {
			s.send(xid, wire.DISCONNECT{Reason: wire.ReasonInvalidPartner})
		}, []int64{5, 10, 20, 40}},
		{"duplicate", func(s *stranger, xid uint32) {
			s.send(xid, refusal(goodAck("pair"), wire.ReasonDuplicate, "no"))
		}, []int64{5, 5, 5, 5}},
		{"closed without a word", func(s *stranger, _ uint32) { s.nc.Close() }, []int64{5, 5, 5, 5}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			port := free(t)
			clk := clock.NewManual(time.Unix(1e9, 0))
			ln := listenAt(t, at(3, port))
			p, r := add(t, newHub(t, clk), patient(lease.Primary, port))
			gallop(t, clk)
			var last int64
			for i, want := range append([]int64{0}, tt.want...) {
				s := accept(t, ln)
				m, err := s.in.receive()
				if err != nil {
					t.Fatal(err)
				}
				now := m.Time.Unix()
				// The clock runs on while the test works; a second of it is 2 ms.
				if gap := now - last; i > 0 && (gap < want || gap > want+want/2+60) {
					t.Errorf("attempt %d comes %d s after the one before, want %d", i+1, gap, want)
				}
				tt.answer(s, m.XID)
				s.nc.Close()
				last = now
			}
			r.notice(NoticeRefused)
			eventually(t, "all are counted", func() bool { return p.Status().Refusals[0].Count > uint64(len(tt.want)) })
			if len(r.notices) > 0 {
				t.Errorf("%d more notices", len(r.notices))
			}
		})
	}
}

func TestContactAndSilence(t *testing.T) {
	port := free(t)
	clk := clock.NewManual(time.Unix(1e9, 0))
	cfg := patient(lease.Secondary, port)
	_, r := add(t, newHub(t, clk), cfg)
	connect := goodConnect("pair")
	connect.ReceiveTimer = 24 // a CONTACT each 8 s
	s := dialFrom(t, 3, at(2, port))
	s.send(1, connect)
	hear[wire.CONNECTACK](s)
	await[Up](r)
	gallop(t, clk)
	last, xid, n := int64(1e9), uint32(math.MaxUint32), 0
	for {
		m, err := s.in.receive()
		if err != nil {
			t.Fatal(err)
		}
		if d, ok := m.Body.(wire.DISCONNECT); ok {
			if d.Reason != wire.ReasonNoTraffic {
				t.Errorf("got %+v", d)
			}
			break
		}
		if m.Body != (wire.CONTACT{}) || m.XID != xid {
			t.Fatalf("got %v, want CONTACT with xid %d", m, xid)
		}
		if gap := m.Time.Unix() - last; gap < 7 || gap > 40 {
			t.Errorf("a CONTACT after %d s", gap)
		}
		last = m.Time.Unix()
		xid--
		n++
	}
	if n < 2 || n > 7 {
		t.Errorf("%d CONTACTs in a minute", n)
	}
	s.end()
	if d := await[Down](r); d.Reason != wire.ReasonNoTraffic || d.ByPartner {
		t.Errorf("got %+v", d)
	}
}

// TestAnyMessageKeepsTheConnection: a partner that sends just often enough.
func TestAnyMessageKeepsTheConnection(t *testing.T) {
	port := free(t)
	clk := clock.NewManual(time.Unix(1e9, 0))
	_, r := add(t, newHub(t, clk), patient(lease.Secondary, port))
	s := dialFrom(t, 3, at(2, port))
	s.send(1, goodConnect("pair"))
	hear[wire.CONNECTACK](s)
	c := await[Up](r).Conn
	for i := range 20 {
		clk.Advance(50 * time.Second)
		s.send(uint32(i), wire.UPDREQ{})
		await[wire.UPDREQ](r)
		eventually(t, "no CONTACT is being written", func() bool { return c.pulse().writing < 0 })
	}
	r.calm()
}

// TestMalformedMessageEndsTheConnection covers the errors after which what
// follows cannot be trusted.
func TestMalformedMessageEndsTheConnection(t *testing.T) {
	header := func(kind byte, payload ...byte) []byte {
		b := []byte{0, 0, kind, 12, 0, 0, 0, 0, 0, 0, 0, 9}
		b = append(b, payload...)
		binary.BigEndian.PutUint16(b, uint16(len(b)))
		return b
	}
	address := []byte{0, 2, 0, 4, 10, 0, 0, 1}
	for name, octets := range map[string][]byte{
		"IP-flags of one octet":     header(3, append(address, 0, 12, 0, 1, 0)...),
		"option twice":              header(10, 0, 24, 0, 1, 2, 0, 24, 0, 1, 2),
		"option beyond the message": header(11, 0, 24, 0, 9, 2),
		"BNDUPD without an address": header(3),
		"unknown type":              header(13),
		"payload offset 8":          append([]byte{0, 12, 11, 8}, make([]byte, 8)...),
		"length 5":                  {0, 5, 11, 12, 0},
		"length 2049":               {8, 1, 11, 12, 0},
		"text":                      []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
		"CONNECT in use":            header(5),
		"CONNECTACK in use":         header(6),
	} {
		t.Run(name, func(t *testing.T) {
			port := free(t)
			_, r := add(t, newHub(t, clock.Real{}), config("pair", lease.Secondary, 2, 3, port))
			s := dialFrom(t, 3, at(2, port))
			s.send(1, goodConnect("pair"))
			hear[wire.CONNECTACK](s)
			await[Up](r)
			s.send(8, wire.UPDREQ{})
			s.nc.Write(octets)
			await[wire.UPDREQ](r)
			if d, _ := hear[wire.DISCONNECT](s); d.Reason != wire.ReasonUnknown || d.Text == "" {
				t.Errorf("got %+v", d)
			}
			s.end()
			if d := await[Down](r); d.Reason != wire.ReasonUnknown || d.ByPartner {
				t.Errorf("got %+v", d)
			}
		})
	}
}

func TestUnknownMessagesThatMayBeIgnored(t *testing.T) {
	port := free(t)
	_, r := add(t, newHub(t, clock.Real{}), config("pair", lease.Secondary, 2, 3, port))
	s := dialFrom(t, 3, at(2, port))
	s.send(1, goodConnect("pair"))
	hear[wire.CONNECTACK](s)
	await[Up](r)
	s.nc.Write([]byte{0, 13, 200, 12, 0, 0, 0, 0, 0, 0, 0, 9, 1})
	s.send(8, wire.UPDREQ{})
	await[wire.UPDREQ](r)
}

func TestMessageBeforeCONNECT(t *testing.T) {
	port := free(t)
	_, r := add(t, newHub(t, clock.Real{}), config("pair", lease.Secondary, 2, 3, port))
	s := dialFrom(t, 3, at(2, port))
	s.send(1, wire.UPDREQALL{})
	if d, _ := hear[wire.DISCONNECT](s); d.Text != "UPDREQALL before CONNECT and CONNECTACK" {
		t.Errorf("got %+v", d)
	}
	s.end()
	r.notice(NoticeRefusing)
	r.calm()
}

func TestOldDhcpdIsNamed(t *testing.T) {
	port := free(t)
	p, r := add(t, newHub(t, clock.Real{}), config("pair", lease.Secondary, 2, 3, port))
	s := dialFrom(t, 3, at(2, port))
	b := []byte{0, 0, 5, 12, 0, 0, 0, 0, 0, 0, 0, 9, 0, 11, 0, 10}
	b = append(b, "isc-V3.0.1"...)
	binary.BigEndian.PutUint16(b, uint16(len(b)))
	s.nc.Write(b)
	hear[wire.DISCONNECT](s)
	r.notice(NoticeRefusing)
	if got := p.Status().LastError; got[:28] != "the partner is a dhcpd 3.0, " {
		t.Errorf("shown as %q", got)
	}
}

func TestBothMain(t *testing.T) {
	port := free(t)
	_, a := add(t, newHub(t, clock.Real{}), config("pair", lease.Primary, 2, 3, port))
	_, b := add(t, newHub(t, clock.Real{}), config("pair", lease.Primary, 3, 2, port))
	for _, r := range []*recorder{a, b} {
		if n := r.notice(NoticeRefusing); n.Reason != wire.ReasonInvalidPartner || n.Text != `both servers are configured as main of "pair"` {
			t.Errorf("notice %+v", n)
		}
		r.calm()
	}
}

// Where both are backup nobody sends CONNECT: each is told so by the other, with
// the names that the pair has on both.
func TestBothBackup(t *testing.T) {
	port := free(t)
	a, b := config("pair", lease.Secondary, 2, 3, port), config("other", lease.Secondary, 3, 2, port)
	a.ConnectTimeout, b.ConnectTimeout = 3*time.Second, 3*time.Second
	_, one := add(t, newHub(t, clock.Real{}), a)
	_, two := add(t, newHub(t, clock.Real{}), b)
	for _, r := range []*recorder{one, two} {
		texts := ""
		for range 2 { // each refuses, and is refused
			select {
			case n := <-r.notices:
				texts += n.Text
			case <-time.After(within):
				t.Fatalf("%s: no more notices than %q", r.name, texts)
			}
		}
		for _, want := range []string{`the backup of "pair"`, `the backup of "other"`} {
			if !strings.Contains(texts, want) {
				t.Errorf("notices %q, want %s", texts, want)
			}
		}
	}
}

func TestNobodyThere(t *testing.T) {
	port := free(t)
	p, r := add(t, newHub(t, clock.Real{}), config("pair", lease.Primary, 2, 3, port))
	n := r.notice(NoticeNoAnswer)
	if want := "cannot connect to " + at(3, port).String() + ": connect: connection refused"; n.Text != want {
		t.Errorf("notice %q, want %q", n.Text, want)
	}
	if s := p.Status(); s.Connected || s.LastError != n.Text || s.Attempts < patience {
		t.Errorf("status %+v", s)
	}
}

// TestServerThatWasStopped finds, when it goes on, what its partner has tried
// and given up meanwhile: that must not come up for a moment each.
func TestServerThatWasStopped(t *testing.T) {
	for _, role := range []lease.Role{lease.Primary, lease.Secondary} {
		t.Run(role.String(), func(t *testing.T) {
			port := free(t)
			h := newHub(t, clock.NewManual(time.Now()))
			p, r := add(t, h, patient(role, port))
			ln := listenAt(t, at(4, port)) // where the attempts wait
			var waiting []net.Conn
			for range 5 {
				s := dialFrom(t, 3, at(4, port))
				if role == lease.Secondary {
					s.send(1, goodConnect("pair"))
				}
				nc, err := ln.Accept()
				if err != nil {
					t.Fatal(err)
				}
				waiting = append(waiting, nc)
				s.nc.Close()
			}
			for _, nc := range waiting {
				if role == lease.Primary {
					eventually(t, "the end of the connection arrives", func() bool { return stale(nc) })
				} else {
					eventually(t, "CONNECT arrives", func() bool { return !stale(nc) })
				}
				p.listener.take(nc)
			}
			s := dialFrom(t, 3, at(2, port))
			if role == lease.Primary {
				_, xid := hear[wire.CONNECT](s)
				s.send(xid, goodAck("pair"))
			} else {
				s.send(1, goodConnect("pair"))
				hear[wire.CONNECTACK](s)
			}
			await[Up](r)
			r.calm()
			if s := p.Status(); s.Connects != 1 || len(s.Refusals) > 0 {
				t.Errorf("status %+v", s)
			}
		})
	}
}
