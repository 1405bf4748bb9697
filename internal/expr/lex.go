package expr

import (
	"fmt"
	"strings"
)

// form is a piece of an expression text before it means anything: an atom, a
// string in quotes, or a list in parentheses.
type form struct {
	offset int
	text   string // atom or string as it was typed, with its quotes
	list   []form
	isList bool
}

func (f form) isString() bool { return strings.HasPrefix(f.text, `"`) }

// word returns an atom in lower case, "" for strings and lists.
func (f form) word() string {
	if f.isList || f.isString() {
		return ""
	}
	return strings.ToLower(f.text)
}

// reader turns text into forms.
type reader struct {
	text string
	at   int
}

func failAt(offset int, format string, args ...any) *SyntaxError {
	return &SyntaxError{Offset: offset, Msg: fmt.Sprintf(format, args...)}
}

// read returns the one form that a text consists of.
func read(text string) (form, *SyntaxError) {
	if len(text) > maxText {
		return form{}, failAt(maxText, "expression longer than %d bytes", maxText)
	}
	r := reader{text: text}
	r.skip()
	if r.at == len(text) {
		return form{}, failAt(r.at, "no expression")
	}
	f, err := r.form(0)
	if err != nil {
		return form{}, err
	}
	if r.skip(); r.at < len(text) {
		if text[r.at] == ')' {
			return form{}, failAt(r.at, "unbalanced parentheses: nothing is open here")
		}
		return form{}, failAt(r.at, "text after the end of the expression")
	}
	return f, nil
}

// skip passes blanks and comments.
func (r *reader) skip() {
	for r.at < len(r.text) {
		rest := r.text[r.at:]
		switch {
		case isBlank(rest[0]):
			r.at++
		case rest[0] == ';' || strings.HasPrefix(rest, "//"):
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			r.at += end
		default:
			return
		}
	}
}

func isBlank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func (r *reader) form(depth int) (form, *SyntaxError) {
	start := r.at
	switch c := r.text[r.at]; {
	case c == '(':
		return r.listForm(depth)
	case c == ')':
		return form{}, failAt(start, "unbalanced parentheses: nothing is open here")
	case c == '"':
		return r.stringForm()
	case c < ' ' || c > '~':
		return form{}, failAt(start, "character %q outside of a string", c)
	}
	for r.at < len(r.text) && !isBlank(r.text[r.at]) && strings.IndexByte(`()";`, r.text[r.at]) < 0 {
		r.at++
	}
	return form{offset: start, text: r.text[start:r.at]}, nil
}

func (r *reader) listForm(depth int) (form, *SyntaxError) {
	f := form{offset: r.at, isList: true}
	if depth++; depth > maxDepth {
		return f, failAt(r.at, "nested deeper than %d", maxDepth)
	}
	r.at++
	for {
		r.skip()
		if r.at == len(r.text) {
			return f, failAt(f.offset, "unbalanced parentheses: this one is not closed")
		}
		if r.text[r.at] == ')' {
			r.at++
			return f, nil
		}
		sub, err := r.form(depth)
		if err != nil {
			return f, err
		}
		f.list = append(f.list, sub)
	}
}

func (r *reader) stringForm() (form, *SyntaxError) {
	start := r.at
	for r.at++; r.at < len(r.text); r.at++ {
		switch r.text[r.at] {
		case '\\':
			r.at++
		case '"':
			r.at++
			return form{offset: start, text: r.text[start:r.at]}, nil
		}
	}
	return form{}, failAt(start, "string without closing quote")
}

// unquote reads a string with \" and \\; any other backslash stays.
func unquote(text string) string {
	body := text[1 : len(text)-1]
	if strings.IndexByte(body, '\\') < 0 {
		return body
	}
	var b strings.Builder
	for i := 0; i < len(body); i++ {
		if body[i] == '\\' && i+1 < len(body) && (body[i+1] == '"' || body[i+1] == '\\') {
			i++
		}
		b.WriteByte(body[i])
	}
	return b.String()
}

// print writes a form on one line: one blank between the parts of a list.
func (f form) print(b *strings.Builder) {
	if !f.isList {
		b.WriteString(f.text)
		return
	}
	b.WriteByte('(')
	for i, sub := range f.list {
		if i > 0 {
			b.WriteByte(' ')
		}
		sub.print(b)
	}
	b.WriteByte(')')
}
