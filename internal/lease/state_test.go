package lease

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	alice = Client{HW: hw(1), HostName: "alice", RelayInfo: "port 1", LimitationID: "line1", Giaddr: 9}
	bob   = Client{HW: hw(2), ClientID: "bob"}
	old   = Client{HW: hw(3), BOOTP: true}
)

// held is a lease of the client in a state, as it would be at time 500.
func held(c Client, s State, expiration int64) Lease {
	return Lease{
		Key: Key{Addr: 77}, State: s, HW: c.HW, ClientID: c.ClientID, HostName: c.HostName,
		RelayInfo: c.RelayInfo, LimitationID: c.LimitationID, Giaddr: c.Giaddr, BOOTP: c.BOOTP,
		StateStart: 500, Start: 400, Expiration: expiration, LastTransaction: 500, Commit: 3,
	}
}

// with changes a copy of a lease.
func with(l Lease, f func(*Lease)) Lease {
	f(&l)
	return l
}

// TestStates has one case for each arrow of the state machine. All events
// happen at time 1000.
func TestStates(t *testing.T) {
	const now = 1000
	never := Lease{Key: Key{Addr: 77}, State: Available}
	offered := func(c Client) Lease {
		return with(held(c, Offered, now+120), func(l *Lease) { l.StateStart, l.Start, l.LastTransaction = now, 0, now })
	}
	renewed := func(l *Lease) { l.Expiration, l.LastTransaction = now+600, now }
	begun := func(l *Lease) { l.StateStart, l.Start = now, now; renewed(l) }
	ended := func(l *Lease) { l.State, l.StateStart, l.Start, l.Expiration = Available, now, 0, 0 }
	// How alice's lease looks when another client takes it: nothing of her.
	taken := func(c Client, s State) Lease {
		return with(held(c, s, 0), func(l *Lease) { l.StateStart, l.LastTransaction, l.Start = now, now, 0 })
	}

	offer := func(c Client) func(Lease) Lease {
		return func(l Lease) Lease { return Offer(l, c, now, 2*time.Minute) }
	}
	ack := func(c Client) func(Lease) Lease {
		return func(l Lease) Lease { return Acknowledge(l, c, now, now+600) }
	}
	release := func(grace time.Duration) func(Lease) Lease {
		return func(l Lease) Lease { return Release(l, now, grace) }
	}
	unavailable := func(d time.Duration) func(Lease) Lease {
		return func(l Lease) Lease { return MarkUnavailable(l, now, d, "declined") }
	}
	expire := func(grace time.Duration) func(Lease) Lease {
		return func(l Lease) Lease { return Expire(l, now, grace) }
	}
	force := func(l Lease) Lease { return ForceAvailable(l, now) }

	cases := []struct {
		name  string
		from  Lease
		event func(Lease) Lease
		want  Lease
	}{
		{"offer, never used", never, offer(alice), with(offered(alice), func(l *Lease) { l.Commit = 0 })},
		{"offer, another had it", held(bob, Available, 0), offer(alice), offered(alice)},
		{"offer, it had it last", held(alice, Available, 0), offer(alice), offered(alice)},
		{"offer, expired and in grace", held(alice, Expired, 1100), offer(alice), offered(alice)},
		{"offer again", held(alice, Offered, 1010), offer(alice), offered(alice)},
		{"offer while it holds it", held(alice, Leased, 1500), offer(alice),
			with(held(alice, Leased, 1500), func(l *Lease) { l.LastTransaction = now })},
		{"offer of a part of a second", never, func(l Lease) Lease { return Offer(l, alice, now, 1500*time.Millisecond) },
			with(offered(alice), func(l *Lease) { l.Expiration, l.Commit = now+2, 0 })},

		{"acknowledge an offer", offered(alice), ack(alice), with(held(alice, Leased, 0), begun)},
		{"renew", held(alice, Leased, 1100), ack(alice), with(held(alice, Leased, 0), renewed)},
		{"renew by unicast tells less", held(alice, Leased, 1100), ack(Client{HW: alice.HW}), with(held(alice, Leased, 0), renewed)},
		{"acknowledge after it expired", held(alice, Expired, 1100), ack(alice), with(held(alice, Leased, 0), begun)},
		{"acknowledge after release", held(alice, Released, 1100), ack(alice), with(held(alice, Leased, 0), begun)},
		{"acknowledge another's", held(bob, Available, 0), ack(alice), with(taken(alice, Leased), begun)},
		{"acknowledge what it declined", with(held(alice, Unavailable, 1100), func(l *Lease) { l.Cause = "declined" }), ack(alice),
			with(held(alice, Leased, 0), begun)},
		{"bootp has no end", never, ack(old), with(held(old, Leased, Forever), func(l *Lease) {
			begun(l)
			l.Expiration, l.Commit = Forever, 0
		})},
		{"infinite", held(alice, Leased, 1100), func(l Lease) Lease { return Acknowledge(l, alice, now, Forever) },
			with(held(alice, Leased, Forever), func(l *Lease) { l.LastTransaction = now })},

		{"release with release-grace", held(alice, Leased, 1500), release(time.Minute),
			with(held(alice, Released, now+60), func(l *Lease) { l.StateStart, l.LastTransaction = now, now })},
		{"release without", held(alice, Leased, 1500), release(0),
			with(held(alice, Leased, 0), func(l *Lease) { ended(l); l.LastTransaction = now })},
		{"release what is not held", held(alice, Expired, 1100), release(time.Minute), held(alice, Expired, 1100)},
		{"release by bootp", held(old, Leased, Forever), release(0),
			with(held(old, Leased, 0), func(l *Lease) { ended(l); l.LastTransaction, l.BOOTP = now, false })},

		{"decline", held(alice, Leased, 1500), unavailable(24 * time.Hour),
			with(held(alice, Unavailable, now+86400), func(l *Lease) { l.StateStart, l.Start, l.Cause = now, 0, "declined" })},
		{"ping answered, never used", never, unavailable(time.Hour),
			with(never, func(l *Lease) { l.State, l.StateStart, l.Expiration, l.Cause = Unavailable, now, now+3600, "declined" })},
		{"decline without timeout", held(alice, Leased, 1500), unavailable(0),
			with(held(alice, Unavailable, 0), func(l *Lease) { l.StateStart, l.Start, l.Cause = now, 0, "declined" })},

		{"expire too early", held(alice, Leased, now+1), expire(time.Minute), held(alice, Leased, now+1)},
		{"expire with grace", held(alice, Leased, now), expire(5 * time.Minute),
			with(held(alice, Expired, now+300), func(l *Lease) { l.StateStart = now })},
		{"expire without grace", held(alice, Leased, now), expire(0), with(held(alice, Leased, 0), ended)},
		{"expire infinite", held(old, Leased, Forever), expire(0), held(old, Leased, Forever)},
		{"grace over", held(alice, Expired, now), expire(5 * time.Minute), with(held(alice, Expired, 0), ended)},
		{"release-grace over", held(alice, Released, now), expire(5 * time.Minute), with(held(alice, Released, 0), ended)},
		{"offer not taken, never on disk", with(held(alice, Offered, now), func(l *Lease) { l.Commit = 0 }), expire(0), never},
		{"offer not taken, deactivated meanwhile", with(held(alice, Offered, now), func(l *Lease) { l.Commit, l.Flags = 0, Deactivated }), expire(0),
			with(held(alice, Offered, 0), func(l *Lease) { ended(l); l.Commit, l.Flags = 0, Deactivated })},
		{"offer not taken, on disk", held(alice, Offered, now), expire(0), with(held(alice, Offered, 0), ended)},
		{"unavailable-timeout over", with(held(alice, Unavailable, now), func(l *Lease) { l.Cause = "declined" }), expire(0),
			with(never, func(l *Lease) { l.StateStart, l.Commit = now, 3 })},
		{"unavailable without end", held(alice, Unavailable, 0), expire(0), held(alice, Unavailable, 0)},
		{"available does not expire", held(alice, Available, 1), expire(0), held(alice, Available, 1)},

		{"force-available, leased", held(alice, Leased, 1500), force, with(never, func(l *Lease) { l.StateStart, l.Commit = now, 3 })},
		{"force-available, unavailable", held(alice, Unavailable, 0), force, with(never, func(l *Lease) { l.StateStart, l.Commit = now, 3 })},
		{"force-available keeps deactivated", Deactivate(held(alice, Leased, 1500)), force,
			with(never, func(l *Lease) { l.StateStart, l.Commit, l.Flags = now, 3, Deactivated })},
		{"deactivate", held(alice, Leased, 1500), Deactivate,
			with(held(alice, Leased, 1500), func(l *Lease) { l.Flags = Deactivated })},
		{"activate", Deactivate(held(alice, Leased, 1500)), Activate, held(alice, Leased, 1500)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, c.event(c.from)); d != "" {
				t.Errorf("from %+v (-want +got):\n%s", c.from, d)
			}
		})
	}
}

