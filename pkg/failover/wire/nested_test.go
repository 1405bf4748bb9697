package wire

import (
	"strings"
	"testing"
)

func TestClientOptions(t *testing.T) {
	long := strings.Repeat("r", 600)
	o := ClientOptions("").With(12, "host").With(82, long).With(61, "")
	if got, ok := o.Get(82); !ok || got != long {
		t.Errorf("option 82: %v, %d octets", ok, len(got))
	}
	if got, ok := o.Get(61); !ok || got != "" {
		t.Errorf("empty option: %v, %q", ok, got)
	}
	if _, ok := o.Get(60); ok {
		t.Error("option 60 is there")
	}
	n := 0
	for range o.All() {
		n++
		if n == 2 {
			break
		}
	}
	for in, want := range map[ClientOptions]int{
		"": 0, "\x00\x00": 0, "\x0c\x01a\x00\x3d\x00": 2, "\x0c\x01a\xff\x3d\x00": 1, "\x0c": 0, "\x0c\x05abcd": 0, "\x0c\x01a\x3d\x09": 1,
	} {
		got := 0
		for range in.All() {
			got++
		}
		if got != want {
			t.Errorf("%q: %d options, want %d", in, got, want)
		}
	}
}

func TestVendorOptions(t *testing.T) {
	v := VendorOptions("").With(300, "x").With(1, "").With(300, "y")
	if got, ok := v.Get(300); !ok || got != "x" {
		t.Errorf("option 300: %v, %q", ok, got)
	}
	if got, ok := v.Get(1); !ok || got != "" {
		t.Errorf("empty option: %v, %q", ok, got)
	}
	if _, ok := v.Get(2); ok {
		t.Error("option 2 is there")
	}
	if _, ok := VendorOptions("\x00\x01\x00\x05ab").Get(1); ok {
		t.Error("an option that is cut off is there")
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ text, wire, back string }{
		{"c1.example.com", "\x02c1\x07example\x03com\x00", "c1.example.com"},
		{"c1.example.com.", "\x02c1\x07example\x03com\x00", "c1.example.com"},
		{".", "\x00", "."},
		{`a\.b.c`, "\x03a.b\x01c\x00", `a\.b.c`},
		{`a\.`, "\x02a.\x00", `a\.`},
		{`\065\\\032`, "\x03A\\ \x00", `A\\\032`},
		{"ü", "\x02\xc3\xbc\x00", `\195\188`},
	} {
		packed, err := PackName(c.text)
		if err != nil || packed != c.wire {
			t.Errorf("%q packs as %q, %v", c.text, packed, err)
		}
		if got, ok := UnpackName(packed); !ok || got != c.back {
			t.Errorf("%q unpacks as %q, %v", packed, got, ok)
		}
	}
	for _, bad := range []string{"", "a..b", ".a", strings.Repeat("x", 64), strings.Repeat("x.", 130), `a\`, `a\25`, `a\256`} {
		if packed, err := PackName(bad); err == nil {
			t.Errorf("%q packs as %q", bad, packed)
		}
	}
	for _, bad := range []string{"", "\x01", "\x01a", "\x01a\x00b", "\x00\x00", "\xc0\x0c", "\x01a\xc0\x00", strings.Repeat("\x01a", 130) + "\x00"} {
		if name, ok := UnpackName(bad); ok {
			t.Errorf("%q unpacks as %q", bad, name)
		}
	}
}
