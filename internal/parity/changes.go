package parity

import (
	"fmt"
	"maps"
	"slices"

	"leasehold/pkg/objects"
)

// Action is what a change does.
type Action string

// The actions.
const (
	Create Action = "create"
	Set    Action = "set"
	Unset  Action = "unset"
	Delete Action = "delete"
)

// Change is one thing that a sync changes on the target: an object that comes
// or goes (Attr is ""), or one attribute of an object. An object that comes is
// followed by its attributes. Texts are as they are shown, secrets as a mask.
type Change struct {
	Class, Name, Attr string
	Action            Action
	Before, After     string
}

func (c Change) String() string {
	what := c.Class
	if c.Name != "" {
		what += " " + quote(c.Name)
	}
	switch {
	case c.Attr == "":
		return what + ": " + string(c.Action)
	case c.Action == Unset:
		return fmt.Sprintf("%s %s: unset, was %s", what, c.Attr, quote(c.Before))
	case c.Before != "":
		return fmt.Sprintf("%s %s: set %s, was %s", what, c.Attr, quote(c.After), quote(c.Before))
	}
	return fmt.Sprintf("%s %s: set %s", what, c.Attr, quote(c.After))
}

// changesOf lists what parts an object from what it was; either may be nil.
func changesOf(before, after *objects.Object) []Change {
	o := after
	var all []Change
	switch {
	case after == nil:
		return []Change{{Class: before.Class.Name, Name: before.Name, Action: Delete}}
	case before == nil && !after.Class.Singleton:
		all = append(all, Change{Class: o.Class.Name, Name: o.Name, Action: Create})
	}
	names := map[string]bool{}
	old := map[string]string{}
	if before != nil {
		old = before.Attrs
	}
	for name := range old {
		names[name] = true
	}
	for name := range after.Attrs {
		names[name] = true
	}
	sorted := slices.Collect(maps.Keys(names))
	sortNames(sorted)
	for _, name := range sorted {
		was, set := old[name]
		now, stays := after.Attrs[name]
		if set == stays && was == now {
			continue
		}
		c := Change{
			Class: o.Class.Name, Name: o.Name, Attr: name, Action: Set,
			Before: display(o.Class, name, property{set, was}), After: display(o.Class, name, property{stays, now}),
		}
		if !stays {
			c.Action = Unset
		}
		all = append(all, c)
	}
	return all
}
