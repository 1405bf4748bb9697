package engine

import (
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
)

// bindDecline takes an address out of use that its client found in use (RFC
// 2131 section 4.3.3).
func (ex *exchange) bindDecline() verdict {
	asked := ex.requestedAddr()
	l, v := ex.ownLease(asked, DropDeclineUnknown)
	if v.act != next {
		return v
	}
	if ex.scope.ignoreDeclines {
		ex.success = DeclineIgnored
		ex.lease = ex.server.changed(lease.ForceAvailable(ex.server.ending(l), ex.now))
		return goOn
	}
	ex.success = Declined
	ex.lease = ex.server.changed(lease.MarkUnavailable(l, ex.now, ex.unavailableTimeout(), "declined"))
	ex.server.table.Update(ex.lease) // out of use even if the disk fails
	ex.server.logf(msgDeclined, asked, ex.scope.name, macText(ex.hw))
	return goOn
}

// bindRelease takes a lease back from its client (RFC 2131 section 4.3.4).
func (ex *exchange) bindRelease() verdict {
	l, v := ex.ownLease(lease.AddrFrom(ex.msg.CIAddr), DropReleaseUnknown)
	if v.act != next {
		return v
	}
	ex.success = Released
	ex.lease = ex.server.changed(lease.Release(ex.server.ending(l), ex.now, time.Duration(ex.chain.releaseGracePeriod)*time.Second))
	return goOn
}

// ownLease finds and claims the lease that the client gives back; unknown is
// the outcome if it does not have it. Neither message is answered.
func (ex *exchange) ownLease(a lease.Addr, unknown Outcome) (lease.Lease, verdict) {
	ex.silent, ex.write = true, true
	if id, ok := ex.msg.ServerID(); ok && !ex.addressesUs(id) {
		return lease.Lease{}, dropped(DropOtherServer)
	}
	k := ex.leaseKey(a)
	if _, ok := ex.useScopeOf(k); !ok {
		return lease.Lease{}, dropped(unknown)
	}
	if why := ex.silence(ex.scope); why != noOutcome {
		return lease.Lease{}, dropped(why)
	}
	if v := ex.claim(k); v.act != next {
		return lease.Lease{}, v
	}
	l := ex.leaseAt(k)
	if l.Client() != ex.key || !l.Live() {
		return l, dropped(unknown)
	}
	if binding.Overtaken(&l, ex.now, ex.server.moment(ex.box).Unix()) {
		return l, dropped(DropLate)
	}
	ex.current = l
	return l, goOn
}

func (ex *exchange) unavailableTimeout() time.Duration {
	return time.Duration(ex.chain.unavailableTimeout) * time.Second
}

// quarantine takes an address that the exchange claimed out of use, at once in
// memory and without holding the exchange up on disk. The claim goes with it.
func (ex *exchange) quarantine(l lease.Lease, cause string) {
	ex.handOver(l.Key)
	to := lease.MarkUnavailable(l, ex.now, ex.unavailableTimeout(), cause)
	ex.server.table.Update(to)
	ex.server.change(l, to, nil)
}
