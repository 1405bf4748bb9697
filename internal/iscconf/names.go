package iscconf

import (
	"fmt"
	"strings"

	"leasehold/internal/option"
	"leasehold/pkg/objects"
)

// Names. dhcpd tells "a" from "A" and has names with any character in them; here
// case does not count and a name is made of few characters. So names that are
// made of different ones may come out the same.

// mostOfCombination bounds the name of a client-class, which clients' names are
// made with.
const mostOfCombination = 120

// nameSet holds names of one kind that are in use, without regard to case.
type nameSet map[string]bool

func newNameSet(used ...string) nameSet {
	s := nameSet{}
	for _, name := range used {
		s[strings.ToLower(name)] = true
	}
	return s
}

// take returns the name, or if it is in use the first with a number behind it
// that is not.
func (s nameSet) take(name string) string {
	own := name
	for i := 2; s[strings.ToLower(own)]; i++ {
		own = fmt.Sprintf("%s-%d", name, i)
	}
	s[strings.ToLower(own)] = true
	return own
}

// labels makes the names of classes and branches differ, and short enough for
// all of them together to be one name.
func (c *converter) labels() {
	longest := len(baseClass)
	for _, f := range c.all {
		most := 0
		for _, v := range f.values {
			most = max(most, len(v.label)+1)
		}
		longest += most
	}
	room := mostOfCombination
	if longest > mostOfCombination {
		room = mostOfCombination/len(c.all) - len(baseClass)
	}
	taken := newNameSet(baseClass)
	for _, f := range c.all {
		for _, v := range f.values {
			was := v.label
			v.label = taken.take(was[:min(len(was), room)])
			if d := v.member; d != nil && v.label != was {
				c.note(v.from[len(v.from)-1].pos, "class "+quote(d.name), fmt.Sprintf("its name here is %s, since names are the same whatever their case, have few kinds of characters and a bounded length", v.label))
			}
		}
	}
}

// clientName is that of the client object of a host that is found by something
// other than its MAC address.
func (c *converter) clientName(h *declaration) string {
	name, there := c.clientNames[h]
	if !there {
		name = c.clientsTaken.take("host/" + strings.ToLower(wordOf(h.name)))
		c.clientNames[h] = name
	}
	return name
}

// takenOptions are the names of options that are known without definitions.
func takenOptions(catalog *option.Catalog) nameSet { return newNameSet(catalog.Names()...) }

// onlyOnce sees to it that no line makes an object that another has made: the
// second would end the loading of the batch. It is behind the names, which are
// chosen to differ, and catches what they forget.
func (c *converter) onlyOnce() {
	made := map[string]bool{}
	kept := c.lines[:0]
	for _, l := range c.lines {
		if key := creates(l); key != "" {
			if made[key] {
				c.find(c.root.pos, shortenTo(key, 100), "two things of the configuration have this name here and are one object; look at its lines")
				continue
			}
			made[key] = true
		}
		kept = append(kept, l)
	}
	c.lines = kept
}

// creates is what a line creates, without regard to case; "" if it creates
// nothing.
func creates(line string) string {
	if strings.HasPrefix(line, "#") {
		return ""
	}
	class, rest, _ := strings.Cut(line, " ")
	name, rest := firstWord(rest)
	verb, rest, _ := strings.Cut(rest, " ")
	if verb != "create" {
		return ""
	}
	if class == objects.Option.Name {
		set, _ := firstWord(rest)
		name = set + "/" + name
	}
	return strings.ToLower(class + " " + name)
}

// firstWord cuts off a word that quote wrote.
func firstWord(text string) (word, rest string) {
	if !strings.HasPrefix(text, `"`) {
		word, rest, _ = strings.Cut(text, " ")
		return word, rest
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return text[:i+1], strings.TrimPrefix(text[i+1:], " ")
		}
	}
	return text, ""
}
