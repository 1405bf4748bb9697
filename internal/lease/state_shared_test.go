package lease

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// shared is a lease of a failover relationship that the partner knows of.
func shared(l Lease) Lease {
	l.Role = Primary
	l.Flags |= FailoverUpdated
	l.Failover = Failover{SentPE: 3000, AckPE: 2900, RcvdPE: 2800, Told: true, FromPartner: true}
	return l
}

// TestSharedStates has the arrows that are others under failover. All events
// happen at time 1000.
func TestSharedStates(t *testing.T) {
	const now = 1000
	untold := func(l *Lease) { l.Failover.Told = false }
	backup := func(l *Lease) { l.Flags |= Backup }
	reserved := func(l *Lease) { l.Flags |= Reserved }
	pending := func(how Ended) func(*Lease) {
		return func(l *Lease) {
			l.State, l.StateStart, l.Start, l.BOOTP, l.Cause = PendingAvailable, now, 0, false, ""
			l.Flags &^= FailoverUpdated
			l.Failover.FromPartner, l.Failover.Ended = false, how
		}
	}
	freed := func(s State) func(*Lease) {
		return func(l *Lease) {
			l.State, l.StateStart, l.Start, l.Expiration = s, now, 0, 0
			l.Flags &^= FailoverUpdated
			l.Failover = Failover{}
		}
	}
	nobody := func(l *Lease) {
		*l = Lease{Key: l.Key, State: l.State, Flags: l.Flags, StateStart: l.StateStart, Start: l.Start,
			Expiration: l.Expiration, Failover: l.Failover, Role: l.Role, Commit: l.Commit}
	}
	mine := func(l *Lease) { l.Flags, l.Failover.FromPartner = l.Flags&^FailoverUpdated, false }
	all := func(fs ...func(*Lease)) func(*Lease) {
		return func(l *Lease) {
			for _, f := range fs {
				f(l)
			}
		}
	}
	lease := func(c Client, s State, expiration int64, fs ...func(*Lease)) Lease {
		return with(shared(held(c, s, expiration)), all(fs...))
	}
	expire := func(grace time.Duration) func(Lease) Lease {
		return func(l Lease) Lease { return Expire(l, now, grace) }
	}
	release := func(grace time.Duration) func(Lease) Lease {
		return func(l Lease) Lease { return Release(l, now, grace) }
	}
	offer := func(l Lease) Lease { return Offer(l, alice, now, 2*time.Minute) }
	ack := func(c Client) func(Lease) Lease {
		return func(l Lease) Lease { return Acknowledge(l, c, now, now+600) }
	}
	force := func(l Lease) Lease { return ForceAvailable(l, now) }
	decline := func(l Lease) Lease { return MarkUnavailable(l, now, time.Hour, "declined") }
	begun := func(l *Lease) {
		l.State, l.StateStart, l.Start, l.Expiration, l.LastTransaction = Leased, now, now, now+600, now
	}
	grace := func(s State) func(*Lease) {
		return func(l *Lease) { l.State, l.StateStart, l.Expiration = s, now, now+60 }
	}
	last := func(l *Lease) { l.LastTransaction = now }

	cases := []struct {
		name  string
		from  Lease
		event func(Lease) Lease
		want  Lease
	}{
		{"lease runs out, kept for its client, which is no news", lease(alice, Leased, now), expire(time.Minute), lease(alice, Leased, 0, grace(Expired))},
		{"grace period over", lease(alice, Expired, now), expire(0), lease(alice, Expired, now, pending(EndedExpired))},
		{"lease runs out without grace", lease(alice, Leased, now), expire(0), lease(alice, Leased, now, pending(EndedExpired))},
		{"the partner never heard of it", lease(alice, Expired, now, untold), expire(0), lease(alice, Expired, 0, freed(Available))},
		{"nor of one that was the secondary's", lease(alice, Expired, now, untold, backup), expire(0), lease(alice, Expired, 0, backup, freed(OtherAvailable))},
		{"nor of a reserved one", lease(alice, Expired, now, untold, backup, reserved), expire(0), lease(alice, Expired, 0, backup, reserved, freed(Available))},
		{"pending-available stays", lease(alice, PendingAvailable, now), expire(0), lease(alice, PendingAvailable, now)},
		{"release", lease(alice, Leased, 1500), release(time.Minute), lease(alice, Leased, 0, grace(Released), last)},
		{"release without grace", lease(alice, Leased, 1500), release(0), lease(alice, Leased, 1500, pending(EndedReleased), last)},
		{"release grace over", lease(alice, Released, now), expire(0), lease(alice, Released, now, pending(EndedReleased))},
		{"release of what was never told", lease(alice, Leased, 1500, untold), release(0), lease(alice, Leased, 0, freed(Available), last)},
		{"decline", lease(alice, Leased, 1500), decline, lease(alice, Leased, now+3600, mine, func(l *Lease) {
			l.State, l.StateStart, l.Start, l.Cause = Unavailable, now, 0, "declined"
		})},
		{"unavailable-timeout over", lease(alice, Unavailable, now), expire(0), lease(alice, Unavailable, now, nobody, pending(EndedReset))},
		{"force-available", lease(alice, Leased, 1500), force, lease(alice, Leased, 1500, nobody, pending(EndedReset))},
		{"force-available of the partner's", lease(alice, OtherAvailable, 0, backup, untold), force, lease(alice, OtherAvailable, 0, backup, untold)},
		{"force-available of what waits", lease(alice, PendingAvailable, 1500), force, lease(alice, PendingAvailable, 1500)},

		{"offer of a free address", lease(bob, Available, 0, untold), offer, lease(alice, Offered, now+120, untold, func(l *Lease) {
			l.StateStart, l.Start, l.LastTransaction, l.Failover = now, 0, now, Failover{}
		})},
		{"offer of one in grace", lease(alice, Expired, 1100), offer, lease(alice, Expired, 1100)},
		{"offer of one that waits", lease(alice, PendingAvailable, 1100), offer, lease(alice, PendingAvailable, 1100)},
		{"offer while it holds it", lease(alice, Leased, 1500), offer, lease(alice, Leased, 1500)},
		{"offer of another's", lease(bob, Expired, 1100), offer, lease(bob, Expired, 1100)},
		{"offer not taken", lease(alice, Offered, now, backup), expire(0), lease(alice, OtherAvailable, 0, backup, func(l *Lease) {
			l.StateStart, l.Start = now, 0
		})},
		{"offer not taken, not on disk", with(lease(alice, Offered, now), func(l *Lease) { l.Commit, l.Flags = 0, 0 }), expire(0),
			Lease{Key: Key{Addr: 77}, State: Available, Role: Primary}},
		{"offer released", lease(alice, Offered, 1100, backup), release(time.Minute), lease(alice, OtherAvailable, 0, backup, func(l *Lease) {
			l.StateStart, l.Start = now, 0
		})},

		{"renew", lease(alice, Leased, 1500), ack(alice), lease(alice, Leased, now+600, mine, last)},
		{"acknowledge in grace", lease(alice, Expired, 1100), ack(alice), lease(alice, Expired, 0, mine, begun)},
		{"acknowledge what waits", lease(alice, PendingAvailable, 1100, pending(EndedExpired)), ack(alice), lease(alice, Leased, 0, mine, begun)},
		{"acknowledge a free address: old promises are void", lease(alice, Available, 0), ack(alice), lease(alice, Leased, 0, mine, begun, func(l *Lease) {
			l.Failover = Failover{}
		})},
		{"acknowledge what another had, told to the partner", lease(bob, PendingAvailable, 1100, pending(EndedExpired)), ack(old),
			with(shared(held(old, Leased, 0)), all(mine, begun, func(l *Lease) { l.Expiration, l.Failover = Forever, Failover{Told: true} }))},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, c.event(c.from)); d != "" {
				t.Errorf("from %+v (-want +got):\n%s", c.from, d)
			}
		})
	}
	for backup, want := range map[bool]State{false: OtherAvailable, true: Available} {
		l := with(lease(alice, PendingAvailable, 1500, pending(EndedExpired)), func(l *Lease) { l.Role = Secondary })
		got := Freed(l, now, backup)
		if got.State != want || got.Flags&Backup != 0 != backup || got.Failover != (Failover{}) || got.Client() != l.Client() {
			t.Errorf("freed on the secondary with backup=%v: %+v", backup, got)
		}
	}
}

