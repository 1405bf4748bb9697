package engine

import (
	"fmt"

	"leasehold/internal/lease"
	"leasehold/pkg/objects"
)

// LeaseAction does an operator's command on a lease of the running server. It
// returns when the change is on disk.
func (s *Server) LeaseAction(name, action string, args ...string) (*objects.Object, *objects.Error) {
	k, place, e := s.find(name)
	if e != nil && e.Code == objects.NotFound && lower(action) == "send-reservation" {
		place, e = s.future(k, e)
	}
	if e != nil {
		return nil, e
	}
	switch lower(action) {
	case "activate":
		e = s.alter(k, action, false, lease.Activate)
	case "deactivate":
		e = s.alter(k, action, false, lease.Deactivate)
	case "force-available", "forceavailable":
		e = s.forceAvailable(k, action)
	case "send-reservation":
		e = s.sendReservation(k, place, args)
	case "delete-reservation":
		if !s.table.Unreserve(k) {
			return nil, objects.Errorf(objects.LeaseNotReserved, "%s", k.Addr)
		}
		s.sharesChanged(k)
	case "get-scope-name":
	default:
		return nil, objects.Errorf(objects.UnknownCommand, "lease %s", action)
	}
	if e != nil && e.Code.Failed() {
		return nil, e
	}
	if lower(action) != "get-scope-name" {
		s.logf(msgLeaseAction, k.Addr, place.Name, action)
	}
	return s.object(s.at(k)), e
}

// future is the place of an address that is in no range: the scope in whose
// subnet it is could be given a reservation of it.
func (s *Server) future(k lease.Key, otherwise *objects.Error) (lease.Place, *objects.Error) {
	p := s.plan.Load()
	if v := p.vpns.byID[k.VPN]; k.Addr != 0 && v != nil {
		if n := v.find(k.Addr); n != nil {
			for _, sc := range n.scopes {
				if sc.first <= k.Addr && k.Addr <= sc.last {
					return lease.Place{Scope: sc.id, Name: sc.name}, nil
				}
			}
		}
	}
	return lease.Place{}, otherwise
}

// alter changes a lease and waits until the change is on disk. A partner is
// told of it if told says so: activation concerns the one server only.
func (s *Server) alter(k lease.Key, action string, told bool, to func(lease.Lease) lease.Lease) *objects.Error {
	s.claims.acquire(k)
	l := s.at(k)
	changed := to(l)
	if changed == l {
		s.release(k)
		return nil
	}
	if told {
		changed = s.changed(changed)
	}
	done := make(chan error, 1)
	c := s.newChange(changed, func(err error) { done <- err })
	c.own = told
	// Straight to the store, even from an offer: the operator's word is kept.
	s.commits.Submit(changed, c)
	if err := <-done; err != nil {
		return objects.AsError(fmt.Errorf("%s lease %s: %w", action, k.Addr, err))
	}
	return nil
}

// sendReservation adds a reservation to the running server: the one given by
// key and type, or the one that args name by the object's attributes.
func (s *Server) sendReservation(k lease.Key, place lease.Place, args []string) *objects.Error {
	if len(args) < 1 {
		return objects.Errorf(objects.TooFewArguments, "send-reservation: the lookup key of a reservation of %s is needed", k.Addr)
	}
	flag := ""
	if len(args) > 1 {
		flag = "-" + args[1]
	}
	text, kind, e := objects.LookupKey(args[0], flag)
	if e != nil {
		return e
	}
	r := reservation{addr: k.Addr}
	if !r.setKey(keyTypes[kind], text) {
		return objects.Errorf(objects.Invalid, "lookup-key %q does not suit the type %s", text, kind)
	}
	sc := s.plan.Load().byID[place.Scope]
	if sc == nil {
		return objects.Errorf(objects.NotFound, "scope of %s", k.Addr)
	}
	who := sc.reservedWho(&r)
	if place.Reserved && place.ReservedFor == who {
		return objects.Errorf(objects.LeaseAlreadyReserved, "%s", k.Addr)
	}
	sc.network.reserves.Store(true)
	if err := s.table.Reserve(place.Scope, lease.Reservation{Addr: k.Addr, Who: who}); err != nil {
		return objects.AsError(fmt.Errorf("reserve %s: %w", k.Addr, err))
	}
	s.sharesChanged(k)
	return nil
}

var keyTypes = map[string]int{"mac": objects.KeyMAC, "blob": objects.KeyBlob, "string": objects.KeyString}

// ClearUnavailable makes the scope's unavailable leases available.
func (s *Server) ClearUnavailable(name string) (int, *objects.Error) {
	p := s.plan.Load()
	if p == nil {
		return 0, objects.AsError(errNoPlan)
	}
	sc := p.scopes[lower(name)]
	if sc == nil {
		return 0, objects.Errorf(objects.NotFound, "scope %q%s", name, suggest(name, p.scopeNames()))
	}
	n := 0
	for l := range s.table.Each(sc.id, false) {
		if l.State != lease.Unavailable {
			continue
		}
		e := s.alter(l.Key, "clear", true, func(l lease.Lease) lease.Lease {
			if l.State != lease.Unavailable {
				return l
			}
			return lease.ForceAvailable(s.ending(l), s.clock.Now().Unix())
		})
		if e != nil {
			return n, e
		}
		n++
	}
	return n, nil
}
