package netio

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"leasehold/internal/clock"
)

// network is a LAN with a router at its far end (the client's side of the first
// wire): 10.60/16 is unreachable there, and 10.61/16 is behind it and too far away,
// because the server's datagrams live for one hop.
func network(t *testing.T) *lan {
	l := newLAN(t)
	l.client.ip("addr add 10.99.0.2/24 dev c0")
	l.client.ip("route add unreachable 10.60.0.0/16")
	l.client.ip("route add 10.61.0.0/16 dev c1")
	for _, n := range []*namespace{l.server, l.client} {
		run(t, "ip", "netns", "exec", n.name, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.ip_default_ttl=1",
			"net.ipv4.icmp_ratelimit=0", "net.ipv4.icmp_msgs_per_sec=100000",
			"net.ipv4.icmp_msgs_burst=10000")
	}
	l.server.ip("route add 10.60.0.0/15 via 10.99.0.2")
	return l
}

func answer(tb testing.TB, answers <-chan Answer) Answer {
	tb.Helper()
	select {
	case a := <-answers:
		return a
	case <-time.After(patienceOf):
		tb.Fatal("the request never ended")
		return 0
	}
}

// newPingerIn opens a pinger in the namespace, with or without privilege.
func newPingerIn(n *namespace, c clock.Clock, root bool) *Pinger {
	n.tb.Helper()
	var p *Pinger
	n.do(func() {
		if !root {
			run(n.tb, "ip", "netns", "exec", n.name, "sysctl", "-qw", "net.ipv4.ping_group_range=0 0")
			if err := dropCapabilities(); err != nil {
				n.tb.Error(err)
			}
		}
		var err error
		if p, err = NewPinger(c); err != nil {
			n.tb.Error(err)
		}
	})
	if p.socket.raw != root {
		n.tb.Fatalf("raw socket: %v", p.socket.raw)
	}
	n.tb.Cleanup(p.Close)
	return p
}

func TestPing(t *testing.T) {
	for _, kind := range []string{"raw", "unprivileged"} {
		t.Run(kind, func(t *testing.T) {
			l := network(t)
			clk := clock.NewManual(time.Unix(1e9, 0))
			p := newPingerIn(l.server, clk, kind == "raw")
			answers := make(chan Answer, 10)
			for _, c := range []struct {
				what, addr string
				want       Answer
			}{
				{"living", "10.99.0.2", Replied},
				{"own", "10.99.0.1", Replied},
				{"unreachable behind the router", "10.60.0.1", Unreachable},
				{"too far", "10.61.0.1", TTLExpired},
				{"no route", "192.0.2.1", Unreachable},
				{"broadcast", "10.99.0.255", NotSent},
				{"IPv6", "::1", NotSent},
				{"living again", "10.99.0.2", Replied},
			} {
				p.Ping(netip.MustParseAddr(c.addr), time.Second, func(a Answer) { answers <- a })
				if got := answer(t, answers); got != c.want {
					t.Errorf("%s: %v, want %v", c.what, got, c.want)
				}
			}
			// Nobody has this address: the clock decides, and not a moment early.
			p.Ping(netip.MustParseAddr("10.99.1.77"), 300*time.Millisecond, func(a Answer) { answers <- a })
			p.Ping(netip.MustParseAddr("10.99.1.78"), 200*time.Millisecond, func(Answer) { answers <- 0 })
			clk.Advance(299 * time.Millisecond)
			if got := answer(t, answers); got != 0 || p.Outstanding() != 1 {
				t.Errorf("first to end: %v, %d outstanding", got, p.Outstanding())
			}
			clk.Advance(time.Millisecond)
			if got := answer(t, answers); got != TimedOut || p.Outstanding() != 0 {
				t.Errorf("dead: %v, %d outstanding", got, p.Outstanding())
			}
		})
	}
}

// Thousands at once, each told once and of its own address.
func TestPingMany(t *testing.T) {
	l := network(t)
	l.client.ip("route add local 10.62.0.0/17 dev lo") // half of them live
	l.server.ip("route add 10.62.0.0/16 via 10.99.0.2")
	l.client.ip("route add blackhole 10.62.128.0/17")
	clk := clock.NewManual(time.Unix(1e9, 0))
	p := newPingerIn(l.server, clk, true)
	const n = 4000
	var mu sync.Mutex
	told := map[netip.Addr]Answer{}
	live, all := make(chan struct{}), make(chan struct{})
	for i := range n {
		addr := netip.AddrFrom4([4]byte{10, 62, byte(i&1)<<7 | byte(i>>8), byte(i)})
		p.Ping(addr, time.Second, func(a Answer) {
			mu.Lock()
			defer mu.Unlock()
			if told[addr] != 0 {
				t.Errorf("%v was told twice", addr)
			}
			told[addr] = a
			switch len(told) {
			case n / 2:
				close(live)
			case n:
				close(all)
			}
		})
	}
	wait := func(what string, c <-chan struct{}) {
		t.Helper()
		select {
		case <-c:
		case <-time.After(patienceOf):
			t.Fatalf("%s: %d outstanding", what, p.Outstanding())
		}
	}
	wait("the living", live)
	if got := p.Outstanding(); got != n/2 {
		t.Errorf("%d outstanding, want %d", got, n/2)
	}
	clk.Advance(time.Second)
	wait("the dead", all)
	for addr, a := range told {
		want := Replied
		if addr.As4()[2]&0x80 != 0 {
			want = TimedOut
		}
		if a != want {
			t.Fatalf("%v: %v, want %v", addr, a, want)
		}
	}
}

