package iscconf

import (
	"strconv"
	"strings"
)

// expression is one of dhcpd's: of data, of a number or of a truth value. Which
// it is follows from op.
type expression struct {
	op   string // "bytes", "number", "option", "substring", "=", "and", ...
	args []*expression
	data []byte // of "bytes"
	num  int64  // of "number"
	name string // of options, variables, functions
	pos  Pos
}

// How many arguments functions have; -1 is any number.
var dataFunctions = map[string]int{
	"substring": 3, "suffix": 2, "concat": -1, "lcase": 1, "ucase": 1, "pick-first-value": -1, "pick": -1,
	"packet": 2, "binary-to-ascii": 4, "encode-int": 2, "reverse": 2, "gethostname": 0, "gethostbyname": 1,
	"extract-int": 2, "v6relay": 2, "execute": -1,
}

// words that are whole expressions.
var plainWords = []string{
	"hardware", "leased-address", "host-decl-name", "lease-time", "client-state", "known", "static", "filename", "server-name", "null", "dns-update",
}

// expression reads one.
func (c *cursor) expression() (*expression, *Error) { return c.either("or", c.both) }

func (c *cursor) both() (*expression, *Error) { return c.either("and", c.negation) }

// either reads operands with one operator between.
func (c *cursor) either(op string, operand func() (*expression, *Error)) (*expression, *Error) {
	left, err := operand()
	for err == nil && c.peek().is(op) {
		p := c.next().pos
		var right *expression
		if right, err = operand(); err == nil {
			left = &expression{op: op, args: []*expression{left, right}, pos: p}
		}
	}
	return left, err
}

func (c *cursor) negation() (*expression, *Error) {
	if !c.peek().is("not") {
		return c.comparison()
	}
	p := c.next().pos
	if err := c.deeper(p); err != nil {
		return nil, err
	}
	defer func() { c.depth-- }()
	e, err := c.negation()
	return &expression{op: "not", args: []*expression{e}, pos: p}, err
}

func (c *cursor) deeper(p Pos) *Error {
	if c.depth++; c.depth > maxDepth {
		return errorAt(p, "the expression is nested deeper than %d", maxDepth)
	}
	return nil
}

func (c *cursor) comparison() (*expression, *Error) {
	left, err := c.sum()
	if err != nil {
		return nil, err
	}
	for _, apart := range []string{"!", "~"} { // != may stand as ! =
		if len(c.s.tokens) > c.at+1 && c.peek().is(apart) && c.s.tokens[c.at+1].is("=") {
			c.at++
			c.s.tokens[c.at].text = apart + "="
		}
	}
	for _, op := range []string{"=", "!=", "~=", "~~"} {
		if c.peek().is(op) {
			p := c.next().pos
			right, err := c.sum()
			return &expression{op: op, args: []*expression{left, right}, pos: p}, err
		}
	}
	return left, nil
}

// sum reads numbers with operators; those of one line of dhcpd's table have no
// order among each other here, as nothing of ours computes them.
func (c *cursor) sum() (*expression, *Error) {
	left, err := c.primary()
	for err == nil {
		op := ""
		for _, o := range []string{"+", "-", "*", "/", "%", "&", "|", "^"} {
			if c.peek().is(o) {
				op = o
			}
		}
		if op == "" {
			return left, nil
		}
		p := c.next().pos
		var right *expression
		if right, err = c.primary(); err == nil {
			left = &expression{op: op, args: []*expression{left, right}, pos: p}
		}
	}
	return left, err
}

func (c *cursor) primary() (*expression, *Error) {
	t := c.peek()
	if err := c.deeper(t.pos); err != nil {
		return nil, err
	}
	defer func() { c.depth-- }()
	switch {
	case t.is("("):
		c.at++
		e, err := c.expression()
		if err == nil {
			err = c.expect(")")
		}
		return e, err
	case t.kind == quoted:
		c.at++
		return &expression{op: "bytes", data: []byte(t.text), pos: t.pos}, nil
	case t.kind != word:
		return nil, c.wrong("an expression")
	}
	return c.wordExpression(t)
}

