package link

import (
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"leasehold/internal/clock"
	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// within bounds every wait of the tests.
const within = 20 * time.Second

// recorder is a handler that queues what it is told.
type recorder struct {
	tb      testing.TB
	name    string
	events  chan any
	notices chan Notice
}

func newRecorder(tb testing.TB, name string) *recorder {
	return &recorder{tb: tb, name: name, events: make(chan any, 10000), notices: make(chan Notice, 1000)}
}

func (r *recorder) Up(u Up)                { r.events <- u }
func (r *recorder) Message(m wire.Message) { r.events <- m }
func (r *recorder) Down(d Down)            { r.events <- d }
func (r *recorder) Notice(n Notice) {
	r.tb.Logf("%s: notice %v: %v %s", r.name, n.Kind, uint8(n.Reason), n.Text)
	r.notices <- n
}

// await returns the next event of type T, skipping CONTACTs; another is a failure.
func await[T any](r *recorder) T {
	r.tb.Helper()
	late := time.After(within)
	for {
		select {
		case e := <-r.events:
			if m, ok := e.(wire.Message); ok {
				if _, ok := m.Body.(wire.CONTACT); ok {
					if _, want := any(*new(T)).(wire.CONTACT); want {
						return any(wire.CONTACT{}).(T)
					}
					continue
				}
				if body, ok := m.Body.(T); ok {
					return body
				}
			}
			if t, ok := e.(T); ok {
				return t
			}
			r.tb.Fatalf("%s: got %T %+v, want %T", r.name, e, e, *new(T))
		case <-late:
			r.tb.Fatalf("%s: no %T came", r.name, *new(T))
		}
	}
}

func (r *recorder) notice(kind NoticeKind) Notice {
	r.tb.Helper()
	late := time.After(within)
	for {
		select {
		case n := <-r.notices:
			if n.Kind == kind {
				return n
			}
		case <-late:
			r.tb.Fatalf("%s: no notice %v came", r.name, kind)
		}
	}
}

// calm fails if anything was told.
func (r *recorder) calm() {
	r.tb.Helper()
	select {
	case e := <-r.events:
		r.tb.Fatalf("%s: unexpected %T %+v", r.name, e, e)
	default:
	}
}

// free is a port that nobody listens on at any loopback address.
func free(tb testing.TB) uint16 {
	tb.Helper()
	ln, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer ln.Close()
	return addrPort(ln.Addr()).Port()
}

func at(host byte, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, host}), port)
}

func half(p *wire.Profile) wire.HBA { return p.Split(128) }

// config is a relationship of 127.0.0.host with 127.0.0.partner. Times are
// short, but long against what a loaded machine needs for a packet.
func config(name string, role lease.Role, host, partner byte, port uint16) Config {
	return Config{
		Name: name, Role: role, Local: at(host, port), Partner: at(partner, port),
		PollInterval: time.Second, PollTimeout: 30 * time.Second, Retry: 200 * time.Millisecond,
		RefusedRetry: time.Second, MCLT: 3600, HBA: half, Vendor: wire.VendorPrefix + "test",
	}
}

func newHub(tb testing.TB, c clock.Clock) *Hub {
	h := NewHub(c, func(n Notice) { tb.Logf("hub: notice %v: %s", n.Kind, n.Text) })
	tb.Cleanup(func() { h.Close("the test is over") })
	return h
}

func add(tb testing.TB, h *Hub, cfg Config) (*Peer, *recorder) {
	tb.Helper()
	r := newRecorder(tb, fmt.Sprintf("%s at %v", cfg.Name, cfg.Local.Addr()))
	p, err := h.Add(cfg, r)
	if err != nil {
		tb.Fatal(err)
	}
	return p, r
}

// eventually waits for a condition that no event announces.
func eventually(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	late := time.Now().Add(within)
	for !ok() {
		if time.Now().After(late) {
			tb.Fatalf("not within %v: %s", within, what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// stranger is the other end of a connection, spoken by hand.
type stranger struct {
	tb testing.TB
	nc net.Conn
	in *intake
}

// dialFrom connects from an address of the test's choice.
func dialFrom(tb testing.TB, host byte, to netip.AddrPort) *stranger {
	tb.Helper()
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(at(host, 0)), Timeout: within}
	nc, err := d.Dial("tcp", to.String())
	if err != nil {
		tb.Fatal(err)
	}
	return newStranger(tb, nc)
}

func newStranger(tb testing.TB, nc net.Conn) *stranger {
	tb.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(within))
	return &stranger{tb, nc, newIntake(nc)}
}

func (s *stranger) send(xid uint32, body wire.Body) {
	s.tb.Helper()
	s.sendAt(time.Now().Unix(), xid, body)
}

func (s *stranger) sendAt(now int64, xid uint32, body wire.Body) {
	s.tb.Helper()
	frame, err := wire.Draft.Encode(wire.Message{Time: wire.TimeOf(now), XID: xid, Body: body})
	if err != nil {
		s.tb.Fatal(err)
	}
	if _, err := s.nc.Write(frame); err != nil {
		s.tb.Fatal(err)
	}
}

// hear returns the next message, which must be a T, skipping CONTACTs.
func hear[T wire.Body](s *stranger) (T, uint32) {
	s.tb.Helper()
	for {
		m, err := s.in.receive()
		if err != nil {
			s.tb.Fatalf("want %T, got %v", *new(T), err)
		}
		if body, ok := m.Body.(T); ok {
			return body, m.XID
		}
		if _, ok := m.Body.(wire.CONTACT); !ok {
			s.tb.Fatalf("want %T, got %v", *new(T), m)
		}
	}
}

// end waits until the connection is closed.
func (s *stranger) end() {
	s.tb.Helper()
	for {
		m, err := s.in.receive()
		if err != nil {
			if ne, ok := err.(net.Error); ok && ne.Timeout() {
				s.tb.Fatal("the connection was not closed")
			}
			return
		}
		if _, ok := m.Body.(wire.CONTACT); !ok {
			s.tb.Fatalf("want the end, got %v", m)
		}
	}
}

// listenAt takes the place of a partner that is connected to.
func listenAt(tb testing.TB, a netip.AddrPort) net.Listener {
	tb.Helper()
	ln, err := net.Listen("tcp", a.String())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { ln.Close() })
	return ln
}

func accept(tb testing.TB, ln net.Listener) *stranger {
	tb.Helper()
	nc, err := ln.Accept()
	if err != nil {
		tb.Fatal(err)
	}
	return newStranger(tb, nc)
}

func goodConnect(name string) wire.CONNECT {
	hba := wire.Draft.Split(128)
	return wire.CONNECT{
		Relationship: name, MaxUnacked: 10, ReceiveTimer: 30, VendorClass: "other-1", Version: 1,
		TLS: wire.TLSNone, MCLT: 3600, HBA: &hba,
	}
}

func goodAck(name string) wire.CONNECTACK {
	return wire.CONNECTACK{
		Relationship: name, MaxUnacked: 10, ReceiveTimer: 30, VendorClass: "other-1", Version: 1, TLS: wire.TLSNone,
	}
}
