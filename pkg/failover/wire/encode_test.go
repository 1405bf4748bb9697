package wire

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// Every example reads back as the message it was, whoever it is for.
func TestExamplesRoundTrip(t *testing.T) {
	for _, p := range []*Profile{Draft, Own, ISC} {
		seen := map[Type]bool{}
		for _, m := range examples(p) {
			f, err := p.Append([]byte("before"), m)
			if err != nil {
				t.Errorf("%s: %v", p.Name, err)
				continue
			}
			back, err := Decode(f[len("before"):])
			if err != nil || !reflect.DeepEqual(back, m) {
				t.Errorf("%s: %v\n got %v\nwant %v", p.Name, err, back, m)
			}
			if n := bytes.Count(f, []byte("before")); n != 1 {
				t.Errorf("%s: what stood before the message is lost", p.Name)
			}
			seen[m.Body.Type()] = true
		}
		if len(seen) != len(typeTable) {
			t.Errorf("%s: examples of %d types only", p.Name, len(seen))
		}
	}
}

// The worked example of the captures (02-lease, t = 3.36): the first binding
// update of a lease, written down by hand.
func TestWorkedExample(t *testing.T) {
	const now = Time(0x6b023a00)
	m := Message{Time: now, XID: 37, Body: BNDUPD{Bindings: []Binding{{
		Address: addr("10.77.0.110"), Status: StatusActive, HW: ether(1),
		Expiration: now + 60, PotentialExpiration: now + 150, StateStart: now, LastTransaction: now,
	}}}}
	want := unhex(t, "0044 03 0c 6b023a00 00000025"+
		"0002 0004 0a4d006e 0003 0001 02 0005 0007 01 02005e000001"+
		"000d 0004 6b023a3c 0012 0004 6b023a96 0019 0004 6b023a00 0006 0004 6b023a00")
	for _, p := range []*Profile{Draft, Own, ISC} {
		if got, err := p.Encode(m); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v\n got %x\nwant %x", p.Name, err, got, want)
		}
	}
}

// codes are the options of a message as it is sent.
func codes(t *testing.T, p *Profile, body Body) []Code {
	t.Helper()
	f, err := p.Encode(Message{XID: 1, Body: body})
	if err != nil {
		t.Fatal(err)
	}
	var r Raw
	if err := r.Parse(f); err != nil {
		t.Fatal(err)
	}
	var all []Code
	for _, o := range r.Options {
		all = append(all, o.Code)
	}
	return all
}

// Table 7.1-1 of the draft against what dhcpd sends and takes, for a binding
// of which everything is known.
func TestOptionsByStatus(t *testing.T) {
	full := Binding{
		Address: addr("10.0.0.1"), Flags: FlagReserved, HW: ether(1), ClientID: "id",
		Expiration: 10, PotentialExpiration: 20, StateStart: 5, LastTransaction: 4,
		DDNS: DDNS{DDNSForwardDone, "\x00"}, RequestOptions: "\x0c\x01a", ReplyOptions: "\x3a\x00",
	}
	client, lease, since := []Code{ClientIdentifier, ClientHardwareAddress}, []Code{LeaseExpirationTime, PotentialExpirationTime}, []Code{StartTimeOfState}
	head := []Code{AssignedIPAddress, BindingStatusCode}
	tail := []Code{ClientLastTransactionTime, IPFlagsCode}
	extras := []Code{DDNSCode, ClientRequestOptions, ClientReplyOptions}
	for s := StatusFree; s <= StatusBackup; s++ {
		b := full
		b.Status = s
		who, term := client, []Code(nil)
		if s == StatusAbandoned {
			who = nil
		}
		if s == StatusActive {
			term = lease
		}
		if got, want := codes(t, Draft, BNDUPD{Bindings: []Binding{b}}), slices.Concat(head, who, term, since, tail, extras); !slices.Equal(got, want) {
			t.Errorf("draft, %s:\n got %v\nwant %v", s, got, want)
		}
		if got, want := codes(t, ISC, BNDUPD{Bindings: []Binding{b}}), slices.Concat(head, who, lease, since, tail); !slices.Equal(got, want) {
			t.Errorf("dhcpd, %s:\n got %v\nwant %v", s, got, want)
		}
	}
	free := BNDUPD{Bindings: []Binding{{Address: addr("10.0.0.1"), Status: StatusFree}}}
	if got := codes(t, Draft, free); !slices.Equal(got, head) {
		t.Errorf("draft, never used: %v", got)
	}
	if got, want := codes(t, ISC, free), slices.Concat(head, lease, since); !slices.Equal(got, want) {
		t.Errorf("dhcpd, never used: %v", got)
	}
}

