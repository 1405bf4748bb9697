package option

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"leasehold/pkg/objects"
)

// maxDepth bounds the levels of parentheses in a value.
const maxDepth = 8

// structured parses a value whose definition gives it an inner structure. Bytes
// are accepted too, and shown as the structure where they are one.
func (p parser) structured(d *Def, text string) (string, []byte, *fault) {
	if p.depth++; p.depth > maxDepth {
		return "", nil, faultf("takes at most %d levels of parentheses", maxDepth)
	}
	text = strings.TrimSpace(text)
	if b, ok := parseBytes(text); ok && len(b) > 0 && (d.layout != searchList || !nameLike(text)) {
		return p.fromBytes(d, b)
	}
	switch d.layout {
	case searchList:
		return p.searchList(text)
	case routes:
		return p.routes(text)
	case tagged, flagged:
		return p.chosen(d, text)
	case packed:
		return p.packed(d, text)
	}
	return p.subOptions(d, text)
}

// fromBytes writes bytes as the structure that they are, or as bytes.
func (p parser) fromBytes(d *Def, b []byte) (string, []byte, *fault) {
	if shown, ok := show(d, b, true); ok {
		if canonical, again, f := p.value(d, shown, true); f == nil && bytes.Equal(again, b) {
			return canonical, b, nil
		}
	}
	return objects.FormatBlob(b), b, nil
}

func showStructured(d *Def, wire []byte) (string, bool) {
	switch d.layout {
	case searchList:
		return showSearchList(wire)
	case routes:
		return showRoutes(wire)
	case tagged, flagged:
		return showChosen(d, wire)
	case packed:
		return showPacked(d, wire)
	}
	return showSubOptions(d, wire)
}

// groups cuts a text into the contents of its parentheses.
func groups(text string) ([]string, *fault) {
	var out []string
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		end := groupEnd(text)
		if end < 0 {
			return nil, faultf("takes sub-options in parentheses such as (1 10.1.0.1)(2 01:0a), not %s", quote(text))
		}
		out = append(out, strings.TrimSpace(text[1:end]))
		text = text[end+1:]
	}
	if len(out) == 0 {
		return nil, faultf("takes sub-options in parentheses such as (1 10.1.0.1)(2 01:0a), not an empty value")
	}
	return out, nil
}

