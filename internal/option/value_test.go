package option

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"leasehold/pkg/objects"
)

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Each row: option, what an operator types, canonical text ("=" is the same),
// bytes on the wire.
var values = []struct{ option, text, canonical, wire string }{
	{"subnet-mask", "255.255.255.0", "=", "ffffff00"},
	{"time-offset", "-3600", "=", "fffff1f0"},
	{"time-offset", "-1h", "-3600", "fffff1f0"},
	{"time-offset", "1h", "3600", "00000e10"},
	{"routers", "10.1.0.1,10.1.0.2", "=", "0a010001 0a010002"},
	{"router", " 10.1.0.1 , 10.1.0.2 ", "10.1.0.1,10.1.0.2", "0a010001 0a010002"},
	{"3", `"10.1.0.1"`, "10.1.0.1", "0a010001"},
	{"host-name", "printer one", "=", hex.EncodeToString([]byte("printer one"))},
	{"host-name", `"a, b"`, "a, b", hex.EncodeToString([]byte("a, b"))},
	{"host-name", `" x"`, "=", "2078"},
	{"host-name", `""x""`, "=", "227822"},
	{"boot-size", "0x10", "16", "0010"},
	{"ip-forwarding", "Enabled", "true", "01"},
	{"ip-forwarding", "0", "false", "00"},
	{"policy-filters", "10.0.0.0,255.0.0.0", "=", "0a000000ff000000"},
	{"default-ip-ttl", "64", "=", "40"},
	{"path-mtu-plateau-tables", "68, 296,508", "68,296,508", "0044012801fc"},
	{"dhcp-lease-time", "1w", "604800", "00093a80"},
	{"lease-time", "1w2d3h4m5s", "788645", "000c08a5"},
	{"lease-time", "1d6h", "108000", "0001a5e0"},
	{"lease-time", "1", "=", "00000001"},
	{"lease-time", "4294967295", "=", "ffffffff"},
	{"dhcp-renewal-time", "0", "=", "00000000"},
	{"netbios-node-type", "8", "=", "08"},
	{"static-routes", "10.1.2.3,10.0.0.1", "=", "0a010203 0a000001"},
	{"vendor-encapsulated-options", "01:04:A:00:00:01", "01:04:0a:00:00:01", "01040a000001"},
	{"vendor-encapsulated-options", "0x0104", "01:04", "0104"},
	{"dhcp-client-identifier", "1", "01", "01"},
	{"user-class", "", "", ""}, // no such name: checked below
	{"dhcp-user-class-id", `a,"b,c"`, "=", "0161 03622c63"},
	{"rapid-commit", `""`, "", ""},
	{"bcmcs-servers-d", "a.example,b.example.", "a.example.,b.example.", "0161 076578616d706c65 00 0162 076578616d706c65 00"},
	{"domain-search", "eng.example.com., example.com", "eng.example.com,example.com",
		"03656e67 076578616d706c65 03636f6d 00 076578616d706c65 03636f6d 00"},
	{"domain-search", "03:63:6f:6d:00", "com", "03636f6d00"},
	{"domain-search", "01:02", "=", "0102"},
	{"classless-static-routes", "10.0.0.0/8 10.1.0.1, 0.0.0.0/0 10.1.0.2", "10.0.0.0/8 10.1.0.1,0.0.0.0/0 10.1.0.2", "080a0a010001 000a010002"},
	{"classless-static-route", "08:0a:0a:01:00:01", "10.0.0.0/8 10.1.0.1", "080a0a010001"},
	{"sip-servers", "(1 10.0.0.1,10.0.0.2)", "(addresses 1 10.0.0.1,10.0.0.2)", "01 0a000001 0a000002"},
	{"sip-servers", "(domain-names sip.example)", "(domain-names 0 sip.example.)", "00 03736970 076578616d706c65 00"},
	{"cablelabs-client-configuration", "(1 10.1.1.10)(2 10.1.1.11)(3 (0)(prov.example.com.))(4 (1 10;10s;100))",
		"(primary-dhcp-server 1 10.1.1.10)(secondary-dhcp-server 2 10.1.1.11)(provisioning-server 3 (0)(prov.example.com.))(as-backoff-retry 4 (1 10;10;100))",
		"01040a01010a 02040a01010b 03130004" + "70726f76" + "07" + hex.EncodeToString([]byte("example")) + "03636f6d00" + "040c0000000a0000000a00000064"},
	{"122", "01:04:0a:01:01:0a", "(primary-dhcp-server 1 10.1.1.10)", "01040a01010a"},
	{"122", `"(primary-dhcp-server 1 10.1.1.10)"`, "(primary-dhcp-server 1 10.1.1.10)", "01040a01010a"},
	{"122", "(3 (1)(10.0.0.9))(7 on)(10 10.0.0.1,10.0.0.2)", "(provisioning-server 3 (1)(10.0.0.9))(ticket-granting-server 7 true)(kdc-server 10 10.0.0.1,10.0.0.2)",
		"0305010a000009 070101 0a080a0000010a000002"},
	{"122", `(200 01:02)(201 "abc")`, "=", "c8020102 c903616263"},
	{"122", "(4 1;2;3)", "(as-backoff-retry 4 (1 1;2;3))", "040c000000010000000200000003"},
	{"v-i-vendor-class", "(enterprise-id 4491 01:02)", "=", "0000118b 02 0102"},
	{"v-i-vendor-class", `(Enterprise-ID 9 "x y")(enterprise-id 10 05)`, `(enterprise-id 9 "x y")(enterprise-id 10 05)`, "00000009 03 782079 0000000a 01 05"},
	{"125", `(enterprise-id 9((1 0a:00)(2 "x")))`, "=", "00000009 07 01020a00 020178"},
	{"125", `(enterprise-id 4491 ((2 10.0.0.1)))`, "(enterprise-id 4491((tftp-servers 2 10.0.0.1)))", "0000118b 06 02040a000001"},
	{"125", `(enterprise-id 9 (1 (1 "x")))`, `(enterprise-id 9((1 (1 "x"))))`, "00000009 05 0103010178"},
	{"vpn-id", "(1 a1:b2:c3:00:00:01:02)", "(vpn-index 1 a1:b2:c3:00:00:01:02)", "01 a1b2c300000102"},
	{"vpn-id", "(0 blue)", "(vpn-name 0 blue)", "00626c7565"},
	{"subnet-alloc", "(1 00:18)", "(subnet-request 1 00:18)", "00 01020018"},
	{"subnet-alloc", "(0 2)(3 pool)", "(flags 0 2)(subnet-name 3 pool)", "02 0304706f6f6c"},
	{"224", "01:02", "=", "0102"},
	{"option-224", "ff", "=", "ff"},
	{"end-of-table", "", "", ""},
}

