package binding

import (
	"testing"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// TestAcked has what an acknowledgement does to a lease as it was sent, and to
// one that has changed since.
func TestAcked(t *testing.T) {
	a := Authority{Role: lease.Primary, State: wire.StateNormal, Connected: true, Partner: wire.Own}
	unheardOf := func(s wire.BindingStatus) lease.Lease {
		l := mineIs(lease.Primary, s)
		l.Flags &^= lease.FailoverUpdated
		return l
	}
	keep := func(*lease.Lease) {}
	cases := []struct {
		name   string
		l      lease.Lease
		since  func(l *lease.Lease)
		state  lease.State
		flags  lease.Flags
		acked  int64
		backup bool
	}{
		{"leased", unheardOf(active), keep, lease.Leased, lease.FailoverUpdated, 2000, false},
		{"renewed since", unheardOf(active), func(l *lease.Lease) { l.LastTransaction += 5; l.Failover.SentPE += 100 }, lease.Leased, 0, 2000, false},
		{"in its grace since", unheardOf(active), func(l *lease.Lease) { l.State, l.StateStart = lease.Expired, acceptNow }, lease.Expired, 0, 2000, false},
		{"ended since, and told: no promise any more", unheardOf(active), func(l *lease.Lease) {
			*l = mineIs(lease.Primary, expired)
			l.StateStart = acceptNow
		}, lease.PendingAvailable, 0, 0, false},
		{"given to another since", unheardOf(active), func(l *lease.Lease) { l.HW = bob; l.Failover.AckPE = 0 }, lease.Leased, 0, 0, false},
		{"given to the same anew since", unheardOf(active), func(l *lease.Lease) { l.Start += 1; l.Failover.AckPE = 0 }, lease.Leased, 0, 0, false},
		{"expired", unheardOf(expired), keep, lease.Available, lease.FailoverUpdated, 0, false},
		{"released", unheardOf(released), keep, lease.Available, lease.FailoverUpdated, 0, false},
		{"reset", unheardOf(reset), keep, lease.Available, lease.FailoverUpdated, 0, false},
		{"expired, taken up and expired again since", unheardOf(expired), func(l *lease.Lease) { l.StateStart += 7 }, lease.PendingAvailable, 0, 0, false},
		{"expired, and released since", unheardOf(expired), func(l *lease.Lease) { l.Failover.Ended = lease.EndedReleased }, lease.PendingAvailable, 0, 0, false},
		{"free", unheardOf(free), keep, lease.Available, lease.FailoverUpdated, 0, false},
		{"given to the secondary", unheardOf(backup), keep, lease.OtherAvailable, lease.FailoverUpdated, 0, true},
		{"abandoned", unheardOf(abandoned), keep, lease.Unavailable, lease.FailoverUpdated, 0, false},
		{"given to the secondary again, whose lease of a backup crossed with that", freeLease(lease.Primary, lease.Backup|lease.FailoverUpdated), func(l *lease.Lease) {
			b := theirsIs(active)
			*l, _, _ = a.Accept(*l, &b, acceptNow)
		}, lease.Leased, 0, 0, false},
	}
	for _, c := range cases {
		c.l.Failover.AckPE = min(c.l.Failover.AckPE, 1900)
		sent := a.Update(&c.l)
		l := c.l
		c.since(&l)
		got := a.Acked(l, &sent, acceptNow)
		if got.State != c.state || got.Flags&lease.FailoverUpdated != c.flags || got.Failover.AckPE != c.acked || (got.Flags&lease.Backup != 0) != c.backup {
			t.Errorf("%s: %s", c.name, show(&got))
		}
	}
}

// TestAckedBySecondary: what ends falls to the primary, whoever had leased it.
func TestAckedBySecondary(t *testing.T) {
	a := Authority{Role: lease.Secondary, State: wire.StateNormal, Partner: wire.Own}
	l := mineIs(lease.Secondary, expired)
	l.Flags |= lease.Backup
	sent := a.Update(&l)
	got := a.Acked(l, &sent, acceptNow)
	if got.State != lease.OtherAvailable || got.Flags != lease.FailoverUpdated || got.HW != alice {
		t.Errorf("%s", show(&got))
	}
}

// TestAskedBack: the primary has the address only by the secondary's word.
func TestAskedBack(t *testing.T) {
	a := Authority{Role: lease.Primary, State: wire.StateNormal, Connected: true, Partner: wire.Own}
	l := known(freeLease(lease.Primary, lease.Backup))
	asked, ok := a.AskedBack(l)
	if !ok || asked.State != lease.PendingAvailable || a.MayGive(&asked, acceptNow, false) || a.MayResume(&asked, acceptNow+1, false) {
		t.Fatalf("asked back: %v, %s", ok, show(&asked))
	}
	sent := a.Update(&asked)
	if sent.Status != free {
		t.Fatalf("says %v", sent.Status)
	}
	if got := a.Acked(asked, &sent, acceptNow); got.State != lease.Available || got.Flags != lease.FailoverUpdated {
		t.Errorf("acknowledged: %s", show(&got))
	}
	for _, reason := range []wire.Reason{wire.ReasonFatalConflict, wire.ReasonOutdated, wire.ReasonIllegalAddress} {
		if got := a.Refused(asked, &sent, reason, acceptNow); got.State != lease.OtherAvailable || got.Flags != lease.FailoverUpdated|lease.Backup || got.StateStart != l.StateStart {
			t.Errorf("refused with %d: %s", reason, show(&got))
		}
	}
	// The secondary has leased it meanwhile.
	b := theirsIs(active)
	got, reason, _ := a.Accept(asked, &b, acceptNow)
	if reason != 0 || got.State != lease.Leased {
		t.Errorf("leased meanwhile: %d, %s", reason, show(&got))
	}
	if again := a.Refused(got, &sent, wire.ReasonOutdated, acceptNow); again != got {
		t.Errorf("refused then: %s", show(&again))
	}

	for _, c := range []struct {
		name string
		role lease.Role
		l    lease.Lease
	}{
		{"the secondary asks", lease.Secondary, known(freeLease(lease.Secondary, 0))},
		{"its own", lease.Primary, known(freeLease(lease.Primary, 0))},
		{"on its way there", lease.Primary, freeLease(lease.Primary, lease.Backup)},
		{"reserved", lease.Primary, known(freeLease(lease.Primary, lease.Backup|lease.Reserved))},
		{"deactivated", lease.Primary, known(freeLease(lease.Primary, lease.Backup|lease.Deactivated))},
		{"leased", lease.Primary, mineIs(lease.Primary, active)},
	} {
		a := Authority{Role: c.role}
		if got, ok := a.AskedBack(c.l); ok || got != c.l {
			t.Errorf("%s: is asked back", c.name)
		}
	}
}

func TestTransferred(t *testing.T) {
	for _, c := range []struct {
		name string
		role lease.Role
		l    lease.Lease
		ok   bool
		to   wire.BindingStatus
	}{
		{"given", lease.Primary, known(freeLease(lease.Primary, 0)), true, backup},
		{"given, never used", lease.Primary, lease.Lease{Key: duetKey, State: lease.Available, Role: lease.Primary}, true, backup},
		{"given back", lease.Secondary, known(freeLease(lease.Secondary, lease.Backup)), true, free},
		{"the partner's", lease.Primary, known(freeLease(lease.Primary, lease.Backup)), false, 0},
		{"the partner's", lease.Secondary, known(freeLease(lease.Secondary, 0)), false, 0},
		{"reserved", lease.Primary, freeLease(lease.Primary, lease.Reserved), false, 0},
		{"out of the ranges", lease.Primary, freeLease(lease.Primary, lease.NotInRanges), false, 0},
		{"deactivated", lease.Primary, freeLease(lease.Primary, lease.Deactivated), false, 0},
		{"offered", lease.Primary, lease.Lease{Key: duetKey, State: lease.Offered, Role: lease.Primary}, false, 0},
		{"leased", lease.Primary, mineIs(lease.Primary, active), false, 0},
	} {
		a := Authority{Role: c.role, State: wire.StateNormal, Partner: wire.Own}
		got, ok := a.Transferred(c.l, acceptNow)
		if ok != c.ok {
			t.Errorf("%s: %v", c.name, ok)
			continue
		}
		if !ok {
			continue
		}
		if got.State != lease.OtherAvailable || got.Flags&lease.FailoverUpdated != 0 || a.MayGive(&got, acceptNow, false) {
			t.Errorf("%s: %s", c.name, show(&got))
		}
		b := a.Update(&got)
		if b.Status != c.to {
			t.Errorf("%s: says %v", c.name, b.Status)
		}
		// The partner may give it as soon as it has heard.
		p := Authority{Role: c.role.Other(), State: wire.StateNormal, Partner: wire.Own}
		theirs := c.l
		theirs.Role = p.Role
		theirs.State = lease.OtherAvailable
		taken, reason, text := p.Accept(theirs, &b, acceptNow)
		if reason != 0 || !p.MayGive(&taken, acceptNow, false) || taken.Flags&lease.FailoverUpdated == 0 {
			t.Errorf("%s: the partner: %d %s, %s", c.name, reason, text, show(&taken))
		}
	}
}

// TestOfferedAway is a free address that one server has offered to a client
// when the partner's word comes.
func TestOfferedAway(t *testing.T) {
	offered := func(role lease.Role, f lease.Flags) lease.Lease {
		return lease.Lease{Key: duetKey, Role: role, State: lease.Offered, HW: alice, Flags: f | lease.FailoverUpdated, StateStart: before, Expiration: acceptNow + 60}
	}
	for _, c := range []struct {
		name     string
		role     lease.Role
		mine     lease.Flags
		received wire.BindingStatus
		reason   wire.Reason
		state    lease.State
	}{
		{"the primary confirms it", lease.Secondary, lease.Backup, backup, 0, lease.Offered},
		{"the secondary claims what the primary offers", lease.Primary, 0, backup, 0, lease.OtherAvailable},
		{"the secondary confirms it", lease.Primary, 0, free, 0, lease.Offered},
		{"leased by the partner", lease.Primary, 0, active, 0, lease.Leased},
		{"abandoned by the partner", lease.Secondary, lease.Backup, abandoned, 0, lease.Unavailable},
	} {
		a := Authority{Role: c.role, State: wire.StateNormal, Partner: wire.Own}
		b := theirsIs(c.received)
		got, reason, _ := a.Accept(offered(c.role, c.mine), &b, acceptNow)
		if reason != c.reason || got.State != c.state {
			t.Errorf("%s: reason %d, %s", c.name, reason, show(&got))
		}
	}
}

// TestRefused: what is free here and in use there is not ours to give.
func TestRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		role   lease.Role
		l      lease.Lease
		reason wire.Reason
		state  lease.State
	}{
		{"own free, in use", lease.Primary, freeLease(lease.Primary, 0), 2, lease.OtherAvailable},
		{"own free, outdated", lease.Primary, freeLease(lease.Primary, 0), 15, lease.OtherAvailable},
		{"own free, abandoned there", lease.Secondary, freeLease(lease.Secondary, lease.Backup), 16, lease.OtherAvailable},
		{"own free, not in its pool", lease.Primary, freeLease(lease.Primary, 0), 1, lease.Available},
		{"own free and reserved", lease.Primary, freeLease(lease.Primary, lease.Reserved), 2, lease.Available},
		{"given away, not reserved there", lease.Primary, freeLease(lease.Primary, lease.Backup), 19, lease.OtherAvailable},
		{"leased, in use by another", lease.Secondary, mineIs(lease.Secondary, active), 2, lease.Leased},
		{"expired, and renewed there", lease.Primary, mineIs(lease.Primary, expired), 15, lease.PendingAvailable},
		{"abandoned", lease.Primary, mineIs(lease.Primary, abandoned), 6, lease.Unavailable},
	} {
		a := Authority{Role: c.role, State: wire.StateNormal, Partner: wire.Own}
		sent := a.Update(&c.l)
		got := a.Refused(c.l, &sent, c.reason, acceptNow)
		if got.State != c.state {
			t.Errorf("%s: %s", c.name, show(&got))
		}
		same := c.l
		same.Flags &^= lease.FailoverUpdated // as in a whole dump
		if c.state == c.l.State && got != same {
			t.Errorf("%s: changed to %s", c.name, show(&got))
		}
		later := c.l
		later.StateStart += 50
		if status(&later) != active {
			if got := a.Refused(later, &sent, c.reason, acceptNow); got != later {
				t.Errorf("%s, changed since: %s", c.name, show(&got))
			}
		}
	}
}

