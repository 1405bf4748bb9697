package iscconf

import (
	"fmt"
	"slices"
	"strings"

	"leasehold/internal/option"
	"leasehold/pkg/objects"
)

// vendorDefinitions finds the option spaces that are a vendor's: those which a
// class that is found by the beginning of the vendor class identifier names in
// vendor-option-space, and nothing else does.
func (c *converter) vendorDefinitions() []string {
	users := map[string][]*declaration{}
	c.walk(func(d *declaration) {
		if p, ok := d.parameters["vendor-option-space"]; ok {
			users[p.text] = append(users[p.text], d)
		}
	})
	var lines []string
	sets := newNameSet(objects.OptionSet.Reserved...)
	names := make([]string, 0, len(users))
	for name := range users {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		sp := c.spaces.byName[name]
		if len(users[name]) != 1 || sp.codeWidth != 1 || sp.lengthWidth != 1 {
			continue
		}
		d := users[name][0]
		if d.kind != class || d.matchIf == nil || c.lost[d] {
			continue
		}
		test := c.testOf(d.matchIf)
		if test.of != "(request get-blob option 60)" || !printable([]byte(test.with)) {
			continue
		}
		set := sets.take(wordOf(name))
		c.vendorSets[name] = set
		lines = append(lines, fmt.Sprintf("option-set %s create 8-bit vendor-option-string=%s", set, quote(test.with)))
		taken, codes := newNameSet(), map[int]string{}
		for _, o := range c.spaces.customs() {
			if o.space != name || o.code < 1 || o.code > 254 {
				continue
			}
			if other, twice := codes[o.code]; twice {
				c.note(o.pos, "option "+name+"."+o.name, fmt.Sprintf("option %d of the space is defined as %s already; values have that name", o.code, other))
				continue
			}
			codes[o.code] = o.name
			t, repeat := o.format.ourType()
			line := fmt.Sprintf("option %d create %s %s %s", o.code, set, taken.take(definitionName(o)), t)
			if repeat != "1" {
				line += " repeat=" + repeat
			}
			c.counts.Options++
			lines = append(lines, line)
		}
	}
	return lines
}

// definitionName is what an option of a vendor's space is called.
func definitionName(o *optionDef) string {
	name := wordOf(strings.ReplaceAll(o.name, ".", "-"))
	if first := name[0]; first >= '0' && first <= '9' || first == '_' {
		name = "o-" + name
	}
	return shortenTo(name, 60)
}

// walk visits every declaration that can have parameters.
func (c *configuration) walk(visit func(*declaration)) {
	seen := map[*declaration]bool{}
	var one func(d *declaration)
	one = func(d *declaration) {
		for _, up := range d.path() {
			if !seen[up] {
				seen[up] = true
				visit(up)
			}
		}
		for _, cd := range d.ifs {
			for _, b := range cd.branches {
				one(b.body)
			}
		}
	}
	one(c.root)
	for _, n := range c.networks {
		for _, s := range n.subnets {
			one(s.declaration)
			for _, p := range s.pools {
				one(p)
			}
		}
	}
	for _, lists := range [][]*declaration{c.hosts, c.classes, c.groups} {
		for _, d := range lists {
			one(d)
		}
	}
	for _, subs := range c.subclasses {
		for _, d := range subs {
			one(d)
		}
	}
}

// vendorOptions writes the options of a vendor's space as values of its
// option-set. Each is written as bytes or text, which needs no definition.
func (c *converter) vendorOptions(put func(string, ...any), set, space string, full values) {
	var b strings.Builder
	for _, s := range full.inOrder() {
		if s.def.space != space {
			continue
		}
		text, ok := vendorText(s)
		if !ok {
			c.find(s.pos, "option "+space+"."+s.def.name, "the value cannot be written as one of a vendor option; clients do not get it")
			continue
		}
		fmt.Fprintf(&b, "(%d %s)", s.def.code, text)
	}
	if b.Len() > 0 {
		c.sent[43] = true
		put("setVendorOption 43 %s %s", set, b.String())
	}
}

// vendorText writes a value so that its definition reads it back the same.
func vendorText(s setting) (string, bool) {
	t, repeat := s.def.format.ourType()
	typ, ok := option.TypeNamed(t)
	if !ok {
		return "", false
	}
	rep, err := option.ParseRepeat(repeat)
	if err != nil || len(s.value) > 255 {
		return "", false
	}
	d := &option.Def{Code: s.def.code, Name: s.def.name, Type: typ, Repeat: rep}
	text := d.Decode(s.value)
	if t == "AT_NSTRING" && printable(s.value) && len(s.value) > 0 {
		if strings.ContainsAny(text, "\"\\(),; ") {
			return "", false
		}
		return text, true
	}
	canonical, refusal := d.Parse(text)
	if refusal != nil {
		return "", false
	}
	back, err := d.Encode(canonical)
	return text, err == nil && string(back) == string(s.value)
}
