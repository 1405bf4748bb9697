package engine

import (
	"fmt"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/wire"
)

// What this server may do with a lease is asked here and nowhere else. A scope
// without a partner is the server's alone, which may do everything; the others
// go by the authority that the relationship has at the moment.

// requests are the kinds of packets as far as they decide which of two servers
// answers.
var requests = [...]binding.Request{
	discover: binding.Discover, selecting: binding.Selecting, rebooting: binding.Rebooting, renewing: binding.Renewing,
	rebinding: binding.Rebinding, declining: binding.GivingBack, releasing: binding.GivingBack, informing: binding.Inform,
	bootp: binding.BOOTP,
	// Whoever may renew leases knows them.
	querying: binding.Renewing,
}

// mayAnswer tells why this server does not answer the client's packet at all;
// noOutcome if it does. Then nothing may be learned from the packet, either.
func (s *Server) mayAnswer(ex *exchange) Outcome {
	if !ex.network.shared {
		return noOutcome
	}
	why := noOutcome
	for _, sc := range ex.network.scopes {
		w := ex.silence(sc)
		if w == noOutcome {
			return noOutcome
		}
		why = worse(why, w)
	}
	return why
}

// silence tells why the client is not answered from a scope; noOutcome if it
// is.
func (ex *exchange) silence(sc *scope) Outcome {
	if sc.leftOut {
		return DropFailoverPartner
	}
	if sc.pair == nil {
		return noOutcome
	}
	a := sc.pair.Authority()
	switch a.Answers(requests[ex.kind], ex.bucket(a), ex.msg.Secs) {
	case binding.SilentState:
		if sc.pair.Problem() != "" {
			return DropFailoverConfig
		}
		return DropFailoverState
	case binding.SilentPartner:
		if !ex.standsIn(sc) {
			return DropFailoverPartner
		}
	}
	if !sc.pair.Fresh(ex.server.moment(ex.box)) {
		return DropFailoverState
	}
	return noOutcome
}

// bucket is the client's hash bucket, by what the packet says: both servers
// must find the same. Where the load is not balanced it does not matter.
func (ex *exchange) bucket(a *binding.Authority) uint8 {
	if !a.Balanced {
		return 0
	}
	if id := ex.msg.ClientID(); len(id) > 0 {
		return wire.Hash(id)
	}
	return wire.Hash(ex.hw.Bytes())
}

// standsIn tells whether a client of the partner's is answered all the same:
// one that rebinds a lease that this server granted, and one that wants an
// address where the partner has none left and this server has.
func (ex *exchange) standsIn(sc *scope) bool {
	switch ex.kind {
	case rebinding:
		l, ok := ex.server.table.Get(ex.leaseKey(lease.AddrFrom(ex.msg.CIAddr)))
		return ok && l.Client() == ex.key && ex.runs(&l) && !l.Failover.FromPartner
	case discover, bootp:
		own, others := 0, 0
		for _, other := range ex.network.scopes {
			if other.pair == sc.pair {
				c := ex.server.table.Counters(other.id)
				own, others = own+c.Available, others+c.OtherAvailable
			}
		}
		return others == 0 && own > 0
	}
	return false
}

// offersNothing tells whether the partner makes all offers to clients like
// this one, so that there is none to withdraw.
func (ex *exchange) offersNothing() bool {
	for _, sc := range ex.network.scopes {
		if sc.pair == nil {
			return false
		}
		if a := sc.pair.Authority(); a.Answers(binding.Discover, ex.bucket(a), ex.msg.Secs) == binding.NotSilent {
			return false
		}
	}
	return true
}

// silenceText says what an operator wants to know of a packet that failover
// left to the partner; "" for other outcomes.
func (ex *exchange) silenceText(why Outcome) string {
	if why < DropFailoverConfig || why > DropFailoverUnshared {
		return ""
	}
	for _, sc := range ex.network.scopes {
		if sc.leftOut && why == DropFailoverPartner {
			return fmt.Sprintf("scope %q is in a VPN, only the main server serves it", sc.name)
		}
		if sc.pair == nil || why == DropFailoverUnshared && !sc.withheld() || why < DropFailoverNoAddress && ex.silence(sc) != why {
			continue
		}
		a, name := sc.pair.Authority(), sc.pair.Name()
		switch why {
		case DropFailoverConfig:
			return fmt.Sprintf("failover %q is wrong: %s", name, sc.pair.Problem())
		case DropFailoverPartner:
			return fmt.Sprintf("failover %q is in %s state, the partner serves this client", name, a.State)
		case DropFailoverNoAddress:
			return fmt.Sprintf("failover %q is in %s state, only the partner has free addresses", name, a.State)
		case DropFailoverUnshared:
			return fmt.Sprintf("failover %q: the partner does not share scope %q, which gets no new clients", name, sc.name)
		}
		return fmt.Sprintf("failover %q is in %s state", name, a.State)
	}
	return ""
}

// dynamic tells whether clients may be given an address of the scope for good
// by BOOTP: then the partner's addresses are never given.
func (sc *scope) dynamic() bool { return sc.bootp && sc.dynamicBootp }

// withheld tells whether no new lease is given in the scope, since the partner says
// that it does not share it.
func (sc *scope) withheld() bool {
	return sc.pair != nil && sc.pair.Authority().Withholds(lease.AddrFrom(sc.prefix.Masked().Addr()))
}

