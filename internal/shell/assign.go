package shell

import (
	"fmt"
	"io"
	"os"
	"strings"

	"leasehold/pkg/objects"
)

// assignment is one attr=value of a command line. text is what the server is
// sent: what was typed, but for @file, which is read here, and dates, which
// mean this machine's time zone.
type assignment struct {
	attr *objects.Attr
	name string
	text string
}

// attr finds an attribute of the command's class, under its name or an older
// one. What the session's visibility hides is unknown, but the message tells
// where it is.
func (c *call) attr(name string) (*objects.Attr, *objects.Error) {
	a := c.class.Attr(name)
	if a != nil && c.session.visible(a.Visibility) {
		return a, nil
	}
	names := c.attrNames()
	if a == nil && c.interactive {
		if full, ok, err := abbreviated(name, names, objects.UnknownParameter); err != nil {
			return nil, err
		} else if ok {
			return c.class.Attr(full), nil
		}
	}
	if a == nil && c.session.foreign && attrWord(name) {
		return &objects.Attr{Class: c.class, Name: strings.ToLower(name), Kind: objects.String, Visibility: objects.Basic}, nil
	}
	if a != nil {
		return nil, hidden(objects.UnknownParameter, c.class, a.Name, a.Visibility)
	}
	return nil, objects.Errorf(objects.UnknownParameter, "%s has no attribute %q%s", c.class.Name, shorten(name, 60), c.session.nearestAttr(c.class, name))
}

// hidden is the answer to the name of an attribute or a verb that the session's
// visibility hides.
func hidden(code objects.Code, class *objects.Class, name string, at int) *objects.Error {
	return objects.Errorf(code, "%s has %s at visibility %d; write session set visibility=%d", class.Name, name, at, at)
}

// nearestAttr ends a message about an unknown attribute: the nearest that the
// session sees, or else the nearest that it would see at another visibility.
func (s *session) nearestAttr(class *objects.Class, name string) string {
	if near := nearest(name, visibleAttrs(s, class)); near != "" {
		return near
	}
	var others []string
	for _, a := range class.Attrs {
		if !s.visible(a.Visibility) {
			others = append(others, a.Name)
		}
	}
	near := objects.Nearest(name, others)
	if near == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %s, at visibility %d?", near, class.Attr(near).Visibility)
}

// attrNames lists the attributes of the class that the session sees.
func (c *call) attrNames() []string { return visibleAttrs(&c.session, c.class) }

func visibleAttrs(s *session, class *objects.Class) []string {
	var names []string
	for _, a := range class.Attrs {
		if s.visible(a.Visibility) {
			names = append(names, a.Name)
		}
	}
	return names
}

// attrWord tells whether a text has the form of an attribute's name: letters,
// digits and hyphens, a letter first.
func attrWord(text string) bool {
	for i, r := range strings.ToLower(text) {
		letter := r >= 'a' && r <= 'z'
		if !letter && (i == 0 || r != '-' && (r < '0' || r > '9')) {
			return false
		}
	}
	return text != ""
}

// assignments reads
//
//	name=value ...    blanks around = do no harm
//	name value        a single pair
//
// The value of a date goes on over the following words (Oct 31 00:00:00 2001),
// that of an expression to its closing parenthesis.
func (c *call) assignments(words []Word) ([]assignment, *objects.Error) {
	if len(words) == 0 {
		return nil, c.tooFew(c.regularUsage() + " <attribute>=<value> ...")
	}
	if !hasEquals(words[0]) && (len(words) < 2 || !leadsEquals(words[1])) {
		return c.singlePair(words)
	}
	var sets []assignment
	for len(words) > 0 {
		var set assignment
		var err *objects.Error
		set, words, err = c.oneAssignment(words)
		if err != nil {
			return nil, err
		}
		sets = append(sets, set)
	}
	return sets, nil
}

func hasEquals(w Word) bool   { return strings.Contains(w.Text, "=") }
func leadsEquals(w Word) bool { return strings.HasPrefix(w.Text, "=") }

// singlePair reads <name> <value>.
func (c *call) singlePair(words []Word) ([]assignment, *objects.Error) {
	a, err := c.attr(words[0].Text)
	if err != nil {
		return nil, err
	}
	if len(words) == 1 {
		return nil, objects.Errorf(objects.TooFewArguments, "%s has no value; write %s=<value>", a.Name, a.Name)
	}
	value := words[1].Text
	switch {
	case len(words) > 2 && (a.Kind == objects.Date || a.Kind == objects.Expr):
		value = rest(c.line, words[1].Start)
	case len(words) > 2:
		return nil, objects.Errorf(objects.TooManyArguments, "%q is too much; a value with blanks stands in quotes", shorten(words[2].Text, 60))
	}
	set, err := c.assign(a, value)
	return []assignment{set}, err
}

// oneAssignment takes the first assignment off the words.
func (c *call) oneAssignment(words []Word) (assignment, []Word, *objects.Error) {
	w := words[0]
	name, value, ok := strings.Cut(w.Text, "=")
	words = words[1:]
	from := w.Start + strings.IndexByte(c.line[w.Start:w.End], '=') + 1
	switch {
	case ok && value == "" && from == w.End && len(words) > 0 && !c.startsAssignment(words): // name= value
		value, from, words = words[0].Text, words[0].Start, words[1:]
	case !ok && len(words) > 0 && words[0].Text == "=" && len(words) > 1: // name = value
		value, from, words = words[1].Text, words[1].Start, words[2:]
	case !ok && len(words) > 0 && leadsEquals(words[0]): // name =value
		value, from, words = words[0].Text[1:], words[0].Start+1, words[1:]
	case !ok:
		return assignment{}, nil, objects.Errorf(objects.TooFewArguments, "%q has no value; write %s=<value>", shorten(w.Text, 60), shorten(w.Text, 60))
	}
	a, err := c.attr(name)
	if err != nil {
		return assignment{}, nil, err
	}
	switch a.Kind {
	case objects.Date:
		for len(words) > 0 && !hasEquals(words[0]) {
			value, words = value+" "+words[0].Text, words[1:]
		}
	case objects.Expr:
		if length := objects.Closing(c.line[min(from, len(c.line)):]) + 1; length > 0 {
			end := from + length
			value = c.line[from:end]
			for len(words) > 0 && words[0].Start < end {
				words = words[1:]
			}
		}
	}
	set, err := c.assign(a, value)
	return set, words, err
}

// startsAssignment tells whether the words begin with another attr=value, so
// that a name= before them has no value.
func (c *call) startsAssignment(words []Word) bool {
	name, _, ok := strings.Cut(words[0].Text, "=")
	if !ok && len(words) > 1 {
		ok = leadsEquals(words[1])
	}
	return ok && c.class.Attr(name) != nil
}

// assign makes the text that the server is sent.
func (c *call) assign(a *objects.Attr, text string) (assignment, *objects.Error) {
	set := assignment{attr: a, name: a.Name, text: text}
	switch {
	case a.Kind == objects.Expr && strings.HasPrefix(text, "@"):
		b, err := readLimited(text[1:], 64<<10)
		if err != nil {
			e := openFailed(text[1:], err)
			e.Msg = a.Name + ": " + e.Msg
			return set, e
		}
		set.text = string(b)
	case a.Kind == objects.Date:
		canonical, err := a.Parse(text, c.cfg.Clock.Now())
		if err != nil {
			return set, err
		}
		set.text = canonical
	}
	return set, nil
}

// readLimited reads a whole small file.
func readLimited(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		err = fmt.Errorf("more than %d bytes", most)
	}
	return b, err
}