// What would end the connection, or must not be sent at all, is not written.
func TestRefusedToSend(t *testing.T) {
	b := Binding{Address: addr("10.0.0.1"), Status: StatusFree}
	v6, long, vendor := b, b, b
	v6.Address = addr("2001:db8::1")
	long.ClientID = strings.Repeat("x", 2048)
	vendor.Vendor = VendorOptions("").With(1, "x")
	update := func(b ...Binding) Body { return BNDUPD{Bindings: b} }
	connect := examples(Draft)[9].Body.(CONNECT)
	change := func(f func(c *CONNECT)) Body {
		c := connect
		f(&c)
		return c
	}
	accept := examples(Draft)[10].Body.(CONNECTACK)
	accept.TLS = TLSRequired
	for _, c := range []struct {
		name string
		p    *Profile
		m    Message
		want string
	}{
		{"nothing", Own, Message{}, "no body"},
		{"batch to dhcpd", ISC, Message{XID: 1, Body: update(b, b)}, "2 binding updates in one message"},
		{"batch to a stranger", Draft, Message{XID: 1, Body: update(b, b)}, "2 binding updates in one message"},
		{"update with xid 0", ISC, Message{Body: update(b)}, "xid 0"},
		{"update of nothing", Own, Message{XID: 1, Body: update()}, "updates no address"},
		{"IPv6", Own, Message{XID: 1, Body: update(v6)}, "2001:db8::1 is no IPv4 address"},
		{"no address", Own, Message{XID: 1, Body: update(Binding{Status: StatusFree})}, "is no IPv4 address"},
		{"ACTIVE for nobody", Own, Message{XID: 1, Body: update(Binding{Address: b.Address, Status: StatusActive})}, "client-hardware-address is missing"},
		{"too long", Own, Message{XID: 1, Body: update(long)}, "longer than 2048"},
		{"vendor options of nobody", Own, Message{XID: 1, Body: update(vendor)}, "need a vendor-class-identifier"},
		{"answer to nothing", Own, Message{Body: BNDACK{}}, "answers no address"},
		{"digest to dhcpd", ISC, Message{Digest: "\x01", Body: CONTACT{}}, "message-digest"},
		{"TLS with dhcpd", ISC, Message{Body: change(func(c *CONNECT) { c.TLS = TLSWanted })}, "TLS"},
		{"TLS 3", Draft, Message{Body: change(func(c *CONNECT) { c.TLS = 3 })}, "TLS value 3"},
		{"TLS 2 in a reply", Draft, Message{Body: accept}, "TLS value 2"},
		{"no MCLT", Draft, Message{Body: change(func(c *CONNECT) { c.MCLT = 0 })}, "MCLT is missing"},
		{"no name", Draft, Message{Body: change(func(c *CONNECT) { c.Relationship = "" })}, "relationship-name is missing"},
		{"NUL in the name", Draft, Message{Body: change(func(c *CONNECT) { c.Relationship = "fo\x00" })}, "relationship-name"},
		{"no terms", Draft, Message{Body: CONNECTACK{Relationship: "fo", Version: 1}}, "max-unacked-bndupd is missing"},
		{"STARTUP", Draft, Message{Body: STATE{State: StateStartup}}, "STARTUP is never sent"},
		{"state 12", ISC, Message{Body: STATE{State: 12}}, "12 is never sent"},
		{"no reason", Draft, Message{Body: DISCONNECT{}}, "reject-reason is missing"},
		{"unknown type", Draft, Message{Body: Ignored{200}}, "no meaning"},
	} {
		f, err := c.p.Append([]byte("x"), c.m)
		if err == nil || !strings.Contains(err.Error(), c.want) || string(f) != "x" {
			t.Errorf("%s: %v, %q; want %q", c.name, err, f, c.want)
		}
	}
	if _, err := Own.Encode(Message{XID: 1, Body: update(long)}); !errors.Is(err, ErrTooLong) {
		t.Errorf("too long: %v", err)
	}
}

// The fullest batch that fits is sent, and one more is not; every one of its
// addresses can be refused with a text, which is shortened until it fits.
func TestBatch(t *testing.T) {
	var many []Binding
	for i := range 200 {
		many = append(many, Binding{Address: addr("10.0.0." + itoa(i)), Status: StatusFree})
	}
	n := fit(Own, "leasehold-1", many)
	if n != 155 { // (2048 - 12 - 15) / 13
		t.Errorf("%d bindings fit", n)
	}
	f, err := Own.Encode(Message{XID: 1, Body: BNDUPD{"leasehold-1", many[:n]}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Own.Encode(Message{XID: 1, Body: BNDUPD{"leasehold-1", many[:n+1]}}); !errors.Is(err, ErrTooLong) {
		t.Errorf("one more: %v", err)
	}
	m, err := Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, refused := range []int{1, 3, 20, n} {
		var ack BNDACK
		for i, b := range m.Body.(BNDUPD).Bindings {
			a := Answer{Address: b.Address}
			if i < refused {
				a.Reason, a.Text = ReasonIllegalAddress, strings.Repeat("ü", 200)
			}
			ack.Answers = append(ack.Answers, a)
		}
		f, err := Draft.Encode(Message{XID: 1, Body: ack})
		if err != nil {
			t.Errorf("%d refused: %v", refused, err)
			continue
		}
		back, err := Decode(f)
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range back.Body.(BNDACK).Answers {
			if a.Address != ack.Answers[i].Address || a.Reason != ack.Answers[i].Reason || !strings.HasPrefix(ack.Answers[i].Text, a.Text) ||
				len(a.Text)%2 != 0 || len(a.Text) > MaxText {
				t.Errorf("%d refused: answer %d is %+v", refused, i, a)
			}
		}
		if first := back.Body.(BNDACK).Answers[0].Text; refused == 20 && len(first) != 30 { // (2036 - 155*8 - 20*9) / 20
			t.Errorf("one text has %d octets", len(first))
		}
	}
}

func TestTextIsCut(t *testing.T) {
	long := strings.Repeat("€", 100) // 300 octets
	f, err := ISC.Encode(Message{Body: DISCONNECT{ReasonUnknown, long}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := Decode(f)
	if got := m.Body.(DISCONNECT).Text; err != nil || got != strings.Repeat("€", 85) {
		t.Errorf("%v, %d octets", err, len(got))
	}
}

func TestProfileOf(t *testing.T) {
	for vendor, want := range map[string]*Profile{
		"isc-4.4.3-P1": ISC, "isc-": ISC, "isc": Draft, "ISC-4": Draft, "leasehold-1.2": Own, "": Draft, "cisco": Draft,
	} {
		if got := ProfileOf(vendor); got != want {
			t.Errorf("%q: %s", vendor, got.Name)
		}
	}
}