// groupEnd returns the offset of the parenthesis that closes the first
// character's, -1 if there is none.
func groupEnd(text string) int {
	if text == "" || text[0] != '(' {
		return -1
	}
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			end := stringEnd(text, i)
			if end < 0 {
				return -1
			}
			i = end - 1
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// firstWord cuts a text behind its first word, which a blank or a parenthesis
// ends.
func firstWord(text string) (word, rest string) {
	i := strings.IndexAny(text, " \t(")
	if i < 0 {
		return text, ""
	}
	return text[:i], strings.TrimSpace(text[i:])
}

// subOption reads the code, the name or both from the start of a group and
// returns the definition (nil if there is none), the code and the value.
func subOption(children []*Def, group string) (*Def, int, string, *fault) {
	word, rest := firstWord(group)
	if n, ok := objects.ParseNumber(word); ok {
		if n < 0 || n > 255 {
			return nil, 0, "", faultf("takes sub-option codes from 0 to 255, not %s", word)
		}
		return childByCode(children, int(n)), int(n), rest, nil
	}
	child := childByName(children, word)
	if child == nil {
		return nil, 0, "", faultf("has no sub-option named %s%s", quote(word), knownInstead(word, children))
	}
	if number, after := firstWord(rest); after != "" || child.Type == ZeroSize {
		if n, ok := objects.ParseNumber(number); ok && n == int64(child.Code) {
			return child, child.Code, after, nil
		} else if ok && after != "" && child.Repeat == Once && !textual(child) {
			return nil, 0, "", faultf("names sub-option %s with code %d, its code is %d", child.Name, n, child.Code)
		}
	}
	return child, child.Code, rest, nil
}

// knownInstead ends a message about an unknown sub-option: the nearest name, or
// the names that there are.
func knownInstead(word string, children []*Def) string {
	const most = 10
	if near := didYouMean(word, defNames(children)); near != "" {
		return near
	}
	if len(children) == 0 {
		return ": without definitions they are written (<code> <value>)"
	}
	var known []string
	for _, c := range children[:min(most, len(children))] {
		known = append(known, c.String())
	}
	if more := len(children) - most; more > 0 {
		known = append(known, fmt.Sprintf("%d more", more))
	}
	return "; it has " + strings.Join(known, ", ")
}

func childByCode(children []*Def, code int) *Def {
	for _, c := range children {
		if c.Code == code {
			return c
		}
	}
	return nil
}

func childByName(children []*Def, name string) *Def {
	for _, c := range children {
		if c.named(name) {
			return c
		}
	}
	return nil
}

// subOptions parses (name code value)... into code, length, value.
func (p parser) subOptions(d *Def, text string) (string, []byte, *fault) {
	parts, f := groups(text)
	if f != nil {
		return "", nil, f
	}
	if d.layout != flagsTLV {
		return p.tlvs(d.Children, parts)
	}
	flags, canonical, wire := []byte{0}, "", []byte{}
	if child, code, value, f := subOption(d.Children, parts[0]); f == nil && code == 0 {
		shown, b, f := p.value(child, value, true)
		if f != nil {
			return "", nil, f.in(child)
		}
		canonical, flags, parts = formatSub(child, 0, shown), b, parts[1:]
	}
	if len(parts) > 0 {
		rest, b, f := p.tlvs(d.Children, parts)
		if f != nil {
			return "", nil, f
		}
		canonical, wire = canonical+rest, b
	}
	return canonical, append(flags, wire...), nil
}

func (p parser) tlvs(children []*Def, parts []string) (string, []byte, *fault) {
	var canonical strings.Builder
	var wire []byte
	for _, part := range parts {
		child, code, value, f := subOption(children, part)
		if f != nil {
			return "", nil, f
		}
		if code == 0 || code == 255 {
			return "", nil, faultf("takes sub-option codes from 1 to 254: 0 and 255 are pad and end")
		}
		shown, b, f := p.subValue(child, value)
		if f == nil && len(b) > maxSub {
			f = faultf("takes at most %d bytes, not %d", maxSub, len(b))
		}
		if f != nil {
			if child == nil {
				child = undefined(code)
			}
			return "", nil, f.in(child)
		}
		canonical.WriteString(formatSub(child, code, shown))
		wire = append(append(wire, byte(code), byte(len(b))), b...)
	}
	return canonical.String(), wire, nil
}

// undefined stands for a sub-option without definition in messages.
func undefined(code int) *Def { return &Def{Code: code, Name: "option-" + strconv.Itoa(code)} }

// subValue parses the value of a sub-option. One without definition is bytes, a
// string in quotes, or sub-options again.
func (p parser) subValue(child *Def, text string) (string, []byte, *fault) {
	if child != nil {
		return p.value(child, text, true)
	}
	return p.raw(text)
}

func (p parser) raw(text string) (string, []byte, *fault) {
	if p.depth++; p.depth > maxDepth {
		return "", nil, faultf("takes at most %d levels of parentheses", maxDepth)
	}
	if strings.HasPrefix(text, `"`) {
		s, ok := unquote(text)
		if !ok || !printable([]byte(s), true) {
			return "", nil, faultf("takes printable text in one pair of double quotes, not %s", quote(text))
		}
		return quoted(s), []byte(s), nil
	}
	if strings.HasPrefix(text, "(") {
		parts, f := groups(text)
		if f != nil {
			return "", nil, f
		}
		return p.tlvs(nil, parts)
	}
	b, ok := parseBytes(text)
	if !ok {
		return "", nil, faultf("takes bytes such as 01:0a:ff or text in double quotes, not %s", quote(text))
	}
	return objects.FormatBlob(b), b, nil
}

func showRaw(b []byte) string {
	if printable(b, true) {
		return quoted(string(b))
	}
	return objects.FormatBlob(b)
}

// formatSub writes one sub-option: (name code value), the name only where it
// is known.
func formatSub(child *Def, code int, value string) string {
	text := strconv.Itoa(code)
	if child != nil {
		text = child.Name + " " + text
	}
	if value != "" {
		text += " " + value
	}
	return "(" + text + ")"
}

func showSubOptions(d *Def, wire []byte) (string, bool) {
	var text strings.Builder
	if d.layout == flagsTLV {
		if len(wire) == 0 {
			return "", false
		}
		flags := childByCode(d.Children, 0)
		shown, _ := showItem(flags, wire[:1], true)
		text.WriteString(formatSub(flags, 0, shown))
		wire = wire[1:]
		if len(wire) == 0 {
			return text.String(), true
		}
	}
	rest, ok := showTLVs(d.Children, wire)
	return text.String() + rest, ok
}

func showTLVs(children []*Def, wire []byte) (string, bool) {
	var text strings.Builder
	for len(wire) > 0 {
		if len(wire) < 2 || len(wire) < 2+int(wire[1]) {
			return "", false
		}
		code, value := int(wire[0]), wire[2:2+int(wire[1])]
		wire = wire[2+len(value):]
		child := childByCode(children, code)
		if child == nil {
			text.WriteString(formatSub(nil, code, showRaw(value)))
			continue
		}
		shown, ok := show(child, value, true)
		if !ok {
			return "", false
		}
		text.WriteString(formatSub(child, code, shown))
	}
	return text.String(), text.Len() > 0
}

// chosen parses one byte that chooses a child and the child's value:
// (code value), (name code value) or (code)(value).
func (p parser) chosen(d *Def, text string) (string, []byte, *fault) {
	parts, f := groups(text)
	if f != nil {
		return "", nil, f
	}
	child, code, value, f := subOption(d.Children, parts[0])
	if f != nil {
		return "", nil, f
	}
	if child == nil || len(parts) > 2 || len(parts) == 2 && value != "" {
		return "", nil, faultf("takes (<code> <value>) where the code is one of %s, not %s", codeList(d.Children), quote(text))
	}
	if len(parts) == 2 {
		value = parts[1]
	}
	shown, b, f := p.value(child, value, true)
	if f != nil {
		return "", nil, f.in(child)
	}
	return formatChosen(d, child, shown), append([]byte{byte(code)}, b...), nil
}

func showChosen(d *Def, wire []byte) (string, bool) {
	if len(wire) == 0 {
		return "", false
	}
	child := childByCode(d.Children, int(wire[0]))
	if child == nil {
		return "", false
	}
	shown, ok := show(child, wire[1:], true)
	return formatChosen(d, child, shown), ok
}

func formatChosen(d, child *Def, shown string) string {
	if d.layout == flagged {
		return fmt.Sprintf("(%d)(%s)", child.Code, shown)
	}
	return formatSub(child, child.Code, shown)
}

func codeList(children []*Def) string {
	texts := make([]string, len(children))
	for i, c := range children {
		texts[i] = fmt.Sprintf("%d (%s)", c.Code, c.Name)
	}
	return strings.Join(texts, ", ")
}

// packed parses fields without code or length, separated by semicolons; a
// group around them may begin with its number, which is 1.
func (p parser) packed(d *Def, text string) (string, []byte, *fault) {
	if end := groupEnd(text); end > 0 && end == len(text)-1 {
		text = strings.TrimSpace(text[1:end])
		if word, rest := firstWord(text); rest != "" && word == "1" && !strings.HasPrefix(rest, ";") {
			text = rest
		}
	}
	fields, f := splitAt(text, ';')
	if f != nil {
		return "", nil, f
	}
	if len(fields) != len(d.Children) {
		return "", nil, faultf("takes %s separated by semicolons, not %s", strings.Join(defNames(d.Children), ";"), quote(text))
	}
	shown, wire := make([]string, len(fields)), []byte{}
	for i, child := range d.Children {
		canonical, b, f := p.value(child, fields[i], true)
		if f != nil {
			return "", nil, f.in(child)
		}
		shown[i], wire = canonical, append(wire, b...)
	}
	return "(1 " + strings.Join(shown, ";") + ")", wire, nil
}

func showPacked(d *Def, wire []byte) (string, bool) {
	shown := make([]string, len(d.Children))
	for i, child := range d.Children {
		n := itemLen(child.Type, wire)
		if n > len(wire) {
			return "", false
		}
		text, ok := showItem(child, wire[:n], true)
		if !ok {
			return "", false
		}
		shown[i], wire = text, wire[n:]
	}
	return "(1 " + strings.Join(shown, ";") + ")", len(wire) == 0
}
