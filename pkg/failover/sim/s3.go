package sim

import (
	"time"

	"leasehold/internal/lease"
)

// s3 is partner knowledge: what one server believes to be acknowledged by the
// partner, or received from it, is on the partner's disk. It is looked at for
// leases that run, of one client at both servers. What is over by the partner's clock,
// the partner may have let go: as far as that clock may be ahead, nothing is counted on.
type s3 struct{ w *World }

func (s *s3) wrote(slot int) {
	p := s.w.pairs[slot/maxPool]
	for _, x := range p.ends {
		y := p.other(x.side)
		if x.dhcpd != nil || y.dhcpd != nil || !s.w.checks.risk.knows(p) {
			continue
		}
		a, b := &x.n.disk.content.leases[slot], &y.n.disk.content.leases[slot]
		if a.State != lease.Leased || b.State == 0 || isFree(b) || a.Client() != b.Client() || b.State == lease.Unavailable {
			continue
		}
		known := lastEnd(b) - y.n.wall() + x.n.wall() // in X's time
		slack := int64(s.w.checks.risk.slackOf(p) / time.Second)
		if known >= lease.Forever/2 {
			continue
		}
		if pe := max(a.Failover.AckPE, a.Failover.RcvdPE); pe > x.n.wall()+slack && pe > known+slack && pe < lease.Forever {
			s.w.fail("S3", "%s counts on %d for %v, but %s knows of %d (%s; %s)", x.n.name, pe-epoch, a.Addr, y.n.name, known-epoch,
				leaseText(a), leaseText(b))
		}
	}
}
