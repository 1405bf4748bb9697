package link

import (
	"crypto/rand"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"leasehold/internal/clock"
	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// TestHostileConnections: whatever comes from the partner's address, or from
// any other, the connection in use goes on, and little is held.
func TestHostileConnections(t *testing.T) {
	port := free(t)
	h := newHub(t, clock.Real{})
	p, r := add(t, h, config("pair", lease.Secondary, 2, 3, port))
	_, q := add(t, newHub(t, clock.Real{}), config("pair", lease.Primary, 3, 2, port))
	toMain, toBackup := await[Up](r).Conn, await[Up](q).Conn
	before := runtime.NumGoroutine()

	giant := append([]byte{0x08, 0x00, 3, 12}, make([]byte, 1000)...)
	noise := make([]byte, 4096)
	rand.Read(noise)
	attacks := []func(nc net.Conn){
		func(net.Conn) {},
		func(nc net.Conn) { nc.Write(noise) },
		func(nc net.Conn) { nc.Write(giant) },
		func(nc net.Conn) { nc.Write([]byte{0}) },
		func(nc net.Conn) { nc.Write(make([]byte, 100000)) },
		func(nc net.Conn) { nc.(*net.TCPConn).CloseWrite() },
	}
	var wg sync.WaitGroup
	for worker := range 8 {
		host := byte(3) // the partner's
		if worker%2 == 1 {
			host = 9
		}
		wg.Go(func() {
			var held []net.Conn
			d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(at(host, 0))}
			for i := range 250 {
				nc, err := d.Dial("tcp", at(2, port).String())
				if err != nil {
					t.Error(err)
					return
				}
				attacks[i%len(attacks)](nc)
				held = append(held, nc)
			}
			for _, nc := range held {
				nc.Close()
			}
		})
	}
	for i := range 500 {
		toMain.Send(uint32(i+2), wire.UPDREQ{})
		toBackup.Send(uint32(i+2), wire.UPDREQALL{})
		await[wire.UPDREQ](q)
		await[wire.UPDREQALL](r)
		if l := p.listener; i%10 == 0 {
			l.mu.Lock()
			if n := len(l.pending); n > maxPending {
				t.Errorf("%d connections wait", n)
			}
			l.mu.Unlock()
		}
	}
	wg.Wait()
	r.calm()
	q.calm()
	if s := p.Status(); s.Connects != 1 || !s.Connected || len(s.Refusals) > 3 {
		t.Errorf("status %+v", s)
	}
	eventually(t, "all strangers are counted", func() bool { return h.Strangers()[at(9, 0).Addr()] == 4*250 })
	eventually(t, "the goroutines end", func() bool { return runtime.NumGoroutine() <= before+len(attacks) })
}

// TestConnectUnderAttack: a good partner gets through a crowd from its own address.
func TestConnectUnderAttack(t *testing.T) {
	port := free(t)
	_, r := add(t, newHub(t, clock.Real{}), config("pair", lease.Secondary, 2, 3, port))
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(at(3, 0))}
			var held []net.Conn
			for {
				select {
				case <-stop:
					for _, nc := range held {
						nc.Close()
					}
					return
				default:
				}
				if nc, err := d.Dial("tcp", at(2, port).String()); err == nil {
					held = append(held, nc)
				}
				if len(held) > 200 {
					held[0].Close()
					held = held[1:]
				}
			}
		})
	}
	_, q := add(t, newHub(t, clock.Real{}), config("pair", lease.Primary, 3, 2, port))
	await[Up](q)
	await[Up](r)
	close(stop)
	wg.Wait()
	r.calm()
}

// TestOctetByOctet: a CONNECT that trickles in has no more time than another.
func TestOctetByOctet(t *testing.T) {
	port := free(t)
	clk := clock.NewManual(time.Unix(1e9, 0))
	_, r := add(t, newHub(t, clk), patient(lease.Secondary, port))
	frame, err := wire.Draft.Encode(wire.Message{Body: goodConnect("pair")})
	if err != nil {
		t.Fatal(err)
	}
	slow := dialFrom(t, 3, at(2, port))
	for i := range 14 {
		slow.nc.Write(frame[i : i+1])
		clk.Advance(time.Second)
	}
	eventually(t, "it is closed after 15 seconds", func() bool {
		clk.Advance(time.Second)
		slow.nc.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
		_, err := slow.nc.Read(make([]byte, 1))
		ne, ok := err.(net.Error)
		return err != nil && !(ok && ne.Timeout())
	})
	r.calm()
}

// TestStuckPartner: one that sends and takes nothing does not hold us up.
func TestStuckPartner(t *testing.T) {
	port := free(t)
	_, r := add(t, newHub(t, clock.Real{}), config("pair", lease.Secondary, 2, 3, port))
	s := dialFrom(t, 3, at(2, port))
	s.send(1, goodConnect("pair"))
	c := await[Up](r).Conn
	b := wire.BNDUPD{Bindings: []wire.Binding{{Address: netip.MustParseAddr("10.0.0.1"), Status: wire.StatusFree}}}
	sent := 0
	for c.Send(2, b) == nil {
		sent++
	}
	if d := await[Down](r); d.Text != errOverflow.Error() || d.ByPartner {
		t.Errorf("got %+v", d)
	}
	if sent < 10000 {
		t.Errorf("only %d messages wait", sent)
	}
}

// TestSlowHandler: reading goes on while the handler is busy, and its slowness
// is not the partner's silence.
func TestSlowHandler(t *testing.T) {
	port := free(t)
	clk := clock.NewManual(time.Now())
	slow := &blocking{recorder: newRecorder(t, "slow"), gate: make(chan struct{})}
	if _, err := newHub(t, clk).Add(patient(lease.Secondary, port), slow); err != nil {
		t.Fatal(err)
	}
	s := dialFrom(t, 3, at(2, port))
	s.send(1, goodConnect("pair"))
	hear[wire.CONNECTACK](s)
	c := await[Up](slow.recorder).Conn
	const n = backlog + 2000
	go func() {
		for i := range n {
			s.send(uint32(i), wire.UPDREQ{})
		}
	}()
	eventually(t, "the handler is far behind", c.held.Load)
	for range 5 {
		clk.Advance(30 * time.Second)
	}
	close(slow.gate)
	for i := range n {
		if m := await[wire.Message](slow.recorder); m.XID != uint32(i) {
			t.Fatalf("message %d has xid %d", i, m.XID)
		}
	}
	slow.calm()
}

type blocking struct {
	*recorder
	gate chan struct{}
}

func (b *blocking) Message(m wire.Message) {
	<-b.gate
	b.recorder.Message(m)
}
