package parity

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"leasehold/pkg/objects"
)

// keptOf finds what a plan keeps of an object.
func keptOf(s *Steps, class, name, attr string) string {
	for _, k := range s.Kept {
		if k.Class == class && k.Name == name && k.Attr == attr {
			return k.Reason
		}
	}
	return ""
}

func names(os []*objects.Object) string {
	var all []string
	for _, o := range os {
		all = append(all, strings.TrimSpace(o.Class.Name+" "+o.Name))
	}
	return strings.Join(all, ", ")
}

// TestExampleOfTheGuide is the worked example of the four functions, on
// clients, whose row has all of them but ensure and no change, and on the
// server's properties and option definitions, whose rows have those.
func TestExampleOfTheGuide(t *testing.T) {
	source := config(pairOfAll(), obj(objects.Client, "name1", "host-name=a"), obj(objects.Client, "name2", "host-name=c"))
	target := config(pairOfAll(), obj(objects.Client, "name2", "host-name=b"), obj(objects.Client, "name3", "host-name=d"))
	for mode, want := range []string{"name1=a name2=c name3=d", "name1=a name2=c name3=d", "name1=a name2=c"} {
		var got []string
		for _, o := range after(target, plan(t, source, target, pairName, Mode(mode))).All(objects.Client) {
			got = append(got, o.Name+"="+o.Attrs["host-name"])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s leaves %v, want %s", Mode(mode), got, want)
		}
	}
}

// TestBackOffice syncs one of two mains with the backup of both.
func TestBackOffice(t *testing.T) {
	scope := func(name, subnet string, attrs ...string) *objects.Object {
		return obj(objects.Scope, name, append([]string{"subnet=" + subnet}, attrs...)...)
	}
	source := config(
		obj(objects.FailoverPair, "p1", "main-server=10.0.0.1", "backup-server=10.0.0.9", "match-list=10.1.0.0/16"),
		obj(objects.Policy, "p", "grace-period=7m"),
		scope("a1", "10.1.1.0/24", "policy=p"), scope("a2", "10.77.2.0/24", "primary-subnet=10.1.1.0/24"),
		scope("own", "10.2.0.0/24", "description=not shared"),
		obj(objects.ScopePolicy, "a1", "option.3=10.1.1.1"),
		obj(objects.Reservation, "10.1.1.7", "lookup-key=1,6,00:00:00:00:00:07"),
		obj(objects.Reservation, "10.2.0.7", "lookup-key=1,6,00:00:00:00:00:08"),
	)
	target := config(
		obj(objects.FailoverPair, "p1", "main-server=10.0.0.1", "backup-server=10.0.0.9", "match-list=10.1.0.0/16"),
		obj(objects.FailoverPair, "p2", "main-server=10.0.0.2", "backup-server=10.0.0.9", "match-list=10.3.0.0/16"),
		obj(objects.Policy, "p", "grace-period=8m"), obj(objects.Policy, "q"),
		scope("gone", "10.1.9.0/24", "description=to be removed"), obj(objects.ScopePolicy, "gone", "option.3=10.1.9.1"),
		obj(objects.Reservation, "10.1.9.7", "lookup-key=1,6,00:00:00:00:00:09"),
		scope("c1", "10.3.1.0/24", "policy=q"), obj(objects.ScopePolicy, "c1", "option.3=10.3.1.1"),
		obj(objects.Reservation, "10.3.1.7", "lookup-key=1,6,00:00:00:00:00:0a"),
		scope("alone", "10.4.0.0/24"), obj(objects.Reservation, "10.4.0.7", "lookup-key=1,6,00:00:00:00:00:0b"),
	)
	for mode := range modes {
		s := plan(t, source, target, "p1", Mode(mode))
		got := after(target, s)
		var scopes, reserved []string
		for _, o := range got.All(objects.Scope) {
			scopes = append(scopes, o.Name)
		}
		for _, o := range got.All(objects.Reservation) {
			reserved = append(reserved, o.Name)
		}
		if fmt.Sprint(scopes) != "[a1 a2 alone c1]" || fmt.Sprint(reserved) != "[10.1.1.7 10.3.1.7 10.4.0.7]" {
			t.Errorf("%s leaves scopes %v and reservations %v", Mode(mode), scopes, reserved)
		}
		if got.Get(objects.ScopePolicy, "a1") == nil || got.Get(objects.ScopePolicy, "gone") != nil || got.Get(objects.ScopePolicy, "c1") == nil {
			t.Errorf("%s: embedded policies did not travel with their scopes", Mode(mode))
		}
		if got.Get(objects.FailoverPair, "p2") == nil {
			t.Errorf("%s removes another pair", Mode(mode))
		}
		gone := got.Get(objects.Policy, "q") == nil
		if gone {
			t.Errorf("%s removes policy q, which scope c1 has", Mode(mode))
		}
		if reason := keptOf(s, "policy", "q", ""); (reason != "") != (Mode(mode) == Exact) || reason != "" && reason != `scope "c1" relies on it` {
			t.Errorf("%s keeps policy q for the reason %q", Mode(mode), reason)
		}
		if mode == int(Update) {
			want := "reservation 10.1.9.7, scope-policy gone, scope gone"
			if names(s.Deletes) != want {
				t.Errorf("deletes %s, want %s", names(s.Deletes), want)
			}
		}
	}
}

