package lease

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// Each operation of the packet path at a thousand, 64 thousand and a million
// leases. What it costs may grow with the machine's caches only.

var benchSizes = []struct {
	name string
	n    int
}{{"1k", 1_000}, {"64k", 64_000}, {"1M", 1_000_000}}

// spare is how many addresses of a benchmark's scope are free.
const spare = 512

func benchmark(b *testing.B, first bool, run func(b *testing.B, t *Table, id ScopeID, n int, r *rand.Rand)) {
	for _, s := range benchSizes {
		b.Run("leases="+s.name, func(b *testing.B) {
			t, id := filled(b, s.n+spare, s.n, first)
			b.ReportAllocs()
			b.ResetTimer()
			run(b, t, id, s.n, rand.New(rand.NewPCG(1, 2)))
		})
	}
}

// benchClients is enough of them to leave the caches.
const benchClients = 1 << 15

// someLease is the key of one of the leases.
func someLease(r *rand.Rand, n int) (int, Key) {
	i := r.IntN(n)
	return i, Key{Addr: ip0 + Addr(i)}
}

var ip0 = ip("10.0.0.1")

// BenchmarkDiscoverNew offers an address to a new client, and takes it back.
func BenchmarkDiscoverNew(b *testing.B) {
	for _, first := range []bool{false, true} {
		b.Run(fmt.Sprintf("first-available=%v", first), func(b *testing.B) {
			benchmark(b, first, func(b *testing.B, t *Table, id ScopeID, n int, r *rand.Rand) {
				req := &Request{Scopes: []ScopeID{id}, Client: typical(n + 7), Now: 2000, Timeout: offerTime}
				for b.Loop() {
					l, v := t.Allocate(req)
					if v != GaveNew {
						b.Fatal(v)
					}
					t.Change(l.Key, func(l Lease, _ Place) (Lease, bool) { return Expire(l, 3000, 0), true })
				}
			})
		})
	}
}

// BenchmarkDiscoverUsed is the same when all addresses have been used before:
// the one that has been available longest is given.
func BenchmarkDiscoverUsed(b *testing.B) {
	benchmark(b, false, func(b *testing.B, t *Table, id ScopeID, n int, r *rand.Rand) {
		for i := range n / 2 {
			t.Change(Key{Addr: ip0 + Addr(i)}, func(l Lease, _ Place) (Lease, bool) { return Release(l, 1000+int64(i), 0), true })
		}
		req := &Request{Scopes: []ScopeID{id}, Client: typical(n + 7), Now: 2000, Timeout: offerTime}
		for range spare {
			req.Client.ClientID += "x"
			t.Allocate(req)
		}
		req.Client.ClientID += "y"
		b.ResetTimer()
		now := int64(100_000_000)
		for b.Loop() {
			now++
			req.Now = now
			l, v := t.Allocate(req)
			if v != GaveNew {
				b.Fatal(v)
			}
			t.Change(l.Key, func(l Lease, _ Place) (Lease, bool) { return ForceAvailable(l, now), true })
		}
	})
}

// BenchmarkDiscoverAgain offers a client the lease that it holds.
func BenchmarkDiscoverAgain(b *testing.B) {
	benchmark(b, false, func(b *testing.B, t *Table, id ScopeID, n int, r *rand.Rand) {
		clients := make([]Client, benchClients)
		for i := range clients {
			clients[i] = typical(r.IntN(n))
		}
		req := &Request{Scopes: []ScopeID{id}, Now: 2000, Timeout: offerTime}
		b.ResetTimer()
		for i := 0; b.Loop(); i++ {
			req.Client = clients[i%len(clients)]
			if _, v := t.Allocate(req); v != GavePrevious {
				b.Fatal(v)
			}
		}
	})
}

func BenchmarkRenew(b *testing.B) {
	benchmark(b, false, func(b *testing.B, t *Table, id ScopeID, n int, r *rand.Rand) {
		clients := make([]Client, benchClients)
		keys := make([]Key, len(clients))
		for i := range clients {
			var j int
			j, keys[i] = someLease(r, n)
			clients[i] = typical(j)
		}
		b.ResetTimer()
		for i := 0; b.Loop(); i++ {
			c := clients[i%len(clients)]
			t.Change(keys[i%len(keys)], func(l Lease, _ Place) (Lease, bool) {
				return Acknowledge(l, c, 2000, int64(90_000+i)), true
			})
		}
	})
}

func BenchmarkGet(b *testing.B) {
	benchmark(b, false, func(b *testing.B, t *Table, id ScopeID, n int, r *rand.Rand) {
		for b.Loop() {
			_, k := someLease(r, n)
			t.Get(k)
		}
	})
}

