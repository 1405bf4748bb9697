package wire

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

// What is malformed names the message and the option, and ends the connection.
func TestMalformed(t *testing.T) {
	const ip = "0002 0004 0a4d006e"
	for _, c := range []struct {
		name  string
		frame []byte
		want  string
	}{
		{"cut off", unhex(t, "000c0b0c6b02"), "failover message: length 6 is not within 12 to 2048"},
		{"says another length", unhex(t, "000e0b0c 6b0239f2 00000001"), "CONTACT: has 12 octets and says 14"},
		{"the draft's payload offset", unhex(t, "000c0b08 6b0239f2 00000001"), "CONTACT: payload offset 8 is not within 12 to 12"},
		{"payload offset past the end", unhex(t, "000c0b10 6b0239f2 00000001"), "CONTACT: payload offset 16 is not within 12 to 12"},
		{"type 0", frame(t, 0, ""), "failover message: is not known"},
		{"unknown type", frame(t, 13, ""), "type-13: is not known"},
		{"last type that must be known", frame(t, 127, ""), "type-127: is not known"},
		{"half an option header", frame(t, TypeBNDUPD, ip+"0003 00"), "BNDUPD: ends with 3 octets of an option header"},
		{"option past the end", frame(t, TypeBNDUPD, ip+"0003 0002 01"), "BNDUPD: binding-status has length 2 where 1 octets are left"},
		{"unknown option past the end", frame(t, TypeSTATE, "0309 ffff"), "STATE: option-777 has length 65535 where 0 octets are left"},
		{"short number", frame(t, TypeCONNECT, "000f 0002 000a"), "CONNECT: MCLT has length 2, not 4"},
		{"IP-flags as in the draft's figure", frame(t, TypeBNDUPD, ip+"000c 0001 01"), "BNDUPD: IP-flags has length 1, not 2"},
		{"too few buckets", frame(t, TypeCONNECT, "000b 0001 ff"), "CONNECT: hash-bucket-assignment has length 1, not 32"},
		{"hardware address of no octet", frame(t, TypeBNDUPD, ip+"0005 0000"), "BNDUPD: client-hardware-address has length 0, not 1 to 17"},
		{"client options without magic", frame(t, TypeBNDUPD, ip+"0008 0002 6382"), "BNDUPD: client-request-options has length 2, not at least 4"},
		{"option twice", frame(t, TypeSTATE, "0018 0001 02 0018 0001 02"), "STATE: server-state stands twice"},
		{"address twice where there is no batch", frame(t, TypeSTATE, ip+ip), "STATE: assigned-IP-address stands twice"},
		{"status twice for one address", frame(t, TypeBNDUPD, ip+"0003 0001 01"+ip+"0003 0001 01 0003 0001 02"), "BNDUPD: binding-status stands twice"},
		{"digest twice in a batch", frame(t, TypeBNDUPD, "0011 0001 01"+ip+ip+"0011 0001 01"), "BNDUPD: message-digest stands twice"},
		{"no address", frame(t, TypeBNDUPD, "0003 0001 01"), "BNDUPD: assigned-IP-address is missing"},
		{"no address answered", frame(t, TypeBNDACK, ""), "BNDACK: assigned-IP-address is missing"},
		{"no state", frame(t, TypeSTATE, "0017 0001 00 0019 0004 00000000"), "STATE: server-state is missing"},
		{"no flags", frame(t, TypeSTATE, "0018 0001 02 0019 0004 00000000"), "STATE: server-flags is missing"},
		{"no time", frame(t, TypeSTATE, "0018 0001 02 0017 0001 00"), "STATE: start-time-of-state is missing"},
		{"no count", frame(t, TypePOOLRESP, ""), "POOLRESP: addresses-transferred is missing"},
	} {
		_, err := Decode(c.frame)
		var e *Error
		if !errors.As(err, &e) || e.Severity != Close || e.Reason != ReasonUnknown || err.Error() != c.want {
			t.Errorf("%s:\n got %v (%+v)\nwant %s", c.name, err, e, c.want)
		}
		if dump := Dump(c.frame); strings.Contains(dump, "\n") {
			t.Errorf("%s: dump %q", c.name, dump)
		}
	}
}

