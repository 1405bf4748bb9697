package option

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"leasehold/pkg/objects"
)

// NewCatalog returns the built-in options plus the option sets and definitions
// of a configuration. The error joins one *objects.Error for each definition
// that cannot be; the catalogue then lacks these and is good otherwise.
func NewCatalog(cfg *objects.Config) (*Catalog, error) { return build(cfg) }

// builder collects the definitions of a configuration.
type builder struct {
	c      *Catalog
	custom []*Def
	sets   []*Set // vendor sets
	errs   []error
}

func build(cfg *objects.Config) (*Catalog, error) {
	b := builder{c: &Catalog{}}
	for _, d := range builtins() {
		b.c.codes[d.Code], b.c.defined[d.Code] = d, true
	}
	b.sets = append(b.sets, &Set{Name: CableLabs, EnterpriseID: cableLabsEnterprise, Desc: "CableLabs options of cable modems",
		Builtin: true, Defs: cableLabs()})
	if cfg != nil {
		b.vendorSets(cfg)
		b.definitions(cfg)
	}
	b.c.assemble(b.custom, b.sets)
	return b.c, errors.Join(b.errs...)
}

func (b *builder) refuse(o *objects.Object, refusal *objects.Error) {
	b.errs = append(b.errs, objects.Errorf(refusal.Code, "%s: %s", o.Ref(), refusal.Msg))
}

// vendorSets reads the option sets. Those for DHCPv6 hold no DHCPv4 options.
func (b *builder) vendorSets(cfg *objects.Config) {
	for _, o := range cfg.All(objects.OptionSet) {
		if wide(o) || reserved(o.Name) {
			continue
		}
		b.sets = append(b.sets, &Set{
			Name:         o.Name,
			VendorString: objects.OptionSetVendor.Of(o),
			EnterpriseID: uint32(objects.OptionSetEnterprise.Of(o)),
			Desc:         objects.OptionSetDesc.Of(o),
		})
	}
}

// wide tells whether a set's codes have 16 bits, as DHCPv6 has them.
func wide(set *objects.Object) bool { return set.Text(objects.OptionSetRange.Attr) == "16-bit" }

func reserved(set string) bool {
	return slices.ContainsFunc([]string{objects.ConfigSet, objects.CustomSet, objects.ConfigSetV6, objects.CustomSetV6, CableLabs},
		func(r string) bool { return strings.EqualFold(r, set) })
}

// definitions reads the option definitions, options before their sub-options.
func (b *builder) definitions(cfg *objects.Config) {
	defs := cfg.All(objects.Option)
	slices.SortStableFunc(defs, func(x, y *objects.Object) int {
		return cmp.Compare(len(objects.OptionPath(x)), len(objects.OptionPath(y)))
	})
	for _, o := range defs {
		set, _ := objects.SplitOption(o.Name)
		if strings.EqualFold(set, objects.CustomSetV6) {
			continue
		}
		if so := cfg.Get(objects.OptionSet, set); so != nil && wide(so) {
			continue
		}
		d, refusal := readDefinition(o)
		if refusal == nil {
			refusal = b.place(set, objects.OptionPath(o), d)
		}
		if refusal != nil {
			b.refuse(o, refusal)
		}
	}
	slices.SortFunc(b.custom, byCode)
}

func byCode(a, b *Def) int { return cmp.Compare(a.Code, b.Code) }

// readDefinition makes a definition of an object's attributes.
func readDefinition(o *objects.Object) (*Def, *objects.Error) {
	t, refusal := customType(objects.OptionType.Of(o))
	if refusal != nil {
		return nil, refusal
	}
	path := objects.OptionPath(o)
	if len(path) == 0 {
		return nil, objects.Errorf(objects.InvalidName, "an option definition is named <option-set>/<number>")
	}
	d := def(path[len(path)-1], objects.OptionName.Of(o), t, Once, objects.OptionDesc.Of(o))
	if d.Name == "" {
		return nil, objects.Errorf(objects.RequiredAttribute, "name: an option definition needs one")
	}
	repeat, err := ParseRepeat(objects.OptionRepeat.Of(o))
	if err != nil {
		return nil, &objects.Error{Code: objects.Invalid, Msg: err.Error()}
	}
	d.Repeat = repeat
	if d.Type == ZeroSize && d.Repeat != Once {
		return nil, objects.Errorf(objects.Invalid, "repeat: %s has no value to repeat", t)
	}
	return d, d.limit(o.Text(objects.OptionMin.Attr), o.Text(objects.OptionMax.Attr))
}

// customType finds a type that a custom definition may have.
func customType(word string) (Type, *objects.Error) {
	t, ok := TypeNamed(word)
	if !ok {
		return 0, objects.Errorf(objects.InvalidType, "there is no type %s%s", quote(word), didYouMean(word, customTypes()))
	}
	if !t.row().Custom {
		return 0, objects.Errorf(objects.InvalidType, "%s is for built-in options only", t)
	}
	return t, nil
}