func TestValues(t *testing.T) {
	c := Builtin()
	for _, v := range values {
		d, refusal := c.Lookup(v.option)
		if refusal != nil {
			if refusal.Code != objects.UnknownParameter {
				t.Errorf("Lookup(%s) = %v, want 308", v.option, refusal)
			}
			continue
		}
		want := v.canonical
		if want == "=" {
			want = v.text
		}
		got, refusal := d.Parse(v.text)
		if refusal != nil {
			t.Errorf("%s %s: %v", v.option, v.text, refusal)
			continue
		}
		if got != want {
			t.Errorf("%s %s: canonical %q, want %q", v.option, v.text, got, want)
		}
		wire, err := d.Encode(got)
		if err != nil || !bytes.Equal(wire, unhex(t, v.wire)) {
			t.Errorf("%s %s: wire %x (%v), want %s", v.option, v.text, wire, err, v.wire)
		}
		if again, refusal := d.Parse(got); refusal != nil || again != got {
			t.Errorf("%s: canonical %q parsed again is %q (%v)", v.option, got, again, refusal)
		}
		// Without the flags byte written out, subnet-alloc is shown with it.
		if shown := d.Decode(wire); shown != got && shown != "(flags 0 0)"+got && v.option != "125" {
			t.Errorf("%s: %x is shown as %q, want %q", v.option, wire, shown, got)
		}
	}
}

