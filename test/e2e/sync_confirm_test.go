package e2e

import (
	"strings"
	"testing"

	"leasehold/test/clients"
)

// coupledPair is a main and a backup in NORMAL, each with a cluster object for
// the other.
func coupledPair(t *testing.T) (s *site, a, b *server) {
	t.Helper()
	s = newSite(t, "a", "b")
	all := s.coupled("a", "b")
	a, b = all["a"], all["b"]
	for _, n := range []*server{a, b} {
		n.nrcmd(quick.scope()...)
		n.pairOf("office", "a", "b")
		n.nrcmd("dhcp reload")
	}
	s.normal(a, b)
	return s, a, b
}

// TestConfirmUnderLoad confirms a pair, asked on either server, with and
// without load balancing, while clients come, renew and walk away: none of them
// notices.
func TestConfirmUnderLoad(t *testing.T) {
	t.Parallel()
	s, a, b := coupledPair(t)
	c := s.crowd("cli", clients.Config{Count: 30, ClientIDs: true})
	c.bound()
	for _, balancing := range []string{"disabled", "enabled"} {
		for _, n := range []*server{a, b} {
			n.nrcmd("failover-pair office set load-balancing=" + balancing)
		}
		if got := a.says("failover-pair office reload"); !strings.HasPrefix(got, "10") {
			t.Fatalf("reload: %s", got)
		}
		s.normal(a, b)
		for _, n := range []*server{a, b} {
			got := n.says("failover-pair office confirm")
			if !strings.HasPrefix(got, "100 Ok") || strings.Count(got, ": ok - ") != 7 {
				t.Errorf("load-balancing %s, asked on %s:\n%s", balancing, n.ns, got)
			}
			c.renew()
		}
	}
	same(a, b)
	if left := a.leases("leased"); len(left) != 30 {
		t.Errorf("the test client left something behind: %v", left)
	}
	c.unharmed()
}

// TestPairVerbsWithoutPartner asks for everything that takes both servers while
// one is down, does not answer, or will not do it: nothing is changed.
func TestPairVerbsWithoutPartner(t *testing.T) {
	t.Parallel()
	s, a, b := coupledPair(t)
	c := s.crowd("cli", clients.Config{Count: 5})
	c.bound()
	same(a, b)

	// A scope with clients is not taken from the backup by a sync.
	a.nrcmd("scope office delete force")
	got := a.says("failover-pair office sync")
	if !strings.HasPrefix(got, "320") || !strings.Contains(got, `cluster "b" at 10.77.0.2:1234`) || !strings.Contains(got, "live lease") {
		t.Errorf("a sync that takes live leases away: %s", got)
	}
	if got := b.one("scope listnames"); got != "office\n" {
		t.Errorf("the backup has the scopes %q", got)
	}
	a.nrcmd(quick.scope()[5:]...)

	// What the backup would not load is told before the main is touched.
	stored := a.says("session difference")
	b.nrcmd("failover-pair office delete")
	got = a.says("failover-pair office reload")
	if !strings.HasPrefix(got, "316") || !strings.Contains(got, "the backup has it outside the pair") || !strings.Contains(got, "neither server was reloaded") {
		t.Errorf("a reload that the backup refuses: %s", got)
	}
	if now := a.says("session difference"); now != stored {
		t.Errorf("the main was reloaded: %s", now)
	}
	b.nrcmd("failover-pair office create 10.77.0.1 10.77.0.2 main=a backup=b mclt=10s")

	b.kill9()
	a.interrupted("b")
	for _, verb := range []string{"sync", "sync exact -report", "reload", "diff", "checklist"} {
		if got := a.says("failover-pair office " + verb); !strings.HasPrefix(got, "501 Connection Failure - cluster \"b\" at 10.77.0.2:1234: ") {
			t.Errorf("%s without a partner: %s", verb, got)
		}
	}
	golden(t, "down-confirm", a.says("failover-pair office confirm"))
	if now := a.says("session difference"); now != stored {
		t.Errorf("after refusals the main's stored configuration differs from the running one by\n%s\nbefore\n%s", now, stored)
	}
	b.start()
	a.nrcmd("cluster b set password=wrong-one")
	if got := a.says("failover-pair office sync"); !strings.HasPrefix(got, "401 Login Failure - cluster \"b\"") || strings.Contains(got, "wrong-one") {
		t.Errorf("a wrong password: %s", got)
	}
	c.unharmed()
}
