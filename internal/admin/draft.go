package admin

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"leasehold/internal/option"
	"leasehold/pkg/objects"
)

// draft is a change in the making. What it puts and deletes is in the table at
// once, so that later steps and all checks see it; undo takes it out again.
type draft struct {
	table *table
	edits []*edit
	at    map[ref]*edit
}

// edit is what a draft does to one object: before is nil where it did not
// exist, after where it no longer does. An object that was deleted and made
// anew keeps remade, so that the store drops the old one first.
type edit struct {
	before, after *objects.Object
	remade        bool
}

func newDraft(t *table) *draft { return &draft{table: t, at: map[ref]*edit{}} }

func (d *draft) get(class *objects.Class, name string) *objects.Object {
	return d.table.cfg.Get(class, name)
}

// put stores the object's new content. It must not be changed afterwards.
func (d *draft) put(o *objects.Object) {
	now := d.get(o.Class, o.Name)
	d.table.put(now, o)
	e := d.edit(refOf(o), now)
	e.remade = e.remade || e.before != nil && now == nil
	e.after = o
}

// delete removes an object and what belongs to it alone: its embedded policy,
// the reservations of a scope, the definitions of an option set, the
// sub-options of a definition.
func (d *draft) delete(o *objects.Object) {
	var reserved []*objects.Object
	if o.Class == objects.Scope {
		reserved = reservationsOf(d.table, o)
	}
	d.drop(o)
	for _, a := range o.Class.Attrs {
		if a.Kind != objects.Obj {
			continue
		}
		if inner := d.get(objects.ClassNamed(a.Ref), o.Name); inner != nil {
			d.delete(inner)
		}
	}
	switch o.Class {
	case objects.Scope:
		for _, r := range reserved {
			d.delete(r)
		}
	case objects.OptionSet, objects.Option:
		for _, inner := range d.table.usersOf(objectNeed(o.Class.Name, o.Name)) {
			// Sub-options may have gone with their parent already.
			if inner.Class == objects.Option && d.get(inner.Class, inner.Name) != nil {
				d.delete(inner)
			}
		}
	}
}

// drop removes one object and nothing else.
func (d *draft) drop(o *objects.Object) {
	d.table.put(o, nil)
	d.edit(refOf(o), o).after = nil
}

func (d *draft) edit(r ref, before *objects.Object) *edit {
	e := d.at[r]
	if e == nil {
		e = &edit{before: before}
		d.at[r] = e
		d.edits = append(d.edits, e)
	}
	return e
}

// undo takes the whole draft out of the table.
func (d *draft) undo() {
	for _, e := range slices.Backward(d.edits) {
		if e.after != nil || e.before != nil {
			d.table.put(e.after, e.before)
		}
	}
	d.edits, d.at = nil, map[ref]*edit{}
}

// changed lists the edits that make a difference.
func (d *draft) changed() []*edit {
	return slices.DeleteFunc(slices.Clone(d.edits), func(e *edit) bool {
		if e.before == nil || e.after == nil {
			return e.before == e.after
		}
		return !e.remade && maps.Equal(e.before.Attrs, e.after.Attrs)
	})
}

// check looks at what the draft touches: the objects that it puts, then the
// options that they make, then those that rely on something that it changes or
// removes. The error says all that is wrong at the first of these: what comes
// after would mostly repeat it.
func (d *draft) check() *objects.Error {
	var errs []*objects.Error
	seen := map[ref]bool{}
	options := false
	for _, e := range d.edits {
		if e.after != nil {
			seen[refOf(e.after)] = true
			errs = append(errs, d.checkObject(e.after)...)
			options = options || e.after.Class == objects.Option || e.after.Class == objects.OptionSet
		}
	}
	if options && len(errs) == 0 {
		if _, err := option.NewCatalog(d.table.cfg); err != nil {
			errs = append(errs, objects.AsError(err))
		}
	}
	if len(errs) > 0 {
		return joined(errs)
	}
	for _, e := range d.edits {
		errs = append(errs, d.checkUsers(e, seen)...)
	}
	return joined(errs)
}

// checkObject applies the class's rules and, for a policy, those of the
// options that it gives.
func (d *draft) checkObject(o *objects.Object) []*objects.Error {
	errs := d.table.cfg.CheckObject(o)
	if isPolicy(o.Class) && len(optionNeeds(o)) > 0 {
		catalog := d.table.catalog()
		errs = append(errs, catalog.CheckValues(o)...)
		for _, list := range []objects.Handle[[]string]{objects.PolicyReplyOptions, objects.PolicyBootpReplyOptions} {
			text := o.Text(o.Class.Attr(list.Name))
			if text == "" {
				continue
			}
			if _, err := catalog.ParseIDs(text); err != nil {
				errs = append(errs, objects.Errorf(err.Code, "%s %s: %s", o.Ref(), list.Name, err.Msg))
			}
		}
	}
	return errs
}

