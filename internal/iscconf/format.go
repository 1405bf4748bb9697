package iscconf

import (
	"encoding/hex"
	"math"
	"net/netip"
	"slices"
	"strings"
)

// format is what an option's value is made of.
type format struct {
	atoms      []atom
	repeat     bool // all of it, with commas between
	repeatLast bool // the last atom
	optional   int  // atoms from here on may be missing; 0: all must be there
}

// atom is one value: a letter of dhcpd's table, and the space of encapsulated
// options.
type atom struct {
	letter byte
	space  string
}

func formatOf(letters string) format {
	var f format
	for _, c := range []byte(letters) {
		switch c {
		case 'A':
			f.repeat = true
		case 'a':
			f.repeatLast = true
		case 'o':
			f.optional = len(f.atoms) - 1
		default:
			f.atoms = append(f.atoms, atom{letter: c})
		}
	}
	return f
}

// format reads the type of a definition.
func (c *cursor) format() (format, *Error) {
	var f format
	c.accept("an") // dhcpd reads "an array of ..." too
	f.repeat = c.accept("array", "of")
	if c.accept("{") {
		for {
			a, err := c.atom()
			if err != nil {
				return f, err
			}
			f.atoms = append(f.atoms, a)
			if c.accept("}") {
				return f, nil
			}
			if err := c.expect(","); err != nil {
				return f, err
			}
			if c.accept("array", "of") {
				f.repeatLast = true
			}
		}
	}
	a, err := c.atom()
	f.atoms = []atom{a}
	return f, err
}

// integers are the letters of numbers by width and sign.
var integers = map[int64][2]byte{8: {'B', 'b'}, 16: {'S', 's'}, 32: {'L', 'l'}}

func (c *cursor) atom() (atom, *Error) {
	for w, letter := range map[string]byte{
		"ip-address": 'I', "ip6-address": '6', "text": 't', "string": 'X', "boolean": 'f', "flag": 'f', "domain-name": 'd', "zerolen": 'Z',
	} {
		if c.accept(w) {
			return atom{letter: letter}, nil
		}
	}
	switch {
	case c.accept("domain-list"):
		c.accept("compressed")
		return atom{letter: 'D'}, nil
	case c.accept("encapsulate"):
		space, err := c.name("the name of an option space")
		return atom{'E', strings.ToLower(space)}, err
	}
	signed := c.accept("signed")
	if !signed {
		c.accept("unsigned")
	}
	if !c.accept("integer") {
		return atom{}, c.wrong("a type: ip-address, integer, text, string, boolean, domain-name, domain-list, array of, encapsulate, ...")
	}
	at := c.peek().pos
	n, err := c.number(0, 64)
	if err != nil {
		return atom{}, err
	}
	letters, ok := integers[n]
	if !ok {
		return atom{}, errorAt(at, "an integer has 8, 16 or 32 bits, not %d", n)
	}
	if signed {
		return atom{letter: letters[1]}, nil
	}
	return atom{letter: letters[0]}, nil
}

// value reads a value as the option's statement has it, and returns its bytes.
func (c *cursor) value(f format) ([]byte, *Error) {
	var b []byte
	for {
		for i, a := range f.atoms {
			if !c.more() && f.optional > 0 && i >= f.optional {
				return b, nil
			}
			v, err := c.one(a)
			if err != nil {
				return nil, err
			}
			b = append(b, v...)
			for f.repeatLast && i == len(f.atoms)-1 && c.accept(",") {
				if v, err = c.one(a); err != nil {
					return nil, err
				}
				b = append(b, v...)
			}
		}
		if len(b) > maxOption {
			return nil, errorAt(c.peek().pos, "%s: the value has more than %d bytes", c.s.head(), maxOption)
		}
		if !f.repeat || !c.accept(",") {
			return b, nil
		}
	}
}

