package failover

import (
	"path/filepath"
	"strings"
	"testing"

	"leasehold/internal/packet"
	"leasehold/internal/store"
)

// symmetrical is two pairs between the same two servers, each the main of one.
const symmetrical = `dhcp log-settings=default,incoming-packets
scope lab subnet=$0/24 ranges=$100-$199
scope shop subnet=10.77.0.0/24 ranges=10.77.0.10-10.77.0.19
failover-pair blue main-server=$2 backup-server=$3 mclt=60s failover-poll-interval=1s failover-poll-timeout=5s match-list=$0/24
failover-pair red main-server=$3 backup-server=$2 mclt=60s failover-poll-interval=1s failover-poll-timeout=5s match-list=10.77.0.0/24
`

// all waits until every relationship is in NORMAL.
func (n *node) all(state string) {
	n.Helper()
	n.until(state+" in all relationships", func() bool {
		for _, r := range n.manager.Related() {
			if r.State != state {
				return false
			}
		}
		return true
	})
}

// twoPairs are two servers with a pair in each direction, in NORMAL.
func twoPairs(t *testing.T) (s *site, one, two *node) {
	return pairsUp(t, symmetrical)
}

// pairsUp starts two servers and waits until all their pairs are in NORMAL.
func pairsUp(t *testing.T, config string) (s *site, one, two *node) {
	s = newSite(t)
	one, two = s.node(2, config), s.node(3, config)
	one.start()
	two.start()
	one.all("NORMAL")
	two.all("NORMAL")
	return s, one, two
}

// A scope that moves to a pair in which its server has the other role is not
// served by both servers for their own meanwhile: neither a reload nor a restart
// takes it.
func TestScopeMovesToTheOtherRole(t *testing.T) {
	_, one, two := twoPairs(t)
	for _, n := range []*node{one, two} {
		n.set("failover-pair blue match-list=10.99.0.0/24\nfailover-pair red match-list=$0/24,10.77.0.0/24")
		role := map[int]string{2: "backup and not the main", 3: "main and not the backup"}[n.host]
		n.refuses(`failover "blue" is in NORMAL`, `scopes lab`, `"red"`, "this server is the "+role, "exchange main and backup", "'dhcp reload force' takes the risk")
	}
	one.stop()
	one.start()
	one.log.await(t, "the partner may serve it still")
	one.send(packet.Discover, 1, nil, one)
	one.log.await(t, "drop-failover-config")
	one.set("failover-pair blue match-list=$0/24\nfailover-pair red match-list=10.77.0.0/24")
	if text := one.tryReload(); text != "" {
		t.Error(text)
	}
	one.all("NORMAL")
}

// The way that the refusal names is open: a pair of their own for the scopes, its
// servers exchanged, then the other pair.
func TestScopeMovesByAPairOfItsOwn(t *testing.T) {
	s, one, two := twoPairs(t)
	address, _ := s.dora(1, one)
	two.until("the lease", func() bool { return two.lease(address)["state"] == "leased" })
	one.log.skip()
	two.log.skip()
	const times = " mclt=60s failover-poll-interval=1s failover-poll-timeout=5s"
	for _, change := range []string{
		"failover-pair blue match-list=10.99.0.0/24\nfailover-pair green match-list=$0/24 main-server=$2 backup-server=$3" + times,
		"failover-pair green main-server=$3 backup-server=$2",
		"delete failover-pair green\nfailover-pair red match-list=$0/24,10.77.0.0/24",
	} {
		for _, n := range []*node{one, two} {
			n.set(change)
			if text := n.tryReload(); text != "" {
				t.Fatalf("server %d, %s: %s", n.host, change, text)
			}
			if n.log.has("PARTNER-DOWN") {
				t.Fatalf("server %d took its partner for down after %s", n.host, change)
			}
		}
		one.all("NORMAL")
		two.all("NORMAL")
	}
	for _, n := range []*node{one, two} {
		if got := n.lease(address)["state"]; got != "leased" {
			t.Errorf("server %d: the lease is %s", n.host, got)
		}
	}
	s.renew(1, address, two)
}

