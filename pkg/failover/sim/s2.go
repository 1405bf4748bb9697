package sim

import "leasehold/internal/lease"

// S2 is the lead bound: no client is told of an end of its lease that is
// later than what the partner is known to have agreed to, or now, plus the
// MCLT.
func (c *checkers) s2granted(x *exchange, before, after *lease.Lease) {
	if after.BOOTP && x.e.p.BOOTP {
		return // for ever; the pool is never shared (S1 looks to that)
	}
	f := &before.Failover
	base := x.now
	if before.Client() == x.key {
		base = max(base, f.AckPE, f.RcvdPE)
	}
	if limit := base + x.e.auth.MCLT; after.Expiration > limit {
		c.w.fail("S2", "%s gives %v to %s until %d, the limit is %d (now %d, MCLT %d; %s)", x.n.name, after.Addr, x.q.c.name,
			after.Expiration-epoch, limit-epoch, x.now-epoch, x.e.auth.MCLT, leaseText(before))
	}
	if x.e.auth.MCLT > max(x.e.p.MCLT, c.w.mclt) {
		c.w.fail("S2", "%s goes by an MCLT of %d", x.n.name, x.e.auth.MCLT)
	}
}
