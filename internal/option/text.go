package option

import (
	"strconv"
	"strings"

	"leasehold/pkg/objects"
)

// stringItem parses a string: at the top of a value it is what stands there;
// inside a list or parentheses it is a word, or quoted with \" and \\.
func stringItem(d *Def, text string, inner bool) (string, []byte, *fault) {
	s := text
	if inner && strings.HasPrefix(text, `"`) {
		var ok bool
		if s, ok = unquote(text); !ok {
			return "", nil, faultf("takes text in one pair of double quotes, not %s", quote(text))
		}
	}
	if s == "" || !printable([]byte(s), d.Type == String) {
		return refuse(d.Type, text)
	}
	return formatString(s, inner), []byte(s), nil
}

// printable tells whether bytes are printable ASCII, with tabs if so allowed.
func printable(b []byte, tabs bool) bool {
	for _, c := range b {
		if (c < ' ' || c > '~') && (c != '\t' || !tabs) {
			return false
		}
	}
	return true
}

// formatString writes a string so that it is read back the same.
func formatString(s string, inner bool) string {
	edged := s == "" || strings.TrimSpace(s) != s
	if !inner {
		if edged || unwrap(s) != s {
			return `"` + s + `"`
		}
		return s
	}
	if !edged && !strings.ContainsAny(s, `"\(),;`) {
		return s
	}
	return quoted(s)
}

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func quoted(s string) string { return `"` + escapes.Replace(s) + `"` }

// unquote reads a string in quotes with \" and \\; another backslash stays.
func unquote(text string) (string, bool) {
	if len(text) < 2 || text[0] != '"' || stringEnd(text, 0) != len(text) {
		return "", false
	}
	body := text[1 : len(text)-1]
	if !strings.Contains(body, `\`) {
		return body, true
	}
	var b strings.Builder
	for i := 0; i < len(body); i++ {
		if body[i] == '\\' && i+1 < len(body) && (body[i+1] == '"' || body[i+1] == '\\') {
			i++
		}
		b.WriteByte(body[i])
	}
	return b.String(), true
}

// stringEnd returns the offset behind the quoted string that starts at i, -1
// if it does not end.
func stringEnd(text string, i int) int {
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// splitList cuts a text at the commas outside of quotes and parentheses.
func splitList(text string) ([]string, *fault) { return splitAt(text, ',') }

func splitAt(text string, sep byte) ([]string, *fault) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var items []string
	start, depth := 0, 0
	for i := 0; i <= len(text); i++ {
		switch {
		case i == len(text) || text[i] == sep && depth == 0:
			item := strings.TrimSpace(text[start:i])
			if item == "" {
				return nil, faultf("takes values separated by %q, and one of %s is empty", sep, quote(text))
			}
			items, start = append(items, item), i+1
		case text[i] == '"':
			end := stringEnd(text, i)
			if end < 0 {
				return nil, faultf("takes text whose quotes are closed, not %s", quote(text[i:]))
			}
			i = end - 1
		case text[i] == '(':
			depth++
		case text[i] == ')':
			depth--
		}
	}
	return items, nil
}

// nameBreakers are characters that stand for something else in a value.
const nameBreakers = " \t\",;:()\\"

// parseName makes labels of a domain name (RFC 1035 section 3.1). A relative
// name ends in no zero byte unless it is written with a dot at its end.
func parseName(text string, relative bool) ([]byte, bool) {
	if text == "." {
		return []byte{0}, true
	}
	name, dotted := strings.CutSuffix(text, ".")
	if name == "" || strings.ContainsAny(name, nameBreakers) || !printable([]byte(name), false) {
		return nil, false
	}
	b := make([]byte, 0, len(name)+2)
	for label := range strings.SplitSeq(name, ".") {
		if len(label) < 1 || len(label) > 63 {
			return nil, false
		}
		b = append(append(b, byte(len(label))), label...)
	}
	if !relative || dotted {
		b = append(b, 0)
	}
	return b, len(b) <= 255
}

// formatName writes labels: with a dot at the end if they end in a zero byte.
func formatName(b []byte) (string, bool) {
	if len(b) == 1 && b[0] == 0 {
		return ".", true
	}
	var name strings.Builder
	for i := 0; i < len(b); {
		n := int(b[i])
		if n == 0 {
			name.WriteByte('.')
			return name.String(), i > 0 && i == len(b)-1
		}
		if n > 63 || i+1+n > len(b) {
			return "", false
		}
		label := b[i+1 : i+1+n]
		if strings.ContainsAny(string(label), nameBreakers+".") || !printable(label, false) {
			return "", false
		}
		if i > 0 {
			name.WriteByte('.')
		}
		name.Write(label)
		i += 1 + n
	}
	return name.String(), len(b) > 0 && len(b) <= 255
}

// nameLen returns the length of the name at the start of b, 0 if it does not
// end.
func nameLen(b []byte) int {
	for i := 0; i < len(b); i += 1 + int(b[i]) {
		if b[i] == 0 {
			return i + 1
		}
	}
	return 0
}

// maxOctets is the longest hardware address in an option.
const maxOctets = 32

// parseMAC reads a hardware address: its type, its length and its octets.
func parseMAC(text string) ([]byte, bool) {
	hwType, octets, err := objects.ReadMAC(text)
	if err != nil || len(octets) < 1 || len(octets) > maxOctets {
		return nil, false
	}
	return append([]byte{byte(hwType), byte(len(octets))}, octets...), true
}

func formatMAC(b []byte) (string, bool) {
	if len(b) < 3 || int(b[1]) != len(b)-2 || b[1] > maxOctets {
		return "", false
	}
	return objects.FormatMAC(int(b[0]), b[2:]), true
}

// joinMACs puts the three parts of each 1,6,xx:.. together again that a split
// at commas took apart.
func joinMACs(items []string) []string {
	var macs []string
	for i := 0; i < len(items); i++ {
		if _, err := strconv.Atoi(items[i]); err == nil && i+2 < len(items) {
			macs, i = append(macs, strings.Join(items[i:i+3], ",")), i+2
			continue
		}
		macs = append(macs, items[i])
	}
	return macs
}
