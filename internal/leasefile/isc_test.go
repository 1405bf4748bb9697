package leasefile

import (
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"leasehold/pkg/failover/wire"
)

// scan reads texts as one log and returns its leases as written in the form.
func scan(t testing.TB, form Form, texts ...string) (leases []Record, notes []string, bad []string) {
	t.Helper()
	var sources []Source
	for i, text := range texts {
		sources = append(sources, Source{Name: fmt.Sprintf("f%d", i), R: strings.NewReader(text)})
	}
	s, errs, err := Read(form, sources...)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range errs {
		bad = append(bad, e.Error())
	}
	if s == nil {
		return nil, nil, bad
	}
	if err := s.Each(func(r Record) error { leases = append(leases, r); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(leases) != s.Leases {
		t.Errorf("%d leases, %d were announced", len(leases), s.Leases)
	}
	return leases, s.Notes, nil
}

func iscText(rs []Record) string {
	var b strings.Builder
	for i := range rs {
		b.WriteString(rs[i].ISC())
	}
	return b.String()
}

// TestISCFile reads a file with all that dhcpd writes, and writes it.
func TestISCFile(t *testing.T) {
	in, err := os.ReadFile("testdata/dhcpd.leases")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/dhcpd.leases.want")
	if err != nil {
		t.Fatal(err)
	}
	leases, notes, bad := scan(t, ISC, string(in))
	got := iscText(leases) + "# " + strings.Join(notes, "\n# ") + "\n" + strings.Join(bad, "\n")
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	again, _, bad := scan(t, ISC, ISCHeader+iscText(leases))
	if d := cmp.Diff(iscText(leases), iscText(again)); d != "" || bad != nil {
		t.Errorf("what was written is read differently: %v\n%s", bad, d)
	}
}

func TestISCRefusals(t *testing.T) {
	const begin = "lease 10.0.0.1 {\n"
	for _, c := range []struct{ in, want string }{
		{"hello;", `line 1: "hello" is nothing that dhcpd writes into its lease file`},
		{"option domain-name \"a\";", `line 1: "option domain-name" is nothing that dhcpd writes into its lease file`},
		{"ia-na \"x\" {\n}", `line 1: "ia-na x": these are leases of DHCPv6`},
		{"lease fe80::1 {\n}", `line 1: lease fe80::1: not an IPv4 address`},
		{"}", `line 1: a } where a lease should begin`},
		{begin + "starts 4 2026/13/29 09:00:00;\n}\n", `line 2: lease 10.0.0.1: "4 2026/13/29 09:00:00" is no date such as 4 2026/01/29 09:00:00, epoch 1769677200 or never`},
		{begin + "ends tomorrow;\n}\n", `line 2: lease 10.0.0.1: "tomorrow" is no date such as 4 2026/01/29 09:00:00, epoch 1769677200 or never`},
		{begin + "binding state asleep;\n}\n", `line 2: lease 10.0.0.1: there is no binding state "asleep"`},
		{begin + "hardware ethernet 00:01:zz;\n}\n", `line 2: lease 10.0.0.1: hardware "00:01:zz" is not up to 16 octets such as 00:d0:ba:d3:bd:3b`},
		{begin + "hardware carrier 00:01;\n}\n", `line 2: lease 10.0.0.1: there is no hardware type "carrier"`},
		{begin + "uid 1 2;\n}\n", `line 2: lease 10.0.0.1: uid "1 2" is not one value`},
		{begin + "uid \"" + strings.Repeat("u", 256) + "\";\n}\n", `line 2: lease 10.0.0.1: uid has 256 octets, at most 255 are allowed`},
		{begin + "uid \"a\x00b\";\n}\n", `line 2: a nul byte: the file is damaged, as after a power failure, or is no dhcpd.leases`},
		{begin + "uid \"\\777\";\n}\n", `line 2: an escape of a string that is no octet`},
		{begin + "uid \"a\nb\";\n}\n", `line 2: a string that does not end on its line`},
		{begin + "starts 4\n}\n", `line 3: a } where the statement "starts" should end with ;`},
		{begin + "pool {\n}\n}\n", `line 2: a { within lease 10.0.0.1`},
		{begin + "on expiry " + strings.Repeat("{", 40), `line 2: braces more than 16 deep`},
		{"\x00\x00\x00", `line 1: a nul byte: the file is damaged, as after a power failure, or is no dhcpd.leases`},
		{strings.Repeat("a", 1<<20), `line 1: a word of more than 8192 characters`},
		{begin + "client-hostname \"" + strings.Repeat("a", 1<<20), `line 2: a string of more than 8192 octets`},
		{begin + strings.Repeat("a ", 1000), `line 2: a statement of more than 256 words`},
	} {
		leases, _, bad := scan(t, ISC, c.in)
		if len(bad) == 0 || bad[0] != c.want || leases != nil {
			t.Errorf("%.60q:\n got %q\nwant %q", c.in, bad, c.want)
		}
	}
}

// TestISCOtherFiles: a file that is something else is refused, and not taken for
// a lease file without leases, or one that was cut off.
func TestISCOtherFiles(t *testing.T) {
	const unlike = "nothing in the file is a lease or another entry that dhcpd writes: is it a dhcpd.leases?"
	for _, c := range []struct{ in, want string }{
		{"address,hwaddr,client_id\n10.0.0.1,02:00:00:00:00:01,\n", `line 1: "address" is nothing that dhcpd writes into its lease file`},
		{"root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n", `line 1: "root:x:0:0:root:/root:/bin/bash" is nothing that dhcpd writes into its lease file`},
		{"\n\nThe leases are on the other server\n", `line 3: "The" is nothing that dhcpd writes into its lease file`},
		{"the \"leases", `line 1: "the" is nothing that dhcpd writes into its lease file`},
		{"\"leases", "line 1: " + unlike},
		{"# a note\n", "line 1: " + unlike},
		{"lea", `line 1: "lea" is nothing that dhcpd writes into its lease file`},
		{"lease 10.0.0.1 {\n}\nlea se", `line 3: "lea" is nothing that dhcpd writes into its lease file`},
		{"lease 10.0.0.1 {\n}\nreserve", `line 3: "reserve" is nothing that dhcpd writes into its lease file`},
	} {
		if leases, notes, bad := scan(t, ISC, c.in); len(bad) == 0 || bad[0] != c.want || leases != nil {
			t.Errorf("%q:\n got %q, %q\nwant %q", c.in, bad, notes, c.want)
		}
	}
	for _, in := range []string{"", "\n", "\ufeff", "authoring-byte-order little-endian;\n", "lease 10.0.0.1 {", "# written by dhcpd\nserver-duid \"x"} {
		if _, _, bad := scan(t, ISC, in); bad != nil {
			t.Errorf("%q is refused: %q", in, bad)
		}
	}
}

// TestISCManyErrors: all bad leases are named, up to a number.
func TestISCManyErrors(t *testing.T) {
	_, _, bad := scan(t, ISC, strings.Repeat("lease 10.0.0.1 {\n  ends x;\n}\n", 1000))
	if len(bad) != maxErrors {
		t.Errorf("%d errors, want %d", len(bad), maxErrors)
	}
}

// TestISCCutOff cuts a file at every place: what is whole is read, the entry
// that is not is told.
func TestISCCutOff(t *testing.T) {
	const whole = "lease 10.0.0.1 {\n  binding state active;\n}\n"
	const next = "lease 10.0.0.1 {\n  starts 4 2026/01/29 09:00:00;\n  binding state free;\n  uid \"\\001x\";\n}"
	for n := 1; n < len(next); n++ {
		leases, notes, bad := scan(t, ISC, whole+next[:n])
		if len(leases) != 1 || iscText(leases) != "lease 10.0.0.1 {\n  binding state active;\n  next binding state free;\n}\n" || len(notes) != 1 || !strings.Contains(notes[0], "is cut off") || bad != nil {
			t.Fatalf("cut after %q: %v, %q, %q", next[:n], leases, notes, bad)
		}
	}
}

func BenchmarkISC(b *testing.B) {
	text := strings.Repeat(`lease 10.0.0.1 {
  starts 4 2026/01/29 09:00:00;
  ends 4 2026/01/29 10:00:00;
  tstp 4 2026/01/29 10:30:00;
  tsfp 4 2026/01/29 10:30:00;
  atsfp 4 2026/01/29 10:30:00;
  cltt 4 2026/01/29 09:00:00;
  binding state active;
  next binding state expired;
  hardware ethernet 00:d0:ba:d3:bd:3b;
  uid "\001\000\320\272\323\275;";
  client-hostname "desk";
}
`, 1000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if err := readISC(strings.NewReader(text), &sink{lease: func(Record, bool) error { return nil }, notes: map[string]*note{}}); err != nil {
			b.Fatal(err)
		}
	}
}

func fuzzForm(f *testing.F, form Form, header string, write func(*Record) string) {
	f.Fuzz(func(t *testing.T, text string) {
		s, bad, err := Read(form, Source{Name: "f", R: strings.NewReader(text)})
		if err != nil {
			t.Fatalf("reading from memory: %v", err)
		}
		if s == nil && len(bad) == 0 {
			t.Fatal("neither leases nor an error")
		}
		if s == nil {
			return
		}
		one := rewritten(t, s, header, write)
		again, bad, err := Read(form, Source{Name: "again", R: strings.NewReader(one)})
		if err != nil || len(bad) > 0 {
			t.Fatalf("%q was read, but its own text is refused: %v %v\n%s", text, bad, err, one)
		}
		if two := rewritten(t, again, header, write); two != one {
			t.Fatalf("the text changes:\n%s\n%s", one, two)
		}
	})
}

func rewritten(t *testing.T, s *Scan, header string, write func(*Record) string) string {
	t.Helper()
	b := strings.Builder{}
	b.WriteString(header)
	if err := s.Each(func(r Record) error { _, err := io.WriteString(&b, write(&r)); return err }); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func seeds(f *testing.F, pattern string) {
	f.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		f.Fatalf("no seeds %s: %v", pattern, err)
	}
	for _, n := range names {
		text, err := os.ReadFile(n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
}

func FuzzISC(f *testing.F) {
	seeds(f, "testdata/dhcpd.leases*")
	f.Add("lease 10.0.0.1 {\n  starts epoch 1;\n  ends never;\n  hardware unknown-17 1:2;\n  option agent.unknown-9 \"x\";\n}\n")
	f.Add("lease 10.0.0.1 {\n  on expiry { { } }\n  set x = \"\\x41\\101\";\n}\nfailover peer \"a\" state {}")
	fuzzForm(f, ISC, ISCHeader, (*Record).ISC)
}

func FuzzKea(f *testing.F) {
	seeds(f, "testdata/kea*.csv")
	fuzzForm(f, Kea, KeaHeader(), func(r *Record) string { return r.Kea(1) })
}

// TestFormsRoundTrip writes leases of all kinds and reads them.
func TestFormsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.OneOf(rapid.Int64Range(0, 1<<33), rapid.Just(Forever))
		octets := func(most int) []byte { return rapid.SliceOfN(rapid.Byte(), 0, most).Draw(t, "octets") }
		name := rapid.StringMatching(`[ -~é]{0,20}`)
		r := Record{
			Address: netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address"))),
			HType:   rapid.IntRange(0, 255).Draw(t, "htype"), Hardware: octets(16), ClientID: octets(255),
			Start: rapid.Int64Range(0, 1<<33).Draw(t, "start"), Expiration: times.Draw(t, "end"), LastTransaction: rapid.Int64Range(0, 1<<32).Draw(t, "last"),
			Host: name.Draw(t, "host"), Domain: name.Draw(t, "domain"), VendorClass: octets(255), BOOTP: rapid.Bool().Draw(t, "bootp"),
			Status: wire.BindingStatus(rapid.IntRange(0, 7).Draw(t, "status")),
			SentPE: times.Draw(t, "tstp"), AckPE: times.Draw(t, "atsfp"), RcvdPE: times.Draw(t, "tsfp"), StateStart: rapid.Int64Range(0, 1<<32).Draw(t, "since"),
		}
		for code := range rapid.IntRange(0, 4).Draw(t, "sub-options") {
			v := octets(60)
			r.RelayInfo = append(append(r.RelayInfo, uint8(1+code), uint8(len(v))), v...)
		}
		for _, f := range []struct {
			form   Form
			header string
			write  func(*Record) string
		}{{ISC, ISCHeader, (*Record).ISC}, {Kea, KeaHeader(), func(r *Record) string { return r.Kea(7) }}} {
			one := f.write(&r)
			if one == "" {
				continue // Kea has no such lease
			}
			s, bad, err := Read(f.form, Source{Name: "f", R: strings.NewReader(f.header + one)})
			if err != nil || len(bad) > 0 || len(s.Notes) > 0 {
				t.Fatalf("%s\n%v %v %v", one, bad, err, s)
			}
			two := ""
			if err := s.Each(func(r Record) error { two = f.write(&r); return nil }); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(one, two); d != "" {
				t.Fatalf("(-written +read and written):\n%s", d)
			}
		}
	})
}