// What the draft has us ignore is ignored.
func TestIgnored(t *testing.T) {
	for _, c := range []struct {
		name  string
		frame []byte
		want  Body
	}{
		{"additional header octets", unhex(t, "00100b10 65000000 00000007 ffffffff"), CONTACT{}},
		{"unknown options, twice", frame(t, TypeUPDREQ, "0064 0002 abcd 0064 0000 ffff 0000"), UPDREQ{}},
		{"options of another message", frame(t, TypeUPDDONE, "0018 0001 02"), UPDDONE{}},
		{"a type that may be unknown, with no form", frame(t, 200, "ffff ff"), Ignored{200}},
		{"the first type that may be unknown", frame(t, 128, ""), Ignored{128}},
		{"more in a BNDACK", frame(t, TypeBNDACK, "0004 0001 aa 0002 0004 0a4d006e 0004 0002 0101 0003 0001 02"), BNDACK{[]Answer{{Address: addr("10.77.0.110")}}}},
		{"before the first address", frame(t, TypeBNDUPD, "0003 0001 02 0002 0004 0a4d006e"), BNDUPD{Bindings: []Binding{{Address: addr("10.77.0.110")}}}},
		{"vendor options of nobody", frame(t, TypeBNDUPD, "0002 0004 0a4d006e 001d 0005 0001 0001 ff"), BNDUPD{Bindings: []Binding{{Address: addr("10.77.0.110")}}}},
		{"client options with another magic", frame(t, TypeBNDUPD, "0002 0004 0a4d006e 0008 0006 01020304 0c00"), BNDUPD{Bindings: []Binding{{Address: addr("10.77.0.110")}}}},
		{"unknown flags", frame(t, TypeSTATE, "0018 0001 02 0017 0001 81 0019 0004 00000005"), STATE{StateNormal, 0x80 | FlagStartup, 5}},
		{"no reason to disconnect", frame(t, TypeDISCONNECT, ""), DISCONNECT{Reason: ReasonUnknown}},
		{"the reserved reason refuses", frame(t, TypeBNDACK, "0002 0004 0a4d006e 0015 0001 00"), BNDACK{[]Answer{{Address: addr("10.77.0.110"), Reason: ReasonUnknown}}}},
		{"terms that come with a refusal", frame(t, TypeCONNECTACK, "0016 0002 666f 000e 0004 0000000a 0014 0001 01 0015 0001 08"),
			CONNECTACK{Relationship: "fo", Version: 1, TLS: TLSAbsent, Reason: ReasonInvalidPartner}},
	} {
		m, err := Decode(c.frame)
		if err != nil || !reflect.DeepEqual(m.Body, c.want) || m.XID != 7 || m.Time != 0x65000000 {
			t.Errorf("%s:\n got %+v, %v\nwant %+v", c.name, m, err, c.want)
		}
	}
}

