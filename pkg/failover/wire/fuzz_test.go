package wire

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"
)

func seeds(f *testing.F, add func([]byte)) {
	seen := map[string]bool{}
	for _, c := range captures(f) { // one of each make
		var r Raw
		if err := r.Parse(c.frame); err != nil {
			f.Fatal(err)
		}
		var kind strings.Builder
		kind.WriteString(c.name)
		for _, o := range r.Options {
			kind.WriteString(o.Code.String())
		}
		if !seen[kind.String()] {
			seen[kind.String()] = true
			add(c.frame)
		}
	}
	for _, p := range []*Profile{Own, ISC} {
		for _, m := range examples(p) {
			b, err := p.Encode(m)
			if err != nil {
				f.Fatal(err)
			}
			add(b)
		}
	}
}

// A frame of a partner never panics the decoder; what reads as options writes
// again octet for octet, and what reads as a message reads the same once it
// was written again. Its dump is one line.
func FuzzDecode(f *testing.F) {
	seeds(f, func(b []byte) { f.Add(b) })
	f.Add([]byte{})
	for _, s := range []string{
		"000c0b08 00000000 00000000", "000c0dff 00000000 00000000", "0010800c 00000000 00000000 ffffffff",
		"0020030c 00000000 00000001 00020004 0a000001 00020004 0a000001 0003 0000",
	} {
		b, _ := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		in := bytes.Clone(b)
		if line := Dump(b); strings.ContainsAny(line, "\n\r\x1b") || len(line) > 64+24*MaxMessage {
			t.Fatalf("dump %q", line)
		}
		var r Raw
		if err := r.Parse(b); err == nil {
			if again, err := r.Append(nil); err != nil || !bytes.Equal(again, b) {
				t.Fatalf("options again: %v\n got %x\nwant %x", err, again, b)
			}
		}
		m, err := Decode(b)
		if !bytes.Equal(b, in) {
			t.Fatal("the decoder writes into the frame")
		}
		if m.Body == nil {
			if err == nil {
				t.Fatal("no message and no error")
			}
			return
		}
		_ = m.String()
		if len(m.Body.Type().String()) == 0 || m.Body.Type().Ignorable() {
			return
		}
		again := encoder{p: whole, maxText: MaxMessage}
		again.message(m)
		if len(again.b) > MaxMessage {
			return // an incomplete CONNECT grows by what it lacks
		}
		back, _ := Decode(again.b)
		if !reflect.DeepEqual(back, m) {
			t.Fatalf("\n got %+v\nwant %+v", back, m)
		}
		for _, p := range []*Profile{Draft, Own, ISC} {
			if out, err := p.Encode(m); err == nil {
				if _, err := Decode(out); err != nil {
					t.Fatalf("%s: we send what we do not read: %v\n%s", p.Name, err, Dump(out))
				}
			}
		}
	})
}

// However a stream is cut, the splitter gives the same frames, each of a legal
// length, and keeps less than one message.
func FuzzSplitter(f *testing.F) {
	var all []byte
	seeds(f, func(b []byte) {
		all = append(all, b...)
		f.Add(b, uint8(5))
	})
	f.Add(all, uint8(13))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"), uint8(1))
	f.Add([]byte{0, 12, 11, 12}, uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, size uint8) {
		run := func(size int) (frames [][]byte, part int, err error) {
			var s Splitter
			for rest := b; len(rest) > 0; {
				piece := rest[:min(size, len(rest))]
				rest = rest[len(piece):]
				err = s.Feed(piece, func(f []byte) error {
					if len(f) < MinMessage || len(f) > MaxMessage {
						t.Fatalf("a frame of %d octets", len(f))
					}
					frames = append(frames, bytes.Clone(f))
					return nil
				})
				if cap(s.part) > 2*MaxMessage {
					t.Fatalf("keeps %d octets", cap(s.part))
				}
			}
			return frames, s.Partial(), err
		}
		whole, part, err := run(max(1, len(b)))
		pieces, part2, err2 := run(max(1, int(size)))
		if !reflect.DeepEqual(whole, pieces) || (err == nil) != (err2 == nil) || err == nil && part != part2 {
			t.Fatalf("%d frames, %v, %d left; in pieces of %d: %d, %v, %d", len(whole), err, part, size, len(pieces), err2, part2)
		}
	})
}

// Names and nested options of a partner never panic, and what unpacks packs.
func FuzzNested(f *testing.F) {
	for _, s := range []string{"\x02c1\x07example\x03com\x00", "\xc0\x0c", "\x0c\x04host\xff", "\x00\x01\x00\x02ab", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if name, ok := UnpackName(s); ok {
			if packed, err := PackName(name); err != nil || packed != s {
				t.Fatalf("%q unpacks as %q, which packs as %q, %v", s, name, packed, err)
			}
		}
		if packed, err := PackName(s); err == nil {
			if _, ok := UnpackName(packed); !ok {
				t.Fatalf("%q packs as %q, which does not unpack", s, packed)
			}
		}
		n := 0
		for _, data := range ClientOptions(s).All() {
			n += 2 + len(data)
		}
		for _, data := range VendorOptions(s).All() {
			n += 4 + len(data)
		}
		if n > 2*len(s) {
			t.Fatalf("%d octets of options in %d", n, len(s))
		}
	})
}
