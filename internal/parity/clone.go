package parity

import (
	"slices"
	"strconv"
	"strings"

	"leasehold/pkg/objects"
)

// Header begins the first line of a clone, behind the sign of a comment; the
// cluster's name follows.
const Header = "Set the configuration to match DHCP server"

// Clone writes a configuration as the lines of a batch file that makes an empty
// server the same in all that travels: one command for each attribute, in
// alphabetical order, undefined ones as unset. Secrets are not in it; a comment
// tells where one must be given by hand.
//
// The order is one in which every line is right by itself: an attribute that
// would not be allowed yet, because it names something further down or does not
// fit to another one, comes as soon as it is.
func Clone(cfg *objects.Config, cluster string) []string {
	c := &cloner{cfg: cfg, sim: objects.NewConfig()}
	for _, o := range objects.Builtins() {
		c.sim.Put(o)
	}
	c.line("# " + Header + " " + oneLine(cluster))
	c.line("session set visibility=" + strconv.Itoa(objects.Hidden))
	for _, class := range cloneOrder() {
		if class.Singleton {
			c.object(singleton(cfg, class))
		} else {
			for _, o := range inOrder(cfg, wholeOf(cfg).all(class)) {
				c.object(portable(cfg, o))
			}
		}
		c.retry()
	}
	for _, s := range c.waiting {
		c.line(s.line())
	}
	return c.lines
}

// cloneFirst and cloneLast are the classes that others rely on, and those that
// rely on others; the rest stands between them.
var (
	cloneFirst = []string{"dhcp", "vpn", "option-set", "option", "scope-selection-tag", "key", "dhcp-dns-update", "policy"}
	cloneLast  = []string{"client-class", "client-class-policy", "client", "client-policy", "scope-template", "scope-template-policy",
		"scope", "scope-policy", "reservation", "failover-pair"}
)

// brief are the classes of whose objects there may be very many. What is
// undefined in them is left out: a new object has none of it.
var brief = []string{"client", "client-policy", "reservation"}

func cloneOrder() []*objects.Class {
	rank := func(c *objects.Class) int {
		if i := slices.Index(cloneFirst, c.Name); i >= 0 {
			return i - len(cloneFirst)
		}
		return slices.Index(cloneLast, c.Name) + 1
	}
	cs := travelling()
	slices.SortStableFunc(cs, func(a, b *objects.Class) int { return rank(a) - rank(b) })
	return cs
}

// cloner writes the lines and keeps what a server that was given them has.
type cloner struct {
	cfg, sim *objects.Config
	lines    []string
	waiting  []step
}

// step is an attribute of an object on its way.
type step struct {
	o    *objects.Object // of the simulated server
	attr string
	text string
	set  bool
}

func (c *cloner) line(words ...string) {
	if len(words) > 0 {
		c.lines = append(c.lines, strings.Join(words, " "))
	}
}

// object writes one object.
func (c *cloner) object(o *objects.Object) {
	known := c.sim.Get(o.Class, o.Name)
	if o.Class.Owner != "" && len(o.Attrs) == 0 {
		return
	}
	given := map[string]bool{}
	if known == nil {
		known = c.create(o, given)
	} else {
		known = known.Clone()
		c.sim.Put(known)
	}
	var steps []step
	for _, name := range namesOf(o.Class, o, known) {
		a := o.Class.Attr(name)
		text, set := o.Attrs[name]
		switch {
		case given[name]:
			continue
		case a != nil && a.Secret:
			c.secret(o, a, set && text != "")
			continue
		case !set && a != nil && a.Required && a.Default != "":
			text, set = a.Default, true
		case !set && a != nil && (a.Required || a.Immutable || slices.Contains(brief, o.Class.Name)):
			continue
		}
		steps = append(steps, step{known, name, text, set})
	}
	c.waiting = append(c.waiting, c.try(steps)...)
}

// secret writes what the reader must do by hand.
func (c *cloner) secret(o *objects.Object, a *objects.Attr, set bool) {
	if set {
		c.line("# The " + a.Name + " of " + o.Ref() + " is not in this file. Give it: " + command(o, "set", a.Name+"="+objects.QuoteText("<"+a.Name+">")))
	}
}

// try does the steps as soon as the server would take them, and returns those
// that it would not.
func (c *cloner) try(steps []step) []step {
	for again := true; again; {
		again = false
		var left []step
		for _, s := range steps {
			if c.do(s) {
				again = again || len(left) > 0
			} else {
				left = append(left, s)
			}
		}
		steps = left
	}
	return steps
}

// retry looks at what waits for something that may be there now.
func (c *cloner) retry() { c.waiting = c.try(c.waiting) }

// do writes a step unless the server would refuse it.
func (c *cloner) do(s step) bool {
	before, had := s.o.Attrs[s.attr]
	if s.set {
		s.o.Attrs[s.attr] = s.text
	} else {
		delete(s.o.Attrs, s.attr)
	}
	if len(c.sim.CheckObject(s.o)) > 0 {
		delete(s.o.Attrs, s.attr)
		if had {
			s.o.Attrs[s.attr] = before
		}
		return false
	}
	c.line(s.line())
	return true
}

