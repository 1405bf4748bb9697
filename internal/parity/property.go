package parity

import (
	"slices"
	"strings"

	"leasehold/pkg/objects"
)

// property is what an object has under a name: a canonical text, or nothing.
type property struct {
	there bool
	text  string
}

// strict tells whether unset and set to the default differ for the attribute:
// unset, something else is asked. A policy leaves the question to the next one
// of its chain, all but the last of which have somebody behind them.
func strict(o *objects.Object, a *objects.Attr) bool {
	switch {
	case a == objects.ScopeAllocationPriority.Attr:
		return true
	case o.Class == objects.Policy:
		return !strings.EqualFold(o.Name, objects.SystemDefaultPolicy)
	}
	return isPolicy(o.Class)
}

func isPolicy(class *objects.Class) bool { return slices.Contains(objects.PolicyClasses, class) }

// inEffect returns what holds for an attribute of an object: the text that was
// set, else the default, else nothing. o may be nil.
func inEffect(o *objects.Object, name string) property {
	if o == nil {
		return property{}
	}
	if text, set := o.Attrs[name]; set {
		return property{true, text}
	}
	if a := o.Class.Attr(name); a != nil && a.Default != "" && !strict(o, a) {
		return property{true, a.Default}
	}
	return property{}
}

// same tells whether two properties of the attribute mean the same.
func same(class *objects.Class, name string, p, q property) bool {
	return p.there == q.there && (p.text == q.text || normal(class.Attr(name), p.text) == normal(class.Attr(name), q.text))
}

// normal brings texts that mean the same into one: names know no case.
func normal(a *objects.Attr, text string) string {
	if a != nil && (a.Kind == objects.NameRef || a.Kind == objects.DName || a.Kind == objects.OptionIDs) {
		return strings.ToLower(text)
	}
	return text
}

// namesOf lists the attributes of the class that travel, in alphabetical order,
// with the dynamic ones that one of the objects has among them.
func namesOf(class *objects.Class, os ...*objects.Object) []string {
	fixed := byClass()[class].attrs
	if len(class.Prefixes) == 0 {
		return fixed
	}
	var names []string
	for _, o := range os {
		if o == nil {
			continue
		}
		for name := range o.Attrs {
			if class.Attr(name) == nil && carried(class, name) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return fixed
	}
	names = append(names, fixed...)
	sortNames(names)
	return names
}

// portable returns the object as another server must see it: a failover pair
// that names its servers by clusters, which are not known there, by their
// addresses.
func portable(cfg *objects.Config, o *objects.Object) *objects.Object {
	if o == nil || o.Class != objects.FailoverPair {
		return o
	}
	main, backup := cfg.PairServers(o)
	n := o
	for _, s := range []struct {
		attr objects.Handle[string]
		text string
	}{{objects.FailoverPairMainServer, main}, {objects.FailoverPairBackupServer, backup}} {
		if _, set := o.Attrs[s.attr.Name]; set || s.text == "" {
			continue
		}
		if n == o {
			n = o.Clone()
		}
		n.Attrs[s.attr.Name] = s.text
	}
	return n
}

// shownSecret stands for a secret in every list.
const shownSecret = "********"

// display is how a canonical text is shown. Dates stay numbers: what they are
// called depends on where they are read.
func display(class *objects.Class, name string, p property) string {
	a := class.Attr(name)
	switch {
	case !p.there:
		return ""
	case a == nil || a.Kind == objects.Date && !a.Secret:
		return p.text
	case a.Secret && p.text != "":
		return shownSecret
	}
	return a.Show(p.text)
}
