package binding

import (
	"strings"
	"testing"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

var allStates = []wire.ServerState{
	wire.StateStartup, wire.StateNormal, wire.StateCommunicationsInterrupted, wire.StatePartnerDown,
	wire.StatePotentialConflict, wire.StateRecover, wire.StatePaused, wire.StateShutdown, wire.StateRecoverDone,
	wire.StateResolutionInterrupted, wire.StateConflictDone, wire.StateRecoverWait,
}

var allRequests = []Request{Discover, Selecting, Rebooting, Renewing, Rebinding, Inform, BOOTP, GivingBack}

// TestAnswers has every role, state and request: a letter per request in the
// order of allRequests. A is an answer, s is silence by state, p is the
// partner's client. Bucket 10 is the primary's, 200 the secondary's.
func TestAnswers(t *testing.T) {
	const all, none, renewals = "AAAAAAAA", "ssssssss", "sssAAsss"
	byState := map[wire.ServerState]string{
		wire.StateStartup: none, wire.StateCommunicationsInterrupted: all, wire.StatePartnerDown: all,
		wire.StatePotentialConflict: none, wire.StateRecover: none, wire.StatePaused: none, wire.StateShutdown: none,
		wire.StateRecoverDone: renewals, wire.StateResolutionInterrupted: all, wire.StateConflictDone: all,
		wire.StateRecoverWait: none,
	}
	split := func(n int) Buckets {
		b, _ := BucketsOf(wire.Own, wire.Own.Split(n))
		return b
	}
	const theirs = "pApApppA"
	cases := []struct {
		name     string
		role     lease.Role
		balanced bool
		bucket   uint8
		normal   string
	}{
		{"the main alone serves", lease.Primary, false, 200, all},
		{"the backup waits", lease.Secondary, false, 10, theirs},
		{"balanced, primary, its bucket", lease.Primary, true, 10, all},
		{"balanced, primary, the other's", lease.Primary, true, 200, theirs},
		{"balanced, secondary, its bucket", lease.Secondary, true, 200, all},
		{"balanced, secondary, the other's", lease.Secondary, true, 10, theirs},
	}
	letters := map[Silence]string{NotSilent: "A", SilentState: "s", SilentPartner: "p"}
	for _, c := range cases {
		for _, state := range allStates {
			a := Authority{Role: c.role, State: state, Balanced: c.balanced, Buckets: split(128), PartnerState: wire.StateNormal}
			var got strings.Builder
			for _, r := range allRequests {
				got.WriteString(letters[a.Answers(r, c.bucket, 0)])
			}
			want := c.normal
			if state != wire.StateNormal {
				want = byState[state]
			}
			if got.String() != want {
				t.Errorf("%s, %v: %s, want %s", c.name, state, got.String(), want)
			}
		}
	}
	var alone Authority
	for _, r := range allRequests {
		if alone.Answers(r, 0, 0) != NotSilent {
			t.Errorf("a server that is alone is silent to %d", r)
		}
	}
}

func TestAnswersAfterPatience(t *testing.T) {
	cases := []struct {
		name    string
		r       Request
		delayed uint8
		secs    uint16
		partner wire.ServerState
		want    Silence
	}{
		{"no delayed service", Discover, 0, 65535, wire.StateNormal, SilentPartner},
		{"not yet", Discover, 3, 3, wire.StateNormal, SilentPartner},
		{"larger", Discover, 3, 4, wire.StateNormal, NotSilent},
		{"swapped octets, not yet", Discover, 3, 0x0300, wire.StateNormal, SilentPartner},
		{"swapped octets", Discover, 3, 0x0400, wire.StateNormal, NotSilent},
		{"a large number that is not swapped", Discover, 3, 0x0401, wire.StateNormal, NotSilent},
		{"rebinding in vain", Rebinding, 0, rebindingPatience + 1, wire.StateNormal, NotSilent},
		{"rebinding, just begun", Rebinding, 0, rebindingPatience, wire.StateNormal, SilentPartner},
		{"rebinding, delayed service is longer", Rebinding, 20, 15, wire.StateNormal, SilentPartner},
		{"the partner serves renewals only", Discover, 0, 0, wire.StateRecoverDone, NotSilent},
		{"the partner's state is not known", Discover, 0, 0, 0, SilentPartner},
	}
	for _, c := range cases {
		a := Authority{Role: lease.Secondary, State: wire.StateNormal, DelayedService: c.delayed, PartnerState: c.partner}
		if got := a.Answers(c.r, 10, c.secs); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// TestBuckets has the clients that a dhcpd pair was seen to share, and some
// that were computed (RFC 3074); split 128 gives the primary those below 128.
func TestBuckets(t *testing.T) {
	mac := func(last byte) wire.HW {
		return wire.HW{Type: 1, Len: 6, Addr: [16]byte{0x02, 0x00, 0x5e, 0, 0, last}}
	}
	id := func(last byte) string { return "\x01\x02\x00\x5e\x00\x00" + string(last) }
	cases := []struct {
		id      string
		hw      wire.HW
		bucket  uint8
		primary bool
	}{
		{"", mac(1), 94, true}, {"", mac(2), 214, false}, {"", mac(3), 162, false}, {"", mac(5), 105, true},
		{id(1), mac(1), 157, false}, {id(3), mac(3), 120, true}, {id(6), mac(6), 180, false},
	}
	for _, p := range []*wire.Profile{wire.Own, wire.ISC, wire.Draft} {
		set, balanced := BucketsOf(p, p.Split(128))
		if !balanced {
			t.Errorf("%s: a split of 128 is no load balancing", p.Name)
		}
		for _, c := range cases {
			if b := wire.Bucket(c.id, c.hw); b != c.bucket || set.Has(b) != c.primary {
				t.Errorf("%s: %x %x hashes to %d, the primary's: %v; want %d, %v", p.Name, c.id, c.hw.Addr[:6], b, set.Has(b), c.bucket, c.primary)
			}
		}
		if _, balanced := BucketsOf(p, p.Split(256)); balanced {
			t.Errorf("%s: a split of 256 leaves nothing to the secondary", p.Name)
		}
	}
}

// free is a free address: the primary's, or with Backup the secondary's.
func freeLease(role lease.Role, f lease.Flags) lease.Lease {
	l := lease.Lease{Key: duetKey, Role: role, Flags: f}
	return lease.Freed(l, 500, f&lease.Backup != 0)
}

// TestMayGive is the table of section 12.1 of the reference: FREE, BACKUP and
// reserved addresses, by role and state. In PARTNER-DOWN the partner's are for
// the second after Down + MCLT, and never where there is dynamic BOOTP.
func TestMayGive(t *testing.T) {
	const down, mclt = 1000, 60
	own := map[wire.ServerState]bool{
		wire.StateNormal: true, wire.StateCommunicationsInterrupted: true, wire.StatePartnerDown: true,
		wire.StateResolutionInterrupted: true, wire.StateConflictDone: true,
	}
	for _, role := range []lease.Role{lease.Primary, lease.Secondary} {
		for _, state := range allStates {
			a := Authority{Role: role, State: state, Down: down, MCLT: mclt}
			for _, f := range []lease.Flags{0, lease.Backup, lease.Reserved, lease.Reserved | lease.Backup} {
				mine := (f&lease.Backup != 0) == (role == lease.Secondary) || f&lease.Reserved != 0
				for _, now := range []int64{down, down + mclt, down + mclt + 1} {
					for _, bootp := range []bool{false, true} {
						partners := state == wire.StatePartnerDown && now > down+mclt && !bootp
						if got := a.MayGivePartners(now, bootp); got != partners {
							t.Errorf("%v, %v at %d, bootp %v: MayGivePartners is %v", role, state, now, bootp, got)
						}
						l := freeLease(role, f)
						if got, want := a.MayGive(&l, now, bootp), own[state] && (mine || partners); got != want {
							t.Errorf("%v, %v, flags %08b at %d, bootp %v: %v, want %v", role, state, f, now, bootp, got, want)
						}
					}
				}
			}
			for _, s := range []lease.State{lease.Leased, lease.Expired, lease.Released, lease.Unavailable, lease.PendingAvailable, 0} {
				l := lease.Lease{Key: duetKey, Role: role, State: s, Failover: lease.Failover{Ended: lease.EndedExpired}}
				if a.MayGive(&l, down+10*mclt, false) {
					t.Errorf("%v, %v: a lease in state %d is given to anybody", role, state, s)
				}
			}
		}
	}
	var alone Authority
	if l := freeLease(lease.Alone, 0); !alone.MayGive(&l, 0, true) {
		t.Error("a server that is alone may not give a free address")
	}
}

// TestMayResume has a client that comes back for what it has or had.
func TestMayResume(t *testing.T) {
	const down, mclt = 1000, 60
	type row struct {
		name       string
		l          lease.Lease
		p, s       bool // COMMUNICATIONS-INTERRUPTED, at the second of the end
		later      bool // the primary, one second later
		byTime     bool // the secondary in PARTNER-DOWN, after the wait
		recoverRun bool // RECOVER-DONE
	}
	pending := func(e lease.Ended, promised int64) lease.Lease {
		return lease.Lease{State: lease.PendingAvailable, StateStart: down, Expiration: down,
			Failover: lease.Failover{Told: true, Ended: e, AckPE: promised, SentPE: down}}
	}
	rows := []row{
		{"leased", lease.Lease{State: lease.Leased}, true, true, true, true, true},
		{"in its grace", lease.Lease{State: lease.Expired}, true, true, true, true, true},
		{"in its release grace", lease.Lease{State: lease.Released}, true, true, true, true, true},
		{"expired, the partner was not told", pending(lease.EndedExpired, down+1), true, true, true, true, false},
		{"expired, and told", pending(lease.EndedExpired, 0), false, false, false, true, false},
		{"released, and told", pending(lease.EndedReleased, 0), false, false, false, true, false},
		{"reset", pending(lease.EndedReset, down+1), false, false, false, false, false},
		{"asked back", pending(lease.EndedReclaimed, 0), false, false, false, false, false},
		{"abandoned", lease.Lease{State: lease.Unavailable}, false, false, false, false, false},
		{"free, the primary's", freeLease(lease.Primary, 0), true, false, true, true, false},
		{"free, the secondary's", freeLease(lease.Primary, lease.Backup), false, true, false, true, false},
	}
	for _, r := range rows {
		check := func(what string, a Authority, now int64, want bool) {
			if got := a.MayResume(&r.l, now, false); got != want {
				t.Errorf("%s, %s: %v, want %v", r.name, what, got, want)
			}
		}
		interrupted := Authority{Role: lease.Primary, State: wire.StateCommunicationsInterrupted, MCLT: mclt}
		check("primary", interrupted, down, r.p)
		check("primary, later", interrupted, down+1, r.later)
		interrupted.Role = lease.Secondary
		check("secondary", interrupted, down+1, r.s)
		check("secondary, waited", Authority{Role: lease.Secondary, State: wire.StatePartnerDown, Down: down, MCLT: mclt}, down+mclt+1, r.byTime)
		for _, state := range allStates {
			if !service[state].renewals {
				check(state.String(), Authority{Role: lease.Primary, State: state, MCLT: mclt}, down+1, false)
			}
		}
		check("RECOVER-DONE", Authority{Role: lease.Primary, State: wire.StateRecoverDone, MCLT: mclt}, down+1, r.recoverRun)
	}
}
