package objects

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const maxUint32 = 1<<32 - 1

// maxText bounds every value, so that no command can store a book.
const maxText = 64 << 10

// Parse makes the canonical text of what an operator typed. The canonical text
// parses to itself. now gives relative dates their meaning, and its location
// is the one that absolute dates are in. The error is 316 (ranges: 336, 341)
// and names the attribute, the rule and the bad text.
func (a *Attr) Parse(text string, now time.Time) (string, *Error) {
	if len(text) > maxText {
		return "", Errorf(Invalid, "%s: the value has %d bytes, more than %d", a.label(), len(text), maxText)
	}
	canonical, err := a.parse(text, now)
	if err == nil && a.Check != nil {
		err = a.Check(canonical)
	}
	if err == nil {
		return canonical, nil
	}
	e := &Error{Code: Invalid}
	if coded, ok := err.(*Error); ok {
		e.Code, err = coded.Code, fmt.Errorf("%s", coded.Msg)
	}
	quoted := fmt.Sprintf("%q", shorten(text))
	if a.Secret || a.Words != nil || strings.Contains(err.Error(), quoted) {
		e.Msg = fmt.Sprintf("%s: %v", a.label(), err)
	} else {
		e.Msg = fmt.Sprintf("%s: %s %v", a.label(), quoted, err)
	}
	return "", e
}

// label names the attribute in messages: scope ping-timeout.
func (a *Attr) label() string { return a.Class.Name + " " + a.Name }

func (a *Attr) parse(text string, now time.Time) (string, error) {
	switch a.Kind {
	case String:
		return a.parseString(text)
	case NameRef:
		if text == "" {
			return "", fmt.Errorf("must be the name of a %s; unset it to have none", a.Ref)
		}
		return a.parseString(text)
	case Int, Millis:
		return a.parseNumber(text)
	case Percent:
		n, err := a.parseNumber(strings.TrimSuffix(strings.TrimSpace(text), "%"))
		return n + "%", err
	case Bool, Feature:
		return parseBool(text)
	case Date:
		return parseDate(text, now)
	case Time:
		return a.parseTime(text)
	case Flags:
		return a.parseFlags(text)
	case Enum:
		return a.parseEnum(text)
	case DName:
		return parseDName(text)
	case Expr:
		return parseExpr(text)
	case OptionIDs:
		return parseOptionIDs(text)
	case List:
		return parseList(text)
	case Obj:
		return "", fmt.Errorf("is an embedded object; use the command %s", a.Ref)
	}
	return a.parseNet(text)
}

// parseString takes text as it is: no control characters, valid UTF-8, within
// the row's length.
func (a *Attr) parseString(text string) (string, error) {
	if err := plain(text); err != nil {
		return "", err
	}
	n := int64(utf8.RuneCountInString(text))
	if a.Max > 0 && (n < a.Min || n > a.Max) {
		if a.Min > 0 {
			return "", fmt.Errorf("must have %d to %d characters, has %d", a.Min, a.Max, n)
		}
		return "", fmt.Errorf("has %d characters, at most %d are allowed", n, a.Max)
	}
	return text, nil
}

// plain refuses what would break a line of output.
func plain(text string) error {
	if !utf8.ValidString(text) {
		return fmt.Errorf("is not valid UTF-8 text")
	}
	for i, r := range text {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' {
			return fmt.Errorf("has the control character %#02x at offset %d", r, i)
		}
	}
	return nil
}

// parseNumber reads decimal or 0x and hex.
func (a *Attr) parseNumber(text string) (string, error) {
	text = strings.TrimSpace(text)
	digits, base := text, 10
	if h, ok := strings.CutPrefix(strings.ToLower(text), "0x"); ok {
		digits, base = h, 16
		if strings.HasPrefix(h, "-") || strings.HasPrefix(h, "+") {
			digits = ""
		}
	}
	n, err := strconv.ParseInt(digits, base, 64)
	if err != nil || strings.HasPrefix(text, "+") {
		if ne, ok := err.(*strconv.NumError); !ok || ne.Err != strconv.ErrRange {
			return "", fmt.Errorf("must be a number%s", a.bounds())
		}
		return "", fmt.Errorf("is out of range%s", a.bounds())
	}
	if (a.Min != 0 || a.Max != 0) && (n < a.Min || n > a.Max) {
		return "", fmt.Errorf("is out of range%s", a.bounds())
	}
	return strconv.FormatInt(n, 10), nil
}

