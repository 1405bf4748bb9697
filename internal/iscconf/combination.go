package iscconf

import (
	"fmt"
	"slices"
	"strings"
)

// combination is one value, or none, of each facet.
type combination struct {
	name   string
	values []*facetValue // nil where the facet has none
}

// combinations lists all, the one without any value first.
func (c *converter) combinations() []*combination {
	all := []*combination{{}}
	for _, f := range c.all {
		var more []*combination
		for _, co := range all {
			for _, v := range append([]*facetValue{nil}, f.values...) {
				more = append(more, &combination{values: append(slices.Clip(co.values), v)})
			}
		}
		all = more
	}
	for _, co := range all {
		var labels []string
		for _, v := range co.values {
			if v != nil {
				labels = append(labels, v.label)
			}
		}
		co.name = strings.Join(labels, "+")
		if len(c.all) > 1 || co.name == "" {
			co.name = strings.Join(append([]string{baseClass}, labels...), "+")
		}
	}
	return all
}

// baseClass is the client-class of clients that are in no class of dhcpd's.
const baseClass = "clients"

// in tells whether a combination is in a class.
func (co *combination) in(d *declaration) bool {
	return slices.ContainsFunc(co.values, func(v *facetValue) bool { return v != nil && v.member == d })
}

// values is what the combination says: dhcpd executes the statements of global
// first, and of several classes the one declared first has the last word.
func (c *converter) valuesOf(co *combination) values {
	sum := newValues()
	for _, v := range co.values {
		if v != nil && v.member == nil && v.of == nil {
			sum.add(v.from[0])
		}
	}
	for _, d := range slices.Backward(c.classes) {
		for _, v := range co.values {
			if v != nil && v.member == d {
				c.addClass(sum, v)
			}
		}
		for _, v := range co.values {
			if v != nil && v.of == d {
				sum.add(v.from[0])
			}
		}
	}
	return sum
}

// addClass adds what a class and the groups around it say.
func (c *converter) addClass(sum values, v *facetValue) {
	for _, d := range v.from {
		for _, up := range d.path() {
			if up.kind != global {
				sum.add(up)
			}
		}
	}
}

// lookup is the expression that names the client-class of a packet; "" if all
// have the same.
func (c *converter) lookup() string {
	var parts []string
	for _, f := range c.all {
		var tests []string
		for _, v := range f.values {
			if v.when == "" {
				continue // its clients are written one by one
			}
			label := v.label
			if len(c.all) > 1 {
				label = "+" + label
			}
			tests = append(tests, fmt.Sprintf("(if (try %s null) %q)", v.when, label))
		}
		otherwise := `""`
		if len(c.all) == 1 {
			otherwise = `"` + c.base + `"`
		}
		parts = append(parts, "(or "+strings.Join(append(tests, otherwise), " ")+")")
	}
	switch len(parts) {
	case 0:
		return ""
	case 1:
		return parts[0]
	}
	return "(concat \"" + baseClass + "\" " + strings.Join(parts, " ") + ")"
}
