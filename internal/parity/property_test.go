package parity

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"leasehold/pkg/objects"
)

// draw makes a configuration: of every class that travels up to three objects
// of a few names, with some attributes set, each reference to an object that
// there is.
func draw(t *rapid.T, label string) *objects.Config {
	cfg := config(obj(objects.Admin, label, "roles=full-admin"))
	matches := rapid.SampledFrom([]string{"", "", "10.1.0.0/16", "10.1.2.0/24,10.1.4.0/24"}).Draw(t, label+" matches")
	pair := pairOfAll()
	if matches != "" {
		pair.Attrs["match-list"] = matches
		if rapid.Bool().Draw(t, label+" other pair") {
			cfg.Put(obj(objects.FailoverPair, "p2", "main-server=10.0.0.7", "backup-server=10.0.0.8", "match-list=10.9.0.0/16"))
			cfg.Put(obj(objects.Scope, "others", "subnet=10.9.1.0/24"))
		}
	}
	cfg.Put(pair)
	var made []*objects.Object
	for _, class := range travelling() {
		if class == objects.FailoverPair || class.Owner != "" || class == objects.Dhcp {
			continue
		}
		for i := range 3 {
			if !rapid.Bool().Draw(t, fmt.Sprint(label, class.Name, i)) {
				continue
			}
			if class == objects.Reservation && cfg.Get(objects.Scope, "Name0") == nil {
				continue
			}
			o := obj(class, nameFor(class, i), baseAttrs(class, i)...)
			if class == objects.OptionSet {
				o.Attrs["vendor-option-string"] = fmt.Sprint("vendor", i)
			}
			cfg.Put(o)
			if class != objects.ScopeSelectionTag {
				made = append(made, o)
			}
			for _, inner := range embedded(class) {
				if rapid.Bool().Draw(t, "embedded") {
					p := obj(inner, o.Name)
					cfg.Put(p)
					made = append(made, p)
				}
			}
		}
	}
	made = append(made, cfg.Get(objects.Dhcp, ""), pair)
	for _, o := range made {
		for range rapid.IntRange(0, 4).Draw(t, "attributes") {
			drawAttr(t, cfg, o)
		}
	}
	return cfg
}

// drawAttr sets an attribute.
func drawAttr(t *rapid.T, cfg *objects.Config, o *objects.Object) {
	name := rapid.SampledFrom(drawable(o.Class)).Draw(t, "attribute")
	a := o.Class.Attr(name)
	if a == nil {
		o.Attrs[name] = rapid.SampledFrom([]string{"v", "w"}).Draw(t, "value")
		return
	}
	if a.Kind != objects.NameRef {
		o.Attrs[name] = rapid.SampledFrom(values(a)).Draw(t, "value")
		return
	}
	if class := objects.ClassNamed(a.Ref); class != nil && cfg.Len(class) > 0 {
		o.Attrs[name] = rapid.SampledFrom(cfg.All(class)).Draw(t, "reference").Name
	}
}

// drawable lists the attributes of a class that may be set to anything.
func drawable(class *objects.Class) []string {
	if known := drawn[class]; known != nil {
		return known
	}
	var names []string
	for _, a := range class.Attrs {
		fixed := a.ReadOnly || a.Required || a.Immutable || a.Kind == objects.Obj || a.Kind == objects.Subnet || a.Kind == objects.Ranges
		if !fixed && a.Name != "match-list" && a.Name != "vendor-option-string" && (a.Kind == objects.NameRef || len(values(a)) > 0) {
			names = append(names, a.Name)
		}
	}
	if class.Dynamic("option.6") {
		names = append(names, "option.6", "option.67", "option.201", "vendor-option.43.name1")
	}
	if len(names) == 0 {
		names = []string{"description"}
	}
	drawn[class] = names
	return names
}

var drawn = map[*objects.Class][]string{}

