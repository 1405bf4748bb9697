package packet

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"
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

// inAreas are the codes that stand in the options field, file and sname; in
// the latter two only if they carry options.
func inAreas(tb testing.TB, message []byte) (codes [nowhere][]uint8) {
	tb.Helper()
	m := mustParse(tb, message)
	codes[inOptions] = wire(message[headerLen+cookieLen:])
	if over := m.Get(Overload); over != nil && over[0]&overFile != 0 {
		codes[inFile] = wire(message[fileOff : fileOff+fileLen])
	}
	if over := m.Get(Overload); over != nil && over[0]&overSName != 0 {
		codes[inSName] = wire(message[snameOff : snameOff+snameLen])
	}
	return codes
}

func TestReplyOverload(t *testing.T) {
	req := mustParse(t, discover(53, 1, 1))
	type areas [nowhere][]uint8
	for _, c := range []struct {
		name        string
		sname, file string
		sizes       []int // of options 100, 101, ...
		want        areas
		dropped     []uint8
		length      int
	}{
		// 548 leaves 304 for options: 3 of them the message type's, 1 the end's.
		{"all fits exactly", "", "", []int{200, 100}, areas{{53, 100, 101, 255}}, nil, 548},
		{"one octet too much goes to file", "", "", []int{200, 101}, areas{{53, 52, 100, 255}, {101, 255}}, nil, 449},
		{"too long for file, sname is no better", "", "", []int{250, 128}, areas{{53, 100, 255}}, []uint8{101}, 496},
		{"file is taken", "", "boot", []int{240, 61}, areas{{53, 52, 100, 255}, nil, {101, 255}}, nil, 489},
		{"sname is taken", "boot", "", []int{240, 100, 60}, areas{{53, 52, 100, 255}, {101, 255}}, []uint8{102}, 489},
		{"both are taken", "a", "b", []int{240, 100, 60, 50}, areas{{53, 100, 102, 255}}, []uint8{101, 103}, 548},
		{"both are needed", "", "", []int{240, 125, 61}, areas{{53, 52, 100, 255}, {101, 255}, {102, 255}}, nil, 489},
		{
			"the later one yields", "", "", []int{240, 125, 61, 60, 20},
			areas{{53, 52, 100, 104, 255}, {101, 255}, {102, 255}}, []uint8{103}, 511,
		},
		{"a large one in front keeps nobody out", "", "", []int{402, 7, 9}, areas{{53, 101, 102, 255}}, []uint8{100}, 300},
		{"a large one in the middle", "", "", []int{4, 4, 402, 200, 9}, areas{{53, 100, 101, 103, 104, 255}}, []uint8{102}, 469},
		{
			"a small one moves for a large one", "", "", []int{60, 119, 250},
			areas{{53, 52, 102, 255}, {101, 255}, {100, 255}}, nil, 499,
		},
		{
			"of those that can move the later one does", "", "", []int{60, 60, 200},
			areas{{53, 52, 100, 102, 255}, {101, 255}}, nil, 511,
		},
		{"what leaves no room for overload is first", "", "", []int{298, 100}, areas{{53, 100, 100, 255}}, []uint8{101}, 546},
	} {
		var r Reply
		r.Answer(req, Offer)
		r.SName, r.File = c.sname, c.file
		fill(&r, c.sizes...)
		out, dropped := r.Append(nil, 548)
		if !slices.Equal(dropped, c.dropped) || len(out) != c.length {
			t.Errorf("%s: %d octets, dropped %v; want %d, %v", c.name, len(out), dropped, c.length, c.dropped)
		}
		if got := areas(inAreas(t, out)); !slices.EqualFunc(got[:], c.want[:], slices.Equal) {
			t.Errorf("%s: options field, file and sname hold %v, want %v", c.name, got, c.want)
		}
		got := mustParse(t, out)
		if string(got.SName) != c.sname || string(got.File) != c.file {
			t.Errorf("%s: sname %q, file %q", c.name, got.SName, got.File)
		}
		for _, o := range r.Options() {
			if v, ok := got.Lookup(o.Code); ok && !bytes.Equal(v, o.Value) {
				t.Errorf("%s: option %d came back as % x", c.name, o.Code, v)
			}
		}
	}
}