// TestSharedIsNeverFreedAlone draws any lease of a relationship and any event:
// what the partner was told is not free stays so until it agrees, with all
// that is known of how long it may run, and nobody's address changes hands.
func TestSharedIsNeverFreedAlone(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		l := Lease{
			Key: Key{Addr: 77}, State: State(rapid.IntRange(1, 8).Draw(r, "state")),
			Role:  rapid.SampledFrom([]Role{Primary, Secondary}).Draw(r, "role"),
			Flags: Flags(rapid.Byte().Draw(r, "flags")), HW: hw(rapid.IntRange(0, 3).Draw(r, "hw")),
			Expiration: int64(rapid.IntRange(0, 200).Draw(r, "expiration")), Commit: uint64(rapid.IntRange(0, 1).Draw(r, "commit")),
			BOOTP: rapid.Bool().Draw(r, "bootp"),
		}
		if l.Free() {
			l.State = freeState(l.Role, l.Flags)
		} else if l.State != Offered {
			l = told(l, int64(rapid.IntRange(0, 200).Draw(r, "pe")))
			l.Failover.Told = rapid.IntRange(0, 3).Draw(r, "told") > 0
		}
		if l.State == PendingAvailable {
			l.Failover.Ended = Ended(rapid.IntRange(1, 4).Draw(r, "ended"))
		}
		x := run{T: r, now: 100}
		name := "expire"
		f := func(l Lease) (Lease, bool) { return Expire(l, 100, 0), true }
		if rapid.Bool().Draw(r, "event") {
			f, name = x.drawOwnEvent(r), "event"
		}
		to, _ := f(l)
		if l.Failover.Told && to.Free() {
			r.Fatalf("%s frees %+v: %+v", name, l, to)
		}
		if (l.Flags^to.Flags)&Backup != 0 {
			r.Fatalf("%s changes the owner of %+v: %+v", name, l, to)
		}
		if to.State == PendingAvailable && (to.Failover.SentPE < l.Failover.SentPE || to.Failover.RcvdPE < l.Failover.RcvdPE ||
			to.Failover.AckPE < l.Failover.AckPE || !to.Failover.Told && l.Failover.Told || to.Failover.Ended == NotEnded) {
			r.Fatalf("%s forgets what the partner knows of %+v: %+v", name, l, to)
		}
		if (to.State == PendingAvailable) != (to.Failover.Ended != NotEnded) {
			r.Fatalf("%s makes of %+v: %+v", name, l, to)
		}
		if to.Free() && (to.State != freeState(to.Role, to.Flags) || l.State != Offered && !l.Free() && to.Failover != (Failover{})) {
			r.Fatalf("%s makes of %+v: %+v", name, l, to)
		}
		news := l.State != to.State && !l.Free() && l.State != Offered && to.State != Expired && to.State != Released
		if news && to.Flags&FailoverUpdated != 0 {
			r.Fatalf("%s of %+v is no news for the partner: %+v", name, l, to)
		}
	})
}
