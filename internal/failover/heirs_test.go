package failover

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"leasehold/internal/store"
)

// older lets a relationship be in operation before all others of a server that is
// stopped.
func (n *node) older(name string) {
	n.Helper()
	leases, err := store.OpenLeases(filepath.Join(n.dir, "leases.db"))
	n.must(err)
	kept, err := loadRecords(leases)
	n.must(err)
	one := kept[name]
	one.Snapshot.Heartbeat -= 5
	b, err := json.Marshal(one)
	n.must(err)
	n.must(leases.SaveEndpoint(name, b))
	n.must(leases.Close())
}

// Where a pair is deleted whose scope goes to the other pair, in which its server
// has the other role, the other pair does not take its record over at a start: the
// scope is held, as the reload was refused, and the other pair goes on as it was.
func TestPairGivesWayToTheOtherRole(t *testing.T) {
	for _, host := range []int{2, 3} {
		_, one, two := twoPairs(t)
		n := map[int]*node{2: one, 3: two}[host]
		n.set("delete failover-pair red\nfailover-pair blue match-list=$0/24,10.77.0.0/24")
		n.refuses(`failover "red" is in NORMAL`, "shop", `"blue"`, "'dhcp reload force' takes the risk")
		n.stop()
		n.older("blue")
		n.start()
		n.log.await(t, "the partner may serve it still")
		n.until("the other pair to go on", func() bool {
			for _, r := range n.manager.Related() {
				if r.Pair == "blue" {
					return r.State == "NORMAL"
				}
			}
			return false
		})
		if n.log.said("goes on with what is known of") || n.log.said("'blue': state RECOVER") {
			t.Errorf("server %d: the other pair does not go on as it was", host)
		}
		n.set("failover-pair blue match-list=$0/24\nfailover-pair red main-server=$3 backup-server=$2 mclt=60s failover-poll-interval=1s failover-poll-timeout=5s match-list=10.77.0.0/24")
		if text := n.tryReload(); text != "" {
			t.Error(text)
		}
		one.all("NORMAL")
		two.all("NORMAL")
	}
}

// A pair that was configured away, and whose name another gets that was in operation
// since, goes on with what is known of the other, after a reload and after a start.
func TestNameOfAPairThatIsGone(t *testing.T) {
	_, one, two := pairUp(t, twoServers)
	for _, n := range []*node{one, two} {
		n.set("delete failover-pair blue")
		n.reload() // by force
	}
	const times = " mclt=60s failover-poll-interval=1s failover-poll-timeout=5s"
	for _, n := range []*node{one, two} {
		n.set("failover-pair green main-server=$3 backup-server=$2" + times)
		n.reload()
	}
	one.normal()
	two.normal()
	for _, n := range []*node{one, two} {
		n.set("delete failover-pair green\nfailover-pair blue main-server=$3 backup-server=$2" + times)
	}
	if text := one.tryReload(); text != "" {
		t.Fatal(text)
	}
	two.stop()
	two.start()
	for _, n := range []*node{one, two} {
		n.log.await(t, "'blue' goes on with what is known of 'green'")
	}
	one.normal()
	two.normal()
	if one.log.has("exchange all leases") || two.log.said("exchange all leases") {
		t.Error("blue goes on with what was known of it before green")
	}
}
