package lease

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An acknowledgement changes the table as the lease that it makes would.
func TestAcknowledge(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	tab, want := New(), New()
	scopes := []Scope{{Name: "s", Prefix: prefix("10.0.0.0/24"), Ranges: []Range{{First: 10<<24 | 1, Last: 10<<24 | 99}}, Role: Primary}}
	for _, x := range []*Table{tab, want} {
		if _, err := x.Configure(scopes); err != nil {
			t.Fatal(err)
		}
	}
	commit := uint64(0)
	for range 20_000 {
		k := Key{Addr: Addr(10<<24 | 1 + r.IntN(40))}
		if r.IntN(3) == 0 {
			commit++
			l := Lease{Key: k, State: []State{Leased, Leased, Leased, PendingAvailable, Unavailable}[r.IntN(5)], Commit: commit,
				HW: HW{Type: 1, Len: 6, Addr: [16]byte{2, byte(k.Addr)}}, Expiration: 1000 + r.Int64N(1000),
				RelayInfo: []string{"", "relay", string(make([]byte, 1100))}[r.IntN(3)]}
			if r.IntN(3) > 0 {
				l.Failover = Failover{SentPE: r.Int64N(4000), AckPE: r.Int64N(3) * 900, RcvdPE: r.Int64N(3) * 900, Told: true}
			}
			tab.Update(l)
			want.Update(l)
			continue
		}
		a := Ack{Key: k, AckPE: 1 + r.Int64N(100_000), Commit: tab.At(k).Commit}
		if r.IntN(5) == 0 {
			a.Commit-- // of an earlier record
		}
		if l := want.At(k); l.State == Leased {
			want.Update(a.To(l))
		}
		tab.Acknowledge([]Ack{a})
		if diff := cmp.Diff(want.At(k), tab.At(k)); diff != "" {
			t.Fatalf("%+v: %s", a, diff)
		}
	}
	g, w := tab.Group([]ScopeID{1}), want.Group([]ScopeID{1})
	if n := g.CountUnacked(); n != w.CountUnacked() || n == 0 {
		t.Errorf("%d unacknowledged, want %d", n, w.CountUnacked())
	}
	if diff := cmp.Diff(w.Unacked(Key{}, 100, nil), g.Unacked(Key{}, 100, nil)); diff != "" {
		t.Error(diff)
	}
}

func TestAckOf(t *testing.T) {
	was := shared(held(alice, Leased, 2000))
	was.Commit = 7
	was.Flags &^= FailoverUpdated
	for name, c := range map[string]struct {
		change func(*Lease)
		ok     bool
	}{
		"acknowledged":          {func(l *Lease) { l.Flags |= FailoverUpdated; l.Failover.AckPE = 3000 }, true},
		"known, no later":       {func(l *Lease) { l.Flags |= FailoverUpdated }, true},
		"later, not known":      {func(l *Lease) { l.Failover.AckPE = 3000 }, false},
		"acknowledged and more": {func(l *Lease) { l.Flags |= FailoverUpdated; l.Expiration++ }, false},
		"free":                  {func(l *Lease) { *l = Freed(*l, 1000, false) }, false},
	} {
		to := was
		c.change(&to)
		ack, ok := AckOf(&was, &to)
		if ok != c.ok {
			t.Errorf("%s: %v", name, ok)
		}
		if ok && ack.To(was) != to {
			t.Errorf("%s: %+v makes %+v of it", name, ack, ack.To(was))
		}
	}
	if _, ok := AckOf(&Lease{State: Leased}, &Lease{State: Leased, Flags: FailoverUpdated, Failover: Failover{AckPE: 1}}); ok {
		t.Error("an acknowledgement of what was never written")
	}
}
