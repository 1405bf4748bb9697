package failover

import (
	"strings"
	"testing"

	"leasehold/internal/packet"
)

// inPartnerDown is a pair whose main is away, and declared down on the backup.
func inPartnerDown(t *testing.T) (s *site, main, backup *node) {
	t.Helper()
	s, main, backup = pairUp(t, twoServers)
	main.stop()
	backup.log.await(t, "state COMMUNICATIONS-INTERRUPTED")
	if _, e := backup.manager.PartnerDown("blue", "", 0, false); e != nil {
		t.Fatal(e)
	}
	return s, main, backup
}

// exchanged has main and backup the other way round.
const exchanged = "failover-pair blue main-server=$3 backup-server=$2"

// A server that stands in for its partner does not get the other role, by a reload
// or a restart: the partner would come back and give what was given in its place.
// By force it costs the whole lead time.
func TestRolesExchangedInPartnerDown(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"same name": exchanged,
		"renamed":   strings.Replace("delete failover-pair blue\n"+exchanged, "failover-pair blue main", "failover-pair green mclt=60s failover-poll-interval=1s failover-poll-timeout=5s main", 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, main, backup := inPartnerDown(t)
			backup.set(change)
			backup.refuses(`failover "blue" is in PARTNER-DOWN and this server, the backup, would be the main for scopes lab`, s.addr(2), "until both servers are in NORMAL", "'dhcp reload force' takes the risk")
			for range 2 {
				backup.stop()
				backup.start()
				backup.isTurned()
			}
			if text := backup.tryReload(); text != "" {
				t.Errorf("a reload that changes nothing: %s", text)
			}
			backup.isTurned()
			if _, e := backup.manager.PartnerDown("", s.addr(2), 0, false); e == nil || !strings.Contains(e.Msg, "put back as they were") {
				t.Errorf("declared down once more: %v", e)
			}
			backup.reload() // by force
			backup.log.await(t, "A configuration was taken by force")
			backup.stop()
			backup.start()
			if backup.turned() {
				t.Error("that it was forced is forgotten")
			}
			main.set(change)
			main.start()
			backup.log.await(t, "state RECOVER-WAIT, was RECOVER")
		})
	}
}

// turned tells whether scopes are silent since the roles are exchanged.
func (n *node) turned() bool { return n.problem("this server the main for lab") }

func (n *node) isTurned() {
	n.Helper()
	if !n.turned() {
		n.Fatalf("it is not held: %+v", n.manager.Related())
	}
	h := n.engine.Health()
	if h.Value != 3 || !strings.Contains(strings.Join(h.Reasons, " "), "'dhcp reload force'") {
		n.Errorf("health %d: %v", h.Value, h.Reasons)
	}
	n.send(packet.Discover, 1, nil, n)
	n.log.await(n, "drop-failover-config")
}

// Roles that are put back go on from where they were.
func TestExchangedRolesPutBack(t *testing.T) {
	_, _, backup := inPartnerDown(t)
	backup.set(exchanged)
	backup.stop()
	backup.start()
	backup.isTurned()
	backup.set("failover-pair blue main-server=$2 backup-server=$3")
	if text := backup.tryReload(); text != "" {
		t.Fatal(text)
	}
	backup.until("PARTNER-DOWN", func() bool { return backup.related().State == "PARTNER-DOWN" })
}

// With the partner in touch again, which serves nobody, the roles may be exchanged, first
// on the server that stood in for it.
func TestRolesExchangedBesideARecoveringPartner(t *testing.T) {
	_, main, backup := inPartnerDown(t)
	main.start()
	main.log.await(t, "state RECOVER-WAIT, was RECOVER")
	for _, n := range []*node{backup, main} {
		n.set(exchanged)
		if text := n.tryReload(); text != "" {
			t.Fatal(text)
		}
		n.log.await(t, "the two servers exchange all leases before either serves")
	}
	backup.log.await(t, "state RECOVER-WAIT, was RECOVER")
}

// A main server that never met its partner and becomes the backup is like new, unless
// it has given leases: then its partner collects them before it serves.
func TestRolesOfANewPair(t *testing.T) {
	for _, given := range []bool{false, true} {
		s := newSite(t)
		one, two := s.node(2, "scope lab subnet=$0/24 ranges=$100-$199"), s.node(3, twoServers)
		one.start()
		address := s.addr(100)
		if given {
			address, _ = s.dora(1, one)
		}
		one.set(twoServers)
		one.reload()
		one.until("PARTNER-DOWN", func() bool { return one.related().State == "PARTNER-DOWN" })
		for _, n := range []*node{one, two} {
			n.set(exchanged)
		}
		if text := one.tryReload(); text != "" {
			t.Fatal(text)
		}
		if said := one.log.has("the two servers exchange all leases before either serves"); said != given {
			t.Errorf("leases were given: %v; an exchange of roles: %v", given, said)
		}
		two.start()
		if given {
			two.log.await(t, "state RECOVER, was STARTUP")
			two.until("the lease", func() bool { return two.lease(address)["state"] == "leased" })
			one.log.await(t, "state RECOVER-WAIT, was RECOVER")
			continue
		}
		one.normal()
		two.normal()
	}
}
