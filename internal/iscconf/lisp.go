package iscconf

import (
	"fmt"
	"strconv"
	"strings"

	"leasehold/pkg/objects"
)

// This file writes dhcpd's expressions in our language. dhcpd knows an
// expression without value, which makes a comparison false, and so does ours.

// cannot is why an expression has no counterpart.
type cannot struct {
	pos Pos
	why string
}

func (c *cannot) Error() string { return c.why }

func noWay(e *expression, format string, args ...any) error {
	return &cannot{e.pos, fmt.Sprintf(format, args...)}
}

// translator knows the names of options and the conditions of classes.
type translator struct {
	spaces  *spaces
	classes map[string]*declaration // for check "class"
	depth   int
}

// condition writes a truth value: null is false.
func (t *translator) condition(e *expression) (string, error) {
	if t.depth++; t.depth > maxDepth {
		return "", noWay(e, "classes refer to each other")
	}
	defer func() { t.depth-- }()
	switch e.op {
	case "and", "or":
		a, err := t.condition(e.args[0])
		if err != nil {
			return "", err
		}
		b, err := t.condition(e.args[1])
		return "(" + e.op + " " + a + " " + b + ")", err
	case "not":
		a, err := t.condition(e.args[0])
		return "(not " + a + ")", err
	case "=":
		return t.equality(e)
	case "!=":
		a, err := t.equality(e)
		return "(not " + a + ")", err
	case "exists":
		return t.option(e, e.name)
	case "check":
		c := t.classes[e.name]
		if c == nil || c.matchIf == nil {
			return "", noWay(e, "check %q: no class of that name has a match if", e.name)
		}
		return t.condition(c.matchIf)
	case "known", "static":
		return "", noWay(e, "whether the client is %s is not known where the client-class is chosen", e.op)
	case "~=", "~~":
		return "", noWay(e, "regular expressions have no counterpart")
	case "number":
		if e.num != 0 {
			return `"true"`, nil
		}
		return "null", nil
	}
	return "", noWay(e, "'%s' has no counterpart", e.op)
}

// equality compares data, or numbers.
func (t *translator) equality(e *expression) (string, error) {
	left, right := e.args[0], e.args[1]
	if _, ok := left.constant(); ok {
		left, right = right, left
	}
	if left.op == "substring" {
		if text, ok := t.prefix(left, right); ok {
			return text, nil
		}
	}
	numeric := left.op == "extract-int" || right.op == "extract-int"
	write := t.data
	if numeric {
		write = t.numeric
	}
	a, err := write(left)
	if err != nil {
		return "", err
	}
	b, err := write(right)
	return "(equal " + a + " " + b + ")", err
}

// prefix writes substring(x, 0, n) = "n bytes" as starts-with.
func (t *translator) prefix(left, right *expression) (string, bool) {
	from, ok := left.args[1].integer()
	n, ok2 := left.args[2].integer()
	want, ok3 := right.constant()
	if !ok || !ok2 || !ok3 || from != 0 || int(n) != len(want) || n == 0 {
		return "", false
	}
	x, err := t.data(left.args[0])
	return "(starts-with " + x + " " + literal(want) + ")", err == nil
}

func (t *translator) numeric(e *expression) (string, error) {
	if n, ok := e.integer(); ok && n >= 0 && n <= 1<<32-1 {
		return strconv.FormatInt(n, 10), nil
	}
	if e.op == "extract-int" {
		a, err := t.data(e.args[0])
		width, ok := e.args[1].integer()
		if err == nil && (!ok || width != 8 && width != 16 && width != 32) {
			err = noWay(e, "extract-int takes a width of 8, 16 or 32")
		}
		return fmt.Sprintf("(try (to-int (substring %s 0 %d)) null)", a, width/8), err
	}
	return "", noWay(e, "a computation with numbers has no counterpart")
}

