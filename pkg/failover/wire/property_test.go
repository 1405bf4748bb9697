package wire

import (
	"bytes"
	"net/netip"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func anyTime() *rapid.Generator[Time] {
	return rapid.OneOf(rapid.Just(Time(0)), rapid.Just(Infinite), rapid.Custom(func(t *rapid.T) Time { return Time(rapid.Uint32().Draw(t, "time")) }))
}

func octetString(most int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string { return string(rapid.SliceOfN(rapid.Byte(), 0, most).Draw(t, "octets")) })
}

// anyBinding is a binding in the form in which it reads back from p.
func anyBinding(p *Profile) *rapid.Generator[Binding] {
	return rapid.Custom(func(t *rapid.T) Binding {
		b := Binding{
			Address:         netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address"))),
			Status:          BindingStatus(rapid.IntRange(1, 7).Draw(t, "status")),
			Flags:           IPFlags(rapid.IntRange(0, 3).Draw(t, "flags")),
			StateStart:      anyTime().Draw(t, "stos"),
			LastTransaction: anyTime().Draw(t, "cltt"),
		}
		if b.Status.HasClient() || b.Status != StatusAbandoned && rapid.Bool().Draw(t, "client") {
			b.HW = HW{Type: rapid.Uint8Range(1, 255).Draw(t, "htype"), Len: rapid.Uint8Range(0, 16).Draw(t, "hlen")}
			copy(b.HW.Addr[:b.HW.Len], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "chaddr"))
			b.ClientID = octetString(40).Draw(t, "client-id")
		}
		if b.Status == StatusActive || p == ISC {
			b.Expiration, b.PotentialExpiration = anyTime().Draw(t, "exp"), anyTime().Draw(t, "pexp")
			if b.Status == StatusActive {
				b.Expiration = max(b.Expiration, 1)
			}
		}
		if p.Extras {
			b.DDNS = DDNS{DDNSFlags(rapid.Uint16().Draw(t, "ddns")), octetString(30).Draw(t, "fqdn")}
			b.RequestOptions = ClientOptions(octetString(60).Draw(t, "request"))
			b.ReplyOptions = ClientOptions(octetString(60).Draw(t, "reply"))
			b.Vendor = VendorOptions(octetString(30).Draw(t, "vendor"))
		}
		return b
	})
}

// A BNDUPD says the same after it went over the wire, batched as far as it fits.
func TestBindingsRoundTrip(t *testing.T) {
	for _, p := range []*Profile{Draft, Own, ISC} {
		rapid.Check(t, func(t *rapid.T) {
			bindings := rapid.SliceOfN(anyBinding(p), 1, 30).Draw(t, "bindings")
			m := Message{Time: anyTime().Draw(t, "time"), XID: rapid.Uint32Min(1).Draw(t, "xid")}
			var got []Binding
			for rest := bindings; len(rest) > 0; {
				update := BNDUPD{Bindings: rest[:fit(p, "leasehold-1", rest)]}
				if p.Extras {
					update.VendorClass = "leasehold-1"
				}
				rest = rest[len(update.Bindings):]
				m.Body = update
				f, err := p.Encode(m)
				if err != nil {
					t.Fatal(err)
				}
				size := MinMessage
				if p.Extras {
					size += 4 + len(update.VendorClass)
				}
				for i := range update.Bindings {
					size += len(p.AppendBinding(nil, &update.Bindings[i]))
				}
				if len(f) != size {
					t.Fatalf("has %d octets, not %d", len(f), size)
				}
				back, err := Decode(f)
				if err != nil || back.Time != m.Time || back.XID != m.XID {
					t.Fatalf("%v: %v", back, err)
				}
				got = append(got, back.Body.(BNDUPD).Bindings...)
			}
			if !reflect.DeepEqual(got, bindings) {
				t.Fatalf("\n got %+v\nwant %+v", got, bindings)
			}
		})
	}
}

// Any list of options that may be sent reads back as it was, and so do its
// octets.
func TestRawRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Raw{
			Type: Type(rapid.Uint8().Draw(t, "type")), Time: anyTime().Draw(t, "time"), XID: rapid.Uint32().Draw(t, "xid"),
			Extra: octetString(20).Draw(t, "extra"),
		}
		for range rapid.IntRange(0, 12).Draw(t, "options") {
			c := Code(rapid.IntRange(0, 40).Draw(t, "code"))
			lo, hi := 0, 50
			if row := c.row(); row != nil {
				lo, hi = row.Min, min(row.Max, 50)
				if _, twice := r.Get(c); twice {
					continue
				}
			}
			r.Options = append(r.Options, Option{c, string(rapid.SliceOfN(rapid.Byte(), lo, hi).Draw(t, "data"))})
		}
		f, err := r.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		var back Raw
		if err := back.Parse(f); err != nil {
			t.Fatal(err)
		}
		if again, err := back.Append(nil); err != nil || !bytes.Equal(again, f) {
			t.Fatalf("%v\n got %x\nwant %x", err, again, f)
		}
		if len(r.Options) > 0 && !reflect.DeepEqual(back, r) {
			t.Fatalf("\n got %+v\nwant %+v", back, r)
		}
	})
}

// A name that packs unpacks to one that packs the same.
func TestNamesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		packed, err := PackName(rapid.StringMatching(`([a-z.\\ 0-9é]|\\[0-2][0-5]{2}|\\\.){0,40}`).Draw(t, "name"))
		if err != nil {
			return
		}
		text, ok := UnpackName(packed)
		again, err := PackName(text)
		if !ok || err != nil || again != packed {
			t.Fatalf("%q: %v %q %q %v", packed, ok, text, again, err)
		}
	})
}

// However a stream is cut, the same messages come out.
func TestSplitterProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var (
			all  []byte
			want [][]byte
			got  [][]byte
			s    Splitter
		)
		for range rapid.IntRange(0, 8).Draw(t, "messages") {
			n := rapid.IntRange(MinMessage, 300).Draw(t, "length")
			f := append([]byte{byte(n >> 8), byte(n)}, bytes.Repeat([]byte{byte(n)}, n-2)...)
			want = append(want, f)
			all = append(all, f...)
		}
		for len(all) > 0 {
			n := rapid.IntRange(1, len(all)).Draw(t, "piece")
			if err := s.Feed(all[:n], func(f []byte) error { got = append(got, bytes.Clone(f)); return nil }); err != nil {
				t.Fatal(err)
			}
			if s.Partial() >= MaxMessage {
				t.Fatalf("%d octets kept", s.Partial())
			}
			all = all[n:]
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%x, want %x", got, want)
		}
	})
}
