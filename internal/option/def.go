package option

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"leasehold/pkg/objects"
)

// layout is how the bytes of a value with an inner structure are arranged.
type layout uint8

const (
	plain      layout = iota
	tlv               // children as code, length, value
	flagsTLV          // one byte (child 0), then as tlv
	tagged            // one byte that chooses a child, then that child's value
	flagged           // as tagged, written without a name: (0)(value)
	packed            // children in order, no code, no length
	searchList        // domain names (RFC 3397)
	routes            // destination and router pairs (RFC 3442)
)

// Bounds of a value. No DHCP message that leaves a server is near the first.
const (
	maxWire = 4096
	maxText = 4 * maxWire
	maxSub  = 255 // a sub-option's length is one byte
)

// Def is the definition of an option or sub-option.
type Def struct {
	Code   int
	Name   string
	Type   Type
	Repeat Repeat
	// Min and Max bound a number; both 0 is the range of the type.
	Min, Max int64
	// NonModifiable definitions cannot be changed, replaced or deleted.
	NonModifiable bool
	// ServerMade options are written by the server or sent by clients only:
	// no policy sets their value.
	ServerMade bool
	Desc       string
	Aliases    []string
	Children   []*Def // sub-options, by code

	layout layout
	rule   func(wire []byte) string // nil: none beyond type and bounds
	sets   []*Set                   // vendor options: the sets that enterprise numbers choose from
}

// String names the option in messages: routers(3).
func (d *Def) String() string { return fmt.Sprintf("%s(%d)", d.Name, d.Code) }

// Parse makes canonical text of what an operator typed. The error is 316 and
// names the option, its type and the rule; 303 for options that only the
// server or a client writes.
func (d *Def) Parse(text string) (string, *objects.Error) { return d.ParseAt(text, time.Time{}) }

// ParseAt is Parse with the moment that relative dates count from, whose
// location is the zone of absolute ones.
func (d *Def) ParseAt(text string, now time.Time) (string, *objects.Error) {
	if d.ServerMade {
		return "", objects.Errorf(objects.ReadOnlyProperty, "option %s is written by the server or the client, no policy sets it", d)
	}
	canonical, _, f := parser{now: now}.top(d, text)
	if f != nil {
		return "", f.refusal(d)
	}
	return canonical, nil
}

// Encode returns the bytes of a canonical text.
func (d *Def) Encode(canonical string) ([]byte, error) {
	_, wire, f := parser{}.top(d, canonical)
	if f != nil {
		return nil, fmt.Errorf("encode option: %w", errors.New(f.text(d)))
	}
	return wire, nil
}

// Decode returns the canonical text of bytes from the wire. Bytes that are no
// value of the option's type are shown as AT_BLOB.
func (d *Def) Decode(wire []byte) string {
	if text, ok := exact(d, wire); ok {
		return text
	}
	return objects.FormatBlob(wire)
}

// exact decodes a value that encodes to the same bytes again.
func exact(d *Def, wire []byte) (string, bool) {
	text, ok := show(d, wire, false)
	if !ok {
		return "", false
	}
	canonical, again, f := parser{}.top(d, text)
	return canonical, f == nil && bytes.Equal(again, wire)
}

// fault says why a text is no value: a verb phrase about the innermost
// definition that refused it.
type fault struct {
	at   *Def // nil: the option itself
	rule string
}

func faultf(format string, args ...any) *fault { return &fault{rule: fmt.Sprintf(format, args...)} }

// in notes which sub-option refused, unless one inside it did.
func (f *fault) in(d *Def) *fault {
	if f != nil && f.at == nil {
		f.at = d
	}
	return f
}

func (f *fault) text(d *Def) string {
	if f.at == nil || f.at == d {
		return fmt.Sprintf("option %s%s %s", d, d.ofType(), f.rule)
	}
	return fmt.Sprintf("option %s: sub-option %s%s %s", d, f.at, f.at.ofType(), f.rule)
}

// ofType names the type where it is one that operators know (listtypes).
func (d *Def) ofType() string {
	if !d.Type.row().Custom {
		return ""
	}
	return " of type " + d.Type.String()
}