// What the server must send has its room wherever it stands in the list, and
// in the options field; beyond the limit only if it alone needs more.
func TestReplyMandatory(t *testing.T) {
	req := mustParse(t, sample(t, "request-selecting"))
	for _, c := range []struct {
		name     string
		clientID int // its length
		sizes    []int
		want     []uint8 // in the options field
		dropped  []uint8
		length   int
	}{
		{"behind a list that takes all", 7, []int{240, 120, 60, 30}, []uint8{53, 52, 54, 51, 100, 61, 82, 255}, []uint8{103}, 532},
		{"long", 200, []int{240, 120, 60}, []uint8{53, 52, 54, 51, 102, 61, 82, 255}, []uint8{100}, 545},
		{"longer than all room", 600, []int{10}, []uint8{53, 52, 54, 51, 61, 61, 61, 82, 255}, nil, 887},
	} {
		var r Reply
		r.Answer(req, Ack)
		r.AddAddr(ServerIdentifier, netip.MustParseAddr("10.0.0.1"))
		r.AddUint32(LeaseTime, 3600)
		fill(&r, c.sizes...)
		id := bytes.Repeat([]byte{7}, c.clientID)
		r.Add(ClientIdentifier, id)
		out, dropped := r.Append(nil, 548)
		if got := inAreas(t, out)[inOptions]; !slices.Equal(got, c.want) || len(out) != c.length || !slices.Equal(dropped, c.dropped) {
			t.Errorf("%s: %d octets with %v, dropped %v; want %d, %v, %v", c.name, len(out), got, dropped, c.length, c.want, c.dropped)
		}
		if got := mustParse(t, out); !bytes.Equal(got.ClientID(), id) || !bytes.Equal(got.RelayInfo(), req.RelayInfo()) {
			t.Errorf("%s: client-id of %d octets, relay information % x", c.name, len(got.ClientID()), got.RelayInfo())
		}
	}
}

// bestFit tries all ways to place options of these lengths and returns which
// get in: the earlier ones before the later ones.
func bestFit(lengths []int, left rooms) []bool {
	if len(lengths) == 0 {
		return nil
	}
	var best []bool
	for a := range nowhere + 1 {
		with := left
		if a != nowhere {
			if with[a] -= lengths[0]; with[a] < 0 {
				continue
			}
		}
		got := append([]bool{a != nowhere}, bestFit(lengths[1:], with)...)
		if best == nil || slices.CompareFunc(got, best, func(x, y bool) int {
			switch {
			case x == y:
				return 0
			case x:
				return 1
			}
			return -1
		}) > 0 {
			best = got
		}
	}
	return best
}

// Nothing is dropped that could have been fitted in, next to all before it.
func TestReplyFitsAsWellAsCanBe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lengths := rapid.SliceOfN(rapid.OneOf(rapid.IntRange(2, 70), rapid.IntRange(2, 257)), 1, 6).Draw(t, "lengths")
		left := rooms{
			rapid.IntRange(0, 310).Draw(t, "options"),
			rapid.SampledFrom([]int{0, fileLen - 1}).Draw(t, "file"),
			rapid.SampledFrom([]int{0, snameLen - 1}).Draw(t, "sname"),
		}
		var r Reply
		for i, n := range lengths {
			r.Add(uint8(100+i), make([]byte, n-2))
		}
		if excess := r.pack(left, 0); excess != 0 {
			t.Fatalf("limit exceeded by %d", excess)
		}
		used := rooms{}
		for i, want := range bestFit(lengths, left) {
			if got := r.where[i] != nowhere; got != want {
				t.Fatalf("option %d is in: %v, want %v; places %v", i, got, want, r.where)
			}
			if r.where[i] != nowhere {
				used[r.where[i]] += lengths[i]
			}
		}
		for a := range used {
			if used[a] > left[a] {
				t.Fatalf("area %d holds %d octets of %d", a, used[a], left[a])
			}
		}
	})
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
	if len(out) > 548 || !slices.Equal(dropped, []uint8{103}) {
		t.Errorf("%d octets, dropped %v", len(out), dropped)
	}
	long := bytes.Repeat([]byte{9, 253}, 300)
	r.RelayInfo = long
	out, dropped = r.Append(nil, 548)
	if got := mustParse(t, out); !bytes.Equal(got.RelayInfo(), long) || !slices.Equal(dropped, []uint8{100, 103}) || got.Type != Ack {
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
	list, long := []byte{8, 8, 8, 8}, make([]byte, 125)
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
		r.Add(100, long) // and one that needs overload
		r.Add(101, long)
		buf, _ = r.Append(buf[:0], m.ReplyLimit())
	}); n != 0 && !racing {
		t.Errorf("%v allocations a message pair, want none", n)
	}
}
