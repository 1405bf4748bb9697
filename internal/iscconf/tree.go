package iscconf

import (
	"path"
	"slices"
	"strings"
)

// Statement is words up to a semicolon, or up to the statements in braces.
type Statement struct {
	Pos    Pos
	Body   []*Statement
	Block  bool // it has braces
	tokens []token
	last   Pos // of the semicolon or the brace
}

// Files reads a file of that name.
type Files func(name string) ([]byte, error)

// Tree is a configuration file with those that it includes.
type Tree struct {
	Statements []*Statement
	Includes   int
}

// Parse reads a configuration. A name in an include statement that does not
// begin with a slash is looked for beside the first file, then beside the one
// that it stands in.
func Parse(name string, files Files) (*Tree, error) {
	p := &parser{files: files, tree: &Tree{}}
	ss, err := p.file(name, Pos{File: name, Line: 1, Col: 1})
	if err != nil {
		return nil, err
	}
	p.tree.Statements = ss
	return p.tree, nil
}

type parser struct {
	files      Files
	tree       *Tree
	open       []string // files that are being read, the outermost first
	bytes      int
	read       int
	statements int
	lex        *lexer
}

// file reads a whole file.
func (p *parser) file(name string, from Pos) ([]*Statement, *Error) {
	if slices.Contains(p.open, name) {
		return nil, errorAt(from, "include %q: the file includes itself: %s", shorten(name), strings.Join(append(p.open, name), " -> "))
	}
	if p.read++; len(p.open) > maxInclude || p.read > maxFiles {
		return nil, errorAt(from, "include %q: more than %d files, or more than %d within each other", shorten(name), maxFiles, maxInclude)
	}
	data, err := p.files(name)
	if err != nil {
		return nil, errorAt(from, "cannot read %s: %v", name, err)
	}
	if p.bytes += len(data); p.bytes > maxBytes {
		return nil, errorAt(from, "the configuration has more than %d bytes", maxBytes)
	}
	outer := p.lex
	p.lex, p.open = newLexer(name, string(data)), append(p.open, name)
	defer func() { p.lex, p.open = outer, p.open[:len(p.open)-1] }()
	return p.block(nil, 0)
}

// block reads statements up to the brace that closes opened, or up to the end of
// the file if it is nil.
func (p *parser) block(opened *token, depth int) ([]*Statement, *Error) {
	if depth > maxDepth {
		return nil, errorAt(opened.pos, "braces are nested deeper than %d", maxDepth)
	}
	var all []*Statement
	for {
		t, err := p.lex.next()
		if err != nil {
			return nil, err
		}
		switch {
		case t.kind == end && opened != nil:
			return nil, errorAt(opened.pos, "the brace is never closed; the file ends at line %d", t.pos.Line)
		case t.kind == end:
			return all, nil
		case t.is("}") && opened == nil:
			return nil, errorAt(t.pos, "there is no open brace to close")
		case t.is("}"):
			return all, nil
		case t.is(";"):
			continue
		}
		if p.statements++; p.statements > maxStatements {
			return nil, errorAt(t.pos, "the configuration has more than %d statements", maxStatements)
		}
		s, err := p.statement(t, depth)
		if err != nil {
			return nil, err
		}
		if !s.tokens[0].is("include") {
			all = append(all, s)
			continue
		}
		included, err := p.include(s)
		if err != nil {
			return nil, err
		}
		all = append(all, included...)
	}
}

// statement reads one that begins with t.
func (p *parser) statement(t token, depth int) (*Statement, *Error) {
	s := &Statement{Pos: t.pos}
	for {
		switch {
		case t.kind == end:
			return nil, errorAt(s.Pos, "the statement '%s' is not ended by ';' or '{'; the file ends at line %d", s.head(), t.pos.Line)
		case t.is(";"):
			s.last = t.pos
			return s, nil
		case t.is("}"):
			return nil, errorAt(t.pos, "';' is missing at the end of '%s', which began at line %d", s.head(), s.Pos.Line)
		case t.is("{") && s.inRecord():
			if err := p.record(s, t); err != nil {
				return nil, err
			}
		case t.is("{"):
			body, err := p.block(&t, depth+1)
			s.Body, s.Block, s.last = body, true, t.pos
			if len(s.tokens) == 0 {
				err = errorAt(t.pos, "braces that nothing stands before")
			}
			return s, err
		default:
			s.tokens = append(s.tokens, t)
		}
		if len(s.tokens) > maxTokens {
			return nil, errorAt(s.Pos, "the statement has more than %d words", maxTokens)
		}
		var err *Error
		if t, err = p.lex.next(); err != nil {
			return nil, err
		}
	}
}

// inRecord tells whether a brace begins the types of an option's definition:
// option x code 1 = { ... }, or array of { ... }.
func (s *Statement) inRecord() bool {
	n := len(s.tokens)
	return n > 1 && s.tokens[0].is("option") && (s.tokens[n-1].is("=") || s.tokens[n-1].is("of"))
}

// record takes the types into the statement.
func (p *parser) record(s *Statement, opened token) *Error {
	s.tokens = append(s.tokens, opened)
	for {
		t, err := p.lex.next()
		if err != nil {
			return err
		}
		switch {
		case t.kind == end:
			return errorAt(opened.pos, "the brace is never closed; the file ends at line %d", t.pos.Line)
		case t.is("{") || t.is(";") || len(s.tokens) > maxTokens:
			return errorAt(t.pos, "types of an option's definition have no %s", t)
		}
		s.tokens = append(s.tokens, t)
		if t.is("}") {
			return nil
		}
	}
}

// head is how a statement begins, for messages.
func (s *Statement) head() string {
	var words []string
	for i, t := range s.tokens {
		if i == 4 {
			words = append(words, "...")
			break
		}
		if t.kind == quoted {
			words = append(words, `"`+shorten(t.text)+`"`)
		} else {
			words = append(words, shorten(t.text))
		}
	}
	return strings.Join(words, " ")
}

// text is the whole statement on one line, for findings.
func (s *Statement) text() string {
	var b strings.Builder
	for i, t := range s.tokens {
		if i > 0 && t.text != "," && !t.is(")") && !(i > 0 && s.tokens[i-1].is("(")) && !t.is("(") {
			b.WriteByte(' ')
		}
		if t.kind == quoted {
			b.WriteString(`"` + shorten(t.text) + `"`)
		} else {
			b.WriteString(t.text)
		}
	}
	if s.Block {
		b.WriteString(" { ... }")
	}
	return shortenTo(b.String(), 120)
}

func shortenTo(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "..."
	}
	return text
}

func (p *parser) include(s *Statement) ([]*Statement, *Error) {
	if len(s.tokens) != 2 || s.tokens[1].kind != quoted || s.Block {
		return nil, errorAt(s.Pos, "include takes the name of a file in quotes and ';'")
	}
	name := s.tokens[1].text
	if name == "" || strings.ContainsRune(name, 0) {
		return nil, errorAt(s.Pos, "include takes the name of a file, not %s", s.tokens[1])
	}
	p.tree.Includes++
	if path.IsAbs(name) {
		return p.file(name, s.Pos)
	}
	// dhcpd looks from where it was started, which for a configuration in parts
	// is the folder of the first file; people expect that of the including one.
	beside := path.Join(path.Dir(s.Pos.File), name)
	if first := path.Join(path.Dir(p.open[0]), name); first != beside {
		if _, err := p.files(first); err == nil {
			return p.file(first, s.Pos)
		}
	}
	return p.file(beside, s.Pos)
}
