package engine

import (
	"time"

	"leasehold/internal/lease"
	"leasehold/internal/packet"
	"leasehold/pkg/objects"
)

// bindDiscover finds an address to offer (RFC 2131 section 4.3.1): the one
// reserved for the client, the one it has or had, the one it asks for, a new
// one.
func (ex *exchange) bindDiscover() verdict {
	ex.answer, ex.success = packet.Offer, Offered
	l, v := ex.findAddress()
	if v.act != next {
		return v
	}
	ex.lease = l
	ex.grant = ex.grantFor(&l)
	ex.server.wakeExpiry(&l)
	return goOn
}

// findAddress gives the client an address, offered to it in the lease table
// unless it has it already, claims it and takes its scope.
func (ex *exchange) findAddress() (lease.Lease, verdict) {
	if ex.probes >= maxProbes {
		return lease.Lease{}, dropped(DropPingBusy)
	}
	if v := ex.findCurrent(); v.act != next {
		return lease.Lease{}, v
	}
	if why := ex.single(); why != noOutcome {
		return lease.Lease{}, dropped(why)
	}
	if why := ex.limit(); why != noOutcome {
		return lease.Lease{}, dropped(why)
	}
	reserved, home, isReserved := ex.reservation()
	if !isReserved && ex.mayKeep() {
		ex.keepOnly(ex.current.Key)
		if ex.runs(&ex.current) {
			return ex.current, goOn
		}
		l, _ := ex.server.table.Change(ex.current.Key, func(l lease.Lease, _ lease.Place) (lease.Lease, bool) {
			return lease.Offer(l, ex.who, ex.now, ex.offerTimeout()), true
		})
		return l, goOn
	}
	if isReserved {
		if l, v := ex.takeReserved(reserved, home); v.act != next || l.State != 0 {
			return l, v
		}
	}
	why := ex.candidates()
	if isReserved {
		// include-tags of the reservation may suit where the scope's do not.
		ex.scopes = prepend(ex.scopes, home.id)
		if !home.renewOnly || ex.current.Key == reserved {
			ex.newIn = prepend(ex.newIn, home.id)
		}
	}
	if len(ex.scopes) == 0 {
		if why == DropCriteria {
			ex.logCriteria()
		}
		return lease.Lease{}, dropped(why)
	}
	return ex.allocate(isReserved, why)
}

// mayKeep tells whether the client may be offered the address that it has or
// had, and takes its scope if so.
func (ex *exchange) mayKeep() bool {
	l := &ex.current
	if l.State == 0 || !ex.holds(l) || l.Flags&lease.Deactivated != 0 {
		return false
	}
	place, ok := ex.useScopeOf(l.Key)
	if !ok || !place.InRange && !place.Reserved || ex.suits(ex.scope, l.Addr) != noOutcome {
		return false
	}
	if place.Reserved && !ex.reservedFor(place.ReservedFor) || ex.scope.reservedOnly && !place.Reserved {
		return false
	}
	if ex.kind == bootp && !place.Reserved && !ex.scope.dynamicBootp || !ex.mayResume(l, ex.scope) {
		return false
	}
	return l.State == lease.Offered || place.Reserved || !ex.mustMove()
}

// mustMove tells whether the policy makes a client take a new address when it
// starts anew.
func (ex *exchange) mustMove() bool {
	return ex.kind == discover && (ex.chain.inhibitAllRenews || ex.chain.inhibitRenewsAtReboot)
}

// single holds a client that has no lease here to one-lease-per-client.
func (ex *exchange) single() Outcome {
	if ex.plan.settings.oneLease == objects.FirstClientPreferred && !ex.live(&ex.current) && ex.holdsElsewhere() {
		return DropHasLease
	}
	return noOutcome
}

