package option

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"leasehold/pkg/objects"
)

// Codes of the vendor options.
const (
	codeVendorOptions   = 43
	codeEnterpriseClass = 124
	codeEnterpriseInfo  = 125
)

// enterpriseWord begins every group of a value that enterprises share.
const enterpriseWord = "enterprise-id"

// vendor parses (enterprise-id <n> <value>) or (enterprise-id <n>((..)..)),
// repeated: number, length, data (RFC 3925).
func (p parser) vendor(d *Def, text string) (string, []byte, *fault) {
	if b, ok := parseBytes(strings.TrimSpace(text)); ok && len(b) > 0 {
		return p.fromBytes(d, b)
	}
	parts, f := groups(text)
	if f != nil {
		return "", nil, faultf("takes %s, not %s", d.Type.row().rule, quote(text))
	}
	if d.Type == VendorNoLen && len(parts) != 1 {
		return "", nil, faultf("takes one %s", d.Type.row().rule)
	}
	var canonical strings.Builder
	var wire []byte
	for _, part := range parts {
		id, value, ok := cutEnterprise(part)
		if !ok {
			return "", nil, faultf("takes %s, not %s", d.Type.row().rule, quote("("+part+")"))
		}
		shown, b, f := p.enterpriseData(d, id, value)
		if f != nil {
			return "", nil, f
		}
		wire = binary.BigEndian.AppendUint32(wire, id)
		if d.Type != VendorNoLen {
			if len(b) > maxSub {
				return "", nil, faultf("takes at most %d bytes for one enterprise, not %d", maxSub, len(b))
			}
			wire = append(wire, byte(len(b)))
		}
		wire = append(wire, b...)
		canonical.WriteString(formatEnterprise(d.Type, id, shown))
	}
	return canonical.String(), wire, nil
}

// cutEnterprise reads enterprise-id <n> from the start of a group.
func cutEnterprise(group string) (id uint32, rest string, ok bool) {
	word, rest := firstWord(group)
	if !strings.EqualFold(word, enterpriseWord) {
		return 0, "", false
	}
	word, rest = firstWord(rest)
	n, ok := objects.ParseNumber(word)
	return uint32(n), rest, ok && n >= 0 && n <= 1<<32-1 && rest != ""
}

// enterpriseData parses what follows the enterprise number. The parentheses
// around the sub-options may be left out.
func (p parser) enterpriseData(d *Def, id uint32, value string) (string, []byte, *fault) {
	if p.depth++; p.depth > maxDepth {
		return "", nil, faultf("takes at most %d levels of parentheses", maxDepth)
	}
	if d.Type == VendorClass {
		shown, b, f := p.raw(value)
		if f == nil && strings.HasPrefix(value, "(") {
			f = faultf("takes %s, not %s", d.Type.row().rule, quote(value))
		}
		return shown, b, f
	}
	if strings.HasPrefix(value, "((") || strings.HasPrefix(value, "( (") {
		if end := groupEnd(value); end > 0 && end == len(value)-1 {
			value = value[1:end]
		}
	}
	parts, f := groups(value)
	if f != nil {
		return "", nil, f
	}
	return p.tlvs(d.enterpriseDefs(id), parts)
}

// enterpriseDefs returns the definitions of the set of an enterprise number.
func (d *Def) enterpriseDefs(id uint32) []*Def {
	for _, s := range d.sets {
		if s.EnterpriseID == id {
			return s.Defs
		}
	}
	return nil
}

func formatEnterprise(t Type, id uint32, shown string) string {
	if t == VendorClass {
		return fmt.Sprintf("(%s %d %s)", enterpriseWord, id, shown)
	}
	return fmt.Sprintf("(%s %d(%s))", enterpriseWord, id, shown)
}

func showVendor(d *Def, wire []byte) (string, bool) {
	var text strings.Builder
	for len(wire) > 0 {
		id, data, rest, ok := cutBlock(d.Type, wire)
		if !ok {
			return "", false
		}
		wire = rest
		shown := showRaw(data)
		if d.Type != VendorClass {
			if shown, ok = showTLVs(d.enterpriseDefs(id), data); !ok {
				return "", false
			}
		}
		text.WriteString(formatEnterprise(d.Type, id, shown))
	}
	return text.String(), text.Len() > 0
}

// cutBlock takes the first enterprise's block off a value of a vendor type.
func cutBlock(t Type, wire []byte) (id uint32, data, rest []byte, ok bool) {
	if len(wire) < 5 {
		return 0, nil, nil, false
	}
	id = binary.BigEndian.Uint32(wire)
	if t == VendorNoLen {
		return id, wire[4:], nil, true
	}
	data, rest, ok = cutCounted(wire[4:], 1)
	return id, data, rest, ok
}