// data writes an expression of bytes; a value that a packet lacks is null.
func (t *translator) data(e *expression) (string, error) {
	if t.depth++; t.depth > maxDepth {
		return "", noWay(e, "the expression is nested deeper than %d", maxDepth)
	}
	defer func() { t.depth-- }()
	if b, ok := e.constant(); ok {
		return literal(b), nil
	}
	switch e.op {
	case "option":
		return t.option(e, e.name)
	case "hardware":
		return "(concat (byte (request htype)) (request chaddr))", nil
	case "substring":
		return t.substring(e)
	case "suffix":
		n, ok := e.args[1].integer()
		if !ok {
			return "", noWay(e, "suffix with a computed length has no counterpart")
		}
		x, err := t.data(e.args[0])
		return fmt.Sprintf("(let ((x %s)) (try (substring x (- (length x) %d)) x))", x, n), err
	case "concat":
		return t.list("concat", e.args)
	case "pick-first-value", "pick":
		return t.list("or", e.args)
	case "lcase", "ucase":
		x, err := t.data(e.args[0])
		return fmt.Sprintf("(try (as-blob (to-%s (as-string %s))) null)", map[string]string{"lcase": "lower", "ucase": "upper"}[e.op], x), err
	case "binary-to-ascii":
		return t.ascii(e)
	case "packet":
		return t.packet(e)
	}
	return "", noWay(e, "'%s' has no counterpart", e.op)
}

func (t *translator) list(function string, args []*expression) (string, error) {
	words := []string{function}
	for _, a := range args {
		x, err := t.data(a)
		if err != nil {
			return "", err
		}
		words = append(words, x)
	}
	return "(" + strings.Join(words, " ") + ")", nil
}

func (t *translator) substring(e *expression) (string, error) {
	from, ok := e.args[1].integer()
	n, ok2 := e.args[2].integer()
	if !ok || !ok2 || from < 0 || n < 0 {
		return "", noWay(e, "substring with computed places has no counterpart")
	}
	if e.args[0].op == "hardware" && from == 1 && n >= 6 {
		return "(request chaddr)", nil
	}
	x, err := t.data(e.args[0])
	return fmt.Sprintf("(try (substring %s %d %d) null)", x, from, n), err
}

// ascii writes the forms of binary-to-ascii that make what our own conversions
// make: bytes in hexadecimal with two digits differ, as dhcpd writes no zero in
// front.
func (t *translator) ascii(e *expression) (string, error) {
	base, ok := e.args[0].integer()
	width, ok2 := e.args[1].integer()
	sep, ok3 := e.args[2].constant()
	if ok && ok2 && ok3 && base == 10 && width == 8 && string(sep) == "." {
		x, err := t.data(e.args[3])
		return "(try (as-blob (ip-string " + x + ")) null)", err
	}
	return "", noWay(e, "binary-to-ascii(%d, %d, ...) has no counterpart", base, width)
}

// packet writes the fields of the header that an expression can name.
func (t *translator) packet(e *expression) (string, error) {
	from, ok := e.args[0].integer()
	n, ok2 := e.args[1].integer()
	for _, f := range []struct {
		from, n int64
		text    string
	}{
		{24, 4, "(request giaddr)"}, {12, 4, "(request ciaddr)"}, {28, 6, "(request chaddr)"},
		{1, 1, "(byte (request htype))"}, {2, 1, "(byte (request hlen))"}, {3, 1, "(byte (request hops))"}, {0, 1, "(byte (request op))"},
	} {
		if ok && ok2 && f.from == from && f.n == n {
			return f.text, nil
		}
	}
	return "", noWay(e, "packet(...) reads a part of the header that has no name here")
}

// option writes what an option or a sub-option of the request has.
func (t *translator) option(e *expression, name string) (string, error) {
	space, code, ok := t.spaces.find(name)
	if !ok {
		return "", noWay(e, "no option %s is defined", name)
	}
	switch space {
	case "dhcp":
		return fmt.Sprintf("(request get-blob option %d)", code), nil
	case "agent":
		return fmt.Sprintf("(request get-blob option 82 %d)", code), nil
	}
	return "", noWay(e, "the option space %s is not read from packets", space)
}

// literal writes bytes: as text where that can be read as nothing else.
func literal(b []byte) string {
	if len(b) == 0 {
		return `""`
	}
	text := true
	for _, c := range b {
		if c < ' ' || c > '~' || c == '"' || c == '\\' || c == ':' {
			text = false
		}
	}
	switch {
	case text && len(b) > 1:
		return `"` + string(b) + `"`
	case len(b) == 1:
		return fmt.Sprintf("(byte %d)", b[0])
	}
	return objects.FormatBlob(string(b))
}

// word makes a name of ours of one of dhcpd's: what cannot stand in lists and
// expressions becomes a hyphen.
func wordOf(name string) string {
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.' {
			return r
		}
		return '-'
	}, name)
	clean = strings.Trim(clean, "-")
	if clean == "" {
		return "unnamed"
	}
	if len(clean) > 100 {
		clean = clean[:100]
	}
	return clean
}
