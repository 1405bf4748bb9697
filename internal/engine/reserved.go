package engine

import (
	"slices"

	"leasehold/internal/lease"
)

// A reservation is the client's whose lookup key it has: with a MAC that is
// whoever sends from it. One machine may show several client-ids, a boot ROM's
// and then its operating system's: each gets the address reserved for the MAC,
// and takes the lease over from the one before.

// reservedKeys are the lookup keys under which an address may be reserved for
// the client.
func (ex *exchange) reservedKeys() []string {
	if len(ex.whos) == 0 {
		if ex.hw.Len > 0 {
			ex.whos = append(ex.whos, whoMAC(ex.hw))
		}
		id := ex.who.ClientID
		if id == "" {
			id = hardwareID(ex.hw)
		}
		ex.whos = append(ex.whos, whoID(id))
	}
	return ex.whos
}

// reservedFor tells whether a lookup key of a reservation is the client's.
func (ex *exchange) reservedFor(who string) bool {
	return slices.Contains(ex.reservedKeys(), who)
}

// reservation finds the address of this network that is reserved for the
// client and that it can have now; false if there is none.
func (ex *exchange) reservation() (lease.Key, *scope, bool) {
	if !ex.network.reserves.Load() {
		return lease.Key{}, nil, false
	}
	for _, who := range ex.reservedKeys() {
		k, ok := ex.server.table.ReservedFor(ex.network.ids, who)
		if !ok {
			continue
		}
		place, ok := ex.server.table.Place(k)
		s := ex.plan.byID[place.Scope]
		if !ok || s == nil || ex.suits(s, k.Addr) != noOutcome {
			continue
		}
		l, known := ex.server.table.Get(k)
		if s.pair != nil && !known {
			l = ex.leaseAt(k)
		}
		if known && !ex.possible(&l, who) || s.pair != nil && l.Free() && !ex.mayHave(&l, s) {
			continue // or it is the partner's to give
		}
		return k, s, true
	}
	return lease.Key{}, nil, false
}

// possible tells whether the client could be given a lease that is reserved
// under one of its lookup keys: it is not somebody else's, nor out of use.
func (ex *exchange) possible(l *lease.Lease, who string) bool {
	if l.Flags&lease.Deactivated != 0 || l.State == lease.Unavailable {
		return false
	}
	return !ex.live(l) || ex.sharesKey(l, who)
}

// sharesKey tells whether the lease's client is this one, or has the lookup key
// too and so is the same to the reservation.
func (ex *exchange) sharesKey(l *lease.Lease, who string) bool {
	if l.Client() == ex.key {
		return true
	}
	if l.HW.Len > 0 && who == whoMAC(l.HW) {
		return true
	}
	id := l.ClientID
	if id == "" {
		id = hardwareID(l.HW)
	}
	return who == whoID(id)
}

// inherits tells whether the client may take up a lease that it does not hold,
// because the address is reserved for it.
func (ex *exchange) inherits(l *lease.Lease, place lease.Place) bool {
	if !place.Reserved || !ex.reservedFor(place.ReservedFor) || !ex.possible(l, place.ReservedFor) {
		return false
	}
	return ex.live(l) || !ex.scope.renewOnly && ex.mayGive(l, ex.scope)
}

// takeReserved offers the client the address that is reserved for it if a
// client with the same lookup key has it, as this client itself may. A lease
// that runs stays as it is until this client takes the offer. There is no
// lease if nobody has the address.
func (ex *exchange) takeReserved(k lease.Key, home *scope) (lease.Lease, verdict) {
	if v := ex.claim(k); v.act != next {
		return lease.Lease{}, v
	}
	l := ex.leaseAt(k)
	place, ok := ex.server.table.Place(k)
	if !l.Live() || !ok || !ex.sharesKey(&l, place.ReservedFor) || !ex.acceptable(l) {
		return lease.Lease{}, goOn
	}
	ex.keepOnly(k)
	ex.use(home)
	if ex.runs(&l) {
		return l, goOn
	}
	l, _ = ex.server.table.Change(k, func(l lease.Lease, _ lease.Place) (lease.Lease, bool) {
		return lease.Offer(l, ex.who, ex.now, ex.offerTimeout()), true
	})
	return l, goOn
}
