package binding

import (
	"net/netip"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// Pool is the free addresses of one scope, as one server sees them.
type Pool struct {
	Scope      string
	Free       int  // the primary's, unreserved
	Backup     int  // the secondary's, unreserved
	Pending    int  // on their way
	Percent    int  // of them the secondary should have
	BOOTP      bool // dynamic BOOTP
	Boundary   netip.Addr
	FirstOrder bool // allocate-first-available
}

// A dhcpd's limits: max-lease-ownership, and max-lease-misbalance.
const (
	dhcpdOwnership  = 10 // percent
	dhcpdMisbalance = 15 // percent
)

// Share is how many of the pool's free addresses the secondary should have,
// and how many more or less are left alone.
func (a *Authority) Share(p *Pool) (share, slack int) {
	total := p.Free + p.Backup
	if a.profile() == wire.ISC {
		return total / 2, percent(total, dhcpdOwnership)
	}
	pct := p.Percent
	if a.Balanced {
		pct = 50 // and backup-pct does not count
	}
	share = percent(total, min(max(pct, 0), 100))
	switch {
	case share == 0 && pct > 0 && total > 2:
		share = 1
	case share == total && pct < 100 && total > 0:
		share-- // the last is the primary's
	}
	return share, min(share, total-share) / 10
}

// percent is so much of n, rounded.
func percent(n, pct int) int { return (n*pct + 50) / 100 }

// Balance says how many addresses of the pool this server should hand to its
// partner, or (the primary) ask back: at most one of the two is not 0. hourly
// says that the periodic run is due, which takes back what is over the share.
//
// Between two of ours the primary sees to it all (draft-12 section 5.4). What
// the secondary has too much is left to it until the hour is over, unless load
// balancing is in force or the primary runs short. A dhcpd gives away what it
// has too much, in either role, and takes nothing back: with one, so do we.
func (a *Authority) Balance(p *Pool, hourly bool) (give, back int) {
	share, slack := a.Share(p)
	if a.profile() == wire.ISC {
		if over := a.dhcpdOver(p); over > slack {
			give = over
		}
		return give, 0
	}
	if a.Role != lease.Primary {
		return 0, 0
	}
	over := p.Backup - share
	switch {
	case -over > slack:
		return -over, 0
	case over <= 0:
		return 0, 0
	case hourly, a.Balanced && over > max(slack, 1), 2*p.Free < p.Free+p.Backup-share:
		return 0, max(0, over-p.Pending)
	}
	return 0, 0
}

// dhcpdOver is what this server has more than half, halved: what it would give
// if it were a dhcpd.
func (a *Authority) dhcpdOver(p *Pool) int {
	if a.Role == lease.Secondary {
		return (p.Backup - p.Free) / 2
	}
	return (p.Free - p.Backup) / 2
}

// Short tells whether this server should ask its partner for addresses of the
// pool (POOLREQ): the secondary when it has less than its share, and either of
// a dhcpd when that has left it far behind.
func (a *Authority) Short(p *Pool) bool {
	share, slack := a.Share(p)
	if a.profile() == wire.ISC {
		limit := 2 * percent(p.Free+p.Backup, dhcpdMisbalance)
		return -a.dhcpdOver(p) > max(limit, 1)
	}
	return a.Role == lease.Secondary && share-p.Backup > slack
}
