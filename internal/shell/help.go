package shell

import (
	"fmt"
	"slices"
	"strings"

	"leasehold/pkg/objects"
)

// runHelp explains commands, and verbs and attributes of a class. All of it
// comes from the tables; only the examples are written for it (examples.go).
func runHelp(c *call) *objects.Error {
	if err := c.need(0, 2, "help [<command> [<verb | attribute>]]"); err != nil {
		return err
	}
	defer c.paged()()
	if len(c.args()) == 0 {
		c.helpAll()
		return nil
	}
	cmd, err := c.findCommand(c.arg(0))
	if err != nil && len(c.args()) == 1 && c.helpAnywhere(c.arg(0)) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(c.args()) == 2 {
		return c.helpWord(cmd, c.arg(1))
	}
	c.helpCommand(cmd)
	return nil
}

func (c *call) helpAll() {
	wide := 0
	for _, cmd := range c.commands {
		wide = max(wide, len(cmd.name))
	}
	for _, cmd := range c.commands {
		if c.session.visible(cmd.visible) {
			c.printf("%-*s  %s\n", wide, cmd.name, cmd.help)
		}
	}
	c.println("")
	c.println("help <command> explains a command, help <command> <word> one of its verbs or attributes.")
}

// helpCommand prints the page of a command.
func (c *call) helpCommand(cmd *command) {
	c.println("NAME")
	c.printf("    %s - %s\n", cmd.name, cmd.help)
	c.println("SYNOPSIS")
	var vs []classVerb
	if cmd.class != nil {
		vs = c.verbsOf(cmd.class)
	}
	for _, u := range synopsis(cmd, vs) {
		c.println("    " + u)
	}
	c.println("DESCRIPTION")
	for _, v := range vs {
		help := v.help
		if v.unsupported != "" {
			help += " (not supported: " + v.unsupported + ")"
		}
		c.printf("    %s\n        %s\n", v.name, help)
	}
	if len(vs) == 0 {
		about := cmd.about
		if about == nil {
			about = []string{cmd.help + "."}
		}
		for _, l := range about {
			c.println("    " + l)
		}
	}
	c.helpLines("EXAMPLES", examples[cmd.name])
	c.helpLines("STATUS", statusHelp(cmd))
	c.helpLines("SEE ALSO", related(cmd))
	if cmd.class != nil && len(cmd.class.Attrs) > 0 {
		c.println("ATTRIBUTES")
		for _, name := range sorted(c.helpAttrs(cmd.class)) {
			c.helpAttr(cmd.class.Attr(name))
		}
	}
}

func (c *call) helpLines(title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	c.println(title)
	for _, l := range lines {
		c.println("    " + l)
	}
}

func (c *call) helpAttrs(class *objects.Class) []string { return visibleAttrs(&c.session, class) }

// synopsis lists the forms of a command.
func synopsis(cmd *command, vs []classVerb) []string {
	var lines []string
	for _, u := range cmd.usage {
		lines = append(lines, strings.TrimSpace(cmd.name+" "+u))
	}
	if cmd.class == objects.Server {
		return append(lines, "server dhcp <verb> ...", "server dhcp enable | disable start-on-reboot")
	}
	for _, v := range vs {
		form := cmd.name
		if !cmd.class.Singleton && !v.listing {
			form += " <name>"
		}
		args := v.usage
		if v.name == "create" && len(cmd.class.Create) > 0 {
			args = createUsage(cmd.class) + " [<attribute>=<value> ...]"
			if v.both {
				args += " [" + objects.BothFlag + "]"
			}
		}
		if cmd.class == objects.Option && v.method == nil {
			args = strings.TrimSpace("<option-set> " + args)
		}
		lines = append(lines, strings.TrimSpace(form+" "+v.name+" "+args))
	}
	return lines
}

// createForms are the arguments by position of create where the class reads
// them itself.
var createForms = map[string]string{
	"scope":       "(<addr> <mask> | <addr>/<bits>)",
	"reservation": "(<macaddr> | <lookup-key>) [-mac | -blob | -string]",
}

// createUsage writes the arguments by position of create: <addr> [<mask>].
func createUsage(class *objects.Class) string {
	if form := createForms[class.Name]; form != "" {
		return form
	}
	return class.CreateArguments()
}

// helpWord explains a verb or an attribute of a class.
func (c *call) helpWord(cmd *command, word string) *objects.Error {
	if cmd.class == nil && slices.ContainsFunc(cmd.usage, func(u string) bool { first, _, _ := strings.Cut(u, " "); return first != "" && same(first, word) }) {
		c.helpCommand(cmd) // import leases: one page tells of all that it imports
		return nil
	}
	if cmd.class == nil {
		return objects.Errorf(objects.UnknownKeyword, "%s has no verbs or attributes; write help %s", cmd.name, cmd.name)
	}
	c.class = cmd.class
	vs := c.verbsOf(cmd.class)
	found := false
	for i := range vs {
		if !found && vs[i].named(word) {
			c.helpVerb(cmd, &vs[i])
			found = true
		}
	}
	a := cmd.class.Attr(word)
	if a != nil && c.session.visible(a.Visibility) {
		c.helpAttr(a) // addr-trap enable is both
		found = true
	}
	if found {
		return nil
	}
	if a != nil {
		return hidden(objects.UnknownKeyword, cmd.class, a.Name, a.Visibility)
	}
	if err := c.hiddenVerb(word); err != nil {
		return err
	}
	names := c.helpAttrs(cmd.class)
	for _, v := range vs {
		names = append(names, v.name)
	}
	return objects.Errorf(objects.UnknownKeyword, "%s has no verb or attribute %q%s", cmd.name, shorten(word, 60), nearest(word, names))
}