// wordExpression reads an expression that begins with a word.
func (c *cursor) wordExpression(t token) (*expression, *Error) {
	name := strings.ToLower(t.text)
	if n, ok := dataFunctions[name]; ok && c.at+1 < len(c.s.tokens) && c.s.tokens[c.at+1].is("(") {
		c.at += 2
		return c.call(name, n, t.pos)
	}
	switch name {
	case "option", "config-option", "exists", "defined", "variable-reference":
		c.at++
		of, err := c.name("a name")
		return &expression{op: name, name: strings.ToLower(of), pos: t.pos}, err
	case "check":
		c.at++
		of, err := c.name("the name of a class")
		return &expression{op: name, name: of, pos: t.pos}, err
	}
	for _, w := range plainWords {
		if name == w {
			c.at++
			return &expression{op: w, pos: t.pos}, nil
		}
	}
	if n, err := strconv.ParseInt(name, 0, 64); err == nil {
		c.at++
		e := &expression{op: "number", num: n, pos: t.pos, name: name}
		e.data, _ = hexBytes(name)
		return e, nil
	}
	if b, ok := hexBytes(name); ok {
		c.at++
		return &expression{op: "bytes", data: b, pos: t.pos}, nil
	}
	if a, ok := parseAddr(t); ok {
		c.at++
		return &expression{op: "bytes", data: a.AsSlice(), pos: t.pos}, nil
	}
	c.at++
	if c.accept("(") { // a function that the configuration defines
		e, err := c.call(name, -1, t.pos)
		if e != nil {
			e.op = "function"
		}
		return e, err
	}
	return &expression{op: "variable", name: t.text, pos: t.pos}, nil
}

// call reads the arguments of a function, behind its parenthesis.
func (c *cursor) call(name string, n int, p Pos) (*expression, *Error) {
	e := &expression{op: name, name: name, pos: p}
	for !c.accept(")") {
		if len(e.args) > 0 {
			if err := c.expect(","); err != nil {
				return nil, err
			}
		}
		a, err := c.expression()
		if err != nil {
			return nil, err
		}
		e.args = append(e.args, a)
	}
	if n >= 0 && len(e.args) != n {
		return nil, errorAt(p, "%s takes %d arguments, not %d", name, n, len(e.args))
	}
	return e, nil
}

// constant is the value of an expression that depends on no packet. A number
// where bytes should be is one byte, in hexadecimal.
func (e *expression) constant() ([]byte, bool) {
	switch e.op {
	case "bytes":
		return e.data, true
	case "number":
		return e.data, e.data != nil
	case "concat":
		var all []byte
		for _, a := range e.args {
			b, ok := a.constant()
			if !ok || len(all)+len(b) > maxOption {
				return nil, false
			}
			all = append(all, b...)
		}
		return all, true
	case "lcase", "ucase":
		b, ok := e.args[0].constant()
		if e.op == "lcase" {
			return []byte(strings.ToLower(string(b))), ok
		}
		return []byte(strings.ToUpper(string(b))), ok
	case "encode-int":
		n, ok := e.args[0].integer()
		width, ok2 := e.args[1].integer()
		if !ok || !ok2 || width != 8 && width != 16 && width != 32 {
			return nil, false
		}
		return bigEndian(uint64(n), int(width)/8), true
	case "pick-first-value", "pick":
		if len(e.args) > 0 {
			return e.args[0].constant()
		}
	}
	return nil, false
}

// integer is the value of a number.
func (e *expression) integer() (int64, bool) { return e.num, e.op == "number" }

func bigEndian(n uint64, width int) []byte {
	b := make([]byte, width)
	for i := range b {
		b[width-1-i] = byte(n >> (8 * i))
	}
	return b
}
