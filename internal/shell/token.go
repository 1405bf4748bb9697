package shell

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"leasehold/pkg/objects"
)

// MaxLine bounds a command line, continuation lines included.
const MaxLine = 1 << 20

// Word is one word of a command line.
type Word struct {
	Text       string // with quotes and backslashes resolved
	Start, End int    // where it stands in the line
	Quoted     bool   // some part of it was in quotes
}

// The rules of a line, in full:
//
//   - A line whose first character other than a blank is # is a comment.
//   - Blanks and tabs separate words.
//   - Double quotes take blanks into a word. They may begin and end anywhere in
//     it: a="b c"d is one word. Inside, \" is a quote and \\ a backslash; any
//     other backslash is itself.
//   - Outside quotes a backslash before a blank, a tab, a quote, a backslash or
//     a # takes that character as it is; any other backslash is itself.
//   - A backslash at the very end of a line joins the next one to it (lines.go).
//   - Other characters have no meaning here; attr=value is read by the commands
//     that take it (assign.go).
//   - A line is valid UTF-8 without control characters.

// Split cuts a line into words. Its error is 316 and names the column.
func Split(line string) ([]Word, *objects.Error) {
	if err := checkText(line); err != nil {
		return nil, err
	}
	s := scanner{line: line}
	words := s.words()
	if s.open >= 0 {
		return nil, objects.Errorf(objects.Invalid, "invalid command line: the quote opened at column %d is never closed", column(line, s.open))
	}
	return words, nil
}

// scanner cuts a line; open is where a quote was opened that nothing closed.
type scanner struct {
	line string
	pos  int
	open int
}

func (s *scanner) words() []Word {
	s.open = -1
	if comment(s.line) {
		return nil
	}
	var ws []Word
	for {
		for s.pos < len(s.line) && blank(s.line[s.pos]) {
			s.pos++
		}
		if s.pos == len(s.line) {
			return ws
		}
		ws = append(ws, s.word())
	}
}

func (s *scanner) word() Word {
	w := Word{Start: s.pos}
	var text []byte
	for s.pos < len(s.line) {
		c := s.line[s.pos]
		switch {
		case c == '\\' && s.pos+1 < len(s.line) && s.escapes(s.line[s.pos+1]):
			text = append(text, s.line[s.pos+1])
			s.pos++
		case c == '"' && s.open < 0:
			s.open, w.Quoted = s.pos, true
		case c == '"':
			s.open = -1
		case blank(c) && s.open < 0:
			w.Text, w.End = string(text), s.pos
			return w
		default:
			text = append(text, c)
		}
		s.pos++
	}
	w.Text, w.End = string(text), s.pos
	return w
}

// escapes tells whether a backslash before c takes c as it is.
func (s *scanner) escapes(c byte) bool {
	if c == '"' || c == '\\' {
		return true
	}
	return s.open < 0 && (blank(c) || c == '#')
}

func blank(c byte) bool { return c == ' ' || c == '\t' }

// comment tells whether the whole line is one.
func comment(line string) bool {
	return strings.HasPrefix(strings.TrimLeft(line, " \t"), "#")
}

// checkText refuses what no command line may hold.
func checkText(line string) *objects.Error {
	if len(line) > MaxLine {
		return objects.Errorf(objects.Invalid, "invalid command line: %d bytes, a line has at most %d", len(line), MaxLine)
	}
	if !utf8.ValidString(line) {
		for i, r := range line {
			if r == utf8.RuneError {
				return objects.Errorf(objects.Invalid, "invalid command line: no valid UTF-8 text at column %d", column(line, i))
			}
		}
	}
	for i, r := range line {
		if (r < ' ' && r != '\t') || r == 0x7f {
			return objects.Errorf(objects.Invalid, "invalid command line: control character %#02x at column %d", r, column(line, i))
		}
	}
	return nil
}

// column counts characters up to a byte offset, from 1.
func column(line string, offset int) int {
	return utf8.RuneCountInString(line[:offset]) + 1
}

// Quote writes text as one word that Split gives back unchanged.
func Quote(text string) string { return objects.QuoteWord(text) }

// rest returns the line from a word on as one value: without the blanks around
// it, and without the quotes if one pair of them holds all of it.
func rest(line string, from int) string {
	raw := strings.TrimRight(line[from:], " \t")
	s := scanner{line: raw, open: -1}
	if strings.HasPrefix(raw, `"`) {
		if w := s.word(); s.pos == len(raw) && closesAtEnd(raw) {
			return w.Text
		}
	}
	return raw
}

// closesAtEnd tells whether the quote that begins raw is closed by its last
// character and not before.
func closesAtEnd(raw string) bool {
	for i := 1; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			if i+1 < len(raw) && (raw[i+1] == '"' || raw[i+1] == '\\') {
				i++
			}
		case '"':
			return i == len(raw)-1
		}
	}
	return false
}

// JoinArgs makes a command line of the words of a program's argument list. One
// argument is the line itself. Of several, each is a word as the system's
// shell cut it; one that holds quotes already is taken as it is written.
func JoinArgs(args []string) string {
	if len(args) == 1 {
		return args[0]
	}
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = a
		if strings.Contains(a, `"`) {
			if ws, err := Split(a); err == nil && len(ws) == 1 {
				continue
			}
		}
		words[i] = quoteArg(a)
	}
	return strings.Join(words, " ")
}

// quoteArg quotes the value of name=value and not the whole.
func quoteArg(a string) string {
	name, value, ok := strings.Cut(a, "=")
	if ok && name != "" && Quote(name) == name && value != "" {
		return name + "=" + Quote(value)
	}
	return Quote(a)
}

// shorten cuts a text for a message.
func shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return fmt.Sprintf("%s...", text[:cut])
}
