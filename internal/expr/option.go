package expr

import (
	"fmt"
	"strconv"
	"strings"

	"leasehold/internal/option"
)

// RawOptions gives the bytes of the options of a packet. The parts of an
// option that was sent in several pieces are one (RFC 3396).
type RawOptions interface {
	OptionBytes(code int) ([]byte, bool)
}

// bind looks up the names of a path that are known before a packet is there.
func bind(c *option.Catalog, p *OptionPath) error {
	var d *option.Def
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Code < 0 && s.Name == "" {
			return nil // computed when evaluated
		}
		var err error
		if i == 0 {
			d, err = firstDef(c, s)
		} else {
			d, err = subDef(d, s)
		}
		if err != nil {
			return err
		}
		s.Code = codeOf(d, s)
		if s.Vendor != "" || d.Enterprise() {
			return nil // the definitions of the next step depend on the packet
		}
	}
	return nil
}

// codeOf returns the code of a step whose definition was found.
func codeOf(d *option.Def, s *OptionStep) int {
	if s.Name == "" {
		return s.Code
	}
	return d.Code
}

// firstDef finds the definition of the option itself.
func firstDef(c *option.Catalog, s *OptionStep) (*option.Def, error) {
	if s.Code >= 0 {
		if s.Code > 255 {
			return nil, fmt.Errorf("option number %d is above 255", s.Code)
		}
		return c.ByCode(s.Code), nil
	}
	d, refusal := c.Lookup(s.Name)
	if refusal != nil {
		return nil, fmt.Errorf("unknown option '%s'%s", short(s.Name), didYouMean(s.Name, c.Names()))
	}
	return d, nil
}

// subDef finds the definition of a sub-option.
func subDef(d *option.Def, s *OptionStep) (*option.Def, error) {
	name := s.Name
	if s.Code >= 0 {
		name = ""
	}
	child, ok := d.Child(name, s.Code)
	if !ok {
		return nil, fmt.Errorf("option %s has no sub-option '%s'", d, short(s.Name))
	}
	return child, nil
}

// ReadOption answers an option path from the bytes of a packet's options. What
// is absent is null, a count of it is 0; an unknown name is an error.
func ReadOption(c *option.Catalog, path *OptionPath, raw RawOptions) (Value, error) {
	at := place{c: c}
	for i := range path.Steps {
		s := &path.Steps[i]
		counting := path.Want == WantInstanceCount && i == len(path.Steps)-1
		n, err := at.step(s, i == 0, raw)
		if err != nil {
			return Value{}, err
		}
		if counting {
			return Unsigned(uint32(n)), nil
		}
		if !at.present {
			break
		}
		if err := at.enter(s, i < len(path.Steps)-1); err != nil {
			return Value{}, err
		}
	}
	return at.value(path), nil
}

// place is how far a path has been followed.
type place struct {
	c       *option.Catalog
	def     *option.Def
	wire    []byte
	present bool
}

// step goes to an option or sub-option and returns how often it is there.
func (p *place) step(s *OptionStep, first bool, raw RawOptions) (count int, err error) {
	outer, wire := p.def, p.wire
	if first {
		p.def, err = firstDef(p.c, s)
	} else {
		p.def, err = subDef(p.def, s)
	}
	if err != nil {
		return 0, err
	}
	code := codeOf(p.def, s)
	instance := max(s.Instance, 0)
	blocks := p.def.Enterprise() // an instance is one enterprise's block
	if first {
		if p.wire, p.present = raw.OptionBytes(code); p.present {
			count = 1
		}
		if !blocks && instance > 0 {
			p.present = false
		}
	} else {
		if blocks {
			instance = 0
		}
		count = outer.SubCount(wire, code)
		p.wire, p.present = outer.Sub(wire, code, instance)
	}
	p.vendor(s, code)
	if !blocks || !p.present {
		return count, nil
	}
	id, err := p.enterprise(s)
	return p.blocks(id), err
}

// vendor puts the definitions of a vendor set in the place of the standard
// ones; an unknown set changes nothing.
func (p *place) vendor(s *OptionStep, code int) {
	if s.Vendor == "" {
		return
	}
	if set, ok := p.c.Vendor(s.Vendor); ok {
		if d := set.Carrier(code); d != nil {
			p.def = d
		}
	}
}

// enterprise returns the enterprise number of a step, -1 if it has none.
func (p *place) enterprise(s *OptionStep) (int64, error) {
	if s.Enterprise == "" {
		return -1, nil
	}
	if n, err := strconv.ParseUint(s.Enterprise, 10, 32); err == nil {
		return int64(n), nil
	}
	if set, ok := p.c.Vendor(s.Enterprise); ok && set.EnterpriseID != 0 {
		return int64(set.EnterpriseID), nil
	}
	return 0, fmt.Errorf("unknown enterprise '%s'", short(s.Enterprise))
}

// blocks counts the blocks of an enterprise, of all if id is -1.
func (p *place) blocks(id int64) int {
	n := 0
	for {
		if _, _, ok := p.def.Block(p.wire, id, n); !ok {
			return n
		}
		n++
	}
}

// enter goes into the block of an enterprise where the path names one, or goes
// on to a sub-option.
func (p *place) enter(s *OptionStep, more bool) error {
	if !p.def.Enterprise() || s.Enterprise == "" && s.Instance < 0 && !more {
		return nil
	}
	id, err := p.enterprise(s)
	if err != nil {
		return err
	}
	number, data, ok := p.def.Block(p.wire, id, max(s.Instance, 0))
	p.wire, p.present = data, ok
	p.def = p.def.Within(number)
	return nil
}

// value reads what the path wants of the place that it came to.
func (p *place) value(path *OptionPath) Value {
	counting := path.Want == WantCount || path.Want == WantInstanceCount
	switch {
	case !p.present && counting:
		return Unsigned(0)
	case !p.present:
		return Value{}
	case counting:
		return Unsigned(uint32(p.def.Count(p.wire)))
	}
	if path.Blob && path.Want == WantValue {
		return Bytes(p.wire)
	}
	part, ok := p.def.Value(p.wire, path.Index)
	if !ok {
		return Value{}
	}
	if path.Blob {
		return Bytes(part)
	}
	form, data, n := p.def.Native(part)
	switch form {
	case option.FormText:
		return Str(strings.TrimRight(string(data), "\x00")) // some clients end strings with it
	case option.FormUnsigned:
		return Value{Kind: Uint, Num: n}
	case option.FormSigned:
		return Value{Kind: Int, Num: n}
	}
	return Bytes(part)
}
