package probe

import (
	"context"
	"errors"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"leasehold/internal/clock"
	"leasehold/internal/engine"
	"leasehold/internal/lease"
	"leasehold/internal/netio"
	"leasehold/internal/packet"
	"leasehold/internal/store"
	"leasehold/pkg/failover/wire"
	"leasehold/pkg/objects"
)

// wires are sockets on which nothing arrives, and that keep what is sent.
type wires struct {
	end  chan struct{}
	sent chan netio.Datagram
}

func (w *wires) Serve(func([]*netio.Packet)) error { <-w.end; return nil }

func (w *wires) Send(out []netio.Datagram) int {
	failed := 0
	for i := range out {
		select {
		case w.sent <- out[i]:
		default:
			out[i].Err = errors.New("the cable is full")
			failed++
		}
	}
	return failed
}
func (w *wires) Interface(int) (netio.Interface, bool) { return netio.Interface{}, false }
func (w *wires) Interfaces() []netio.Interface         { return nil }

var (
	subnet = netip.MustParseAddr("10.1.0.0")
	server = netip.MustParseAddr("10.1.0.1")
)

// serve runs the real engine on the test client, with a scope of one address.
func serve(t *testing.T, w *wires) (*Net, *engine.Server) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	leases, err := store.OpenLeases(filepath.Join(t.TempDir(), "leases.db"))
	must(err)
	n := New(w, clock.Real{})
	e := engine.New(engine.Deps{Clock: clock.Real{}, Table: lease.New(), Store: leases, Net: n, Workers: 1})
	cfg := objects.NewConfig()
	for _, o := range objects.Builtins() {
		cfg.Put(o)
	}
	scope := objects.New(objects.Scope, "office")
	scope.Attrs[objects.ScopeSubnet.Name] = "10.1.0.0/24"
	scope.Attrs[objects.ScopeRanges.Name] = "10.1.0.20-10.1.0.20"
	cfg.Put(scope)
	if report := e.Reload(cfg, false); len(report.Errors) > 0 {
		t.Fatal(report.Errors)
	}
	must(e.Start())
	t.Cleanup(func() {
		close(w.end)
		must(e.Close())
		must(leases.Close())
	})
	for n.deliver.Load() == nil {
		if !e.Running() {
			t.Fatal("the engine does not run")
		}
	}
	return n, e
}

// The running server gives the test client an address and has it back, and
// nothing of that is sent.
func TestLease(t *testing.T) {
	w := &wires{make(chan struct{}), make(chan netio.Datagram, 10)}
	n, e := serve(t, w)
	for range 3 { // the one address is free again each time
		got, err := n.Lease(context.Background(), subnet, server)
		if err != nil || got != netip.MustParseAddr("10.1.0.20") {
			t.Fatalf("got %v, %v", got, err)
		}
	}
	if len(w.sent) > 0 {
		t.Errorf("sent to the network: %v", <-w.sent)
	}
	if got, err := n.Lease(canceled(), subnet, server); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v, %v", got, err)
	}
	if err := e.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// While the test client waits, everybody else is answered as always, and a
// failure to send is told of the datagram that it is of.
func TestOthersAreAnswered(t *testing.T) {
	w := &wires{make(chan struct{}), make(chan netio.Datagram, 2)}
	n := New(w, clock.Real{})
	answers := make(chan *packet.Message, 1)
	n.answers.Store(&answers)
	answer := func(hw [6]byte) netio.Datagram {
		r := &packet.Reply{}
		r.Reset()
		r.Type, r.HType, r.HLen = packet.Offer, 1, 6
		copy(r.CHAddr[:], hw[:])
		data, _ := r.Append(nil, packet.MaxReplySize)
		return netio.Datagram{Data: data}
	}
	other := [6]byte{2, 0, 0, 0, 0, 1}
	out := []netio.Datagram{answer(other), answer(Hardware), answer(other), answer(other), answer(Hardware)}
	if failed := n.Send(out); failed != 1 || out[3].Err == nil || out[0].Err != nil || out[1].Err != nil || out[2].Err != nil || out[4].Err != nil {
		t.Errorf("%d failed: %v", failed, out)
	}
	if len(w.sent) != 2 || len(answers) != 1 {
		t.Errorf("%d sent, %d to the test client", len(w.sent), len(answers))
	}
}

// A server that does not know the subnet says nothing, and the test client
// gives up.
func TestSilence(t *testing.T) {
	w := &wires{make(chan struct{}), make(chan netio.Datagram, 2)}
	n, _ := serve(t, w)
	manual := clock.NewManual(time.Unix(1e9, 0))
	n.clock = manual
	done := make(chan error, 1)
	go func() {
		_, err := n.Lease(context.Background(), netip.MustParseAddr("10.9.0.0"), server)
		done <- err
	}()
	for {
		select {
		case err := <-done:
			if !errors.Is(err, ErrSilent) {
				t.Error(err)
			}
			return
		default:
			manual.Advance(time.Second)
		}
	}
}

func TestTheTestClientIsTheMainServers(t *testing.T) {
	hw := wire.HW{Type: 1, Len: 6}
	copy(hw.Addr[:], Hardware[:])
	if b := wire.Bucket("", hw); b >= 128 {
		t.Errorf("its bucket is %d", b)
	}
}
