package option

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// fuzzDefs are the built-in options, and one for every other type.
func fuzzDefs() []*Def {
	defs := builtins()
	for i := range typeTable {
		defs = append(defs, def(200, "probe", Type(i), Once, ""), def(200, "probe", Type(i), OnePlus, ""))
	}
	for _, d := range defs {
		d.ServerMade = false
	}
	return defs
}

// FuzzParse: any text is refused, or has a canonical text that is stable and
// has bytes within bounds.
func FuzzParse(f *testing.F) {
	defs := fuzzDefs()
	for _, v := range values {
		if d, refusal := Builtin().Lookup(v.option); refusal == nil {
			for i := range defs {
				if defs[i].Code == d.Code {
					f.Add(uint(i), v.text)
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint, text string) {
		d := defs[which%uint(len(defs))]
		canonical, refusal := d.Parse(text)
		if refusal != nil {
			return
		}
		wire, err := d.Encode(canonical)
		if err != nil || len(wire) > maxWire {
			t.Fatalf("%s %q: canonical %q: %d bytes, %v", d, text, canonical, len(wire), err)
		}
		again, refusal := d.Parse(canonical)
		if refusal != nil || again != canonical {
			t.Fatalf("%s %q: canonical %q parsed again is %q (%v)", d, text, canonical, again, refusal)
		}
		d.Decode(wire)
	})
}

// FuzzDecode: any bytes are shown; where the text is a value of the type, it
// has the same bytes.
func FuzzDecode(f *testing.F) {
	defs := fuzzDefs()
	for _, v := range values {
		f.Add(uint(82), unhex(f, v.wire))
	}
	f.Fuzz(func(t *testing.T, which uint, wire []byte) {
		if len(wire) > maxWire {
			return
		}
		d := defs[which%uint(len(defs))]
		d.Decode(wire)
		if text, ok := exact(d, wire); ok {
			again, err := d.Encode(text)
			if err != nil || !bytes.Equal(again, wire) {
				t.Fatalf("%s %x is shown as %q, which is %x (%v)", d, wire, text, again, err)
			}
		}
		n := d.Count(wire)
		for i := range min(n, 8) {
			part, ok := d.Value(wire, i)
			if !ok {
				t.Fatalf("%s %x: value %d of %d is missing", d, wire, i, n)
			}
			d.Native(part)
		}
		for code := range 4 {
			if _, ok := d.Sub(wire, code, d.SubCount(wire, code)); ok {
				t.Fatalf("%s %x: more sub-options %d than counted", d, wire, code)
			}
		}
		if d.Enterprise() {
			d.Block(wire, -1, 1)
		}
	})
}

// TestNumbersRoundTrip: every number in a type's range is written and read
// back the same.
func TestNumbersRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]Type{Int, SInt, Short, SShort, Int8, SInt8, IntI, SIntI, ShortI, SShortI, Time, STime, Date}).Draw(t, "type")
		lo, hi := typeBounds(kind)
		n := rapid.Int64Range(lo, hi).Draw(t, "n")
		if got := decodeNumber(kind, encodeNumber(kind, n)); got != n {
			t.Fatalf("%s %d becomes %d", kind, n, got)
		}
	})
}

// TestStringsRoundTrip: every printable string can be written as a value, at
// the top, in a list and in parentheses.
func TestStringsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[ -~]{1,40}`).Draw(t, "s")
		single, several := def(200, "one", NString, Once, ""), def(201, "several", NString, OnePlus, "")
		outer := def(202, "outer", Blob, Once, "").as(tlv, def(1, "inner", NString, Once, ""))
		for _, d := range []*Def{single, several} {
			wire, err := d.Encode(formatString(s, d == several))
			if err != nil || string(wire) != s {
				t.Fatalf("%s: %q becomes %q (%v)", d, s, wire, err)
			}
		}
		wire, err := outer.Encode("(inner 1 " + formatString(s, true) + ")")
		if err != nil || string(wire[2:]) != s {
			t.Fatalf("in parentheses %q becomes %q (%v)", s, wire, err)
		}
	})
}