// TestScopeOfAnotherPair: what another pair of the target has is not taken.
func TestScopeOfAnotherPair(t *testing.T) {
	source := config(pairOfAll(), obj(objects.Scope, "s", "subnet=10.1.0.0/24"), obj(objects.Reservation, "10.1.0.5", "lookup-key=1,6,00:00:00:00:00:01"))
	target := config(obj(objects.FailoverPair, "other", "main-server=10.0.0.3", "backup-server=10.0.0.2", "match-list=10.9.0.0/16"),
		obj(objects.Scope, "s", "subnet=10.9.0.0/24"), obj(objects.Scope, "t", "subnet=10.9.1.0/24"))
	s := plan(t, source, target, pairName, Update)
	got := after(target, s)
	if got.Get(objects.Scope, "s").Attrs["subnet"] != "10.9.0.0/24" || got.Get(objects.Scope, "t") == nil || got.Len(objects.Reservation) != 0 {
		t.Errorf("scopes of another pair were touched: %v", s.Changes)
	}
	if reason := keptOf(s, "scope", "s", ""); reason != `failover-pair "other" of the target has it` {
		t.Errorf("kept for the reason %q", reason)
	}
}

// TestExactKeepsWhatIsTheServersOwn: server properties that only the target
// has stay under exact, and it is said.
func TestExactKeepsWhatIsTheServersOwn(t *testing.T) {
	source := config(pairOfAll())
	target := with(config(pairOfAll("dynamic-bootp-backup-pct=7%")), obj(objects.Dhcp, "", "sms-site-code=x", "ping-clients=true", "discover-interfaces=false"),
		obj(objects.Admin, "boss"), obj(objects.DhcpInterface, "eth0"), obj(objects.Cluster, "c", "ipaddr=10.0.0.1"))
	s := plan(t, source, target, pairName, Exact)
	got := after(target, s)
	want := map[string]string{"sms-site-code": "x", "discover-interfaces": "false"}
	if o := got.Dhcp(); !maps.Equal(o.Attrs, want) {
		t.Errorf("dhcp has %v, want %v", o.Attrs, want)
	}
	if keptOf(s, "dhcp", "", "sms-site-code") == "" || keptOf(s, "failover-pair", pairName, "dynamic-bootp-backup-pct") == "" || len(s.Kept) != 2 {
		t.Errorf("kept: %v", s.Kept)
	}
	for _, class := range []*objects.Class{objects.Admin, objects.DhcpInterface, objects.Cluster} {
		if got.Len(class) != 1 {
			t.Errorf("%s objects are local and were removed", class.Name)
		}
	}
}

// TestNewPairTravelsWithAddresses: the clusters that a pair names are known to
// its own server only.
func TestNewPairTravelsWithAddresses(t *testing.T) {
	source := config(obj(objects.FailoverPair, pairName, "main=here", "backup=there", "mclt=30m"),
		obj(objects.Cluster, "here", "ipaddr=10.0.0.1"), obj(objects.Cluster, "there", "ipaddr=10.0.0.2"))
	s := plan(t, source, config(), pairName, Update)
	got := after(config(), s)
	want := map[string]string{"main-server": "10.0.0.1", "backup-server": "10.0.0.2", "mclt": "30m"}
	if o := got.Get(objects.FailoverPair, pairName); o == nil || !maps.Equal(o.Attrs, want) {
		t.Fatalf("the pair is %v, want %v", o, want)
	}
	if errs := got.Validate(); len(errs) > 0 {
		t.Error(errs[0])
	}
	if ds := Compare(source, got, Options{Pair: pairName}); len(ds) > 0 {
		t.Errorf("differs: %v", ds)
	}
	// The target's own clusters stay its own.
	target := with(got, obj(objects.FailoverPair, pairName, "main=m", "backup=b"), obj(objects.Cluster, "m", "ipaddr=10.0.0.1"), obj(objects.Cluster, "b", "ipaddr=10.0.0.2"))
	o := after(target, plan(t, source, target, pairName, Exact)).Get(objects.FailoverPair, pairName)
	if o.Attrs["main"] != "m" || o.Attrs["backup"] != "b" {
		t.Errorf("clusters of the target's pair are %v", o.Attrs)
	}
}

