package iscconf

import (
	"fmt"
	"slices"
	"strings"
)

// A facet is something that packets differ in, as far as the configuration asks:
// membership of a class, the branch of an if. It has one of its values, or none.
// Each combination of values of all facets is a client-class.
type facet struct {
	values []*facetValue
}

type facetValue struct {
	label   string
	when    string         // in our language
	from    []*declaration // what holds then, the outermost first
	member  *declaration   // the class that the client is in
	of      *declaration   // the class that an if stands in
	test    equality       // what when compares, where it does only that
	clients []*declaration // subclasses by hardware address: the clients themselves
}

// equality is a comparison of something with a constant, or with its beginning.
type equality struct {
	of     string
	with   string
	prefix bool
}

// excludes tells whether two comparisons are never both true.
func (a equality) excludes(b equality) bool {
	if a.of == "" || a.of != b.of {
		return false
	}
	switch {
	case a.prefix && b.prefix:
		return !strings.HasPrefix(a.with, b.with) && !strings.HasPrefix(b.with, a.with)
	case a.prefix:
		return !strings.HasPrefix(b.with, a.with)
	case b.prefix:
		return !strings.HasPrefix(a.with, b.with)
	}
	return a.with != b.with
}

// maxCombinations bounds the client-classes that are made.
const maxCombinations = 128

// manySubclasses is from when on members of a class by hardware address are
// written as clients, not as one expression.
const manySubclasses = 200

// facets finds all of a configuration.
func (c *converter) facets() {
	for _, d := range c.classes {
		c.classFacet(d)
	}
	c.ifFacets(c.root, "", nil)
	for _, g := range c.groups {
		c.ifsOf(g, len(c.networks) == 1 && c.holding[g])
	}
	for _, n := range c.networks {
		alone := len(c.networks) == 1
		if n.decl != nil {
			c.ifsOf(n.decl, alone)
		}
		for _, s := range n.subnets {
			alone = alone && len(n.subnets) == 1
			c.ifsOf(s.declaration, alone)
			for _, p := range s.pools {
				c.ifsOf(p, alone && len(s.pools) == 1)
			}
		}
	}
	for _, h := range c.hosts {
		c.ifsOf(h, false)
	}
	c.prune()
}

// findHolding finds the groups that networks stand in.
func (c *converter) findHolding() {
	for _, n := range c.networks {
		for _, s := range n.subnets {
			for d := s.declaration; d != nil && !c.holding[d]; d = d.parent {
				c.holding[d] = true
			}
		}
	}
}

// ifsOf are the ifs that stand in something. A client-class does not know the
// client's network: with one only there is nothing to know.
func (c *converter) ifsOf(d *declaration, alone bool) {
	if alone {
		c.ifFacets(d, "", nil)
		return
	}
	for _, cd := range d.ifs {
		c.find(cd.pos, "if ... in "+string(d.kind)+" "+d.name, "a client-class does not know the network or the host, and others do not have the statement: nothing of it is carried")
	}
}

// classFacet is that of a class, with its subclasses.
func (c *converter) classFacet(d *declaration) {
	subs := c.subclasses[d]
	switch {
	case d.spawn != nil:
		c.spawned(d)
	case len(subs) > 0 && d.match == nil:
		c.find(d.pos, "class "+quote(d.name), "its subclasses have nothing to match with: they have no members")
	case len(subs) > 0:
		c.subclassFacet(d, subs)
	case d.matchIf == nil && d.match == nil:
		c.find(d.pos, "class "+quote(d.name), "nothing makes a client a member of it; nothing of it is carried")
	case d.match != nil && d.matchIf == nil:
		c.note(d.pos, "class "+quote(d.name), "it has no subclasses, and so no members")
	}
	if d.matchIf == nil || d.spawn != nil {
		return
	}
	when, err := c.translate.condition(d.matchIf)
	if err != nil {
		c.lostClass(d, d.matchIf, err)
		return
	}
	c.addValue(&facetValue{label: wordOf(d.name), when: when, from: []*declaration{d}, member: d, test: c.testOf(d.matchIf)})
	c.ifFacets(d, when, d)
}

func (c *converter) lostClass(d *declaration, e *expression, err error) {
	c.lost[d] = true
	at := e.pos
	if why, ok := err.(*cannot); ok {
		at = why.pos
	}
	c.find(at, "class "+quote(d.name), "no client is a member of it here: "+err.Error())
}

// spawned is a class that has as many members of each kind as lease limit says.
func (c *converter) spawned(d *declaration) {
	by, err := c.translate.data(d.spawn)
	when := by
	if err == nil && d.matchIf != nil {
		var also string
		also, err = c.translate.condition(d.matchIf)
		when = "(and " + also + " " + by + ")"
	}
	if err != nil {
		c.lostClass(d, d.spawn, err)
		return
	}
	c.limits[d] = by
	c.addValue(&facetValue{label: wordOf(d.name), when: when, from: []*declaration{d}, member: d})
	c.ifFacets(d, when, d)
}

