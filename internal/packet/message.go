package packet

import (
	"bytes"
	"encoding/binary"
	"net/netip"
)

// Opt is one option, of a message that was read or of one being built.
type Opt struct {
	Code  uint8
	Value []byte
}

// Message is a received message. Its slices lie in the datagram it was decoded
// from, which must stay untouched while they are in use. The zero value is ready
// for Decode, and a Message may be decoded into again and again.
type Message struct {
	Header

	// Type is the value of option 53; BOOTP if there is none.
	Type MessageType
	// Cookie says that the options field is in DHCP's form. Without it the
	// message is BOOTP and Vendor holds the field as it is.
	Cookie bool
	Vendor []byte
	// SName and File are the fields' texts up to the first zero octet, empty
	// where the field carries options (overload).
	SName []byte
	File  []byte
	// Size is the length of the datagram.
	Size int

	opts    []Opt      // by first appearance: options field, file, sname
	at      [256]uint8 // code -> index in opts + 1
	pieces  bool       // some option came more than once
	scratch []byte     // values put together from pieces
}

// Parse decodes b into a new Message, for callers that keep none of their own.
func Parse(b []byte) (*Message, error) {
	m := new(Message)
	if err := m.Decode(b); err != nil {
		return nil, err
	}
	return m, nil
}

// Decode reads b into m, whatever m held before. The error is a *Malformed; m
// is of no use then, but for the Header if b held one.
func (m *Message) Decode(b []byte) error {
	m.reset(len(b))
	if len(b) < headerLen {
		return &Malformed{Fault: TooShort}
	}
	m.Header.decode(b)
	if m.Op != BootRequest && m.Op != BootReply {
		return &Malformed{Fault: BadOp}
	}
	if m.HLen > 16 {
		m.HLen = 16
		return &Malformed{Fault: BadHardwareLength}
	}
	if !unicastOrUnset(m.CIAddr) || !unicastOrUnset(m.GIAddr) {
		return &Malformed{Fault: BadAddress}
	}
	sname, file := b[snameOff:snameOff+snameLen], b[fileOff:fileOff+fileLen]
	options := b[headerLen:]
	if len(options) < cookieLen || binary.BigEndian.Uint32(options) != magicCookie {
		m.Vendor = options
		m.SName, m.File = text(sname), text(file)
		return nil
	}
	m.Cookie = true
	options = options[cookieLen:]
	if err := m.index(options); err != nil {
		return err
	}
	over, err := m.overload()
	if err != nil {
		return err
	}
	// RFC 2131 section 4.1: the options field first, then file, then sname.
	if over&overFile == 0 {
		m.File, file = text(file), nil
	} else if err := m.index(file); err != nil {
		return err
	}
	if over&overSName == 0 {
		m.SName, sname = text(sname), nil
	} else if err := m.index(sname); err != nil {
		return err
	}
	if m.pieces {
		m.join(options, file, sname) // nil are those that hold no options
	}
	return m.check()
}

func (m *Message) reset(size int) {
	for _, o := range m.opts {
		m.at[o.Code] = 0
	}
	m.opts = m.opts[:0]
	m.scratch = m.scratch[:0]
	m.pieces, m.Cookie = false, false
	m.Header = Header{}
	m.Type, m.Vendor, m.SName, m.File, m.Size = BOOTP, nil, nil, nil, size
}

// index notes where the options of one field are. A field may end without the
// end option: many clients forget it, and the field's own end is as good.
func (m *Message) index(field []byte) error {
	for len(field) > 0 {
		code := field[0]
		if code == optPad {
			field = field[1:]
			continue
		}
		if code == optEnd {
			return nil
		}
		if len(field) < 2 || len(field) < 2+int(field[1]) {
			return &Malformed{Fault: TruncatedOption, Code: code}
		}
		n := 2 + int(field[1])
		if m.at[code] != 0 {
			m.pieces = true
		} else {
			m.opts = append(m.opts, Opt{code, field[2:n:n]})
			m.at[code] = uint8(len(m.opts))
		}
		field = field[n:]
	}
	return nil
}