// TestReusable is table 7.5 of the reference.
func TestReusable(t *testing.T) {
	const down, mclt = 1000, 60
	cases := []struct {
		name string
		l    lease.Lease
		at   int64
		ok   bool
	}{
		{"its end is the latest", lease.Lease{State: lease.PendingAvailable, Expiration: 2000, Failover: lease.Failover{SentPE: 1900}}, 2061, true},
		{"what was sent is", lease.Lease{State: lease.PendingAvailable, Expiration: 2000, Failover: lease.Failover{SentPE: 2500, AckPE: 2400}}, 2561, true},
		{"what was acknowledged is", lease.Lease{State: lease.PendingAvailable, Expiration: 2000, Failover: lease.Failover{AckPE: 2400, RcvdPE: 2300}}, 2461, true},
		{"what was received is", lease.Lease{State: lease.PendingAvailable, Expiration: 2000, Failover: lease.Failover{AckPE: 2200, RcvdPE: 2300}}, 2361, true},
		{"all before the partner went down", lease.Lease{State: lease.PendingAvailable, Expiration: 500}, 1061, true},
		{"for ever", lease.Lease{State: lease.PendingAvailable, Expiration: lease.Forever}, 0, false},
		{"still leased", lease.Lease{State: lease.Leased, Expiration: 1}, 0, false},
		{"abandoned", lease.Lease{State: lease.Unavailable, Expiration: 1}, 0, false},
	}
	for _, c := range cases {
		a := Authority{Role: lease.Secondary, State: wire.StatePartnerDown, Down: down, MCLT: mclt}
		if at, ok := a.Reusable(&c.l); ok != c.ok || ok && at != c.at {
			t.Errorf("%s: %d %v, want %d %v", c.name, at, ok, c.at, c.ok)
		}
		for _, state := range allStates {
			if state == wire.StatePartnerDown {
				continue
			}
			a := Authority{Role: lease.Secondary, State: state, Down: down, MCLT: mclt}
			if _, ok := a.Reusable(&c.l); ok {
				t.Errorf("%s: reusable in %v", c.name, state)
			}
		}
	}
}

