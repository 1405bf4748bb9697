package binding

import (
	"fmt"
	"testing"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

const (
	free      = wire.StatusFree
	active    = wire.StatusActive
	expired   = wire.StatusExpired
	released  = wire.StatusReleased
	abandoned = wire.StatusAbandoned
	reset     = wire.StatusReset
	backup    = wire.StatusBackup
)

var allStatuses = []wire.BindingStatus{free, active, expired, released, abandoned, reset, backup}

// All happens at time 1000 to a lease whose client was there, and whose state
// began, at 900.
const acceptNow, before = 1000, 900

var (
	alice = lease.HardwareFrom(1, []byte{2, 0, 0, 0, 0, 1})
	bob   = lease.HardwareFrom(1, []byte{2, 0, 0, 0, 0, 2})
)

// mineIs is our lease with a status: alice's, told, and known to the partner
// unless it is the partner's turn to agree.
func mineIs(role lease.Role, s wire.BindingStatus) lease.Lease {
	l := lease.Lease{Key: duetKey, Role: role, HW: alice, StateStart: before, LastTransaction: before,
		Flags: lease.FailoverUpdated, Failover: lease.Failover{Told: true}}
	pending := func(e lease.Ended) {
		l.State, l.Expiration, l.Flags, l.Failover.Ended = lease.PendingAvailable, before, 0, e
	}
	switch s {
	case free, backup:
		l = lease.Freed(l, before, s == backup)
		l.Flags |= lease.FailoverUpdated
	case active:
		l.State, l.Start, l.Expiration = lease.Leased, before, acceptNow+500
		l.Failover.SentPE, l.Failover.AckPE, l.Failover.RcvdPE = 2000, 1900, 1800
	case abandoned:
		l.State = lease.Unavailable
	case expired:
		pending(lease.EndedExpired)
	case released:
		pending(lease.EndedReleased)
	case reset:
		pending(lease.EndedReset)
	}
	return l
}

// theirs is an update of alice's lease: a later word than ours, running.
func theirsIs(s wire.BindingStatus) wire.Binding {
	b := wire.Binding{Address: duetKey.Addr.Netip(), Status: s, StateStart: before + 50, LastTransaction: before + 50}
	if s != abandoned {
		b.HW = wire.HW(alice)
	}
	if s == active {
		b.Expiration, b.PotentialExpiration = acceptNow+600, acceptNow+900
	}
	return b
}

type twist struct {
	name string
	do   func(l *lease.Lease, b *wire.Binding)
}

var (
	asIs    = twist{"a later word", func(*lease.Lease, *wire.Binding) {}}
	earlier = twist{"an earlier word", func(_ *lease.Lease, b *wire.Binding) {
		b.LastTransaction, b.StateStart = before-unsure-1, before-unsure-1
	}}
	equal     = twist{"a word of the same second", func(_ *lease.Lease, b *wire.Binding) { b.LastTransaction, b.StateStart = before, before }}
	theirNext = twist{"their second word of the same second", func(l *lease.Lease, b *wire.Binding) { equal.do(l, b); l.Failover.FromPartner = true }}
	timeless  = twist{"no transaction time", func(_ *lease.Lease, b *wire.Binding) { b.LastTransaction = 0 }}
	stateless = twist{"no start of state", func(_ *lease.Lease, b *wire.Binding) { b.StateStart = 0 }}
	newcomer  = twist{"no transaction time of ours", func(l *lease.Lease, b *wire.Binding) { earlier.do(l, b); l.LastTransaction = 0 }}
	unheard   = twist{"ours not acknowledged", func(l *lease.Lease, _ *wire.Binding) { l.Flags &^= lease.FailoverUpdated }}
	over      = twist{"ours is over", func(l *lease.Lease, _ *wire.Binding) { l.Expiration = acceptNow }}
	theirOver = twist{"theirs is over", func(_ *lease.Lease, b *wire.Binding) { b.Expiration = acceptNow }}
	another   = twist{"another client", func(_ *lease.Lease, b *wire.Binding) { b.HW = wire.HW(bob) }}
	asKnown   = twist{"promised before", func(l *lease.Lease, b *wire.Binding) { l.Failover.SentPE = b.PotentialExpiration.Unix() }}
	grace     = twist{"ours in its grace", func(l *lease.Lease, _ *wire.Binding) { l.State, l.StateStart = lease.Expired, acceptNow-1 }}
)

func twists(all ...twist) twist {
	t := twist{do: func(l *lease.Lease, b *wire.Binding) {
		for _, x := range all {
			x.do(l, b)
		}
	}}
	for i, x := range all {
		if i > 0 {
			t.name += ", "
		}
		t.name += x.name
	}
	return t
}

// acceptCase is one cell of figure 7.1.3-1 under a condition, and the reason
// that the primary and the secondary refuse for; 0 accepts.
type acceptCase struct {
	mine, received     wire.BindingStatus
	when               twist
	primary, secondary wire.Reason
}

var acceptCases = []acceptCase{
	{active, active, asIs, 0, 0},
	{active, active, earlier, 0, 0},
	{active, active, timeless, 0, 0},
	{active, active, unheard, 0, 0},
	{active, active, another, 2, 0},
	{active, active, twists(another, earlier), 2, 0},
	{active, active, twists(another, theirOver), 2, 15},
	{active, active, twists(another, over), 0, 0},
	{active, active, twists(another, over, theirOver), 2, 15},
	{active, active, twists(another, grace), 0, 0},

	{active, expired, asIs, 15, 15},
	{active, expired, over, 0, 0},
	{active, expired, twists(over, earlier), 0, 0},
	{active, expired, twists(over, unheard), 15, 15},
	{active, expired, grace, 0, 0},
	{active, expired, twists(grace, unheard), 15, 15},

	{active, released, asIs, 0, 0},
	{active, released, unheard, 0, 0},
	{active, released, earlier, 15, 15},
	{active, released, timeless, 15, 15},
	{active, released, newcomer, 0, 0},
	{active, released, equal, 15, 15},
	{active, released, theirNext, 0, 0},
	{active, released, another, 15, 15},

	{active, free, asIs, 15, 15},
	{active, free, over, 0, 0},
	{active, free, twists(over, unheard), 15, 15},
	{active, backup, asIs, 15, 15},
	{active, backup, over, 0, 0},
	{active, backup, twists(over, unheard), 15, 15},

	{active, reset, asIs, 0, 0},
	{active, reset, earlier, 0, 0},
	{active, reset, unheard, 15, 15},
	{active, abandoned, asIs, 0, 0},
	{active, abandoned, earlier, 15, 15},
	{active, abandoned, theirNext, 0, 0},
	{active, abandoned, stateless, 0, 0},
	{active, abandoned, unheard, 0, 0},
	{active, abandoned, twists(unheard, earlier), 15, 15},
	{active, abandoned, twists(unheard, equal), 15, 15},
	{active, abandoned, twists(unheard, stateless), 0, 0},

	{expired, active, asIs, 0, 0},
	{expired, active, earlier, 0, 0}, // it runs
	{expired, active, twists(earlier, theirOver), 15, 15},
	{expired, active, twists(equal, theirOver), 15, 15},
	{expired, active, twists(timeless, theirOver), 15, 15},
	{expired, active, twists(newcomer, theirOver), 0, 0},
	{expired, active, another, 0, 0},
	{released, active, asIs, 0, 0},
	{released, active, earlier, 15, 15},
	{released, active, equal, 0, 0},
	{released, active, timeless, 15, 15},
	{expired, abandoned, asIs, 0, 0},
	{expired, abandoned, earlier, 15, 15},
	{expired, abandoned, equal, 0, 0},
	{expired, abandoned, stateless, 0, 0},
	{released, abandoned, asIs, 0, 0},
	{released, abandoned, earlier, 15, 15},

	{reset, active, asIs, 0, 0},
	{reset, active, twists(earlier, theirOver), 0, 0},
	{reset, active, twists(timeless, theirOver), 0, 0},
	{reset, abandoned, asIs, 0, 0},
	{reset, abandoned, earlier, 15, 15},
	{reset, abandoned, equal, 15, 0},
	{reset, abandoned, stateless, 0, 0},

	{abandoned, active, asIs, 0, 0},
	{abandoned, active, earlier, 16, 16},
	{abandoned, active, equal, 0, 0},
	{abandoned, active, twists(equal, asKnown), 16, 16},
	{abandoned, active, timeless, 16, 16},
	{abandoned, expired, asIs, 0, 0},
	{abandoned, expired, earlier, 16, 16},
	{abandoned, expired, equal, 16, 16},
	{abandoned, expired, timeless, 16, 16},
	{abandoned, released, asIs, 0, 0},
	{abandoned, released, earlier, 16, 16},
	{abandoned, released, equal, 16, 16},
	{abandoned, free, asIs, 16, 16},
	{abandoned, backup, asIs, 16, 16},
	{abandoned, reset, asIs, 0, 0},
	{abandoned, reset, earlier, 15, 15},
	{abandoned, reset, equal, 15, 0},
	{abandoned, reset, stateless, 0, 0},
	{abandoned, reset, twists(unheard, earlier), 15, 15},
	{abandoned, reset, unheard, 0, 0},

	{expired, backup, asIs, 0, 16},
	{released, backup, asIs, 0, 16},
	{reset, backup, asIs, 0, 16},
	{backup, free, unheard, 16, 0}, // on its way to the secondary
	{backup, backup, unheard, 0, 0},
	{free, backup, unheard, 0, 0},
}

// TestAcceptance has every cell of the figure; those without a case of their
// own accept whatever the times are.
func TestAcceptance(t *testing.T) {
	cases := acceptCases
	covered := map[[2]wire.BindingStatus]bool{}
	for _, c := range cases {
		covered[[2]wire.BindingStatus{c.mine, c.received}] = true
	}
	for _, mine := range allStatuses {
		for _, received := range allStatuses {
			if covered[[2]wire.BindingStatus{mine, received}] && mine != backup && mine != free {
				continue
			}
			for _, w := range []twist{asIs, earlier, equal, timeless, stateless, another} {
				cases = append(cases, acceptCase{mine, received, w, 0, 0})
			}
		}
	}
	for _, c := range cases {
		for role, want := range map[lease.Role]wire.Reason{lease.Primary: c.primary, lease.Secondary: c.secondary} {
			for _, p := range []*wire.Profile{wire.Own, wire.Draft, wire.ISC} {
				a := Authority{Role: role, State: wire.StateNormal, MCLT: 60, Connected: true, Partner: p}
				l, b := mineIs(role, c.mine), theirsIs(c.received)
				c.when.do(&l, &b)
				got, reason, text := a.Accept(l, &b, acceptNow)
				what := fmt.Sprintf("%v at %v (%s) receives %v, %s", c.mine, role, p.Name, c.received, c.when.name)
				if reason != want {
					t.Errorf("%s: reason %d %q, want %d", what, reason, text, want)
					continue
				}
				if reason != 0 {
					if text == "" || len(text) > 60 {
						t.Errorf("%s: text %q", what, text)
					}
					kept := got
					kept.Flags = kept.Flags&^lease.FailoverUpdated | l.Flags&lease.FailoverUpdated
					if kept != l {
						t.Errorf("%s: refused, and now %+v", what, got)
					}
					continue
				}
				checkTaken(t, what, &a, &l, &got, &b)
			}
		}
	}
}

// checkTaken is what holds after any update that was accepted.
func checkTaken(t *testing.T, what string, a *Authority, was, l *lease.Lease, b *wire.Binding) {
	t.Helper()
	if was.Flags&lease.FailoverUpdated != 0 && l.Flags&lease.FailoverUpdated == 0 {
		t.Errorf("%s: is echoed", what)
	}
	if again, reason, _ := a.Accept(*l, b, acceptNow); reason == 0 && again != *l {
		t.Errorf("%s: a second time:\n%s\n%s", what, show(l), show(&again))
	}
	switch {
	case was.State == lease.PendingAvailable && b.Status != active && b.Status != abandoned:
		if *l != a.Announced(*was) {
			t.Errorf("%s: ends before the partner has agreed: %s", what, show(l))
		}
		return
	case b.Status == active:
		if l.State != lease.Leased || l.Client() != lease.KeyOf("", lease.HW(b.HW)) {
			if was.State != lease.Expired || l.State != lease.Expired {
				t.Errorf("%s: is %s", what, show(l))
			}
		}
		if l.Expiration < b.Expiration.Unix() || l.Failover.RcvdPE < max(b.Expiration, b.PotentialExpiration).Unix() || !l.Failover.Told {
			t.Errorf("%s: is %s", what, show(l))
		}
	case b.Status == abandoned:
		if l.State != lease.Unavailable {
			t.Errorf("%s: is %s", what, show(l))
		}
	default:
		to := lease.Primary
		if b.Status == backup {
			to = lease.Secondary
		}
		if a.givenAway(was) {
			to = lease.Secondary
		}
		want := lease.OtherAvailable
		if to == a.Role {
			want = lease.Available
		}
		f := l.Failover
		f.FromPartner = false
		if l.State != want || owner(l) != to || f != (lease.Failover{}) {
			t.Errorf("%s: is %s", what, show(l))
		}
	}
}

func TestAcceptWithoutData(t *testing.T) {
	a := Authority{Role: lease.Secondary, State: wire.StateNormal}
	cases := []struct {
		name   string
		b      wire.Binding
		reason wire.Reason
	}{
		{"no status", wire.Binding{}, wire.ReasonMissingInformation},
		{"a status that is not known", wire.Binding{Status: 8}, wire.ReasonUnknown},
		{"ACTIVE without an end", wire.Binding{Status: active, HW: wire.HW(alice)}, wire.ReasonMissingInformation},
		{"ACTIVE of nobody", wire.Binding{Status: active, Expiration: 5}, wire.ReasonMissingInformation},
		{"EXPIRED of nobody", wire.Binding{Status: expired}, wire.ReasonMissingInformation},
		{"BACKUP, reserved, but not here", wire.Binding{Status: backup, Flags: wire.FlagReserved}, wire.ReasonNotReserved},
	}
	for _, c := range cases {
		l := mineIs(lease.Secondary, free)
		if got, reason, text := a.Accept(l, &c.b, acceptNow); reason != c.reason || text == "" || got != l {
			t.Errorf("%s: reason %d %q, want %d", c.name, reason, text, c.reason)
		}
	}
}

// TestForgetful is a dhcpd's dump of a lease that it learned from us: neither
// a transaction time nor a potential expiration. It may be old, but refusing
// it would leave the two at odds.
func TestForgetful(t *testing.T) {
	for _, mine := range []wire.BindingStatus{expired, released, reset, active} {
		l, b := mineIs(lease.Primary, mine), theirsIs(active)
		b.LastTransaction, b.PotentialExpiration, b.Expiration = 0, 0, acceptNow-100
		for p, want := range map[*wire.Profile]bool{wire.ISC: true, wire.Draft: mine == active || mine == reset} {
			a := Authority{Role: lease.Primary, State: wire.StateNormal, Partner: p}
			got, reason, _ := a.Accept(l, &b, acceptNow)
			if (reason == 0) != want {
				t.Errorf("%v, %s: reason %d", mine, p.Name, reason)
			}
			if reason == 0 && (got.Failover.SentPE < l.Failover.SentPE || got.Failover.AckPE < l.Failover.AckPE ||
				got.Failover.RcvdPE < l.Failover.RcvdPE || mine == active && got.Expiration < l.Expiration) {
				t.Errorf("%v: a time went back: %s", mine, show(&got))
			}
		}
	}
}

// TestEarlyExpired is what a dhcpd does after it recovers: EXPIRED for leases
// that still run.
func TestEarlyExpired(t *testing.T) {
	for _, left := range []int64{109, 69, 64, 1} {
		l, b := mineIs(lease.Secondary, active), theirsIs(expired)
		l.Expiration = acceptNow + left
		a := Authority{Role: lease.Secondary, State: wire.StateNormal, Partner: wire.ISC}
		got, reason, _ := a.Accept(l, &b, acceptNow)
		if reason != wire.ReasonOutdated {
			t.Errorf("%d s before its end: reason %d", left, reason)
		}
		if got.Flags&lease.FailoverUpdated != 0 {
			t.Errorf("%d s before its end: the partner is not told what it does not know", left)
		}
	}
}
