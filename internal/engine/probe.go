package engine

import (
	"leasehold/internal/netio"
)

// ping asks whether somebody uses the address already. The exchange is parked
// until the answer or the timeout; others go on.
func (ex *exchange) ping() verdict {
	if !ex.probe {
		return goOn
	}
	ex.probe = false
	s := ex.server
	if s.pinger == nil || s.pings.Add(1) > int64(ex.plan.settings.maxPings) {
		if s.pinger != nil {
			s.pings.Add(-1)
		}
		return goOn
	}
	s.pinger.Ping(ex.lease.Addr.Netip(), ex.scope.pingTimeout, func(a netio.Answer) {
		s.pings.Add(-1)
		ex.pinged(a)
	})
	return verdict{act: park}
}

// pinged goes on with the answer: an address in use is put out of use and
// another one is looked for.
func (ex *exchange) pinged(a netio.Answer) {
	ex.stage = encodeStage
	if a == netio.Replied || !ex.plan.settings.ignoreICMPErrors && (a == netio.Unreachable || a == netio.TTLExpired) {
		ex.server.logf(msgPingHit, ex.lease.Addr, ex.scope.name, a)
		ex.quarantine(ex.lease, "ping")
		ex.probes++
		ex.stage = bindStage
	}
	ex.shard.resume(ex)
}

// maxProbes is how many addresses are tried for one packet when each of them
// answers a ping.
const maxProbes = 4
