package engine

import (
	"leasehold/internal/lease"
)

// grant is how long a client may have its lease.
type grant struct {
	time       int64 // told to the client: seconds, or lease.Forever
	t1, t2     int64 // seconds from now, 0 is not sent
	expiration int64 // kept by the server: Unix seconds, or lease.Forever
	potential  int64 // potential expiration that the partner is promised
	short      bool  // less than it should be, for the partner's sake
	extends    bool  // differs from what is on disk
}

// wanted is the time that the chain gives a client that gets or extends its
// lease now: the policy's, less if the client asks for less and may.
func (ex *exchange) wanted() int64 {
	t := ex.chain.leaseTime
	if want, ok := ex.msg.LeaseTime(); ok && ex.chain.override && want > 0 && int64(want) < t {
		t = int64(want)
	}
	return t
}

// grantFor settles the times of a lease that the client is given or offered.
func (ex *exchange) grantFor(l *lease.Lease) grant {
	if ex.kind == bootp {
		return grant{
			time: lease.Forever, expiration: lease.Forever, potential: lease.Forever,
			extends: l.Expiration != lease.Forever || !l.BOOTP || l.State != lease.Leased,
		}
	}
	full := ex.wanted()
	g := grant{extends: true}
	g.expiration, g.potential = ex.allowed(l, max(full, ex.chain.serverLeaseTime))
	if g.expiration < ex.after(full) {
		full, g.short = g.expiration-ex.from, true // the partner does not know of more
	}
	if rest, ok := ex.remaining(l, full); ok {
		rest.potential, rest.short = g.potential, g.short
		return rest
	}
	g.time = full
	g.t1, g.t2 = ex.chain.renewals(full)
	return g
}

// remaining is what a client gets that comes back before its renewal time:
// the rest of its lease, which spares the disk a write
// (defer-lease-extensions). A lease that would now be shorter than its rest is
// not left as it is.
func (ex *exchange) remaining(l *lease.Lease, full int64) (grant, bool) {
	if !ex.plan.settings.deferExtensions || ex.chain.serverLeaseTime != 0 ||
		!ex.runs(l) || l.Client() != ex.key || l.BOOTP {
		return grant{}, false
	}
	if l.Expiration == lease.Forever || full == lease.Forever {
		if l.Expiration != full {
			return grant{}, false
		}
		return grant{time: full, expiration: full}, true
	}
	rest := l.Expiration - ex.from
	t1, t2 := ex.chain.renewals(full)
	elapsed := full - rest
	if elapsed < 0 || elapsed >= t1 {
		return grant{}, false
	}
	return grant{time: rest, t1: t1 - elapsed, t2: t2 - elapsed, expiration: l.Expiration}, true
}

// renewals are T1 and T2 for a lease time: the policy's where they make sense,
// else a half and seven eighths (RFC 2131 section 4.4.5). A lease without end
// has none.
func (c *chain) renewals(full int64) (t1, t2 int64) {
	if full == lease.Forever {
		return 0, 0
	}
	t1, t2 = c.renewal, c.rebinding
	if t2 <= 0 || t2 >= full {
		t2 = full * 7 / 8
	}
	if t1 <= 0 || t1 >= t2 {
		t1 = min(full/2, t2)
	}
	return t1, t2
}

// stale tells whether the stored time of the client's last packet is older
// than last-transaction-time-granularity allows.
func (ex *exchange) stale(l *lease.Lease) bool {
	return ex.now-l.LastTransaction >= ex.plan.settings.granularity
}

// expiresIn is the number for options 51, 58 and 59.
func expiresIn(seconds int64) uint32 {
	if seconds >= infinite {
		return infinite
	}
	return uint32(max(seconds, 0))
}
