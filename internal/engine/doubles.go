package engine

import (
	"slices"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// Two servers that did not hear each other may each have given one client an
// address of the same network. The client uses the one that it asked for last;
// the other is ended once a server hears of both (draft-12 section 7.1.3, at
// its end).

// settleDoubles ends what the partner's word shows to be left behind by its
// client: the lease that it told, or those that the client has here.
func (s *Server) settleDoubles(told *lease.Lease) {
	plan := s.plan.Load()
	if plan == nil || !told.Failover.FromPartner || !slices.ContainsFunc(plan.pairs, endsDoubles) {
		return
	}
	now := s.clock.Now().Unix()
	if !running(told, now) {
		return
	}
	pair := s.pairOf(told.Key)
	if pair == nil || !endsDoubles(pair) {
		return
	}
	place, _ := s.table.Place(told.Key)
	sc := plan.byID[place.Scope]
	if sc == nil {
		return
	}
	last := *told
	var all []lease.Lease
	for _, l := range s.table.ByClient(told.VPN, told.Client(), nil) {
		if !running(&l, now) || !sc.network.contains(l.Addr) || s.pairOf(l.Key) != pair {
			continue
		}
		if all = append(all, l); l.LastTransaction > last.LastTransaction {
			last = l
		}
	}
	for _, l := range all {
		// Of the same second nobody knows which was later; both run out.
		if l.Key != last.Key && l.LastTransaction < last.LastTransaction {
			s.endDouble(l, last)
		}
	}
}

func running(l *lease.Lease, now int64) bool {
	return l.State == lease.Leased && l.Expiration > now
}

// endsDoubles tells whether this server ends such leases: in NORMAL, where both
// hear of both, the primary does. A server that may not know all ends none.
func endsDoubles(p Pair) bool {
	switch a := p.Authority(); a.State {
	case wire.StateNormal:
		return a.Role == lease.Primary
	case wire.StateCommunicationsInterrupted, wire.StatePartnerDown, wire.StatePotentialConflict,
		wire.StateResolutionInterrupted, wire.StateConflictDone:
		return true
	}
	return false
}

// endDouble releases a lease whose client has the other one, unless it changes
// before its turn comes. Nobody comes back to it: it has no grace period.
func (s *Server) endDouble(l, other lease.Lease) {
	s.Hold(l.Key, func() {
		now := s.clock.Now().Unix()
		held, _ := s.table.Get(l.Key)
		kept, _ := s.table.Get(other.Key)
		if held.Client() != l.Client() || held.LastTransaction != l.LastTransaction || !running(&held, now) ||
			kept.Client() != l.Client() || !running(&kept, now) {
			s.release(l.Key)
			return
		}
		s.logf(msgDouble, l.Addr, macText(l.HW), other.Addr)
		s.change(held, lease.Release(s.ending(held), now, 0), nil)
	})
}