// create writes the command that makes the object, with what it needs from the
// start; given says what that is.
func (c *cloner) create(o *objects.Object, given map[string]bool) *objects.Object {
	n := objects.New(o.Class, o.Name)
	c.sim.Put(n)
	give := func(name string) {
		if text, set := o.Attrs[name]; set {
			n.Attrs[name] = text
		}
		given[name] = true
	}
	if o.Class.Owner != "" {
		return n
	}
	args, hand := c.arguments(o, give)
	for _, a := range o.Class.Attrs {
		if _, set := o.Attrs[a.Name]; set && !given[a.Name] && a.Immutable && carried(o.Class, a.Name) {
			give(a.Name)
			args = append(args, assignment(o, a.Name, o.Attrs[a.Name]))
		}
	}
	for _, name := range c.missing(o, n, given) {
		give(name)
		args = append(args, assignment(o, name, o.Attrs[name]))
	}
	c.sim.Put(n) // where its subnet is known
	line := command(o, "create", args...)
	if hand != "" {
		line = "# The " + hand + " of " + o.Ref() + " is not in this file. Give it before this is loaded: " + line
	}
	c.line(line)
	return n
}

// arguments makes those of a create by position; hand names a secret among
// them.
func (c *cloner) arguments(o *objects.Object, give func(string)) (args []string, hand string) {
	if o.Class == objects.Reservation {
		give(objects.ReservationLookupKey.Name)
		give(objects.ReservationLookupKeyType.Name)
		return []string{objects.QuoteWord(objects.ReservationLookupKey.Of(o)), "-" + o.Text(objects.ReservationLookupKeyType.Attr)}, ""
	}
	for _, name := range o.Class.Create {
		name = strings.Trim(name, "[]")
		a := o.Class.Attr(name)
		text := o.Text(a)
		if text == "" || !carried(o.Class, name) {
			break
		}
		give(name)
		if a.Secret {
			hand = name
			args = append(args, objects.QuoteText("<"+name+">"))
			continue
		}
		args = append(args, objects.QuoteWord(text))
	}
	return args, hand
}

// missing finds the attributes without which the server would refuse a new
// object: those that each mend something, or else all.
func (c *cloner) missing(o, n *objects.Object, given map[string]bool) []string {
	var names []string
	wrong := len(c.sim.CheckObject(n))
	for _, name := range namesOf(o.Class, o) {
		text, set := o.Attrs[name]
		if wrong == 0 {
			break
		}
		if !set || given[name] || o.Class.Attr(name) == nil {
			continue
		}
		n.Attrs[name] = text
		if now := len(c.sim.CheckObject(n)); now < wrong {
			wrong = now
			names = append(names, name)
		} else {
			delete(n.Attrs, name)
		}
	}
	return names
}

// command begins a line about an object.
func command(o *objects.Object, verb string, words ...string) string {
	all := []string{o.Class.Name}
	switch set, id := objects.SplitOption(o.Name); {
	case o.Class.Singleton:
		all = append(all, verb)
	case o.Class == objects.Option:
		all = append(all, id, verb, objects.QuoteWord(set))
	default:
		all = append(all, objects.QuoteWord(o.Name), verb)
	}
	return strings.Join(append(all, words...), " ")
}

// line is the command of a step.
func (s step) line() string {
	if code, ok := strings.CutPrefix(s.attr, objects.OptionPrefix); ok {
		if !s.set {
			return command(s.o, "unsetOption", code)
		}
		return command(s.o, "setOption", code, optionText(s.text))
	}
	if rest, ok := strings.CutPrefix(s.attr, objects.VendorOptionPrefix); ok {
		code, set, _ := strings.Cut(rest, ".")
		if !s.set {
			return command(s.o, "unsetVendorOption", code, objects.QuoteWord(set))
		}
		return command(s.o, "setVendorOption", code, objects.QuoteWord(set), optionText(s.text))
	}
	if !s.set {
		return command(s.o, "unset", s.attr)
	}
	return command(s.o, "set", assignment(s.o, s.attr, s.text))
}

// assignment writes attr=value. An expression is always quoted: without quotes
// one in parentheses would end where they close.
func assignment(o *objects.Object, name, text string) string {
	a := o.Class.Attr(name)
	switch a.Kind {
	case objects.Feature:
		return name + "=" + a.Show(text)
	case objects.Expr:
		return name + "=" + objects.QuoteText(text)
	}
	return name + "=" + objects.QuoteWord(text)
}

// optionText writes the value of an option, which is the rest of its line and
// may be in one more pair of quotes.
func optionText(text string) string {
	if strings.TrimSpace(text) != text || text == "" || text[0] == '"' && text[len(text)-1] == '"' {
		text = `"` + text + `"`
	}
	if strings.ContainsAny(text, `"\#`) {
		return objects.QuoteText(text)
	}
	return text
}

// oneLine keeps what a person has typed on the line of a comment.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, text)
}
