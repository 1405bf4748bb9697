package expr

import "math"

const (
	overflow cause = "result does not fit 32 bits"
	byZero   cause = "division by zero"
)

func signedResult(n int64) (Value, cause) {
	if n < math.MinInt32 || n > math.MaxInt32 {
		return Value{}, overflow
	}
	return Value{Kind: Int, Num: n}, ""
}

// reduce joins signed numbers; it stops before a step can leave 64 bits.
func reduce(a []Value, skipNull bool, join func(x, y int64) int64) (Value, cause) {
	var total int64
	first := true
	for _, v := range a {
		if v.Kind == Null && skipNull {
			continue
		}
		n, c := v.signed()
		if c != "" {
			return Value{}, c
		}
		if first {
			total, first = n, false
			continue
		}
		total = join(total, n)
		if _, c := signedResult(total); c != "" {
			return Value{}, c
		}
	}
	if first {
		return Value{}, ""
	}
	return Value{Kind: Int, Num: total}, ""
}

func sumOf(_ *run, a []Value) (Value, cause) {
	return reduce(a, true, func(x, y int64) int64 { return x + y })
}

func productOf(_ *run, a []Value) (Value, cause) {
	return reduce(a, true, func(x, y int64) int64 { return x * y })
}

func differenceOf(_ *run, a []Value) (Value, cause) {
	return reduce(a, false, func(x, y int64) int64 { return x - y })
}

func divided(a []Value, join func(x, y int64) int64) (Value, cause) {
	x, c := a[0].signed()
	if c != "" {
		return Value{}, c
	}
	y, c := a[1].signed()
	if c != "" {
		return Value{}, c
	}
	if y == 0 {
		return Value{}, byZero
	}
	return signedResult(join(x, y))
}

func quotientOf(_ *run, a []Value) (Value, cause) {
	return divided(a, func(x, y int64) int64 { return x / y })
}

func remainderOf(_ *run, a []Value) (Value, cause) {
	return divided(a, func(x, y int64) int64 { return x % y })
}

// word reads an integer as its 32 bits.
func word(v Value) (uint32, cause) {
	if v.Kind == String || v.Kind == Null {
		n, c := v.unsigned()
		return uint32(n), c
	}
	return uint32(v.Num), ""
}

// ofKind returns 32 bits as an integer of the kind of another value.
func ofKind(v Value, n uint32) Value {
	if v.Kind == Int {
		return Signed(int32(n))
	}
	return Unsigned(n)
}

// bits makes a function on the bits of two integers, or of two blobs of the
// same length.
func bits(join func(a, b uint32) uint32) plain {
	return func(_ *run, a []Value) (Value, cause) {
		if a[0].Kind != Blob && a[1].Kind != Blob {
			x, c := word(a[0])
			if c != "" {
				return Value{}, c
			}
			y, c := word(a[1])
			return ofKind(a[0], join(x, y)), c
		}
		x, c := a[0].blob()
		if c != "" {
			return Value{}, c
		}
		y, c := a[1].blob()
		if c != "" {
			return Value{}, c
		}
		if len(x) != len(y) {
			return Value{}, "blobs must have the same length"
		}
		b := make([]byte, len(x))
		for i := range b {
			b[i] = byte(join(uint32(x[i]), uint32(y[i])))
		}
		return blob(string(b)), ""
	}
}

func bitNot(_ *run, a []Value) (Value, cause) {
	if a[0].Kind != Blob {
		n, c := word(a[0])
		return ofKind(a[0], ^n), c
	}
	b := []byte(a[0].Text)
	for i := range b {
		b[i] = ^b[i]
	}
	return blob(string(b)), ""
}

// shiftOf keeps kind and length; bits that are pushed out are lost, and a
// signed integer keeps its sign to the right.
func shiftOf(_ *run, a []Value) (Value, cause) {
	by, c := a[1].signed()
	if c != "" {
		return Value{}, c
	}
	if a[0].Kind == Blob {
		return blob(shiftBytes(a[0].Text, by)), ""
	}
	n, c := word(a[0])
	if c != "" {
		return Value{}, c
	}
	switch {
	case by >= 0:
		n <<= min(by, 32)
	case a[0].Kind == Int:
		n = uint32(int32(n) >> min(-by, 32))
	default:
		n >>= min(-by, 32)
	}
	return ofKind(a[0], n), ""
}

func shiftBytes(s string, by int64) string {
	out := make([]byte, len(s))
	by = max(-8*int64(len(s)), min(by, 8*int64(len(s))))
	for i := range out {
		// The 16 bits that begin where this byte comes from.
		from := int64(i)*8 + by
		at := int(from >> 3)
		pair := uint(byteAt(s, at))<<8 | uint(byteAt(s, at+1))
		out[i] = byte(pair >> (8 - uint(from&7)))
	}
	return string(out)
}

func byteAt(s string, i int) byte {
	if i < 0 || i >= len(s) {
		return 0
	}
	return s[i]
}

// bitCount reads a number of leading bits.
func bitCount(v Value, most int64) (int64, cause) {
	n, c := v.signed()
	if c == "" && (n < 0 || n > most) {
		c = "number of bits out of range"
	}
	return n, c
}

// ones returns bytes whose leading bits are ones.
func ones(bits int64, size int) string {
	b := make([]byte, size)
	for i := range b {
		switch left := bits - 8*int64(i); {
		case left >= 8:
			b[i] = 0xff
		case left > 0:
			b[i] = byte(0xff << (8 - left))
		}
	}
	return string(b)
}

func maskWord(bits int64) uint32 { return uint32(uint64(math.MaxUint32) << (32 - bits)) }

func maskInt(_ *run, a []Value) (Value, cause) {
	n, c := bitCount(a[0], 32)
	if c != "" {
		return Value{}, c
	}
	return Unsigned(maskWord(n)), ""
}

func maskBlob(_ *run, a []Value) (Value, cause) {
	size := int64(4)
	if len(a) == 2 {
		var c cause
		if size, c = a[1].signed(); c != "" {
			return Value{}, c
		}
	}
	if size < 0 || size > maxValue {
		return Value{}, "length out of range"
	}
	n, c := bitCount(a[0], 8*size)
	if c != "" {
		return Value{}, c
	}
	return blob(ones(n, int(size))), ""
}

func maskOf(r *run, a []Value) (Value, cause) {
	n, c := bitCount(a[1], 32)
	if c != "" {
		return Value{}, c
	}
	if a[0].isInt() {
		return ofKind(a[0], uint32(a[0].Num)&maskWord(n)), ""
	}
	b, c := a[0].address()
	if c != "" {
		return Value{}, c
	}
	joined := [4]byte{}
	for i, m := range []byte(ones(n, 4)) {
		joined[i] = b[i] & m
	}
	return blob(string(joined[:])), ""
}
