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
