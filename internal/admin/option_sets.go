package admin

import (
	"slices"
	"strconv"
	"strings"

	"leasehold/internal/option"
	"leasehold/pkg/objects"
)

// The option sets that are always there are no stored objects: dhcp-config
// shows all definitions in force, dhcp-custom the operator's own, and the
// CableLabs set is built in. Their objects are made here, to be looked at.

// builtin makes the object of a built-in option set or definition; nil if the
// name is of neither.
func builtin(t *table, class *objects.Class, name string) *objects.Object {
	switch class {
	case objects.OptionSet:
		if s, ok := t.catalog().Set(name); ok && s.Builtin {
			return setObject(s)
		}
		if strings.EqualFold(name, objects.CustomSet) {
			return setObject(&option.Set{Name: objects.CustomSet})
		}
	case objects.Option:
		set, word := objects.SplitOption(name)
		s, ok := t.catalog().Set(set)
		if !ok {
			return nil
		}
		word, below, _ := strings.Cut(word, ".")
		def, err := s.Lookup(word)
		if err != nil {
			return nil
		}
		return definitionBelow(s.Name+"/"+strconv.Itoa(def.Code), def, below)
	}
	return nil
}

// definitionBelow follows the numbers of a sub-option.
func definitionBelow(name string, def *option.Def, below string) *objects.Object {
	for below != "" {
		var word string
		word, below, _ = strings.Cut(below, ".")
		i := slices.IndexFunc(def.Children, func(d *option.Def) bool {
			return strconv.Itoa(d.Code) == word || strings.EqualFold(d.Name, word)
		})
		if i < 0 {
			return nil
		}
		def = def.Children[i]
		name += "." + strconv.Itoa(def.Code)
	}
	return definitionObject(name, def)
}

func setObject(s *option.Set) *objects.Object {
	o := objects.New(objects.OptionSet, s.Name)
	if s.VendorString != "" {
		o.Attrs[objects.OptionSetVendor.Name] = s.VendorString
	}
	if s.EnterpriseID != 0 {
		o.Attrs[objects.OptionSetEnterprise.Name] = strconv.FormatUint(uint64(s.EnterpriseID), 10)
	}
	if s.Desc != "" {
		o.Attrs[objects.OptionSetDesc.Name] = s.Desc
	}
	return o
}

func definitionObject(name string, d *option.Def) *objects.Object {
	o := objects.New(objects.Option, name)
	o.Attrs[objects.OptionName.Name] = d.Name
	o.Attrs[objects.OptionType.Name] = d.Type.String()
	o.Attrs[objects.OptionRepeat.Name] = d.Repeat.String()
	if d.Desc != "" {
		o.Attrs[objects.OptionDesc.Name] = d.Desc
	}
	if d.Min != 0 || d.Max != 0 {
		o.Attrs[objects.OptionMin.Name] = strconv.FormatInt(d.Min, 10)
		o.Attrs[objects.OptionMax.Name] = strconv.FormatInt(d.Max, 10)
	}
	var children []string
	for _, c := range d.Children {
		children = append(children, c.Name)
	}
	if len(children) > 0 {
		o.Attrs[objects.OptionChildren.Name] = strings.Join(children, ",")
	}
	return o
}

// withBuiltinSets adds the sets that are not stored to a listing.
func withBuiltinSets(t *table, os []*objects.Object) []*objects.Object {
	for _, s := range t.catalog().Sets() {
		if t.cfg.Get(objects.OptionSet, s.Name) == nil {
			os = append(os, setObject(s))
		}
	}
	slices.SortFunc(os, func(a, b *objects.Object) int { return objects.CompareNames(a.Name, b.Name) })
	return os
}

// definitions lists those of a set, stored or built in.
func definitions(t *table, set string) []*objects.Object {
	var os []*objects.Object
	for _, o := range t.usersOf(objectNeed(objects.OptionSet.Name, set)) {
		if o.Class == objects.Option {
			os = append(os, o)
		}
	}
	if s, ok := t.catalog().Set(set); ok && s.Builtin {
		stored := map[string]bool{}
		for _, o := range os {
			stored[strings.ToLower(o.Name)] = true
		}
		for _, d := range s.Defs {
			if name := s.Name + "/" + strconv.Itoa(d.Code); !stored[strings.ToLower(name)] {
				os = append(os, definitionObject(name, d))
			}
		}
	}
	slices.SortFunc(os, func(a, b *objects.Object) int { return objects.CompareNames(a.Name, b.Name) })
	return os
}

// viewOnly refuses changes of what is made from other things.
func (w *writing) viewOnly(name string) *objects.Error {
	set := name
	switch w.class {
	case objects.OptionSet:
		if strings.EqualFold(name, objects.CustomSet) {
			return objects.Errorf(objects.ReadOnlyProperty, "option-set %s comes with its first definition and goes with 'option-set %s unset'; it has no values", objects.CustomSet, objects.CustomSet)
		}
	case objects.Option:
		set, _ = objects.SplitOption(name)
	default:
		return nil
	}
	if s, ok := w.table.catalog().Set(set); ok && s.Builtin && !strings.EqualFold(set, objects.CustomSet) {
		return objects.Errorf(objects.ReadOnlyProperty, "option-set %s is for looking at; definitions of your own go into %s or a vendor's set", s.Name, objects.CustomSet)
	}
	return nil
}

// dropCustomOptions is option-set dhcp-custom unset.
func (w *writing) dropCustomOptions(set string) *objects.Error {
	if err := w.service.mayEdit(w.request.session, w.class); err != nil {
		return err
	}
	if !strings.EqualFold(set, objects.CustomSet) && !strings.EqualFold(set, objects.CustomSetV6) {
		return objects.Errorf(objects.TooFewArguments, "option-set %s unset needs an attribute; only %s is unset as a whole", set, objects.CustomSet)
	}
	for _, o := range w.table.usersOf(objectNeed(objects.OptionSet.Name, set)) {
		if o.Class == objects.Option && w.get(o.Class, o.Name) != nil {
			w.draft.delete(o)
		}
	}
	return nil
}
