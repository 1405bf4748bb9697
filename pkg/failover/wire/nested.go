package wire

import (
	"errors"
	"fmt"
	"iter"
	"strings"
)

// magic begins the options of a DHCP message, and so the options that are
// taken from one.
const magic = "\x63\x82\x53\x63"

// ClientOptions are options of a DHCP message, in its format and without its
// magic number.
type ClientOptions string

// All gives the options in order, up to the end or the first that is cut off.
// An option of more than 255 octets stands as several of one code.
func (o ClientOptions) All() iter.Seq2[uint8, string] {
	return func(yield func(uint8, string) bool) {
		for s := string(o); s != ""; {
			switch s[0] {
			case 0:
				s = s[1:]
				continue
			case 255:
				return
			}
			if len(s) < 2 || len(s) < 2+int(s[1]) {
				return
			}
			n := 2 + int(s[1])
			if !yield(s[0], s[2:n]) {
				return
			}
			s = s[n:]
		}
	}
}

// Get joins all options of a code (RFC 3396).
func (o ClientOptions) Get(code uint8) (string, bool) {
	var value string
	found := false
	for c, data := range o.All() {
		if c == code {
			value, found = value+data, true
		}
	}
	return value, found
}

// With adds an option, in as many pieces as it needs.
func (o ClientOptions) With(code uint8, data string) ClientOptions {
	var b strings.Builder
	b.WriteString(string(o))
	for {
		n := min(len(data), 255)
		b.WriteByte(code)
		b.WriteByte(byte(n))
		b.WriteString(data[:n])
		if data = data[n:]; data == "" {
			return ClientOptions(b.String())
		}
	}
}

// VendorOptions are a vendor's options, in the format of this protocol's.
type VendorOptions string

// All gives the options in order, up to the end or the first that is cut off.
func (v VendorOptions) All() iter.Seq2[uint16, string] {
	return func(yield func(uint16, string) bool) {
		for s := string(v); len(s) >= 4; {
			n := 4 + int(s[2])<<8 + int(s[3])
			if len(s) < n || !yield(uint16(s[0])<<8|uint16(s[1]), s[4:n]) {
				return
			}
			s = s[n:]
		}
	}
}

// Get is the first option of a code.
func (v VendorOptions) Get(code uint16) (string, bool) {
	for c, data := range v.All() {
		if c == code {
			return data, true
		}
	}
	return "", false
}

// With adds an option. One that no message could hold makes the message too long.
func (v VendorOptions) With(code uint16, data string) VendorOptions {
	var space [64]byte // most are short
	return VendorOptions(appendOption(append(space[:0], v...), Code(code), data[:min(len(data), MaxMessage)]))
}

// PackName turns a domain name into DNS wire form, uncompressed. A backslash
// takes the next character, or three decimal digits, as they are.
func PackName(name string) (string, error) {
	if name == "." {
		return "\x00", nil
	}
	var out, label []byte
	put := func() error {
		if len(label) == 0 || len(label) > 63 {
			return fmt.Errorf("name %q: a label has 1 to 63 octets", name)
		}
		out = append(append(out, byte(len(label))), label...)
		label = label[:0]
		return nil
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c == '.' {
			if err := put(); err != nil {
				return "", err
			}
			continue
		}
		if c == '\\' {
			n, octet, err := escape(name[i+1:])
			if err != nil {
				return "", fmt.Errorf("name %q: %w", name, err)
			}
			i, c = i+n, octet
		}
		label = append(label, c)
	}
	if !strings.HasSuffix(name, ".") || len(label) > 0 {
		if err := put(); err != nil {
			return "", err
		}
	}
	if out = append(out, 0); len(out) > 255 {
		return "", fmt.Errorf("name %q: more than 255 octets", name)
	}
	return string(out), nil
}

// escape reads what follows a backslash and tells its length.
func escape(s string) (n int, octet byte, err error) {
	digits := 0
	value := 0
	for digits < 3 && digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		value = value*10 + int(s[digits]-'0')
		digits++
	}
	switch {
	case digits == 3 && value <= 255:
		return 3, byte(value), nil
	case digits == 0 && s != "":
		return 1, s[0], nil
	}
	return 0, 0, errors.New("a backslash needs a character or three digits up to 255")
}

// UnpackName is the reverse of PackName, without the last dot; false if the
// octets are no single, whole, uncompressed name.
func UnpackName(packed string) (string, bool) {
	if len(packed) > 255 {
		return "", false
	}
	var b strings.Builder
	for s := packed; s != ""; {
		n := int(s[0])
		if n == 0 {
			if b.Len() == 0 {
				return ".", len(s) == 1
			}
			return b.String(), len(s) == 1
		}
		if n > 63 || len(s) < 1+n {
			return "", false
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		for _, c := range []byte(s[1 : 1+n]) {
			switch {
			case c == '.' || c == '\\':
				b.WriteByte('\\')
				b.WriteByte(c)
			case c <= ' ' || c >= 0x7f:
				fmt.Fprintf(&b, "\\%03d", c)
			default:
				b.WriteByte(c)
			}
		}
		s = s[1+n:]
	}
	return "", false
}
