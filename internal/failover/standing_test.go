package failover

import (
	"strings"
	"testing"

	"leasehold/internal/packet"
)

const (
	times  = " mclt=60s failover-poll-interval=1s failover-poll-timeout=5s"
	roomy  = "dhcp log-settings=default,incoming-packets\nscope lab subnet=$0/24 ranges=$100-$199\nscope shop subnet=10.77.0.0/24 ranges=10.77.0.10-10.77.0.19\n"
	paired = "failover-pair blue main-server=$2 backup-server=$3" + times + " match-list=$0/24,10.77.0.0/24\n"
	twice  = "failover-pair blue main-server=$2 backup-server=$3" + times + " match-list=$0/24\nfailover-pair red main-server=$2 backup-server=$3" + times + " match-list=10.77.0.0/24\n"
)

// soon has a lead time that passes.
func soon(config string) string { return strings.ReplaceAll(config, "mclt=60s", "mclt=10s") }

// standingIn is a pair whose main is away, and whose backup has given a lease in its
// place.
func standingIn(t *testing.T, config string) (s *site, main, backup *node, address string) {
	t.Helper()
	s = newSite(t)
	main, backup = s.node(2, config), s.node(3, config)
	main.start()
	backup.start()
	main.all("NORMAL")
	backup.all("NORMAL")
	backup.until("its share of the free addresses", func() bool {
		p := backup.manager.Related()[0].Detail.Pools
		return len(p) > 0 && p[0].Own > 0
	})
	main.stop()
	backup.log.await(t, "state COMMUNICATIONS-INTERRUPTED")
	if _, e := backup.manager.PartnerDown("", s.addr(2), 0, false); e != nil {
		t.Fatal(e)
	}
	backup.all("PARTNER-DOWN")
	address, _ = s.dora(9, backup)
	return s, main, backup, address
}

// waits tells whether a relationship has a problem with the text.
func (n *node) waits(text string) bool {
	for _, r := range n.manager.Related() {
		if strings.Contains(strings.Join(r.Detail.Problems, "\n"), text) {
			return true
		}
	}
	return false
}

// A server that holds scopes which it served in its partner's place tells the partner
// of it when that comes back, by the relationship as it was.
func TestHeldScopesAreTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ config, change, why string }{
		"roles exchanged":      {roomy + paired, "failover-pair blue main-server=$3 backup-server=$2", "this server the main for lab"},
		"renamed, exchanged":   {roomy + paired, "delete failover-pair blue\nfailover-pair green main-server=$3 backup-server=$2" + times, "this server the main for lab"},
		"pair deleted":         {roomy + paired, "delete failover-pair blue", "has no failover for lab"},
		"scope disabled":       {roomy + paired, "scope lab failover=scope-disabled", "has no failover for lab"},
		"partner changed":      {roomy + paired, "failover-pair blue main-server=$4", "names another partner"},
		"renamed":              {roomy + paired, "delete failover-pair blue\nfailover-pair green main-server=$2 backup-server=$3" + times, `has lab, shop in failover "green"`},
		"split":                {roomy + paired, "failover-pair blue match-list=10.77.0.0/24\nfailover-pair red main-server=$2 backup-server=$3 match-list=$0/24" + times, `has lab in failover "red"`},
		"moved":                {roomy + twice, "failover-pair blue match-list=10.99.0.0/24\nfailover-pair red match-list=$0/24,10.77.0.0/24", `has lab in failover "red"`},
		"moved, pair deleted":  {roomy + twice, "delete failover-pair blue\nfailover-pair red match-list=$0/24,10.77.0.0/24", `has lab in failover "red"`},
		"moved, other partner": {roomy + paired, "failover-pair blue match-list=10.77.0.0/24\nfailover-pair red main-server=$4 backup-server=$3 match-list=$0/24" + times, `has lab in failover "red" with another partner`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, main, backup, address := standingIn(t, c.config)
			backup.set(c.change)
			if text := backup.tryReload(); !strings.Contains(text, "'dhcp reload force' takes the risk") {
				t.Fatalf("not refused: %q", text)
			}
			for range 2 {
				backup.stop()
				backup.start()
			}
			if !backup.waits(c.why) {
				t.Fatalf("it is not held: %+v", backup.manager.Related())
			}
			backup.send(packet.Discover, 1, nil, backup)
			backup.log.await(t, "drop-failover-config")
			if h := backup.engine.Health(); h.Value != 3 || !strings.Contains(strings.Join(h.Reasons, " "), "'dhcp reload force'") {
				t.Errorf("health %d: %v", h.Value, h.Reasons)
			}
			main.start()
			main.log.await(t, "state RECOVER, was STARTUP")
			main.until("the lease", func() bool { return main.lease(address)["state"] == "leased" })
			main.log.await(t, "state RECOVER-WAIT, was RECOVER")
			if !backup.waits(c.why) {
				t.Error("it is not held any more, and nobody said so")
			}
		})
	}
}

// Once the partner has heard of all, what was refused is taken without force.
func TestHeldUntilThePartnerWasBack(t *testing.T) {
	t.Parallel()
	s, main, backup, address := standingIn(t, soon(roomy+paired))
	rename := soon("delete failover-pair blue\nfailover-pair green main-server=$2 backup-server=$3" + times)
	backup.set(rename)
	backup.stop()
	backup.start()
	main.start()
	main.log.await(t, "state COMMUNICATIONS-INTERRUPTED, was NORMAL")
	if got, _ := s.dora(3, main); got == address {
		t.Errorf("%s is given twice", address)
	}
	if text := backup.tryReload(); text != "" {
		t.Fatal(text)
	}
	main.set(rename)
	if text := main.tryReload(); text != "" {
		t.Fatal(text)
	}
	backup.normal()
	main.normal()
	if r := backup.related(); r.Pair != "green" || len(r.Detail.Problems) > 0 {
		t.Errorf("%+v", r)
	}
}

// By force the risk is taken, said, and not asked for again.
func TestMovesInPartnerDownByForce(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"renamed": "delete failover-pair blue\nfailover-pair green main-server=$2 backup-server=$3" + times,
		"split":   "failover-pair blue match-list=10.77.0.0/24\nfailover-pair red main-server=$2 backup-server=$3 match-list=$0/24" + times,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, backup, _ := standingIn(t, roomy+paired)
			backup.set(change)
			backup.refuses(`failover "blue" is in PARTNER-DOWN and would not have scopes lab`, "in the place of "+s.addr(2), "until both servers are in NORMAL", "'dhcp reload force' takes the risk")
			backup.stop()
			backup.start()
			if !backup.waits("in the place of partner") {
				t.Fatalf("it is not held: %+v", backup.manager.Related())
			}
			backup.reload() // by force
			backup.log.await(t, "A configuration was taken by force")
			backup.all("PARTNER-DOWN")
			s.dora(1, backup)
			backup.stop()
			backup.start()
			if backup.waits("in the place of partner") {
				t.Error("that it was forced is forgotten")
			}
			backup.all("PARTNER-DOWN")
		})
	}
}

// To another partner scopes may move as before, when the lead time has passed.
func TestMovesInPartnerDownToANewPartner(t *testing.T) {
	t.Parallel()
	s, _, backup, _ := standingIn(t, soon(roomy+paired))
	config := soon("failover-pair red main-server=$4 backup-server=$3 match-list=$0/24" + times)
	backup.set("failover-pair blue match-list=10.77.0.0/24\n" + config)
	backup.until("MCLT to pass", func() bool { return backup.tryReload() == "" })
	next := s.node(4, roomy+config)
	next.start()
	next.log.await(t, "state NORMAL")
}
