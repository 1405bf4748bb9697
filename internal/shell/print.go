package shell

import (
	"slices"
	"strings"

	"leasehold/pkg/objects"
)

// This file prints objects. The user format is a block a person reads:
//
//	testScope1:
//	    addr = 192.168.50.0
//	    allocation-priority = 0
//
// with every attribute that the session sees, in alphabetical order; one that
// was not set shows its default, or nothing. Lines that begin with # tell what
// does not act. The script format is one line of
// what was set:
//
//	testScope1: addr=192.168.50.0 description="second floor"

// object prints an object in the session's format.
func (c *call) object(o *objects.Object) {
	if c.session.format == formatScript {
		c.println(scriptLine(&c.session, o, nil))
		return
	}
	c.println(headerOf(o) + ":")
	for _, p := range pairs(&c.session, o) {
		c.printf("    %s = %s\n", p.name, p.text)
	}
	c.withoutEffect(o)
}

// withoutEffect says below an object what of it does not act: all of it, or
// what was set in vain.
func (c *call) withoutEffect(o *objects.Object) {
	if why := o.Class.Inert; why != "" {
		c.printf("    # has no effect: %s\n", why)
		return
	}
	for _, a := range o.SetInVain() {
		if c.session.visible(a.Visibility) {
			c.printf("    # %s has no effect: %s\n", a.Name, a.Inert)
		}
	}
}

// brief prints the line of listbrief: the attributes that create takes by
// position and those that an object must have.
func (c *call) brief(o *objects.Object) {
	c.println(scriptLine(&c.session, o, func(a *objects.Attr) bool {
		return a.Required || slices.Contains(o.Class.Create, a.Name) || slices.Contains(o.Class.Create, "["+a.Name+"]") ||
			slices.Contains(o.Class.Brief, a.Name)
	}))
}

// header is how a name stands before a colon or in a list of names.
func (c *call) header(name string) string {
	if c.class != nil && c.class.Singleton {
		return c.class.Name
	}
	return name
}

func headerOf(o *objects.Object) string {
	if o.Name == "" {
		return o.Class.Name
	}
	return oneLine(o.Name)
}

// shown is a value as it is printed. What an operator wrote may have lines, such
// as an expression that was read from a file; what a client sent has not.
func shown(class *objects.Class, text string) string {
	if class.Runtime {
		return oneLine(text)
	}
	return text
}

// pair is an attribute as it is printed.
type pair struct {
	name, text string
	attr       *objects.Attr
	set        bool // not just a default
}

// pairs lists what the session sees of an object, in alphabetical order.
func pairs(s *session, o *objects.Object) []pair {
	var ps []pair
	known := map[string]bool{}
	for _, a := range o.Class.Attrs {
		known[a.Name] = true
		if !s.visible(a.Visibility) {
			continue
		}
		_, set := o.Attrs[a.Name]
		text := shown(o.Class, a.Show(o.Text(a)))
		if a.Derive != nil {
			set = text != ""
		}
		ps = append(ps, pair{a.Name, text, a, set})
	}
	for name, text := range o.Attrs {
		// Counters, and what a newer server has beyond our tables; option
		// values have listings of their own.
		if !known[name] && !strings.HasPrefix(name, objects.OptionPrefix) && !strings.HasPrefix(name, objects.VendorOptionPrefix) {
			ps = append(ps, pair{name, shown(o.Class, text), nil, true})
		}
	}
	slices.SortFunc(ps, func(a, b pair) int { return strings.Compare(a.name, b.name) })
	return ps
}

// scriptLine writes an object on one line; which limits it to some attributes.
func scriptLine(s *session, o *objects.Object, which func(*objects.Attr) bool) string {
	var b strings.Builder
	b.WriteString(headerOf(o))
	b.WriteByte(':')
	for _, p := range pairs(s, o) {
		if !p.set || which != nil && (p.attr == nil || !which(p.attr)) {
			continue
		}
		b.WriteByte(' ')
		b.WriteString(p.name)
		b.WriteByte('=')
		b.WriteString(scriptValue(p.text))
	}
	return b.String()
}

// scriptValue quotes what would not be one word.
func scriptValue(text string) string {
	if text == "" {
		return ""
	}
	return Quote(text)
}
