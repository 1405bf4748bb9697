package failover

import (
	"slices"
	"strings"
	"testing"

	"leasehold/internal/lease"
	"leasehold/internal/packet"
)

// at is the record of an address.
func (n *node) at(address string) lease.Lease {
	return n.table.At(lease.Key{Addr: lease.AddrFrom(mustAddr(address))})
}

// longDown declares the partner at an address of the site to have been down for so
// long that all it gave is over.
func (n *node) longDown(host int) {
	n.Helper()
	n.until("that the partner is gone", func() bool {
		return !slices.ContainsFunc(n.manager.Related(), func(r Related) bool { return r.Address == n.addr(host) && r.Communications == "OK" })
	})
	if _, e := n.manager.PartnerDown("", n.addr(host), n.clock.Now().Unix()-3600, true); e != nil {
		n.Fatal(e)
	}
	n.until("PARTNER-DOWN", func() bool {
		return slices.ContainsFunc(n.manager.Related(), func(r Related) bool { return r.Address == n.addr(host) && r.State == "PARTNER-DOWN" })
	})
}

// A server that has no partner any more ends no lease before the time until which
// that may have extended it, whichever way the relationship ended, and goes by its
// client's next packet. It does so in a start, too.
func TestLeavingKeepsWhatThePartnerMayHaveExtended(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, change string }{
		{"pair deleted", "delete failover-pair blue"},
		{"pair disabled", "failover-pair blue failover=disabled"},
		{"scope disabled", "scope lab failover=scope-disabled"},
		{"scope out of the match list", "failover-pair blue match-list=10.9.0.0/16"},
		{"scope moved to a pair that nobody has met", "failover-pair blue match-list=10.9.0.0/16\nfailover-pair red main-server=$2 backup-server=$4 mclt=10s match-list=$0/24"},
		{"another partner", "failover-pair blue backup-server=$4"},
	} {
		for _, restart := range []bool{false, true} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				s, main, backup := pairUp(t, twoServers)
				main.balanced(90)
				stays, _ := s.dora(1, main)
				ended, _ := s.dora(2, main)
				main.until("the partner's word", func() bool { return main.related().Requests == 0 })
				for mac, address := range map[byte]string{1: stays, 2: ended} {
					s.renew(mac, address, main)
				}
				main.until("the partner's word", func() bool { return main.related().Requests == 0 })
				backup.stop()
				main.longDown(3)
				s.send(packet.Release, 2, func(r *packet.Reply) { r.CIAddr = mustAddr(ended) }, main)
				main.until("the release", func() bool {
					st := main.at(ended).State
					return st == lease.PendingAvailable || st == lease.Released
				})
				latest := map[string]int64{}
				for _, address := range []string{stays, ended} {
					l := main.at(address)
					f := l.Failover
					latest[address] = max(f.SentPE, f.AckPE, f.RcvdPE) + 60
					if latest[address] <= l.Expiration {
						t.Fatalf("%s: the partner was promised no more than the client: %+v", address, l)
					}
				}
				main.set(c.change)
				if restart {
					main.stop()
					main.start()
				} else if text := main.tryReload(); text != "" {
					t.Fatal(text)
				}
				for address, until := range latest {
					l := main.at(address)
					if l.Free() || l.Expiration <= until || l.Failover != (lease.Failover{}) || l.Flags&lease.FailoverUpdated != 0 {
						t.Errorf("%s: %+v, the partner may have extended it until %d", address, l, until)
					}
				}
				main.stop()
				main.start()
				for address, until := range latest {
					if l := main.at(address); l.Expiration != until+1 {
						t.Errorf("%s after a start: until %d, want %d", address, l.Expiration, until+1)
					}
				}
				if strings.HasPrefix(c.name, "pair") || c.name == "scope disabled" {
					s.renew(1, stays, main)
					if l := main.at(stays); l.Expiration >= latest[stays] || l.State != lease.Leased {
						t.Errorf("its client was here: %+v", l)
					}
				}
			})
		}
	}
}