func customTypes() []string {
	var names []string
	for i := range typeTable {
		if typeTable[i].Custom {
			names = append(names, typeTable[i].Name)
		}
	}
	return names
}

// limit sets the bounds of a number.
func (d *Def) limit(minText, maxText string) *objects.Error {
	if minText == "" && maxText == "" {
		return nil
	}
	if !d.Type.numeric() {
		return objects.Errorf(objects.Invalid, "min, max: %s is no number and has no bounds", d.Type)
	}
	lo, hi := typeBounds(d.Type)
	d.Min, d.Max = lo, hi
	for _, bound := range []struct {
		text string
		at   *int64
	}{{minText, &d.Min}, {maxText, &d.Max}} {
		if bound.text == "" {
			continue
		}
		n, ok := objects.ParseNumber(bound.text)
		if !ok || n < lo || n > hi {
			return objects.Errorf(objects.Invalid, "min, max: %s goes from %d to %d, and %s is outside", d.Type, lo, hi, quote(bound.text))
		}
		*bound.at = n
	}
	if d.Min > d.Max {
		return objects.Errorf(objects.Invalid, "min, max: %d is above %d", d.Min, d.Max)
	}
	return nil
}

// numeric tells whether values of the type are numbers with bounds.
func (t Type) numeric() bool {
	return t.row().form != FormBytes && t.row().form != FormText && t != Bool
}

// place puts a definition into its set, or below the option that it is a
// sub-option of.
func (b *builder) place(set string, path []int, d *Def) *objects.Error {
	if len(path) > 1 {
		return b.placeBelow(set, path, d)
	}
	if d.Code <= codePad || d.Code >= codeEnd {
		return objects.Errorf(objects.Invalid, "id: option numbers of custom definitions go from 1 to 254")
	}
	if strings.EqualFold(set, objects.CustomSet) {
		return b.override(d)
	}
	s := b.vendorSet(set)
	if s == nil {
		return objects.Errorf(objects.NotFound, "there is no option-set %q", set)
	}
	if s.ByCode(d.Code) != nil {
		return objects.Errorf(objects.ReadOnlyProperty, "option %s is built into option-set %q", s.ByCode(d.Code), s.Name)
	}
	return insert(&s.Defs, d)
}

func (b *builder) vendorSet(name string) *Set {
	for _, s := range b.sets {
		if strings.EqualFold(s.Name, name) {
			return s
		}
	}
	return nil
}

// insert keeps definitions by code and their names unique.
func insert(defs *[]*Def, d *Def) *objects.Error {
	for _, other := range *defs {
		if other.named(d.Name) {
			return objects.Errorf(objects.DuplicateObject, "option %s has the name %q already", other, d.Name)
		}
	}
	*defs = append(*defs, d)
	slices.SortFunc(*defs, byCode)
	return nil
}

// override puts a custom definition in the place of the built-in one.
func (b *builder) override(d *Def) *objects.Error {
	c := b.c
	old := c.codes[d.Code]
	if old != nil && old.NonModifiable {
		return objects.Errorf(objects.ReadOnlyProperty, "option %s is built in and cannot be changed", old)
	}
	for code, other := range c.codes {
		if other != nil && code != d.Code && strings.EqualFold(other.Name, d.Name) {
			return objects.Errorf(objects.DuplicateObject, "option %s has the name %q already", other, d.Name)
		}
	}
	if old != nil {
		d.ServerMade = old.ServerMade
		d.Aliases = append([]string{old.Name}, old.Aliases...)
	}
	c.codes[d.Code], c.defined[d.Code] = d, true
	b.custom = append(b.custom, d)
	return nil
}

// placeBelow makes a definition a sub-option.
func (b *builder) placeBelow(set string, path []int, d *Def) *objects.Error {
	defs := b.custom
	if !strings.EqualFold(set, objects.CustomSet) {
		s := b.vendorSet(set)
		if s == nil {
			return objects.Errorf(objects.NotFound, "there is no option-set %q", set)
		}
		defs = s.Defs
	}
	var parent *Def
	for i, code := range path[:len(path)-1] {
		if parent = childByCode(defs, code); parent == nil {
			return objects.Errorf(objects.NotFound, "option-set %q has no option %s to put a sub-option below", set, dotted(path[:i+1]))
		}
		defs = parent.Children
	}
	switch {
	case d.Code < 0 || d.Code > codeEnd:
		return objects.Errorf(objects.Invalid, "id: sub-option numbers go from 0 to 255")
	case parent.Type == TypeCnt && len(parent.Children) >= 2:
		return objects.Errorf(objects.TooMany, "%s takes two sub-options: the type of the length and the type of the value", TypeCnt)
	case parent.Type != TypeCnt && parent.Type != Blob:
		return objects.Errorf(objects.Invalid, "option %s of type %s has no sub-options, only %s and %s have", parent, parent.Type, Blob, TypeCnt)
	}
	if parent.Type == Blob && parent.layout == plain {
		parent.layout = tlv
	}
	return insert(&parent.Children, d)
}

func dotted(path []int) string {
	words := make([]string, len(path))
	for i, n := range path {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, ".")
}