// subclassFacet makes one value of all subclasses that say nothing of their own,
// and one of each that does.
func (c *converter) subclassFacet(d *declaration, subs []*declaration) {
	of, err := c.translate.data(d.match)
	if err != nil {
		c.lostClass(d, d.match, err)
		return
	}
	also := ""
	if d.matchIf != nil {
		if also, err = c.translate.condition(d.matchIf); err != nil {
			c.lostClass(d, d.matchIf, err)
			return
		}
	}
	f := &facet{}
	var common []string
	members := &facetValue{label: wordOf(d.name), from: []*declaration{d}, member: d}
	for i, s := range subs {
		test := "(equal x " + literal(s.data) + ")"
		if len(s.options) == 0 && len(s.parameters) == 0 && len(s.ifs) == 0 {
			common = append(common, test)
			members.clients = append(members.clients, s)
			continue
		}
		label := wordOf(d.name) + "-" + wordOf(string(s.data))
		if !printable(s.data) {
			label = fmt.Sprintf("%s-%d", wordOf(d.name), i+1)
		}
		f.values = append(f.values, &facetValue{label: label, when: bind(of, also, test), from: []*declaration{d, s}, member: d})
		c.ifFacets(s, bind(of, also, test), d)
	}
	if d.limit > 0 {
		c.limits[d] = of
	}
	switch {
	case len(common) > manySubclasses && d.match.op == "hardware" && also == "":
		members.when = ""
		f.values = append(f.values, members)
	case len(common) > 0:
		members.when = bind(of, also, "(or "+strings.Join(common, " ")+")")
		f.values = append(f.values, members)
	}
	c.all = append(c.all, f)
	if len(d.ifs) > 0 {
		c.ifFacets(d, bind(of, also, "x"), d)
	}
}

func bind(of, also, test string) string {
	text := "(let ((x " + of + ")) (and x " + test + "))"
	if also != "" {
		return "(and " + also + " " + text + ")"
	}
	return text
}

// testOf finds the comparison that a condition is.
func (c *converter) testOf(e *expression) equality {
	if e.op != "=" {
		return equality{}
	}
	left, right := e.args[0], e.args[1]
	with, ok := right.constant()
	if !ok || len(with) == 0 {
		return equality{}
	}
	prefix := false
	if left.op == "substring" {
		from, ok := left.args[1].integer()
		n, ok2 := left.args[2].integer()
		if !ok || !ok2 || from != 0 || int(n) != len(with) {
			return equality{}
		}
		left, prefix = left.args[0], true
	}
	of, err := c.translate.data(left)
	if err != nil {
		return equality{}
	}
	return equality{of, string(with), prefix}
}

// addValue puts a value to those that it is never true together with, or into a
// facet of its own.
func (c *converter) addValue(v *facetValue) {
	for _, f := range c.all {
		if len(f.values) > 0 && !slices.ContainsFunc(f.values, func(w *facetValue) bool { return !w.test.excludes(v.test) }) {
			f.values = append(f.values, v)
			return
		}
	}
	c.all = append(c.all, &facet{values: []*facetValue{v}})
}

// ifFacets makes a facet of each if of a declaration; when is what must hold
// for the declaration itself.
func (c *converter) ifFacets(d *declaration, when string, of *declaration) {
	for _, cd := range d.ifs {
		f := &facet{}
		var before []string
		for _, b := range cd.branches {
			cond, err := "", error(nil)
			if b.when != nil {
				if cond, err = c.translate.condition(b.when); err != nil {
					at := b.when.pos
					if why, ok := err.(*cannot); ok {
						at = why.pos
					}
					c.find(at, "if ...", err.Error()+"; neither this branch nor those behind it are carried")
					break
				}
			}
			all := slices.Concat(nonEmpty(when), before, nonEmpty(cond))
			test := equality{}
			if b.when != nil && when == "" && len(before) == 0 {
				test = c.testOf(b.when)
			}
			v := &facetValue{label: c.branchLabel(b), when: conjunction(all), from: []*declaration{b.body}, of: of, test: test}
			if len(b.body.options) > 0 || len(b.body.parameters) > 0 {
				f.values = append(f.values, v)
			}
			c.ifFacets(b.body, conjunction(all), of)
			if cond != "" {
				before = append(before, "(not "+cond+")")
			}
		}
		if len(f.values) > 0 {
			c.all = append(c.all, f)
		}
	}
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func conjunction(all []string) string {
	switch len(all) {
	case 0:
		return `"always"`
	case 1:
		return all[0]
	}
	return "(and " + strings.Join(all, " ") + ")"
}

func (c *converter) branchLabel(b *conditionalBranch) string {
	if b.when == nil {
		return fmt.Sprintf("else-%d", b.body.pos.Line)
	}
	return fmt.Sprintf("if-%d", b.body.pos.Line)
}

// prune leaves facets out that would make too many client-classes.
func (c *converter) prune() {
	n := 1
	var kept []*facet
	for _, f := range c.all {
		if n*(len(f.values)+1) > maxCombinations {
			for _, v := range f.values {
				d := v.from[len(v.from)-1]
				if v.member != nil {
					c.lost[v.member] = true
				}
				c.find(d.pos, string(d.kind)+" "+v.label, fmt.Sprintf("with the classes before it more than %d combinations were possible, and a client has one client-class; no client is a member of it here", maxCombinations))
			}
			continue
		}
		n *= len(f.values) + 1
		kept = append(kept, f)
	}
	c.all = kept
}
