package packet

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"
)

func codesOf(opts []Opt) []uint8 {
	codes := []uint8{}
	for _, o := range opts {
		codes = append(codes, o.Code)
	}
	return codes
}

// wire are the codes of an options field in order, pads left out.
func wire(field []byte) (codes []uint8) {
	for len(field) > 0 {
		if field[0] == optPad {
			field = field[1:]
			continue
		}
		codes = append(codes, field[0])
		if field[0] == optEnd {
			return codes
		}
		field = field[2+int(field[1]):]
	}
	return codes
}

func TestReplyHeader(t *testing.T) {
	req := mustParse(t, sample(t, "request-selecting"))
	req.Flags = FlagBroadcast
	req.CIAddr = netip.MustParseAddr("10.1.0.8")
	for _, c := range []struct {
		typ    MessageType
		ciaddr netip.Addr
	}{
		{Offer, Unspecified}, {Ack, req.CIAddr}, {Nak, Unspecified}, {BOOTP, req.CIAddr},
	} {
		var r Reply
		r.Answer(req, c.typ)
		r.YIAddr = netip.MustParseAddr("10.1.0.9")
		r.SIAddr = netip.MustParseAddr("10.0.0.5")
		r.SName, r.File = "boot-server", "boot.img"
		out, dropped := r.Append(nil, 548)
		got := mustParse(t, out)
		if got.Op != BootReply || got.XID != req.XID || got.Flags != FlagBroadcast || got.GIAddr != req.GIAddr ||
			!bytes.Equal(got.HW(), req.HW()) || got.HType != 1 || got.Hops != 0 || got.Secs != 0 || got.Type != c.typ {
			t.Errorf("%v: header %+v type %v", c.typ, got.Header, got.Type)
		}
		if got.CIAddr != c.ciaddr || got.YIAddr != r.YIAddr || got.SIAddr != r.SIAddr {
			t.Errorf("%v: ciaddr %v, yiaddr %v, siaddr %v", c.typ, got.CIAddr, got.YIAddr, got.SIAddr)
		}
		if string(got.SName) != "boot-server" || string(got.File) != "boot.img" || len(dropped) != 0 {
			t.Errorf("%v: sname %q, file %q, dropped %v", c.typ, got.SName, got.File, dropped)
		}
	}
}

// The order of the options is the engine's; but the message type is first, the
// mask stands before the routers, and relay-agent-info is last before the end.
func TestReplyOrder(t *testing.T) {
	req := mustParse(t, sample(t, "request-selecting"))
	var r Reply
	r.Answer(req, Ack)
	r.AddAddr(ServerIdentifier, netip.MustParseAddr("10.0.0.1"))
	r.AddUint32(LeaseTime, 3600)
	r.AddString(DomainName, "example.com")
	r.AddAddr(Routers, netip.MustParseAddr("10.1.0.1"))
	r.AddString(HostName, "alpha")
	r.AddAddr(SubnetMask, netip.MustParseAddr("255.255.0.0"))
	out, dropped := r.Append(nil, 548)
	if want := []uint8{53, 54, 51, 15, 1, 3, 12, 82, 255}; !slices.Equal(wire(out[240:]), want) {
		t.Errorf("options on the wire %v, want %v", wire(out[240:]), want)
	}
	if len(out) != 310 || len(dropped) != 0 {
		t.Errorf("length %d, dropped %v", len(out), dropped)
	}
	got := mustParse(t, out)
	if !bytes.Equal(got.RelayInfo(), req.RelayInfo()) {
		t.Errorf("relay information % x, want % x", got.RelayInfo(), req.RelayInfo())
	}
	if !bytes.Equal(got.Get(LeaseTime), []byte{0, 0, 0x0e, 0x10}) || string(got.Get(DomainName)) != "example.com" {
		t.Errorf("values: lease time % x, domain %q", got.Get(LeaseTime), got.Get(DomainName))
	}
	// Appended behind something else it is the same.
	if again, _ := r.Append([]byte("before"), 548); !bytes.Equal(again[6:], out) || string(again[:6]) != "before" {
		t.Error("Append behind other octets gives another message")
	}
}

