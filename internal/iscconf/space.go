package iscconf

import (
	"fmt"
	"strings"
)

// spaces are the option spaces of a configuration with their definitions.
type spaces struct {
	byName map[string]*space
}

type space struct {
	name        string
	codeWidth   int // bytes of a code and of a length in what is encapsulated
	lengthWidth int
	builtin     bool
	options     map[string]*optionDef
	pos         Pos
}

// optionDef is the definition of an option.
type optionDef struct {
	space  string
	name   string
	code   int
	format format
	custom bool // the configuration defines it
	pos    Pos
	words  string // the type as it was written
}

func newSpaces() *spaces {
	all := &spaces{byName: map[string]*space{}}
	dhcp := all.add("dhcp", Pos{})
	for _, o := range dhcpOptions {
		dhcp.options[o.name] = &optionDef{space: "dhcp", name: o.name, code: o.code, format: formatOf(o.format)}
	}
	agent := all.add("agent", Pos{})
	for name, code := range agentOptions {
		agent.options[name] = &optionDef{space: "agent", name: name, code: code, format: formatOf("X")}
	}
	for _, name := range otherSpaces {
		all.add(name, Pos{})
	}
	for _, s := range all.byName {
		s.builtin = true
	}
	return all
}

func (s *spaces) add(name string, p Pos) *space {
	sp := &space{name: name, codeWidth: 1, lengthWidth: 1, options: map[string]*optionDef{}, pos: p}
	s.byName[name] = sp
	return sp
}

// lookup finds the definition of space.name, or of name in the space dhcp. An
// option without definition is named unknown-<code>.
func (s *spaces) lookup(name string) (*optionDef, bool) {
	space, option := "dhcp", strings.ToLower(name)
	if i := strings.IndexByte(option, '.'); i >= 0 {
		space, option = option[:i], option[i+1:]
	}
	sp := s.byName[space]
	if sp == nil {
		return nil, false
	}
	if d := sp.options[option]; d != nil {
		return d, true
	}
	for _, prefix := range []string{"unknown-", "option-"} {
		var code int
		if digits, ok := strings.CutPrefix(option, prefix); ok {
			if n, err := fmt.Sscanf(digits, "%d", &code); n == 1 && err == nil && code > 0 && code < 255 && fmt.Sprint(code) == digits {
				return &optionDef{space: space, name: option, code: code, format: formatOf("X")}, true
			}
		}
	}
	return nil, false
}

// find is the space and the code of an option.
func (s *spaces) find(name string) (space string, code int, ok bool) {
	d, ok := s.lookup(name)
	if !ok {
		return "", 0, false
	}
	return d.space, d.code, true
}

// defineSpace reads option space foo [code width n] [length width n] [hash size n].
func (s *spaces) defineSpace(c *cursor) *Error {
	p := c.peek().pos
	name, err := c.name("the name of an option space")
	if err != nil {
		return err
	}
	name = strings.ToLower(name)
	if old := s.byName[name]; old != nil {
		return errorAt(p, "the option space %s is there already", shorten(name))
	}
	sp := s.add(name, p)
	for c.more() {
		into := &sp.codeWidth
		switch {
		case c.accept("code", "width"):
		case c.accept("length", "width"):
			into = &sp.lengthWidth
		case c.accept("hash", "size"):
			into = new(int)
		default:
			return c.wrong("code width, length width or hash size")
		}
		n, err := c.number(0, 1<<20)
		if err != nil {
			return err
		}
		*into = int(n)
	}
	return c.done(false)
}

// define reads foo code 200 = <type>, behind the word option.
func (s *spaces) define(c *cursor) *Error {
	p := c.peek().pos
	full, err := c.name("the name of an option")
	if err != nil {
		return err
	}
	d := &optionDef{space: "dhcp", name: strings.ToLower(full), custom: true, pos: p}
	if i := strings.IndexByte(d.name, '.'); i >= 0 {
		d.space, d.name = d.name[:i], d.name[i+1:]
	}
	sp := s.byName[d.space]
	if sp == nil {
		return errorAt(p, "there is no option space %s; define it by 'option space %s;' first", shorten(d.space), shorten(d.space))
	}
	if err := c.expect("code"); err != nil {
		return err
	}
	n, err := c.number(0, 1<<32-1)
	if err != nil {
		return err
	}
	d.code = int(n)
	if err := c.expect("="); err != nil {
		return err
	}
	from := c.at
	if d.format, err = c.format(); err != nil {
		return err
	}
	for _, t := range c.s.tokens[from:c.at] {
		d.words = strings.TrimSpace(d.words + " " + t.text)
	}
	sp.options[d.name] = d
	return c.done(false)
}
