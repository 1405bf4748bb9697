package packet

import (
	"encoding/binary"
	"net/netip"
	"slices"
)

// Reply is a message being built: fixed fields, and options in the order in
// which they are to leave. That order is also their rank: where room is short, a
// later option yields to an earlier one, and all of them to those that a server
// must send wherever they stand. The message type is put before all of them,
// relay-agent-info after.
//
// A Reply is meant to be used again and again; Answer and Reset start anew. With
// Op BootRequest it is a client's message.
type Reply struct {
	Header

	// Type is the message type; BOOTP leaves option 53 out.
	Type MessageType
	// Cookie is false only in the answer to a BOOTP client that sent no magic
	// cookie: it gets no options.
	Cookie bool
	// SName and File are the header's texts. Where one is empty, options may
	// take its field if they need the room.
	SName, File string
	// RelayInfo is echoed as the last option (RFC 3046 section 2.1).
	RelayInfo []byte

	opts    []Opt
	has     [4]uint64 // a bit per code in opts
	store   []byte    // values of the typed Add methods
	where   []area    // by index in opts, of the last Append
	other   []area    // a layout to compare with
	dropped []uint8
}

// Reset empties r to a BOOTREPLY without type.
func (r *Reply) Reset() {
	*r = Reply{opts: r.opts[:0], store: r.store[:0], where: r.where[:0], other: r.other[:0], dropped: r.dropped[:0]}
	r.Op, r.Cookie = BootReply, true
}

// Answer starts the reply to req: what RFC 2131 table 3 takes over from the
// request, the relay agent's information, and for a NAK through a relay the
// broadcast flag (section 4.3.2). BOOTP as t makes a BOOTP reply.
func (r *Reply) Answer(req *Message, t MessageType) {
	r.Reset()
	r.Type, r.Cookie = t, req.Cookie
	r.HType, r.HLen, r.CHAddr = req.HType, req.HLen, req.CHAddr
	r.XID, r.Flags, r.GIAddr = req.XID, req.Flags, req.GIAddr
	r.RelayInfo = req.RelayInfo()
	switch t {
	case Ack, BOOTP:
		r.CIAddr = req.CIAddr
	case Nak:
		if r.Relayed() {
			r.Flags |= FlagBroadcast
		}
	}
}

// Add appends an option; value must stay untouched until Append. It does
// nothing and returns false if r has the option already, or if it is one that
// Append makes itself (pad, overload, message type, relay-agent-info, end).
func (r *Reply) Add(code uint8, value []byte) bool {
	switch code {
	case optPad, Overload, DHCPMessageType, RelayAgentInfo, optEnd:
		return false
	}
	if r.Has(code) {
		return false
	}
	r.has[code>>6] |= 1 << (code & 63)
	r.opts = append(r.opts, Opt{code, value})
	return true
}

// Has says whether the option was added.
func (r *Reply) Has(code uint8) bool { return r.has[code>>6]&(1<<(code&63)) != 0 }

// Options are the options added so far. The slice is r's own.
func (r *Reply) Options() []Opt { return r.opts }

// AddAddr appends an option that is one address.
func (r *Reply) AddAddr(code uint8, a netip.Addr) bool {
	a4 := a.As4()
	return r.Add(code, r.keep(a4[:]))
}

// AddUint32 appends an option that is a 32-bit number.
func (r *Reply) AddUint32(code uint8, v uint32) bool {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], v)
	return r.Add(code, r.keep(b[:]))
}

// AddUint16 appends an option that is a 16-bit number.
func (r *Reply) AddUint16(code uint8, v uint16) bool {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], v)
	return r.Add(code, r.keep(b[:]))
}

// AddString appends an option that is text.
func (r *Reply) AddString(code uint8, s string) bool {
	n := len(r.store)
	r.store = append(r.store, s...)
	return r.Add(code, r.store[n:len(r.store):len(r.store)])
}

