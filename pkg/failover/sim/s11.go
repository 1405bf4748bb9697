package sim

import "leasehold/internal/lease"

// s11 is monotone: while a client has a lease, what was sent, acknowledged and
// received of it never decreases.
type s11 struct{ w *World }

func (s *s11) begin(w *World) { s.w = w }

func (s *s11) wrote(n *node, _ int, before, after *lease.Lease) {
	if before.State != lease.Leased || after.State != lease.Leased || before.Client() != after.Client() || before.Start != after.Start {
		return
	}
	b, a := &before.Failover, &after.Failover
	if a.SentPE < b.SentPE || a.AckPE < b.AckPE || a.RcvdPE < b.RcvdPE {
		s.w.fail("S11", "%s takes promises back (%s; %s)", n.name, leaseText(before), leaseText(after))
	}
}
