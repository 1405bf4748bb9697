package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"leasehold/pkg/objects"
)

// reference is docs/command-reference.md: classes, commands, attributes and
// status codes.
func reference() []byte {
	var b bytes.Buffer
	b.WriteString(head)
	for _, c := range sorted() {
		fmt.Fprintf(&b, "* [%s](#%s): %s\n", c.Name, c.Name, cell(c.Help))
	}
	for _, c := range sorted() {
		writeClass(&b, c)
	}
	b.WriteString("\n## Status codes\n\n| code | text |\n| --- | --- |\n")
	for _, code := range objects.Codes() {
		fmt.Fprintf(&b, "| %d | %s |\n", code, code.Text())
	}
	return b.Bytes()
}

const head = `# Command reference

Every class of object, its commands and attributes, and the status codes. This page is printed from the tables in
pkg/objects by ` + "`make docs`" + `; do not edit it.

A command is ` + "`<class> <name> <verb> [arguments]`" + `. The regular verbs are the same for every class that is configuration:

| command | what |
| --- | --- |
| ` + "`<class> <name> create [arguments] [<attribute>=<value> ...]`" + ` | make a new object |
| ` + "`<class> <name> delete`" + ` | remove it |
| ` + "`<class> list`, `<class> listnames`, `<class> listbrief`" + ` | all objects with their attributes, only the names, or a line each |
| ` + "`<class> <name> [show]`" + ` | all attributes of one object |
| ` + "`<class> <name> get <attribute>`" + ` | an attribute, if it was set |
| ` + "`<class> <name> set <attribute>=<value> ...`, `set <attribute> <value>`" + ` | give attributes values |
| ` + "`<class> <name> unset <attribute>`" + ` | take a value away; the default holds again |
| ` + "`<class> <name> enable <attribute>`, `disable <attribute>`" + ` | true and false, for attributes of type bool |

The verbs that change a reservation, a client or its client-policy, and the commands that say so, take ` + "`-both`" + `: they
are then done on the failover partner, too ([cloning.md](cloning.md#commands-for-both)).

Classes of which there is only one (dhcp, server, session) have no name in their commands. An attribute of visibility 3
is for experts and one of 1 hidden: they exist once ` + "`session set visibility=3`" + ` or 1 was said.

## Values

| type | what may be typed |
| --- | --- |
| string(n) | text of at most n characters, in double quotes if it has blanks; no control characters |
| int, rangeint(a-b) | decimal, or 0x and hex digits |
| int-ms | the same, a number of milliseconds |
| bool | true, on, enabled, 1; false, off, disabled, 0 |
| date | seconds since 1970, forever, ` + "`+<time>`, `-<time>`, `Oct 31 00:00:00 2001`" + ` |
| time, rangetime(a-b) | seconds, or numbers with the units y w d h m s: 1w2d3h4m5s |
| percent | 10 or 10% |
| ipaddr, ip6addr | 192.168.50.1, fe80::1 |
| subnet | 192.168.50.0/24 |
| macaddr | 1,6,00:d0:ba:d3:bd:3b (type, length, octets), or the octets alone with colons, hyphens, dots or nothing between |
| blob | bytes: 01:0a:ff |
| flags(a=1,b=2) | words or their numbers with commas between; it replaces the whole list |
| enumint(a=1,b=2) | one of the words, or its number |
| nameref(class) | name of an object of that class |
| dname | domain name or address |
| expr | an expression, or @ and the name of a file that holds it |
| optionid4 | option names or numbers with commas between |
| list | items with commas between |
| obj(class) | the object's own policy, changed by the command of that name |

## Classes

`

func sorted() []*objects.Class {
	cs := slices.Clone(objects.Classes())
	slices.SortFunc(cs, func(a, b *objects.Class) int { return strings.Compare(a.Name, b.Name) })
	return cs
}

func writeClass(b *bytes.Buffer, c *objects.Class) {
	fmt.Fprintf(b, "\n### %s\n\n%s.\n", c.Name, c.Help)
	if !c.Singleton && !c.Runtime && c.Owner == "" {
		words := []string{c.Name, "<name> create"}
		if args := c.CreateArguments(); args != "" {
			words = append(words, args)
		}
		fmt.Fprintf(b, "\n    %s [<attribute>=<value> ...]\n", strings.Join(words, " "))
	}
	if c.Owner != "" {
		fmt.Fprintf(b, "\nIt carries the name of its %s, comes to be when it is first set and goes with the %s.\n", c.Owner, c.Owner)
		fmt.Fprintf(b, "Commands and attributes are those of [policy](#policy).\n")
		return
	}
	writeMethods(b, c)
	if len(c.Attrs) == 0 {
		return
	}
	b.WriteString("\n| attribute | type | default | meaning |\n| --- | --- | --- | --- |\n")
	attrs := slices.Clone(c.Attrs)
	slices.SortFunc(attrs, func(x, y *objects.Attr) int { return strings.Compare(x.Name, y.Name) })
	for _, a := range attrs {
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", a.Name, cell(a.Type()), cell(shownDefault(a)), cell(meaning(a)))
	}
}

func writeMethods(b *bytes.Buffer, c *objects.Class) {
	if len(c.Methods) == 0 {
		return
	}
	b.WriteString("\n| command | what |\n| --- | --- |\n")
	for _, m := range c.Methods {
		line := c.Name
		if !c.Singleton && m.Name != "listtypes" && m.Name != "report-staged-edits" {
			line += " <name>"
		}
		if c == objects.Server {
			line += " <type>"
		}
		line = strings.TrimSpace(line + " " + m.Name + " " + m.Arguments())
		what := m.Help
		if len(m.Aliases) > 0 {
			what += "; also " + strings.Join(m.Aliases, ", ")
		}
		if m.Unsupported != "" {
			what += fmt.Sprintf(" (%d %s: %s)", objects.NotSupported, objects.NotSupported.Text(), m.Unsupported)
		}
		fmt.Fprintf(b, "| `%s` | %s |\n", strings.ReplaceAll(line, "|", `\|`), cell(what))
	}
}

func shownDefault(a *objects.Attr) string { return a.Show(a.Default) }

// meaning is the help and what else an operator should know.
func meaning(a *objects.Attr) string {
	var also []string
	for _, m := range []struct {
		holds bool
		words string
	}{
		{a.Required, "required"},
		{a.ReadOnly, "read-only"},
		{a.Immutable, "fixed at create"},
		{a.LocalOnly, "of this server only, not copied to a partner"},
		{a.Secret, "never shown"},
		{a.Visibility != objects.Basic, fmt.Sprintf("visibility %d", a.Visibility)},
		{len(a.Aliases) > 0, "also " + strings.Join(a.Aliases, ", ")},
		{a.Inert != "", "does not act: " + a.Inert},
	} {
		if m.holds {
			also = append(also, m.words)
		}
	}
	if len(also) == 0 {
		return a.Help
	}
	return a.Help + " (" + strings.Join(also, "; ") + ")"
}
