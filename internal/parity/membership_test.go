package parity

import (
	"strings"
	"testing"

	"leasehold/pkg/objects"
)

// What decides which scopes are the pair's is carried in every mode; entries of
// the match list are removed by exact only.
func TestMembershipGoesWithTheScopes(t *testing.T) {
	for _, c := range []struct {
		name, source, target string
		want                 [3]string // of update, complete, exact
	}{
		{"added", "10.1.0.0/16,10.2.0.0/16", "10.1.0.0/16,10.9.0.0/16", [3]string{
			"10.1.0.0/16,10.2.0.0/16,10.9.0.0/16", "10.1.0.0/16,10.2.0.0/16,10.9.0.0/16", "10.1.0.0/16,10.2.0.0/16"}},
		{"a wider one takes its place", "10.1.0.0/16", "10.1.2.0/24", [3]string{"10.1.0.0/16", "10.1.0.0/16", "10.1.0.0/16"}},
		{"covered already", "10.1.2.0/24", "10.1.0.0/16", [3]string{"10.1.0.0/16", "10.1.0.0/16", "10.1.2.0/24"}},
		{"all on the source: the scopes' subnets", "", "10.9.0.0/16", [3]string{
			"10.1.2.0/24,10.9.0.0/16", "10.1.2.0/24,10.9.0.0/16", "10.1.2.0/24,10.9.0.0/16"}},
		{"all on the target", "10.1.0.0/16", "", [3]string{"", "", "10.1.0.0/16"}},
	} {
		for mode, want := range c.want {
			source := config(pairOfAll("match-list="+c.source, "mclt=30m"), obj(objects.Scope, "s", "subnet=10.1.2.0/24"), obj(objects.Scope, "second", "subnet=10.77.0.0/24", "primary-subnet=10.1.2.0/24"))
			target := config(pairOfAll("match-list="+c.target, "failover=false"))
			s := plan(t, source, target, pairName, Mode(mode))
			got := after(target, s)
			pair := got.Get(objects.FailoverPair, pairName)
			if list := pair.Attrs["match-list"]; list != want || pair.Attrs["mclt"] != "30m" || !objects.FailoverPairOn.Of(pair) || len(s.Refused) > 0 {
				t.Errorf("%s, %s: the pair is %v, want the list %s; refused %q", c.name, Mode(mode), pair.Attrs, want, s.Refused)
			}
			for _, scope := range got.All(objects.Scope) {
				if got.PairOf(scope) == nil {
					t.Errorf("%s, %s: %s is in no pair", c.name, Mode(mode), scope.Ref())
				}
			}
		}
	}
}

