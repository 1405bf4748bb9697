package core

import (
	"testing"
	"time"

	"leasehold/pkg/failover/wire"
)

func TestOffset(t *testing.T) {
	for _, c := range []struct {
		name    string
		first   int64   // our clock less the time of the first message
		samples []int64 // of the others
		want    int64
		jumps   int
	}{
		{name: "latency is no offset", first: 2, samples: []int64{5, 3, 1}, want: 0},
		{name: "an hour behind", first: 3600, samples: []int64{3600, 3601, 3600}, want: 3600},
		{name: "ahead", first: -90, samples: []int64{-90, -90}, want: -90},
		{name: "one slow message changes nothing", first: 30, samples: []int64{30, 38, 30, 30}, want: 30},
		{name: "a slow first message is made good", first: 37, samples: []int64{30, 30, 30, 30, 30, 30}, want: 30},
		{name: "a message is not older than the silence before it", first: 0, samples: []int64{0, 9, 0, 10, 0}, want: 0},
		{name: "the clock was set", first: 0, samples: []int64{0, 600, 601, 600, 600}, want: 600, jumps: 1},
		{name: "and back", first: 0, samples: []int64{600, 600, 600, 600, 0, 0, 0, 0}, want: 0, jumps: 2},
		{name: "a clock that runs slower", first: 0, samples: []int64{2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30}, want: 12},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &Machine{now: Now{Wall: 1_000_000}}
			m.offset.begin(m, m.now, wire.TimeOf(m.now.Wall-c.first))
			for _, s := range c.samples {
				m.now.Mono += 10 * time.Second
				m.offset.sample(m, m.now, wire.TimeOf(m.now.Wall-s))
			}
			if got := m.offset.delta(); got != c.want {
				t.Errorf("delta is %d, want %d", got, c.want)
			}
			if len(m.outs.list) != c.jumps {
				t.Errorf("%d events, want %d", len(m.outs.list), c.jumps)
			}
		})
	}
}

// The end of a lease is not moved to an earlier time by one sample.
func TestOffsetMovesNoEndEarlierAtOnce(t *testing.T) {
	m := &Machine{now: Now{Wall: 1_000_000}}
	m.offset.begin(m, m.now, wire.TimeOf(m.now.Wall+100))
	b := wire.Binding{Expiration: 2_000_000, PotentialExpiration: wire.Infinite, LastTransaction: 1_500_000}
	want := wire.Binding{Expiration: 2_000_000, PotentialExpiration: wire.Infinite, LastTransaction: 1_499_900}
	if got := m.offset.binding(b, 0); got != want {
		t.Errorf("after one sample: %+v", got)
	}
	m.offset.sample(m, m.now, wire.TimeOf(m.now.Wall+100))
	want.Expiration = 1_999_900
	if got := m.offset.binding(b, 0); got != want {
		t.Errorf("after two samples: %+v", got)
	}
}

// What a held up message makes of the clocks lengthens no promise.
func TestOffsetPromisesNoMoreAtOnce(t *testing.T) {
	m := &Machine{now: Now{Wall: 1_000_000}}
	m.offset.begin(m, m.now, wire.TimeOf(m.now.Wall))
	at := func(seconds, d int64) {
		m.now.Mono = time.Duration(seconds) * time.Second
		m.offset.sample(m, m.now, wire.TimeOf(m.now.Wall-d))
	}
	promised := func(want wire.Time) {
		t.Helper()
		b := m.offset.binding(wire.Binding{Expiration: 2_000_000, PotentialExpiration: 3_000_000}, m.now.Mono)
		if b.PotentialExpiration != want {
			t.Errorf("at %v the promise is until %d, want %d", m.now.Mono, b.PotentialExpiration, want)
		}
	}
	promised(3_000_000)
	at(10, 40) // later than the silence before it explains
	if b := m.offset.binding(wire.Binding{Expiration: 2_000_000}, m.now.Mono); b.Expiration != 2_000_040 {
		t.Errorf("the lease ends at %d", b.Expiration)
	}
	promised(3_000_000)
	at(11, 30) // it was only slow
	promised(3_000_000)
	at(60, 30)
	promised(3_000_000)
	at(140, 30) // no: the clock was set
	promised(3_000_030)
}
