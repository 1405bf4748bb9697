package option

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"leasehold/pkg/objects"
)

// CableLabs is the vendor set that is always there, beside the sets named in
// package objects.
const CableLabs = "dhcp-cablelabs-config"

const cableLabsEnterprise = 4491

// Codes of options that have no length, and so no definition of an operator's.
const (
	codePad = 0
	codeEnd = 255
)

// Catalog holds the options that a configuration knows. It never changes, so
// any number of goroutines may use it.
type Catalog struct {
	codes   [256]*Def
	defined [256]bool
	names   map[string]*Def // by lower-case name and alias
	sets    []*Set          // by name
}

// Builtin returns the catalogue without custom definitions.
var Builtin = sync.OnceValue(func() *Catalog {
	c, _ := build(nil)
	return c
})

// assemble makes the index of names and the tables of sets.
func (c *Catalog) assemble(custom []*Def, vendors []*Set) {
	all := &Set{Name: objects.ConfigSet, Desc: "All DHCPv4 options in force", Builtin: true}
	c.names = map[string]*Def{}
	for code, d := range c.codes {
		if !c.defined[code] {
			c.codes[code] = undefined(code)
			continue
		}
		all.Defs = append(all.Defs, d)
		c.names[strings.ToLower(d.Name)] = d
	}
	for _, d := range all.Defs {
		for _, a := range d.Aliases {
			if key := strings.ToLower(a); c.names[key] == nil {
				c.names[key] = d
			}
		}
	}
	c.sets = append(vendors, all)
	if len(custom) > 0 {
		c.sets = append(c.sets, &Set{Name: objects.CustomSet, Desc: "The operator's own DHCPv4 options", Builtin: true, Defs: custom})
	}
	slices.SortFunc(c.sets, func(a, b *Set) int { return objects.CompareNames(a.Name, b.Name) })
	enterprises := slices.DeleteFunc(slices.Clone(c.sets), func(s *Set) bool { return s.EnterpriseID == 0 })
	for _, d := range all.Defs {
		link(d, enterprises)
	}
}

// link tells vendor options which sets the enterprise numbers stand for.
func link(d *Def, enterprises []*Set) {
	if d.Type == VendorOpts || d.Type == VendorNoLen {
		d.sets = enterprises
	}
	for _, c := range d.Children {
		link(c, enterprises)
	}
}

// Lookup finds an option by name, alias or number. An unknown name is a 308
// that names the nearest; a number without definition is an AT_BLOB named
// option-<n>.
func (c *Catalog) Lookup(nameOrCode string) (*Def, *objects.Error) {
	word := strings.ToLower(strings.TrimSpace(nameOrCode))
	if d := c.names[word]; d != nil {
		return d, nil
	}
	digits := strings.TrimPrefix(word, "option-")
	if n, err := strconv.Atoi(digits); err == nil && digits[0] != '+' && digits[0] != '-' {
		if n > codeEnd {
			return nil, objects.Errorf(objects.UnknownParameter, "option %s: DHCPv4 options have numbers from %d to %d", nameOrCode, codePad, codeEnd)
		}
		return c.codes[n], nil
	}
	return nil, objects.Errorf(objects.UnknownParameter, "there is no option %s%s", quote(nameOrCode), didYouMean(nameOrCode, c.Names()))
}

// ByCode returns the definition of a code from 0 to 255; a code without one
// gets an AT_BLOB named option-<n>.
func (c *Catalog) ByCode(code int) *Def { return c.codes[byte(code)] }

// Defined tells whether an option has a definition.
func (c *Catalog) Defined(code int) bool { return c.defined[byte(code)] }

// Names returns the names of all defined options by code.
func (c *Catalog) Names() []string {
	var names []string
	for code, d := range c.codes {
		if c.defined[code] {
			names = append(names, d.Name)
		}
	}
	return names
}

// Sets returns all option sets by name, the always present ones included.
func (c *Catalog) Sets() []*Set { return c.sets }

// Set returns the option set of that name.
func (c *Catalog) Set(name string) (*Set, bool) {
	for _, s := range c.sets {
		if strings.EqualFold(s.Name, name) {
			return s, true
		}
	}
	return nil, false
}

// Vendor returns the vendor set of that name.
func (c *Catalog) Vendor(set string) (*Set, bool) {
	s, ok := c.Set(set)
	if !ok || s.VendorString == "" && s.EnterpriseID == 0 {
		return nil, false
	}
	return s, true
}

// CheckValues returns a 316 or 302 for each option value (attributes option.N
// and vendor-option.N.set) of a policy-like object that its definition does
// not allow: definitions may have changed since the value was set.
func (c *Catalog) CheckValues(o *objects.Object) []*objects.Error {
	var faults []*objects.Error
	for _, attr := range o.Names() {
		var refusal *objects.Error
		if id, ok := strings.CutPrefix(attr, objects.OptionPrefix); ok {
			var d *Def
			if d, refusal = c.Lookup(id); refusal == nil {
				_, refusal = d.Parse(o.Attrs[attr])
			}
		} else if rest, ok := strings.CutPrefix(attr, objects.VendorOptionPrefix); ok {
			refusal = c.checkVendor(rest, o.Attrs[attr])
		}
		if refusal != nil {
			faults = append(faults, objects.Errorf(refusal.Code, "%s: %s", o.Ref(), refusal.Msg))
		}
	}
	return faults
}

func (c *Catalog) checkVendor(codeAndSet, text string) *objects.Error {
	id, name, _ := strings.Cut(codeAndSet, ".")
	code, err := strconv.Atoi(id)
	if err != nil {
		return objects.Errorf(objects.UnknownParameter, "%q is no vendor option number", id)
	}
	set, ok := c.Vendor(name)
	if !ok {
		return objects.Errorf(objects.NotFound, "there is no vendor option-set %q%s", name, didYouMean(name, c.vendorNames()))
	}
	_, refusal := set.Parse(code, text)
	return refusal
}

func (c *Catalog) vendorNames() []string {
	var names []string
	for _, s := range c.sets {
		if s.VendorString != "" || s.EnterpriseID != 0 {
			names = append(names, s.Name)
		}
	}
	return names
}

// ParseIDs reads an optionid4 list: names or numbers, comma separated.
func (c *Catalog) ParseIDs(text string) ([]int, *objects.Error) {
	items, f := splitList(text)
	if f != nil {
		return nil, objects.Errorf(objects.Invalid, "a list of options %s", f.rule)
	}
	var codes []int
	for _, it := range items {
		d, refusal := c.Lookup(it)
		if refusal != nil {
			return nil, refusal
		}
		if !slices.Contains(codes, d.Code) {
			codes = append(codes, d.Code)
		}
	}
	return codes, nil
}

// FormatIDs writes an optionid4 list: names, comma separated.
func (c *Catalog) FormatIDs(codes []int) string {
	names := make([]string, len(codes))
	for i, code := range codes {
		names[i] = c.ByCode(code).Name
	}
	return strings.Join(names, ",")
}

// named tells whether a word is a name of the definition.
func (d *Def) named(word string) bool {
	if strings.EqualFold(d.Name, word) {
		return true
	}
	return slices.ContainsFunc(d.Aliases, func(a string) bool { return strings.EqualFold(a, word) })
}

func defNames(defs []*Def) []string {
	names := make([]string, len(defs))
	for i, d := range defs {
		names[i] = d.Name
	}
	return names
}

// didYouMean ends a message about an unknown word.
func didYouMean(word string, among []string) string {
	if near := objects.Nearest(word, among); near != "" {
		return ", did you mean " + near + "?"
	}
	return ""
}
