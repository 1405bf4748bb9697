package objects

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

// sample is an attribute to try the values of a kind on, unbounded but for the
// kind itself.
func sample(k Kind) *Attr {
	a := &Attr{Class: Scope, Name: "sample", Kind: k, Ref: "policy"}
	switch k {
	case String, NameRef:
		a.Max = 20
	case Int:
		a.Min, a.Max = -100, maxUint32
	case Time, Millis:
		a.Max = maxUint32
	case Percent:
		a.Max = 100
	case Flags, Enum:
		a.Words = words("default=1 incoming-packets=2 missing-options=3")
	}
	return a
}

func TestParse(t *testing.T) {
	at := func(y int, m time.Month, d, hh, mm, ss int) string {
		text, _ := parseDate(time.Date(y, m, d, hh, mm, ss, 0, time.Local).Format(time.ANSIC), now)
		return text
	}
	for _, c := range []struct {
		kind Kind
		text string
		want string // "!..." is part of the refusal
	}{
		{String, "a b", "a b"},
		{String, "", ""},
		{String, `ü "x"`, `ü "x"`},
		{String, "a\nb", "!control character 0x0a at offset 1"},
		{String, "\x1b[2J", "!control character"},
		{String, "\xff", "!not valid UTF-8"},
		{String, strings.Repeat("ü", 20), strings.Repeat("ü", 20)},
		{String, strings.Repeat("x", 21), "!has 21 characters, at most 20"},
		{NameRef, "default", "default"},
		{NameRef, "", "!must be the name of a policy"},
		{Int, "0", "0"},
		{Int, "0x1F", "31"},
		{Int, " 42 ", "42"},
		{Int, "-7", "-7"},
		{Int, "007", "7"},
		{Int, "+7", "!must be a number"},
		{Int, "0x-7", "!must be a number"},
		{Int, "4294967296", "!out of range, -100 to 4294967295"},
		{Int, "99999999999999999999", "!out of range"},
		{Int, "1.5", "!must be a number"},
		{Int, "", "!must be a number"},
		{Millis, "300", "300"},
		{Millis, "300ms", "!must be a number"},
		{Bool, "true", "true"}, {Bool, "ON", "true"}, {Bool, "enabled", "true"}, {Bool, "1", "true"},
		{Bool, "false", "false"}, {Bool, "off", "false"}, {Bool, "Disabled", "false"}, {Bool, "0", "false"},
		{Feature, "enabled", "true"}, {Feature, "maybe", "!must be true, on, enabled or 1"},
		{Percent, "10", "10%"}, {Percent, "10%", "10%"}, {Percent, "101", "!out of range, 0 to 100%"}, {Percent, "%", "!must be a number"},
		{Time, "0", "0s"}, {Time, "300", "5m"}, {Time, "5m", "5m"}, {Time, "1w2d3h4m5s", "1w2d3h4m5s"},
		{Time, "1d6h", "1d6h"}, {Time, "1d360m", "1d6h"}, {Time, "30h", "1d6h"}, {Time, "24h", "1d"}, {Time, "60M", "1h"},
		{Time, "1y", "52w1d"}, {Time, "1h30", "!last number has no unit"}, {Time, "h", "!must be a time"},
		{Time, "5x", "!'x' is no unit"}, {Time, "-5m", "!must be a time"}, {Time, "", "!must be a time"},
		{Time, "4294967296", "!out of range, 0s to 7101w3d6h28m15s"}, {Time, "99999999999999999999w", "!too long a time"},
		{Time, "9999999999w", "!too long a time"},
		{Date, "0", "0"}, {Date, "1384812672", "1384812672"}, {Date, "forever", "forever"}, {Date, "Forever", "forever"},
		{Date, "Oct 31 00:00:00 2001", at(2001, time.October, 31, 0, 0, 0)},
		{Date, "october 31 00:00:00 01", at(2001, time.October, 31, 0, 0, 0)},
		{Date, "Wed Oct 31 00:00:00 2001", at(2001, time.October, 31, 0, 0, 0)},
		{Date, "Dec  2 22:11:12 2013", at(2013, time.December, 2, 22, 11, 12)},
		{Date, "Dec 2 22:11 2013", at(2013, time.December, 2, 22, 11, 0)},
		{Date, "-3d", at(2013, time.November, 15, 22, 11, 12)},
		{Date, "+1h", at(2013, time.November, 18, 23, 11, 12)},
		{Date, "Feb 30 00:00:00 2001", "!feb has no day 30"}, {Date, "Foo 3 00:00:00 2001", `!"foo" is no month`},
		{Date, "Oct 31 25:00:00 2001", "!no 24-hour time"}, {Date, "Oct 31 00:00:00 201", "!no year of two or four digits"},
		{Date, "Oct 31 2001", "!must be a date"}, {Date, "Jan 1 00:00:00 1960", "!before 1970"}, {Date, "-100y", "!before 1970"},
		{Date, "999999999999", "!after 9999"}, {Date, "", "!must be a date"}, {Date, "-", "!must be a time"}, {Date, "tomorrow", "!must be a date"},
		{IPAddr, "192.168.50.1", "192.168.50.1"}, {IPAddr, "192.168.50", "!must be an IPv4 address"}, {IPAddr, "fe80::1", "!must be an IPv4 address"},
		{IPAddr, "192.168.050.1", "!must be an IPv4 address"},
		{IP6Addr, "FE80:0::1", "fe80::1"}, {IP6Addr, "10.0.0.1", "!must be an IPv6 address"}, {IP6Addr, "fe80::1%eth0", "!must be an IPv6 address"},
		{Subnet, "10.1.0.0/16", "10.1.0.0/16"}, {Subnet, "10.1.2.3/16", "!has host bits: the subnet is 10.1.0.0/16"}, {Subnet, "10.1.0.0", "!must be a subnet"}, {Subnet, "10.1.0.0/33", "!must be a subnet"},
		{MAC, "010203040506", "1,6,01:02:03:04:05:06"}, {MAC, "01:02:03:04:05:06", "1,6,01:02:03:04:05:06"},
		{MAC, "01-02-03-0A-0b-0c", "1,6,01:02:03:0a:0b:0c"}, {MAC, "01.02.03.04.05.06", "1,6,01:02:03:04:05:06"},
		{MAC, "0102.0304.0506", "1,6,01:02:03:04:05:06"}, {MAC, "1,6,00:D0:ba:d3:bd:3b", "1,6,00:d0:ba:d3:bd:3b"},
		{MAC, "6, 2, 0a:0b", "6,2,0a:0b"}, {MAC, "1:2:3:4:5:6", "1,6,01:02:03:04:05:06"},
		{MAC, "1,6,01:02", "!says 6 octets but has 2"}, {MAC, "0,1,01", "!hardware type 0"}, {MAC, "256,1,01", "!hardware type 256"},
		{MAC, strings.Repeat("01", 17), "!has 17 octets"}, {MAC, "01:02-03", "!must be a MAC address"}, {MAC, "", "!must be a MAC address"}, {MAC, "zz", "!must be a MAC address"},
		{Blob, "01:0A:ff", "01:0a:ff"}, {Blob, "0x010aff", "01:0a:ff"}, {Blob, "1:a", "01:0a"}, {Blob, "7", "07"}, {Blob, "010a", "01:0a"},
		{Blob, "0x1", "!must be bytes"}, {Blob, "", "!must be bytes"}, {Blob, "01-02", "!must be bytes"}, {Blob, "01:zz", "!must be bytes"},
		{Flags, "default,missing-options", "default,missing-options"}, {Flags, "missing-options, Default, 1", "default,missing-options"},
		{Flags, "", ""}, {Flags, "incoming-packet", `!no word "incoming-packet", did you mean incoming-packets?`}, {Flags, "default,,2", "!no word"},
		{Enum, "default", "default"}, {Enum, "2", "incoming-packets"}, {Enum, "9", `!no word "9", they are default, incoming-packets, missing-options`},
		{DName, "dhcpA.example.com", "dhcpA.example.com"}, {DName, "example.com.", "example.com"}, {DName, "192.168.0.1", "192.168.0.1"},
		{DName, "a..b", "!each part between dots"}, {DName, "a b", "!' ' is not allowed"}, {DName, "-a", "!hyphen"}, {DName, "", "!must be a domain name"}, {DName, ".", "!must be a domain name"},
		{Expr, "(concat  \"a  b\"\n\t(request chaddr)) // the key", `(concat "a  b" (request chaddr))`},
		{Expr, "; nothing\n\"x\"", `"x"`}, {Expr, `"a\"b" `, `"a\"b"`},
		{Expr, "(a", "!offset 2: 1 closing parentheses are missing"}, {Expr, "a)", "!offset 1: closing parenthesis"}, {Expr, `(a "b)`, "!offset 3: string without a closing quote"},
		{Expr, "  ", "!nothing there"}, {Expr, "// x", "!nothing there"}, {Expr, "\"a\nb\"", "!control character"},
		{OptionIDs, "Routers, 6,domain-name", "routers,6,domain-name"}, {OptionIDs, "6,6", "6"}, {OptionIDs, "", ""}, {OptionIDs, "a b", "!no option name or number"},
		{List, "red, blue,red", "red,blue"}, {List, "", ""}, {List, "a,,b", "!empty item"},
		{Ranges, "10.0.0.5-10.0.0.9,10.0.0.1-10.0.0.3", "10.0.0.1-10.0.0.3,10.0.0.5-10.0.0.9"}, {Ranges, "10.0.0.5", "10.0.0.5-10.0.0.5"}, {Ranges, "", ""},
		{Ranges, "10.0.0.5-10.0.0.1", "!ends before it begins"}, {Ranges, "10.0.0.1-10.0.0.5,10.0.0.5-10.0.0.6", "!overlaps the range"}, {Ranges, "x-y", "!must be an IPv4 address"},
		{Obj, "x", "!use the command policy"},
	} {
		a := sample(c.kind)
		got, err := a.Parse(c.text, now)
		if refusal, ok := strings.CutPrefix(c.want, "!"); ok {
			if err == nil {
				t.Errorf("%s %q: got %q, want it refused: %s", c.kind, c.text, got, refusal)
			} else if !strings.Contains(err.Msg, refusal) || !err.Code.Failed() || !strings.Contains(err.Msg, "scope sample") {
				t.Errorf("%s %q: refused with %v, want %s", c.kind, c.text, err, refusal)
			}
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("%s %q: got %q, %v; want %q", c.kind, c.text, got, err, c.want)
		}
	}
}

