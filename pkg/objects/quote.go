package objects

import "strings"

// QuoteWord writes text as one word of a command line, in quotes if it needs
// them. The rules of a line stand in internal/shell, token.go.
func QuoteWord(text string) string {
	if text != "" && !strings.ContainsAny(text, " \t\"\\#") {
		return text
	}
	return QuoteText(text)
}

// QuoteText writes text as one word in quotes.
func QuoteText(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// Closing is where the parenthesis is that closes the one that text begins
// with, as expressions and values of options are written; those in quotes are
// text. It is -1 where there is none.
func Closing(text string) int {
	if text == "" || text[0] != '(' {
		return -1
	}
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}
