package leasefile

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var equal = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

func TestParseLine(t *testing.T) {
	want := Record{
		HType: 1, Hardware: []byte{0, 0xd0, 0xba, 0xd3, 0xbd, 0x3b},
		Address: netip.MustParseAddr("192.168.50.101"),
		Start:   1384812672, Expiration: 1385417472, LastTransaction: 1384812672,
		Server: netip.MustParseAddr("192.168.50.1"), Host: "desk-7", Domain: "example.com",
		VPN: "red", ClientID: []byte{1, 0, 0xa0, 0x24, 0x2e, 0x9c, 0x20},
	}
	line := "00:d0:ba:d3:bd:3b|1|6|192.168.50.101|Mon Nov 18 22:11:12 2013|Mon Nov 25 22:11:12 2013||Mon Nov 18 22:11:12 2013|192.168.50.1|desk-7|example.com|red/x1-6-00-a0-24-2e-9c-20|"
	for _, in := range []string{
		line,
		strings.TrimSuffix(line, "|"),
		"0:D0:BA:D3:BD:3B | 1 | 6 | 192.168.50.101|1384812672|1385417472||1384812672|192.168.50.1|desk-7|example.com|red/x1-6-00-a0-24-2e-9c-20",
	} {
		got, err := ParseLine(in)
		if err != nil {
			t.Errorf("ParseLine(%q): %v", in, err)
			continue
		}
		if d := cmp.Diff(want, got, equal); d != "" {
			t.Errorf("ParseLine(%q) (-want +got):\n%s", in, d)
		}
		if got.String() != line {
			t.Errorf("String of %q:\n got %s\nwant %s", in, got.String(), line)
		}
	}
}

func TestParseLineForms(t *testing.T) {
	for _, tc := range []struct{ name, in, out string }{
		{"shortest", "00:01:02:03:04:05|1|6|10.0.0.1||||||||", "00:01:02:03:04:05|1|6|10.0.0.1|||||||||"},
		{"forever", "00:01:02:03:04:05|1|6|10.0.0.1||forever|||||||", "00:01:02:03:04:05|1|6|10.0.0.1||forever|||||||"},
		{"client id in field 1", "x1-6-00-a0-24-2e-9c-20|1|6|10.0.0.1|||||||||", "00:a0:24:2e:9c:20|1|6|10.0.0.1||||||||x1-6-00-a0-24-2e-9c-20|"},
		{"client id alone", "00:01:02:03:04:05|1|6|10.0.0.1||||||||x0-2-41-42|", "00:01:02:03:04:05|1|6|10.0.0.1||||||||x0-2-41-42|"},
		{"no hardware", "|32|0|10.0.0.1||||||||x1-0-|", "|32|0|10.0.0.1||||||||x1-0-|"},
		{"a bar in a name", `00:01:02:03:04:05|1|6|10.0.0.1||||||a\x7cb|||`, `00:01:02:03:04:05|1|6|10.0.0.1||||||a\x7cb|||`},
	} {
		got, err := ParseLine(tc.in)
		if err != nil {
			t.Errorf("%s: ParseLine(%q): %v", tc.name, tc.in, err)
		} else if got.String() != tc.out {
			t.Errorf("%s: %q\n got %s\nwant %s", tc.name, tc.in, got.String(), tc.out)
		}
	}
}

func TestParseLineRefusals(t *testing.T) {
	ok := strings.Split("00:01:02:03:04:05|1|6|10.0.0.1||||||||", "|")
	for _, tc := range []struct {
		field int
		text  string
	}{
		{1, "00:01:02"}, {1, "00:01:02:03:04:zz"}, {1, "host"}, {1, ""},
		{2, ""}, {2, "256"}, {2, "-1"}, {2, "ethernet"},
		{3, ""}, {3, "5"},
		{4, ""}, {4, "10.0.0.256"}, {4, "fe80::1"}, {4, "10.0.0.0/8"},
		{5, "yesterday"}, {6, "Mon Nov 31 22:11:12 2013"}, {7, "99999999999999"}, {8, "-5"},
		{9, "server"}, {10, `a\b`}, {11, `\xff`}, {12, "red/blue"},
	} {
		f := append([]string(nil), ok...)
		f[tc.field-1] = tc.text
		_, err := ParseLine(strings.Join(f, "|"))
		want := tc.field
		if tc.field == 1 && (tc.text == "" || tc.text == "00:01:02") {
			want = 3 // the length no longer fits
		}
		if err == nil || err.Field != want {
			t.Errorf("field %d %q: got %v, want an error about field %d", tc.field, tc.text, err, want)
		}
	}
	if _, err := ParseLine("a|b"); err == nil || err.Field != 0 {
		t.Errorf("two fields: got %v", err)
	}
}