func TestReplyPadding(t *testing.T) {
	var r Reply
	r.Answer(mustParse(t, discover(53, 1, 3)), Nak)
	out, _ := r.Append(nil, 548)
	if len(out) != 300 || !bytes.Equal(out[240:244], []byte{53, 1, 6, 255}) || !bytes.Equal(out[244:], make([]byte, 56)) {
		t.Errorf("%d octets, options % x", len(out), out[240:])
	}
}

func TestReplyRefusesWhatItMakesItself(t *testing.T) {
	var r Reply
	r.Reset()
	for _, code := range []uint8{0, 52, 53, 82, 255} {
		if r.Add(code, []byte{1}) {
			t.Errorf("Add(%d) accepted", code)
		}
	}
	if !r.AddUint16(26, 1500) || r.AddUint16(26, 576) || !r.Has(26) || r.Has(27) || len(r.Options()) != 1 {
		t.Errorf("an option twice: %v", r.Options())
	}
}

// fill gives r options of the given sizes (of the value), with codes from 100 up.
func fill(r *Reply, sizes ...int) {
	for i, n := range sizes {
		r.Add(uint8(100+i), bytes.Repeat([]byte{byte(i + 1)}, n))
	}
}

func TestReplyOverload(t *testing.T) {
	req := mustParse(t, discover(53, 1, 1))
	for _, c := range []struct {
		name        string
		sname, file string
		sizes       []int
		overload    []byte
		dropped     []uint8
		length      int
	}{
		// 548 leaves 304 for options: 3 of them the message type's.
		{"all fits exactly", "", "", []int{200, 100}, nil, []uint8{}, 548},
		{"one octet too much goes to file", "", "", []int{200, 101}, []byte{1}, []uint8{}, 449},
		{"too long for file, sname is no better", "", "", []int{250, 128}, nil, []uint8{101}, 496},
		{"file is taken", "", "boot", []int{240, 61}, []byte{2}, []uint8{}, 489},
		{"sname is taken", "boot", "", []int{240, 100, 60}, []byte{1}, []uint8{102}, 489},
		{"both are taken", "a", "b", []int{240, 100, 60}, nil, []uint8{102, 101}, 486},
		{"both are needed", "", "", []int{240, 125, 61}, []byte{3}, []uint8{}, 489},
		{"what does not fit is dropped from the end", "", "", []int{240, 125, 61, 1, 50}, []byte{3}, []uint8{104, 103}, 489},
	} {
		var r Reply
		r.Answer(req, Offer)
		r.SName, r.File = c.sname, c.file
		fill(&r, c.sizes...)
		out, dropped := r.Append(nil, 548)
		if !slices.Equal(dropped, c.dropped) || len(out) != c.length {
			t.Errorf("%s: %d octets, dropped %v; want %d, %v", c.name, len(out), dropped, c.length, c.dropped)
		}
		got := mustParse(t, out)
		if !bytes.Equal(got.Get(Overload), c.overload) {
			t.Errorf("%s: overload %v, want %v", c.name, got.Get(Overload), c.overload)
		}
		if string(got.SName) != c.sname || string(got.File) != c.file {
			t.Errorf("%s: sname %q, file %q", c.name, got.SName, got.File)
		}
		want := slices.DeleteFunc(codesOf(r.Options()), func(code uint8) bool { return slices.Contains(c.dropped, code) })
		have := slices.DeleteFunc(codesOf(got.Options()), func(code uint8) bool { return code == 53 || code == 52 })
		if !slices.Equal(have, want) {
			t.Errorf("%s: options %v, want %v", c.name, have, want)
		}
	}
}

// Relay-agent-info stays in the options field, where relays look for it, and
// goes in whatever else does.
func TestReplyRelayInfoUnderPressure(t *testing.T) {
	req := mustParse(t, sample(t, "request-selecting"))
	var r Reply
	r.Answer(req, Ack)
	fill(&r, 250, 100, 50, 30, 20)
	out, dropped := r.Append(nil, 548)
	codes := wire(out[240:])
	if last := codes[len(codes)-2:]; !slices.Equal(last, []uint8{82, 255}) {
		t.Errorf("options field ends in %v", last)
	}
	if len(out) > 548 || !slices.Equal(dropped, []uint8{104, 103}) {
		t.Errorf("%d octets, dropped %v", len(out), dropped)
	}
	long := bytes.Repeat([]byte{9, 253}, 300)
	r.RelayInfo = long
	out, dropped = r.Append(nil, 548)
	if got := mustParse(t, out); !bytes.Equal(got.RelayInfo(), long) || len(dropped) != 5 || got.Type != Ack {
		t.Errorf("relay information of %d octets came back as %d, dropped %v", len(long), len(got.RelayInfo()), dropped)
	}
}

