package parity

import (
	"fmt"
	"strings"
	"testing"

	"leasehold/pkg/objects"
)

// populated is a pair's configuration with an object of every class that
// travels, which differences are put into.
func populated() (*objects.Config, map[*objects.Class]*objects.Object) {
	cfg := config(pairOfAll(), obj(objects.Scope, "around", "subnet=10.1.1.0/24"), obj(objects.ScopePolicy, "around"))
	of := map[*objects.Class]*objects.Object{objects.Dhcp: cfg.Dhcp(), objects.FailoverPair: cfg.Get(objects.FailoverPair, pairName)}
	for _, class := range travelling() {
		if of[class] != nil || class.Owner != "" {
			continue
		}
		o := obj(class, nameFor(class, 1), baseAttrs(class, 1)...)
		cfg.Put(o)
		of[class] = o
		for _, inner := range embedded(class) {
			p := obj(inner, o.Name)
			cfg.Put(p)
			of[inner] = p
		}
	}
	return cfg, of
}

// TestEverySingleDifferenceIsFound gives each attribute of each class that must
// match another value on one side, and takes it away on one side, and expects
// that one difference, by its right name, and the digest of that one class to
// be another.
func TestEverySingleDifferenceIsFound(t *testing.T) {
	cfg, of := populated()
	injected := 0
	for _, class := range travelling() {
		for _, name := range append(namesOf(class), dynamicOf(class)...) {
			a := class.Attr(name)
			vs := []string{"some", "other"}
			if a != nil {
				if vs = values(a); a.Kind == objects.NameRef {
					vs = []string{"some", "other"}
				}
			}
			if len(vs) == 0 {
				if len(a.Words) != 1 { // an enum of one word has no other value
					t.Errorf("%s %s: no value to try", class.Name, name)
				}
				continue
			}
			versions := [][2]string{{vs[0], ""}, {"", vs[0]}}
			if len(vs) > 1 && name != objects.ScopeVPN.Name { // in a VPN, a scope is in no pair
				versions = append(versions, [2]string{vs[0], vs[1]})
			}
			for _, v := range versions {
				injected++
				main, backup := with(cfg, given(of[class], name, v[0])), with(cfg, given(of[class], name, v[1]))
				single(t, main, backup, class, of[class].Name, name)
			}
		}
	}
	t.Logf("%d differences injected", injected)
	if injected < 100 {
		t.Errorf("only %d differences were injected", injected)
	}
}

func dynamicOf(class *objects.Class) []string {
	if class.Dynamic("option.6") {
		return []string{"option.6", "vendor-option.43.acme"}
	}
	return nil
}

// given is a copy of o with the attribute; "" takes it away.
func given(o *objects.Object, name, text string) *objects.Object {
	n := o.Clone()
	n.Attrs[name] = text
	if text == "" {
		delete(n.Attrs, name)
	}
	return n
}

func single(t *testing.T, main, backup *objects.Config, class *objects.Class, object, attr string) {
	t.Helper()
	for _, pair := range []string{pairName, ""} {
		ds := Compare(main, backup, Options{Pair: pair})
		if len(ds) != 1 || ds[0].Class != class.Name || ds[0].Name != object || ds[0].Attr != attr {
			t.Errorf("%s %s %s differs and %v was found", class.Name, object, attr, ds)
			continue
		}
		want := class.Name
		if class.Owner != "" {
			want = class.Owner
		}
		if apart := Apart(Digest(main, pair), Digest(backup, pair)); len(apart) != 1 || apart[0] != want {
			t.Errorf("%s %s differs and the digests of %q do", class.Name, attr, apart)
		}
	}
	lines, n := Report{Main: "m", Backup: "b"}.Lines(main, backup)
	if found := strings.Count(strings.Join(lines, "\n"), "difference"); n != 1 || found != 1 {
		t.Errorf("%s %s differs and the report has the word %d times:\n%s", class.Name, attr, found, strings.Join(lines, "\n"))
	}
}

// TestNoDifference: what is said in another way, or is each server's own.
func TestNoDifference(t *testing.T) {
	cfg, of := populated()
	for _, class := range stored() {
		for _, a := range class.Attrs {
			o := of[class]
			if o == nil {
				o = obj(class, "local", baseAttrs(class, 1)...)
			}
			quiet := !carried(class, a.Name) && a.Derive == nil && a.Kind != objects.Obj
			text := a.Default
			if quiet {
				text = "anything"
			}
			if text == "" || !quiet && strict(o, a) {
				continue
			}
			other := with(cfg, given(o, a.Name, text))
			if ds := Compare(cfg, other, Options{}); len(ds) > 0 {
				t.Errorf("%s %s=%s on one side: %v", class.Name, a.Name, text, ds)
			}
			if fmt.Sprint(Digest(cfg, pairName)) != fmt.Sprint(Digest(other, pairName)) {
				t.Errorf("%s %s=%s on one side changes the digest", class.Name, a.Name, text)
			}
		}
	}
	same := with(cfg, obj(objects.Client, nameFor(objects.Client, 1), "policy-name=P", "domain-name=Example.COM"))
	lower := with(cfg, obj(objects.Client, nameFor(objects.Client, 1), "policy-name=p", "domain-name=example.com"))
	if ds := Compare(same, lower, Options{}); len(ds) > 0 {
		t.Errorf("names differ by their case: %v", ds)
	}
}

