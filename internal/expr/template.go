package expr

import (
	"encoding/binary"
	"math"
	"net/netip"
	"strings"

	"leasehold/pkg/objects"
)

// TemplateVars is what a template expression may read.
type TemplateVars struct {
	Subnet netip.Prefix
	// Template and This return the text of an explicitly set attribute of the
	// template (template.<attr>) and of the scope (this.<attr>). Texts of
	// digits, and times such as 5m, are numbers.
	Template func(attr string) (string, bool)
	This     func(attr string) (string, bool)
}

// OptionValue is an option made by create-option: a name or number, and a value
// as setOption takes it.
type OptionValue struct{ Option, Value string }

// Made is the result of a template expression: a value, or the ranges or
// options that it creates.
type Made struct {
	Value   Value
	Ranges  []objects.Range
	Options []OptionValue
}

// CheckTemplate parses a template expression and returns its canonical text.
// The error is a *SyntaxError.
func CheckTemplate(text string) (canonical string, err error) {
	c := compiler{dialect: inTemplates}
	p, err := c.program(text)
	if err != nil {
		return "", err
	}
	return p.text, nil
}

// EvalTemplate evaluates a template expression. The error is an
// *objects.Error: 316, or 341 for a range outside the subnet.
func EvalTemplate(text string, vars TemplateVars) (Made, error) {
	c := compiler{dialect: inTemplates}
	p, err := c.program(text)
	if err != nil {
		return Made{}, &objects.Error{Code: objects.Invalid, Msg: err.Error()}
	}
	t := &templateRun{vars: vars}
	r := &run{tmpl: t, quiet: true, vars: make([]Value, p.slots)}
	v, f := p.root.eval(r)
	if f != nil {
		code := objects.Invalid
		if f.Function == createRangeName {
			code = t.rangeCode
		}
		return Made{}, objects.Errorf(code, "expression: %s", f)
	}
	return t.result(v), nil
}

// templateRun is what a template expression reads and makes. Ranges, options
// and lists are kept here; their Values hold the index.
type templateRun struct {
	vars      TemplateVars
	rangeCode objects.Code // of the refusal, if the last create-range failed
	ranges    []objects.Range
	options   []OptionValue
	lists     [][]Value
}

func (t *templateRun) result(v Value) Made {
	switch v.Kind {
	case rangeKind:
		return Made{Ranges: []objects.Range{t.ranges[v.Num]}}
	case optionKind:
		return Made{Options: []OptionValue{t.options[v.Num]}}
	case listKind:
		var m Made
		for _, item := range t.lists[v.Num] {
			one := t.result(item)
			m.Ranges, m.Options = append(m.Ranges, one.Ranges...), append(m.Options, one.Options...)
		}
		return m
	}
	return Made{Value: v}
}

// templateVariables are the names of section 7 of the reference.
var templateVariables = map[string]func(net netip.Prefix) Value{
	"subnet":      func(net netip.Prefix) Value { return Str(net.String()) },
	"subnet-addr": func(net netip.Prefix) Value { return Str(hostAddr(net, 0).String()) },
	"mask-addr":   func(net netip.Prefix) Value { return Str(quadText(ones(int64(net.Bits()), 4))) },
	"mask-count":  func(net netip.Prefix) Value { return Unsigned(uint32(net.Bits())) },
	"first-addr":  func(net netip.Prefix) Value { return Str(hostAddr(net, min(1, size(net)-1)).String()) },
	"last-addr":   func(net netip.Prefix) Value { return Str(hostAddr(net, size(net)-1).String()) },
	"bcast-addr":  func(net netip.Prefix) Value { return Str(hostAddr(net, size(net)-1).String()) },
	"naddrs":      func(net netip.Prefix) Value { return Value{Kind: Uint, Num: size(net)} },
	"nhosts": func(net netip.Prefix) Value {
		if n := size(net); n > 2 {
			return Value{Kind: Uint, Num: n - 2}
		}
		return Value{Kind: Uint, Num: size(net)} // RFC 3021: both addresses of a /31 are hosts
	},
}

func size(net netip.Prefix) int64 { return 1 << (32 - net.Bits()) }

// hostAddr returns the nth address of a net.
func hostAddr(net netip.Prefix, n int64) netip.Addr {
	base := net.Masked().Addr().As4()
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], binary.BigEndian.Uint32(base[:])+uint32(n))
	return netip.AddrFrom4(b)
}

// templateVariable reads one of templateVariables.
type templateVariable struct {
	name string
	read func(net netip.Prefix) Value
}

func (n *templateVariable) eval(r *run) (Value, *Failure) {
	net := r.tmpl.vars.Subnet
	if !net.IsValid() || !net.Addr().Is4() {
		return Value{}, &Failure{n.name, "there is no subnet"}
	}
	v := n.read(net)
	if v.Num > math.MaxUint32 {
		return Value{}, &Failure{n.name, string(overflow)}
	}
	return v, nil
}

// attribute reads an attribute of the template or the scope.
type attribute struct {
	name string // as written, for messages
	this bool
	attr *objects.Attr
}

func (n *attribute) eval(r *run) (Value, *Failure) {
	get := r.tmpl.vars.Template
	if n.this {
		get = r.tmpl.vars.This
	}
	if get != nil {
		if text, ok := get(n.attr.Name); ok {
			return attributeValue(n.attr, text), nil
		}
	}
	return Value{}, &Failure{n.name, "attribute is not set"}
}

func attributeValue(a *objects.Attr, text string) Value {
	if a.Kind == objects.Time {
		if n, ok := seconds(text); ok {
			return Value{Kind: Uint, Num: n}
		}
	}
	if n, ok := objects.ParseNumber(strings.TrimSuffix(text, "%")); ok && n >= 0 && n <= math.MaxUint32 {
		return Value{Kind: Uint, Num: n}
	}
	return Str(text)
}

// seconds reads a canonical time such as 1w2d or 5m.
func seconds(text string) (int64, bool) {
	units := map[byte]int64{'s': 1, 'm': 60, 'h': 3600, 'd': 86400, 'w': 7 * 86400}
	var total, n int64
	for i := range len(text) {
		c := text[i]
		if c >= '0' && c <= '9' {
			if n = 10*n + int64(c-'0'); n > math.MaxUint32 {
				return 0, false
			}
			continue
		}
		unit, ok := units[c]
		if !ok {
			return 0, false
		}
		total, n = total+n*unit, 0
	}
	return total + n, text != "" && total+n <= math.MaxUint32
}

// templateName compiles a name that is no local variable.
func templateName(f form) (node, *SyntaxError) {
	name := f.text
	if read := templateVariables[name]; read != nil {
		return &templateVariable{name, read}, nil
	}
	for _, owner := range []struct {
		prefix string
		class  *objects.Class
	}{{"template.", objects.ScopeTemplate}, {"this.", objects.Scope}} {
		if rest, ok := strings.CutPrefix(name, owner.prefix); ok {
			if a := owner.class.Attr(rest); a != nil {
				return &attribute{name, owner.prefix == "this.", a}, nil
			}
			return nil, failAt(f.offset, "%s has no attribute '%s'", owner.class.Name, rest)
		}
	}
	var names []string
	for n := range templateVariables {
		names = append(names, n)
	}
	return nil, failAt(f.offset, "variable '%s' not defined%s", f.text, didYouMean(name, names))
}
