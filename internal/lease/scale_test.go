package lease

import (
	"fmt"
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// bigScope is 10.0.0.0/8 with a range of so many addresses.
func bigScope(n int, firstAvailable bool) Scope {
	return Scope{
		Name: "big", Prefix: prefix("10.0.0.0/8"), FirstAvailable: firstAvailable,
		Ranges: []Range{{ip("10.0.0.1"), ip("10.0.0.0") + Addr(n)}},
	}
}

// typical is the n-th client as real ones are: a client-id made of the MAC, a
// name, a vendor class that many share, option 82 of a relay's port.
func typical(n int) Client {
	h := hw(n)
	return Client{
		HW: h, ClientID: "\x01" + string(h.Bytes()), HostName: "laptop-" + strconv.Itoa(n),
		VendorClass: "MSFT 5.0", DomainName: "example.com",
		RelayInfo: "\x01\x06\x00\x04\x00\x12\x00" + string(byte(n)),
	}
}

// filled is a table with a scope of size addresses and n leases in it, from
// the lowest address on.
func filled(tb testing.TB, size, n int, firstAvailable bool) (*Table, ScopeID) {
	tb.Helper()
	t := New()
	if _, err := t.Configure([]Scope{bigScope(size, firstAvailable)}); err != nil {
		tb.Fatal(err)
	}
	for i := range n {
		l := Acknowledge(Lease{Key: Key{Addr: ip("10.0.0.1") + Addr(i)}}, typical(i), 1000, 1000+int64(i%86400)+3600)
		l.Commit = 1
		t.Load(l)
	}
	id, _ := t.ScopeID("big")
	return t, id
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// TestMemoryPerLease holds the table to its promise of less than 250 bytes a
// lease at a million leases, everything included.
func TestMemoryPerLease(t *testing.T) {
	n := 1_000_000
	if testing.Short() {
		n = 100_000
	}
	before := heapInUse()
	table, _ := filled(t, 2*n, n, false)
	per := float64(heapInUse()-before) / float64(n)
	start := time.Now()
	runtime.GC()
	t.Logf("%.0f bytes a lease at %d leases; a garbage collection takes %v", per, n, time.Since(start).Round(100*time.Microsecond))
	if per >= 250 {
		t.Errorf("%.0f bytes a lease, want less than 250", per)
	}
	runtime.KeepAlive(table)
}

// TestNearlyFull takes the last addresses of a range of 8 million, and gives
// some back. The naive way would visit millions of leases for each.
func TestNearlyFull(t *testing.T) {
	const size = 8_000_000
	for _, first := range []bool{false, true} {
		table := New()
		s := bigScope(size, first)
		// All but 800 are taken, as if by 8 million leases: reservations for
		// others are the cheapest way to take them. Eight holes of 100.
		s.Ranges = nil
		var want []Addr
		for i := range 8 {
			from := ip("10.0.0.1") + Addr(i*1_000_000)
			for j := range 100 {
				want = append(want, from+Addr(j))
			}
			s.Ranges = append(s.Ranges, Range{from, from + 999_999})
		}
		if _, err := table.Configure([]Scope{s}); err != nil {
			t.Fatal(err)
		}
		id, _ := table.ScopeID("big")
		takeAllBut(table, id, want)
		for i, a := range want {
			l, v := table.Allocate(&Request{Scopes: []ScopeID{id}, Client: Client{HW: hw(i)}, Now: 1000, Timeout: offerTime})
			if v != GaveNew || l.Addr != a {
				t.Fatalf("client %d was given %v (%v), want %v", i, l.Addr, v, a)
			}
		}
		r := &Request{Scopes: []ScopeID{id}, Client: Client{HW: hw(5000)}, Now: 1000, Timeout: offerTime}
		if _, v := table.Allocate(r); v != Exhausted {
			t.Fatalf("a full range gave an address: %v", v)
		}
		if c := table.Counters(id); c.Available != 0 || c.Offered != 800 {
			t.Errorf("counters %+v", c)
		}
		freed := want[417]
		table.Change(Key{Addr: freed}, func(l Lease, _ Place) (Lease, bool) { return ForceAvailable(l, 1001), true })
		if l, v := table.Allocate(r); v != GaveNew || l.Addr != freed {
			t.Fatalf("given %v (%v), want the freed %v", l.Addr, v, freed)
		}
	}
}

// takeAllBut makes the never-used addresses of a scope unavailable to the
// allocator but for a few, without the 2 GB that 8 million records would cost.
func takeAllBut(t *Table, id ScopeID, few []Addr) {
	s := t.scopes[id]
	free := &s.pools[mine].free
	for _, words := range free.levels {
		clear(words)
	}
	for _, a := range few {
		free.set(a, true)
	}
	s.inRanges, s.reservedIn = size(s.Ranges), size(s.Ranges)-len(few)
}

// TestTenThousandScopes serves and reloads ten thousand scopes.
func TestTenThousandScopes(t *testing.T) {
	const n = 10_000
	scopes := make([]Scope, n)
	for i := range scopes {
		net := ip("10.0.0.0") + Addr(i)<<8
		scopes[i] = Scope{
			Name: fmt.Sprintf("scope-%05d", i), Prefix: netip.PrefixFrom(net.Netip(), 24),
			Ranges: []Range{{net + 10, net + 200}}, Reservations: []Reservation{{net + 5, "printer"}},
		}
	}
	table := New()
	if r, err := table.Configure(scopes); err != nil || r.Added != n {
		t.Fatalf("%+v, %v", r, err)
	}
	for i := range n {
		id, _ := table.ScopeID(scopes[i].Name)
		r := &Request{Scopes: []ScopeID{id}, Client: Client{HW: hw(i % 50)}, Now: 1000, Timeout: time.Duration(n-i) * time.Second}
		if l, v := table.Allocate(r); v != GaveNew || l.Addr != scopes[i].Ranges[0].First {
			t.Fatalf("scope %d gave %v (%v)", i, l.Addr, v)
		}
	}
	// The deadlines come in the opposite order of the scopes.
	for i := n - 1; i >= n-100; i-- {
		at, _ := table.NextDeadline()
		due := table.Due(at, 10)
		if len(due) != 1 || due[0].Addr != scopes[i].Ranges[0].First {
			t.Fatalf("due at %d: %v", at, due)
		}
		table.Change(due[0].Key, func(l Lease, _ Place) (Lease, bool) { return Expire(l, at, 0), true })
	}
	if got := len(table.ByClient(0, ClientKey{HW: hw(1)}, nil)); got != (n-100)/50 {
		t.Errorf("the client has %d leases, want %d", got, (n-100)/50)
	}
	// A reload that changes one scope changes one scope.
	scopes[77].Ranges = []Range{{scopes[77].Ranges[0].First, scopes[77].Ranges[0].Last + 10}}
	if r, err := table.Configure(scopes); err != nil || r.Changed != 1 || r.Added != 0 || r.Removed != 0 || len(r.Losses) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if err := check(table); err != nil {
		t.Error(err)
	}
}

// TestConcurrent lets clients, an operator, reports, expiry and reloads loose
// on a small table. Run with -race.
func TestConcurrent(t *testing.T) {
	const (
		clients = 4
		rounds  = 200
	)
	table := New()
	scopes := []Scope{
		{Name: "blue", Prefix: prefix("10.0.1.0/24"), Ranges: span("10.0.1.1", "10.0.1.40"), Role: Primary},
		{Name: "red", Prefix: prefix("10.0.0.0/24"), Ranges: span("10.0.0.1", "10.0.0.40"), FirstAvailable: true},
	}
	if _, err := table.Configure(scopes); err != nil {
		t.Fatal(err)
	}
	ids := make([]ScopeID, 2)
	ids[0], _ = table.ScopeID("red")
	ids[1], _ = table.ScopeID("blue")

	var wg sync.WaitGroup
	for w := range clients {
		wg.Go(func() {
			for i := range rounds {
				c := typical(w*1000 + i%30)
				c.LimitationID = "line" + strconv.Itoa(i%5)
				l, v := table.Allocate(&Request{Scopes: ids, Client: c, Now: int64(1000 + i), Timeout: offerTime, Limit: 100})
				if !v.Gave() {
					continue
				}
				got, ok := table.Change(l.Key, func(l Lease, _ Place) (Lease, bool) {
					return Acknowledge(l, c, int64(1000+i), int64(1100+i)), l.Client() == c.Key() && l.Live()
				})
				if ok && got.Client() != c.Key() {
					t.Errorf("%v is another client's", got.Addr)
				}
			}
		})
	}
	wg.Go(func() {
		for i := range rounds {
			for _, l := range table.Due(int64(1000+i), 20) {
				table.Change(l.Key, func(l Lease, _ Place) (Lease, bool) { return Expire(l, int64(1000+i), 0), true })
			}
		}
	})
	wg.Go(func() {
		for range rounds / 10 {
			for _, id := range ids {
				last := Addr(0)
				for l := range table.Each(id, true) {
					if l.Addr <= last {
						t.Errorf("%v is listed after %v", l.Addr, last)
					}
					last = l.Addr
				}
				table.Counters(id)
			}
			for l := range table.All() {
				table.ByHardware(0, l.HW, nil)
			}
		}
	})
	group := table.Group(ids)
	for range 2 {
		wg.Go(func() {
			for i := range rounds {
				for _, l := range group.Unacked(Key{}, 100, nil) {
					table.Change(l.Key, func(l Lease, _ Place) (Lease, bool) { return told(l, int64(1000+i)), true })
					table.Change(l.Key, func(l Lease, _ Place) (Lease, bool) { l.Flags |= FailoverUpdated; return l, true })
				}
				for _, k := range group.Pending(int64(1000+i), 10, nil) {
					table.Change(k, func(l Lease, _ Place) (Lease, bool) {
						return Freed(l, int64(1000+i), false), l.State == PendingAvailable
					})
				}
				group.NextPending()
				for _, k := range table.Spare(ids[1], Primary, 3, nil, nil) {
					table.Change(k, func(l Lease, _ Place) (Lease, bool) { return Freed(l, int64(1000+i), i%2 == 0), l.Free() })
				}
			}
		})
	}
	wg.Go(func() {
		for i := range rounds / 10 {
			if _, err := table.Configure(scopes[i%2 : 1+i%2]); err != nil {
				t.Error(err)
			}
			if _, err := table.Configure(scopes); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	if err := check(table); err != nil {
		t.Error(err)
	}
	live := map[ClientKey]Addr{}
	for l := range table.All() {
		if l.State == Leased && live[l.Client()] == l.Addr {
			t.Errorf("%v is listed twice", l.Addr)
		}
		live[l.Client()] = l.Addr
	}
}

// TestLongTexts stores what no client should send, and gets it back.
func TestLongTexts(t *testing.T) {
	table := New()
	want := map[Addr]Lease{}
	for round := range 3 {
		for i := range 200 {
			l := Lease{Key: Key{Addr: Addr(i + 1)}, State: Leased, HW: hw(i), StateStart: int64(round + 1)}
			l.ClientID = strings.Repeat("c", (i*37+round*91)%256)
			l.HostName = strings.Repeat("h", (i*13+round*7)%300)
			l.RelayInfo = strings.Repeat("r", (i*i+round*501)%1500)
			l.LimitationID = strings.Repeat("l", (i*29+round*17)%1300)
			l.Cause = strings.Repeat("x", (i+round)%7)
			table.Update(l)
			want[l.Addr] = l
		}
	}
	for a, w := range want {
		if got, ok := table.Get(Key{Addr: a}); !ok || got != w {
			t.Fatalf("%v: got %+v, want %+v", a, got, w)
		}
	}
	if err := check(table); err != nil {
		t.Error(err)
	}
}
