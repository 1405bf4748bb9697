package packet

import (
	"bytes"
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
// keeps to the limit, holds the first of them in order, and reads back.
func FuzzReply(f *testing.F) {
	f.Add([]byte{4, 4, 200, 100, 60, 3}, uint16(548), uint8(0), uint8(20))
	f.Add([]byte{255, 255, 1, 0}, uint16(1472), uint8(3), uint8(0))
	f.Add([]byte{10, 10, 40, 10}, uint16(300), uint8(4), uint8(0))
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
			r.Add(uint8(i+83), bytes.Repeat([]byte{n}, int(n)*(1+i%3)))
		}
		want := codesOf(r.Options())
		out, dropped := r.Append(nil, int(limit))
		got, err := Parse(out)
		if err != nil {
			t.Fatalf("does not read back: %v", err)
		}
		always := headerLen + cookieLen + 3 + optLen(r.RelayInfo) + 1
		if len(out) > max(int(limit), always) || len(out) < minMessage {
			t.Fatalf("%d octets with a limit of %d", len(out), limit)
		}
		want = want[:len(want)-len(dropped)]
		var have []uint8
		for _, o := range got.Options() {
			switch o.Code {
			case DHCPMessageType, Overload, RelayAgentInfo:
			default:
				have = append(have, o.Code)
			}
		}
		if !bytes.Equal(have, want) {
			t.Fatalf("options %v, want %v, dropped %v", have, want, dropped)
		}
		if !bytes.Equal(got.RelayInfo(), r.RelayInfo) || string(got.SName) != r.SName || string(got.File) != r.File {
			t.Fatalf("relay information % x, sname %q, file %q", got.RelayInfo(), got.SName, got.File)
		}
	})
}
