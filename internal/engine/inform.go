package engine

import (
	"leasehold/internal/lease"
	"leasehold/internal/packet"
	"leasehold/pkg/failover/binding"
)

// bindInform answers a client that has its address from elsewhere with
// options only (RFC 2131 section 4.3.5). The scope is the one that has the
// address, else the first of the network that serves DHCP.
func (ex *exchange) bindInform() verdict {
	a := lease.AddrFrom(ex.msg.CIAddr)
	if a == 0 {
		return dropped(DropInformNoAddress)
	}
	ex.answer, ex.success = packet.Ack, Informed
	if _, ok := ex.useScopeOf(ex.leaseKey(a)); ok && ex.suits(ex.scope, a) == noOutcome {
		return goOn
	}
	why := DropNoScope
	for _, s := range ex.network.scopes {
		if why = ex.suits(s, a); why == noOutcome {
			ex.use(s)
			return goOn
		}
	}
	return dropped(why)
}

// bindBootp gives a BOOTP client its address for good (RFC 951): the reserved
// one, or any with dynamic-bootp.
func (ex *exchange) bindBootp() verdict {
	ex.answer, ex.success = packet.BOOTP, BootpReplied
	l, v := ex.findAddress()
	if v.act != next {
		return v
	}
	ex.grant = ex.grantFor(&l)
	ex.lease = l
	if ex.grant.extends || l.Client() != ex.key || ex.stale(&l) {
		ex.partners = binding.Partners(&l)
		ex.lease = ex.given(lease.Acknowledge(l, ex.who, ex.now, lease.Forever))
		ex.write = true
		ex.noteOthers()
	}
	return goOn
}