// checkUsers looks at who relied on what the edit took away.
func (d *draft) checkUsers(e *edit, seen map[ref]bool) []*objects.Error {
	var errs []*objects.Error
	var broken []string
	for _, need := range d.lost(e) {
		users := d.table.usersOf(need)
		sortByName(users)
		for _, user := range users {
			if seen[refOf(user)] {
				continue
			}
			seen[refOf(user)] = true
			if found := d.checkObject(user); len(found) > 0 {
				broken = append(broken, user.Ref())
				errs = append(errs, found...)
			}
		}
	}
	for _, r := range d.unsettled(e) {
		if seen[refOf(r)] {
			continue
		}
		seen[refOf(r)] = true
		if found := d.checkObject(r); len(found) > 0 {
			broken = append(broken, r.Ref())
			errs = append(errs, found...)
		}
	}
	if e.after == nil && len(broken) > 0 {
		return []*objects.Error{objects.Errorf(objects.GenericError, "%s is used by %s", e.before.Ref(), listed(broken))}
	}
	return errs
}

// lost lists what an edit may take from others.
func (d *draft) lost(e *edit) []string {
	if o := pick(e.before, e.after); o.Class == objects.Dhcp {
		return []string{objectNeed(o.Class.Name, "")}
	}
	if e.before == nil {
		return d.shadowed(e.after)
	}
	o := e.before
	var all []string
	if e.after == nil {
		all = append(all, objectNeed(o.Class.Name, o.Name))
	}
	switch o.Class {
	case objects.Vpn:
		// Another number comes with a sync: scopes name it, and the scopes of
		// its reservations are no longer in it.
		if e.after == nil || objects.VpnID.Of(e.after) != objects.VpnID.Of(o) {
			all = append(all, vpnNeed(objects.VpnID.Of(o)), objectNeed(o.Class.Name, o.Name))
		}
	case objects.Scope:
		all = append(all, subnetNeed(objects.ScopeVPN.Of(o), objects.ScopeSubnet.Of(o)))
	case objects.OptionSet, objects.Cluster:
		all = append(all, objectNeed(o.Class.Name, o.Name))
	case objects.Option:
		all = append(all, d.shadowed(o)...)
	}
	return all
}

// shadowed lists the values that a definition, new, changed or gone, gives
// another meaning.
func (d *draft) shadowed(o *objects.Object) []string {
	if o.Class != objects.Option {
		return nil
	}
	set, id := objects.SplitOption(o.Name)
	if !strings.EqualFold(set, objects.CustomSet) {
		return []string{objectNeed(objects.OptionSet.Name, set)}
	}
	id, _, _ = strings.Cut(id, ".")
	return []string{optionNeed(id), "option-name:" + strings.ToLower(objects.OptionName.Of(o))}
}

// unsettled lists the reservations that may have lost their scope: those in a
// subnet that it has left, or that it came to share with others, or whose
// ranges part it otherwise than before.
func (d *draft) unsettled(e *edit) []*objects.Object {
	if pick(e.before, e.after).Class != objects.Scope {
		return nil
	}
	var all []*objects.Object
	if e.before != nil && (e.after == nil || objects.ScopeSubnet.Of(e.after) != objects.ScopeSubnet.Of(e.before)) {
		all = d.table.reservationsIn(objects.ScopeVPN.Of(e.before), objects.ScopeSubnet.Of(e.before))
	}
	if e.after == nil {
		return all
	}
	vpn, subnet := objects.ScopeVPN.Of(e.after), objects.ScopeSubnet.Of(e.after)
	if len(d.table.cfg.ScopesOf(vpn, subnet)) > 1 {
		all = append(all, d.table.reservationsIn(vpn, subnet)...)
	}
	return all
}

// joined makes one error of several: the first, with the others as details.
func joined(errs []*objects.Error) *objects.Error {
	if len(errs) == 0 {
		return nil
	}
	first := *errs[0]
	first.Detail = slices.Clone(first.Detail)
	for _, e := range errs[1:] {
		first.Detail = append(first.Detail, e.Status())
		first.Detail = append(first.Detail, e.Detail...)
	}
	return &first
}

// listed names a few of many.
func listed(names []string) string {
	const most = 5
	slices.SortFunc(names, objects.CompareNames)
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