// TestPlanProperties: a second sync finds nothing to do; after exact all that
// still differs was named as kept; the list of changes is what changed; what
// stays has all that it relies on.
func TestPlanProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		source, target := draw(t, "source"), draw(t, "target")
		mode := Mode(rapid.IntRange(0, 2).Draw(t, "mode"))
		pair := rapid.SampledFrom([]string{pairName, pairName, ""}).Draw(t, "pair")
		s, err := Plan(source, target, pair, mode)
		if err != nil {
			t.Fatal(err)
		}
		got := after(target, s)
		again, _ := Plan(source, got, pair, mode)
		if !again.Empty() {
			t.Fatalf("%s of %q once more: %v", mode, pair, again.Changes)
		}
		whole(t, source, target, got)
		changed(t, target, got, s.Changes)
		if mode == Exact {
			explained(t, Compare(source, got, Options{Pair: pair}), s.Kept)
			if pair != "" && len(s.Kept) == 0 && fmt.Sprint(Digest(source, pair)) != fmt.Sprint(Digest(got, pair)) {
				t.Fatalf("the digests differ after exact:\n%v\n%v", Digest(source, pair), Digest(got, pair))
			}
		}
	})
}

// whole checks that nothing has lost what it relies on.
func whole(t *rapid.T, source, before, after *objects.Config) {
	dangling := func(cfg *objects.Config) map[string]bool {
		all := map[string]bool{}
		l := newLinks(cfg)
		for _, class := range objects.Classes() {
			for _, o := range cfg.All(class) {
				for _, r := range l.of(o) {
					if r.class != objects.Option && r.class != objects.ScopeSelectionTag && cfg.Get(r.class, r.name) == nil {
						all[o.Ref()+" -> "+objects.Ref(r.class, r.name)] = true
					}
				}
			}
		}
		return all
	}
	already := dangling(before)
	theirs := dangling(source)
	for what := range dangling(after) {
		if !already[what] && !theirs[what] {
			t.Fatalf("lost: %s", what)
		}
	}
}

// changed compares the list of changes with the two configurations.
func changed(t *rapid.T, before, after *objects.Config, listed []Change) {
	var want []string
	for _, class := range objects.Classes() {
		for _, o := range before.All(class) {
			if after.Get(class, o.Name) == nil {
				want = append(want, fmt.Sprint(class.Name, o.Name, "", Delete))
			}
		}
		for _, o := range after.All(class) {
			old := before.Get(class, o.Name)
			if old == nil {
				want = append(want, fmt.Sprint(class.Name, o.Name, "", Create))
				old = objects.New(class, o.Name)
			}
			for name, text := range o.Attrs {
				if was, set := old.Attrs[name]; !set || was != text {
					want = append(want, fmt.Sprint(class.Name, o.Name, name, Set))
				}
			}
			for name := range old.Attrs {
				if _, set := o.Attrs[name]; !set {
					want = append(want, fmt.Sprint(class.Name, o.Name, name, Unset))
				}
			}
		}
	}
	var got []string
	for _, c := range listed {
		got = append(got, fmt.Sprint(c.Class, c.Name, c.Attr, c.Action))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Fatalf("listed %q\nchanged %q", got, want)
	}
}

// explained checks that every difference after an exact sync was announced.
func explained(t *rapid.T, ds []Difference, kept []Kept) {
	listKept := slices.ContainsFunc(kept, func(k Kept) bool { return k.Attr == objects.FailoverPairMatches.Name })
	for _, d := range ds {
		if listKept && ofScopes(objects.ClassNamed(d.Class)) {
			continue // the target's list leaves scopes alone that the source's has
		}
		if !slices.ContainsFunc(kept, func(k Kept) bool {
			return k.Name == d.Name && (k.Attr == d.Attr || k.Attr == "") && (k.Class == d.Class || objects.ClassNamed(d.Class).Owner == k.Class)
		}) {
			t.Fatalf("differs after exact: %s; kept %v", d, kept)
		}
	}
}
