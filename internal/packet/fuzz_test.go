package packet

import (
	"bytes"
	"slices"
	"testing"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

func addSeeds(f *testing.F) {
	for _, b := range samples(f) {
		f.Add(b)
	}
	f.Add([]byte{})
	f.Add(discover(53, 1, 1, 255))
	f.Add(discover(53, 1, 1, 52, 1, 3, 60, 255))
	f.Add(append(discover(53, 1, 1), bytes.Repeat([]byte{60, 1, 'a', 43, 1, 'b'}, 300)...))
	f.Add(append(discover(53, 1, 1), bytes.Repeat([]byte{0}, 3000)...))
	f.Add(append(discover(53, 1, 1, 82, 6, 1, 200), 2, 2, 'a', 'b'))
}

// rebuild makes a Reply that says what m says.
func rebuild(m *Message) *Reply {
	r := new(Reply)
	r.Reset()
	r.Header, r.Type, r.Cookie = m.Header, m.Type, m.Cookie
	r.SName, r.File = string(m.SName), string(m.File)
	for _, o := range m.Options() {
		r.Add(o.Code, o.Value)
	}
	r.RelayInfo = m.RelayInfo()
	return r
}

// Nothing that comes from the network may panic, make the decoder keep much more
// than it was given, or read differently once it was written again.
func FuzzDecode(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		in := bytes.Clone(b)
		m, err := Parse(b)
		Dump(b)
		if !bytes.Equal(in, b) {
			t.Fatal("decoding changed the datagram")
		}
		if err != nil {
			return
		}
		total := 0
		for _, o := range m.Options() {
			total += len(o.Value)
		}
		if total > len(b) || cap(m.scratch) > len(b) || len(m.Options()) > 254 {
			t.Fatalf("%d octets gave %d of option values, %d of scratch, %d options", len(b), total, cap(m.scratch), len(m.Options()))
		}
		m.FQDN()
		m.RelaySub(RelayCircuitID)
		m.RelaySubAddr(RelayLinkSelection)

		once, dropped := rebuild(m).Append(nil, 1<<20)
		if len(dropped) != 0 {
			t.Fatalf("dropped %v with room for all", dropped)
		}
		again, err := Parse(once)
		if err != nil {
			t.Fatalf("re-encoded: %v", err)
		}
		if again.Header != m.Header || again.Type != m.Type || !bytes.Equal(again.SName, m.SName) || !bytes.Equal(again.File, m.File) {
			t.Fatalf("re-encoded: %+v, want %+v", again, m)
		}
		for _, o := range m.Options() {
			if o.Code != Overload && !bytes.Equal(again.Get(o.Code), o.Value) {
				t.Fatalf("option %d: % x, want % x", o.Code, again.Get(o.Code), o.Value)
			}
		}
		if twice, _ := rebuild(again).Append(nil, 1<<20); !bytes.Equal(once, twice) {
			t.Fatal("encoding is not stable")
		}
	})
}

// The library's parser is a second opinion on every message that has no
// overload, which it does not know, and that both accept: it wants an end option,
// and lets pass what would change a message's meaning.
func FuzzDecodeLikeLibrary(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		theirs, err := dhcpv4.FromBytes(b)
		if err != nil {
			return
		}
		m, err := Parse(b)
		if err != nil {
			if fault := err.(*Malformed).Fault; fault == TruncatedOption {
				t.Fatalf("the library reads it, we: %v", err)
			}
			return
		}
		if m.Has(Overload) {
			return
		}
		if uint8(theirs.OpCode) != m.Op || !bytes.Equal(theirs.ClientHWAddr, m.HW()) || theirs.Flags != m.Flags ||
			theirs.GatewayIPAddr.String() != m.GIAddr.String() || theirs.ClientIPAddr.String() != m.CIAddr.String() ||
			theirs.ServerHostName != string(m.SName) || theirs.BootFileName != string(m.File) ||
			theirs.NumSeconds != m.Secs || theirs.HopCount != m.Hops {
			t.Fatalf("fields: library %v, we %+v", theirs, m.Header)
		}
		if len(theirs.Options) != len(m.Options()) {
			t.Fatalf("options: library %v, we %v", theirs.Options, m.Options())
		}
		for code, v := range theirs.Options {
			if ours, ok := m.Lookup(code); !ok || !bytes.Equal(ours, v) {
				t.Fatalf("option %d: library % x, we % x", code, v, ours)
			}
		}
	})
}

