package engine

import (
	"leasehold/internal/lease"
	"leasehold/internal/packet"
	"leasehold/pkg/failover/binding"
)

// bindSelecting answers a client that chose an offer (RFC 2131 section 4.3.2,
// SELECTING). The offer itself may be gone, after a restart for instance: the
// client gets the address all the same while nobody else has it.
func (ex *exchange) bindSelecting() verdict {
	ex.answer, ex.success = packet.Ack, Acked
	asked := ex.requestedAddr()
	id, _ := ex.msg.ServerID()
	if !ex.addressesUs(id) {
		return ex.choseOther(asked)
	}
	if asked == 0 {
		return dropped(DropNoAddress)
	}
	if !ex.network.contains(asked) {
		return refused(NakWrongNetwork)
	}
	k := ex.leaseKey(asked)
	place, ok := ex.useScopeOf(k)
	if !ok {
		return refused(NakNotInScope)
	}
	if v := ex.claim(k); v.act != next {
		return v
	}
	l := ex.leaseAt(k)
	held := ex.holds(&l)
	if held {
		ex.current = l
	}
	if why := ex.bars(&l, place); why != noOutcome {
		return ex.deny(why)
	}
	if !held {
		if v := ex.mayTake(&l, place); v.act != next {
			return v
		}
	}
	if ex.runs(&l) && held {
		ex.success = Repeated
	}
	return ex.extend(l)
}

// requestedAddr is the address that a DHCPREQUEST or DHCPDECLINE is about.
// Some clients put it into ciaddr although they should not.
func (ex *exchange) requestedAddr() lease.Addr {
	if a, ok := ex.msg.RequestedAddr(); ok && isSet(a) {
		return lease.AddrFrom(a)
	}
	return lease.AddrFrom(ex.msg.CIAddr)
}

// leaseAt is the lease of an address, a free one if it was never given.
func (ex *exchange) leaseAt(k lease.Key) lease.Lease { return ex.server.table.At(k) }

// bars tells what keeps any client, or this one, from the lease, in a request
// for it; noOutcome if nothing does.
func (ex *exchange) bars(l *lease.Lease, place lease.Place) Outcome {
	switch why := ex.limit(); why {
	case noOutcome:
		ex.use(ex.scope) // the class may be another now
	case DropOverLimit:
		return NakOverLimit
	default:
		return why
	}
	switch why := ex.suits(ex.scope, l.Addr); why {
	case noOutcome:
	case DropCriteria:
		return NakCriteria
	case DropDeactivated:
		return NakDeactivated
	default:
		return why
	}
	switch {
	case l.Flags&lease.Deactivated != 0:
		return NakDeactivated
	case l.State == lease.Unavailable:
		return NakUnavailable
	case ex.claimsToHold(l) && !ex.mayResume(l, ex.scope):
		return NakNoOffer // it was the partner's, or is free for the partner now
	case place.Reserved && ex.inherits(l, place):
		return noOutcome
	case l.Client() != ex.key && ex.live(l):
		return NakOtherClient
	case place.Reserved && !ex.reservedFor(place.ReservedFor):
		return NakReservedForOther
	case place.Reserved:
		return noOutcome
	}
	if k, _, ok := ex.reservation(); ok && k != l.Key {
		return NakNotReservation
	}
	if ex.scope.reservedOnly {
		return NakRestricted
	}
	return noOutcome
}

// deny answers with NAK or silence, as the outcome says.
func (ex *exchange) deny(why Outcome) verdict {
	if outcomes[why].kind == naked {
		return refused(why)
	}
	return dropped(why)
}

// mayTake decides about a client that chose an address which it was not, or is
// no longer, offered.
func (ex *exchange) mayTake(l *lease.Lease, place lease.Place) verdict {
	switch {
	case !place.InRange && !place.Reserved:
		return refused(NakNotInScope)
	case ex.inherits(l, place):
	case !l.Free() || ex.scope.renewOnly || !ex.mayGive(l, ex.scope):
		return refused(NakNoOffer)
	}
	if ex.single() != noOutcome {
		return refused(NakHasLease)
	}
	return goOn
}