// A text of the size of a book is refused before it is looked at.
func TestParseHuge(t *testing.T) {
	book := strings.Repeat("1", 64<<20)
	eachAttr(t, func(t *testing.T, a *Attr) {
		text, err := a.Parse(book, now)
		if err == nil {
			t.Fatalf("64 MB made %d bytes", len(text))
		}
		if len(err.Msg) > 300 {
			t.Errorf("the refusal has %d bytes", len(err.Msg))
		}
	})
}

func TestSecretsStayOutOfMessages(t *testing.T) {
	_, err := AdminPassword.Parse("hunter2\n", now)
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("refusal %v", err)
	}
	if got := AdminPassword.Show("hunter2"); strings.Contains(got, "hunter2") {
		t.Errorf("shown as %q", got)
	}
}

func TestShow(t *testing.T) {
	for _, c := range []struct {
		kind            Kind
		canonical, want string
	}{
		{Feature, "true", "enabled"}, {Feature, "false", "disabled"}, {Feature, "", ""}, {Bool, "true", "true"},
		{Percent, "10%", "10%"}, {Date, "0", "0"}, {Date, "forever", "forever"}, {Time, "5m", "5m"}, {String, "x", "x"},
	} {
		if got := sample(c.kind).Show(c.canonical); got != c.want {
			t.Errorf("%s %q is shown as %q, not %q", c.kind, c.canonical, got, c.want)
		}
	}
	text, err := sample(Date).Parse("Dec 2 22:11:12 2013", now)
	if err != nil {
		t.Fatal(err)
	}
	if got := sample(Date).Show(text); got != "Mon Dec  2 22:11:12 2013" {
		t.Errorf("date shown as %q", got)
	}
}

