package shell

import (
	"slices"
	"strings"

	"leasehold/pkg/objects"
)

// verb is one row of the table of verbs: the regular ones, which every class
// has, and what the shell does itself for a method of a class. All other
// methods go to the server as they are.
type verb struct {
	name    string
	usage   string // arguments
	help    string
	listing bool // stands in the place of the object's name
	// when limits the verb to some classes; nil is all.
	when func(*objects.Class) bool
	run  func(*call) *objects.Error
}

// regular is the table of the verbs that classes have in common.
func regular() []verb {
	return []verb{
		{name: "create", usage: "[<value> ...] [<attribute>=<value> ...]", help: "Make a new object", when: creatable, run: runCreate},
		{name: "delete", usage: "[force]", help: "Remove the object; a scope that holds live leases goes only with force", when: forcible, run: runDelete},
		{name: "delete", help: "Remove the object", when: func(c *objects.Class) bool { return creatable(c) && !forcible(c) }, run: runDelete},
		{name: "show", help: "Show all attributes of the object; without a verb it is shown too", run: runShow},
		{name: "get", usage: "<attribute>", help: "Show an attribute that was set", run: runGet},
		{name: "set", usage: "<attribute>=<value> ... | <attribute> <value>", help: "Give attributes a value", when: settable, run: runSet},
		{name: "unset", usage: "<attribute> ...", help: "Take attributes' values away", when: settable, run: runUnset},
		{name: "enable", usage: "<attribute>", help: "Set a boolean attribute to true", when: switchable, run: runEnable},
		{name: "disable", usage: "<attribute>", help: "Set a boolean attribute to false", when: switchable, run: runDisable},
		{name: "list", help: "Show all objects with all attributes", listing: true, when: listable, run: runList},
		{name: "listnames", help: "Show the names of all objects", listing: true, when: listable, run: runListNames},
		{name: "listbrief", help: "Show a line for each object", listing: true, when: listable, run: runListBrief},
	}
}

func creatable(c *objects.Class) bool  { return !c.Singleton && !c.Runtime && c.Owner == "" }
func forcible(c *objects.Class) bool   { return c == objects.Scope }
func settable(c *objects.Class) bool   { return !c.Runtime || c == objects.Session }
func switchable(c *objects.Class) bool { return !c.Runtime }
func listable(c *objects.Class) bool   { return !c.Singleton }

// special are the verbs and methods that the shell does not simply hand on, by
// class and name.
func special() map[string]func(*call) *objects.Error {
	return map[string]func(*call) *objects.Error{
		"admin enterPassword":     runEnterPassword,
		"dhcp start":              runControl,
		"dhcp stop":               runControl,
		"dhcp reload":             runControl,
		"dhcp getHealth":          runHealth,
		"dhcp getStats":           runStats,
		"dhcp getRelatedServers":  runRelated,
		"failover-pair getStatus": runPairStatus,
		"lease list":              runLeaseList,
		"lease listnames":         runLeaseList,
		"lease listbrief":         runLeaseList,
		"reservation list":        runReservationList,
		"scope listLeases":        runListLeases,
		"scope getUtilization":    runUtilization,
		"session show":            func(c *call) *objects.Error { c.object(c.session.object); return nil },
		"session get":             sessionGet,
		"session set":             sessionSet,
		"session unset":           sessionUnset,
		"session assert":          sessionAssert,
		"session cache":           sessionCache,
		"session changes":         sessionChanges,
		"session difference":      sessionDifference,
		"session log":             sessionLog,
	}
}

// nameless are the methods that stand in the place of the object's name.
var nameless = map[string]bool{"option listtypes": true, "scope report-staged-edits": true}

// classVerb is a verb of one class, from either table.
type classVerb struct {
	name        string
	usage       string
	help        string
	listing     bool
	method      *objects.Method // nil for a regular verb
	run         func(*call) *objects.Error
	unsupported string
	aliases     []string
	both        bool // takes -both
}