// TestUnsetAsksElsewhere: in a policy, unset and set to the default are not the
// same, nor are an empty list and none.
func TestUnsetAsksElsewhere(t *testing.T) {
	for _, tc := range []struct {
		class *objects.Class
		name  string
		attr  string
		want  int
	}{
		{objects.Policy, "p", "grace-period=5m", 1},
		{objects.Policy, objects.SystemDefaultPolicy, "grace-period=5m", 0},
		{objects.ScopePolicy, "around", "offer-timeout=2m", 1},
		{objects.Scope, "around", "allocation-priority=0", 1},
		{objects.Scope, "around", "ping-clients=false", 1},
		{objects.Client, "c", "action=", 1},
	} {
		base := []string{}
		if tc.class == objects.Scope {
			base = []string{"subnet=10.1.1.0/24"}
		}
		cfg := config(obj(objects.Scope, "around", "subnet=10.1.1.0/24"), obj(tc.class, tc.name, base...))
		other := with(cfg, obj(tc.class, tc.name, append(base, tc.attr)...))
		if ds := Compare(cfg, other, Options{}); len(ds) != tc.want {
			t.Errorf("%s %s on one side: %v", tc.class.Name, tc.attr, ds)
		}
	}
}

// TestWholeObjects: an object that one side lacks is one difference, its
// embedded policy and attributes are not more of them.
func TestWholeObjects(t *testing.T) {
	both := config(pairOfAll())
	more := with(both, obj(objects.Client, "c", "host-name=x"), obj(objects.ClientPolicy, "c", "option.6=10.0.0.1"))
	ds := Compare(more, both, Options{Pair: pairName})
	if len(ds) != 1 || ds[0].String() != "client c: main=(present) backup=(missing)" {
		t.Errorf("main has one more: %v", ds)
	}
	ds = Compare(both, more, Options{Pair: pairName})
	if len(ds) != 1 || ds[0].String() != "client c: main=(missing) backup=(present)" {
		t.Errorf("backup has one more: %v", ds)
	}
	// In a back office the backup may have what it likes outside the pair.
	office := with(both, pairOfAll("match-list=10.1.0.0/16"))
	more = with(office, obj(objects.Client, "c"), obj(objects.Scope, "elsewhere", "subnet=10.2.0.0/24"),
		obj(objects.Reservation, "10.2.0.5", "lookup-key=1,6,00:00:00:00:00:01"))
	if ds = Compare(office, more, Options{Pair: pairName}); len(ds) > 0 {
		t.Errorf("of a back office: %v", ds)
	}
	if ds = Compare(more, office, Options{Pair: pairName}); len(ds) != 1 {
		t.Errorf("what the main has of clients its backup needs: %v", ds)
	}
	if fmt.Sprint(Digest(office, pairName)) != fmt.Sprint(Digest(more, pairName)) {
		t.Error("the digest of a back office takes in what is the backup's alone")
	}
	inside := with(office, obj(objects.Scope, "s", "subnet=10.1.0.0/24"))
	if ds = Compare(office, inside, Options{Pair: pairName}); len(ds) != 1 {
		t.Errorf("a scope of the pair that only the backup has: %v", ds)
	}
}

// TestReport: verbose has all lines of the short form, and the word stands
// nowhere but at differences, whatever the texts are.
func TestReport(t *testing.T) {
	main := config(obj(objects.Scope, "a difference", "subnet=10.1.1.0/24", "description=the DIFFERENCE between"),
		obj(objects.Client, "differencedifference", "host-name=a", "user-defined=line\u00a0x"))
	backup := with(main, obj(objects.Client, "differencedifference", "host-name=b", "user-defined=line\u00a0x"))
	short, n := Report{Main: "difference.example.com", Backup: "b"}.Lines(main, backup)
	long, m := Report{Main: "difference.example.com", Backup: "b", Verbose: true}.Lines(main, backup)
	if n != 1 || m != 1 {
		t.Errorf("%d and %d differences", n, m)
	}
	for _, lines := range [][]string{short, long} {
		if strings.Count(strings.ToLower(strings.Join(lines, "\n")), "difference") != 1 {
			t.Errorf("the word is not there once:\n%s", strings.Join(lines, "\n"))
		}
	}
	i := 0
	for _, l := range long {
		if i < len(short) && l == short[i] {
			i++
		}
	}
	if i != len(short) || len(long) <= len(short) {
		t.Errorf("verbose leaves out %q", short[i])
	}
}
