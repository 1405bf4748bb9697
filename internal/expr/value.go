package expr

// Kind is the type of a Value.
type Kind uint8

// The kinds. Null is "no value" and stands for false; everything else is true.
const (
	Null Kind = iota
	String
	Blob
	Int  // signed, 32 bits
	Uint // unsigned, 32 bits
)

// Value is a value of the expression language. The zero Value is null.
type Value struct {
	Kind Kind
	Text string // the bytes of a String or Blob
	Num  int64  // an Int or Uint
}

// Str returns a string value.
func Str(s string) Value { return Value{Kind: String, Text: s} }

// Bytes returns a blob with a copy of b.
func Bytes(b []byte) Value { return Value{Kind: Blob, Text: string(b)} }

// Signed returns a signed integer.
func Signed(n int32) Value { return Value{Kind: Int, Num: int64(n)} }

// Unsigned returns an unsigned integer.
func Unsigned(n uint32) Value { return Value{Kind: Uint, Num: int64(n)} }