func TestReclaimed(t *testing.T) {
	for _, c := range []struct {
		role  lease.Role
		ended lease.Ended
		flags lease.Flags
		state lease.State
	}{
		{lease.Primary, lease.EndedExpired, 0, lease.Available},
		{lease.Secondary, lease.EndedReleased, 0, lease.OtherAvailable},
		{lease.Primary, lease.EndedReset, 0, lease.Available},
		{lease.Primary, lease.EndedReclaimed, lease.Backup, lease.OtherAvailable},
	} {
		a := Authority{Role: c.role, State: wire.StatePartnerDown, Down: 1, MCLT: 1}
		l := lease.Lease{Key: duetKey, Role: c.role, State: lease.PendingAvailable, Flags: lease.Backup, HW: alice, Expiration: 5,
			Failover: lease.Failover{SentPE: 9, Told: true, Ended: c.ended}}
		got := a.Reclaimed(l, acceptNow)
		if got.State != c.state || got.Flags != c.flags || got.Failover != (lease.Failover{}) || got.HW != alice || !a.MayGive(&got, acceptNow, false) {
			t.Errorf("%v, ended %d: %s", c.role, c.ended, show(&got))
		}
		leased := mineIs(c.role, active)
		if a.Reclaimed(leased, acceptNow) != leased {
			t.Error("a lease that runs is reclaimed")
		}
	}
}