func (r *Reply) keep(b []byte) []byte {
	n := len(r.store)
	r.store = append(r.store, b...)
	return r.store[n:len(r.store):len(r.store)]
}

// Append encodes r behind buf, at most limit octets long (see ReplyLimit), and
// returns which options found no room, in their order. One that finds none,
// with the fields file and sname used where they are free, leaves its room to
// those behind it. The slice of codes is r's own and good until the next Append
// or Reset.
//
// The message type, the options that a server must send (see mandatory) and
// relay-agent-info always go in, beyond the limit if need be: a relay takes its
// own information off again before the client's limit matters.
func (r *Reply) Append(buf []byte, limit int) (out []byte, dropped []uint8) {
	r.maskBeforeRouters()
	start := len(buf)
	buf = append(buf, zeros[:headerLen]...)
	head := buf[start:]
	r.Header.encode(head)
	copy(head[snameOff:snameOff+snameLen], r.SName)
	copy(head[fileOff:fileOff+fileLen], r.File)
	r.dropped = r.dropped[:0]
	if r.Cookie {
		buf = r.appendOptions(buf, start, r.plan(limit))
	}
	if short := minMessage - (len(buf) - start); short > 0 {
		buf = append(buf, zeros[:short]...)
	}
	return buf, r.dropped
}

var zeros [minMessage]byte

// appendOptions writes the options as r.where says, and notes those that it
// puts nowhere.
func (r *Reply) appendOptions(buf []byte, start int, overload uint8) []byte {
	buf = binary.BigEndian.AppendUint32(buf, magicCookie)
	if r.Type != BOOTP {
		buf = append(buf, DHCPMessageType, 1, byte(r.Type))
	}
	if overload != 0 {
		buf = append(buf, Overload, 1, overload)
	}
	for i, o := range r.opts {
		switch r.where[i] {
		case inOptions:
			buf = appendOpt(buf, o)
		case nowhere:
			r.dropped = append(r.dropped, o.Code)
		}
	}
	if r.RelayInfo != nil {
		buf = appendOpt(buf, Opt{RelayAgentInfo, r.RelayInfo})
	}
	buf = append(buf, optEnd)
	if overload&overFile != 0 {
		r.fill(buf[start+fileOff:start+fileOff], inFile)
	}
	if overload&overSName != 0 {
		r.fill(buf[start+snameOff:start+snameOff], inSName)
	}
	return buf
}

// fill writes the options of one overloaded field, whose octets are all pad.
func (r *Reply) fill(field []byte, in area) {
	for i, o := range r.opts {
		if r.where[i] == in {
			field = appendOpt(field, o)
		}
	}
	_ = append(field, optEnd)
}

// appendOpt splits what is longer than one option can be (RFC 3396 section 5).
func appendOpt(buf []byte, o Opt) []byte {
	v := o.Value
	for len(v) > 255 {
		buf = append(buf, o.Code, 255)
		buf = append(buf, v[:255]...)
		v = v[255:]
	}
	buf = append(buf, o.Code, byte(len(v)))
	return append(buf, v...)
}

// optLen is what appendOpt needs.
func optLen(value []byte) int { return len(value) + 2*max(1, (len(value)+254)/255) }

// maskBeforeRouters moves the subnet mask ahead of the routers, where a client
// that reads from the front needs it (RFC 2132 section 3.3).
func (r *Reply) maskBeforeRouters() {
	if !r.Has(SubnetMask) || !r.Has(Routers) {
		return
	}
	routers := slices.IndexFunc(r.opts, func(o Opt) bool { return o.Code == Routers })
	mask := slices.IndexFunc(r.opts, func(o Opt) bool { return o.Code == SubnetMask })
	if mask < routers {
		return
	}
	o := r.opts[mask]
	copy(r.opts[routers+1:mask+1], r.opts[routers:mask])
	r.opts[routers] = o
}