// The values of the overload option.
const (
	overFile  = 1
	overSName = 2
)

func (m *Message) overload() (uint8, error) {
	v, ok := m.Lookup(Overload)
	if !ok {
		return 0, nil
	}
	if len(v) != 1 || v[0] < 1 || v[0] > 3 {
		return 0, &Malformed{Fault: BadOverload, Code: Overload}
	}
	return v[0], nil
}

// join puts together the options that came in pieces (RFC 3396 section 7). It
// walks the fields once to add up lengths and once to copy, so that its work
// grows with the datagram however the pieces are interleaved.
func (m *Message) join(fields ...[]byte) {
	var total, filled [256]int
	var count [256]int
	walk(fields, func(code uint8, piece []byte) {
		count[code]++
		total[code] += len(piece)
	})
	need := 0
	for i := range m.opts {
		if c := m.opts[i].Code; count[c] > 1 {
			need += total[c]
		}
	}
	if cap(m.scratch) < need {
		m.scratch = make([]byte, need)
	}
	m.scratch = m.scratch[:need]
	off := 0
	for i := range m.opts {
		if c := m.opts[i].Code; count[c] > 1 {
			m.opts[i].Value = m.scratch[off : off+total[c] : off+total[c]]
			off += total[c]
		}
	}
	walk(fields, func(code uint8, piece []byte) {
		if count[code] > 1 {
			v := m.opts[m.at[code]-1].Value
			filled[code] += copy(v[filled[code]:], piece)
		}
	})
}

// walk calls fn for every option of fields whose bounds were checked before.
func walk(fields [][]byte, fn func(code uint8, piece []byte)) {
	for _, f := range fields {
		for len(f) > 0 && f[0] != optEnd {
			if f[0] == optPad {
				f = f[1:]
				continue
			}
			n := 2 + int(f[1])
			fn(f[0], f[2:n])
			f = f[n:]
		}
	}
}

// fixed are the lengths of the options that decide what a message means: one
// of another length would be taken for one that is not there, and a REQUEST
// with a damaged server identifier would become one in INIT-REBOOT.
var fixed = [...]struct{ code, size uint8 }{
	{DHCPMessageType, 1}, {RequestedAddress, 4}, {LeaseTime, 4}, {ServerIdentifier, 4},
	{MaxMessageSize, 2}, {SubnetSelection, 4},
}

func (m *Message) check() error {
	for _, f := range fixed {
		if v, ok := m.Lookup(f.code); ok && len(v) != int(f.size) {
			return &Malformed{Fault: BadOptionLength, Code: f.code}
		}
	}
	if v, ok := m.Lookup(DHCPMessageType); ok {
		m.Type = MessageType(v[0])
		if v[0] == 0 {
			return &Malformed{Fault: BadType, Code: DHCPMessageType}
		}
	}
	return nil
}

// Lookup returns an option's value and whether the message has the option; an
// option without data is there and empty.
func (m *Message) Lookup(code uint8) ([]byte, bool) {
	if i := m.at[code]; i != 0 {
		return m.opts[i-1].Value, true
	}
	return nil, false
}

// Get returns an option's value, nil if the message has it not.
func (m *Message) Get(code uint8) []byte {
	v, _ := m.Lookup(code)
	return v
}

// Has says whether the message has the option.
func (m *Message) Has(code uint8) bool { return m.at[code] != 0 }

// Options are all options in wire order, each once. The slice is m's own.
func (m *Message) Options() []Opt { return m.opts }

// addr reads an option that is one address.
func (m *Message) addr(code uint8) (netip.Addr, bool) {
	if v := m.Get(code); len(v) == 4 {
		return addrAt(v, 0), true
	}
	return Unspecified, false
}

func text(field []byte) []byte {
	before, _, _ := bytes.Cut(field, []byte{0})
	return before
}