func TestRefusals(t *testing.T) {
	long := strings.Repeat("x", 64)
	for _, v := range []struct {
		option, text string
		code         objects.Code
		says         []string
	}{
		{"routers", "10.1.0.x", 316, []string{"routers(3)", "AT_IPADDR", "IPv4 address", `"10.1.0.x"`}},
		{"routers", "10.1.0.1,,10.1.0.2", 316, []string{"is empty"}},
		{"routers", "", 316, []string{"at least one value"}},
		{"routers", "::1", 316, []string{"IPv4 address"}},
		{"subnet-mask", "255.0.0.0,255.0.0.0", 316, []string{"subnet-mask(1)"}},
		{"static-routes", "10.0.0.1,10.0.0.2,10.0.0.3", 316, []string{"pairs", "3"}},
		{"default-ip-ttl", "0", 316, []string{"from 1 to 255"}},
		{"interface-mtu", "67", 316, []string{"from 68 to 65535"}},
		{"max-dgram-reassembly", "575", 316, []string{"from 576 to 65535"}},
		{"boot-size", "65536", 316, []string{"from 0 to 65535"}},
		{"ip-forwarding", "maybe", 316, []string{"true or false"}},
		{"lease-time", "4294967296", 316, []string{"at least 1 s", "4294967295"}},
		{"lease-time", "-1", 316, []string{"AT_TIME"}},
		{"lease-time", "1x", 316, []string{"1w2d3h4m5s"}},
		{"lease-time", "99999999999999999999w", 316, []string{"AT_TIME"}},
		{"host-name", "", 316, []string{"at least one character"}},
		{"host-name", "a\x01", 316, []string{"printable"}},
		{"dhcp-client-identifier", "xyz", 316, []string{"hexadecimal"}},
		{"dhcp-client-identifier", "0x123", 316, []string{"hexadecimal"}},
		{"domain-search", "a..b", 316, []string{"domain names"}},
		{"domain-search", long, 316, []string{"domain names"}},
		{"classless-static-route", "10.0.0.1/8 10.1.0.1", 316, []string{"10.0.0.0/8"}},
		{"classless-static-route", "10.0.0.0/8", 316, []string{"pairs"}},
		{"122", "(1 10.0.0.x)", 316, []string{"primary-dhcp-server(1)", "AT_IPADDR"}},
		{"122", "(primary-dhcp-servr 1 10.0.0.1)", 316, []string{"did you mean primary-dhcp-server?"}},
		{"122", "(primary-dhcp-server 2 10.0.0.1)", 316, []string{"its code is 1"}},
		{"122", "(3 (2)(x))", 316, []string{"provisioning-server(3)", "0 (name), 1 (address)"}},
		{"122", "(4 (1 10;10s))", 316, []string{"nominal-timeout;maximum-timeout;maximum-retries"}},
		{"122", "(1 10.0.0.1", 316, []string{"parentheses"}},
		{"122", `(201 "abc)`, 316, []string{"parentheses"}},
		{"122", "(0 01)", 316, []string{"pad and end"}},
		{"122", strings.Repeat("(200 ", 50) + "01" + strings.Repeat(")", 50), 316, []string{"levels"}},
		{"rapid-commit", "x", 316, []string{"no value", `written ""`}},
		{"vpn-id", "(1 a1:b2:c3)", 316, []string{"vpn-index(1)", "seven bytes", "has 3"}},
		{"cisco-vpn-id", "(1 a1:b2:c3:00:00:01:02:03)", 316, []string{"seven bytes", "has 8"}},
		{"dhcp-lease-time", "0", 316, []string{"AT_TIME", "at least 1 s", "4294967295", `not "0"`}},
		{"dhcp-lease-time", "4294967296", 316, []string{"4294967295"}},
		{"dhcp-lease-time", "soon", 316, []string{"time", `"soon"`}},
		{"netbios-node-type", "3", 316, []string{"option netbios-node-type(46) takes", "4 (M-node)", `not "3"`}},
		{"netbios-node-type", "9", 316, []string{"option netbios-node-type(46) takes a number from 1 to 8"}},
		{"static-routes", "10.1.2.3,10.0.0.1,0.0.0.0,10.0.0.2", 316, []string{"0.0.0.0", "routers(3)"}},
		{"125", "(1 x)", 316, []string{"enterprise-id"}},
		{"125", "(enterprise-id x)", 316, []string{"enterprise-id"}},
		{"dhcp-message-type", "1", 303, []string{"dhcp-message-type(53)"}},
		{"0", "", 303, nil}, {"50", "10.0.0.1", 303, nil}, {"52", "1", 303, nil}, {"54", "10.0.0.1", 303, nil},
		{"55", "1", 303, nil}, {"57", "1500", 303, nil}, {"82", "(1 01)", 303, nil}, {"255", "", 303, nil},
	} {
		d, refusal := Builtin().Lookup(v.option)
		if refusal != nil {
			t.Fatal(refusal)
		}
		_, refusal = d.Parse(v.text)
		if refusal == nil || refusal.Code != v.code {
			t.Errorf("%s %q: %v, want %d", v.option, v.text, refusal, v.code)
			continue
		}
		for _, s := range v.says {
			if !strings.Contains(refusal.Msg, s) {
				t.Errorf("%s %q: %q does not say %q", v.option, v.text, refusal.Msg, s)
			}
		}
	}
}

