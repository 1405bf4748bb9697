package admin

import (
	"slices"
	"strings"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
)

// hidden stands for a secret that is set.
const hidden = "********"

// message makes what travels of an object: the attributes that were set, and
// those that follow from other objects of the table (nil for objects of the
// running server). Secrets stay here.
func message(t *table, o *objects.Object) *adminv1.Object {
	m := &adminv1.Object{Class: o.Class.Name, Name: o.Name, Version: o.Version, ChangedBy: o.ChangedBy, ChangedAt: o.ChangedAt}
	for name, text := range o.Attrs {
		if a := o.Class.Attr(name); a != nil && a.Secret {
			text = hidden
		}
		m.Attributes = append(m.Attributes, &adminv1.Attribute{Name: name, Text: text})
	}
	if t != nil {
		m.Attributes = append(m.Attributes, related(t, o)...)
	}
	slices.SortFunc(m.Attributes, func(a, b *adminv1.Attribute) int { return strings.Compare(a.Name, b.Name) })
	return m
}

// related lists the attributes that are shown but not stored.
func related(t *table, o *objects.Object) []*adminv1.Attribute {
	var more []*adminv1.Attribute
	add := func(name, text string) {
		if text != "" {
			more = append(more, &adminv1.Attribute{Name: name, Text: text})
		}
	}
	for _, a := range o.Class.Attrs {
		if a.Kind == objects.Obj {
			if inner := t.cfg.Get(objects.ClassNamed(a.Ref), o.Name); inner != nil {
				add(a.Name, inOneLine(inner))
			}
		}
	}
	switch o.Class {
	case objects.Reservation:
		if scope := t.cfg.ScopeOfReservation(o); scope != nil {
			add(objects.ReservationScope.Name, scope.Name)
		}
	case objects.Option:
		var inner []string
		for _, sub := range t.usersOf(objectNeed(o.Class.Name, o.Name)) {
			inner = append(inner, objects.OptionName.Of(sub))
		}
		slices.Sort(inner)
		add(objects.OptionChildren.Name, strings.Join(inner, ","))
	}
	return more
}

// inOneLine writes an embedded object as its owner shows it.
func inOneLine(o *objects.Object) string {
	var parts []string
	for _, name := range o.Names() {
		text := o.Attrs[name]
		if a := o.Class.Attr(name); a != nil {
			text = a.Show(text)
		}
		parts = append(parts, "("+name+" "+text+")")
	}
	return strings.Join(parts, "")
}