func BenchmarkByClient(b *testing.B) {
	benchmark(b, false, func(b *testing.B, t *Table, id ScopeID, n int, r *rand.Rand) {
		keys := make([]ClientKey, benchClients)
		for i := range keys {
			c := typical(r.IntN(n))
			keys[i] = c.Key()
		}
		var buf []Lease
		b.ResetTimer()
		for i := 0; b.Loop(); i++ {
			if buf = t.ByClient(0, keys[i%len(keys)], buf[:0]); len(buf) != 1 {
				b.Fatal(len(buf))
			}
		}
	})
}

// BenchmarkReleaseAndBack releases a lease and gives it out again.
func BenchmarkReleaseAndBack(b *testing.B) {
	benchmark(b, false, func(b *testing.B, t *Table, id ScopeID, n int, r *rand.Rand) {
		for b.Loop() {
			_, k := someLease(r, n)
			t.Change(k, func(l Lease, _ Place) (Lease, bool) { return Release(l, 2000, time.Minute), true })
			t.Change(k, func(l Lease, _ Place) (Lease, bool) {
				l.State, l.Expiration = Leased, 90_000
				return l, true
			})
		}
	})
}

// BenchmarkExpire moves on the lease that is due next, which then becomes the
// last.
func BenchmarkExpire(b *testing.B) {
	benchmark(b, false, func(b *testing.B, t *Table, id ScopeID, n int, r *rand.Rand) {
		for b.Loop() {
			at, _ := t.NextDeadline()
			l := t.Due(at, 1)[0]
			t.Change(l.Key, func(l Lease, _ Place) (Lease, bool) {
				l.Expiration += 100_000
				return l, true
			})
		}
	})
}

func BenchmarkCounters(b *testing.B) {
	benchmark(b, false, func(b *testing.B, t *Table, id ScopeID, n int, r *rand.Rand) {
		for b.Loop() {
			t.Counters(id)
		}
	})
}

// BenchmarkListPage reads one page of a listing: the longest that a report
// holds the lock.
func BenchmarkListPage(b *testing.B) {
	benchmark(b, false, func(b *testing.B, t *Table, id ScopeID, n int, r *rand.Rand) {
		buf := make([]Lease, 0, pageSize)
		for b.Loop() {
			_, k := someLease(r, n)
			buf, _, _ = t.List(id, k.Addr, false, buf)
		}
	})
}

// BenchmarkNearlyFull gives and takes back the last address of ranges up to 8
// million addresses.
func BenchmarkNearlyFull(b *testing.B) {
	for _, size := range []int{1_000, 64_000, 8_000_000} {
		b.Run(fmt.Sprintf("range=%d", size), func(b *testing.B) {
			t := New()
			if _, err := t.Configure([]Scope{bigScope(size, true)}); err != nil {
				b.Fatal(err)
			}
			id, _ := t.ScopeID("big")
			last := ip("10.0.0.0") + Addr(size)
			takeAllBut(t, id, []Addr{last})
			req := &Request{Scopes: []ScopeID{id}, Client: typical(7), Now: 2000, Timeout: offerTime}
			b.ReportAllocs()
			for b.Loop() {
				l, v := t.Allocate(req)
				if v != GaveNew || l.Addr != last {
					b.Fatal(v)
				}
				t.Change(l.Key, func(l Lease, _ Place) (Lease, bool) { return Expire(l, 3000, 0), true })
			}
		})
	}
}

// BenchmarkLoad is the start of a server, per lease; it reports what a lease
// costs in memory.
func BenchmarkLoad(b *testing.B) {
	for _, s := range benchSizes {
		b.Run("leases="+s.name, func(b *testing.B) {
			before := heapInUse()
			var t *Table
			for b.Loop() {
				t, _ = filled(b, s.n+spare, s.n, false)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*s.n), "ns/lease")
			b.ReportMetric(float64(heapInUse()-before)/float64(s.n), "B/lease")
			t.Len()
		})
	}
}

// BenchmarkReload configures again what is configured, with nothing, one range
// and everything changed, at a million leases.
func BenchmarkReload(b *testing.B) {
	const n = 1_000_000
	t, _ := filled(b, n+spare, n, false)
	same := bigScope(n+spare, false)
	wider := bigScope(n+2*spare, false)
	renamed := same
	renamed.Name = "renamed"
	paired := same
	paired.Role = Secondary
	for _, c := range []struct {
		name string
		to   [2][]Scope
	}{
		{"nothing", [2][]Scope{{same}, {same}}},
		{"range", [2][]Scope{{wider}, {same}}},
		{"park-and-return", [2][]Scope{nil, {same}}},
		{"rename", [2][]Scope{{renamed}, {same}}},
		{"role", [2][]Scope{{paired}, {same}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				if _, err := t.Configure(c.to[i%2]); err != nil {
					b.Fatal(err)
				}
			}
			if _, err := t.Configure([]Scope{same}); err != nil {
				b.Fatal(err)
			}
		})
	}
}