func TestNoSuchPair(t *testing.T) {
	if _, err := Plan(config(), config(), "none", Exact); err == nil || err.Code != objects.NotFound {
		t.Errorf("got %v", err)
	}
}

// TestOrder: what relies on others is put behind them and deleted before.
func TestOrder(t *testing.T) {
	source := config(pairOfAll(),
		obj(objects.Scope, "a-secondary", "subnet=10.1.1.0/24", "primary-subnet=10.1.2.0/24", "policy=z", "selection-tag-list=tag"),
		obj(objects.Scope, "b-primary", "subnet=10.1.2.0/24"), obj(objects.ScopePolicy, "b-primary", "vendor-option.43.acme=(1 x)"),
		obj(objects.Policy, "z", "option.222=x", "v4-reply-options=mine"),
		obj(objects.Option, "dhcp-custom/222", "name=mine", "type=AT_STRING"),
		obj(objects.OptionSet, "acme", "vendor-option-string=acme"), obj(objects.Option, "acme/1", "name=one", "type=AT_STRING"),
		obj(objects.ScopeSelectionTag, "tag"),
		obj(objects.ClientClass, "x", "over-limit-client-class-name=y"), obj(objects.ClientClass, "y", "over-limit-client-class-name=x"),
		obj(objects.Client, "c", "client-class-name=x", "default-vpn=red"), obj(objects.Vpn, "red", "id=5"),
		obj(objects.Reservation, "10.1.1.5", "lookup-key=1,6,00:00:00:00:00:01"),
	)
	order := func(os []*objects.Object) map[string]int {
		at := map[string]int{}
		for i, o := range os {
			at[o.Class.Name+" "+o.Name] = i
		}
		return at
	}
	pairs := [][2]string{ // each needs the next
		{"scope a-secondary", "scope b-primary"}, {"scope a-secondary", "policy z"}, {"scope a-secondary", "scope-selection-tag tag"},
		{"policy z", "option dhcp-custom/222"}, {"option acme/1", "option-set acme"}, {"scope-policy b-primary", "option acme/1"},
		{"scope-policy b-primary", "scope b-primary"}, {"client c", "client-class x"}, {"client c", "vpn red"},
		{"reservation 10.1.1.5", "scope a-secondary"},
	}
	check := func(what string, at map[string]int, sign int) {
		for _, p := range pairs {
			i, ok := at[p[0]]
			j, also := at[p[1]]
			if !ok || !also || (i-j)*sign < 0 {
				t.Errorf("%s: %s is at %d (%t), %s at %d (%t)", what, p[0], i, ok, p[1], j, also)
			}
		}
	}
	check("puts", order(plan(t, source, config(pairOfAll()), pairName, Exact).Puts), 1)
	check("deletes", order(plan(t, config(pairOfAll()), source, pairName, Exact).Deletes), -1)
}

// TestRenamedScope: a scope of another name with the same subnet takes the
// place of the old one, reservations and all.
func TestRenamedScope(t *testing.T) {
	r := obj(objects.Reservation, "10.1.0.5", "lookup-key=1,6,00:00:00:00:00:01")
	source := config(pairOfAll(), obj(objects.Scope, "new", "subnet=10.1.0.0/24"), r)
	target := config(pairOfAll(), obj(objects.Scope, "old", "subnet=10.1.0.0/24"), r)
	s := plan(t, source, target, pairName, Update)
	if names(s.Puts) != "scope new" || names(s.Deletes) != "scope old" {
		t.Errorf("puts %s, deletes %s", names(s.Puts), names(s.Deletes))
	}
}

// TestSecretsAreNotShown looks at every list that a person sees.
func TestSecretsAreNotShown(t *testing.T) {
	for _, class := range stored() {
		for _, a := range class.Attrs {
			if !a.Secret || !carried(class, a.Name) {
				continue
			}
			object := func(text string) *objects.Object {
				o := obj(class, "k", baseAttrs(class, 1)...)
				o.Attrs[a.Name] = text
				return o
			}
			source, target := config(pairOfAll(), object("hush-one")), config(pairOfAll(), object("hush-two"))
			ds := Compare(source, target, Options{})
			if len(ds) != 1 {
				t.Errorf("%s %s: a secret that differs is %d differences", class.Name, a.Name, len(ds))
			}
			shown := fmt.Sprint(ds, plan(t, source, target, pairName, Exact).Changes, Clone(source, "x"))
			if strings.Contains(shown, "hush") {
				t.Errorf("%s %s is shown: %s", class.Name, a.Name, shown)
			}
			if slices.Equal(Digest(source, pairName), Digest(target, pairName)) {
				t.Errorf("%s %s is not in the digest", class.Name, a.Name)
			}
		}
	}
}
