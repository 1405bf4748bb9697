package option

// Parts of a value on the wire, as expressions read them. None of these copies
// or changes the bytes.

// Count returns how many values an option's bytes hold.
func (d *Def) Count(wire []byte) int {
	n := 0
	for len(wire) > 0 {
		part, rest, ok := d.cut(wire)
		if !ok {
			break
		}
		n, wire = n+1, rest
		if len(part) == 0 && len(rest) == 0 {
			break
		}
	}
	return n
}

// Value returns the bytes of the nth value, from 0.
func (d *Def) Value(wire []byte, n int) ([]byte, bool) {
	if n == 0 && d.Repeat == Once && d.Type != TypeCnt && d.layout != searchList {
		return wire, true
	}
	for ; len(wire) > 0; n-- {
		part, rest, ok := d.cut(wire)
		if !ok {
			return nil, false
		}
		if n == 0 {
			return part, true
		}
		wire = rest
	}
	return nil, false
}

// cut takes the first value off.
func (d *Def) cut(wire []byte) (part, rest []byte, ok bool) {
	if d.Type == TypeCnt {
		size, _ := d.countedParts()
		return cutCounted(wire, size)
	}
	n := len(wire)
	switch {
	case d.layout == searchList:
		n = nameLen(wire)
	case d.layout == plain && (d.Type == VendorClass || d.Type == VendorOpts):
		_, _, rest, ok := cutBlock(d.Type, wire)
		return wire[:len(wire)-len(rest)], rest, ok
	case d.layout == plain:
		n = itemLen(d.Type, wire)
	}
	if n < 1 || n > len(wire) {
		return nil, nil, false
	}
	return wire[:n], wire[n:], true
}

// Native returns one value as the expression language sees it: a number, or
// bytes that are text or not. Bytes that are no value of the type are
// FormBytes.
func (d *Def) Native(part []byte) (form Form, data []byte, num int64) {
	row := d.Type.row()
	switch row.form {
	case FormUnsigned, FormSigned:
		if len(part) == row.size {
			return row.form, nil, decodeNumber(d.Type, part)
		}
	case FormText:
		if d.Type == NString || d.Type == String {
			return FormText, part, 0
		}
		if name, ok := formatName(part); ok {
			return FormText, []byte(name), 0
		}
	}
	if d.layout == searchList {
		if name, ok := formatName(part); ok {
			return FormText, []byte(name), 0
		}
	}
	return FormBytes, part, 0
}

// Child returns the definition of a sub-option by name or, where the name is
// "", by code; a code without one gets an AT_BLOB.
func (d *Def) Child(name string, code int) (*Def, bool) {
	if name != "" {
		c := childByName(d.Children, name)
		return c, c != nil
	}
	if c := childByCode(d.Children, code); c != nil {
		return c, true
	}
	return undefinedSub, true
}

var undefinedSub = &Def{Name: "sub-option"}

// Sub returns the bytes of the nth sub-option with a code, from 0.
func (d *Def) Sub(wire []byte, code, n int) ([]byte, bool) {
	if code == 0 && d.layout == flagsTLV && len(wire) > 0 {
		return wire[:1], n == 0
	}
	if d.layout == tagged || d.layout == flagged {
		if n == 0 && len(wire) > 0 && int(wire[0]) == code {
			return wire[1:], true
		}
		return nil, false
	}
	for wire = d.afterFlags(wire); len(wire) >= 2; {
		value, rest, ok := cutCounted(wire[1:], 1)
		if !ok {
			return nil, false
		}
		if int(wire[0]) == code {
			if n == 0 {
				return value, true
			}
			n--
		}
		wire = rest
	}
	return nil, false
}

// SubCount returns how often a sub-option is there.
func (d *Def) SubCount(wire []byte, code int) int {
	if _, ok := d.Sub(wire, code, 0); !ok {
		return 0
	}
	if code == 0 && d.layout == flagsTLV || d.layout == tagged || d.layout == flagged {
		return 1
	}
	count := 0
	for wire = d.afterFlags(wire); len(wire) >= 2; {
		_, rest, ok := cutCounted(wire[1:], 1)
		if !ok {
			break
		}
		if int(wire[0]) == code {
			count++
		}
		wire = rest
	}
	return count
}

func (d *Def) afterFlags(wire []byte) []byte {
	if d.layout == flagsTLV && len(wire) > 0 {
		return wire[1:]
	}
	return wire
}

// Enterprise tells whether values of the option are blocks with an enterprise
// number.
func (d *Def) Enterprise() bool {
	return d.Type == VendorClass || d.Type == VendorOpts || d.Type == VendorNoLen
}

// Block returns the data of the nth block, from 0: of one enterprise, or of
// any if id is negative.
func (d *Def) Block(wire []byte, id int64, n int) (enterprise uint32, data []byte, ok bool) {
	for len(wire) > 0 {
		number, data, rest, ok := cutBlock(d.Type, wire)
		if !ok {
			return 0, nil, false
		}
		if id < 0 || int64(number) == id {
			if n == 0 {
				return number, data, true
			}
			n--
		}
		wire = rest
	}
	return 0, nil, false
}

// Within returns a definition of the sub-options of an enterprise.
func (d *Def) Within(enterprise uint32) *Def {
	return &Def{Code: d.Code, Name: d.Name, layout: tlv, Children: d.enterpriseDefs(enterprise)}
}

// Carrier returns the definition that option 43, 124 or 125 is read with for
// the set; nil if the set has no such option.
func (s *Set) Carrier(code int) *Def {
	d, refusal := s.carrier(code)
	if refusal != nil {
		return nil
	}
	return d
}
