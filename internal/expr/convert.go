package expr

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"leasehold/pkg/objects"
)

// cause is why a function failed; "" is that it did not.
type cause string

func cannot(v Value, to Kind) cause {
	return cause("cannot convert " + v.Kind.String() + " to " + to.String())
}

// The conversions that functions apply when they need another kind
// (expressions.md 4.2). Null converts to nothing.

func (v Value) str() (string, cause) {
	switch v.Kind {
	case String:
		return v.Text, ""
	case Blob:
		return objects.FormatBlob(v.Text), ""
	case Int, Uint:
		return strconv.FormatInt(v.Num, 10), ""
	}
	return "", cannot(v, String)
}

func (v Value) blob() (string, cause) {
	switch v.Kind {
	case Blob:
		return v.Text, ""
	case Int, Uint:
		return fourBytes(v.Num), ""
	case String:
		if b, ok := parseHex(v.Text); ok {
			return b, ""
		}
	}
	return "", cannot(v, Blob)
}

func (v Value) signed() (int64, cause) {
	n, ok := v.number()
	if v.Kind == Blob && ok {
		n = int64(int32(uint32(n)))
	}
	if !ok || n < math.MinInt32 || n > math.MaxInt32 {
		return 0, cannot(v, Int)
	}
	return n, ""
}

func (v Value) unsigned() (int64, cause) {
	n, ok := v.number()
	if !ok || n < 0 || n > math.MaxUint32 {
		return 0, cannot(v, Uint)
	}
	return n, ""
}

// number reads any value that is or writes a number; a blob of up to four
// bytes is unsigned.
func (v Value) number() (int64, bool) {
	switch v.Kind {
	case Int, Uint:
		return v.Num, true
	case Blob:
		if len(v.Text) < 1 || len(v.Text) > 4 {
			return 0, false
		}
		var n int64
		for i := range len(v.Text) {
			n = n<<8 | int64(v.Text[i])
		}
		return n, true
	case String:
		return objects.ParseNumber(v.Text)
	}
	return 0, false
}

// address returns the 4 bytes of an IPv4 address, which a string writes with
// dots.
func (v Value) address() (string, cause) {
	if v.Kind == String {
		if b, ok := parseQuad(v.Text); ok {
			return b, ""
		}
		return "", cause("'" + short(v.Text) + "' is no IPv4 address")
	}
	b, c := v.blob()
	if c == "" && len(b) != 4 {
		c = "an IPv4 address has 4 bytes"
	}
	return b, c
}

// alike converts b to the kind of a for a comparison of mixed kinds
// (expressions.md 4.3). It is false where that is impossible.
func alike(a, b Value) (Value, bool) {
	if a.Kind == b.Kind {
		return b, true
	}
	if b.Kind == Null {
		return b, false
	}
	switch a.Kind {
	case String:
		s, c := b.str()
		return Str(s), c == ""
	case Blob:
		s, c := b.blob()
		if c != "" && b.Kind == String {
			return blob(b.Text), true
		}
		return blob(s), c == ""
	case Int:
		n, c := b.signed()
		return Value{Kind: Int, Num: n}, c == ""
	case Uint:
		n, c := b.unsigned()
		return Value{Kind: Uint, Num: n}, c == ""
	}
	return b, false
}

func fourBytes(n int64) string {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(n))
	return string(b[:])
}

// parseHex reads at least two bytes of one or two digits between colons.
func parseHex(text string) (string, bool) {
	if strings.IndexByte(text, ':') < 0 {
		return "", false
	}
	var room [32]byte
	b, ok := objects.AppendOctets(room[:0], text, ':')
	return string(b), ok
}

// parseQuad reads a.b.c.d as 4 bytes.
func parseQuad(text string) (string, bool) {
	var b [4]byte
	for i := range b {
		part := text
		if i < 3 {
			var ok bool
			if part, text, ok = strings.Cut(text, "."); !ok {
				return "", false
			}
		}
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil {
			return "", false
		}
		b[i] = byte(n)
	}
	return string(b[:]), true
}

func quadText(b string) string {
	text := make([]byte, 0, 15)
	for i := range len(b) {
		if i > 0 {
			text = append(text, '.')
		}
		text = strconv.AppendUint(text, uint64(b[i]), 10)
	}
	return string(text)
}