// TestEndsTogether is a lease that both servers saw expire: one EXPIRED is
// enough where the partner had heard all that this server gave, and else each
// waits for the answer to its own.
func TestEndsTogether(t *testing.T) {
	a := Authority{Role: lease.Secondary, State: wire.StateNormal, Connected: true, Partner: wire.Own}
	for _, c := range []struct {
		name  string
		f     lease.Failover
		ended lease.Ended
		frees bool
	}{
		{"the partner's lease", lease.Failover{RcvdPE: 1500}, lease.EndedExpired, true},
		{"ours, acknowledged", lease.Failover{SentPE: 1500, AckPE: 1500}, lease.EndedExpired, true},
		{"ours, acknowledged, and released", lease.Failover{SentPE: 1500, AckPE: 1600}, lease.EndedReleased, true},
		{"renewed here, not acknowledged", lease.Failover{SentPE: 1501, AckPE: 1500, RcvdPE: 1500}, lease.EndedExpired, false},
		{"for ever, once", lease.Failover{SentPE: lease.Forever, AckPE: lease.Forever}, lease.EndedExpired, false},
		{"reset", lease.Failover{RcvdPE: 1500}, lease.EndedReset, false},
	} {
		l := mineIs(lease.Secondary, expired)
		c.f.Told, c.f.Ended = true, c.ended
		l.Failover = c.f
		l = a.Changed(l)
		if !lapsed(&l) {
			t.Errorf("%s: a promise stands: %s", c.name, show(&l))
		}
		for _, received := range []wire.BindingStatus{expired, released, reset, free} {
			b := theirsIs(received)
			got, reason, text := a.Accept(l, &b, acceptNow)
			if reason != 0 || got.Free() != c.frees {
				t.Errorf("%s, receives %v: %d %s, %s", c.name, received, reason, text, show(&got))
			}
			if !c.frees && got != l {
				t.Errorf("%s, receives %v: %s", c.name, received, show(&got))
			}
		}
	}
}