// What is longer than 255 octets is split and comes together again (RFC 3396).
func TestReplyLongOption(t *testing.T) {
	req := mustParse(t, discover(53, 1, 1, 57, 2, 5, 0xdc))
	for _, n := range []int{0, 1, 255, 256, 510, 511, 1000} {
		var r Reply
		r.Answer(req, Ack)
		v := bytes.Repeat([]byte{0xab}, n)
		r.Add(119, v)
		r.AddUint32(LeaseTime, 1)
		out, dropped := r.Append(nil, req.ReplyLimit())
		got := mustParse(t, out)
		if !bytes.Equal(got.Get(119), v) || !got.Has(119) || len(dropped) != 0 || !got.Has(LeaseTime) {
			t.Errorf("%d octets came back as %d, dropped %v", n, len(got.Get(119)), dropped)
		}
	}
}

func TestReplyBOOTP(t *testing.T) {
	var r Reply
	req := mustParse(t, sample(t, "bootp-cookie"))
	r.Answer(req, BOOTP)
	r.AddAddr(SubnetMask, netip.MustParseAddr("255.255.0.0"))
	r.AddString(HostName, "station")
	fill(&r, 35, 60)
	out, dropped := r.Append(nil, req.ReplyLimit())
	if want := []uint8{1, 12, 100, 255}; len(out) != 300 || !slices.Equal(wire(out[240:]), want) || !slices.Equal(dropped, []uint8{101}) {
		t.Errorf("%d octets, options %v, dropped %v; want 300, %v, [101]", len(out), wire(out[240:]), dropped, want)
	}
	if got := mustParse(t, out); got.Type != BOOTP || got.Has(DHCPMessageType) || got.Has(Overload) {
		t.Errorf("options of DHCP in a BOOTP reply: %v", codesOf(got.Options()))
	}

	req = mustParse(t, sample(t, "bootp-plain"))
	r.Answer(req, BOOTP)
	r.AddAddr(SubnetMask, netip.MustParseAddr("255.255.0.0"))
	out, dropped = r.Append(nil, req.ReplyLimit())
	if len(out) != 300 || !bytes.Equal(out[236:], make([]byte, 64)) || len(dropped) != 0 {
		t.Errorf("to a client without cookie: %d octets, vendor area % x, dropped %v", len(out), out[236:], dropped)
	}
}

// Through a relay a NAK is to be broadcast, whatever the client said.
func TestReplyNakFlags(t *testing.T) {
	relayed := mustParse(t, sample(t, "request-selecting"))
	direct := mustParse(t, sample(t, "request-renewing"))
	var r Reply
	if r.Answer(relayed, Nak); !r.Broadcast() {
		t.Error("NAK through a relay lacks the broadcast flag")
	}
	if r.Answer(relayed, Ack); r.Broadcast() {
		t.Error("ACK has a broadcast flag that the client did not set")
	}
	if r.Answer(direct, Nak); r.Broadcast() {
		t.Error("direct NAK has a broadcast flag that the client did not set")
	}
}

func TestWarmDecodeAndBuildDoNotAllocate(t *testing.T) {
	req, pieces := sample(t, "request-selecting"), sample(t, "overloaded")
	var m Message
	var r Reply
	buf := make([]byte, 0, 1500)
	list := []byte{8, 8, 8, 8}
	if n := testing.AllocsPerRun(100, func() {
		if m.Decode(pieces) != nil || m.Decode(req) != nil {
			t.Fatal("decode failed")
		}
		r.Answer(&m, Ack)
		r.YIAddr = m.GIAddr
		r.AddAddr(ServerIdentifier, m.GIAddr)
		r.AddUint32(LeaseTime, 3600)
		r.AddString(DomainName, "example.com")
		r.Add(6, list)
		buf, _ = r.Append(buf[:0], m.ReplyLimit())
		_ = DestinationFor(&m, &r, Ports{67, 68})
	}); n != 0 {
		t.Errorf("%v allocations a message pair, want none", n)
	}
}