// However many options, of whatever size, and however little room: the message
// keeps to the limit unless what it must hold is more, every option is in it
// once and whole or was reported as dropped, and it reads back.
func FuzzReply(f *testing.F) {
	f.Add([]byte{4, 4, 200, 100, 60, 3}, uint16(548), uint8(0), uint8(20))
	f.Add([]byte{255, 255, 1, 0}, uint16(1472), uint8(3), uint8(0))
	f.Add([]byte{10, 10, 40, 10}, uint16(300), uint8(4), uint8(0))
	f.Add([]byte{4, 4, 201, 200, 9, 100, 60}, uint16(548), uint8(8|3<<4), uint8(40))
	f.Add([]byte{60, 60, 90, 9, 100, 60}, uint16(548), uint8(8|15<<4), uint8(255))
	f.Fuzz(func(t *testing.T, sizes []byte, limit uint16, kind, relay uint8) {
		if limit < minMessage {
			return
		}
		req, err := Parse(discover(53, 1, 1))
		if err != nil {
			t.Fatal(err)
		}
		var r Reply
		r.Answer(req, Ack)
		if kind&1 != 0 {
			r.SName = "server"
		}
		if kind&2 != 0 {
			r.File = "file"
		}
		if kind&4 != 0 {
			r.Type = BOOTP
		}
		if relay > 0 {
			r.RelayInfo = bytes.Repeat([]byte{relay}, int(relay)/2)
		}
		for i, n := range sizes {
			if code := i + 99; code < int(optEnd) && !mandatory(uint8(code)) {
				r.Add(uint8(code), bytes.Repeat([]byte{n}, int(n)*(1+i%3)))
			}
		}
		if kind&8 != 0 {
			r.AddUint32(LeaseTime, 1)
			r.Add(ClientIdentifier, bytes.Repeat([]byte{7}, int(kind>>4)*20))
		}
		out, dropped := r.Append(nil, int(limit))
		checkSize(t, &r, out, int(limit))
		checkOptions(t, &r, out, dropped)
		got := mustParse(t, out)
		if !bytes.Equal(got.RelayInfo(), r.RelayInfo) || string(got.SName) != r.SName || string(got.File) != r.File {
			t.Fatalf("relay information % x, sname %q, file %q", got.RelayInfo(), got.SName, got.File)
		}
	})
}

func checkSize(t *testing.T, r *Reply, out []byte, limit int) {
	always := headerLen + cookieLen + 3 + 1
	if r.Type == BOOTP {
		always -= 3
	}
	if r.RelayInfo != nil {
		always += optLen(r.RelayInfo)
	}
	for _, o := range r.Options() {
		if mandatory(o.Code) {
			always += optLen(o.Value)
		}
	}
	bound := limit
	if always > limit {
		bound = always + overloadLen
	}
	if len(out) > bound || len(out) < minMessage {
		t.Fatalf("%d octets with a limit of %d, of which %d must be", len(out), limit, always)
	}
}

func checkOptions(t *testing.T, r *Reply, out []byte, dropped []uint8) {
	got, count := mustParse(t, out), map[uint8]int{}
	for area, codes := range inAreas(t, out) {
		if codes == nil {
			continue
		}
		if n := len(codes); codes[n-1] != optEnd || area == int(inOptions) && r.RelayInfo != nil && codes[n-2] != RelayAgentInfo {
			t.Fatalf("area %d ends in %v", area, codes)
		}
		codes = slices.Compact(codes[:len(codes)-1]) // pieces of one option stand together
		rank := -1
		for _, code := range codes {
			count[code]++
			at := slices.IndexFunc(r.Options(), func(o Opt) bool { return o.Code == code })
			if at >= 0 && at < rank {
				t.Fatalf("area %d is out of order: %v", area, codes)
			}
			rank = max(rank, at)
		}
	}
	for _, o := range r.Options() {
		lost := slices.Contains(dropped, o.Code)
		v, ok := got.Lookup(o.Code)
		if lost == ok || ok && (count[o.Code] != 1 || !bytes.Equal(v, o.Value)) || lost && mandatory(o.Code) {
			t.Fatalf("option %d: dropped %v, there %v, in %d areas, % x for % x", o.Code, lost, ok, count[o.Code], v, o.Value)
		}
		delete(count, o.Code)
	}
	for _, own := range []uint8{DHCPMessageType, Overload, RelayAgentInfo} {
		delete(count, own)
	}
	if len(count) != 0 {
		t.Fatalf("options that nobody added: %v", count)
	}
}
