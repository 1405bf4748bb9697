package shell

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Names and values come from clients, other servers and files, and a terminal
// obeys what some octets tell it. Everything that is printed passes here.

// printable writes what would not be seen, or would act on a terminal, as its
// number: \x1b. Line ends and tabs stay.
func printable(text string) string {
	return escaped(text, func(r rune) bool { return r == '\n' || r == '\t' })
}

// oneLine does the same to a name or a value that a client has chosen, which
// must not look like a line of its own.
func oneLine(text string) string {
	return escaped(text, func(rune) bool { return false })
}

func escaped(text string, keep func(rune) bool) string {
	bad := func(r rune) bool { return (acts(r) || r == utf8.RuneError) && !keep(r) }
	if strings.IndexFunc(text, bad) < 0 {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && n == 1 || acts(r) && !keep(r) && r < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case acts(r) && !keep(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(text[i : i+n])
		}
		i += n
	}
	return b.String()
}

// acts tells whether a character is a control character, or one that ends a
// line or turns the direction of text around.
func acts(r rune) bool {
	return unicode.IsControl(r) || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}
