package expr

import (
	"strconv"

	"leasehold/pkg/objects"
)

// Kind is the type of a Value.
type Kind uint8

// The kinds. Null is "no value" and stands for false; everything else is true.
const (
	Null Kind = iota
	String
	Blob
	Int  // signed, 32 bits
	Uint // unsigned, 32 bits
	// What the functions of templates make. No packet expression sees them.
	rangeKind
	optionKind
	listKind
)

var kindNames = [...]string{"null", "string", "blob", "signed int", "unsigned int", "range", "option", "list"}

func (k Kind) String() string { return kindNames[k] }

// Value is a value of the expression language. The zero Value is null.
type Value struct {
	Kind Kind
	Text string // the bytes of a String or Blob
	Num  int64  // an Int or Uint
}

// truth is what tests return where there is no better non-null value.
var truth = Str("*T*")

// Str returns a string value.
func Str(s string) Value { return Value{Kind: String, Text: s} }

// Bytes returns a blob with a copy of b.
func Bytes(b []byte) Value { return Value{Kind: Blob, Text: string(b)} }

// Signed returns a signed integer.
func Signed(n int32) Value { return Value{Kind: Int, Num: int64(n)} }

// Unsigned returns an unsigned integer.
func Unsigned(n uint32) Value { return Value{Kind: Uint, Num: int64(n)} }

func blob(s string) Value { return Value{Kind: Blob, Text: s} }

func (v Value) isInt() bool { return v.Kind == Int || v.Kind == Uint }

// Key returns the value as a lookup key: a string as it is, a blob as
// lower-case hex with colons, an integer in decimal; "" for null.
func (v Value) Key() string {
	s, _ := v.str()
	return s
}

// Octets returns the value as bytes: of strings and blobs byte by byte,
// integers as four bytes; "" for null.
func (v Value) Octets() string {
	if v.isInt() {
		return fourBytes(v.Num)
	}
	return v.Text
}

// shown bounds what traces and messages show of a value: a failure is traced
// in full, and a client chooses the bytes.
const shown = 200

func short(s string) string {
	if len(s) > shown {
		return s[:shown] + "..."
	}
	return s
}

// String shows the value in traces and messages, with its kind apparent and
// cut where it is long.
func (v Value) String() string {
	switch v.Kind {
	case Null:
		return "null"
	case String:
		return strconv.Quote(short(v.Text))
	case Blob:
		if len(v.Text) > shown {
			return objects.FormatBlob(v.Text[:shown]) + "..."
		}
	case rangeKind, optionKind, listKind:
		return v.Kind.String()
	}
	s, _ := v.str()
	return s
}
