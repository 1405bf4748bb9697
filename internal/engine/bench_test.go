package engine

import (
	"fmt"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"leasehold/internal/lease"
	"leasehold/internal/netio"
	"leasehold/internal/packet"
)

// BenchmarkDORA takes DISCOVER and REQUEST of one client after the other
// through the real stages and the real committer, without sockets and disk:
// what the server itself costs. It must not grow with leases or scopes.
func BenchmarkDORA(b *testing.B) {
	for _, leases := range []int{1_000, 64_000, 1_000_000} {
		b.Run(fmt.Sprintf("leases=%d", leases), func(b *testing.B) { benchDORA(b, 1, leases) })
	}
	for _, scopes := range []int{1_000, 10_000} {
		b.Run(fmt.Sprintf("scopes=%d", scopes), func(b *testing.B) { benchDORA(b, scopes, 1_000) })
	}
}

// benchWorld has one big scope for the clients at 10.0.0.0/9, and others.
func benchWorld(b *testing.B, scopes int) *world {
	w := newWorld(b, false)
	w.net.quiet = true
	w.store.forgetful = true
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	must(w.put("dhcp", "", "log-settings=default", "max-dhcp-requests=100000"))
	must(w.put("policy", "default", "option.routers=10.0.0.254", "option.domain-name-servers=10.0.0.53", "option.domain-name=example.com"))
	must(w.put("scope", "big", "subnet=10.0.0.0/9", "ranges=10.0.1.0-10.127.255.250"))
	for i := 1; i < scopes; i++ {
		net := fmt.Sprintf("10.%d.%d", 128+i/256, i%256)
		must(w.put("scope", fmt.Sprintf("s%d", i), "subnet="+net+".0/24", "ranges="+net+".10-"+net+".250"))
	}
	return w
}

func benchDORA(b *testing.B, scopes, leases int) {
	w := benchWorld(b, scopes)
	fill(w, leases)
	w.start(b)
	discover, request := benchPacket(packet.Discover), benchPacket(packet.Request)
	b.ReportAllocs()
	b.ResetTimer()
	used := cpu()
	const batch = 64
	for i := 0; i < b.N; i += batch {
		n := min(batch, b.N-i)
		w.burst(discover, i, n)
		w.burst(request, i, n)
	}
	b.StopTimer()
	b.ReportMetric(float64(cpu()-used)/float64(b.N), "cpu-ns/op")
	if got := w.server.stats.total[Acked].Load(); got != uint64(b.N) {
		b.Fatalf("%d of %d were acknowledged: %v", got, b.N, w.server.stats.total.list())
	}
}

// start reloads with a store that keeps nothing, and begins.
func (w *world) start(b *testing.B) {
	if r := w.server.Reload(w.cfg, false); len(r.Errors) > 0 {
		b.Fatal(r.Errors[0])
	}
	w.begin()
}

// fill loads leases of other clients.
func fill(w *world, n int) {
	first := lease.AddrFrom(netip.MustParseAddr("10.0.1.0"))
	expires := w.clock.Now().Unix() + 1<<30
	for i := range n {
		mac := []byte{4, 0, byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)}
		w.table.Load(lease.Lease{
			Key: lease.Key{Addr: first + lease.Addr(i)}, State: lease.Leased, HW: lease.HardwareFrom(1, mac),
			StateStart: 1, Start: 1, Expiration: expires, LastTransaction: 1, Commit: 1,
		})
	}
}

func benchPacket(t packet.MessageType) []byte {
	var r packet.Reply
	r.Reset()
	r.Op, r.Type, r.HType, r.HLen = packet.BootRequest, t, 1, 6
	r.GIAddr = netip.MustParseAddr("10.0.0.254")
	r.Add(packet.ClientIdentifier, []byte{1, 2, 0, 0, 0, 0, 0})
	r.Add(packet.ParameterRequestList, []byte{1, 3, 6, 15, 51, 58, 59})
	if t == packet.Request {
		r.AddAddr(packet.ServerIdentifier, netip.MustParseAddr("10.0.0.1"))
		r.AddAddr(packet.RequestedAddress, netip.MustParseAddr("10.0.0.0"))
	}
	b, _ := r.Append(nil, 1400)
	return b
}

// burst sends the packet of clients i to i+n and waits for the answers. The
// address that a client requests is the one that its DISCOVER took.
func (w *world) burst(message []byte, i, n int) {
	for len(w.packets) < n {
		w.packets = append(w.packets, &netio.Packet{
			Data: make([]byte, 0, 1500), IfIndex: 1, To: limitedBroadcast, Local: netip.MustParseAddr("10.0.0.1"),
		})
	}
	for j := range n {
		p := w.packets[j]
		p.Data = append(p.Data[:0], message...)
		id := i + j
		mac := [6]byte{2, 1, byte(id >> 24), byte(id >> 16), byte(id >> 8), byte(id)}
		copy(p.Data[4:], mac[2:])
		copy(p.Data[28:], mac[:])
		if err := w.scratch.Decode(p.Data); err != nil {
			w.t.Fatal(err)
		}
		client := w.scratch.ClientID()
		copy(client[1:], mac[:])
		if w.scratch.Type == packet.Request {
			w.ofClient = w.table.ByClient(0, lease.ClientKey{ID: string(client)}, w.ofClient[:0])
			a := w.ofClient[0].Addr.Netip().As4()
			copy(w.scratch.Get(packet.RequestedAddress), a[:])
		}
	}
	w.net.deliver(w.packets[:n])
	w.settle()
}

// cpu is the processor time that this process has used.
func cpu() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// BenchmarkRenew extends leases that clients have, each with a commit.
func BenchmarkRenew(b *testing.B) {
	const clients = 64_000
	w := benchWorld(b, 1)
	if err := w.put("dhcp", "", "defer-lease-extensions=false"); err != nil {
		b.Fatal(err)
	}
	w.start(b)
	discover, request := benchPacket(packet.Discover), benchPacket(packet.Request)
	const batch = 64
	for i := 0; i < clients; i += batch {
		w.burst(discover, i, batch)
		w.burst(request, i, batch)
	}
	b.ReportAllocs()
	b.ResetTimer()
	used := cpu()
	for i := 0; i < b.N; i += batch {
		w.burst(request, i%clients, min(batch, b.N-i))
	}
	b.StopTimer()
	b.ReportMetric(float64(cpu()-used)/float64(b.N), "cpu-ns/op")
	if got := w.server.stats.total[Renewed].Load(); got != uint64(b.N) {
		b.Fatalf("%d of %d were renewed: %v", got, b.N, w.server.stats.total.list())
	}
}
