package failover

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"leasehold/internal/packet"
	"leasehold/pkg/failover/wire"
)

// With eager updates the first lease has its full length.
func TestEager(t *testing.T) {
	s, main, backup := pairUp(t, twoServers+"failover-pair blue update-mode=eager\n")
	address, seconds := s.dora(1, main, backup)
	if seconds != 7*24*3600 {
		t.Errorf("the first lease is of %d s", seconds)
	}
	backup.until("the whole lease", func() bool { return backup.lease(address)["expiration"] == main.lease(address)["expiration"] })
}

// With load balancing each server answers its own clients, and half of the
// free addresses are the backup's.
func TestLoadBalancing(t *testing.T) {
	s, main, backup := pairUp(t, twoServers+"failover-pair blue load-balancing=enabled\n")
	main.balanced(50)
	backup.balanced(50)
	for mac := byte(1); mac <= 8; mac++ {
		offer := s.ask(packet.Discover, mac, nil, main, backup)
		id, _ := offer.ServerID()
		want := s.addr(2)
		if wire.Hash([]byte{2, 0, 0, 0, 0, mac}) >= evenSplit {
			want = s.addr(3)
		}
		if id.String() != want {
			t.Errorf("client %d is answered by %s, want %s", mac, id, want)
		}
	}
}

// A server that is told to stop serving leaves its clients to its partner, and
// takes them up again.
func TestStopAndStart(t *testing.T) {
	s, main, backup := pairUp(t, twoServers)
	backup.balanced(10)
	s.must(main.engine.Stop(t.Context()))
	backup.log.await(t, "state COMMUNICATIONS-INTERRUPTED")
	s.dora(1, main, backup)
	s.must(main.engine.Start())
	main.normal()
	backup.normal()
}

// Clients notice nothing of reloads, whatever they change of failover.
func TestReloadUnderLoad(t *testing.T) {
	s, main, backup := pairUp(t, twoServers)
	main.balanced(90)
	before := main.manager.pairs["blue"]
	connects := before.peer.Status().Connects
	stop := make(chan struct{})
	var load sync.WaitGroup
	load.Go(func() {
		for mac := byte(1); ; mac = mac%60 + 1 {
			select {
			case <-stop:
				return
			default:
				s.dora(mac, main, backup)
			}
		}
	})
	for i := range 20 {
		main.set(fmt.Sprintf("failover-pair blue backup-pct=%d%%\nscope extra%d subnet=10.%d.0.0/24 failover=scope-disabled", 5+i, i, i))
		main.reload()
		backup.set(fmt.Sprintf("failover-pair blue use-safe-period=%v safe-period=%dm", i%2 == 0, 10+i))
		backup.reload()
	}
	close(stop)
	load.Wait()
	main.normal()
	if got := before.peer.Status().Connects; main.manager.pairs["blue"] != before || got != connects {
		t.Errorf("the relationship was disturbed: %d connections, were %d", got, connects)
	}
	for _, n := range []*node{main, backup} {
		if n.log.has("state COMMUNICATIONS-INTERRUPTED") {
			t.Errorf("server %d: communications were interrupted", n.host)
		}
	}
	// What was granted last may still be gathered for the partner.
	main.until("the same leases on both", func() bool {
		for l := range main.table.All() {
			if b, ok := backup.table.Get(l.Key); !ok || b.Client() != l.Client() || l.Live() && b.Expiration != l.Expiration {
				return false
			}
		}
		return main.related().Requests == 0
	})
}

// A server that served alone goes on to serve when a partner is configured,
// and a scope that joins a relationship brings its leases.
func TestFromAlone(t *testing.T) {
	s := newSite(t)
	const alone = "dhcp log-settings=default\nscope lab subnet=$0/24 ranges=$100-$199\n"
	main, backup := s.node(2, alone), s.node(3, alone)
	main.start()
	first, _ := s.dora(1, main)
	pair := strings.TrimPrefix(twoServers, alone)
	pair = pair[strings.Index(pair, "failover-pair"):]
	main.set(pair)
	main.reload()
	main.log.await(t, "Failover is enabled server-wide")
	if _, seconds := s.dora(2, main); seconds != 60 {
		t.Errorf("a lease of %d s, want the maximum client lead time", seconds)
	}
	if main.log.has("drop-failover") || main.log.has("takes the risk") {
		t.Error("service was interrupted")
	}
	backup.set(pair)
	backup.start()
	main.normal()
	backup.normal()
	backup.until("the lease from before", func() bool { return backup.lease(first)["state"] == "leased" })
	// Another scope joins while both are in NORMAL.
	for _, n := range []*node{main, backup} {
		n.set("scope lab failover=scope-disabled")
		n.reload()
	}
	late, _ := s.dora(3, main)
	for _, n := range []*node{backup, main} {
		n.set("scope lab failover=-")
		n.reload()
	}
	backup.until("the lease of the scope that joined", func() bool { return backup.lease(late)["state"] == "leased" })
}