// verbsOf lists the verbs of a class that the session sees: the regular ones
// in the order of their table, then the methods.
func (s *Shell) verbsOf(class *objects.Class) []classVerb {
	own := special()
	var vs []classVerb
	for _, v := range regular() {
		if v.when != nil && !v.when(class) {
			continue
		}
		cv := classVerb{name: v.name, usage: v.usage, help: v.help, listing: v.listing, run: v.run}
		if cv.both = class.Both && slices.Contains(bothVerbs, v.name); cv.both {
			cv.usage = strings.TrimSpace(cv.usage + " [" + objects.BothFlag + "]")
			cv.help += "; with " + objects.BothFlag + " on the failover partner, too"
		}
		if run := own[class.Name+" "+v.name]; run != nil {
			cv.run = run
		}
		vs = append(vs, cv)
	}
	for i := range class.Methods {
		m := &class.Methods[i]
		if !s.session.visible(m.Visibility) {
			continue
		}
		cv := classVerb{name: m.Name, usage: m.Arguments(), help: m.Help, method: m, run: runInvoke, unsupported: m.Unsupported, aliases: m.Aliases, both: m.Both}
		cv.listing = nameless[class.Name+" "+m.Name]
		if run := own[class.Name+" "+m.Name]; run != nil {
			cv.run = run
		}
		vs = append(vs, cv)
	}
	return vs
}

func (v *classVerb) named(word string) bool {
	if same(v.name, word) {
		return true
	}
	for _, a := range v.aliases {
		if same(a, word) {
			return true
		}
	}
	return false
}

// lookVerb finds a verb in the place of the name (listing) or behind it.
func lookVerb(vs []classVerb, word string, listing bool) *classVerb {
	for i := range vs {
		if vs[i].listing == listing && vs[i].named(word) {
			return &vs[i]
		}
	}
	return nil
}

func verbNames(vs []classVerb, listing bool) []string {
	var names []string
	for _, v := range vs {
		if v.listing == listing {
			names = append(names, v.name)
		}
	}
	return names
}

// findVerb finds the verb that stands behind the name: exactly, or shortened
// where that is allowed. 307 otherwise.
func (c *call) findVerb(vs []classVerb, word string) (*classVerb, *objects.Error) {
	if v := lookVerb(vs, word, false); v != nil {
		return v, nil
	}
	names := verbNames(vs, false)
	if c.interactive {
		full, ok, err := abbreviated(word, names, objects.UnknownKeyword)
		if err != nil {
			return nil, err
		}
		if ok {
			return lookVerb(vs, full, false), nil
		}
	}
	if v := lookVerb(vs, word, true); v != nil {
		return nil, objects.Errorf(objects.UnknownKeyword, "%q stands without a name: %s %s", word, c.class.Name, v.name)
	}
	if err := c.hiddenVerb(word); err != nil {
		return nil, err
	}
	return nil, objects.Errorf(objects.UnknownKeyword, "%s has no command %q%s", c.class.Name, shorten(word, 60), nearest(word, names))
}

// hiddenVerb is the answer to a method that the session's visibility hides; nil
// for other words.
func (c *call) hiddenVerb(word string) *objects.Error {
	m := c.class.Method(word)
	if m == nil || c.session.visible(m.Visibility) {
		return nil
	}
	return hidden(objects.UnknownKeyword, c.class, m.Name, m.Visibility)
}