// Set is an option set: the definitions in force, the custom ones, or those of
// a vendor.
type Set struct {
	Name         string
	VendorString string // prefix of option 60; values go out in option 43
	EnterpriseID uint32 // values go out in options 124 and 125
	Desc         string
	Builtin      bool
	Defs         []*Def // by code
}

// Lookup finds a definition of the set by name or number; 308 names the nearest.
func (s *Set) Lookup(nameOrCode string) (*Def, *objects.Error) {
	if n, ok := objects.ParseNumber(nameOrCode); ok {
		if d := s.ByCode(int(n)); d != nil {
			return d, nil
		}
	} else if d := childByName(s.Defs, nameOrCode); d != nil {
		return d, nil
	}
	return nil, objects.Errorf(objects.UnknownParameter, "option-set %q has no option %q%s", s.Name, nameOrCode,
		didYouMean(nameOrCode, defNames(s.Defs)))
}

// ByCode returns the set's definition of a code, or nil.
func (s *Set) ByCode(code int) *Def { return childByCode(s.Defs, code) }

// Carriers lists the vendor options that values of the set go into; none if the
// set is no vendor's.
func (s *Set) Carriers() []int {
	switch {
	case s.VendorString != "":
		return []int{codeVendorOptions}
	case s.EnterpriseID != 0:
		return []int{codeEnterpriseClass, codeEnterpriseInfo}
	}
	return nil
}

// carrier returns the definition that the set's values of a vendor option are
// written with, or why there is none.
func (s *Set) carrier(code int) (*Def, *objects.Error) {
	switch {
	case code == codeVendorOptions && s.VendorString != "":
		return def(code, "vendor-encapsulated-options", Blob, Once, "").as(tlv, s.Defs...), nil
	case code == codeEnterpriseClass && s.EnterpriseID != 0:
		d := def(code, "v-i-vendor-class", VendorClass, OnePlus, "")
		return d, nil
	case code == codeEnterpriseInfo && s.EnterpriseID != 0:
		d := def(code, "v-i-vendor-info", VendorOpts, OnePlus, "")
		d.sets = []*Set{s}
		return d, nil
	case s.VendorString != "":
		return nil, objects.Errorf(objects.Invalid, "option-set %q has a vendor-option-string: its values go into option 43, not %d", s.Name, code)
	case s.EnterpriseID != 0:
		return nil, objects.Errorf(objects.Invalid, "option-set %q has a vendor-option-enterprise-id: its values go into options 124 and 125, not %d", s.Name, code)
	}
	return nil, objects.Errorf(objects.Invalid, "option-set %q is no vendor set: it has neither vendor-option-string nor vendor-option-enterprise-id", s.Name)
}

// Parse makes canonical text of the set's value of a vendor option: 43 for
// sets with a vendor string, 124 and 125 for sets with an enterprise number,
// which may be left out.
func (s *Set) Parse(code int, text string) (string, *objects.Error) {
	d, refusal := s.carrier(code)
	if refusal != nil {
		return "", refusal
	}
	canonical, wire, f := parser{}.top(d, s.withEnterprise(code, text))
	if f == nil && code != codeVendorOptions {
		f = s.own(d.Type, wire)
	}
	if f != nil {
		return "", f.refusal(d)
	}
	return canonical, nil
}

// withEnterprise puts the set's enterprise number before a value without one.
func (s *Set) withEnterprise(code int, text string) string {
	text = strings.TrimSpace(text)
	inside := strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(text, `"`), "("))
	if code == codeVendorOptions || strings.HasPrefix(strings.ToLower(inside), enterpriseWord) {
		return text
	}
	if code == codeEnterpriseInfo {
		text = unwrap(text)
	}
	return "(" + enterpriseWord + " " + strconv.FormatUint(uint64(s.EnterpriseID), 10) + " " + text + ")"
}

// own refuses the blocks of other enterprises.
func (s *Set) own(t Type, wire []byte) *fault {
	for len(wire) > 0 {
		id, _, rest, ok := cutBlock(t, wire)
		if !ok {
			return faultf("takes whole blocks of enterprise number, length and data")
		}
		if id != s.EnterpriseID {
			return faultf("takes the enterprise-id of option-set %q, %d, not %d", s.Name, s.EnterpriseID, id)
		}
		wire = rest
	}
	return nil
}

// Encode returns the bytes of a canonical text that Parse made.
func (s *Set) Encode(code int, canonical string) ([]byte, error) {
	d, refusal := s.carrier(code)
	if refusal != nil {
		return nil, fmt.Errorf("encode vendor option: %w", refusal)
	}
	return d.Encode(canonical)
}

// Decode returns the canonical text of bytes of a vendor option.
func (s *Set) Decode(code int, wire []byte) string {
	d, refusal := s.carrier(code)
	if refusal != nil {
		return objects.FormatBlob(wire)
	}
	return d.Decode(wire)
}