// helpAnywhere explains a word that is no command as the verb, or attribute, of
// the commands that have it; false if none has. The verbs that every class has
// are not meant.
func (c *call) helpAnywhere(word string) bool {
	found := false
	for _, cmd := range c.commands {
		if cmd.class == nil || cmd.class == objects.Server || !c.session.visible(cmd.visible) {
			continue // server dhcp is dhcp
		}
		vs := c.verbsOf(cmd.class)
		for i := range vs {
			if vs[i].method != nil && vs[i].named(word) {
				c.helpVerb(cmd, &vs[i])
				found = true
			}
		}
		if a := cmd.class.Attr(word); a != nil && c.session.visible(a.Visibility) {
			c.println(cmd.name)
			c.helpAttr(a)
			found = true
		}
	}
	return found
}

func (c *call) helpVerb(cmd *command, v *classVerb) {
	c.println("    " + synopsis(cmd, []classVerb{*v})[0])
	c.println("        " + v.help)
	if v.unsupported != "" {
		c.println("        not supported: " + v.unsupported)
	}
	if v.name == "create" {
		for _, name := range cmd.class.Create {
			if a := cmd.class.Attr(strings.Trim(name, "[]")); a != nil {
				c.helpAttr(a)
			}
		}
	}
}

// helpAttr prints an attribute as the reference does: type, default, flags,
// meaning.
func (c *call) helpAttr(a *objects.Attr) {
	head := fmt.Sprintf("    %s %s", a.Name, a.Type())
	if a.Default != "" {
		head += " default=" + a.Show(a.Default)
	}
	var marks []string
	for _, m := range []struct {
		on   bool
		word string
	}{
		{a.Required, "required"}, {a.ReadOnly, "read-only"}, {a.Immutable, "immutable"}, {a.Secret, "secret"},
		{a.LocalOnly, "not copied to a partner"}, {a.Visibility < objects.Basic, fmt.Sprintf("visibility %d", a.Visibility)},
	} {
		if m.on {
			marks = append(marks, m.word)
		}
	}
	if len(marks) > 0 {
		head += " (" + strings.Join(marks, ", ") + ")"
	}
	c.println(head)
	c.println("        " + a.Help)
	if a.Inert != "" {
		c.println("        has no effect: " + a.Inert)
	}
	if len(a.Aliases) > 0 {
		c.println("        also written " + strings.Join(a.Aliases, ", "))
	}
}

// statusHelp lists the codes that a command answers with.
func statusHelp(cmd *command) []string {
	codes := []objects.Code{objects.Ok}
	switch cmd.class {
	case nil:
		if len(cmd.usage) > 0 && cmd.usage[0] != "" {
			codes = append(codes, objects.UnknownKeyword, objects.TooFewArguments, objects.OpenFailed)
		}
	case objects.Session:
		codes = append(codes, objects.UnknownKeyword, objects.UnknownParameter, objects.Invalid, objects.ReadOnlyAttribute)
	case objects.Lease:
		codes = append(codes, objects.NotFound, objects.UnknownKeyword, objects.UnknownParameter, objects.Invalid)
	default:
		codes = append(codes, objects.OkWithWarnings)
		if !cmd.class.Singleton {
			codes = append(codes, objects.NotFound, objects.DuplicateObject)
		}
		codes = append(codes, objects.UnknownKeyword, objects.UnknownParameter, objects.TooManyArguments, objects.TooFewArguments,
			objects.Invalid, objects.ReadOnlyAttribute, objects.RequiredAttribute, objects.AlreadyLocked)
	}
	var lines []string
	for _, c := range codes {
		lines = append(lines, fmt.Sprintf("%d %s", c, c.Text()))
	}
	return lines
}

// related names the commands that a class's table points to, or is pointed to
// from, and those of seeAlso.
func related(cmd *command) []string {
	seen := map[string]bool{cmd.name: true, "": true}
	var names []string
	add := func(name string) {
		if !seen[name] && IsCommand(name) && notHere(name) == nil {
			names = append(names, name)
		}
		seen[name] = true
	}
	for name := range strings.FieldsSeq(seeAlso[cmd.name]) {
		add(name)
	}
	if cmd.class != nil {
		add(cmd.class.Owner)
		for _, a := range cmd.class.Attrs {
			add(a.Ref)
		}
		for _, other := range objects.Classes() {
			if other.Owner == cmd.class.Name || slices.ContainsFunc(other.Attrs, func(a *objects.Attr) bool { return a.Ref == cmd.class.Name }) {
				add(other.Name)
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	return []string{strings.Join(sorted(names), ", ")}
}
