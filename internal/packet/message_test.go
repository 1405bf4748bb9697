package packet

import (
	"bytes"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestDecodeRelayedRequest(t *testing.T) {
	m := mustParse(t, sample(t, "request-selecting"))
	if m.Type != Request || !m.Cookie || !m.Relayed() || m.Broadcast() || m.Hops != 1 {
		t.Errorf("type %v, cookie %v, relayed %v, broadcast %v, hops %d", m.Type, m.Cookie, m.Relayed(), m.Broadcast(), m.Hops)
	}
	if got, want := m.GIAddr, netip.MustParseAddr("10.1.0.1"); got != want {
		t.Errorf("giaddr %v, want %v", got, want)
	}
	if m.CIAddr != Unspecified {
		t.Errorf("ciaddr %v, want 0.0.0.0", m.CIAddr)
	}
	if got, ok := m.RequestedAddr(); !ok || got != netip.MustParseAddr("10.1.0.9") {
		t.Errorf("requested address %v %v", got, ok)
	}
	if got, ok := m.ServerID(); !ok || got != netip.MustParseAddr("10.0.0.1") {
		t.Errorf("server id %v %v", got, ok)
	}
	if got := m.ClientID(); !bytes.Equal(got, []byte{1, 2, 0xaa, 0xbb, 0xcc, 0, 1}) {
		t.Errorf("client id % x", got)
	}
	if got := m.Requested(); !bytes.Equal(got, []byte{1, 3, 6, 15, 51, 54}) {
		t.Errorf("requested list %v", got)
	}
	if got, _ := m.RelaySub(RelayCircuitID); string(got) != "eth0/1/7" {
		t.Errorf("circuit id %q", got)
	}
	if got, _ := m.RelaySub(RelayRemoteID); string(got) != "switch-3" {
		t.Errorf("remote id %q", got)
	}
	if _, ok := m.RelaySub(RelayLinkSelection); ok {
		t.Error("link selection found where there is none")
	}
	var codes []uint8
	for _, o := range m.Options() {
		codes = append(codes, o.Code)
	}
	if want := []uint8{53, 54, 50, 61, 12, 55, 82}; !slices.Equal(codes, want) {
		t.Errorf("option order %v, want %v", codes, want)
	}
}

func TestDecodeRenewing(t *testing.T) {
	m := mustParse(t, sample(t, "request-renewing"))
	if got, ok := m.LeaseTime(); !ok || got != 3600 {
		t.Errorf("lease time %d %v", got, ok)
	}
	if got := m.ReplyLimit(); got != 1500-28 {
		t.Errorf("reply limit %d, want 1472", got)
	}
	if got := string(m.VendorClassID()); got != "acme-phone 2" {
		t.Errorf("vendor class %q", got)
	}
	if _, ok := m.ServerID(); ok {
		t.Error("server id found where there is none")
	}
}

func TestDecodeSelections(t *testing.T) {
	m := mustParse(t, sample(t, "vendor-classes"))
	if got, ok := m.SubnetSelectionAddr(); !ok || got != netip.MustParseAddr("10.9.0.0") {
		t.Errorf("subnet selection %v %v", got, ok)
	}
	if got, ok := m.FQDN(); !ok || got.Name != "alpha.example" || !got.Full {
		t.Errorf("FQDN %+v %v", got, ok)
	}
	m = mustParse(t, discover(53, 1, 1, 82, 14, 5, 4, 10, 8, 0, 0, 11, 4, 10, 8, 0, 1, 2, 9))
	if got, ok := m.RelaySubAddr(RelayLinkSelection); !ok || got != netip.MustParseAddr("10.8.0.0") {
		t.Errorf("link selection %v %v", got, ok)
	}
	if got, ok := m.RelaySubAddr(RelayServerIDOverride); !ok || got != netip.MustParseAddr("10.8.0.1") {
		t.Errorf("server identifier override %v %v", got, ok)
	}
	if _, ok := m.RelaySub(RelayRemoteID); ok {
		t.Error("a sub-option that runs past its end was read")
	}
	if got := TypeName(99); got != "DHCP message type 99" {
		t.Errorf("name of an unknown type: %q", got)
	}
}

// Real clients: what they say must come out, whatever else they put in.
func TestDecodeRealClients(t *testing.T) {
	for _, name := range []string{"udhcpc-discover", "udhcpc-fqdn-discover", "dhclient-discover", "dhcpcd-discover"} {
		m := mustParse(t, sample(t, name))
		if m.Type != Discover || len(m.HW()) != 6 || len(m.Requested()) == 0 || m.ReplyLimit() < 548 {
			t.Errorf("%s: type %v, hardware address % x, requested %v, limit %d",
				name, m.Type, m.HW(), m.Requested(), m.ReplyLimit())
		}
	}
	m := mustParse(t, sample(t, "udhcpc-fqdn-discover"))
	if got, ok := m.FQDN(); !ok || got.Name != "host.example.com" || !got.Full || !m.Broadcast() {
		t.Errorf("FQDN %+v %v, broadcast %v", got, ok, m.Broadcast())
	}
}

func TestDecodeOverloadAndPieces(t *testing.T) {
	m := mustParse(t, sample(t, "overloaded"))
	if got := string(m.VendorClassID()); got != "one two three" {
		t.Errorf("vendor class %q, want the pieces of all three fields in order", got)
	}
	if got, ok := m.RequestedAddr(); !ok || got != netip.MustParseAddr("10.1.0.9") {
		t.Errorf("requested address from file: %v %v", got, ok)
	}
	if got := string(m.Get(HostName)); got != "alpha" {
		t.Errorf("host name from sname: %q", got)
	}
	if len(m.File) != 0 || len(m.SName) != 0 {
		t.Errorf("overloaded fields shown as text: file %q, sname %q", m.File, m.SName)
	}
}

// Pieces of several options that take turns come out whole, and a Message that
// is used again keeps nothing of the one before.
func TestInterleavedPieces(t *testing.T) {
	b := discover(53, 1, 1)
	var a, c []byte
	for i := range byte(100) {
		b = append(b, 60, 2, i, i, 43, 1, i)
		a, c = append(a, i, i), append(c, i)
	}
	b = append(b, 255)
	var m Message
	for range 2 {
		if err := m.Decode(b); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(m.Get(60), a) || !bytes.Equal(m.Get(43), c) {
			t.Fatalf("joined % x and % x", m.Get(60), m.Get(43))
		}
		if err := m.Decode(discover(53, 1, 1)); err != nil {
			t.Fatal(err)
		}
		if m.Has(60) || m.Has(43) || len(m.Options()) != 1 {
			t.Fatalf("left over from the message before: %v", m.Options())
		}
	}
}

func TestDecodeBOOTP(t *testing.T) {
	m := mustParse(t, sample(t, "bootp-plain"))
	if m.Type != BOOTP || m.Cookie || string(m.File) != "boot.img" || len(m.Vendor) != 64 {
		t.Errorf("plain: type %v, cookie %v, file %q, vendor area of %d", m.Type, m.Cookie, m.File, len(m.Vendor))
	}
	m = mustParse(t, sample(t, "bootp-cookie"))
	if m.Type != BOOTP || !m.Cookie || string(m.Get(HostName)) != "station" || m.ReplyLimit() != 300 {
		t.Errorf("with cookie: type %v, cookie %v, host name %q, limit %d", m.Type, m.Cookie, m.Get(HostName), m.ReplyLimit())
	}
	short := sample(t, "bootp-plain")[:headerLen]
	if m = mustParse(t, short); m.Type != BOOTP || m.ReplyLimit() != 300 {
		t.Errorf("without vendor area: type %v, limit %d", m.Type, m.ReplyLimit())
	}
}

func TestDecodeMalformed(t *testing.T) {
	change := func(at int, v ...byte) []byte {
		b := discover(53, 1, 1, 255)
		copy(b[at:], v)
		return b
	}
	for _, c := range []struct {
		name  string
		in    []byte
		fault Fault
		code  uint8
	}{
		{"empty", nil, TooShort, 0},
		{"one octet short", discover()[:headerLen-1], TooShort, 0},
		{"op 0", change(0, 0), BadOp, 0},
		{"op 3", change(0, 3), BadOp, 0},
		{"hlen 17", change(2, 17), BadHardwareLength, 0},
		{"hlen 255", change(2, 255), BadHardwareLength, 0},
		{"broadcast giaddr", change(24, 255, 255, 255, 255), BadAddress, 0},
		{"multicast ciaddr", change(12, 224, 0, 0, 1), BadAddress, 0},
		{"option without length", discover(53, 1, 1, 60), TruncatedOption, 60},
		{"option past the end", discover(53, 1, 1, 60, 5, 'a'), TruncatedOption, 60},
		{"overload 0", discover(53, 1, 1, 52, 1, 0), BadOverload, 52},
		{"overload 4", discover(53, 1, 1, 52, 1, 4), BadOverload, 52},
		{"overload of two octets", discover(53, 1, 1, 52, 2, 1, 1), BadOverload, 52},
		{"damaged option in file", func() []byte {
			b := discover(53, 1, 1, 52, 1, 1)
			copy(b[fileOff+fileLen-2:], []byte{60, 9})
			return b
		}(), TruncatedOption, 60},
		{"server id of three octets", discover(53, 1, 3, 54, 3, 1, 2, 3), BadOptionLength, 54},
		{"requested address twice", discover(53, 1, 3, 50, 4, 1, 2, 3, 4, 50, 4, 1, 2, 3, 4), BadOptionLength, 50},
		{"type of no octets", discover(53, 0), BadOptionLength, 53},
		{"type 0", discover(53, 1, 0), BadType, 53},
	} {
		_, err := Parse(c.in)
		var m *Malformed
		if !errors.As(err, &m) || m.Fault != c.fault || m.Code != c.code {
			t.Errorf("%s: got %v, want fault %q of option %d", c.name, err, c.fault, c.code)
		}
		if d := Dump(c.in); d == "" || !strings.Contains(d, "malformed") {
			t.Errorf("%s: dump does not say what is wrong: %q", c.name, d)
		}
	}
}

func TestDecodeTolerates(t *testing.T) {
	for name, b := range map[string][]byte{
		"no end option":     discover(53, 1, 1),
		"rubbish after end": discover(53, 1, 1, 255, 60, 200),
		"pads between":      discover(0, 0, 53, 1, 1, 0, 0, 0, 255),
		"empty option":      discover(53, 1, 1, 80, 0),
		"no hardware address, as on InfiniBand": func() []byte {
			b := discover(53, 1, 1)
			b[1], b[2] = 32, 0
			return b
		}(),
		"overload of an option list in file only": func() []byte {
			b := discover(53, 1, 1, 52, 1, 1)
			copy(b[snameOff:], []byte{60, 200})
			return b
		}(),
	} {
		m, err := Parse(b)
		if err != nil || m.Type != Discover {
			t.Errorf("%s: %v", name, err)
		}
	}
	m := mustParse(t, discover(53, 1, 1, 80, 0))
	if v, ok := m.Lookup(RapidCommit); !ok || len(v) != 0 || !m.Has(RapidCommit) {
		t.Errorf("empty option: %v %v", v, ok)
	}
}

func TestReplyLimit(t *testing.T) {
	for _, c := range []struct {
		said uint16
		want int
	}{{0, 548}, {100, 548}, {576, 548}, {577, 549}, {1500, 1472}, {9000, 1472}, {65535, 1472}} {
		m := mustParse(t, discover(53, 1, 1, 57, 2, byte(c.said>>8), byte(c.said)))
		if got := m.ReplyLimit(); got != c.want {
			t.Errorf("maximum message size %d: limit %d, want %d", c.said, got, c.want)
		}
	}
	if got := mustParse(t, discover(53, 1, 1)).ReplyLimit(); got != 548 {
		t.Errorf("none said: limit %d, want 548", got)
	}
	if got := mustParse(t, append(discover(255), make([]byte, 200)...)).ReplyLimit(); got != 441 {
		t.Errorf("BOOTP of 441 octets: limit %d", got)
	}
}

func TestFQDN(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []byte
		want FQDN
		ok   bool
	}{
		{"text", append([]byte{1, 0, 0}, "alpha.example.com"...), FQDN{1, "alpha.example.com", true}, true},
		{"text, host only", append([]byte{0, 0, 0}, "alpha"...), FQDN{0, "alpha", false}, true},
		{"text with a zero at its end", append([]byte{0, 0, 0}, "alpha\x00"...), FQDN{0, "alpha", false}, true},
		{"wire", append([]byte{5, 0, 0}, "\x05alpha\x07example\x00"...), FQDN{5, "alpha.example", true}, true},
		{"wire, host only", append([]byte{4, 0, 0}, "\x05alpha"...), FQDN{4, "alpha", false}, true},
		{"empty name", []byte{4, 0, 0}, FQDN{4, "", false}, true},
		{"short", []byte{1, 0}, FQDN{}, false},
		{"label past the end", append([]byte{4, 0, 0}, "\x09alpha"...), FQDN{}, false},
		{"compressed label", []byte{4, 0, 0, 0xc0, 0}, FQDN{}, false},
		{"control character", append([]byte{0, 0, 0}, "al\npha"...), FQDN{}, false},
		{"octets after the root", append([]byte{4, 0, 0}, "\x01a\x00\x01b"...), FQDN{}, false},
	} {
		b := append(discover(53, 1, 1, ClientFQDN, byte(len(c.in))), c.in...)
		got, ok := mustParse(t, b).FQDN()
		if ok != c.ok || got != c.want {
			t.Errorf("%s: got %+v %v, want %+v %v", c.name, got, ok, c.want, c.ok)
		}
	}
	// What is returned reads as what was sent.
	for _, f := range []FQDN{{3, "alpha.example.com", true}, {7, "alpha.example.com", true}, {7, "alpha", false}} {
		v := AppendFQDN(nil, f, 255)
		b := append(discover(53, 1, 1, ClientFQDN, byte(len(v))), v...)
		if got, ok := mustParse(t, b).FQDN(); !ok || got != f {
			t.Errorf("%+v came back as %+v %v", f, got, ok)
		}
	}
}

func TestDump(t *testing.T) {
	got := Dump(sample(t, "request-selecting"))
	for _, want := range []string{
		"DHCPREQUEST (", "xid = 0x11223344", "giaddr = 10.1.0.1", "chaddr = 02:aa:bb:cc:00:01",
		"(50) Requested IP Address: 10.1.0.9", "(82) Relay Agent Information", "eth0/1/7",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("dump lacks %q:\n%s", want, got)
		}
	}
	if strings.Index(got, "(54)") > strings.Index(got, "(50)") {
		t.Errorf("options are not in wire order:\n%s", got)
	}
	if d := Dump(discover(53, 1, 10, 12, 3, 'a', '\n', 'b', 43, 2, 1, 255)); strings.Contains(d, "a\nb") ||
		!strings.Contains(d, "DHCPLEASEQUERY") || !strings.Contains(d, "01:ff") {
		t.Errorf("dump of odd values:\n%s", d)
	}
	if d := Dump(sample(t, "overloaded")); !strings.Contains(d, "one two three") {
		t.Errorf("dump does not show overloaded options:\n%s", d)
	}
}
