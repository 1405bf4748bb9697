package iscconf

import (
	"net/netip"
	"strconv"
	"strings"

	"leasehold/pkg/objects"
)

// cursor reads the tokens of a statement one after the other.
type cursor struct {
	s     *Statement
	at    int
	depth int // of the expression that is read
	// names tells that in the value there is a host name in the place of an
	// address, which dhcpd looks up when it starts.
	names bool
}

func (c *cursor) peek() token {
	if c.at < len(c.s.tokens) {
		return c.s.tokens[c.at]
	}
	return token{kind: end, pos: c.s.last}
}

func (c *cursor) more() bool { return c.at < len(c.s.tokens) }

func (c *cursor) next() token {
	t := c.peek()
	c.at++
	return t
}

// accept takes the words if they come next.
func (c *cursor) accept(words ...string) bool {
	for i, w := range words {
		if c.at+i >= len(c.s.tokens) || !c.s.tokens[c.at+i].is(w) {
			return false
		}
	}
	c.at += len(words)
	return true
}

func (c *cursor) expect(words ...string) *Error {
	for _, w := range words {
		if !c.accept(w) {
			return c.wrong("'" + w + "'")
		}
	}
	return nil
}

// wrong is the error that something else should stand here.
func (c *cursor) wrong(want string) *Error {
	t := c.peek()
	got := t.String()
	if t.kind == end {
		got = "';'"
		if c.s.Block {
			got = "'{'"
		}
	}
	return errorAt(t.pos, "%s: expected %s, not %s", c.s.head(), want, got)
}

// done makes sure that the statement ends here, and how.
func (c *cursor) done(block bool) *Error {
	if c.more() {
		t := c.peek()
		if t.pos.Line > c.s.Pos.Line && t.kind == word && c.at > 0 && c.s.tokens[c.at-1].pos.Line < t.pos.Line {
			return errorAt(t.pos, "%s: unexpected %s: is a ';' missing at the end of the line before?", c.s.head(), t)
		}
		return errorAt(t.pos, "%s: unexpected %s", c.s.head(), t)
	}
	switch {
	case c.s.Block && !block:
		return errorAt(c.s.last, "%s: takes no braces", c.s.head())
	case !c.s.Block && block:
		return errorAt(c.s.last, "%s: expected '{', not ';'", c.s.head())
	}
	return nil
}

// name takes a word or a text in quotes.
func (c *cursor) name(what string) (string, *Error) {
	t := c.peek()
	if t.kind != word && t.kind != quoted || t.text == "" {
		return "", c.wrong(what)
	}
	c.at++
	return t.text, nil
}

// quotedText takes a text in quotes; dhcpd takes a plain name without, too.
func (c *cursor) quotedText(what string) (string, *Error) {
	if t := c.peek(); t.kind != quoted && (t.kind != word || strings.ContainsAny(t.text, ".:/@")) {
		return "", c.wrong(what + " in quotes")
	}
	return c.next().text, nil
}

func (c *cursor) addr(what string) (netip.Addr, *Error) {
	t := c.peek()
	a, ok := parseAddr(t)
	if !ok {
		return a, c.wrong(what)
	}
	c.at++
	return a, nil
}

func parseAddr(t token) (netip.Addr, bool) {
	if t.kind != word {
		return netip.Addr{}, false
	}
	a, err := objects.ParseIPv4(t.text)
	return a, err == nil
}

// number takes a number within bounds: decimal, 0x, or octal with a 0.
func (c *cursor) number(lo, hi int64) (int64, *Error) {
	t := c.peek()
	n, err := strconv.ParseInt(t.text, 0, 64)
	if t.kind != word || err != nil {
		return 0, c.wrong("a number")
	}
	if n < lo || n > hi {
		return 0, errorAt(t.pos, "%s: %d is not between %d and %d", c.s.head(), n, lo, hi)
	}
	c.at++
	return n, nil
}

// flag takes a truth value.
func (c *cursor) flag() (bool, *Error) {
	for _, w := range []string{"true", "on", "yes"} {
		if c.accept(w) {
			return true, nil
		}
	}
	for _, w := range []string{"false", "off", "no", "ignore"} {
		if c.accept(w) {
			return false, nil
		}
	}
	return false, c.wrong("on or off")
}

// hexBytes reads 1:2:0a, or the bytes of one number.
func hexBytes(text string) ([]byte, bool) {
	var b []byte
	for part := range strings.SplitSeq(text, ":") {
		n, err := strconv.ParseUint(part, 16, 8)
		if err != nil || len(part) > 2 {
			return nil, false
		}
		b = append(b, byte(n))
	}
	return b, true
}
