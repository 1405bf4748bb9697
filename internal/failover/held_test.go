package failover

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"leasehold/internal/packet"
)

const attributes = `dhcp log-settings=default,incoming-packets failover=enabled failover-main-server=$2 failover-backup-server=$3 failover-maximum-client-lead-time=60
scope lab subnet=$0/24 ranges=$100-$199
`

// A configuration that a reload refuses is not taken by a start either: its
// scopes stay silent until the risk is taken, once and for all.
func TestRefusedConfigurationOverRestart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, config, change string }{
		{"pair deleted", twoServers, "delete failover-pair blue"},
		{"pair disabled", twoServers, "failover-pair blue failover=disabled"},
		{"scope disabled", twoServers, "scope lab failover=scope-disabled"},
		{"scope moved", twoServers, "failover-pair blue match-list=10.9.0.0/16\nfailover-pair red main-server=$2 backup-server=$4 mclt=60s match-list=$0/24"},
		{"partner changed", twoServers, "failover-pair blue backup-server=$4"},
		{"failover disabled", attributes, "dhcp failover=disabled"},
		{"backup changed", attributes, "dhcp failover-backup-server=$4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, main, _ := pairUp(t, c.config)
			main.set(c.change)
			main.refuses(" is in NORMAL ", "lab", s.addr(3), "'dhcp reload force' takes the risk")
			for range 2 {
				main.stop()
				main.start()
				main.isHeld()
			}
			if text := main.tryReload(); text != "" {
				t.Errorf("a reload that changes nothing: %s", text)
			}
			main.isHeld()
			main.reload() // by force
			if main.holding() {
				t.Error("it is held after it was forced")
			}
			main.log.await(t, "A configuration was taken by force")
			main.stop()
			main.start()
			if main.holding() {
				t.Error("that it was forced is forgotten")
			}
		})
	}
}

// holding tells whether scopes are silent since the partner may serve them.
func (n *node) holding() bool {
	return slices.ContainsFunc(n.manager.Related(), func(r Related) bool {
		return strings.Contains(strings.Join(r.Detail.Problems, ""), "the partner may serve it still")
	})
}

// isHeld checks that the scope is, that clients get nothing, and that all are
// told.
func (n *node) isHeld() {
	n.Helper()
	n.log.await(n, "the partner may serve it still")
	if !n.holding() {
		n.Fatal("getRelatedServers does not say that scopes are held")
	}
	h := n.engine.Health()
	if h.Value != 3 || !strings.Contains(strings.Join(h.Reasons, " "), "'dhcp reload force'") {
		n.Errorf("health %d: %v", h.Value, h.Reasons)
	}
	n.send(packet.Discover, 1, nil, n)
	n.log.await(n, "drop-failover-config")
}

// The backup is as careful with another main, and what is put back goes on.
func TestMainChangedOverRestart(t *testing.T) {
	s, main, backup := pairUp(t, twoServers)
	backup.balanced(10)
	address, _ := s.dora(1, main, backup)
	backup.until("the lease", func() bool { return backup.lease(address)["state"] == "leased" })
	backup.set("failover-pair blue main-server=$4")
	backup.refuses(`failover "blue" is in NORMAL with partner `+s.addr(2)+" and would have another partner, "+s.addr(4), "lab")
	backup.stop()
	backup.start()
	backup.isHeld()
	if r := backup.related(); r.Address != s.addr(2) || r.Type != "MAIN" {
		t.Errorf("shown as %+v", r)
	}
	backup.set("failover-pair blue main-server=$2")
	if text := backup.tryReload(); text != "" {
		t.Error(text)
	}
	backup.normal()
	main.normal()
	if got := backup.lease(address)["state"]; got != "leased" {
		t.Errorf("the lease is %s", got)
	}
}

// A partner that is another spelling of the same address is no other; a partner
// that was declared down gives way to another once the lead time has passed.
func TestPartnerReplaced(t *testing.T) {
	s, main, backup := pairUp(t, strings.ReplaceAll(twoServers, "mclt=60s", "mclt=10s"))
	s.names.set("b.example.com", s.addr(3))
	main.set("failover-pair blue backup-server=b.example.com")
	if text := main.tryReload(); text != "" {
		t.Fatal(text)
	}
	main.stop()
	main.start()
	main.normal()
	main.balanced(90)
	backup.stop()
	main.log.await(t, "state COMMUNICATIONS-INTERRUPTED")
	main.set("failover-pair blue backup-server=$4")
	if _, e := main.manager.PartnerDown("", "b.example.com", 0, false); e != nil {
		t.Fatal(e)
	}
	if text := main.tryReload(); !strings.Contains(text, "would have another partner, "+s.addr(4)) {
		t.Errorf("before the lead time has passed: %q", text)
	}
	main.until("MCLT to pass", func() bool { return main.tryReload() == "" })
	next := s.node(4, strings.ReplaceAll(twoServers, "backup-server=$3", "backup-server=$4"))
	next.start()
	main.normal()
	next.normal()
}