// failover-recover: what was missing is fetched, and that is said.
func TestRecover(t *testing.T) {
	s, main, backup := pairUp(t, strings.ReplaceAll(twoServers, "mclt=60s", "mclt=10s"))
	address, _ := s.dora(1, main, backup)
	backup.until("the lease", func() bool { return backup.lease(address)["state"] == "leased" })
	done := make(chan string, 1)
	backup.manager.Recovered = func(pair string, since int64) { done <- fmt.Sprint(pair, " ", since) }
	since := time.Now().Unix() - 30
	backup.set(fmt.Sprintf("dhcp failover-recover=%d", since))
	backup.reload()
	backup.log.await(t, "state RECOVER")
	backup.log.await(t, "sent DHCPUPDREQALL")
	backup.log.await(t, "state NORMAL")
	backup.normal()
	if got, want := <-done, fmt.Sprint(" ", since); got != want {
		t.Errorf("recovered %q, want %q", got, want)
	}
	backup.reload()
	backup.normal()
	if backup.log.has("state RECOVER") {
		t.Error("it recovers again")
	}
}

// A name that is unknown at first is found later without anybody's doing.
func TestNameComesLater(t *testing.T) {
	s := newSite(t)
	n := s.node(2, `dhcp failover=enabled failover-main-server=$2 failover-backup-server=late.example.com
scope lab subnet=$0/24 ranges=$100-$199
`)
	n.start()
	n.log.await(t, "cannot be resolved")
	again := make(chan struct{}, 1)
	n.manager.Again = func() { again <- struct{}{} }
	n.manager.pause = time.Millisecond
	n.names.set("late.example.com", s.addr(3))
	n.reload()
	if got := n.related(); got.Address != s.addr(3) {
		t.Errorf("the partner is %s", got.Address)
	}
	n.names.set("late.example.com")
	n.set("dhcp failover-backup-server=later.example.com")
	n.reload()
	n.names.set("later.example.com", s.addr(4))
	<-again
}

// The numbers for getStats and for monitoring.
func TestFigures(t *testing.T) {
	s, main, backup := pairUp(t, twoServers)
	main.balanced(90)
	s.dora(1, main)
	main.until("the acknowledgement", func() bool { return main.related().Requests == 0 })
	f := main.manager.Figures()[0]
	if f.Pair != "blue" || f.Role != "MAIN" || f.State != wire.StateNormal || !f.Connected || !f.Working || f.Updates.UpdatesSent == 0 || f.Updates.UpdatesSent != f.Updates.AcksReceived ||
		!slices.Equal(f.Pools, []PoolStatus{{Scope: "lab", Own: 89, Other: 10, Percent: 10}}) {
		t.Errorf("%+v", f)
	}
	o := main.engine.Stats([]string{"failover"}, false)
	if len(o) != 1 || o[0].Attrs["failover-binding-updates-sent"] != fmt.Sprint(f.Updates.UpdatesSent) || o[0].Attrs["failover-pairs-normal"] != "1" {
		t.Errorf("%v", o)
	}
	main.engine.ResetStats()
	if o := main.engine.Stats([]string{"failover"}, false); o[0].Attrs["failover-binding-updates-sent"] != "0" {
		t.Errorf("after resetStats: %v", o[0].Attrs)
	}
	if f := backup.manager.Figures()[0]; f.Role != "BACKUP" || f.Updates.UpdatesReceived == 0 {
		t.Errorf("%+v", f)
	}
}

// No request pending means that the partner has all: also leases that are gathered
// for it count.
func TestRequestsCountWhatIsGathered(t *testing.T) {
	s, main, backup := pairUp(t, twoServers)
	main.balanced(90)
	for mac := byte(1); mac <= 40; mac++ {
		address, _ := s.dora(mac, main)
		if main.related().Requests == 0 && backup.lease(address)["state"] != "leased" {
			t.Fatalf("no request is pending, and the partner does not have the lease of %s", address)
		}
	}
}
