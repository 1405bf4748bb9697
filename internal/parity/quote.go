package parity

import (
	"strconv"
	"strings"
)

// Mark is the word that marks a line of a comparison. It stands nowhere else,
// so that it can be searched for.
const Mark = "difference"

// quote writes a name or a value for a list: in quotes if it has blanks or
// begins like something of the list's own. The mark is spelled otherwise in it.
func quote(text string) string {
	marked := strings.Contains(strings.ToLower(text), Mark)
	if text != "" && text[0] != '(' && !strings.ContainsAny(text, " \t\"\\") && strconv.CanBackquote(text) && !marked {
		return text
	}
	if !marked {
		return strconv.QuoteToGraphic(text)
	}
	quoted := strconv.QuoteToASCII(text) // so that lower case is as long
	var b strings.Builder
	for {
		i := strings.Index(strings.ToLower(quoted), Mark)
		if i < 0 {
			return b.String() + quoted
		}
		b.WriteString(quoted[:i] + `\x` + strconv.FormatInt(int64(quoted[i]), 16))
		quoted = quoted[i+1:]
	}
}
