package engine

import (
	"leasehold/internal/lease"
)

// bind decides what lease the packet is about and what becomes of it. It may
// be run again for one packet: when the address it needs was busy, or when an
// address it chose answered a ping.
func (ex *exchange) bind() verdict {
	ex.rewind()
	if why := ex.server.mayAnswer(ex); why != noOutcome {
		return dropped(why)
	}
	switch ex.kind {
	case discover:
		return ex.bindDiscover()
	case selecting:
		return ex.bindSelecting()
	case rebooting, renewing, rebinding:
		return ex.bindHeld()
	case declining:
		return ex.bindDecline()
	case releasing:
		return ex.bindRelease()
	case informing:
		return ex.bindInform()
	}
	return ex.bindBootp()
}

// leaseKey is the key of an address in the client's VPN.
func (ex *exchange) leaseKey(a lease.Addr) lease.Key { return lease.Key{VPN: ex.vpn.id, Addr: a} }

// use takes a scope of the network for the answer.
func (ex *exchange) use(s *scope) {
	ex.scope = s
	ex.chain = ex.plan.chain(ex.client, ex.class, s)
}

// useScopeOf takes the scope that holds the address; false if none of the
// network does.
func (ex *exchange) useScopeOf(k lease.Key) (lease.Place, bool) {
	place, ok := ex.server.table.Place(k)
	if !ok || place.Parked {
		return place, false
	}
	s := ex.plan.byID[place.Scope]
	if s == nil || s.network != ex.network {
		return place, false
	}
	ex.use(s)
	return place, true
}

// findCurrent finds the lease that the client has in this network, or had, and
// claims it. An offer goes before a lease: it is the later word. ex.current is
// zero if there is none.
func (ex *exchange) findCurrent() verdict {
	for {
		ex.current = ex.best()
		if ex.current.State == 0 {
			return goOn
		}
		k := ex.current.Key
		if v := ex.claim(k); v.act != next {
			return v
		}
		// Before the claim it may have changed hands.
		if l, ok := ex.server.table.Get(k); ok && l.Client() == ex.key {
			ex.current = l
			return goOn
		}
	}
}

// best is the best of the client's leases in this network; zero if it has none.
func (ex *exchange) best() lease.Lease {
	ex.mine = ex.server.table.ByClient(ex.vpn.id, ex.key, ex.mine[:0])
	var best lease.Lease
	for _, l := range ex.mine {
		if l.State != lease.Unavailable && ex.network.contains(l.Addr) && (best.State == 0 || ex.rank(&l) > ex.rank(&best) ||
			ex.rank(&l) == ex.rank(&best) && l.StateStart > best.StateStart) {
			best = l
		}
	}
	return best
}

// rank orders a client's leases by what they are worth to it.
func (ex *exchange) rank(l *lease.Lease) int {
	switch {
	case l.State == lease.Offered && l.Expiration > ex.now:
		return 4
	case ex.runs(l):
		return 3
	case l.State == lease.Expired, l.State == lease.Released, l.State == lease.Leased, l.State == lease.PendingAvailable:
		return 2
	}
	return 1
}

// runs tells whether the lease is leased and not over.
func (ex *exchange) runs(l *lease.Lease) bool {
	return l.State == lease.Leased && l.Expiration > ex.now
}

// live tells whether somebody may be using the address now: it is leased, or
// offered and the offer stands.
func (ex *exchange) live(l *lease.Lease) bool {
	return ex.runs(l) || l.State == lease.Offered && l.Expiration > ex.now
}

// holds tells whether the client has the lease, or had it last and may have
// it again.
func (ex *exchange) holds(l *lease.Lease) bool {
	return ex.claimsToHold(l) && (l.State != lease.PendingAvailable || ex.mayResume(l, ex.network.scopeOf(l.Addr)))
}

// claimsToHold tells whether the lease is the client's, or was last and nobody
// has it since.
func (ex *exchange) claimsToHold(l *lease.Lease) bool {
	if l.Client() != ex.key {
		return false
	}
	switch l.State {
	case lease.Offered, lease.Leased, lease.Expired, lease.Released, lease.PendingAvailable:
		return true
	}
	return false
}