// mayGive tells whether the address may be given to a client that does not
// have it.
func (ex *exchange) mayGive(l *lease.Lease, sc *scope) bool {
	if sc == nil || sc.pair == nil {
		return l.State != lease.OtherAvailable && l.State != lease.PendingAvailable
	}
	return !sc.withheld() && sc.pair.Authority().MayGive(l, ex.now, sc.dynamic())
}

// mayResume tells whether the client may go on with a lease that it has or had
// last.
func (ex *exchange) mayResume(l *lease.Lease, sc *scope) bool {
	if sc == nil || sc.pair == nil {
		return l.State != lease.PendingAvailable
	}
	if l.Free() && sc.withheld() {
		return false
	}
	return sc.pair.Authority().MayResume(l, ex.now, sc.dynamic())
}

// mayHave is the one or the other, as the lease is the client's or not.
func (ex *exchange) mayHave(l *lease.Lease, sc *scope) bool {
	if ex.claimsToHold(l) {
		return ex.mayResume(l, sc)
	}
	return ex.mayGive(l, sc)
}

// partnersIn appends those scopes whose free addresses may be given although
// they are the partner's.
func (ex *exchange) partnersIn(scopes, buf []lease.ScopeID) []lease.ScopeID {
	for _, id := range scopes {
		if sc := ex.plan.byID[id]; sc.pair != nil && sc.pair.Authority().MayGivePartners(ex.now, sc.dynamic()) {
			buf = append(buf, id)
		}
	}
	return buf
}

// partnerHasFree tells whether one of the scopes has free addresses that are
// the partner's to give.
func (ex *exchange) partnerHasFree(scopes []lease.ScopeID) bool {
	for _, id := range scopes {
		if sc := ex.plan.byID[id]; sc.pair != nil && ex.server.table.Counters(id).OtherAvailable > 0 {
			return true
		}
	}
	return false
}

// allowed is until when the client may have the lease that it should have for
// some seconds, and the potential expiration that the partner is promised.
func (ex *exchange) allowed(l *lease.Lease, seconds int64) (expiration, potential int64) {
	if ex.scope == nil || ex.scope.pair == nil {
		return ex.after(seconds), 0
	}
	own := *l
	own.BOOTP = ex.kind == bootp
	if l.Client() != ex.key {
		own.Failover = lease.Failover{} // what was promised, was for another client
	}
	return ex.scope.pair.Authority().Grant(&own, ex.from, seconds)
}

// after is the time in so many seconds from now on.
func (ex *exchange) after(seconds int64) int64 {
	if seconds == lease.Forever {
		return lease.Forever
	}
	return ex.from + seconds
}

// given is the lease as it is written when the client gets it.
func (ex *exchange) given(l lease.Lease) lease.Lease {
	if ex.scope.pair == nil {
		return l
	}
	return ex.scope.pair.Authority().Given(l, ex.grant.potential)
}

// stillMay tells whether an answer may leave that was decided on some time ago.
func (ex *exchange) stillMay() bool {
	sc := ex.scope
	if sc.pair == nil || ex.silent {
		return true
	}
	a := sc.pair.Authority()
	return sc.pair.Fresh(ex.server.moment(ex.box)) && a.StillMay(requests[ex.kind], ex.bucket(a), ex.msg.Secs, ex.partners, ex.now, sc.dynamic())
}

// partnersWord tells whether it is the partner's to say that a client does not
// have an address: one that is in ranges of the partner only, and, while the two
// do not hear each other, one that is free and the partner's to give, or that
// waits for its word: it may have renewed the lease that is over here.
func (ex *exchange) partnersWord(k lease.Key) bool {
	place, _ := ex.server.table.Place(k)
	for _, sc := range ex.network.scopes {
		if sc.pair == nil {
			continue
		}
		if !place.InRange && !place.Reserved {
			if sc.pair.Shares(k.Addr) {
				return true
			}
			continue
		}
		a, l := sc.pair.Authority(), ex.leaseAt(k)
		open := l.Free() || l.State == lease.PendingAvailable
		if !a.Connected && place.Scope == sc.id && open && !a.MayGive(&l, ex.now, sc.dynamic()) {
			return true
		}
	}
	return false
}

// pairOf is the relationship of an address, nil if it has none.
func (s *Server) pairOf(k lease.Key) Pair {
	p := s.plan.Load()
	if p == nil || !p.shared {
		return nil
	}
	place, ok := s.table.Place(k)
	if sc := p.byID[place.Scope]; ok && sc != nil && sc.pair != nil {
		return sc.pair
	}
	return nil
}

// ending is a lease as one that this server is about to end.
func (s *Server) ending(l lease.Lease) lease.Lease {
	if p := s.pairOf(l.Key); p != nil {
		a := p.Authority()
		return a.Ending(l)
	}
	return l
}

// changed is a lease that this server changes by itself, as it is written.
func (s *Server) changed(l lease.Lease) lease.Lease {
	if p := s.pairOf(l.Key); p != nil {
		return p.Authority().Changed(l)
	}
	return l
}

// tellPair tells the relationship of the exchange's lease, which is on disk.
func (ex *exchange) tellPair() {
	switch s := ex.server; {
	case ex.plan != s.plan.Load():
		s.tell(&ex.lease) // a reload may have given it to another
	case ex.scope.pair != nil:
		ex.scope.pair.Changed(ex.lease)
	}
}

// tell tells the lease's relationship of a change of this server's own that is
// on disk.
func (s *Server) tell(l *lease.Lease) {
	if p := s.pairOf(l.Key); p != nil {
		p.Changed(*l)
	}
}
