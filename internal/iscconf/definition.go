package iscconf

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"leasehold/internal/option"
	"leasehold/pkg/objects"
)

func newCatalog(cfg *objects.Config) (*option.Catalog, error) { return option.NewCatalog(cfg) }

// definitions writes option-sets and option definitions.
func (c *converter) definitions() {
	cfg := objects.NewConfig()
	var lines []string
	names := takenOptions(c.catalog)
	octets := c.octetTexts()
	for _, d := range c.spaces.customs() {
		switch {
		case d.space != "dhcp":
			continue
		case d.code < 1 || d.code > 254:
			c.find(d.pos, "option "+d.name, fmt.Sprintf("option numbers go from 1 to 254, %d is none", d.code))
			continue
		case c.catalog.Defined(d.code):
			if d.code != 43 && d.code != 125 && d.code != 124 {
				c.note(d.pos, "option "+d.name, fmt.Sprintf("option %s is known here; values have its name", c.catalog.ByCode(d.code)))
			}
			continue
		}
		name := wordOf(strings.ReplaceAll(d.name, ".", "-"))
		if len(name) > 60 {
			name = name[:60]
		}
		if name[0] >= '0' && name[0] <= '9' || name[0] == '_' || name[0] == '.' {
			name = "o-" + name
		}
		if names[strings.ToLower(name)] {
			name = fmt.Sprintf("%s-%d", name, d.code)
		}
		o := objects.New(objects.Option, fmt.Sprintf("%s/%d", objects.CustomSet, d.code))
		t, repeat := d.format.ourType()
		if octets[d.code] && t == "AT_NSTRING" {
			t = "AT_BLOB"
		}
		o.Attrs["name"], o.Attrs["type"], o.Attrs["repeat"] = name, t, repeat
		if cfg.Get(objects.Option, o.Name) != nil {
			c.note(d.pos, "option "+d.name, fmt.Sprintf("option %d has another name already; values have that", d.code))
			continue
		}
		o.Attrs["name"] = names.take(name)
		cfg.Put(o)
		c.counts.Options++
		line := fmt.Sprintf("option %d create %s %s %s", d.code, objects.CustomSet, o.Attrs["name"], t)
		if repeat != "1" {
			line += " repeat=" + repeat
		}
		lines = append(lines, line)
	}
	if catalog, err := newCatalog(cfg); err == nil {
		c.catalog = catalog
	}
	lines = append(lines, c.vendorDefinitions()...)
	if len(lines) > 0 {
		c.heading("Option definitions.")
		c.lines = append(c.lines, lines...)
	}
}

// octetTexts are the numbers of options of the configuration's own that some
// value has other octets than text in: a text that ends in a nul or a newline is
// what some clients want.
func (c *converter) octetTexts() map[int]bool {
	all := map[int]bool{}
	c.walk(func(d *declaration) {
		for _, s := range d.options {
			if s.def.custom && s.def.space == "dhcp" && len(s.value) > 0 && !printable(s.value) {
				all[s.def.code] = true
			}
		}
	})
	return all
}

// customs lists the definitions of the configuration, by space and code.
func (s *spaces) customs() []*optionDef {
	var all []*optionDef
	for _, sp := range s.byName {
		for _, d := range sp.options {
			if d.custom {
				all = append(all, d)
			}
		}
	}
	slices.SortFunc(all, func(a, b *optionDef) int {
		return cmp.Or(cmp.Compare(a.space, b.space), cmp.Compare(a.code, b.code), cmp.Compare(a.pos.Line, b.pos.Line), cmp.Compare(a.name, b.name))
	})
	return all
}
