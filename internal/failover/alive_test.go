package failover

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"leasehold/internal/packet"
	"leasehold/pkg/objects"
)

// tryReload reloads as 'dhcp reload' does, without force.
func (n *node) tryReload() string {
	n.Helper()
	var texts []string
	for _, e := range n.engine.Reload(n.cfg.Clone(), false).Errors {
		texts = append(texts, e.Msg)
	}
	return strings.Join(texts, "\n")
}

// refuses is a reload that is refused with each of the words.
func (n *node) refuses(words ...string) {
	n.Helper()
	text := n.tryReload()
	for _, want := range words {
		if !strings.Contains(text, want) {
			n.Errorf("server %d: %q, want %q", n.host, text, want)
		}
	}
}

func (n *node) unset(class *objects.Class, name string) { n.cfg.Delete(class, name) }

// A pair that has another name on one of the servers is no new one: its main
// does not take its partner for not yet there.
func TestRenamed(t *testing.T) {
	for _, host := range []int{2, 3} {
		s, main, backup := pairUp(t, twoServers)
		n := map[int]*node{2: main, 3: backup}[host]
		main.balanced(90)
		address, _ := s.dora(1, main, backup)
		backup.until("the lease", func() bool { return backup.lease(address)["state"] == "leased" })
		n.unset(objects.FailoverPair, "blue")
		n.set("failover-pair green main-server=$2 backup-server=$3 mclt=60s failover-poll-interval=1s failover-poll-timeout=5s\n")
		if text := n.tryReload(); text != "" {
			t.Fatal(text)
		}
		n.log.await(t, "'green' goes on with what is known of 'blue'")
		n.log.await(t, "'green': state COMMUNICATIONS-INTERRUPTED, was STARTUP")
		if n.log.has("PARTNER-DOWN") {
			t.Errorf("server %d took its partner for down", host)
		}
		// Back to the old name, over a restart.
		n.unset(objects.FailoverPair, "green")
		n.set(strings.Join(strings.Split(twoServers, "\n")[2:], "\n"))
		n.stop()
		n.start()
		n.log.await(t, "'blue' goes on with what is known of 'green'")
		main.normal()
		backup.normal()
	}
}

// A main that knows nothing of the relationship does not serve while the
// partner's server answers and refuses.
func TestRefusedMain(t *testing.T) {
	s := newSite(t)
	main, backup := s.node(2, twoServers), s.node(3, strings.ReplaceAll(twoServers, "blue", "green"))
	backup.start()
	main.start()
	main.log.await(t, "refuses the connection")
	main.until("what is awaited", func() bool {
		return strings.Contains(main.related().Detail.Status.Waiting, "refuses this relationship")
	})
	main.log.await(t, "nobody is served: "+s.addr(3)+" answers and refuses")
	if !main.problem("give the pair the same name and the opposite role there, or, if it is not to be its partner any more, stop it and say 'dhcp setPartnerDown " + s.addr(3) + " -force'") {
		t.Errorf("the way out is not shown: %q", main.related().Detail.Problems)
	}
	if err := main.manager.Ready(); err == nil {
		t.Error("it says that it is ready")
	}
	if _, ends := main.manager.pairs["blue"].machine.Deadline(); ends {
		t.Error("STARTUP ends by itself")
	}
	lines, e := main.manager.PartnerDown("blue", "", 0, true)
	if e != nil {
		t.Fatal(lines, e)
	}
	main.log.await(t, "state PARTNER-DOWN")
	main.log.await(t, "addresses in use may be given to others")
}

// Who would serve the partner's addresses alone is told so, and must insist.
func TestFailoverOff(t *testing.T) {
	s, main, backup := pairUp(t, strings.ReplaceAll(twoServers, "mclt=60s", "mclt=10s"))
	off := func(n *node, config string) {
		t.Helper()
		n.set(config)
		n.refuses(`failover "blue" is in `, "lab", "setPartnerDown", "'dhcp reload force' takes the risk")
	}
	for _, config := range []string{"failover-pair blue failover=disabled", "failover-pair blue failover=enabled\nscope lab failover=scope-disabled"} {
		off(backup, config)
	}
	backup.set("scope lab failover=-")
	main.stop()
	backup.log.await(t, "state COMMUNICATIONS-INTERRUPTED")
	off(backup, "failover-pair blue failover=disabled")
	if _, e := backup.manager.PartnerDown("", s.addr(2), 0, false); e != nil {
		t.Fatal(e)
	}
	off(backup, "failover-pair blue failover=disabled") // MCLT has not passed
	backup.until("MCLT to pass", func() bool { return backup.tryReload() == "" })
	backup.log.await(t, "is not configured any more")
}

