package lease

import (
	"math/rand/v2"
	"runtime"
	"testing"
)

// What failover adds, at the sizes of the other benchmarks.

// inPair makes a lease of filled one of a relationship that the partner has
// acknowledged.
func inPair(l Lease) Lease {
	l.Flags |= FailoverUpdated
	l.Failover = Failover{SentPE: l.Expiration + 1800, AckPE: l.Expiration + 1800, Told: true}
	return l
}

// filledPair is filled for a primary.
func filledPair(tb testing.TB, size, n int) (*Table, ScopeID) {
	tb.Helper()
	t := New()
	s := bigScope(size, false)
	s.Role = Primary
	if _, err := t.Configure([]Scope{s}); err != nil {
		tb.Fatal(err)
	}
	for i := range n {
		l := Acknowledge(Lease{Key: Key{Addr: ip("10.0.0.1") + Addr(i)}}, typical(i), 1000, 1000+int64(i%86400)+3600)
		l.Commit = 1
		t.Load(inPair(l))
	}
	id, _ := t.ScopeID("big")
	return t, id
}

func benchmarkPair(b *testing.B, run func(b *testing.B, t *Table, id ScopeID, n int, r *rand.Rand)) {
	for _, s := range benchSizes {
		b.Run("leases="+s.name, func(b *testing.B) {
			t, id := filledPair(b, s.n+spare, s.n)
			b.ReportAllocs()
			b.ResetTimer()
			run(b, t, id, s.n, rand.New(rand.NewPCG(1, 2)))
		})
	}
}

// TestMemoryPerSharedLease is TestMemoryPerLease with what failover keeps.
func TestMemoryPerSharedLease(t *testing.T) {
	n := 1_000_000
	if testing.Short() {
		n = 100_000
	}
	before := heapInUse()
	table, _ := filledPair(t, 2*n, n)
	per := float64(heapInUse()-before) / float64(n)
	t.Logf("%.0f bytes a lease at %d leases", per, n)
	if per >= 250 {
		t.Errorf("%.0f bytes a lease, want less than 250", per)
	}
	runtime.KeepAlive(table)
}

// BenchmarkPairRenew renews a lease and takes the partner's acknowledgement.
func BenchmarkPairRenew(b *testing.B) {
	benchmarkPair(b, func(b *testing.B, t *Table, id ScopeID, n int, r *rand.Rand) {
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
				l = Acknowledge(l, c, 2000, int64(90_000+i))
				l.Failover.SentPE = l.Expiration + 1800
				return l, true
			})
			t.Change(keys[i%len(keys)], func(l Lease, _ Place) (Lease, bool) { return inPair(l), true })
		}
	})
}

// BenchmarkUnacked finds the only ten unacknowledged leases.
func BenchmarkUnacked(b *testing.B) {
	benchmarkPair(b, func(b *testing.B, t *Table, id ScopeID, n int, r *rand.Rand) {
		for range 10 {
			_, k := someLease(r, n)
			t.Change(k, func(l Lease, _ Place) (Lease, bool) { l.own(); return l, true })
		}
		g := t.Group([]ScopeID{id})
		buf := make([]Lease, 0, 20)
		for b.Loop() {
			if got := g.Unacked(Key{}, 20, buf); len(got) == 0 || len(got) > 10 {
				b.Fatal(len(got))
			}
		}
	})
}

// BenchmarkGroupPage reads 256 leases of a relationship.
func BenchmarkGroupPage(b *testing.B) {
	benchmarkPair(b, func(b *testing.B, t *Table, id ScopeID, n int, r *rand.Rand) {
		g := t.Group([]ScopeID{id})
		buf := make([]Lease, 0, pageSize)
		for b.Loop() {
			_, k := someLease(r, n)
			g.All(k, pageSize, buf)
		}
	})
}

// BenchmarkSpare chooses 100 addresses to hand over among those that all have
// been used.
func BenchmarkSpare(b *testing.B) {
	benchmarkPair(b, func(b *testing.B, t *Table, id ScopeID, n int, r *rand.Rand) {
		for i := range n / 2 {
			t.Change(Key{Addr: ip0 + Addr(i)}, func(l Lease, _ Place) (Lease, bool) { return Freed(l, 1000+int64(i), false), true })
		}
		affine := func(k ClientKey) bool { return len(k.ID) > 0 && k.ID[len(k.ID)-1]&1 == 0 }
		buf := make([]Key, 0, 100)
		b.ResetTimer()
		for b.Loop() {
			if got := t.Spare(id, Primary, 100, affine, buf); len(got) != 100 {
				b.Fatal(len(got))
			}
		}
	})
}

// BenchmarkPending ends a lease and has the partner agree, with all others
// waiting for it.
func BenchmarkPending(b *testing.B) {
	benchmarkPair(b, func(b *testing.B, t *Table, id ScopeID, n int, r *rand.Rand) {
		for i := range n {
			t.Change(Key{Addr: ip0 + Addr(i)}, func(l Lease, _ Place) (Lease, bool) { return Expire(l, 1e9, 0), true })
		}
		g := t.Group([]ScopeID{id})
		keys := make([]Key, 0, 1)
		b.ResetTimer()
		for b.Loop() {
			end, _ := g.NextPending()
			k := g.Pending(end, 1, keys)[0]
			t.Change(k, func(l Lease, _ Place) (Lease, bool) { return Freed(l, 1e9, false), true })
			t.Change(k, func(l Lease, _ Place) (Lease, bool) {
				l.State, l.Expiration = Leased, end+100_000
				l.Failover.Told = true
				return Expire(l, end+200_000, 0), true
			})
		}
	})
}
