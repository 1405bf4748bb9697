package binding

import (
	"testing"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"

	"pgregory.net/rapid"
)

func TestBalance(t *testing.T) {
	cases := []struct {
		name       string
		role       lease.Role
		partner    *wire.Profile
		balanced   bool
		p          Pool
		hourly     bool
		give, back int
		short      bool
	}{
		{"at first, 10 percent", lease.Primary, wire.Own, false, Pool{Free: 200, Percent: 10}, false, 20, 0, false},
		{"the backup asks at first", lease.Secondary, wire.Own, false, Pool{Free: 200, Percent: 10}, false, 0, 0, true},
		{"as it should be", lease.Primary, wire.Own, false, Pool{Free: 180, Backup: 20, Percent: 10}, true, 0, 0, false},
		{"nearly: left alone", lease.Primary, wire.Own, false, Pool{Free: 182, Backup: 18, Percent: 10}, true, 0, 0, false},
		{"too few", lease.Primary, wire.Own, false, Pool{Free: 183, Backup: 17, Percent: 10}, false, 3, 0, false},
		{"too many", lease.Primary, wire.Own, false, Pool{Free: 150, Backup: 50, Percent: 10}, false, 0, 0, false},
		{"too many, the hour is over", lease.Primary, wire.Own, false, Pool{Free: 150, Backup: 50, Percent: 10}, true, 0, 30, false},
		{"too many, some are on their way", lease.Primary, wire.Own, false, Pool{Free: 150, Backup: 50, Pending: 25, Percent: 10}, true, 0, 5, false},
		{"the main runs short before the hour", lease.Primary, wire.Own, false, Pool{Free: 5, Backup: 20, Percent: 10}, false, 0, 17, false},
		{"the main has run out", lease.Primary, wire.Own, false, Pool{Backup: 4, Percent: 10}, false, 0, 3, false},
		{"the backup takes nothing back", lease.Secondary, wire.Own, false, Pool{Free: 0, Backup: 20, Percent: 10}, true, 0, 0, false},
		{"half with load balancing, whatever backup-pct is", lease.Primary, wire.Own, true, Pool{Free: 200, Percent: 10}, false, 100, 0, false},
		{"load balancing goes both ways", lease.Primary, wire.Own, true, Pool{Free: 50, Backup: 150, Percent: 10}, false, 0, 50, false},
		{"load balancing, nearly", lease.Primary, wire.Own, true, Pool{Free: 90, Backup: 110, Percent: 10}, false, 0, 0, false},
		{"dynamic BOOTP has its percentage", lease.Primary, wire.Own, false, Pool{Free: 100, Percent: 40, BOOTP: true}, false, 40, 0, false},
		{"none", lease.Primary, wire.Own, false, Pool{Free: 100}, true, 0, 0, false},
		{"all", lease.Primary, wire.Own, false, Pool{Free: 100, Percent: 100}, false, 100, 0, false},
		{"one of a few at least", lease.Primary, wire.Own, false, Pool{Free: 3, Percent: 10}, false, 1, 0, false},
		{"two are the main's", lease.Primary, wire.Own, false, Pool{Free: 2, Percent: 10}, false, 0, 0, false},
		{"the main takes the last", lease.Primary, wire.Own, false, Pool{Backup: 1, Percent: 10}, false, 0, 1, false},
		{"load balancing, one too many is left alone", lease.Primary, wire.Own, true, Pool{Free: 2, Backup: 4}, false, 0, 0, false},
		{"load balancing, one too few is not", lease.Primary, wire.Own, true, Pool{Free: 4, Backup: 2}, false, 1, 0, false},
		{"the last is the main's", lease.Primary, wire.Own, false, Pool{Free: 1, Percent: 10}, false, 0, 0, false},
		{"empty", lease.Primary, wire.Own, false, Pool{Percent: 10}, true, 0, 0, false},
		{"a partner that only knows the draft", lease.Primary, nil, false, Pool{Free: 200, Percent: 10}, false, 20, 0, false},

		{"dhcpd: half at first", lease.Primary, wire.ISC, true, Pool{Free: 20, Percent: 10}, false, 10, 0, false},
		{"dhcpd: the secondary gives, too", lease.Secondary, wire.ISC, true, Pool{Backup: 10, Percent: 10}, false, 5, 0, false},
		{"dhcpd: the other has to give", lease.Primary, wire.ISC, true, Pool{Backup: 10, Percent: 10}, true, 0, 0, true},
		{"dhcpd: within its limits", lease.Primary, wire.ISC, true, Pool{Free: 12, Backup: 8}, true, 0, 0, false},
		{"dhcpd: beyond them", lease.Primary, wire.ISC, true, Pool{Free: 13, Backup: 7}, false, 3, 0, false},
		{"dhcpd: one of two", lease.Primary, wire.ISC, true, Pool{Free: 2}, false, 1, 0, false},
		{"dhcpd: a little behind", lease.Secondary, wire.ISC, true, Pool{Free: 13, Backup: 7}, false, 0, 0, false},
		{"dhcpd: far behind", lease.Secondary, wire.ISC, true, Pool{Free: 18, Backup: 2}, false, 0, 0, true},
	}
	for _, c := range cases {
		a := Authority{Role: c.role, State: wire.StateNormal, Partner: c.partner, Balanced: c.balanced}
		give, back := a.Balance(&c.p, c.hourly)
		if give != c.give || back != c.back {
			t.Errorf("%s: give %d, back %d; want %d, %d", c.name, give, back, c.give, c.back)
		}
		if got := a.Short(&c.p); got != c.short {
			t.Errorf("%s: short %v", c.name, got)
		}
	}
}

// TestBalanceSettles: one run brings any pool to its share, and the next does
// nothing.
func TestBalanceSettles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Pool{
			Free: rapid.IntRange(0, 3000).Draw(t, "free"), Backup: rapid.IntRange(0, 3000).Draw(t, "backup"),
			Percent: rapid.IntRange(0, 100).Draw(t, "percent"),
		}
		a := Authority{Role: lease.Primary, State: wire.StateNormal, Partner: wire.Own, Balanced: rapid.Bool().Draw(t, "balanced")}
		if rapid.Bool().Draw(t, "dhcpd") {
			a.Partner = wire.ISC
		}
		s := a
		s.Role = lease.Secondary
		for _, x := range []*Authority{&a, &s} {
			give, back := x.Balance(&p, true)
			if give != 0 && back != 0 || give < 0 || back < 0 {
				t.Fatalf("%+v: give %d, back %d", p, give, back)
			}
			if x.Role == lease.Secondary {
				give = -give
			}
			p.Free, p.Backup = p.Free-give+back, p.Backup+give-back
		}
		if p.Free < 0 || p.Backup < 0 {
			t.Fatalf("gave more than there is: %+v", p)
		}
		share, slack := a.Share(&p)
		if off := p.Backup - share; off > slack+1 || -off > slack+1 {
			t.Fatalf("%+v: the share is %d", p, share)
		}
		for _, x := range []*Authority{&a, &s} {
			if give, back := x.Balance(&p, true); give != 0 || back != 0 {
				t.Fatalf("%+v: not settled: give %d, back %d", p, give, back)
			}
		}
	})
}