// A CONNECT that lacks something is refused with the reason that the draft has
// for the first that it looks at, and can be answered.
func TestIncompleteConnect(t *testing.T) {
	const (
		name    = "0016 0002 666f"
		unacked = "000e 0004 0000000a"
		timer   = "0013 0004 0000001e"
		vendor  = "001c 0003 782d31"
		version = "0014 0001 01"
		mclt    = "000f 0004 0000003c"
	)
	hba := "000b 0020" + strings.Repeat("ff", 32)
	all := []string{name, unacked, timer, vendor, version, mclt, hba}
	for _, c := range []struct {
		without []string
		reason  Reason
		want    string
	}{
		{nil, 0, ""},
		{[]string{version, name}, ReasonVersion, "CONNECT: protocol-version is missing"},
		{[]string{name, mclt}, ReasonInvalidPartner, "CONNECT: relationship-name is missing"},
		{[]string{mclt, hba}, ReasonInvalidMCLT, "CONNECT: MCLT is missing"},
		{[]string{hba}, ReasonBuckets, "CONNECT: hash-bucket-assignment is missing"},
		{[]string{unacked}, ReasonConnection, "CONNECT: max-unacked-bndupd is missing"},
		{[]string{timer}, ReasonConnection, "CONNECT: receive-timer is missing"},
		{[]string{vendor}, ReasonConnection, "CONNECT: vendor-class-identifier is missing"},
	} {
		options := strings.Join(all, "")
		for _, o := range c.without {
			options = strings.Replace(options, o, "", 1)
		}
		m, err := Decode(frame(t, TypeCONNECT, options))
		if c.reason == 0 {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		var e *Error
		if !errors.As(err, &e) || e.Severity != Refuse || e.Reason != c.reason || err.Error() != c.want {
			t.Errorf("without %q: %v, want reason %d: %s", c.without, err, c.reason, c.want)
		}
		if _, ok := m.Body.(CONNECT); !ok || m.XID != 7 {
			t.Errorf("without %q: no CONNECT to answer: %+v", c.without, m)
		}
	}
	if _, err := Decode(frame(t, TypeCONNECTACK, name+version)); err == nil {
		t.Error("a CONNECTACK without terms accepts")
	}
}

// A binding update that lacks something is rejected alone; the rest of the
// batch is good.
func TestBindingCheck(t *testing.T) {
	good := Binding{Address: addr("10.0.0.1"), Status: StatusActive, HW: ether(1), Expiration: 5}
	for _, c := range []struct {
		name   string
		change func(b *Binding)
		reason Reason
		want   string
	}{
		{"whole", func(*Binding) {}, 0, ""},
		{"no potential expiration and no transaction, as dhcpd sends what it learned", func(b *Binding) { b.PotentialExpiration, b.LastTransaction = 0, 0 }, 0, ""},
		{"no status", func(b *Binding) { b.Status = 0 }, ReasonMissingInformation, "BNDUPD for 10.0.0.1: binding-status is missing"},
		{"status 8", func(b *Binding) { b.Status = 8 }, ReasonUnknown, "BNDUPD for 10.0.0.1: binding-status 8 is not known"},
		{"no client", func(b *Binding) { b.HW = HW{} }, ReasonMissingInformation, "BNDUPD for 10.0.0.1: client-hardware-address is missing with ACTIVE"},
		{"no client that was", func(b *Binding) { b.Status, b.HW = StatusExpired, HW{} }, ReasonMissingInformation, "BNDUPD for 10.0.0.1: client-hardware-address is missing with EXPIRED"},
		{"hardware type 0", func(b *Binding) { b.Status, b.HW.Type = StatusReleased, 0 }, ReasonMissingInformation, "BNDUPD for 10.0.0.1: client-hardware-address is missing with RELEASED"},
		{"nobody's", func(b *Binding) { b.Status, b.HW = StatusBackup, HW{} }, 0, ""},
		{"no end", func(b *Binding) { b.Expiration = 0 }, ReasonMissingInformation, "BNDUPD for 10.0.0.1: lease-expiration-time is missing with ACTIVE"},
		{"end of what has none", func(b *Binding) { b.Status = StatusFree }, 0, ""},
	} {
		b := good
		c.change(&b)
		e := b.Check()
		if c.reason == 0 {
			if e != nil {
				t.Errorf("%s: %v", c.name, e)
			}
			continue
		}
		if e == nil || e.Severity != Reject || e.Reason != c.reason || e.Address != b.Address || e.Error() != c.want {
			t.Errorf("%s: %+v, want %s", c.name, e, c.want)
		}
	}
	m, err := Decode(frame(t, TypeBNDUPD, "0002 0004 0a000001 0003 0001 02 0002 0004 0a000002 0003 0001 01"))
	if err != nil {
		t.Fatal(err)
	}
	batch := m.Body.(BNDUPD).Bindings
	if len(batch) != 2 || batch[0].Check() == nil || batch[1].Check() != nil || batch[1].Address != netip.MustParseAddr("10.0.0.2") {
		t.Errorf("batch %+v", batch)
	}
}

func TestSplitterErrors(t *testing.T) {
	ok := frame(t, TypeCONTACT, "")
	stop := errors.New("stop")
	for _, c := range []struct {
		name string
		in   []byte
		n    int
		want string
	}{
		{"too short", append(append([]byte{}, ok...), 0, 11, 0, 0), 1, "failover message: length 11 is not within 12 to 2048"},
		{"too long", append(append([]byte{}, ok...), 8, 1, 0, 0), 1, "failover message: length 2049 is not within 12 to 2048"},
		{"not this protocol", []byte("GET / HTTP/1.1\r\n"), 0, "failover message: length 18245 is not within 12 to 2048"},
	} {
		for size := 1; size <= len(c.in); size++ {
			var (
				s   Splitter
				n   int
				err error
			)
			for rest := c.in; len(rest) > 0 && err == nil; {
				piece := rest[:min(size, len(rest))]
				rest = rest[len(piece):]
				err = s.Feed(piece, func([]byte) error { n++; return nil })
			}
			if err == nil || err.Error() != c.want || n != c.n {
				t.Errorf("%s in pieces of %d: %d messages, %v", c.name, size, n, err)
			}
			if again := s.Feed(ok, func([]byte) error { n++; return nil }); again != err || n != c.n {
				t.Errorf("%s: after the error: %d messages, %v", c.name, n, again)
			}
		}
	}
	var s Splitter
	if err := s.Feed(append(append([]byte{}, ok...), ok...), func([]byte) error { return stop }); err != stop {
		t.Errorf("the callee's error: %v", err)
	}
}
