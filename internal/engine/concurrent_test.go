package engine

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"

	"leasehold/internal/netio"
	"leasehold/internal/packet"
	"leasehold/pkg/objects"
)

// Many clients at once, on several sockets, while configurations are swapped
// and leases listed: every packet ends once, every client gets its lease, and
// no address is given to two.
func TestManyClientsWhileReloading(t *testing.T) {
	const sockets, clients, rounds = 4, 40, 5
	w := officeWorld(t, "max-dhcp-requests=100000", "drop-old-packets=600", "log-settings=default")
	if err := w.put("scope", "office", "subnet=10.0.0.0/16", "ranges=10.0.1.0-10.0.3.255"); err != nil {
		t.Fatal(err)
	}
	w.reload(t)
	stop := make(chan struct{})
	var background, senders sync.WaitGroup
	background.Go(func() { w.churn(t, stop) })
	for s := range sockets {
		senders.Go(func() {
			for round := range rounds {
				for c := range clients {
					w.exchange(uint32(s*clients+c), uint32(round))
				}
			}
		})
	}
	senders.Wait()
	close(stop)
	background.Wait()
	w.settle()
	if got, want := total(w), w.server.stats.received.Load(); got != want {
		t.Errorf("%d packets ended %d times", want, got)
	}
	held := map[netip.Addr]string{}
	for l := range w.table.All() {
		if l.Live() {
			if other, taken := held[l.Addr.Netip()]; taken {
				t.Errorf("%s is held by %s and %s", l.Addr, other, macText(l.HW))
			}
			held[l.Addr.Netip()] = macText(l.HW)
		}
	}
	if len(held) != sockets*clients {
		t.Errorf("%d leases, want %d; %v", len(held), sockets*clients, w.server.stats.total.list())
	}
}

func (w *world) reload(t *testing.T) {
	if r := w.server.Reload(w.cfg.Clone(), false); len(r.Errors) > 0 {
		t.Error(r.Errors[0])
	}
}

// churn reloads and lists until stop.
func (w *world) churn(t *testing.T, stop chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		if err := w.put("policy", "default", fmt.Sprintf("option.51=%d", 1000+i)); err != nil {
			t.Error(err)
		}
		w.reload(t)
		if err := w.server.ListLeases(t.Context(), LeaseFilter{}, func(*objects.Object) error { return nil }); err != nil {
			t.Error(err)
		}
		if _, err := w.server.Utilization(""); err != nil {
			t.Error(err)
		}
		w.server.Stats(nil, false)
	}
}

// exchange sends a client's DISCOVER and the REQUEST for its lease, as soon as
// the lease table knows it; it does not wait for the answers.
func (w *world) exchange(id, round uint32) {
	var r packet.Reply
	r.Reset()
	r.Op, r.Type, r.HType, r.HLen = packet.BootRequest, packet.Discover, 1, 6
	r.CHAddr = [16]byte{6, 0, byte(id >> 24), byte(id >> 16), byte(id >> 8), byte(id)}
	r.XID = id<<8 | round
	w.deliverReply(&r)
	hw := r.CHAddr
	for {
		for l := range w.table.All() {
			if l.HW.Addr == hw && l.Live() {
				r.Type = packet.Request
				r.AddAddr(packet.ServerIdentifier, netip.MustParseAddr("10.0.0.1"))
				r.AddAddr(packet.RequestedAddress, l.Addr.Netip())
				w.deliverReply(&r)
				return
			}
		}
	}
}

func (w *world) deliverReply(r *packet.Reply) {
	data, _ := r.Append(nil, 1400)
	w.inject(&netio.Packet{Data: data, IfIndex: 1, To: limitedBroadcast, Local: netip.MustParseAddr("10.0.0.1")})
}
