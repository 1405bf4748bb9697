package leasefile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// Bounds of what a dhcpd.leases may hold. dhcpd itself writes much less.
const (
	maxToken     = 8 << 10
	maxStatement = 256 // tokens
	maxDepth     = 16  // braces
)

// token is a word, a quoted string (its value), or a mark.
type token struct {
	kind byte // 'w', '"', or the mark itself: { } ; , =
	text []byte
}

// lexer cuts dhcpd.leases into tokens. The text of a token is good until the
// next statement begins.
type lexer struct {
	in   *bufio.Reader
	line int
	from int  // line of the statement's first word
	some bool // there is something but blanks
	buf  []byte
}

// syntaxError ends the reading: what follows cannot be understood.
type syntaxError struct {
	line int
	msg  string
}

func (e *syntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.msg) }

func (l *lexer) wrong(format string, args ...any) error {
	return &syntaxError{l.line, fmt.Sprintf(format, args...)}
}

// next reads a token. At the end of the file it returns io.EOF; within a
// string, io.ErrUnexpectedEOF.
func (l *lexer) next() (token, error) {
	for {
		c, err := l.in.ReadByte()
		if err != nil {
			return token{}, err
		}
		switch c {
		case '\n':
			l.line++
			continue
		case ' ', '\t', '\r':
			continue
		}
		l.some = true
		switch {
		case c == '#':
			if err := l.comment(); err != nil {
				return token{}, err
			}
		case c == '"':
			return l.quoted()
		case mark(c):
			return token{kind: c}, nil
		case c < ' ' || c == 0x7f:
			return token{}, l.control(c)
		default:
			return l.word(c)
		}
	}
}

func mark(c byte) bool { return c == '{' || c == '}' || c == ';' || c == ',' || c == '=' }

func (l *lexer) control(c byte) error {
	if c == 0 {
		return l.wrong("a nul byte: the file is damaged, as after a power failure, or is no dhcpd.leases")
	}
	return l.wrong("a control character (octet %d)", c)
}

// comment skips to the end of the line.
func (l *lexer) comment() error {
	for {
		c, err := l.in.ReadByte()
		if err != nil {
			return err
		}
		if c == '\n' {
			l.line++
			return nil
		}
		if c == 0 {
			return l.control(c)
		}
	}
}

func (l *lexer) word(first byte) (token, error) {
	from := len(l.buf)
	l.buf = append(l.buf, first)
	for {
		c, err := l.in.ReadByte()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return token{}, err
		}
		if c <= ' ' || c == 0x7f || c == '"' || c == '#' || mark(c) {
			if err := l.in.UnreadByte(); err != nil {
				return token{}, err
			}
			break
		}
		if len(l.buf)-from >= maxToken {
			return token{}, l.wrong("a word of more than %d characters", maxToken)
		}
		l.buf = append(l.buf, c)
	}
	return token{'w', l.buf[from:]}, nil
}

// escapes are the letters after a backslash that stand for something else.
var escapes = map[byte]byte{'n': '\n', 't': '\t', 'r': '\r', 'b': '\b'}

func (l *lexer) quoted() (token, error) {
	from := len(l.buf)
	for {
		c, err := l.in.ReadByte()
		if err == nil && c == '\\' {
			if c, err = l.in.ReadByte(); err == nil {
				c, err = l.escaped(c)
			}
		} else if err == nil && c == '"' {
			return token{'"', l.buf[from:]}, nil
		} else if err == nil && (c == 0 || c == '\n') {
			if c == '\n' {
				return token{}, l.wrong("a string that does not end on its line")
			}
			return token{}, l.control(c)
		}
		if errors.Is(err, io.EOF) {
			return token{}, io.ErrUnexpectedEOF
		}
		if err != nil {
			return token{}, err
		}
		if len(l.buf)-from >= maxToken {
			return token{}, l.wrong("a string of more than %d octets", maxToken)
		}
		l.buf = append(l.buf, c)
	}
}

// escaped reads what follows a backslash: a letter, \xHH, up to three octal
// digits, or the character itself.
func (l *lexer) escaped(c byte) (byte, error) {
	if e, ok := escapes[c]; ok {
		return e, nil
	}
	switch {
	case c == 'x':
		return l.digits(0, 16, 2)
	case c >= '0' && c <= '7':
		return l.digits(int(c-'0'), 8, 2)
	case c < ' ':
		return 0, l.control(c)
	}
	return c, nil
}

// digits reads up to n more digits of a number.
func (l *lexer) digits(v, base, n int) (byte, error) {
	for ; n > 0; n-- {
		c, err := l.in.ReadByte()
		if err != nil {
			return 0, err
		}
		d := digit(c)
		if d >= base {
			if err := l.in.UnreadByte(); err != nil {
				return 0, err
			}
			break
		}
		v = v*base + d
	}
	if v > 255 {
		return 0, l.wrong("an escape of a string that is no octet")
	}
	return byte(v), nil
}

func digit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return 99
}

// statement reads tokens up to a ; or a brace, which it returns apart.
func (l *lexer) statement(st []token) (_ []token, end byte, err error) {
	l.buf, st = l.buf[:0], st[:0]
	for {
		t, err := l.next()
		if err != nil {
			return st, 0, err
		}
		if len(st) == 0 {
			l.from = l.line
		}
		switch t.kind {
		case ';', '{', '}':
			if t.kind == '}' && len(st) > 0 {
				return st, 0, l.wrong("a } where the statement %q should end with ;", cut(st[0].text))
			}
			return st, t.kind, nil
		}
		if st = append(st, t); len(st) > maxStatement {
			return st, 0, l.wrong("a statement of more than %d words", maxStatement)
		}
	}
}

// skipBlock reads to the } that closes the block that was just opened.
func (l *lexer) skipBlock() error {
	for depth := 1; depth > 0; {
		l.buf = l.buf[:0]
		t, err := l.next()
		switch {
		case errors.Is(err, io.EOF):
			return io.ErrUnexpectedEOF
		case err != nil:
			return err
		case t.kind == '{':
			depth++
		case t.kind == '}':
			depth--
		}
		if depth > maxDepth {
			return l.wrong("braces more than %d deep", maxDepth)
		}
	}
	return nil
}

func cut(b []byte) string {
	if len(b) > 60 {
		return string(b[:60]) + "..."
	}
	return string(b)
}