func TestEveryTypeOfCustomDefinition(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, v := range []struct {
		t                     Type
		repeat                Repeat
		text, canonical, wire string
	}{
		{SInt, Once, "-2", "-2", "fffffffe"},
		{SShort, OnePlus, "-2,3", "-2,3", "fffe0003"},
		{SInt8, Once, "-128", "-128", "80"},
		{IntI, Once, "0x01020304", "16909060", "04030201"},
		{SIntI, Once, "-2", "-2", "feffffff"},
		{ShortI, Once, "258", "258", "0201"},
		{SShortI, Once, "-2", "-2", "feff"},
		{Int8, 3, "1,2,3", "1,2,3", "010203"},
		{IP6Addr, Once, "2001:DB8::1", "2001:db8::1", "20010db8000000000000000000000001"},
		{MACAddr, Once, "00:D0:ba:d3:bd:3b", "1,6,00:d0:ba:d3:bd:3b", "010600d0bad3bd3b"},
		{MACAddr, OnePlus, "1,6,00:d0:ba:d3:bd:3b,01:02", "1,6,00:d0:ba:d3:bd:3b,1,2,01:02", "010600d0bad3bd3b01020102"},
		{MACAddr, Once, "00-d0-ba-d3-bd-3b", "1,6,00:d0:ba:d3:bd:3b", "010600d0bad3bd3b"},
		{MACAddr, Once, "0,2,1:2", "0,2,01:02", "00020102"},
		{STime, Once, "-1h30m", "-5400", "ffffeae8"},
		{STime, Once, "-0x10", "-16", "fffffff0"},
		{Time, Once, "4294967295", "4294967295", "ffffffff"},
		{RDNSName, Once, "a.b", "a.b", "01610162"},
		{RDNSName, Once, "a.b.", "a.b.", "0161016200"},
		{Date, Once, "Oct 31 00:00:00 2001", "1004486400", "3bdf3f00"},
		{Date, Once, "Wed Oct 31 00:00:00 01", "1004486400", "3bdf3f00"},
		{Date, Once, "-1d", "1772280000", "69a2d8c0"},
		{Date, Once, "+60", "1772366460", "69a42a7c"},
		{String, OnePlus, `"a b","c"`, "a b,c", "61206263"},
		{NString, OnePlus, `"a,b"`, `"a,b"`, "612c62"},
		{VendorNoLen, Once, "(enterprise-id 9((1 05)))", "(enterprise-id 9((1 05)))", "00000009 010105"},
		{TypeCnt, OnePlus, "01:02,03", "01:02,03", "020102 0103"},
	} {
		d := def(200, "probe", v.t, v.repeat, "")
		got, refusal := d.ParseAt(v.text, at)
		if refusal != nil || got != v.canonical {
			t.Errorf("%s %q = %q (%v), want %q", v.t, v.text, got, refusal, v.canonical)
			continue
		}
		wire, err := d.Encode(got)
		if err != nil || !bytes.Equal(wire, unhex(t, v.wire)) {
			t.Errorf("%s %q: wire %x (%v), want %s", v.t, v.text, wire, err, v.wire)
		}
	}
	if _, refusal := def(200, "probe", Date, Once, "").Parse("-1d"); refusal == nil {
		t.Error("a relative date needs a moment to count from")
	}
	for _, v := range []struct {
		t    Type
		text string
	}{
		{MACAddr, "1,7,00:d0:ba:d3:bd:3b"}, {MACAddr, "256,1,00"}, {MACAddr, "-1,1,00"}, {MACAddr, "1,0,"},
		{MACAddr, "1,33," + strings.Repeat("00:", 32) + "00"},
		{Time, "-1h"}, {Time, "4294967296"}, {Time, "1w2"}, {Time, "200y"}, {STime, "-"}, {STime, "--1h"}, {STime, "80y"},
		{Date, "forever"}, {Date, "-99y"}, {Date, "Feb 30 00:00:00 2001"}, {Date, "+"},
	} {
		if got, refusal := def(200, "probe", v.t, Once, "").ParseAt(v.text, at); refusal == nil {
			t.Errorf("%s %q = %q, want it refused", v.t, v.text, got)
		}
	}
}

