package wire

import "testing"

// The binding update of a renewal, as dhcpd sends it, and a full batch.
func benchMessages(b *testing.B) map[string]Message {
	one := examples(ISC)[2]
	var many []Binding
	for i := range 100 {
		lease := one.Body.(BNDUPD).Bindings[0]
		lease.Address = addr("10.77.1." + itoa(i))
		many = append(many, lease)
	}
	many = many[:fit(Own, "", many)]
	b.Logf("%d bindings in a batch", len(many))
	return map[string]Message{"one": one, "batch": {XID: 1, Body: BNDUPD{Bindings: many}}}
}

func BenchmarkEncodeBNDUPD(b *testing.B) {
	for name, m := range benchMessages(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var buf []byte
			for b.Loop() {
				var err error
				if buf, err = Own.Append(buf[:0], m); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(int64(len(buf)))
		})
	}
}

func BenchmarkDecodeBNDUPD(b *testing.B) {
	for name, m := range benchMessages(b) {
		b.Run(name, func(b *testing.B) {
			f, err := Own.Encode(m)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.SetBytes(int64(len(f)))
			var d Decoder
			for b.Loop() {
				if _, err := d.Decode(f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSplit(b *testing.B) {
	var all []byte
	for _, c := range captures(b) {
		all = append(all, c.frame...)
	}
	b.SetBytes(int64(len(all)))
	b.ReportAllocs()
	for b.Loop() {
		var s Splitter
		for rest := all; len(rest) > 0; {
			n := min(1460, len(rest))
			if err := s.Feed(rest[:n], func([]byte) error { return nil }); err != nil {
				b.Fatal(err)
			}
			rest = rest[n:]
		}
	}
}

func BenchmarkDump(b *testing.B) {
	f, err := ISC.Encode(examples(ISC)[2])
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		Dump(f)
	}
}