// threeServers is a back office: 2 and 4 are mains, 3 is the backup of both.
func threeServers(t *testing.T) (s *site, a, b, c *node) {
	const times = " mclt=60s backup-pct=50%% failover-poll-interval=1s failover-poll-timeout=5s"
	const shop = "scope shop subnet=10.77.0.0/24 ranges=10.77.0.10-10.77.0.19\n"
	const blue = "failover-pair blue main-server=$2 backup-server=$3 match-list=$0/24,10.99.0.0/24" + times + "\n"
	const red = "failover-pair red main-server=$4 backup-server=$3 match-list=10.77.0.0/24" + times + "\n"
	lab := "dhcp log-settings=default,incoming-packets,failover-detail\nscope lab subnet=$0/24 ranges=$100-$119\n"
	config := func(text string) string { return strings.ReplaceAll(text, "%%", "%") }
	s = newSite(t)
	a, b, c = s.node(2, config(lab+blue)), s.node(3, config(lab+shop+blue+red)), s.node(4, config(shop+red))
	for _, n := range []*node{a, b, c} {
		n.start()
	}
	for _, n := range []*node{a, b, c} {
		n.all("NORMAL")
	}
	return s, a, b, c
}

// A scope that comes to a pair with another partner is new to that: nothing that the
// former partner acknowledged or promised counts as the new one's, it is told of
// every lease at once, and all free addresses are the main's.
func TestScopeJoinsAnotherPartner(t *testing.T) {
	t.Parallel()
	for _, v := range []struct {
		name                   string
		force, cFirst, restart bool
	}{
		{name: "backup first"},
		{name: "main first", cFirst: true},
		{name: "by force", force: true},
		{name: "by force, main first", force: true, cFirst: true},
		{name: "by a restart", restart: true},
		{name: "by a restart, main first", restart: true, cFirst: true},
	} {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			s, a, b, c := threeServers(t)
			b.until("its share", func() bool { return b.table.Counters(mustID(b, "lab")).Available > 0 })
			var held []string
			for mac := range byte(3) {
				address, _ := s.dora(mac+1, a)
				held = append(held, address)
			}
			b.until("the leases", func() bool {
				return !slices.ContainsFunc(held, func(address string) bool { return b.at(address).State != lease.Leased })
			})
			if a.stop(); !v.force {
				b.longDown(2)
			}
			moveB := func() {
				b.set("failover-pair blue match-list=10.99.0.0/24\nfailover-pair red match-list=10.77.0.0/24,$0/24")
				switch text := ""; {
				case v.restart:
					b.stop()
					b.start()
				case v.force:
					b.reload()
				default:
					if text = b.tryReload(); text != "" {
						t.Fatal(text)
					}
				}
			}
			moveC := func() {
				c.set("scope lab subnet=$0/24 ranges=$100-$119\nfailover-pair red match-list=10.77.0.0/24,$0/24")
				if text := c.tryReload(); text != "" {
					t.Fatal(text)
				}
			}
			if v.cFirst {
				moveC()
				moveB()
			} else {
				moveB()
				moveC()
			}
			for _, address := range held {
				c.until("the lease of "+address, func() bool {
					l, ours := c.at(address), b.at(address)
					return l.State == lease.Leased && l.Client() == ours.Client()
				})
				b.until("that it is acknowledged", func() bool {
					l := b.at(address)
					return l.Flags&lease.FailoverUpdated != 0 && l.Failover.AckPE >= l.Expiration
				})
			}
			b.until("that no address is free on both", func() bool {
				for host := 100; host < 120; host++ {
					if b.at(s.addr(host)).State == lease.Available && c.at(s.addr(host)).State == lease.Available {
						return false
					}
				}
				return true
			})
			b.stop()
			b.start()
			b.until("NORMAL with the new partner", func() bool {
				return slices.ContainsFunc(b.manager.Related(), func(r Related) bool { return r.Pair == "red" && r.State == "NORMAL" })
			})
			for _, address := range held {
				if l := b.at(address); l.Failover.AckPE == 0 {
					t.Errorf("%s: what the new partner acknowledged is forgotten: %+v", address, l)
				}
			}
		})
	}
}

func mustID(n *node, scope string) lease.ScopeID {
	id, ok := n.table.ScopeID(scope)
	if !ok {
		n.Fatalf("no scope %q", scope)
	}
	return id
}

// A partner whose scope another one has now is one that does not know its leases, if
// the scope comes back to it.
func TestFormerPartnerForgotten(t *testing.T) {
	t.Parallel()
	s, a, b, _ := threeServers(t)
	address, _ := s.dora(1, a)
	b.until("the lease", func() bool { return b.at(address).State == lease.Leased })
	a.stop()
	b.longDown(2)
	b.set("delete failover-pair blue\nfailover-pair red match-list=10.77.0.0/24,$0/24")
	if text := b.tryReload(); text != "" {
		t.Fatal(text)
	}
	if kept, ok := b.manager.record("blue"); !ok || len(kept.Areas) > 0 {
		t.Errorf("the former partner's record still has %v", kept.Areas)
	}
}