// A pair that takes scopes over from another between the same two servers goes on
// with what that knew: it does not take a partner that is away for one that is not
// yet there.
func TestPairSplit(t *testing.T) {
	for _, restart := range []bool{false, true} {
		_, main, backup := pairUp(t, twoServers+"scope shop subnet=10.77.0.0/24 ranges=10.77.0.10-10.77.0.19\n")
		backup.until("its share", func() bool {
			p := backup.related().Detail.Pools
			return len(p) == 2 && p[0].Own > 0 && p[1].Own > 0
		})
		backup.stop()
		main.log.await(t, "state COMMUNICATIONS-INTERRUPTED")
		main.set("failover-pair blue match-list=10.77.0.0/24\nfailover-pair red match-list=$0/24 main-server=$2 backup-server=$3 mclt=60s failover-poll-interval=1s failover-poll-timeout=5s")
		if restart {
			main.stop()
			main.start()
		} else if text := main.tryReload(); text != "" {
			t.Fatal(text)
		}
		main.log.await(t, "'red' is new and takes scopes over from 'blue'")
		main.until("red to go on", func() bool {
			r := main.manager.Related()
			return len(r) == 2 && r[1].Pair == "red" && r[1].State == "COMMUNICATIONS-INTERRUPTED"
		})
		if main.log.said("PARTNER-DOWN, was STARTUP: the partner does not answer") {
			t.Error("the partner is taken for one that is not yet there")
		}
		if was, err := main.stored.Commissioned(t.Context(), "red"); err != nil || !was {
			t.Error("that it was in service is not marked", err)
		}
		backup.set("failover-pair blue match-list=10.77.0.0/24\nfailover-pair red match-list=$0/24 main-server=$2 backup-server=$3 mclt=60s failover-poll-interval=1s failover-poll-timeout=5s")
		backup.start()
		main.all("NORMAL")
		backup.all("NORMAL")
	}
}

// What a pair goes on with is not what an older copy of the lease database knew.
func TestPairSplitOnALostDatabase(t *testing.T) {
	_, main, backup := pairUp(t, twoServers+"scope shop subnet=10.77.0.0/24 ranges=10.77.0.10-10.77.0.19\n")
	backup.stop()
	main.set("failover-pair blue match-list=10.77.0.0/24\nfailover-pair red match-list=$0/24 main-server=$2 backup-server=$3 mclt=60s failover-poll-interval=1s failover-poll-timeout=5s")
	main.stop()
	stored, err := store.OpenConfig(filepath.Join(main.dir, "config.db"))
	main.must(err)
	main.must(stored.SetGeneration(t.Context(), "blue", 1000))
	main.must(stored.Close())
	main.start()
	main.until("both to recover", func() bool {
		for _, r := range main.manager.Related() {
			if r.Detail.Status.Snapshot.State.String() != "RECOVER" {
				return false
			}
		}
		return true
	})
}

// A pair that was renamed while its own role could not be told goes on with what was
// known of it, too, once that is known.
func TestRenamedWithoutARole(t *testing.T) {
	s, main, backup := pairUp(t, twoServers)
	backup.stop()
	main.log.await(t, "state COMMUNICATIONS-INTERRUPTED")
	main.set("delete failover-pair blue\nfailover-pair green main-server=a.example.com backup-server=$3 mclt=60s failover-poll-interval=1s failover-poll-timeout=5s")
	main.reload()
	main.log.await(t, "cannot be resolved")
	s.names.set("a.example.com", s.addr(2))
	if text := main.tryReload(); text != "" {
		t.Fatal(text)
	}
	main.log.await(t, "'green' goes on with what is known of 'blue'")
	main.until("green to go on", func() bool { return main.related().State == "COMMUNICATIONS-INTERRUPTED" })
	if main.log.has("PARTNER-DOWN") {
		t.Error("the partner is taken for down")
	}
}

// Why there is no connection is shown as it is now, after a rename and an exchange
// of roles on one server, and on the other in turn.
func TestReasonOfTheMoment(t *testing.T) {
	_, main, backup := pairUp(t, twoServers)
	const times = " mclt=60s failover-poll-interval=1s failover-poll-timeout=5s"
	main.set("delete failover-pair blue\nfailover-pair green main-server=$3 backup-server=$2" + times)
	main.reload()
	for _, n := range []*node{main, backup} {
		n.until("that both are backup", func() bool { return n.problem("nobody sends CONNECT") })
	}
	main.set("failover-pair green main-server=$2 backup-server=$3")
	main.reload()
	for _, n := range []*node{main, backup} {
		n.until("that the name is unknown", func() bool {
			return n.problem(`there is no relationship "green" with this partner here`) && !n.problem("nobody sends CONNECT")
		})
	}
	backup.set("delete failover-pair blue\nfailover-pair green main-server=$3 backup-server=$2" + times)
	backup.reload()
	for _, n := range []*node{main, backup} {
		n.until("that both are main", func() bool {
			return n.problem(`both servers are configured as main of "green"`) && !n.problem("no relationship")
		})
	}
	backup.set("failover-pair green main-server=$2 backup-server=$3")
	backup.reload()
	main.normal()
	backup.normal()
	for _, n := range []*node{main, backup} {
		if d := n.related().Detail; len(d.Refusals)+len(d.Problems) > 0 {
			t.Errorf("server %d: %q, %q", n.host, d.Refusals, d.Problems)
		}
	}
	backup.stop()
	main.until("that nobody is there", func() bool {
		d := main.related().Detail
		return len(d.Refusals) > 0 && !strings.Contains(d.Refusals[0], "refuse") && len(d.Problems) == 0
	})
}
