package sim

import (
	"slices"
	"time"

	"leasehold/pkg/failover/wire"
)

// Sharing out free addresses: half each, by both servers. Its settings are the
// usual ones, but for the longest time between two looks, which is an hour.
const (
	dhcpdMisbalance = 15
	dhcpdOwnership  = 10
	dhcpdMinBalance = time.Minute
	dhcpdMaxBalance = 5 * time.Minute
)

func dhcpdPercent(n, pct int) int { return (n*pct + 50) / 100 }

// excess is half of what it has more than the partner, and what it owns, the
// oldest first.
func (d *dhcpd) excess() (over, hold, thresh int, mine []int) {
	free, backup := 0, 0
	for slot := range d.e.p.Pool {
		l := d.lease(slot)
		switch l.state {
		case wire.StatusFree:
			free++
		case wire.StatusBackup:
			backup++
		}
		if l.state == d.own() && d.offers[slot].until <= d.now() {
			mine = append(mine, slot)
		}
	}
	over = (free - backup) / 2
	if !d.primary() {
		over = -over
	}
	slices.SortStableFunc(mine, func(a, b int) int { return int(d.lease(a).starts - d.lease(b).starts) })
	return over, dhcpdPercent(free+backup, dhcpdOwnership), dhcpdPercent(free+backup, dhcpdMisbalance), mine
}

// share gives away what it has too much: addresses of the partner's clients
// first, then the oldest. It returns how many.
func (d *dhcpd) share() int {
	k := d.disk()
	if d.starting || k.state != normal || d.conn == nil {
		return 0
	}
	d.plan()
	over, hold, _, mine := d.excess()
	var give []int
	for _, slot := range mine {
		if over <= -hold {
			break
		}
		if d.partners(d.lease(slot)) {
			give = append(give, slot)
			over--
		}
	}
	for _, slot := range mine {
		limit := hold
		if d.lease(slot).starts == 0 {
			limit = 0
		}
		if over <= limit {
			break
		}
		if !slices.Contains(give, slot) {
			give = append(give, slot)
			over--
		}
	}
	for _, slot := range give {
		d.give(slot)
	}
	return len(give)
}

// give hands an address to the partner.
func (d *dhcpd) give(slot int) {
	l := d.lease(slot)
	l.state = wire.StatusBackup
	if !d.primary() {
		l.state = wire.StatusFree
	}
	l.tstp = d.now()
	l.starts = d.now()
	d.changed(slot)
	d.tell(slot)
}

// partners tells whether the last client of an address is the partner's to
// serve.
func (d *dhcpd) partners(l *dhcpdLease) bool {
	if l.who.HW.Len == 0 {
		return false
	}
	bucket := wire.Bucket(l.who.ClientID, wire.HW(l.who.HW))
	return wire.ISC.PrimaryServes(d.disk().hba, bucket) != d.primary()
}

// affinity has the primary give an address that has become free to the
// secondary if its last client is the secondary's.
func (d *dhcpd) affinity(slot int) {
	if !d.primary() || d.starting || d.disk().state != normal || d.conn == nil {
		return
	}
	if over, hold, _, _ := d.excess(); over > -hold && d.partners(d.lease(slot)) {
		d.give(slot)
	}
}

// plan is when the pools are looked at next: after a share of the age of the
// oldest free address.
func (d *dhcpd) plan() {
	_, _, _, mine := d.excess()
	age := dhcpdMaxBalance
	if len(mine) > 0 {
		age = min(seconds(max(d.now()-d.lease(mine[0]).starts, 0))*dhcpdMisbalance/100, dhcpdMaxBalance)
	}
	d.balance = d.w.now + max(age, dhcpdMinBalance) + d.e.n.rng.between(0, 4*time.Second)
}

// balanceDue is a scheduled look: it gives, or asks if it has far too little.
func (d *dhcpd) balanceDue() {
	if d.starting || d.disk().state != normal || d.conn == nil || d.w.now < d.balance {
		return
	}
	over, _, thresh, _ := d.excess()
	if over < min(-2*thresh, -1) {
		d.send(wire.POOLREQ{})
	}
	d.share()
}
