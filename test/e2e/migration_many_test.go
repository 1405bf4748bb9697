package e2e

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"leasehold/internal/packet"
	"leasehold/pkg/failover/wire"
	"leasehold/test/clients"
	"leasehold/test/holders"
	"leasehold/test/isc"
)

// otherHalves has every other hash bucket for the primary, as dhcpd writes it.
var otherHalves = strings.TrimSuffix(strings.Repeat("aa:", 32), ":")

// TestMigrationOfMany is TestMigrationFromISC with many leases, and with clients
// that come and go all the time: none of the leases is lost or changes hands, no
// client waits longer than for one repetition of its question, and the dhcpd that
// is left has nothing refused. The load is split by a bitmap of hash buckets in one order.
func TestMigrationOfMany(t *testing.T) {
	const many = 10000
	for _, c := range []struct {
		order [2]string
		hba   string
	}{{[2]string{"b", "a"}, ""}, {[2]string{"a", "b"}, otherHalves}} {
		t.Run(c.order[0]+" first", func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "a", "b")
			p := labPair("a", "b")
			p.high, p.unacked = "192.168.50.219", 100
			conf := func(server string) isc.Server {
				conf := p.conf(server)
				conf.Peer.HBA = c.hba
				conf.Subnets = append(conf.Subnets, isc.Subnet{Net: "10.96.0.0", Mask: "255.252.0.0", Router: "10.99.0.1", Low: "10.96.1.0", High: "10.96.50.255"})
				return conf
			}
			old := map[string]*iscServer{}
			for _, n := range []string{"a", "b"} {
				seedPool(t, filepath.Join(s.dir, n+"-isc.leases"), many, 1000, 1000)
				old[n] = s.startISC(n, conf(n))
			}
			for _, n := range []string{"a", "b"} {
				old[n].wantState("normal")
			}
			before := map[string]string{}
			for addr, l := range old["a"].file().Leases {
				if l.State == "active" {
					before[addr] = "1,6," + l.Hardware
				}
			}
			if len(before) != many {
				t.Fatalf("dhcpd has %d of %d leases", len(before), many)
			}
			staying := s.crowd("cli", clients.Config{Count: 60, ClientIDs: true})
			passing := s.crowd("passing", clients.Config{Count: 10, First: 1000, Stay: 6 * time.Second, ClientIDs: true})
			staying.bound()
			staying.renew()
			had := staying.Addresses()

			m := &mixed{site: s, pair: p, primary: c.order[0] == "a", isc: old[c.order[1]]}
			vast := []string{
				"policy vast create", "policy vast setLeaseTime 1d", "policy vast set grace-period=0",
				"scope vast create 10.96.0.0 255.252.0.0 policy=vast", "scope vast addRange 10.96.1.0 10.96.50.255",
			}
			old[c.order[0]].kill9()
			m.isc.wantState("communications-interrupted")
			m.ours = s.startServer(c.order[0], "-log", "warn")
			m.ours.nrcmd(append(vast, m.config()...)...)
			m.normal()
			m.ours.holds(before, "after the first server")
			// The server whose lease file is gone may have extended what a client
			// gave back in its last moments: that is refused until it is over.
			m.isc.content(append(known, "less critical", "answering negatively", "may have been extended by a server that lost it")...)

			m.isc.kill9()
			m.interrupted()
			second := s.startServer(c.order[1], "-log", "warn")
			second.nrcmd(append(vast, m.config()...)...)
			s.normal(m.ours, second)
			for _, n := range []*server{m.ours, second} {
				n.holds(before, "in the end")
			}
			staying.renew()
			for n, addr := range staying.Addresses() {
				if had[n] != addr {
					t.Errorf("client %d had %v before the migration and has %v", n, had[n], addr)
				}
			}
			staying.unharmed()
			passing.unharmed()
			r := passing.Report()
			if longest := slices.Max(r.Waits); longest > 4*time.Second {
				t.Errorf("a new client waited %v for its lease", longest)
			}
			t.Logf("%d clients came and %d went; the longest wait was %v", len(r.Waits), r.Released, slices.Max(r.Waits))
		})
	}
}

// holds waits until the server has these leases of these clients.
func (s *server) holds(want map[string]string, when string) {
	s.t.Helper()
	missing := 0
	s.eventually(fmt.Sprintf("%s has all leases %s", s.ns, when), func() bool {
		have := s.leases("leased")
		missing = 0
		for addr, client := range want {
			if have[addr] != client {
				missing++
			}
		}
		return missing == 0
	}, func() string { return fmt.Sprintf("%d of %d are not", missing, len(want)) })
}

// TestISCSplits has a dhcpd as the primary divide the clients in its ways: ours
// answers those that are its own by that, and no others.
func TestISCSplits(t *testing.T) {
	t.Parallel()
	for name, peer := range map[string]isc.Peer{
		"split 40":  {Split: 40},
		"split 200": {Split: 200},
		"hba":       {HBA: otherHalves},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &mixed{site: newSite(t, "a", "b"), pair: labPair("a", "b")}
			m.pair.high = "192.168.50.119"
			m.ours = m.startServer("b")
			m.ours.nrcmd(m.config()...)
			conf := m.pair.conf("a")
			conf.Peer.Split, conf.Peer.HBA = peer.Split, peer.HBA
			m.isc = m.startISC("a", conf)
			m.normal()
			c := m.crowd("cli", clients.Config{Count: 40, ClientIDs: true, Retry: 2 * time.Second})
			c.bound()
			var assigned wire.HBA
			if peer.HBA != "" {
				for i := range assigned {
					assigned[i] = 0xaa
				}
			} else {
				assigned = wire.ISC.Split(peer.Split)
			}
			offers := m.watch.Events(func(e holders.Event) bool { return e.Type == packet.Offer && e.Secs < 3 })
			if len(offers) < 40 {
				t.Errorf("%d offers to 40 clients", len(offers))
			}
			for _, e := range offers {
				want := lanAddr("b")
				if wire.ISC.PrimaryServes(assigned, hash(t, e.Client)) {
					want = lanAddr("a")
				}
				if e.Server.String() != want {
					t.Errorf("%s has the hash %d: %v offered", e.Client, hash(t, e.Client), e.Server)
				}
			}
			m.isc.content(append(known, "less critical", "answering negatively")...)
		})
	}
}