// runClass does <class> <name> <verb> ..., <class> <verb> ... of a singleton
// or a listing, and <class> <name> alone, which is show.
func runClass(c *call) *objects.Error {
	vs := c.verbsOf(c.class)
	if c.class.Singleton {
		if len(c.words) == 1 {
			return c.runVerb(lookVerb(vs, "show", false))
		}
		v, err := c.findVerb(vs, c.words[1].Text)
		if err != nil {
			return err
		}
		c.at = 2
		return c.runVerb(v)
	}
	if len(c.words) == 1 {
		return c.tooFew(c.class.Name + " <name> <verb>, or " + c.class.Name + " " + strings.Join(verbNames(vs, true), " | "))
	}
	if v := c.listingVerb(vs); v != nil {
		c.at = 2
		return c.runVerb(v)
	}
	if err := c.nameForgotten(vs); err != nil {
		return err
	}
	c.name = c.words[1].Text
	if err := c.qualify(); err != nil {
		return err
	}
	if len(c.words) == 2 {
		c.at = 2
		return c.runVerb(lookVerb(vs, "show", false))
	}
	v, err := c.findVerb(vs, c.words[2].Text)
	if err != nil {
		return err
	}
	c.at = 3
	return c.runVerb(v)
}

// listingVerb finds the verb in the place of the name. An object of the name
// list is reached by quoting it, or by a verb behind it.
func (c *call) listingVerb(vs []classVerb) *classVerb {
	w := c.words[1]
	if w.Quoted || len(c.words) > 2 && lookVerb(vs, c.words[2].Text, false) != nil {
		return nil
	}
	if v := lookVerb(vs, w.Text, true); v != nil {
		return v
	}
	if !c.interactive || len(c.words) > 2 {
		return nil
	}
	full, ok, _ := abbreviated(w.Text, verbNames(vs, true), objects.UnknownKeyword)
	if !ok || c.exists(c.class, w.Text) {
		return nil
	}
	return lookVerb(vs, full, true)
}

// nameForgotten catches <class> <verb> ... where the name is missing.
func (c *call) nameForgotten(vs []classVerb) *objects.Error {
	w := c.words[1]
	v := lookVerb(vs, w.Text, false)
	if w.Quoted || v == nil || len(c.words) > 2 && lookVerb(vs, c.words[2].Text, false) != nil {
		return nil
	}
	return objects.Errorf(objects.TooFewArguments, "the name of the %s is missing: write %s <name> %s", c.class.Name, c.class.Name, strings.TrimSpace(v.name+" "+v.usage))
}

// qualify puts the session's VPN before an address that names none.
func (c *call) qualify() *objects.Error {
	if c.class != objects.Lease && c.class != objects.Reservation {
		return nil
	}
	if !strings.Contains(c.name, "/") {
		vpn, err := c.currentVPN()
		if err != nil {
			return err
		}
		c.name = objects.JoinVPN(vpn, c.name)
	}
	if _, err := c.class.Key(c.name); err != nil {
		near := ""
		if len(c.words) == 2 {
			near = nearest(c.words[1].Text, verbNames(c.verbsOf(c.class), true))
		}
		return objects.Errorf(objects.Invalid, "%s %q: %v%s", c.class.Name, shorten(c.name, 60), err, near)
	}
	return nil
}

// runVerb runs a verb whose arguments begin at c.at.
func (c *call) runVerb(v *classVerb) *objects.Error {
	c.verb = v.name
	if v.unsupported != "" {
		return objects.Errorf(objects.NotSupported, "%s %s: %s", c.class.Name, v.name, v.unsupported)
	}
	if err := c.takeBoth(v); err != nil {
		return err
	}
	if v.method != nil {
		if err := c.need(v.method.Min, v.method.Max, c.usage(v.usage)); err != nil {
			return err
		}
	}
	if ok, err := c.inTransaction(v); !ok || err != nil {
		return err
	}
	return v.run(c)
}

// usage writes how the verb is used, for messages.
func (c *call) usage(args string) string {
	return strings.TrimSpace(c.regularUsage() + " " + args)
}

// regularUsage writes class, name and verb as help does.
func (c *call) regularUsage() string {
	if c.class.Singleton || c.name == "" {
		return c.class.Name + " " + c.verb
	}
	return c.class.Name + " <name> " + c.verb
}
