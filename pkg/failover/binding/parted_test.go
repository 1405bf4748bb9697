package binding

import (
	"testing"

	"leasehold/internal/lease"
)

// TestParted: what a partner may have extended is its client's for so long, and
// nothing of the partner's word is left.
func TestParted(t *testing.T) {
	const lead, latest = 60, 2000 + 60 + 1
	promised := func(l lease.Lease) lease.Lease {
		l.Failover.SentPE, l.Failover.AckPE, l.Failover.RcvdPE = 1500, 1700, 2000
		return l
	}
	with := func(l lease.Lease, change func(*lease.Lease)) lease.Lease {
		change(&l)
		return l
	}
	secondary := lease.Secondary
	cases := []struct {
		name  string
		l     lease.Lease
		state lease.State
		until int64
	}{
		{"leased, promised by the partner", promised(mineIs(secondary, active)), lease.Leased, latest},
		{"leased, sent and not acknowledged", with(mineIs(secondary, active), func(l *lease.Lease) { l.Failover = lease.Failover{Told: true, SentPE: 2000} }), lease.Leased, latest},
		{"leased for longer", with(promised(mineIs(secondary, active)), func(l *lease.Lease) { l.Expiration = 9000 }), lease.Leased, 9000},
		{"leased for ever", with(promised(mineIs(secondary, active)), func(l *lease.Lease) { l.Expiration = lease.Forever }), lease.Leased, lease.Forever},
		{"promised for ever", with(mineIs(secondary, active), func(l *lease.Lease) { l.Failover.RcvdPE = lease.Forever }), lease.Leased, lease.Forever},
		{"leased, and the partner never heard", with(promised(mineIs(secondary, active)), func(l *lease.Lease) { l.Failover.Told = false }), lease.Leased, acceptNow + 500},
		{"in its grace", with(promised(mineIs(secondary, active)), func(l *lease.Lease) { l.State = lease.Expired }), lease.Expired, latest},
		{"expired", promised(mineIs(secondary, expired)), lease.Expired, latest},
		{"released", promised(mineIs(secondary, released)), lease.Expired, latest},
		{"expired, and told: the partner may have given it away", with(mineIs(secondary, expired), func(l *lease.Lease) { l.Failover.SentPE = 2000 }), lease.Unavailable, latest},
		{"reset: nobody knows whose", with(promised(mineIs(secondary, reset)), func(l *lease.Lease) { l.HW = lease.HW{} }), lease.Unavailable, latest},
		{"expired long ago", mineIs(secondary, expired), lease.OtherAvailable, 0},
		{"asked back", with(mineIs(lease.Primary, expired), func(l *lease.Lease) { l.Failover = lease.Failover{Ended: lease.EndedReclaimed} }), lease.Available, 0},
		{"out of use", with(promised(mineIs(secondary, abandoned)), func(l *lease.Lease) { l.Expiration = 1100 }), lease.Unavailable, latest},
		{"out of use until it is forced", promised(mineIs(secondary, abandoned)), lease.Unavailable, 0},
		{"free", mineIs(secondary, backup), lease.Available, 0},
	}
	for _, c := range cases {
		got := Parted(c.l, lead, acceptNow)
		if got.State != c.state || got.Expiration != c.until {
			t.Errorf("%s: %s, until %d", c.name, show(&got), got.Expiration)
		}
		if got.Failover != (lease.Failover{}) || got.Flags&lease.FailoverUpdated != 0 {
			t.Errorf("%s: the partner's word is left: %s", c.name, show(&got))
		}
		if again := Parted(got, lead, acceptNow); again != got {
			t.Errorf("%s: once more it is %s", c.name, show(&again))
		}
	}
}