// TestScopesThatStandInTheWay: what must not be done with a scope is refused by
// name in every mode.
func TestScopesThatStandInTheWay(t *testing.T) {
	listed := func(list string, more ...string) *objects.Object {
		return pairOfAll(append([]string{"match-list=" + list}, more...)...)
	}
	red := obj(objects.Vpn, "red", "id=5")
	other := obj(objects.FailoverPair, "other", "main-server=10.0.0.3", "backup-server=10.0.0.2", "match-list=10.2.0.0/16")
	scope := func(subnet string, attrs ...string) *objects.Object {
		return obj(objects.Scope, "s", append([]string{"subnet=" + subnet}, attrs...)...)
	}
	for _, c := range []struct {
		name           string
		source, target *objects.Config
		says           []string // nil: it is not refused
	}{
		{"another network", config(pairOfAll(), scope("10.1.0.0/24")), config(pairOfAll(), scope("10.2.0.0/24")), []string{`scope "s"`, "10.1.0.0/24", "10.2.0.0/24"}},
		{"another vpn", config(pairOfAll(), scope("10.1.0.0/24")), config(pairOfAll(), red, scope("10.1.0.0/24", "vpn-id=5")), []string{"10.1.0.0/24 on the source", "red/10.1.0.0/24 on the target"}},
		{"another pair's", config(pairOfAll(), scope("10.1.0.0/24")), config(other, scope("10.2.0.0/24")), []string{`scope "s"`, "10.2.0.0/24 on the target"}},
		{"of no pair there", config(listed("10.1.0.0/16"), scope("10.1.0.0/24")), config(listed("10.7.0.0/16"), scope("10.1.0.0/23")), []string{"10.1.0.0/23 on the target"}},
		{"larger, and of the pair", config(pairOfAll(), scope("10.1.0.0/23")), config(pairOfAll(), scope("10.1.0.0/24")), nil},
		{"the same, and of no pair there", config(listed("10.1.0.0/16"), scope("10.1.0.0/24")), config(listed("10.7.0.0/16"), scope("10.1.0.0/24")), nil},
		{"new, in another pair there", config(pairOfAll(), scope("10.2.1.0/24")), config(other), []string{`scope "s", 10.2.1.0/24`, `outside failover-pair "p1"`, `failover-pair "other" of the target has it`}},
		{"new, the pair suspended on both", config(pairOfAll("failover=false"), scope("10.1.0.0/24")), config(pairOfAll("failover=false")), []string{`outside failover-pair "p1"`, "not in use"}},
		{"the target's own, taken in by the list", config(listed("10.1.0.0/16")), config(listed("10.7.0.0/16"), scope("10.1.0.0/24")), []string{`scope "s", 10.1.0.0/24, is on the target only`}},
		{"the target's own, before there is a pair", config(listed("10.1.0.0/16")), config(scope("10.1.0.0/24")), []string{`scope "s", 10.1.0.0/24, is on the target only`}},
		{"another pair of that name", config(listed("10.1.0.0/16"), scope("10.1.0.0/24")), config(listed("10.7.0.0/16", "main-server=10.0.0.3"), obj(objects.Scope, "theirs", "subnet=10.7.1.0/24")),
			[]string{`failover-pair "p1" is between main 10.0.0.3`, `scope "theirs", 10.7.1.0/24`, "Rename"}},
		{"another pair of that name without scopes", config(listed("10.1.0.0/16"), scope("10.1.0.0/24")), config(listed("10.7.0.0/16", "main-server=10.0.0.3")), []string{"match-list 10.7.0.0/16"}},
		{"another pair of that name for all", config(pairOfAll(), scope("10.1.0.0/24")), config(pairOfAll("main-server=10.0.0.3"), obj(objects.Scope, "theirs", "subnet=10.7.1.0/24")), []string{`scope "theirs"`}},
		{"the main has moved", config(listed("10.1.0.0/16"), scope("10.1.0.0/24")), config(listed("10.1.0.0/16", "main-server=10.0.0.3"), scope("10.1.0.0/24")), nil},
		{"kept out of failover", config(pairOfAll(), scope("10.1.0.0/24", "failover=scope-disabled")), config(pairOfAll()), nil},
	} {
		for mode := range modes {
			s := plan(t, c.source, c.target, pairName, Mode(mode))
			text := strings.Join(s.Refused, "\n")
			if c.name == "the target's own, before there is a pair" && Mode(mode) == Exact {
				continue // a mirror image
			}
			if (c.says == nil) != (text == "") {
				t.Errorf("%s, %s: refused %q", c.name, Mode(mode), s.Refused)
			}
			for _, says := range c.says {
				if !strings.Contains(text, says) {
					t.Errorf("%s, %s: %q does not say %q", c.name, Mode(mode), s.Refused, says)
				}
			}
			if c.name == "kept out of failover" && !s.Empty() {
				t.Errorf("%s, %s: %v", c.name, Mode(mode), s.Changes)
			}
		}
	}
}

// TestSyncSuspendsNoPair: a pair that is not in use on the source stays in use.
func TestSyncSuspendsNoPair(t *testing.T) {
	for mode := range modes {
		source := config(pairOfAll("failover=false"), obj(objects.Scope, "s", "subnet=10.1.0.0/24"))
		target := config(pairOfAll(), obj(objects.Scope, "s", "subnet=10.1.0.0/24", "description=x"))
		s := plan(t, source, target, pairName, Mode(mode))
		if !objects.FailoverPairOn.Of(after(target, s).Get(objects.FailoverPair, pairName)) || keptOf(s, "failover-pair", pairName, "failover") == "" {
			t.Errorf("%s: %v, kept %v", Mode(mode), s.Changes, s.Kept)
		}
	}
}
