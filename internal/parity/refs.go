package parity

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"leasehold/pkg/objects"
)

// ref names an object; the name is in lower case.
type ref struct {
	class *objects.Class
	name  string
}

func refOf(o *objects.Object) ref { return ref{o.Class, strings.ToLower(o.Name)} }

func (r ref) compare(s ref) int {
	return cmp.Or(strings.Compare(r.class.Name, s.class.Name), objects.CompareNames(r.name, s.name))
}

// sortNames puts attributes in alphabetical order, option values by number.
func sortNames(names []string) {
	slices.SortFunc(names, func(a, b string) int {
		pa, ca := splitDynamic(a)
		pb, cb := splitDynamic(b)
		switch {
		case pa != pb || pa == "":
			return strings.Compare(a, b)
		case ca != cb:
			return ca - cb
		}
		return strings.Compare(a, b)
	})
}

// splitDynamic takes option.51 apart; an attribute of a table has no prefix.
func splitDynamic(name string) (prefix string, code int) {
	for _, p := range []string{objects.OptionPrefix, objects.VendorOptionPrefix} {
		if rest, ok := strings.CutPrefix(name, p); ok {
			digits, _, _ := strings.Cut(rest, ".")
			code, _ := strconv.Atoi(digits)
			return p, code
		}
	}
	return "", 0
}

// links finds what objects of a configuration rely on.
type links struct {
	cfg    *objects.Config
	inSet  map[string][]ref // definitions by their option set
	custom map[string]ref   // those of the operator's own set by their name
}

func newLinks(cfg *objects.Config) *links {
	l := &links{cfg: cfg, inSet: map[string][]ref{}, custom: map[string]ref{}}
	for _, d := range cfg.All(objects.Option) {
		set, _ := objects.SplitOption(d.Name)
		set = strings.ToLower(set)
		l.inSet[set] = append(l.inSet[set], refOf(d))
		if set == objects.CustomSet {
			l.custom[strings.ToLower(objects.OptionName.Of(d))] = refOf(d)
		}
	}
	return l
}

// of lists the objects that o cannot be without, whether they are there or
// not: those that it names, the VPN and the primaries of a scope, the scope of
// a reservation, the definitions behind option values, the object that an
// embedded policy belongs to.
func (l *links) of(o *objects.Object) []ref {
	cfg := l.cfg
	var all []ref
	add := func(class *objects.Class, name string) {
		if class != nil && name != "" {
			all = append(all, ref{class, strings.ToLower(name)})
		}
	}
	for _, a := range o.Class.Attrs {
		switch {
		case a.Kind == objects.NameRef && !a.ReadOnly:
			add(objects.ClassNamed(a.Ref), o.Text(a))
		case a.Kind == objects.List && slices.Contains(tagLists, a.Name):
			for tag := range strings.SplitSeq(o.Text(a), ",") {
				add(objects.ScopeSelectionTag, tag)
			}
		}
	}
	add(objects.ClassNamed(o.Class.Owner), o.Name)
	switch o.Class {
	case objects.Scope:
		vpn := objects.ScopeVPN.Of(o)
		if v := cfg.VPNByID(vpn); vpn != 0 && v != nil {
			add(objects.Vpn, v.Name)
		}
		if p, ok := objects.ScopePrimary.Lookup(o); ok {
			for _, s := range cfg.ScopesOf(vpn, p) {
				if !strings.EqualFold(s.Name, o.Name) {
					add(objects.Scope, s.Name)
				}
			}
		}
	case objects.Reservation:
		if s := cfg.ScopeOfReservation(o); s != nil {
			add(objects.Scope, s.Name)
		}
		vpn, _ := objects.ReservationAddress(o)
		add(objects.Vpn, vpn)
	case objects.FailoverPair:
		for _, m := range objects.FailoverPairMatches.Of(o) {
			add(objects.Vpn, m.VPN)
		}
	case objects.Option:
		set, id := objects.SplitOption(o.Name)
		add(objects.OptionSet, set)
		for i := strings.LastIndexByte(id, '.'); i > 0; i = strings.LastIndexByte(id[:i], '.') {
			add(objects.Option, set+"/"+id[:i])
		}
	}
	return append(all, l.definitions(o)...)
}

// leads tells whether o relies on some object of the class.
func (l *links) leads(o *objects.Object, class *objects.Class) bool {
	return slices.ContainsFunc(l.of(o), func(r ref) bool { return r.class == class })
}

// tagLists are the attributes that name selection tags.
var tagLists = []string{"selection-tag-list", "selection-criteria", "include-tags"}

// definitions lists what the option values of a policy are of.
func (l *links) definitions(o *objects.Object) []ref {
	if !isPolicy(o.Class) {
		return nil
	}
	var all []ref
	for name := range o.Attrs {
		if code, ok := strings.CutPrefix(name, objects.OptionPrefix); ok {
			all = append(all, ref{objects.Option, objects.CustomSet + "/" + code})
		} else if rest, ok := strings.CutPrefix(name, objects.VendorOptionPrefix); ok {
			_, set, _ := strings.Cut(rest, ".")
			set = strings.ToLower(set)
			all = append(all, ref{objects.OptionSet, set})
			all = append(all, l.used(set, o.Attrs[name])...)
		}
	}
	for _, list := range []objects.Handle[[]string]{objects.PolicyReplyOptions, objects.PolicyBootpReplyOptions} {
		for _, word := range list.Of(o) {
			if d, ok := l.custom[strings.ToLower(word)]; ok {
				all = append(all, d)
			}
		}
	}
	slices.SortFunc(all, ref.compare)
	return all
}

// embedded returns the classes of the embedded policies of a class.
func embedded(class *objects.Class) []*objects.Class {
	var all []*objects.Class
	for _, a := range class.Attrs {
		if a.Kind == objects.Obj {
			all = append(all, objects.ClassNamed(a.Ref))
		}
	}
	return all
}

// inOrder sorts objects of cfg so that each stands behind what it relies on,
// else by class and name. Objects that rely on each other stand in that order.
func inOrder(cfg *objects.Config, os []*objects.Object) []*objects.Object {
	byRef := make(map[ref]*objects.Object, len(os))
	has := map[*objects.Class]bool{}
	for _, o := range os {
		byRef[refOf(o)] = o
		has[o.Class] = true
	}
	var sorted []*objects.Object
	for _, class := range objects.Classes() {
		if !has[class] {
			continue
		}
		for _, o := range cfg.All(class) {
			if byRef[refOf(o)] != nil {
				sorted = append(sorted, o)
			}
		}
	}
	l := newLinks(cfg)
	done := make(map[ref]bool, len(os))
	ordered := make([]*objects.Object, 0, len(os))
	var visit func(o *objects.Object)
	visit = func(o *objects.Object) {
		if done[refOf(o)] {
			return
		}
		done[refOf(o)] = true
		for _, r := range l.of(o) {
			if before := byRef[r]; before != nil {
				visit(before)
			}
		}
		ordered = append(ordered, o)
	}
	for _, o := range sorted {
		visit(o)
	}
	return ordered
}
