package admin

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"leasehold/internal/parity"
	"leasehold/internal/store"
	"leasehold/pkg/objects"
)

// A scope that a sync makes on the target is the pair's there: the entry of the
// match list goes with it, whatever the mode.
func TestSyncCarriesTheMatchList(t *testing.T) {
	for _, mode := range []string{"update", "complete", "exact"} {
		t.Run(mode, func(t *testing.T) {
			main, backup := couple(t)
			main.ok(main.root.set("failover-pair", "office", "match-list=10.1.0.0/16,10.2.0.0/16", "mclt=30m"))
			backup.ok(backup.root.set("failover-pair", "office", "match-list=10.1.0.0/16,10.9.0.0/16", "failover=false"))
			main.ok(main.root.create("scope", "new", "10.2.0.0", "255.255.255.0"))
			err, _ := main.sync(mode)
			main.ok(err)
			want := "10.1.0.0/16,10.2.0.0/16,10.9.0.0/16"
			if mode == "exact" {
				want = "10.1.0.0/16,10.2.0.0/16"
			}
			main.is(backup.root.value("failover-pair", "office", "match-list"), want)
			main.is(backup.root.value("failover-pair", "office", "mclt"), "30m")
			main.is(backup.root.text(objects.FailoverPair, "office", objects.FailoverPairOn.Attr), "true")
			cfg := backup.service.stored.cfg
			if pair := cfg.PairOf(cfg.Get(objects.Scope, "new")); pair == nil || pair.Name != "office" {
				t.Errorf("on the backup the scope is in %v", pair)
			}
		})
	}
}

// A scope of the target that only has the name of the source's is not touched:
// all of the sync is refused, and the report says so behind its list.
func TestSyncRefusesAnotherNetworkOfTheName(t *testing.T) {
	for _, mode := range []string{"update", "complete", "exact"} {
		t.Run(mode, func(t *testing.T) {
			main, backup := couple(t)
			main.ok(main.root.set("failover-pair", "office", "match-list=10.1.0.0/16"))
			backup.ok(backup.root.set("failover-pair", "office", "match-list=10.1.0.0/16"))
			main.ok(main.root.create("policy", "new"))
			for i, name := range []string{"lab", "dmz"} {
				n := string(rune('1' + i))
				main.ok(main.root.create("scope", name, "10.1."+n+".0", "255.255.255.0"))
				backup.ok(backup.root.create("scope", name, "10.77."+n+".0", "255.255.255.0"))
			}
			before := backup.storedVersion()
			err, _ := main.sync(mode)
			main.refused(err, objects.Invalid, `failover-pair "office": 2 scopes stand in the way`, "nothing was changed",
				`scope "lab" is 10.1.1.0/24 on the source and 10.77.1.0/24 on the target`, `scope "dmz" is 10.1.2.0/24 on the source and 10.77.2.0/24 on the target`)
			err, _ = main.sync(mode, "-report")
			main.refused(err, objects.Invalid, `policy "new": create`, "It would be refused:", `scope "lab" is`, `scope "dmz" is`)
			if text := err.Error(); strings.Index(text, `policy "new": create`) > strings.Index(text, "It would be refused:") {
				t.Errorf("the list comes behind the refusals:\n%s", text)
			}
			if v := backup.storedVersion(); v != before {
				t.Errorf("the backup is at write %d, was %d", v, before)
			}
		})
	}
}

// Every scope that the target will not lose for its leases is named, with what
// can be done.
func TestSyncStoppedByLiveLeases(t *testing.T) {
	main, backup := couple(t)
	for i, name := range []string{"first floor", "second"} {
		n := string(rune('1' + i))
		backup.ok(backup.root.create("scope", name, "10.1."+n+".0", "255.255.255.0", "ranges=10.1."+n+".10-10.1."+n+".20", "failover=scope-disabled"))
		backup.ok(backup.root.control("reload", false))
		backup.lease("10.1."+n+".10", 1)
	}
	for _, name := range []string{"first floor", "second"} {
		backup.ok(backup.root.unset("scope", name, "failover"))
	}
	main.ok(main.root.create("policy", "new"))
	err, _ := main.sync("exact", "-report")
	main.refused(err, objects.GenericError, `policy "new": create`, `scope "first floor": delete`, "It would be refused:",
		`scope "first floor" holds 1 live lease; 'scope "first floor" delete force'`, `scope "second" holds 1 live lease`, "Create such a scope on the main")
	err, _ = main.sync("exact")
	main.refused(err, objects.GenericError, `scope "first floor" holds`, `scope "second" holds`, "then sync again")
}

