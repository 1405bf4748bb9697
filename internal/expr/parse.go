package expr

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"leasehold/pkg/objects"
)

// dialect says where a function may be used.
type dialect uint8

const (
	inPackets dialect = 1 << iota
	inTemplates
	everywhere = inPackets | inTemplates
)

// compiler turns forms into nodes.
type compiler struct {
	dialect dialect
	scope   []variable // locals in force, innermost last
	slots   int
	reads   []*optionNode

	level int // of tracing
	emit  func(level int, text string)
}

func (c *compiler) trace(level int, text string) {
	if c.emit != nil && level <= c.level {
		c.emit(level, text)
	}
}

func (c *compiler) program(text string) (*Program, error) {
	f, err := read(text)
	if err != nil {
		return nil, err
	}
	root, err := c.node(f)
	if err != nil {
		return nil, err
	}
	return &Program{text: canonical(f), root: root, slots: c.slots, reads: c.reads}, nil
}

// node compiles one form.
func (c *compiler) node(f form) (node, *SyntaxError) {
	if f.isList {
		return c.call(f)
	}
	v, isLiteral, err := literalOf(f)
	if err != nil {
		return nil, err
	}
	if isLiteral {
		c.trace(5, "literal "+v.String())
		return &literal{v}, nil
	}
	if !isName(f.text) {
		return nil, failAt(f.offset, "%q is no name, number, string or blob", f.text)
	}
	c.trace(5, "variable "+f.text)
	for _, v := range slices.Backward(c.scope) {
		if v.name == f.text {
			return &variable{f.text, v.slot}, nil
		}
	}
	if c.dialect == inTemplates {
		return templateName(f)
	}
	return nil, failAt(f.offset, "variable '%s' not defined", f.text)
}

func (c *compiler) nodes(fs []form) ([]node, *SyntaxError) {
	ns := make([]node, len(fs))
	for i, f := range fs {
		n, err := c.node(f)
		if err != nil {
			return nil, err
		}
		ns[i] = n
	}
	return ns, nil
}

// call compiles a list: a function and its arguments.
func (c *compiler) call(f form) (node, *SyntaxError) {
	if len(f.list) == 0 {
		return nil, failAt(f.offset, "empty parentheses: a function name is missing")
	}
	head := f.list[0]
	name := head.word()
	if name == "" {
		return nil, failAt(head.offset, "a function name must follow the parenthesis")
	}
	fn := functionNamed(name, c.dialect)
	if fn == nil {
		return nil, failAt(head.offset, "unknown function '%s'%s", head.text, didYouMean(name, namesIn(c.dialect)))
	}
	args := f.list[1:]
	c.trace(3, "function "+fn.name)
	for _, a := range args {
		c.trace(4, fn.name+": argument "+canonical(a))
	}
	if len(args) < fn.min || fn.max >= 0 && len(args) > fn.max {
		return nil, failAt(f.offset, "%s: wrong number of arguments: %s", fn.name, fn.Usage)
	}
	var n node
	var err *SyntaxError
	if fn.special != nil {
		n, err = fn.special(c, f, args)
	} else {
		var ns []node
		ns, err = c.nodes(args)
		n = &call{fn, ns}
	}
	c.trace(traceAll, "end of "+fn.name)
	return n, err
}

func didYouMean(word string, among []string) string {
	if near := objects.Nearest(word, among); near != "" {
		return ", did you mean " + near + "?"
	}
	return ""
}