func TestEachNamesLines(t *testing.T) {
	in := "\ufeff# from server A\n\n00:01:02:03:04:05|1|6|10.0.0.1||||||||\nbad\r\n00:01:02:03:04:05|1|6|10.0.0|||||||||"
	var lines []int
	bad, err := Each(strings.NewReader(in), func(r Record) error { lines = append(lines, r.Line); return nil })
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]int{3}, lines); d != "" {
		t.Errorf("good lines: %s", d)
	}
	var got []string
	for _, b := range bad {
		got = append(got, b.Error())
	}
	want := []string{
		"line 4: 1 fields, a lease has 12; empty fields keep their bar",
		`line 5, field 4 (IP address): "10.0.0" is not an IPv4 address`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("bad lines (-want +got):\n%s", d)
	}
}

func TestEachStopsAtEndlessLine(t *testing.T) {
	bad, err := Each(bytes.NewReader(make([]byte, 1<<20)), func(Record) error { return nil })
	if err != nil || len(bad) != 1 || bad[0].Line != 1 {
		t.Errorf("got %v, %v; want one error about line 1", bad, err)
	}
}

func TestEachStopsAfterTwentyErrors(t *testing.T) {
	bad, err := Each(strings.NewReader(strings.Repeat("x\n", 1000)), func(Record) error { return nil })
	if err != nil || len(bad) != maxErrors {
		t.Errorf("got %d errors, %v; want %d", len(bad), err, maxErrors)
	}
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.Int64Range(0, maxSeconds)
		addr := rapid.Uint32()
		v4 := func() netip.Addr {
			a := addr.Draw(t, "address")
			return netip.AddrFrom4([4]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)})
		}
		want := Record{
			HType:    rapid.IntRange(0, 255).Draw(t, "htype"),
			Hardware: rapid.SliceOfN(rapid.Byte(), 0, 16).Draw(t, "hardware"),
			Address:  v4(), Server: v4(),
			Start: times.Draw(t, "start"), Expiration: times.Draw(t, "expiration"),
			Extension: times.Draw(t, "extension"), LastTransaction: times.Draw(t, "last"),
			Host: rapid.String().Draw(t, "host"), Domain: rapid.String().Draw(t, "domain"),
			VPN:      rapid.StringMatching(`[ -~]{0,8}|x1-1-00`).Draw(t, "vpn"),
			ClientID: rapid.SliceOfN(rapid.Byte(), 0, 255).Draw(t, "client id"),
		}
		got, err := ParseLine(want.String())
		if err != nil {
			t.Fatalf("%s: %v", want.String(), err)
		}
		if d := cmp.Diff(fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", got)); d != "" {
			t.Fatalf("%s (-want +got):\n%s", want.String(), d)
		}
	})
}

func FuzzParseLine(f *testing.F) {
	f.Add("00:d0:ba:d3:bd:3b|1|6|192.168.50.101|Mon Nov 18 22:11:12 2013|Mon Nov 25 22:11:12 2013||1384812672|192.168.50.1|desk-7|example.com|red/x1-6-00-a0-24-2e-9c-20|")
	f.Add("x1-6-00-a0-24-2e-9c-20|1|6|10.0.0.1||forever|||||||")
	f.Add("|32|0|10.0.0.1||||||||x1-0-|")
	f.Add(`00:01:02:03:04:05|1|6|10.0.0.1||||||a\x7cb||x1-1-00/|`)
	f.Add("||||||||||||")
	f.Fuzz(func(t *testing.T, line string) {
		r, err := ParseLine(line)
		if err != nil {
			return
		}
		again, err := ParseLine(r.String())
		if err != nil {
			t.Fatalf("%q was read, but its own text %q is refused: %v", line, r.String(), err)
		}
		if again.String() != r.String() {
			t.Fatalf("%q: text changes from %q to %q", line, r.String(), again.String())
		}
	})
}