func TestHandles(t *testing.T) {
	o := New(Scope, "s")
	set := func(name, text string) {
		t.Helper()
		if err := Scope.SetAttr(o, name, text, now); err != nil {
			t.Fatal(err)
		}
	}
	set("subnet", "192.168.50.0/24")
	set("ping-timeout", "250")
	set("selection-tags", "red,blue")
	set("backup-pct", "20")
	o.Attrs["ranges"] = "192.168.50.10-192.168.50.20,192.168.50.30-192.168.50.40"
	dhcp := New(Dhcp, "")
	if err := Dhcp.SetAttr(dhcp, "log-settings", "default,leasequery", now); err != nil {
		t.Fatal(err)
	}
	class := New(Client, "x")
	class.Attrs["override-client-id"] = "01:ff"
	class.Attrs["authenticate-until"] = "forever"
	ip := netip.MustParseAddr
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"addr", ScopeAddr.Of(o), ip("192.168.50.0")},
		{"mask", ScopeMask.Of(o), ip("255.255.255.0")},
		{"primary-addr", ScopePrimaryAddr.Of(o), netip.Addr{}},
		{"ping-timeout", ScopePingTimeout.Of(o), 250 * time.Millisecond},
		{"selection-tag-list", ScopeTags.Of(o), []string{"red", "blue"}},
		{"backup-pct", ScopeBackupPct.Of(o), 20},
		{"policy", ScopePolicyName.Of(o), "default"},
		{"dhcp", ScopeDHCP.Of(o), true},
		{"renew-only", ScopeRenewOnly.Of(o), false},
		{"failover", ScopeFailover.Of(o), FailoverUseServerSettings},
		{"name", ScopeName.Of(o), "s"},
		{"ranges", ScopeRanges.Of(o), []Range{{ip("192.168.50.10"), ip("192.168.50.20")}, {ip("192.168.50.30"), ip("192.168.50.40")}}},
		{"safe period", DhcpFailoverSafePeriod.Of(dhcp), 24 * time.Hour},
		{"log-settings", DhcpLogSettings.Of(dhcp), FlagSet(1<<LogDefault | 1<<LogLeasequery)},
		{"leasequery", DhcpLogSettings.Of(dhcp).Has(LogLeasequery), true},
		{"override-client-id", ClientOverrideID.Of(class), []byte{1, 255}},
		{"authenticate-until", ClientAuthUntil.Of(class), Forever},
		{"subnet", ScopeSubnet.Of(New(Scope, "empty")), netip.Prefix{}},
		{"tags", ScopeTags.Of(New(Scope, "empty")), []string(nil)},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, c.got, c.want)
		}
	}
	if _, ok := ScopeDHCP.Lookup(o); ok {
		t.Error("Lookup finds a default")
	}
	if pct, ok := ScopeBackupPct.Lookup(o); !ok || pct != 20 {
		t.Errorf("Lookup gives %d, %t", pct, ok)
	}
	set("selection-tag-list", "")
	if tags, ok := ScopeTags.Lookup(o); !ok || tags != nil {
		t.Errorf("Lookup of an empty list gives %v, %t", tags, ok)
	}
}