// literalOf reads a string, number, blob or null; false if the atom is a name.
func literalOf(f form) (Value, bool, *SyntaxError) {
	if f.isString() {
		s := unquote(f.text)
		if len(s) > maxValue {
			return Value{}, false, failAt(f.offset, "string longer than %d bytes", maxValue)
		}
		return Str(s), true, nil
	}
	text := f.text
	if strings.EqualFold(text, "null") {
		return Value{}, true, nil
	}
	if strings.IndexByte(text, ':') >= 0 {
		b, ok := parseHex(text)
		if !ok || len(b) > maxValue {
			return Value{}, false, failAt(f.offset, "%q is no blob: bytes in hexadecimal between colons such as 01:0a:ff", text)
		}
		return blob(b), true, nil
	}
	digits, negative := strings.CutPrefix(text, "-")
	if digits == "" || digits[0] < '0' || digits[0] > '9' {
		return Value{}, false, nil
	}
	base := 10
	switch lower := strings.ToLower(digits); {
	case strings.HasPrefix(lower, "0x"):
		digits, base = digits[2:], 16
	case len(digits) > 1 && digits[0] == '0':
		digits, base = digits[1:], 8
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || negative && n > -math.MinInt32 {
		return Value{}, false, failAt(f.offset, "%q is no integer of 32 bits (0x is hexadecimal, a leading 0 octal)", text)
	}
	if negative {
		return Value{Kind: Int, Num: -int64(n)}, true, nil
	}
	return Value{Kind: Uint, Num: int64(n)}, true, nil
}

// isName tells whether an atom may be the name of a variable.
func isName(text string) bool {
	for i := range len(text) {
		c := text[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && strings.IndexByte("-_.+*/%", c) < 0 {
			return false
		}
	}
	return text != ""
}

// declare makes a local variable.
func (c *compiler) declare(f form) (variable, *SyntaxError) {
	_, isLiteral, err := literalOf(f)
	if f.isList || isLiteral || err != nil || !isName(f.text) {
		return variable{}, failAt(f.offset, "a variable name must stand here")
	}
	v := variable{f.text, len(c.scope)}
	c.scope = append(c.scope, v)
	c.slots = max(c.slots, len(c.scope))
	return v, nil
}

// The special forms: functions that do not simply evaluate their arguments.

func compileAnd(c *compiler, _ form, args []form) (node, *SyntaxError) {
	ns, err := c.nodes(args)
	return &andNode{ns}, err
}

func compileOr(c *compiler, _ form, args []form) (node, *SyntaxError) {
	ns, err := c.nodes(args)
	return &orNode{ns}, err
}

func compileIf(c *compiler, _ form, args []form) (node, *SyntaxError) {
	ns, err := c.nodes(args)
	if err != nil {
		return nil, err
	}
	n := &ifNode{cond: ns[0]}
	if len(ns) > 1 {
		n.then = ns[1]
	}
	if len(ns) > 2 {
		n.other = ns[2]
	}
	return n, nil
}

func compileTry(c *compiler, _ form, args []form) (node, *SyntaxError) {
	ns, err := c.nodes(args)
	if err != nil {
		return nil, err
	}
	return &tryNode{ns[0], ns[1]}, nil
}

func compileLet(c *compiler, _ form, args []form) (node, *SyntaxError) {
	outer := len(c.scope)
	defer func() { c.scope = c.scope[:outer] }()
	if !args[0].isList {
		return nil, failAt(args[0].offset, "let: a list of variables must stand here")
	}
	n := &letNode{}
	for _, f := range args[0].list {
		var init node
		if f.isList {
			if len(f.list) != 2 {
				return nil, failAt(f.offset, "let: a variable with a value is (<name> <value>)")
			}
			var err *SyntaxError
			if init, err = c.node(f.list[1]); err != nil {
				return nil, err
			}
			f = f.list[0]
		}
		v, err := c.declare(f)
		if err != nil {
			return nil, err
		}
		n.names, n.inits = append(n.names, v), append(n.inits, init)
	}
	body, err := c.nodes(args[1:])
	n.body = body
	return n, err
}

func compileSetq(c *compiler, _ form, args []form) (node, *SyntaxError) {
	for _, v := range slices.Backward(c.scope) {
		if v.name == args[0].text {
			value, err := c.node(args[1])
			return &setqNode{v, value}, err
		}
	}
	return nil, failAt(args[0].offset, "setq: variable '%s' not defined", canonical(args[0]))
}

func compileTimes(c *compiler, _ form, args []form) (node, *SyntaxError) {
	outer := len(c.scope)
	defer func() { c.scope = c.scope[:outer] }()
	head := args[0]
	if !head.isList || len(head.list) < 2 || len(head.list) > 3 {
		return nil, failAt(head.offset, "dotimes: (<variable> <count> [<result>]) must stand here")
	}
	count, err := c.node(head.list[1])
	if err != nil {
		return nil, err
	}
	counter, err := c.declare(head.list[0])
	if err != nil {
		return nil, err
	}
	n := &timesNode{counter: counter, count: count}
	if len(head.list) == 3 {
		if n.result, err = c.node(head.list[2]); err != nil {
			return nil, err
		}
	}
	n.body, err = c.nodes(args[1:])
	return n, err
}

func compileEnvironment(c *compiler, f form, args []form) (node, *SyntaxError) {
	put := false
	switch args[0].word() {
	case "put":
		put, args = true, args[1:]
	case "get":
		args = args[1:]
	}
	if !put && len(args) != 1 || put && len(args) != 2 {
		return nil, failAt(f.offset, "environmentdictionary: wrong number of arguments: %s", functionNamed("environmentdictionary", inPackets).Usage)
	}
	ns, err := c.nodes(args)
	if err != nil {
		return nil, err
	}
	n := &environmentNode{name: ns[0]}
	if put {
		n.value = ns[1]
	}
	return n, nil
}