// With force it is done, and said.
func TestFailoverOffByForce(t *testing.T) {
	_, main, _ := pairUp(t, twoServers)
	main.unset(objects.FailoverPair, "blue")
	r := main.engine.Reload(main.cfg.Clone(), true)
	if len(r.Errors) > 0 || len(r.Warnings) == 0 || !strings.Contains(r.Warnings[0].Msg, "both give the same addresses") {
		t.Errorf("%v %v", r.Errors, r.Warnings)
	}
	main.log.await(t, "A configuration was taken by force: failover \"blue\" is in NORMAL")
}

// A backup whose scopes are deleted leaves them to its main: no force.
func TestBackupGoes(t *testing.T) {
	_, _, backup := pairUp(t, twoServers)
	backup.unset(objects.FailoverPair, "blue")
	backup.unset(objects.Scope, "lab")
	if text := backup.tryReload(); text != "" {
		t.Error(text)
	}
}

// Roles that are exchanged on both servers cost no lead time: no lease was
// lost.
func TestRolesExchanged(t *testing.T) {
	s, main, backup := pairUp(t, strings.ReplaceAll(twoServers, "mclt=60s", "mclt=1h"))
	main.balanced(90)
	address, _ := s.dora(1, main, backup)
	backup.until("the lease", func() bool { return backup.lease(address)["state"] == "leased" })
	for _, n := range []*node{main, backup} {
		n.set("failover-pair blue main-server=$3 backup-server=$2")
		if text := n.tryReload(); text != "" {
			t.Fatal(text)
		}
		n.log.await(t, "the two servers exchange all leases before either serves")
	}
	main.normal()
	backup.normal()
	if main.log.has("RECOVER-WAIT") || backup.log.has("RECOVER-WAIT") || main.log.has("knows nothing of it") {
		t.Error("they waited as if leases were lost")
	}
	backup.balanced(89)
	if other, _ := s.dora(2, main, backup); other == address {
		t.Errorf("%s was given twice", other)
	}
}

// A lease database that is an older one is noticed by itself.
func TestOlderLeases(t *testing.T) {
	s, main, backup := pairUp(t, twoServers)
	main.balanced(90)
	main.stop()
	old, err := os.ReadFile(filepath.Join(main.dir, "leases.db"))
	s.must(err)
	main.start()
	main.normal()
	address, _ := s.dora(1, main, backup)
	backup.until("the lease", func() bool { return backup.lease(address)["state"] == "leased" })
	main.stop()
	s.must(os.WriteFile(filepath.Join(main.dir, "leases.db"), old, 0o600))
	for _, f := range []string{"leases.db-wal", "leases.db-shm"} {
		os.Remove(filepath.Join(main.dir, f))
	}
	main.start()
	main.log.await(t, "the lease database is older than it was")
	main.log.await(t, "sent DHCPUPDREQALL")
	main.log.await(t, "state RECOVER-WAIT, was RECOVER")
	if got := main.lease(address)["state"]; got != "leased" {
		t.Errorf("the lease is %s", got)
	}
	s.send(packet.Discover, 9, nil, main)
	main.log.await(t, "drop-failover-state")
}

// A configuration database that is an older one is no harm, and what it does
// not know is taken from the leases.
func TestOlderConfiguration(t *testing.T) {
	s, main, backup := pairUp(t, twoServers)
	main.stop()
	for range 2 {
		old, err := os.ReadFile(filepath.Join(main.dir, "config.db"))
		s.must(err)
		main.start()
		main.normal()
		backup.normal()
		main.stop()
		s.must(os.WriteFile(filepath.Join(main.dir, "config.db"), old, 0o600))
		for _, f := range []string{"config.db-wal", "config.db-shm"} {
			os.Remove(filepath.Join(main.dir, f))
		}
	}
	main.start()
	main.normal()
	if main.log.has("older than it was") {
		t.Error("an older configuration is taken for older leases")
	}
	main.until("the same generation", func() bool {
		kept, _ := main.manager.record("blue")
		known, err := main.stored.Generation(context.Background(), "blue")
		return err == nil && known == kept.Generation && known > 0
	})
}
