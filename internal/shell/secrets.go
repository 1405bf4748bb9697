package shell

import (
	"slices"
	"strings"

	"leasehold/pkg/objects"
)

// HoldsSecret tells whether a command line may hold a password or another
// secret value. Such lines do not go into the history, and are masked wherever
// a line is shown again.
func HoldsSecret(line string) bool { return maskSecrets(line) != line }

// maskSecrets replaces the secret values in a line. It must not depend on the
// line being correct: it looks at words, not at what they mean, and rather
// masks too much.
func maskSecrets(line string) string {
	s := scanner{line: line}
	words := s.words()
	if len(words) < 3 {
		return line
	}
	classes, creates := secretClasses(words[0].Text)
	if classes == nil {
		return line
	}
	var b strings.Builder
	at := 0
	mask := func(from, to int) {
		b.WriteString(line[at:from])
		b.WriteString("********")
		at = to
	}
	create := same(words[2].Text, "create") || isPrefix(words[2].Text, "create")
	for i, w := range words[2:] {
		name, _, equals := strings.Cut(w.Text, "=")
		known, secret := false, false
		for _, class := range classes {
			a := class.Attr(name)
			known = known || a != nil
			secret = secret || a != nil && a.Secret || a == nil && secretName(class, name)
		}
		switch {
		case at > w.Start:
		case secret && equals && strings.IndexByte(line[w.Start:w.End], '=')+1 < w.End-w.Start:
			mask(w.Start+strings.IndexByte(line[w.Start:w.End], '=')+1, w.End)
		case create && i > 0 && !known && creates:
			mask(w.Start, w.End)
		case secret:
			mask(w.End, len(line))
		}
	}
	return b.String() + line[at:]
}

// secretClasses finds the classes, with secrets in their tables, that a word may
// name: the one whose name it is or begins, or, of a word that is no command and
// so mistyped, any. create tells whether the first word behind create may be a
// secret.
func secretClasses(word string) (classes []*objects.Class, create bool) {
	var all []*objects.Class
	var names []string
	for _, c := range objects.Classes() {
		if slices.ContainsFunc(c.Attrs, func(a *objects.Attr) bool { return a.Secret }) {
			all, names = append(all, c), append(names, c.Name)
		}
	}
	for _, c := range all {
		if same(word, c.Name) || isPrefix(word, c.Name) {
			return []*objects.Class{c}, secretArgument(c)
		}
	}
	if IsCommand(word) {
		return nil, false
	}
	near := objects.Nearest(word, names)
	return all, near != "" && secretArgument(objects.ClassNamed(near))
}

// secretName tells whether a mistyped or shortened name is near a secret
// attribute's.
func secretName(class *objects.Class, name string) bool {
	for _, a := range class.Attrs {
		if a.Secret && (isPrefix(name, a.Name) || objects.Nearest(name, []string{a.Name}) != "") {
			return true
		}
	}
	return false
}

// secretArgument tells whether create takes a secret by position.
func secretArgument(class *objects.Class) bool {
	for _, name := range class.Create {
		if a := class.Attr(strings.Trim(name, "[]")); a != nil && a.Secret {
			return true
		}
	}
	return false
}

func isPrefix(word, of string) bool {
	return word != "" && len(word) <= len(of) && strings.EqualFold(of[:len(word)], word)
}
