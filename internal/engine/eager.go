package engine

import (
	"leasehold/internal/lease"
)

// With eager updates an answer that would give the client less than it should
// have waits, for a bounded time, until the partner knows of the lease: then
// the client may have all of it at once. The exchange holds no address
// meanwhile, since the partner's acknowledgement is written to the lease.

// waited is how far an exchange is with that.
type waited uint8

const (
	notWaiting waited = iota
	awaiting
	acknowledged
	unacknowledged // in time
)

// awaits hands an exchange whose lease is on disk over to the relationship, if
// its answer waits for the partner.
func (ex *exchange) awaits() bool {
	p := ex.scope.pair
	if p == nil || ex.silent || !ex.grant.short || ex.eager != notWaiting || !p.Eager() {
		return false
	}
	ex.eager, ex.stage = awaiting, lengthenStage
	l, sh := ex.lease, ex.shard
	p.Await(l.Key, func(acked bool) {
		ex.eager = unacknowledged
		if acked {
			ex.eager = acknowledged
		}
		sh.resume(ex)
	})
	p.Changed(l) // ex may be running elsewhere already
	return true
}

// lengthen gives the client what it may have now that the partner has answered,
// or has not. If somebody else is at work on the address, the client gets what
// is on disk for it.
func (ex *exchange) lengthen() verdict {
	if ex.eager == notWaiting {
		return goOn
	}
	k := ex.lease.Key
	if !ex.stillMay() {
		return dropped(DropFailoverState)
	}
	if ex.eager != acknowledged || !ex.tryClaim(k) {
		return goOn
	}
	ex.at(ex.server.clock.Now())
	l := ex.server.table.At(k)
	if l.Client() != ex.key || !ex.runs(&l) {
		return dropped(DropFailoverState) // the partner's word took it away
	}
	g := ex.grantFor(&l)
	if g.expiration <= l.Expiration {
		ex.unclaim()
		return goOn
	}
	ex.grant = g
	ex.lease = ex.given(lease.Acknowledge(l, ex.who, ex.now, g.expiration))
	ex.encode()
	return ex.commit()
}
