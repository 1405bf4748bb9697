package binding

import (
	"testing"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// TestDoubt is a lease of before a server lost its disk at 950: it stays its
// client's until the MCLT after all that may have been gone by.
func TestDoubt(t *testing.T) {
	a := Authority{Role: lease.Primary, State: wire.StateNormal, Connected: true, MCLT: 60, Forgotten: 950, Partner: wire.Own}
	ended := func(e lease.Ended, f func(l *lease.Lease)) lease.Lease {
		l := mineIs(lease.Primary, expired)
		l.StateStart, l.Failover.Ended = 980, e
		l.Failover.SentPE = 1200
		if f != nil {
			f(&l)
		}
		return l
	}
	for _, c := range []struct {
		name  string
		l     lease.Lease
		until int64 // of the grace; 0: the end is told
	}{
		{"expired", ended(lease.EndedExpired, nil), 1260},
		{"released", ended(lease.EndedReleased, nil), 1260},
		{"promised less than the server may have given by itself", ended(lease.EndedExpired, func(l *lease.Lease) { l.Failover.SentPE = 0 }), 1010},
		{"ended when that was over", ended(lease.EndedExpired, func(l *lease.Lease) { l.StateStart = 1260 }), 0},
		{"the client was here since", ended(lease.EndedExpired, func(l *lease.Lease) { l.LastTransaction = 950 }), 0},
		{"the partner never heard of it", ended(lease.EndedExpired, func(l *lease.Lease) { l.Failover.Told = false }), 0},
		{"reset by an operator", ended(lease.EndedReset, nil), 0},
		{"asked back", ended(lease.EndedReclaimed, nil), 0},
	} {
		got := a.Announced(c.l)
		switch {
		case c.until == 0 && got.State != lease.PendingAvailable:
			t.Errorf("%s: %s", c.name, show(&got))
		case c.until != 0 && (got.State != lease.Expired || got.Expiration != c.until || status(&got) != active || got.Failover.Ended != lease.NotEnded):
			t.Errorf("%s: %s, want a grace until %d", c.name, show(&got), c.until)
		}
		if again := a.Announced(got); again != got {
			t.Errorf("%s: announced again: %s", c.name, show(&again))
		}
	}

	// What was reset before the loss is out of use for so long.
	l := ended(lease.EndedReset, func(l *lease.Lease) { l.StateStart = 940 })
	if got := a.Announced(l); got.State != lease.Unavailable || got.Expiration != 1260 || status(&got) != abandoned || a.Announced(got) != got {
		t.Errorf("reset before: %s", show(&got))
	}
	if got := lease.Expire(a.Announced(l), 1260, 0); got.State != lease.PendingAvailable || a.Announced(got) != got {
		t.Errorf("reset before, and over: %s", show(&got))
	}

	// A dhcpd says that a lease is over which the server does not know any more.
	d := Authority{Role: lease.Primary, State: wire.StateRecover, Connected: true, MCLT: 60, Forgotten: 950, Partner: wire.ISC}
	for _, c := range []struct {
		name   string
		change func(b *wire.Binding, l *lease.Lease)
		until  int64 // 0: the word is taken
	}{
		{"expired", func(*wire.Binding, *lease.Lease) {}, 1010},
		{"released", func(b *wire.Binding, _ *lease.Lease) { b.Status = released }, 1010},
		{"promised for longer", func(b *wire.Binding, _ *lease.Lease) { b.PotentialExpiration = 1200 }, 1260},
		{"the client was there since", func(b *wire.Binding, _ *lease.Lease) { b.LastTransaction = 950 }, 0},
		{"the client was here since", func(_ *wire.Binding, l *lease.Lease) { l.LastTransaction = 950 }, 0},
	} {
		b, l := theirsIs(expired), mineIs(lease.Primary, free)
		b.Expiration, b.PotentialExpiration, b.LastTransaction = 900, 940, 840
		l.LastTransaction = 0
		c.change(&b, &l)
		got, reason, _ := d.Accept(l, &b, 1000)
		if c.until == 0 && reason != 0 || c.until != 0 && (reason != wire.ReasonOutdated || got.State != lease.Expired || got.Expiration != c.until) {
			t.Errorf("dhcpd: %s: %s, %v, want a grace until %d", c.name, show(&got), reason, c.until)
		}
	}

	// What the dhcpd was promised it does not say: as much as the longest lease.
	d.Longest = 300
	for end, until := range map[wire.Time]int64{940: 1250, 600: 1010, 860: 1220} {
		b := theirsIs(expired)
		b.Expiration, b.PotentialExpiration, b.LastTransaction = end, 0, 0
		if got, _, _ := d.Accept(mineIs(lease.Primary, free), &b, 1000); got.Expiration != until {
			t.Errorf("dhcpd, over since %d: %s, want a grace until %d", end, show(&got), until)
		}
	}

	// A record of ours is no better if it is from a backup: of the same lease with less
	// promised, or of a client before.
	for _, c := range []struct {
		name   string
		change func(l *lease.Lease, b *wire.Binding)
		until  int64 // 0: as without a loss
	}{
		{"promised for longer since", func(*lease.Lease, *wire.Binding) {}, 1250},
		{"promised for longer since, and over here", func(l *lease.Lease, _ *wire.Binding) {
			l.State, l.Failover.Ended = lease.PendingAvailable, lease.EndedExpired
		}, 1250},
		{"promised no longer", func(l *lease.Lease, _ *wire.Binding) { l.Failover.SentPE = 940 }, 1250},
		{"released since at the dhcpd", func(_ *lease.Lease, b *wire.Binding) { b.Status, b.LastTransaction, b.Expiration = released, 850, 850 }, 1250},
		{"released since, and over here", func(l *lease.Lease, b *wire.Binding) {
			l.State, l.Failover.Ended = lease.PendingAvailable, lease.EndedExpired
			b.Status, b.LastTransaction, b.Expiration = released, 850, 850
		}, 1250},
		{"another client since", func(l *lease.Lease, _ *wire.Binding) { l.HW = bob }, 1250},
		{"another client, whose lease runs by the backup", func(l *lease.Lease, _ *wire.Binding) { l.HW, l.Expiration = bob, 1100 }, 1250},
		{"another client, who came later", func(l *lease.Lease, _ *wire.Binding) { l.HW, l.LastTransaction = bob, 860 }, 0},
		{"given since it was abandoned", func(l *lease.Lease, _ *wire.Binding) { l.State, l.StateStart = lease.Unavailable, 840 }, 1250},
		{"abandoned since", func(l *lease.Lease, _ *wire.Binding) { l.State, l.StateStart = lease.Unavailable, 870 }, 0},
	} {
		l, b := mineIs(lease.Primary, active), theirsIs(expired)
		l.Start, l.StateStart, l.LastTransaction, l.Expiration = 800, 800, 810, 870
		l.Failover = lease.Failover{Told: true, SentPE: 900}
		b.Expiration, b.PotentialExpiration, b.LastTransaction, b.StateStart = 940, 0, 0, 850
		c.change(&l, &b)
		got, reason, _ := d.Accept(l, &b, 1000)
		if c.until == 0 && got.State == lease.Expired || c.until != 0 && (reason != wire.ReasonOutdated ||
			got.State != lease.Expired || got.Expiration != c.until || got.HW != alice) {
			t.Errorf("dhcpd, a backup, %s: %v, %s, want a grace until %d", c.name, reason, show(&got), c.until)
		}
	}

	// The other server's word does not end it earlier.
	b := theirsIs(expired)
	l = mineIs(lease.Primary, active)
	l.Expiration, l.Failover.SentPE, l.Failover.AckPE, l.Failover.RcvdPE = acceptNow-10, 1100, 0, 0
	if _, reason, _ := a.Accept(l, &b, acceptNow); reason != wire.ReasonOutdated {
		t.Errorf("EXPIRED of a doubtful lease: reason %d", reason)
	}
	if _, reason, text := a.Accept(l, &b, 1160); reason != 0 {
		t.Errorf("EXPIRED once it is over: %d %s", reason, text)
	}
}

// TestEnding is a lease of before a loss, of which the partner has not heard by what
// is on disk: that may be a backup.
func TestEnding(t *testing.T) {
	a := Authority{Role: lease.Secondary, State: wire.StateRecover, MCLT: 60, Forgotten: 950, Partner: wire.Own}
	for given, pending := range map[int64]bool{940: true, 950: false} {
		l := mineIs(lease.Secondary, active)
		l.LastTransaction, l.Expiration, l.Failover.Told = given, 960, false
		if got := lease.Expire(a.Ending(l), 970, 0); got.State == lease.PendingAvailable != pending {
			t.Errorf("given at %d: %s", given, show(&got))
		}
	}
	if l := freeLease(lease.Secondary, lease.Backup); a.Ending(l) != l {
		t.Error("a free address was told")
	}
	// In use by somebody unknown since: that has no client, and the partner has not heard.
	if l := lease.MarkUnavailable(freeLease(lease.Secondary, lease.Backup), 960, 0, "pinged"); a.Ending(l) != l {
		t.Error("an address that is out of use since the loss was told")
	}
}

// TestUnanswerable: a partner that may have forgotten its clients would give
// back any address that it is asked for.
func TestUnanswerable(t *testing.T) {
	for partner, kept := range map[wire.ServerState]bool{
		wire.StateNormal: false, wire.StateRecover: true, wire.StateRecoverWait: true,
	} {
		a := Authority{Role: lease.Primary, State: wire.StateCommunicationsInterrupted, Connected: true, PartnerState: partner, Partner: wire.Own}
		l, _ := a.AskedBack(known(freeLease(lease.Primary, lease.Backup)))
		got := a.Announced(l)
		if (got != l) != kept {
			t.Errorf("the partner is in %v: %s", partner, show(&got))
		}
		if b := a.Update(&got); kept && b.Status != backup {
			t.Errorf("the partner is in %v, and told %v", partner, b.Status)
		}
		a.Role = lease.Secondary // the roles were exchanged since
		if got := a.Announced(l); got != l {
			t.Errorf("a secondary keeps what it asked back as the primary: %s", show(&got))
		}
	}
}