func TestDecodeOfBadBytes(t *testing.T) {
	for _, v := range []struct{ option, wire, want string }{
		{"routers", "0a0000", "0a:00:00"},
		{"routers", "", ""},
		{"host-name", "00", "00"},
		{"ip-forwarding", "05", "05"},
		{"122", "0105", "01:05"},
		{"82", "01020304 0201ff 97020102", "(circuit-id 1 03:04)(remote-id 2 ff)(cisco-vpn-id 151 01:02)"},
		{"55", "010306", "1,3,6"},
		{"53", "05", "5"},
	} {
		d, _ := Builtin().Lookup(v.option)
		if got := d.Decode(unhex(t, v.wire)); got != v.want {
			t.Errorf("%s %s is shown as %q, want %q", v.option, v.wire, got, v.want)
		}
	}
}

func TestTypes(t *testing.T) {
	for i, info := range Types() {
		if info.Type != Type(i) {
			t.Fatalf("row %d of the table of types is %s: the order differs from the constants", i, info.Name)
		}
		for _, word := range append([]string{info.Name, strings.ToLower(info.Name)}, info.Aliases...) {
			if got, ok := TypeNamed(word); !ok || got != info.Type {
				t.Errorf("TypeNamed(%q) = %v, want %s", word, got, info.Name)
			}
		}
	}
	for _, word := range []string{"AT_UINT8", "AT_SHRTINT", "AT_SUBNET", "AT_RANGEINT", "AT_CONTAINER4", "AT_PREFIX", "AT_PERCENT", "AT_NAMEREF"} {
		if _, ok := TypeNamed(word); ok {
			t.Errorf("%s is no type of options", word)
		}
	}
}

func TestBuiltinTable(t *testing.T) {
	c := Builtin()
	codes := map[int]bool{}
	names := map[string]bool{}
	for _, d := range builtins() {
		if codes[d.Code] || names[d.Name] {
			t.Errorf("%s stands twice in the table", d)
		}
		codes[d.Code], names[d.Name] = true, true
		if d.Desc == "" {
			t.Errorf("%s has no description", d)
		}
		for _, word := range append([]string{d.Name, strings.ToUpper(d.Name)}, d.Aliases...) {
			if got, refusal := c.Lookup(word); refusal != nil || got.Code != d.Code {
				t.Errorf("Lookup(%q) = %v, %v, want %s", word, got, refusal, d)
			}
		}
		if !slices.IsSortedFunc(d.Children, byCode) {
			t.Errorf("sub-options of %s are not by code", d)
		}
	}
	if len(codes) != 122 {
		t.Errorf("the table has %d options", len(codes))
	}
	if _, refusal := c.Lookup("domain-name-sever"); refusal == nil || refusal.Status() !=
		`308 Unknown parameter - there is no option "domain-name-sever", did you mean domain-name-servers?` {
		t.Errorf("unknown name: %v", refusal)
	}
	for _, word := range []string{"256", "-1", "option-300", "+5", ""} {
		if d, refusal := c.Lookup(word); refusal == nil {
			t.Errorf("Lookup(%q) = %v", word, d)
		}
	}
}

func TestSystemDefaultsParse(t *testing.T) {
	for _, o := range objects.Builtins() {
		for _, refusal := range Builtin().CheckValues(o) {
			t.Error(refusal)
		}
		for attr, text := range o.Attrs {
			id, ok := strings.CutPrefix(attr, objects.OptionPrefix)
			if !ok {
				continue
			}
			d, _ := Builtin().Lookup(id)
			if got, refusal := d.Parse(text); refusal != nil || got != text {
				t.Errorf("%s of %s: %q is not canonical, %q (%v) is", attr, o.Ref(), text, got, refusal)
			}
		}
	}
}

func TestIDs(t *testing.T) {
	codes, refusal := Builtin().ParseIDs("routers, 6,domain-name,router")
	if refusal != nil || !slices.Equal(codes, []int{3, 6, 15}) {
		t.Errorf("ParseIDs = %v, %v", codes, refusal)
	}
	if got := Builtin().FormatIDs(append(codes, 224)); got != "routers,domain-name-servers,domain-name,option-224" {
		t.Errorf("FormatIDs = %q", got)
	}
	if _, refusal := Builtin().ParseIDs("routers,domain-nam"); refusal == nil || refusal.Code != objects.UnknownParameter {
		t.Errorf("unknown name in a list: %v", refusal)
	}
}