// one reads one value of a format.
func (c *cursor) one(a atom) ([]byte, *Error) {
	t := c.peek()
	switch a.letter {
	case 'I':
		if t.kind == word && !strings.ContainsRune(t.text, ':') {
			if addr, ok := parseAddr(t); ok {
				c.at++
				return addr.AsSlice(), nil
			}
			if strings.ContainsAny(strings.ToLower(t.text), "abcdefghijklmnopqrstuvwxyz") {
				c.names = true
				c.at++
				return make([]byte, 4), nil
			}
		}
		return nil, c.wrong("an address")
	case '6':
		addr, err := netip.ParseAddr(t.text)
		if err != nil || !addr.Is6() {
			return nil, c.wrong("an IPv6 address")
		}
		c.at++
		return addr.AsSlice(), nil
	case 'L', 'l', 'S', 's', 'B', 'b', 'T':
		return c.integer(a.letter)
	case 'f':
		on, err := c.flag()
		if on {
			return []byte{1}, err
		}
		return []byte{0}, err
	case 't':
		text, err := c.quotedText("text")
		return []byte(text), err
	case 'X', 'E':
		return c.bytes()
	case 'd':
		name, err := c.name("a domain name")
		return c.labels(name, err)
	case 'D':
		return c.domains()
	}
	return nil, nil // Z
}

func (c *cursor) integer(letter byte) ([]byte, *Error) {
	width, lo, hi := 4, int64(0), int64(math.MaxUint32)
	switch letter {
	case 'l':
		lo, hi = math.MinInt32, math.MaxUint32
	case 'S':
		width, hi = 2, math.MaxUint16
	case 's':
		width, lo, hi = 2, math.MinInt16, math.MaxUint16
	case 'B':
		width, hi = 1, math.MaxUint8
	case 'b':
		width, lo, hi = 1, math.MinInt8, math.MaxUint8
	}
	if letter == 'L' && c.accept("infinite") {
		return bigEndian(math.MaxUint32, 4), nil
	}
	n, err := c.number(lo, hi)
	return bigEndian(uint64(n), width), err
}

// bytes reads text in quotes or bytes in hexadecimal.
func (c *cursor) bytes() ([]byte, *Error) {
	t := c.peek()
	if t.kind == quoted {
		c.at++
		return []byte(t.text), nil
	}
	if t.kind == word {
		if b, ok := hexBytes(t.text); ok {
			c.at++
			return b, nil
		}
		if b, err := hex.DecodeString(t.text); err == nil && len(b) > 1 {
			c.at++
			return b, nil
		}
	}
	return nil, c.wrong("text in quotes or bytes such as 01:0a:ff")
}

func (c *cursor) labels(name string, err *Error) ([]byte, *Error) {
	if err != nil {
		return nil, err
	}
	var b []byte
	for label := range strings.SplitSeq(strings.TrimSuffix(name, "."), ".") {
		if len(label) == 0 || len(label) > 63 {
			return nil, errorAt(c.s.Pos, "%s: %q is no domain name", c.s.head(), shorten(name))
		}
		b = append(append(b, byte(len(label))), label...)
	}
	return append(b, 0), nil
}

// domains reads a list of domain names; each ends where the next begins.
func (c *cursor) domains() ([]byte, *Error) {
	var b []byte
	for {
		name, err := c.name("a domain name")
		for n := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == ',' || r == ' ' }) {
			one, err := c.labels(n, err)
			if err != nil {
				return nil, err
			}
			b = append(b, one...)
		}
		if err != nil || !c.accept(",") {
			return b, err
		}
	}
}

// ourType is the type of ours for a definition, and how often the value may
// stand.
func (f format) ourType() (name, repeat string) {
	if len(f.atoms) != 1 || f.repeatLast || f.optional > 0 {
		return "AT_BLOB", "1"
	}
	name = map[byte]string{
		'I': "AT_IPADDR", '6': "AT_IP6ADDR", 'L': "AT_INT", 'l': "AT_SINT", 'S': "AT_SHORT", 's': "AT_SSHORT", 'B': "AT_INT8", 'b': "AT_SINT8",
		'f': "AT_BOOL", 't': "AT_NSTRING", 'd': "AT_DNSNAME", 'Z': "AT_ZEROSIZE",
	}[f.atoms[0].letter]
	switch {
	case name == "" || name == "AT_ZEROSIZE" && f.repeat || name == "AT_NSTRING" && f.repeat:
		return "AT_BLOB", "1"
	case f.repeat:
		return name, "1+"
	}
	return name, "1"
}

// convert makes the bytes of a value that an expression gave: a number is as
// wide as the option's.
func (f format) convert(e *expression) ([]byte, bool) {
	if n, ok := e.integer(); ok && len(f.atoms) == 1 {
		if i := slices.Index([]byte("BbSsLlT"), f.atoms[0].letter); i >= 0 {
			return bigEndian(uint64(n), []int{1, 1, 2, 2, 4, 4, 4}[i]), true
		}
		if f.atoms[0].letter == 'f' {
			return []byte{byte(n & 1)}, true
		}
	}
	return e.constant()
}