// ParseNumber reads a decimal or 0x number of at most 33 bits, which option
// values and expressions have room for, with an optional minus sign.
func ParseNumber(text string) (int64, bool) {
	digits, negative := strings.CutPrefix(text, "-")
	base := 10
	if len(digits) > 2 && digits[0] == '0' && digits[1]|0x20 == 'x' {
		digits, base = digits[2:], 16
	}
	n, err := strconv.ParseUint(digits, base, 33)
	if negative {
		return -int64(n), err == nil
	}
	return int64(n), err == nil
}

// bounds says the range, for messages: , 0 to 100.
func (a *Attr) bounds() string {
	if a.Min == 0 && a.Max == 0 {
		return ""
	}
	if a.Kind == Time {
		return ", " + formatSeconds(a.Min) + " to " + formatSeconds(a.Max)
	}
	unit := ""
	switch a.Kind {
	case Millis:
		unit = " ms"
	case Percent:
		unit = "%"
	}
	return fmt.Sprintf(", %d to %d%s", a.Min, a.Max, unit)
}

func parseBool(text string) (string, error) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true", "on", "enabled", "1":
		return "true", nil
	case "false", "off", "disabled", "0":
		return "false", nil
	}
	return "", fmt.Errorf("must be true, on, enabled or 1, or false, off, disabled or 0")
}

// Show returns the text that listings print for a canonical text.
func (a *Attr) Show(canonical string) string {
	switch {
	case canonical == "":
		return ""
	case a.Secret:
		return "********"
	}
	switch a.Kind {
	case Feature:
		if canonical == "true" {
			return "enabled"
		}
		return "disabled"
	case Date:
		return showDate(canonical)
	}
	return canonical
}

// Type names the type as help prints it: rangetime(5m-1d), nameref(policy).
func (a *Attr) Type() string {
	switch a.Kind {
	case Flags, Enum:
		var ws []string
		for _, w := range a.Words {
			ws = append(ws, fmt.Sprintf("%s=%d", w.Name, w.Number))
		}
		return a.Kind.String() + "(" + strings.Join(ws, ",") + ")"
	case NameRef, Obj:
		return a.Kind.String() + "(" + a.Ref + ")"
	case String:
		if a.Max > 0 {
			return fmt.Sprintf("string(%d)", a.Max)
		}
	case Int, Millis:
		if a.Max > 0 && a.Max < maxUint32 || a.Min != 0 {
			return fmt.Sprintf("range%s(%d-%d)", a.Kind, a.Min, a.Max)
		}
	case Time:
		if a.Max > 0 && a.Max < maxUint32 || a.Min != 0 {
			return "rangetime(" + formatSeconds(a.Min) + "-" + formatSeconds(a.Max) + ")"
		}
	}
	return a.Kind.String()
}

var kindNames = [...]string{
	String: "string", Int: "int", Bool: "bool", Feature: "bool", Date: "date", Time: "time", Millis: "int-ms",
	Percent: "percent", IPAddr: "ipaddr", IP6Addr: "ip6addr", Subnet: "subnet", MAC: "macaddr", Blob: "blob",
	Flags: "flags", Enum: "enumint", NameRef: "nameref", DName: "dname", Expr: "expr", OptionIDs: "optionid4",
	List: "list", Ranges: "ranges", Obj: "obj",
}

// String returns nrcmd's name of the type.
func (k Kind) String() string { return kindNames[k] }

// shorten cuts a text for a message.
func shorten(text string) string {
	const most = 60
	if len(text) <= most {
		return text
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "..."
}