func (f *fault) refusal(d *Def) *objects.Error {
	return &objects.Error{Code: objects.Invalid, Msg: f.text(d)}
}

// quote shows what was typed in a message, cut where it is long.
func quote(text string) string {
	const most = 60
	if len(text) > most {
		return fmt.Sprintf("%q...", text[:most])
	}
	return fmt.Sprintf("%q", text)
}

// parser carries what is the same for all levels of a value.
type parser struct {
	now   time.Time
	depth int
}

// top parses the value of an option as it stands on the command line.
func (p parser) top(d *Def, text string) (string, []byte, *fault) {
	if len(text) > maxText {
		return "", nil, faultf("takes a text of at most %d characters, not %d", maxText, len(text))
	}
	text = strings.TrimSpace(text)
	if keepsQuotes := d.Repeat != Once && textual(d) || d.Type == TypeCnt; !keepsQuotes {
		text = unwrap(text)
	}
	canonical, wire, f := p.value(d, text, false)
	if f == nil && len(wire) > maxWire {
		f = faultf("takes at most %d bytes, not %d", maxWire, len(wire))
	}
	return canonical, wire, f
}

// textual tells whether a definition's values are strings.
func textual(d *Def) bool { return d.layout == plain && (d.Type == NString || d.Type == String) }

// unwrap removes one surrounding pair of double quotes.
func unwrap(text string) string {
	if len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' {
		return text[1 : len(text)-1]
	}
	return text
}

// value parses a value of any shape and applies the definition's own rule.
// Inside a list or parentheses (inner), strings are words or quoted with
// escapes.
func (p parser) value(d *Def, text string, inner bool) (string, []byte, *fault) {
	canonical, wire, f := p.shaped(d, text, inner)
	if f == nil && d.rule != nil {
		if refusal := d.rule(wire); refusal != "" {
			return "", nil, faultf("%s, not %s", refusal, quote(text))
		}
	}
	return canonical, wire, f
}

func (p parser) shaped(d *Def, text string, inner bool) (string, []byte, *fault) {
	if d.layout != plain {
		return p.structured(d, text)
	}
	switch d.Type {
	case VendorClass, VendorOpts, VendorNoLen:
		return p.vendor(d, text)
	case TypeCnt:
		return p.counted(d, text)
	case ZeroSize, NoLen:
		if unwrap(text) != "" {
			return "", nil, faultf("takes %s, not %s", d.Type.row().rule, quote(text))
		}
		return "", []byte{}, nil
	}
	if d.Repeat == Once {
		return p.item(d, text, inner)
	}
	return p.list(d, text)
}

// list parses values separated by commas.
func (p parser) list(d *Def, text string) (string, []byte, *fault) {
	items, f := splitList(text)
	if f != nil {
		return "", nil, f
	}
	if d.Type == MACAddr {
		items = joinMACs(items)
	}
	if rule := d.Repeat.check(len(items)); rule != "" {
		return "", nil, &fault{rule: rule}
	}
	texts, wire := make([]string, len(items)), []byte{}
	for i, it := range items {
		canonical, b, f := p.item(d, it, true)
		if f != nil {
			return "", nil, f
		}
		texts[i], wire = canonical, append(wire, b...)
	}
	return strings.Join(texts, ","), wire, nil
}

// show is the reverse of value: text of bytes, false if they are no value.
func show(d *Def, wire []byte, inner bool) (string, bool) {
	if d.layout != plain {
		return showStructured(d, wire)
	}
	switch d.Type {
	case VendorClass, VendorOpts, VendorNoLen:
		return showVendor(d, wire)
	case TypeCnt:
		return showCounted(d, wire)
	case ZeroSize, NoLen:
		return "", len(wire) == 0
	}
	if d.Repeat == Once {
		return showItem(d, wire, inner)
	}
	var texts []string
	for len(wire) > 0 {
		n := itemLen(d.Type, wire)
		if n == 0 || n > len(wire) {
			return "", false
		}
		text, ok := showItem(d, wire[:n], true)
		if !ok {
			return "", false
		}
		texts, wire = append(texts, text), wire[n:]
	}
	return strings.Join(texts, ","), d.Repeat.check(len(texts)) == ""
}
