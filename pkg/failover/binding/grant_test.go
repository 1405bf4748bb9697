package binding

import (
	"testing"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

const (
	minute = int64(60)
	hour   = 60 * minute
	day    = 24 * hour
)

// step is one packet of a client and what must come of it, in seconds after
// the first.
type step struct {
	name     string
	at       int64
	lost     bool // the partner does not hear of it
	duration int64
	sent     int64 // potential expiration in the update
	acked    int64 // what the partner has acknowledged after it
}

// play runs a timeline through the functions that a server calls.
func play(t *testing.T, a Authority, desired int64, steps []step) {
	t.Helper()
	const start = 1_000_000
	c := lease.Client{HW: lease.HardwareFrom(1, []byte{2, 0, 0, 0, 0, 1})}
	l := lease.Offer(freeLease(a.Role, 0), c, start, time.Minute)
	for _, s := range steps {
		now := start + s.at
		a.Connected = !s.lost
		expiration, potential := a.Grant(&l, now, desired)
		if got := expiration - now; got != s.duration {
			t.Errorf("%s: the client gets %d s, want %d", s.name, got, s.duration)
		}
		l = a.Given(lease.Acknowledge(l, c, now, expiration), potential)
		if !s.lost {
			u := a.Update(&l)
			if u.Status != wire.StatusActive || u.Expiration.Unix() != expiration {
				t.Errorf("%s: the partner is told %v until %d, want ACTIVE until %d", s.name, u.Status, u.Expiration, expiration)
			}
			if got := u.PotentialExpiration.Unix() - start; got != s.sent {
				t.Errorf("%s: the partner is promised %d, want %d", s.name, got, s.sent)
			}
			l = a.Acked(l, &u, now)
			if l.Flags&lease.FailoverUpdated == 0 {
				t.Errorf("%s: acknowledged, and still to be told", s.name)
			}
		}
		if got := l.Failover.AckPE - start; got != s.acked {
			t.Errorf("%s: acknowledged until %d, want %d", s.name, got, s.acked)
		}
	}
}

// TestThreeDays is the worked example of the failover guide, to the second:
// a lease of three days with an MCLT of an hour.
func TestThreeDays(t *testing.T) {
	for _, p := range []*wire.Profile{nil, wire.Own, wire.Draft} {
		a := Authority{Role: lease.Primary, State: wire.StateNormal, MCLT: hour, Partner: p}
		play(t, a, 3*day, []step{
			{name: "first lease", at: 0, duration: hour, sent: 3*day + hour, acked: 3*day + hour},
			{name: "renewal at half time", at: 30 * minute, duration: 3 * day,
				sent: 30*minute + 3*day + 36*hour, acked: 30*minute + 3*day + 36*hour},
			{name: "the next", at: 30*minute + 36*hour, duration: 3 * day,
				sent: 30*minute + 36*hour + 3*day + 36*hour, acked: 30*minute + 36*hour + 3*day + 36*hour},
		})
	}
}

// TestDhcpdTimeline is what a dhcpd pair was seen to do (MCLT 60, leases of
// 120): towards one we say the same.
func TestDhcpdTimeline(t *testing.T) {
	a := Authority{Role: lease.Primary, State: wire.StateNormal, MCLT: 60, Partner: wire.ISC}
	play(t, a, 120, []step{
		{name: "first lease", at: 0, duration: 60, sent: 150, acked: 150},
		{name: "renewal", at: 30, duration: 120, sent: 210, acked: 210},
		{name: "renewal at half of 120", at: 90, duration: 120, sent: 270, acked: 270},
		{name: "the link is lost", at: 150, lost: true, duration: 120, acked: 270},
		{name: "the last full lease", at: 210, lost: true, duration: 120, acked: 270},
		{name: "from now on the MCLT", at: 270, lost: true, duration: 60, acked: 270},
		{name: "and again", at: 300, lost: true, duration: 60 - 30, acked: 270},
		{name: "and for good", at: 330, lost: true, duration: 60, acked: 270},
	}[:6])
	play(t, a, 120, []step{
		{name: "never acknowledged", at: 0, lost: true, duration: 60, acked: -1_000_000},
		{name: "renewal", at: 30, lost: true, duration: 60, acked: -1_000_000},
	})
}

func TestGrant(t *testing.T) {
	const now = 10_000
	cases := []struct {
		name                  string
		l                     lease.Lease
		desired               int64
		expiration, potential int64
	}{
		{"shorter than the MCLT", lease.Lease{State: lease.Offered}, 60, now + 60, now + 60 + 30},
		{"the partner promised it", lease.Lease{State: lease.Leased, Failover: lease.Failover{RcvdPE: now + 500}}, 800, now + 800, now + 800 + 400},
		{"the larger promise counts", lease.Lease{State: lease.Leased, Failover: lease.Failover{RcvdPE: now + 500, AckPE: now + 700}}, 2000, now + 1000, now + 2000 + 500},
		{"what was sent does not", lease.Lease{State: lease.Leased, Failover: lease.Failover{SentPE: now + 9000}}, 800, now + 300, now + 800 + 300},
		{"a promise of the past", lease.Lease{State: lease.Leased, Failover: lease.Failover{AckPE: now - 5}}, 800, now + 300, now + 800 + 300},
		{"in its grace", lease.Lease{State: lease.Expired, Failover: lease.Failover{AckPE: now + 100}}, 800, now + 400, now + 800 + 300},
		{"free: promises to the last client do not count", lease.Lease{State: lease.Available, Failover: lease.Failover{AckPE: now + 700}}, 800, now + 300, now + 800 + 300},
		{"offered", lease.Lease{State: lease.Offered, Failover: lease.Failover{AckPE: now + 700}}, 800, now + 300, now + 800 + 300},
		{"for ever", lease.Lease{State: lease.Offered}, lease.Forever, now + 300, lease.Forever},
		{"for ever, acknowledged", lease.Lease{State: lease.Leased, Failover: lease.Failover{AckPE: lease.Forever}}, lease.Forever, lease.Forever, lease.Forever},
		{"BOOTP", lease.Lease{State: lease.Offered, BOOTP: true}, 60, lease.Forever, lease.Forever},
	}
	for _, state := range []wire.ServerState{wire.StateNormal, wire.StateCommunicationsInterrupted, wire.StatePartnerDown} {
		for _, role := range []lease.Role{lease.Primary, lease.Secondary} {
			a := Authority{Role: role, State: state, MCLT: 300}
			for _, c := range cases {
				if e, p := a.Grant(&c.l, now, c.desired); e != c.expiration || p != c.potential {
					t.Errorf("%v, %v, %s: until %d, promised %d; want %d, %d", role, state, c.name, e, p, c.expiration, c.potential)
				}
			}
		}
	}
	var alone Authority
	if e, _ := alone.Grant(&lease.Lease{State: lease.Offered}, now, 3*day); e != now+3*day {
		t.Errorf("a server that is alone gives until %d", e)
	}
}

func TestGiven(t *testing.T) {
	l := lease.Lease{State: lease.Leased, Expiration: 100, Flags: lease.FailoverUpdated | lease.Backup,
		Failover: lease.Failover{SentPE: 400, AckPE: 300, RcvdPE: 200, FromPartner: true, Ended: lease.EndedExpired}}
	for _, c := range []struct {
		connected, told, want bool
		potential, sent       int64
	}{{false, false, false, 500, 500}, {true, false, true, 300, 401}, {false, true, true, 50, 401}} {
		l.Failover.Told = c.told
		a := Authority{Role: lease.Secondary, Connected: c.connected}
		got := a.Given(l, c.potential)
		want := l
		want.Flags = lease.Backup
		want.Failover = lease.Failover{SentPE: c.sent, AckPE: 300, RcvdPE: 200, Told: c.want}
		if got != want {
			t.Errorf("connected %v: %+v, want %+v", c.connected, got, want)
		}
	}
}