func TestDeadline(t *testing.T) {
	for s := range State(12) {
		ends := s == Offered || s == Leased || s == Expired || s == Released || s == Unavailable
		for _, e := range []int64{0, 1, 1000, Forever} {
			l := Lease{State: s, Expiration: e}
			at, ok := l.Deadline()
			if s == PendingAvailable { // nobody to wait for: due at any time
				e, ends = 1, true
			}
			if want := ends && e != 0 && e != Forever; ok != want || ok && at != e {
				t.Errorf("state %d, expiration %d: deadline %d, %v", s, e, at, ok)
			}
			l.Role = Secondary
			if _, ok := l.Deadline(); s == PendingAvailable && ok {
				t.Errorf("pending-available ends by itself")
			}
		}
	}
}

func TestClientKey(t *testing.T) {
	same := []struct {
		a, b Client
		want bool
	}{
		{Client{HW: hw(1)}, Client{HW: hw(1), HostName: "x"}, true},
		{Client{HW: hw(1)}, Client{HW: hw(2)}, false},
		{Client{HW: hw(1), ClientID: "a"}, Client{HW: hw(2), ClientID: "a"}, true},
		{Client{HW: hw(1), ClientID: "a"}, Client{HW: hw(1)}, false},
		{Client{HW: HardwareFrom(1, []byte{1, 2})}, Client{HW: HardwareFrom(6, []byte{1, 2})}, false},
	}
	for _, c := range same {
		if got := c.a.Key() == c.b.Key(); got != c.want {
			t.Errorf("%+v and %+v are the same client: %v, want %v", c.a, c.b, got, c.want)
		}
	}
	long := HardwareFrom(32, make([]byte, 20))
	if long.Len != 16 || len(long.Bytes()) != 16 {
		t.Errorf("a long hardware address has %d octets", long.Len)
	}
}