// By force, another partner does not inherit what the former one was.
func TestPartnerReplacedByForce(t *testing.T) {
	s, main, _ := pairUp(t, twoServers)
	main.balanced(90)
	main.set("failover-pair blue backup-server=$4")
	main.reload()
	main.until("PARTNER-DOWN", func() bool { return main.related().State == "PARTNER-DOWN" })
	if kept, _ := main.manager.record("blue"); kept.Partner != mustAddr(s.addr(4)) || kept.Snapshot.Down == 0 {
		t.Errorf("the record has %+v", kept)
	}
}

// What a relationship has is on disk with the reload, not some time later; a
// scope that is deleted and made anew is not forgotten meanwhile.
func TestAreasKept(t *testing.T) {
	_, main, _ := pairUp(t, twoServers+"scope more subnet=10.77.0.0/24 ranges=10.77.0.10-10.77.0.20\n")
	more := area{0, netip.MustParsePrefix("10.77.0.0/24"), mustAddr("10.77.0.10"), mustAddr("10.77.0.20")}
	kept := func() record { r, _ := main.manager.record("blue"); return r }
	main.set("delete scope more")
	if text := main.tryReload(); text != "" {
		t.Fatal(text)
	}
	if r := kept(); slices.Contains(r.Areas, more) || !slices.Contains(r.Left, more) {
		t.Errorf("%+v", r)
	}
	main.set("scope more subnet=10.77.0.0/24 ranges=10.77.0.10-10.77.0.20 failover=scope-disabled")
	if text := main.tryReload(); !strings.Contains(text, "would not have scopes more any more") {
		t.Errorf("made anew without failover: %q", text)
	}
	main.set("scope more failover=-")
	if text := main.tryReload(); text != "" {
		t.Fatal(text)
	}
	if r := kept(); !slices.Contains(r.Areas, more) || len(r.Left) > 0 {
		t.Errorf("%+v", r)
	}
	main.set("scope more failover=scope-disabled")
	main.reload() // by force
	if r := kept(); slices.Contains(r.Areas, more) || len(r.Left) > 0 {
		t.Errorf("%+v", r)
	}
}

// Held scopes are served again once the partner was declared down and the lead
// time has passed: nothing is forced.
func TestHeldPartnerDown(t *testing.T) {
	s, main, backup := pairUp(t, strings.ReplaceAll(twoServers, "mclt=60s", "mclt=10s"))
	main.set("delete failover-pair blue")
	main.stop()
	main.start()
	main.isHeld()
	backup.stop()
	lines, e := main.manager.PartnerDown("", s.addr(3), 0, false)
	if text := strings.Join(lines, "\n"); e != nil || !strings.Contains(text, "when the maximum client lead time (10 s) has passed") {
		t.Fatal(text, e)
	}
	if text := main.tryReload(); text != "" || !main.holding() {
		t.Errorf("served before the lead time has passed: %q", text)
	}
	main.until("MCLT to pass", func() bool { return main.tryReload() == "" && !main.holding() })
	if _, seconds := s.dora(1, main); seconds != 7*24*3600 {
		t.Errorf("a server that is alone gave %d s", seconds)
	}
}

// A server with its partner's lease database fetches all leases, and waits, as one
// that has lost its own.
func TestPartnersDatabase(t *testing.T) {
	s, main, backup := pairUp(t, strings.ReplaceAll(twoServers, "mclt=60s", "mclt=10s"))
	backup.balanced(10)
	address, _ := s.dora(1, main, backup)
	main.until("the partner's word", func() bool { return strings.Contains(main.lease(address)["flags"], "failover-updated") })
	s.renew(1, address, main)
	main.until("the partner's word", func() bool { return main.related().Requests == 0 })
	backup.stop()
	main.stop()
	for _, name := range []string{"leases.db", "leases.mark"} {
		b, err := os.ReadFile(filepath.Join(main.dir, name))
		backup.must(err)
		backup.must(os.WriteFile(filepath.Join(backup.dir, name), b, 0o600))
	}
	main.start()
	backup.start()
	backup.log.await(t, "the lease database is the partner's, or a copy of it")
	if backup.holding() {
		t.Error("its scopes are held: this server is no other partner of its own")
	}
	backup.log.await(t, "state RECOVER-WAIT")
	backup.log.await(t, "state NORMAL")
	main.normal()
	if got := backup.lease(address)["state"]; got != "leased" {
		t.Errorf("the lease is %s", got)
	}
	backup.stop()
	backup.start()
	backup.log.await(t, "state NORMAL, was COMMUNICATIONS-INTERRUPTED")
}