func TestDerivedAttributes(t *testing.T) {
	for bits, mask := range map[int]string{0: "0.0.0.0", 1: "128.0.0.0", 8: "255.0.0.0", 25: "255.255.255.128", 32: "255.255.255.255"} {
		if got := Mask(bits).String(); got != mask {
			t.Errorf("mask of %d bits is %s, want %s", bits, got, mask)
		}
	}
	o := New(Scope, "s")
	o.Attrs["primary-subnet"] = "10.0.0.0/9"
	if a, m := o.Text(ScopePrimaryAddr.Attr), o.Text(ScopePrimaryMask.Attr); a != "10.0.0.0" || m != "255.128.0.0" {
		t.Errorf("primary %s %s", a, m)
	}
	d := New(Option, "acme/125.3")
	if got := d.Text(OptionID.Attr); got != "125.3" {
		t.Errorf("id %q", got)
	}
	r := New(Reservation, "red/10.0.0.5")
	if got := r.Text(ReservationAddr.Attr); got != "10.0.0.5" {
		t.Errorf("ipaddr %q", got)
	}
}

func TestVPNIdentifier(t *testing.T) {
	b, err := VPNIdentifier("a1b2c3:102")
	if want := []byte{0xa1, 0xb2, 0xc3, 0, 0, 1, 2}; err != nil || !reflect.DeepEqual(b, want) {
		t.Errorf("got %x, %v", b, err)
	}
	if b, err := VPNIdentifier("A1:b2:c3:00:00:01:02"); err != nil || FormatBlob(b) != "a1:b2:c3:00:00:01:02" {
		t.Errorf("octets: got %x, %v", b, err)
	}
	for _, text := range []string{"01:02", "a1b2:1", "a1:b2:c3:00:00:01", "a1:b2:c3:00:00:01:02:03", "a1b2c3000001", "", "a1b2c3", "a1b2c3:", "a1b2c3d:1", "a1b2c3:123456789", "x:1"} {
		if _, err := VPNIdentifier(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestType(t *testing.T) {
	for _, c := range []struct {
		a    *Attr
		want string
	}{
		{DhcpPingTimeout.Attr, "rangeint-ms(10-10000)"},
		{DhcpMaxDNSPackets.Attr, "int"},
		{PolicyGracePeriod.Attr, "time"},
		{DhcpCollectAddrUtilInterval.Attr, "rangetime(5m-1d)"},
		{ScopeFailover.Attr, "enumint(use-server-settings=0,scope-enabled=1,scope-disabled=2)"},
		{ScopePolicyName.Attr, "nameref(policy)"},
		{PolicyPacketFileName.Attr, "string(128)"},
		{ScopeEmbeddedPolicy, "obj(scope-policy)"},
		{ScopeBackupPct.Attr, "percent"},
	} {
		if got := c.a.Type(); got != c.want {
			t.Errorf("%s has the type %s, want %s", c.a.label(), got, c.want)
		}
	}
}

func TestParseNumber(t *testing.T) {
	for _, c := range []struct {
		text string
		want int64
		ok   bool
	}{
		{"0", 0, true}, {"604800", 604800, true}, {"-5", -5, true}, {"0xFf", 255, true}, {"-0X10", -16, true}, {"8589934591", 1<<33 - 1, true},
		{"", 0, false}, {"-", 0, false}, {"--5", 0, false}, {"+5", 0, false}, {"0x", 0, false}, {"0x-5", 0, false}, {"8589934592", 0, false}, {"5 ", 0, false}, {"1_000", 0, false},
	} {
		if n, ok := ParseNumber(c.text); ok != c.ok || ok && n != c.want {
			t.Errorf("ParseNumber(%q) = %d, %v, want %d, %v", c.text, n, ok, c.want, c.ok)
		}
	}
}

func TestAppendOctets(t *testing.T) {
	for _, c := range []struct {
		text string
		sep  byte
		want string // - is refused
	}{
		{"01:0a:FF", ':', "kept 01:0a:ff"}, {"1:a", ':', "kept 01:0a"}, {"7-f", '-', "kept 07:0f"}, {"5", ':', "kept 05"},
		{"", ':', "-"}, {":", ':', "-"}, {"1:", ':', "-"}, {"1::2", ':', "-"}, {"001", ':', "-"}, {"1-2", ':', "-"}, {"0g", ':', "-"},
	} {
		got := "-"
		if b, ok := AppendOctets([]byte("kept "), c.text, c.sep); ok {
			got = string(b[:5]) + FormatBlob(b[5:])
		}
		if got != c.want {
			t.Errorf("AppendOctets(%q, %q) = %s, want %s", c.text, c.sep, got, c.want)
		}
	}
}
