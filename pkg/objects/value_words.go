package objects

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// findWord finds a word by its name (case does not matter) or its number.
func findWord(ws []Word, text string) *Word {
	for i := range ws {
		if strings.EqualFold(ws[i].Name, text) {
			return &ws[i]
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return nil
	}
	for i := range ws {
		if ws[i].Number == n {
			return &ws[i]
		}
	}
	return nil
}

func wordNames(ws []Word) []string {
	names := make([]string, len(ws))
	for i, w := range ws {
		names[i] = w.Name
	}
	return names
}

// badWord says which words there are and which is the nearest.
func badWord(ws []Word, text string) error {
	names := wordNames(ws)
	if near := Nearest(text, names); near != "" {
		return fmt.Errorf("there is no word %q, did you mean %s?", shorten(text), near)
	}
	return fmt.Errorf("there is no word %q, they are %s", shorten(text), strings.Join(names, ", "))
}

func (a *Attr) parseEnum(text string) (string, error) {
	text = strings.TrimSpace(text)
	w := findWord(a.Words, text)
	if w == nil {
		return "", badWord(a.Words, text)
	}
	return w.Name, nil
}

// parseFlags sorts the words by number and drops repeated ones. Empty is the
// set without any.
func (a *Attr) parseFlags(text string) (string, error) {
	if strings.TrimSpace(text) == "" {
		return "", nil
	}
	var set []Word
	for item := range strings.SplitSeq(text, ",") {
		w := findWord(a.Words, strings.TrimSpace(item))
		if w == nil {
			return "", badWord(a.Words, strings.TrimSpace(item))
		}
		if !slices.Contains(set, *w) {
			set = append(set, *w)
		}
	}
	slices.SortFunc(set, func(v, w Word) int { return v.Number - w.Number })
	return strings.Join(wordNames(set), ","), nil
}

// parseList keeps the order and drops repeated items; blanks around commas go.
func parseList(text string) (string, error) {
	if strings.TrimSpace(text) == "" {
		return "", nil
	}
	if err := plain(text); err != nil {
		return "", err
	}
	var items []string
	for item := range strings.SplitSeq(text, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			return "", fmt.Errorf("has an empty item between its commas")
		}
		if !slices.Contains(items, item) {
			items = append(items, item)
		}
	}
	return strings.Join(items, ","), nil
}

// parseOptionIDs checks only the form of the names: which options there are is
// known to the option catalogue.
func parseOptionIDs(text string) (string, error) {
	list, err := parseList(strings.ToLower(text))
	if err != nil || list == "" {
		return list, err
	}
	for item := range strings.SplitSeq(list, ",") {
		for _, r := range item {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.+", r) {
				continue
			}
			return "", fmt.Errorf("%q is no option name or number", shorten(item))
		}
	}
	return list, nil
}

// parseDName takes a domain name or an address; a dot at the end goes.
func parseDName(text string) (string, error) {
	text = strings.TrimSpace(text)
	if ip, err := netip.ParseAddr(text); err == nil && ip.Zone() == "" {
		return ip.String(), nil
	}
	name := strings.TrimSuffix(text, ".")
	if name == "" || len(name) > 253 {
		return "", fmt.Errorf("must be a domain name of 1 to 253 characters, or an address")
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 {
			return "", fmt.Errorf("must be a domain name: each part between dots has 1 to 63 characters")
		}
		for _, r := range label {
			if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
				continue
			}
			return "", fmt.Errorf("must be a domain name: %q is not allowed in it", r)
		}
		if strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return "", fmt.Errorf("must be a domain name: no part begins or ends with a hyphen")
		}
	}
	return name, nil
}

// parseExpr puts an expression on one line: comments (// and ; to the end of
// the line) go, runs of blanks outside strings become one. Only strings and
// parentheses are checked here; package expr knows the functions.
func parseExpr(text string) (string, error) {
	var b strings.Builder
	depth, blank := 0, false
	wrong := func(at int, what string) (string, error) {
		return "", fmt.Errorf("expression error at offset %d: %s", at, what)
	}
	for i := 0; i < len(text); i++ {
		ch := text[i]
		if ch == ';' || ch == '/' && i+1 < len(text) && text[i+1] == '/' {
			for i < len(text) && text[i] != '\n' {
				i++
			}
			blank = true
			continue
		}
		if ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r' {
			blank = true
			continue
		}
		if blank && b.Len() > 0 {
			b.WriteByte(' ')
		}
		blank = false
		switch ch {
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return wrong(i, "closing parenthesis without an opening one")
			}
		case '"':
			end, ok := stringEnd(text, i)
			if !ok {
				return wrong(i, "string without a closing quote")
			}
			b.WriteString(text[i:end])
			i = end - 1
			continue
		}
		b.WriteByte(ch)
	}
	if depth > 0 {
		return wrong(len(text), fmt.Sprintf("%d closing parentheses are missing", depth))
	}
	if b.Len() == 0 {
		return wrong(0, "nothing there")
	}
	if err := plain(b.String()); err != nil {
		return "", err
	}
	return b.String(), nil
}

// stringEnd returns the offset behind the quote that ends the string at i.
func stringEnd(text string, i int) (int, bool) {
	for j := i + 1; j < len(text); j++ {
		switch text[j] {
		case '\\':
			j++
		case '"':
			return j + 1, true
		}
	}
	return 0, false
}
