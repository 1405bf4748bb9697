package engine

import (
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/objects"
)

// What an operator's command on a lease means where a partner has a say in it.

// forceAvailable ends the lease whatever it is, and warns if a client has it.
// Where there is nothing to end, and the address is not this server's to give all
// the same, it says why.
func (s *Server) forceAvailable(k lease.Key, action string) *objects.Error {
	if e := s.notOurs(k); e != nil {
		return e
	}
	var was lease.Lease
	now := s.clock.Now().Unix()
	if e := s.alter(k, action, true, func(l lease.Lease) lease.Lease {
		was = l
		return lease.ForceAvailable(s.ending(l), now)
	}); e != nil {
		return e
	}
	if was.State != lease.Leased || was.Expiration <= now {
		return nil
	}
	until := "for ever"
	if was.Expiration < lease.Forever {
		until = "until " + time.Unix(was.Expiration, 0).Format(time.ANSIC)
	}
	return objects.Errorf(objects.OkWithWarnings, "lease %s has ended, but its client, %s, was not told and may use the address %s: another client that is given it meanwhile uses it, too",
		s.leaseName(k), macText(was.HW), until)
}

// notOurs refuses to free an address that nobody has: it is the partner's, or
// about to be free.
func (s *Server) notOurs(k lease.Key) *objects.Error {
	p := s.pairOf(k)
	if p == nil {
		return nil
	}
	switch s.at(k).State {
	case lease.OtherAvailable:
		return objects.Errorf(objects.Invalid, "lease %s is free already, and its partner's to give (failover %q, other-available): nothing was changed. "+
			"failover-pair rebalancePool on the main server shares the free addresses out anew; if the partner is dead, setPartnerDown has them given here", k.Addr, p.Name())
	case lease.PendingAvailable:
		return objects.Errorf(objects.Invalid, "lease %s is over already and waits for the partner to agree (failover %q, pending-available, state %s): nothing was changed", k.Addr, p.Name(), p.Authority().State)
	}
	return nil
}

// limitAbandoned gives an address that the partner put out of use an end, as this
// server's own have one: the partner may never come back to tell of it. If it
// does, it is the first to end it.
func (s *Server) limitAbandoned(l *lease.Lease) {
	if l.State != lease.Unavailable || !l.Failover.FromPartner || l.Expiration != 0 {
		return
	}
	p := s.plan.Load()
	place, ok := s.table.Place(l.Key)
	if !ok || p == nil || p.byID[place.Scope] == nil {
		return
	}
	if timeout := p.byID[place.Scope].chain.unavailableTimeout; timeout > 0 {
		l.Expiration = max(l.StateStart+timeout, s.clock.Now().Unix()) + postponement
	}
}

// sharesChanged tells the relationship of an address that its reservation, or
// the end of one, takes out of the free addresses or puts among them.
func (s *Server) sharesChanged(k lease.Key) {
	if p := s.pairOf(k); p != nil {
		p.PoolsChanged()
	}
}
