package binding

import (
	"testing"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// Rules that were missing until the simulator showed what becomes of two
// servers without them; its stories are in pkg/failover/sim/testdata/found.

// TestAckedInDoubt: who has lost its leases agrees to anything.
func TestAckedInDoubt(t *testing.T) {
	a := Authority{Role: lease.Primary, State: wire.StateCommunicationsInterrupted, Connected: true, MCLT: 60, Partner: wire.Own}
	l := mineIs(lease.Primary, expired)
	sent := a.Update(&l)
	l.Failover.Told, l.Failover.SentPE, l.Failover.AckPE, l.Failover.RcvdPE = true, 1100, 0, 0
	if got := a.Acked(l, &sent, acceptNow); !got.Free() {
		t.Errorf("without a loss: %s", show(&got))
	}
	a.Forgotten = 950
	if got := a.Acked(l, &sent, acceptNow); got.State != lease.Expired || got.Expiration != 1160 {
		t.Errorf("the partner forgot it: %s", show(&got))
	}
	if got := a.Acked(l, &sent, 1160); !got.Free() {
		t.Errorf("when that is over: %s", show(&got))
	}
}

// TestAckedAcrossALease: the partner agrees that a lease is over, and has given
// the address before it heard so.
func TestAckedAcrossALease(t *testing.T) {
	a := Authority{Role: lease.Secondary, State: wire.StateRecover, Connected: true, MCLT: 60, Partner: wire.Own}
	l := known(freeLease(lease.Secondary, 0))
	sent := a.Update(&l)
	b := theirsIs(active)
	l, reason, text := a.Accept(l, &b, acceptNow)
	if reason != 0 || l.Flags&lease.FailoverUpdated == 0 {
		t.Fatalf("ACTIVE: %d %s: %s", reason, text, show(&l))
	}
	if got := a.Acked(l, &sent, acceptNow); got.State != lease.Leased || got.Flags&lease.FailoverUpdated != 0 {
		t.Errorf("the lease is not told again: %s", show(&got))
	}
}

// TestAbandonedSettlesADispute: who ended a lease takes it from one of ours that
// the address is abandoned there.
func TestAbandonedSettlesADispute(t *testing.T) {
	l := mineIs(lease.Secondary, expired)
	a := Authority{Role: lease.Secondary, State: wire.StateNormal, Partner: wire.Own}
	sent := a.Update(&l)
	got := a.Refused(l, &sent, wire.ReasonLessCritical, acceptNow)
	if got.State != lease.Unavailable || got.StateStart != l.LastTransaction || got.Flags&lease.FailoverUpdated == 0 {
		t.Errorf("refused: %s", show(&got))
	}
	a.Partner = wire.ISC // says so of every duel
	sent = a.Update(&l)
	if got := a.Refused(l, &sent, wire.ReasonLessCritical, acceptNow); got.State != lease.PendingAvailable {
		t.Errorf("refused by a dhcpd: %s", show(&got))
	}
}

// TestReleaseWithinSeconds: two clocks that are taken to go alike may be some
// seconds apart. Which was first, the release here or the lease there, is not to
// be told by them: the lease goes on.
func TestReleaseWithinSeconds(t *testing.T) {
	a := Authority{Role: lease.Secondary, State: wire.StateNormal, Connected: true, Partner: wire.Own}
	b := theirsIs(active)
	for ago, runs := range map[wire.Time]bool{0: true, unsure: true, unsure + 1: false} {
		b.LastTransaction = before - ago
		grace := mineIs(lease.Secondary, active)
		grace.State, grace.StateStart, grace.Flags = lease.Released, before, grace.Flags&^lease.FailoverUpdated
		got, reason, _ := a.Accept(grace, &b, acceptNow)
		if reason != 0 || (got.State == lease.Leased) != runs {
			t.Errorf("in its grace, %d s before: %d %s", ago, reason, show(&got))
		}
		if _, reason, _ = a.Accept(mineIs(lease.Secondary, released), &b, acceptNow); (reason == 0) != runs {
			t.Errorf("over, %d s before: reason %d", ago, reason)
		}
	}

	// The other side: a release that may be older than what it has not heard of.
	a.Role = lease.Primary
	r := theirsIs(released)
	l := mineIs(lease.Primary, active)
	for after, ends := range map[wire.Time]bool{1: false, unsure: false, unsure + 1: true} {
		r.LastTransaction = before + after
		l.Flags &^= lease.FailoverUpdated
		if _, reason, _ := a.Accept(l, &r, acceptNow); (reason == 0) != ends {
			t.Errorf("RELEASED %d s after, unheard: reason %d", after, reason)
		}
		if _, reason, _ := a.Accept(known(l), &r, acceptNow); reason != 0 {
			t.Errorf("RELEASED %d s after, heard: reason %d", after, reason)
		}
	}
}

// TestBackupKnowsLess: what a restored lease database says is older than what
// the partner says, whatever its times became at the start.
func TestBackupKnowsLess(t *testing.T) {
	a := Authority{Role: lease.Primary, State: wire.StateRecover, Connected: true, MCLT: 60, Forgotten: 980, Partner: wire.Own}
	b := theirsIs(active)
	l := mineIs(lease.Primary, abandoned)
	l.StateStart = 985 // its time was over when the server started
	if got, reason, text := a.Accept(l, &b, acceptNow); reason != 0 || got.State != lease.Leased {
		t.Errorf("out of use: %d %s: %s", reason, text, show(&got))
	}
	l.StateStart = 970
	if _, reason, _ := a.Accept(l, &b, acceptNow); reason != wire.ReasonLessCritical {
		t.Errorf("out of use before the loss, after the lease: reason %d", reason)
	}

	// The client's lease began after the backup: a new one, with new promises.
	l = mineIs(lease.Primary, active)
	b.Expiration, b.PotentialExpiration = acceptNow+100, acceptNow+200
	if got, _, _ := a.Accept(l, &b, acceptNow); got.Failover.AckPE != 0 || got.Failover.RcvdPE != acceptNow+200 || got.Start != before+50 {
		t.Errorf("a new lease: %s", show(&got))
	}
	a.State = wire.StateNormal
	if got, _, _ := a.Accept(l, &b, acceptNow); got.Failover.AckPE != 1900 || got.Failover.RcvdPE != 1800 {
		t.Errorf("outside RECOVER: %s", show(&got))
	}
}

// TestForeverIsNotWaitedFor: an operator ends a lease without an end.
func TestForeverIsNotWaitedFor(t *testing.T) {
	a := Authority{Role: lease.Primary, State: wire.StateNormal, Connected: true, MCLT: 60, Forgotten: 950, Partner: wire.Own}
	l := mineIs(lease.Primary, reset)
	l.StateStart, l.Failover.SentPE = 940, lease.Forever
	if got := a.Announced(l); got.State != lease.PendingAvailable {
		t.Errorf("reset: %s", show(&got))
	}
}

// TestRefusedIsNotKnown: of a whole dump, what the partner refuses.
func TestRefusedIsNotKnown(t *testing.T) {
	a := Authority{Role: lease.Primary, State: wire.StateNormal, Connected: true, Partner: wire.Own}
	l := known(freeLease(lease.Primary, lease.Backup))
	sent := a.Update(&l)
	if got := a.Refused(l, &sent, wire.ReasonNotReserved, acceptNow); got.Flags&lease.FailoverUpdated != 0 {
		t.Errorf("%s", show(&got))
	}
}

// TestRolesExchanged: a server with all of its leases recovers because its role
// was changed.
func TestRolesExchanged(t *testing.T) {
	a := Authority{Role: lease.Primary, State: wire.StateRecover, Connected: true, MCLT: 60, Partner: wire.Own}
	l, b := mineIs(lease.Primary, active), theirsIs(backup)
	l.Expiration, b.StateStart = acceptNow+100, wire.TimeOf(l.LastTransaction+1)
	if _, reason, text := a.Accept(l, &b, acceptNow); reason != 0 {
		t.Errorf("what a backup may not know is refused: %s", text)
	}
	a.Whole = true
	if got, reason, _ := a.Accept(l, &b, acceptNow); reason != wire.ReasonOutdated {
		t.Errorf("a lease that runs is given away: %s", show(&got))
	}

	a.State, a.Down = wire.StatePartnerDown, acceptNow
	free := freeLease(lease.Primary, 0)
	if a.MayGive(&free, acceptNow+60, false) || !a.MayGive(&free, acceptNow+61, true) {
		t.Error("what was the partner's is given before the MCLT has passed, or not even then")
	}
}

// TestExtendedByThePartner: a lease is over by the word of the partner that gave it
// last, though it has not acknowledged what was given before.
func TestExtendedByThePartner(t *testing.T) {
	a := Authority{Role: lease.Secondary, State: wire.StateNormal, Connected: true, MCLT: 60, Partner: wire.Own}
	l := mineIs(lease.Secondary, expired)
	l.Failover.SentPE, l.Failover.AckPE, l.Failover.RcvdPE = 800, 0, 1100
	l = a.Changed(l)
	b := theirsIs(expired)
	if got, reason, text := a.Accept(l, &b, acceptNow); reason != 0 || !got.Free() {
		t.Errorf("%d %s: %s", reason, text, show(&got))
	}
}
