package parity

import (
	"slices"
	"strings"

	"leasehold/pkg/objects"
)

// Difference is one attribute that must match and does not, or (Attr is "") an
// object that only one of the two servers has. The texts are the values in
// effect as they are shown, "" with Set false where nothing is; secrets as a
// mask.
type Difference struct {
	Class, Name, Attr  string
	Main, Backup       string
	MainSet, BackupSet bool
}

// Options say what is compared.
type Options struct {
	// Pair names the failover pair whose part of the configuration is meant;
	// "" is all of it. Where the pair has a match list, what the backup has
	// beside the main server, outside the pair's scopes, is no difference.
	Pair string
}

// Compare lists what differs, in order of class, name and attribute.
func Compare(main, backup *objects.Config, o Options) []Difference {
	var all []Difference
	Walk(main, backup, o, func(d Difference, equal bool) {
		if !equal {
			all = append(all, d)
		}
	})
	return all
}

// Walk visits every attribute that has a value on one of the servers, and
// every object that only one of them has.
func Walk(main, backup *objects.Config, o Options, visit func(d Difference, equal bool)) {
	a, b := extents(main, backup, o.Pair)
	for _, class := range travelling() {
		if class.Singleton {
			compare(singleton(main, class), singleton(backup, class), visit)
			continue
		}
		for _, pair := range matched(class, a, b) {
			compare(portable(main, pair[0]), portable(backup, pair[1]), visit)
		}
	}
}

// extents returns the two parts that are compared. A server without the pair
// is measured by the other's.
func extents(main, backup *objects.Config, name string) (a, b *extent) {
	if name == "" {
		return wholeOf(main), wholeOf(backup)
	}
	pair := main.Get(objects.FailoverPair, name)
	if pair == nil {
		pair = backup.Get(objects.FailoverPair, name)
	}
	return pairOf(main, name, pair), pairOf(backup, name, pair)
}

// matched pairs the objects of a class by name, in order; nil stands for one
// that is not there.
func matched(class *objects.Class, a, b *extent) [][2]*objects.Object {
	var all [][2]*objects.Object
	for _, o := range a.all(class) {
		all = append(all, [2]*objects.Object{o, b.cfg.Get(class, o.Name)})
	}
	for _, o := range b.all(class) {
		switch there := a.cfg.Get(class, o.Name); {
		case there == nil && (!b.backOffice() || ofScopes(class) || class == objects.FailoverPair):
			all = append(all, [2]*objects.Object{nil, o})
		case there != nil && !a.has(there):
			all = append(all, [2]*objects.Object{there, o})
		}
	}
	slices.SortStableFunc(all, func(x, y [2]*objects.Object) int { return objects.CompareNames(either(x).Name, either(y).Name) })
	return slices.DeleteFunc(all, func(x [2]*objects.Object) bool {
		// An embedded policy without values is none; one of an owner that only
		// one server has is told by the owner.
		o := either(x)
		owner := objects.ClassNamed(o.Class.Owner)
		return owner != nil && (a.cfg.Get(owner, o.Name) == nil || b.cfg.Get(owner, o.Name) == nil)
	})
}

func either(x [2]*objects.Object) *objects.Object {
	if x[0] != nil {
		return x[0]
	}
	return x[1]
}

// compare visits the attributes of two objects of a name.
func compare(main, backup *objects.Object, visit func(d Difference, equal bool)) {
	o := either([2]*objects.Object{main, backup})
	d := Difference{Class: o.Class.Name, Name: o.Name}
	if o.Class.Owner == "" {
		d.MainSet, d.BackupSet = main != nil, backup != nil
		if equal := main != nil && backup != nil; !equal || !anything(main, backup) {
			visit(d, equal)
		}
		if main == nil || backup == nil {
			return
		}
	}
	for _, name := range namesOf(o.Class, main, backup) {
		p, q := inEffect(main, name), inEffect(backup, name)
		if !p.there && !q.there {
			continue
		}
		visit(Difference{
			Class: o.Class.Name, Name: o.Name, Attr: name,
			Main: display(o.Class, name, p), Backup: display(o.Class, name, q), MainSet: p.there, BackupSet: q.there,
		}, same(o.Class, name, p, q))
	}
}

// anything tells whether one of the objects has a value of some attribute.
func anything(os ...*objects.Object) bool {
	for _, o := range os {
		for _, name := range namesOf(o.Class, os...) {
			if inEffect(o, name).there {
				return true
			}
		}
	}
	return false
}

// String is the line of a report: scope office ping-timeout: main=300 backup=500.
func (d Difference) String() string {
	return d.subject() + ": main=" + side(d.Attr, d.Main, d.MainSet) + " backup=" + side(d.Attr, d.Backup, d.BackupSet)
}

// subject names what the difference is of: scope office ping-timeout.
func (d Difference) subject() string {
	words := []string{d.Class}
	if d.Name != "" {
		words = append(words, quote(d.Name))
	}
	if d.Attr != "" {
		words = append(words, d.Attr)
	}
	return strings.Join(words, " ")
}

func side(attr, text string, set bool) string {
	switch {
	case attr == "" && set:
		return "(present)"
	case attr == "":
		return "(missing)"
	case !set:
		return "(unset)"
	}
	return quote(text)
}