// Two servers of which only one has a scope in the pair are not reloaded, and
// diff says which it is.
func TestReloadOfAScopeOutsideThePair(t *testing.T) {
	main, backup := couple(t)
	backup.ok(backup.root.set("failover-pair", "office", "match-list=10.9.0.0/16"))
	main.ok(main.root.create("scope", "new", "10.1.0.0", "255.255.255.0"))
	backup.ok(backup.root.create("scope", "alone", "10.1.0.0", "255.255.255.0"))
	for _, w := range []*world{main, backup} {
		err, _ := w.root.do("failover-pair", "office", "reload")
		w.refused(err, objects.Invalid, "1 scope that only one of the two servers has in the pair", "neither server was reloaded",
			`scope "alone", 10.1.0.0/24: the backup has it outside the pair, the main has scope "new" in the pair`, "addMatch")
		if w.engine.Config() != nil && w.engine.Config().Len(objects.Scope) > 0 {
			t.Error("a server was reloaded")
		}
		err, lines := w.root.do("failover-pair", "office", "diff")
		w.ok(err)
		if !strings.Contains(lines, `scope "alone", 10.1.0.0/24: the backup has it outside the pair`) {
			t.Errorf("diff:\n%s", lines)
		}
	}
	named, err := main.service.Differences(t.Context(), "office", []string{"failover-pair"})
	main.ok(err)
	if text := strings.Join(named, "\n"); !strings.Contains(text, "outside the pair") || !strings.Contains(text, "match-list") {
		t.Errorf("drift names %s", text)
	}
	err, _ = main.sync()
	main.refused(err, objects.Invalid, `scope "alone", 10.1.0.0/24, is on the target only`)
	backup.ok(backup.root.delete("scope", "alone"))
	err, _ = main.sync()
	main.ok(err)
	err, _ = main.root.do("failover-pair", "office", "reload")
	main.ok(err)
}

// told is a server that has heard from its partner what they share.
type told struct {
	*declared
	shared map[string][]parity.Area
}

func (t *told) Shared() map[string][]parity.Area { return t.shared }

// A reload warns of a scope that the partner has in the pair and this server
// not.
func TestReloadWarnsOfAScopeThatThePartnerShares(t *testing.T) {
	main, _ := couple(t)
	main.service.failover = &told{main.service.failover.(*declared), map[string][]parity.Area{"office": {{
		Subnet: netip.MustParsePrefix("10.1.0.0/24"), Ranges: []objects.Range{{First: netip.MustParseAddr("10.1.0.10"), Last: netip.MustParseAddr("10.1.0.20")}},
	}}}}
	main.ok(main.root.set("failover-pair", "office", "match-list=10.9.0.0/16"))
	main.ok(main.root.create("scope", "new", "10.1.0.0", "255.255.255.0"))
	err, lines := main.root.do("dhcp", "", "reload")
	if err == nil || err.Code != objects.OkWithWarnings || !strings.Contains(lines, `scope "new", 10.1.0.0/24, is in no failover pair here, but the partner of "office" has it`) {
		t.Errorf("reload: %v\n%s", err, lines)
	}
	// Another scope of the subnet has other addresses.
	main.ok(main.root.set("scope", "new", "ranges=10.1.0.30-10.1.0.40"))
	if err, lines := main.root.do("dhcp", "", "reload"); strings.Contains(lines, "is in no failover pair here") {
		t.Errorf("reload: %v\n%s", err, lines)
	}
	main.ok(main.root.unset("failover-pair", "office", "match-list"))
	main.ok(main.root.control("reload", false))
}

// TestSyncTakesNoSecretForLost: a secret that the source has and cannot read
// counts as not set there, and is not taken from the target for that.
func TestSyncTakesNoSecretForLost(t *testing.T) {
	main, backup := couple(t)
	main.ok(main.root.create("ldap", "people", "ldap.example.com", "password=first-secret"))
	run := func(words ...string) *objects.Error { err, _ := main.sync(words...); return err }
	main.ok(run("complete"))
	was := main.service.failover
	main.shut()
	if err := os.Remove(filepath.Join(main.data, store.SecretKeyFile)); err != nil {
		t.Fatal(err)
	}
	main.open(nil)
	main.service.failover = was
	main.ok(main.root.set("cluster", "backup", "password="+backup.firstPassword()))
	for _, words := range [][]string{{"complete", "-report"}, {"exact"}} {
		main.refused(run(words...), objects.Invalid, `the password of ldap "people" cannot be read`, "ldap people set password=<password>", "nothing was changed")
	}
	main.is(backup.root.value("ldap", "people", "password"), hidden)
	main.ok(main.root.set("ldap", "people", "password=second-secret"))
	main.ok(run("complete"))
}