// A callback may hold whatever locks its caller held, and Close ends everything.
func TestPingCallbacksAndClose(t *testing.T) {
	p, err := NewPinger(clock.NewManual(time.Unix(1e9, 0)))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	answers := make(chan Answer, 3)
	tell := func(a Answer) {
		mu.Lock()
		defer mu.Unlock()
		answers <- a
	}
	mu.Lock()
	p.Ping(broadcast, time.Second, tell) // fails at once
	p.Ping(localhost, time.Second, tell) // answered at once
	mu.Unlock()
	got := fmt.Sprint(answer(t, answers), answer(t, answers))
	if !strings.Contains(got, NotSent.String()) || !strings.Contains(got, Replied.String()) {
		t.Errorf("got %s", got)
	}
	p.mu.Lock()
	p.bySeq[p.seq+1] = &echo{to: localhost, seq: p.seq + 1, tell: tell} // one that nobody answers
	p.mu.Unlock()
	p.Close()
	if a := answer(t, answers); a != NotSent {
		t.Errorf("outstanding at Close: %v", a)
	}
	p.Ping(localhost, time.Second, tell)
	if a := answer(t, answers); a != NotSent {
		t.Errorf("after Close: %v", a)
	}
	p.Close()
}

// Without any privilege there is no pinger, and the reason is named.
func TestPingerRefused(t *testing.T) {
	n := newNamespace(t)
	run(t, "ip", "netns", "exec", n.name, "sysctl", "-qw", "net.ipv4.ping_group_range=1 0")
	n.do(func() {
		if err := dropCapabilities(); err != nil {
			t.Error(err)
		}
		_, err := NewPinger(clock.Real{})
		if err == nil || !strings.Contains(err.Error(), "ping_group_range") || !strings.Contains(err.Error(), "CAP_NET_RAW") {
			t.Errorf("got %v", err)
		}
	})
}

// What comes as ICMP and is no answer to us, or is forged, ends nothing.
func TestPingForged(t *testing.T) {
	p, err := NewPinger(clock.NewManual(time.Unix(1e9, 0)))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	dead := netip.MustParseAddr("240.0.0.1")
	answers := make(chan Answer, 1)
	p.mu.Lock()
	p.bySeq[7] = &echo{to: dead, seq: 7, tell: func(a Answer) { answers <- a }}
	p.mu.Unlock()
	secret := p.secret[:]
	wrong := make([]byte, echoPayload)
	for what, n := range map[string]news{
		"another address": {to: localhost, id: p.id, seq: 7, answer: Replied, payload: secret},
		"another id":      {to: dead, id: p.id + 1, seq: 7, answer: Replied, payload: secret},
		"another number":  {to: dead, id: p.id, seq: 8, answer: Replied, payload: secret},
		"no secret":       {to: dead, id: p.id, seq: 7, answer: Replied},
		"wrong secret":    {to: dead, id: p.id, seq: 7, answer: Replied, payload: wrong},
	} {
		p.heard(n)
		select {
		case a := <-answers:
			t.Errorf("%s: %v", what, a)
		default:
		}
	}
	p.heard(news{to: dead, id: p.id, seq: 7, answer: Replied, payload: secret})
	if a := answer(t, answers); a != Replied {
		t.Errorf("the real one: %v", a)
	}
}

func FuzzParseICMP(f *testing.F) {
	request := echoRequest(1, 2, [echoPayload]byte{3})
	reply := request
	reply[0] = icmpEchoReply
	f.Add(reply[:])
	f.Add(request[:])
	quoted := append([]byte{0: 0x45, 9: 1, 16: 10, 19: 0}, request[:8]...)
	f.Add(append([]byte{icmpUnreachable, 1, 0, 0, 0, 0, 0, 0}, quoted...))
	f.Add(append([]byte{icmpTimeExceeded, 0, 0, 0, 0, 0, 0, 0}, quoted...))
	f.Add(append([]byte{0: 0x4f, 9: 1, 19: 0}, reply[:]...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, inner, ok := stripIP(b, 12); ok {
			parseICMP(localhost, inner)
		}
		n, ok := parseICMP(localhost, b)
		if ok && n.answer != Replied && (len(b) < 8+ipv4Len+8 || n.to == netip.Addr{}) {
			t.Fatalf("%d octets gave %+v", len(b), n)
		}
	})
}
