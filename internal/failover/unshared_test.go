package failover

import (
	"testing"

	"leasehold/internal/packet"
)

const elsewhere = `dhcp log-settings=default,incoming-packets
scope shop subnet=10.77.0.0/24 ranges=10.77.0.10-10.77.0.19
failover-pair blue main-server=$2 backup-server=$3 mclt=60s failover-poll-interval=1s failover-poll-timeout=5s
`

// A scope that the partner does not share gets no new clients, while those that have
// leases keep them, until the partner has it, too.
func TestScopeThatThePartnerDoesNotShare(t *testing.T) {
	t.Parallel()
	s, main, backup := pairUp(t, elsewhere)
	main.set("scope lab subnet=$0/24 ranges=$100-$199 failover=scope-disabled")
	main.reload()
	address, _ := s.dora(1, main)
	main.set("scope lab failover=-")
	if text := main.tryReload(); text != "" {
		t.Fatal(text)
	}
	main.log.skip()
	xid := s.send(packet.Discover, 2, nil, main)
	main.log.await(t, "drop-failover-unshared")
	s.unanswered(xid)
	main.until("the reason", func() bool {
		return main.problem(`scope "lab" is configured on this server only: the partner refuses its leases, and new clients are served by nobody`)
	})
	s.renew(1, address, main)
	s.dora(1, main) // it has forgotten what it has

	// What the partner said last counts when it is away: it may serve the scope.
	backup.stop()
	main.log.await(t, "state COMMUNICATIONS-INTERRUPTED")
	main.send(packet.Discover, 2, nil, main)
	main.log.await(t, "drop-failover-unshared")
	s.renew(1, address, main)
	backup.start()
	main.normal()

	backup.set("scope lab subnet=$0/24 ranges=$100-$199")
	backup.reload()
	s.dora(2, main)
	backup.until("the lease", func() bool { return backup.lease(address)["state"] == "leased" })
}

// While the partner serves a scope alone, a server that has it in the pair already
// gives none of its addresses; nor does the backup, where only that has it.
func TestScopeThatThePartnerServesAlone(t *testing.T) {
	t.Parallel()
	s, main, backup := pairUp(t, elsewhere)
	backup.set("scope lab subnet=$0/24 ranges=$100-$199 failover=scope-disabled")
	backup.reload()
	address, _ := s.dora(1, backup)
	main.set("scope lab subnet=$0/24 ranges=$100-$199")
	main.reload()
	main.log.skip()
	main.send(packet.Discover, 2, nil, main)
	main.log.await(t, "drop-failover-unshared")
	backup.set("scope lab failover=-")
	if text := backup.tryReload(); text != "" {
		t.Fatal(text)
	}
	if got, _ := s.dora(2, main, backup); got == address {
		t.Errorf("%s is given twice", got)
	}
	main.until("the lease", func() bool { return main.lease(address)["state"] == "leased" })

	main.set("delete scope lab")
	main.reload()
	backup.until("the reason", func() bool { return backup.problem("are served by nobody") })
	backup.log.skip()
	backup.send(packet.Discover, 3, func(r *packet.Reply) { r.Secs = 60 }, backup)
	backup.log.await(t, "drop-failover-unshared")
	s.renew(1, address, backup)
}

// A scope that is new on both servers while they do not hear each other, or whose
// partner is declared down, is served.
func TestNewScopeWhileThePartnerIsAway(t *testing.T) {
	t.Parallel()
	s, main, backup := pairUp(t, elsewhere)
	backup.stop()
	main.log.await(t, "state COMMUNICATIONS-INTERRUPTED")
	main.set("scope lab subnet=$0/24 ranges=$100-$199")
	main.reload()
	s.dora(1, main)
	backup.start()
	main.normal()
	main.until("the reason", func() bool { return main.problem("new clients are served by nobody") })
	main.log.skip()
	backup.stop()
	main.log.await(t, "state COMMUNICATIONS-INTERRUPTED")
	main.log.skip()
	main.send(packet.Discover, 2, nil, main)
	main.log.await(t, "drop-failover-unshared")
	if _, e := main.manager.PartnerDown("blue", "", 0, false); e != nil {
		t.Fatal(e)
	}
	s.dora(2, main)
}