// choseOther notes that the client took another server's offer. Ours is
// withdrawn. If the address it took is one of ours to give, another server
// gives out our addresses: it is put out of use, unless there is a partner that
// may do so.
func (ex *exchange) choseOther(asked lease.Addr) verdict {
	if ex.offersNothing() {
		return dropped(DropOtherServer)
	}
	if v := ex.findCurrent(); v.act != next {
		return v
	}
	if l := ex.current; l.State == lease.Offered {
		ex.server.table.Change(l.Key, func(l lease.Lease, _ lease.Place) (lease.Lease, bool) {
			l.Expiration = ex.now
			return lease.Expire(l, ex.now, 0), true
		})
	}
	k := ex.leaseKey(asked)
	if place, ok := ex.useScopeOf(k); ok && place.InRange && ex.scope.pair == nil && !ex.plan.settings.ignoreOtherServers {
		ex.unclaim()
		ex.takenByOther(k)
	}
	return dropped(DropOtherServer)
}

// takenByOther puts an available address out of use.
func (ex *exchange) takenByOther(k lease.Key) {
	if !ex.tryClaim(k) {
		return
	}
	l := ex.leaseAt(k)
	if l.State != lease.Available {
		return
	}
	ex.server.logf(msgOtherServer, k.Addr, ex.scope.name, macText(ex.hw))
	ex.quarantine(l, "other-server")
}

// bindHeld answers a client that says it has a lease: INIT-REBOOT, RENEWING,
// REBINDING.
func (ex *exchange) bindHeld() verdict {
	ex.answer = packet.Ack
	asked := ex.requestedAddr()
	if ex.kind == rebooting {
		asked = 0
		if a, ok := ex.msg.RequestedAddr(); ok {
			asked = lease.AddrFrom(a)
		}
	}
	if asked == 0 {
		return dropped(DropNoAddress)
	}
	if !ex.network.contains(asked) {
		return refused(NakWrongNetwork)
	}
	k := ex.leaseKey(asked)
	place, ok := ex.useScopeOf(k)
	if !ok {
		return ex.stranger(k, NakNotInScope)
	}
	if v := ex.claim(k); v.act != next {
		return v
	}
	l := ex.leaseAt(k)
	switch {
	case ex.holds(&l), ex.had(&l):
		ex.current = l
	case ex.inherits(&l, place):
	case ex.live(&l) && ex.kind != rebooting:
		return refused(NakOtherClient)
	default:
		return ex.stranger(k, NakNoLease)
	}
	if why := ex.bars(&l, place); why != noOutcome {
		return ex.deny(why)
	}
	if !place.InRange && !place.Reserved {
		if ex.partnersWord(k) {
			return dropped(DropFailoverPartner)
		}
		return refused(NakNotInScope)
	}
	ex.success = Renewed
	if ex.kind == rebooting {
		ex.success = Rebooted
	}
	if !place.Reserved {
		switch {
		case ex.chain.inhibitAllRenews:
			return refused(NakRenewInhibited)
		case ex.chain.inhibitRenewsAtReboot && ex.kind == rebooting:
			return refused(NakNewAddress)
		}
	}
	return ex.extend(l)
}

// stranger is silence for a client that this server does not know: another
// server may, and a NAK would take its lease from it (RFC 2131 section 4.3.2).
// A client that is known is told that it is wrong.
func (ex *exchange) stranger(k lease.Key, why Outcome) verdict {
	if ex.network.shared && ex.partnersWord(k) {
		return dropped(DropFailoverPartner)
	}
	if best := ex.best(); best.State != 0 {
		return refused(why)
	}
	if _, _, reserved := ex.reservation(); reserved {
		return refused(why)
	}
	return dropped(DropUnknownClient)
}

// extend gives the client the lease, for as long as it may have it.
func (ex *exchange) extend(l lease.Lease) verdict {
	ex.keepOnly(l.Key)
	ex.grant = ex.grantFor(&l)
	switch {
	case !ex.grant.extends && ex.success == Renewed:
		ex.success = RenewDeferred
	case ex.grant.extends && ex.success == Repeated:
		ex.success = Renewed
	}
	if !ex.grant.extends && !ex.stale(&l) {
		ex.lease = l
		return goOn
	}
	ex.partners = binding.Partners(&l)
	ex.lease = ex.given(lease.Acknowledge(l, ex.who, ex.now, ex.grant.expiration))
	ex.write = true
	ex.noteOthers()
	return goOn
}
