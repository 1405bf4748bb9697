package iscconf

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Pos is a place in a file.
type Pos struct {
	File      string
	Line, Col int
}

func (p Pos) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col) }

// Error is why a configuration cannot be read.
type Error struct {
	Pos Pos
	Msg string
}

func (e *Error) Error() string { return e.Pos.String() + ": " + e.Msg }

func errorAt(p Pos, format string, args ...any) *Error {
	return &Error{p, fmt.Sprintf(format, args...)}
}

// token is a word (names, numbers, addresses, bytes with colons), a text in
// quotes, or a mark.
type token struct {
	kind tokenKind
	text string
	pos  Pos
}

type tokenKind uint8

const (
	end tokenKind = iota // of the file
	word
	quoted
	mark
)

// String is the token as a message shows it.
func (t token) String() string {
	switch t.kind {
	case end:
		return "the end of the file"
	case quoted:
		return `"` + shorten(t.text) + `"`
	}
	return "'" + shorten(t.text) + "'"
}

// is tells whether the token is that word, whose case does not matter, or mark.
func (t token) is(text string) bool {
	return t.kind == word && strings.EqualFold(t.text, text) || t.kind == mark && t.text == text
}

const longest = 60 // what is shown of a text

func shorten(text string) string {
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if r := []rune(clean); len(r) > longest {
		return string(r[:longest]) + "..."
	}
	return clean
}

// lexer cuts a file into tokens.
type lexer struct {
	text      string
	at        int
	line      int
	lineStart int
	file      string
}

func newLexer(file, text string) *lexer { return &lexer{text: text, file: file, line: 1} }

func (l *lexer) pos() Pos { return Pos{l.file, l.line, l.at - l.lineStart + 1} }

func (l *lexer) newline() {
	l.line++
	l.lineStart = l.at + 1
}

// wordByte tells whether c is part of words. Dots, colons and slashes are: of
// addresses, bytes and names.
func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.:/@", c) >= 0
}

// marks are the characters that stand by themselves.
const marks = ";{}(),=!<>&|^~%*+?[]"

// next returns the next token.
func (l *lexer) next() (token, *Error) {
	l.skip()
	if l.at >= len(l.text) {
		return token{kind: end, pos: l.pos()}, nil
	}
	p, c := l.pos(), l.text[l.at]
	switch {
	case c == '"':
		return l.quoted()
	case wordByte(c):
		start := l.at
		for l.at < len(l.text) && wordByte(l.text[l.at]) {
			l.at++
		}
		return token{word, l.text[start:l.at], p}, nil
	case strings.IndexByte(marks, c) >= 0:
		n := 1
		if rest := l.text[l.at:]; strings.HasPrefix(rest, "!=") || strings.HasPrefix(rest, "~=") || strings.HasPrefix(rest, "~~") {
			n = 2
		}
		l.at += n
		return token{mark, l.text[l.at-n : l.at], p}, nil
	}
	if r, n := utf8.DecodeRuneInString(l.text[l.at:]); n > 1 {
		return token{}, errorAt(p, "the character %q has no meaning in dhcpd.conf outside of quotes", r)
	}
	return token{}, errorAt(p, "the character %q has no meaning in dhcpd.conf", rune(c))
}

// skip passes over blanks and comments.
func (l *lexer) skip() {
	for l.at < len(l.text) {
		switch l.text[l.at] {
		case '\n':
			l.newline()
		case ' ', '\t', '\r', '\f', '\v':
		case '#':
			for l.at < len(l.text) && l.text[l.at] != '\n' {
				l.at++
			}
			continue
		default:
			return
		}
		l.at++
	}
}

// quoted reads a text in quotes with its escapes.
func (l *lexer) quoted() (token, *Error) {
	p := l.pos()
	var b []byte
	for l.at++; l.at < len(l.text); l.at++ {
		switch c := l.text[l.at]; c {
		case '"':
			l.at++
			return token{quoted, string(b), p}, nil
		case '\\':
			b = append(b, l.escape())
		case '\n':
			// dhcpd takes it, but it is mostly a quote that was forgotten: the
			// message about the end of the file names where it began.
			l.newline()
			b = append(b, c)
		default:
			b = append(b, c)
		}
	}
	return token{}, errorAt(p, "the quote is never closed")
}

// escape reads what follows a backslash and stays on its last character.
func (l *lexer) escape() byte {
	if l.at+1 >= len(l.text) {
		return '\\'
	}
	l.at++
	switch c := l.text[l.at]; {
	case c == 't':
		return '\t'
	case c == 'r':
		return '\r'
	case c == 'n':
		return '\n'
	case c == 'b':
		return '\b'
	case c == 'x':
		return l.digits(2, 16)
	case c >= '0' && c <= '7':
		l.at--
		return l.digits(3, 8)
	case c == '\n':
		l.newline()
		return c
	default:
		return c
	}
}

// digits reads up to n digits behind the current character.
func (l *lexer) digits(n, base int) byte {
	v := 0
	for ; n > 0 && l.at+1 < len(l.text); n-- {
		d := strings.IndexByte("0123456789abcdef", l.text[l.at+1]|0x20)
		if d < 0 || d >= base {
			break
		}
		v = v*base + d
		l.at++
	}
	return byte(v)
}