// limit holds the clients of one limitation-id to their limitation-count. One
// too many goes on in its over-limit class, if there is one: its lease is then
// not counted. A client whose lease is counted already is within the limit, and
// one that has a lease from before there was a limit keeps it.
func (ex *exchange) limit() Outcome {
	id := ex.who.LimitationID
	l := &ex.current
	if id == "" || ex.live(l) && l.LimitationID == id {
		return noOutcome
	}
	count := ex.plan.chain(ex.client, ex.class, ex.network.scopes[0]).limitationCount
	if count == 0 || ex.server.table.LimitationCount(id) < count {
		return noOutcome
	}
	switch over := ex.class.overLimit; {
	case over != nil:
		return ex.enterClass(over)
	case ex.live(l):
		return noOutcome
	}
	return DropOverLimit
}

// holdsElsewhere tells whether the client has a running lease on another
// network.
func (ex *exchange) holdsElsewhere() bool {
	ex.mine = ex.server.table.ByClient(ex.vpn.id, ex.key, ex.mine[:0])
	for _, l := range ex.mine {
		if ex.runs(&l) && !ex.network.contains(l.Addr) {
			return true
		}
	}
	return false
}

// allocate has the lease table choose among ex.scopes.
func (ex *exchange) allocate(isReserved bool, why Outcome) (lease.Lease, verdict) {
	s := ex.server
	want, _ := ex.msg.RequestedAddr()
	ex.use(ex.plan.byID[ex.scopes[0]])
	r := &ex.request
	*r = lease.Request{
		Scopes: ex.scopes, NewIn: ex.newIn, Client: ex.who, Want: lease.AddrFrom(want),
		Pending: true, Now: ex.now, Timeout: ex.offerTimeout(), Acceptable: ex.acceptable,
	}
	if ex.newIn == nil {
		r.NewIn = noScopes
	}
	if isReserved {
		r.Reservations = ex.reservedKeys()
	}
	if ex.network.shared {
		ex.partnerIn = ex.partnersIn(ex.newIn, ex.partnerIn[:0])
		r.PartnerIn = ex.partnerIn
	}
	l, verdict := s.table.Allocate(r)
	*r = lease.Request{}
	if !verdict.Gave() {
		ex.unclaim()
		return l, dropped(ex.noAddress(verdict, why))
	}
	ex.keepOnly(l.Key)
	if _, ok := ex.useScopeOf(l.Key); !ok {
		return l, dropped(DropNoScope) // the scope went with a reload
	}
	ex.probe = ex.scope.ping && (verdict == lease.GaveNew || verdict == lease.GaveRequested)
	return l, goOn
}

// noScopes is an empty list that is not nil: no scope gives new addresses.
var noScopes = []lease.ScopeID{}

func (ex *exchange) noAddress(v lease.Verdict, why Outcome) Outcome {
	switch {
	case v == lease.OverLimit:
		return DropOverLimit
	case v == lease.NoScope:
		return DropNoScope
	case ex.probes > 0:
		return DropPingBusy
	case len(ex.newIn) == 0 && why != noOutcome:
		return why
	case ex.current.State != 0 && ex.mustMove():
		return DropRenewInhibited
	case ex.network.shared && ex.partnerHasFree(ex.newIn):
		return DropFailoverNoAddress
	}
	return DropNoFreeAddress
}

// acceptable is asked by the lease table before it gives an address.
func (ex *exchange) acceptable(l lease.Lease) bool {
	switch {
	case l.Addr == ex.who.Giaddr, ex.server.ownAddress(l.Addr):
		return false
	case l.Key == ex.current.Key && l.Flags&lease.Reserved == 0 && l.State != lease.Offered && ex.mustMove():
		return false
	case !ex.mayHave(&l, ex.network.scopeOf(l.Addr)):
		return false
	}
	// What may be done counts from the claim on (Keeper.Settle).
	return ex.tryClaim(l.Key) && ex.mayHave(&l, ex.network.scopeOf(l.Addr))
}

func (ex *exchange) offerTimeout() time.Duration {
	return time.Duration(ex.chain.offerTimeout) * time.Second
}

func prepend(ids []lease.ScopeID, id lease.ScopeID) []lease.ScopeID {
	for i, have := range ids {
		if have == id {
			copy(ids[1:i+1], ids[:i])
			ids[0] = id
			return ids
		}
	}
	ids = append(ids, 0)
	copy(ids[1:], ids)
	ids[0] = id
	return ids
}