// had tells whether the client was the last to have the lease, which nobody
// has now: it may take it up again where new clients may.
func (ex *exchange) had(l *lease.Lease) bool {
	return l.Client() == ex.key && l.Free() && !ex.scope.renewOnly && ex.mayGive(l, ex.scope)
}

// suits tells why a client may not have a lease in the scope, whether a new
// one or one that it has; noOutcome if it may. a is the address, if it is
// known.
func (ex *exchange) suits(s *scope, a lease.Addr) Outcome {
	if why := ex.silence(s); why != noOutcome {
		return why
	}
	switch {
	case s.deactivated:
		return DropDeactivated
	case ex.kind == bootp && !s.bootp:
		return DropBootpOff
	case ex.kind != bootp && !s.dhcp:
		return DropDhcpOff
	case !hasAll(ex.criteria, s.tags, s.includeTags[a]):
		return DropCriteria
	}
	return noOutcome
}

// candidates fills ex.scopes with the scopes that the client may have a lease
// in without a reservation, best first, and ex.newIn with those that may give
// it a new address. The outcome says why there are none.
func (ex *exchange) candidates() Outcome {
	ex.scopes, ex.newIn = ex.scopes[:0], ex.newIn[:0]
	why := noOutcome
	for _, group := range ex.network.groups {
		from := len(ex.scopes)
		for _, s := range group {
			w := ex.suits(s, 0)
			if w != noOutcome {
				ex.logPassedOver(s, w)
				why = worse(why, w)
				continue
			}
			switch {
			case s.reservedOnly:
				why = worse(why, DropNotReserved)
				continue
			case len(s.table.Ranges) == 0: // it has reservations at most
				why = worse(why, DropNoFreeAddress)
				continue
			case ex.kind == bootp && !s.dynamicBootp:
				why = worse(why, DropBootpNoReservation)
				continue
			case s.renewOnly:
				why = worse(why, DropRenewOnly)
			case s.withheld():
				why = worse(why, DropFailoverUnshared)
			default:
				ex.newIn = append(ex.newIn, s.id)
			}
			ex.scopes = append(ex.scopes, s.id)
		}
		ex.byFree(ex.scopes[from:])
	}
	return why
}

// worse keeps the more telling of two reasons: the one further down the list
// of checks that a scope passes.
func worse(a, b Outcome) Outcome {
	if telling(b) > telling(a) {
		return b
	}
	return a
}

func telling(o Outcome) int {
	for i, w := range [...]Outcome{DropFailoverPartner, DropFailoverState, DropFailoverConfig, DropNoFreeAddress, DropFailoverUnshared, DropDeactivated, DropDhcpOff, DropBootpOff, DropCriteria, DropRenewOnly, DropNotReserved, DropBootpNoReservation} {
		if o == w {
			return i + 1
		}
	}
	return 0
}

// byFree sorts scopes of equal priority by how many addresses are free: the
// fewest first, or the most with equal-priority-most-available. Those without
// any come last.
func (ex *exchange) byFree(ids []lease.ScopeID) {
	if len(ids) < 2 {
		return
	}
	most := ex.plan.settings.mostAvailable
	ex.free = ex.free[:0]
	for _, id := range ids {
		ex.free = append(ex.free, ex.server.table.Counters(id).Available)
	}
	free := ex.free
	before := func(a, b int) bool {
		if a == 0 || b == 0 {
			return a > 0 && b == 0
		}
		if most {
			return a > b
		}
		return a < b
	}
	// Insertion sort: there are few, and it keeps equals in name order.
	for i := 1; i < len(ids); i++ {
		for j := i; j > 0 && before(free[j], free[j-1]); j-- {
			ids[j], ids[j-1] = ids[j-1], ids[j]
			free[j], free[j-1] = free[j-1], free[j]
		}
	}
}
