package e2e

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// wideScope is what the load generator leases from.
var wideScope = []string{
	"policy wide create",
	"policy wide setOption routers 10.99.0.1",
	"policy wide setLeaseTime 1d",
	"scope wide create 10.99.0.0 255.255.0.0 policy=wide",
	"scope wide addRange 10.99.1.0 10.99.99.255",
}

// relay puts the load generator on the site's LAN, as a relay agent that
// forwards to all servers.
func (s *site) relay(servers ...string) *generator {
	s.t.Helper()
	s.plug(lanName, "load/eth0=192.168.50.9/24")
	sh(s.t, "ip", "-n", s.ns("load"), "addr", "add", "10.99.0.1/16", "dev", "eth0")
	var to []string
	for _, n := range servers {
		to = append(to, lanAddr(n))
		sh(s.t, "ip", "-n", s.ns(n), "route", "add", "10.99.0.0/16", "via", "192.168.50.9")
	}
	return &generator{lab: s.lab, servers: strings.Join(to, ","), local: "10.99.0.1", pool: "10.99.0.0/16", spread: 5000}
}

// TestPairKill9UnderLoad kills each server again and again while clients lease
// from both: no acknowledged lease may be missing on the server that gave it,
// and none be given twice.
func TestPairKill9UnderLoad(t *testing.T) {
	s := newSite(t, "a", "b")
	p := quick
	p.mclt = 3600 // no lease ends while the test runs
	p.pair = []string{"load-balancing=enabled"}
	a, b := s.startServer("a", "-log", "warn"), s.startServer("b", "-log", "warn")
	for _, n := range []*server{a, b} {
		n.nrcmd(append(slices.Concat(wideScope, p.office("a", "b")), "dhcp set log-settings=default", "dhcp reload")...)
	}
	s.normal(a, b)
	g := s.relay("a", "b")
	told := map[string]held{}
	rnd := rand.New(rand.NewPCG(2131, 12)) // the same moments each time
	for round := range 4 {
		victim := []*server{a, b}[round%2]
		r := g.load(2*time.Second, "-mode", "dora", "-rate", "600", "-timeout", "400ms", "-retries", "3")
		<-time.After(time.Duration(400+rnd.IntN(1000)) * time.Millisecond)
		victim.kill9()
		res, have := r.result()
		if res.Run.Wrong+res.Run.Duplicates > 0 {
			t.Errorf("round %d: %d wrong answers, %d duplicates: %v", round, res.Run.Wrong, res.Run.Duplicates, res.Run.Notes)
		}
		if len(have) == 0 {
			t.Errorf("round %d: no lease at all; the round shows nothing", round)
		}
		addTo(t, told, have)
		victim.start()
		s.normal(a, b)
		a.quiet("b")
		b.quiet("a")
		a.wantAll(told)
		b.wantAll(told)
	}
	t.Logf("%d acknowledged leases, 4 kills, all on both servers", len(told))
}

// TestISCTenThousand has ours give 10,000 leases while dhcpd is away, tell it of
// them when it is back, and one of the two lose its lease database. The lead
// time is long, so that no lease ends; that both are NORMAL when it is over,
// TestISCLostLeases shows.
func TestISCTenThousand(t *testing.T) {
	bothRoles(t, func(p *iscPair) { p.wide, p.unacked, p.lease, p.mclt = true, 100, 7200, 7200 }, func(t *testing.T, m *mixed) {
		const many = 10000
		ours, _ := m.names()
		g := m.relay("a", "b")
		g.servers, g.spread = lanAddr(ours), many
		if !m.primary {
			m.ours.eventually("ours has its half of the free addresses", func() bool { return m.ours.count()["available"] > many },
				func() string { return fmt.Sprint(m.ours.count()) })
		}
		m.isc.kill9()
		m.interrupted()
		res, have := g.load(30*time.Second, "-mode", "dora", "-count", fmt.Sprint(many), "-timeout", "2s", "-retries", "3", "-grace", "3s").result()
		if res.Run.Wrong+res.Run.Duplicates+res.Run.Naks > 0 || len(have) != many {
			t.Fatalf("of %d clients %d hold a lease: %+v", many, len(have), res.Run)
		}
		m.isc.start()
		m.normal()
		synchronised := func(what string) {
			t.Helper()
			began := time.Now()
			m.ours.eventually("the leases are on both servers "+what, func() bool {
				return m.isc.count()["active"] == many && len(m.ours.leases("leased")) == many
			}, func() string { return fmt.Sprint(m.isc, m.ours.count()) })
			t.Logf("both servers have %d leases, %s, after %v", many, what, time.Since(began).Round(100*time.Millisecond))
		}
		synchronised("given while dhcpd was away")
		if m.primary {
			m.ours.kill9()
			m.ours.lost()
			m.isc.wantState("communications-interrupted")
			m.ours.start()
		} else {
			m.isc.kill9()
			m.isc.forget()
			m.interrupted()
			m.isc.start()
		}
		synchronised("after the loss of a database")
		m.ours.wantAll(have)
		m.isc.content(append(known, "less critical", "answering negatively")...) // ours has given most of its half away, and asks
	})
}