// TestPromisesGrow: every lease promises more than any before, so that an
// acknowledgement shows what the partner has heard.
func TestPromisesGrow(t *testing.T) {
	a := Authority{Role: lease.Secondary, State: wire.StateNormal, Partner: wire.Own}
	l := lease.Lease{State: lease.Leased, HW: alice, Start: 1, Expiration: 200, Failover: lease.Failover{RcvdPE: 5000, SentPE: 100, AckPE: 100}}
	if !heard(&l) {
		t.Error("all was acknowledged, and not heard")
	}
	first := a.Update(&l)
	l = a.Given(l, 900)
	second := a.Update(&l)
	if heard(&l) || second.PotentialExpiration.Unix() != 5001 {
		t.Errorf("given anew: %s", show(&l))
	}
	if l = a.Acked(l, &first, acceptNow); heard(&l) {
		t.Errorf("the update before is acknowledged: %s", show(&l))
	}
	if l = a.Acked(l, &second, acceptNow); !heard(&l) {
		t.Errorf("acknowledged: %s", show(&l))
	}
}

// TestAckedByDhcpd is a lease that a dhcpd takes from us after it told us that
// it ended, or that the address is out of use: it is to be told so again.
func TestAckedByDhcpd(t *testing.T) {
	for _, c := range []struct {
		partner *wire.Profile
		told    wire.BindingStatus
		known   lease.Flags
	}{
		{wire.ISC, wire.StatusReleased, 0}, {wire.Own, wire.StatusReleased, lease.FailoverUpdated},
		{wire.ISC, wire.StatusAbandoned, 0}, {wire.Own, wire.StatusAbandoned, lease.FailoverUpdated},
	} {
		a := Authority{Role: lease.Primary, State: wire.StateNormal, Connected: true, Partner: c.partner}
		sent := mineIs(lease.Primary, active)
		b := a.Update(&sent)
		theirs := b
		theirs.Status, theirs.LastTransaction, theirs.StateStart = c.told, b.LastTransaction+20, b.LastTransaction+20
		if c.told == wire.StatusAbandoned {
			theirs.HW, theirs.ClientID = wire.HW{}, ""
		}
		sent.Flags |= lease.FailoverUpdated
		l, reason, text := a.Accept(sent, &theirs, acceptNow)
		if reason != 0 {
			t.Fatalf("%v is refused: %s", c.told, text)
		}
		if got := a.Acked(l, &b, acceptNow); got.State != l.State || got.Flags&lease.FailoverUpdated != c.known {
			t.Errorf("%s, %v: %s", c.partner.Name, c.told, show(&got))
		}
	}
}
