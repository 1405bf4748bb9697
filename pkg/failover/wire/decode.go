package wire

import (
	"encoding/binary"
	"net/netip"
	"strings"
)

// Decoder turns frames into messages and keeps its scratch space between
// them. The zero value is ready.
type Decoder struct{ raw Raw }

// Decode reads one whole message with a new Decoder.
func Decode(frame []byte) (Message, error) {
	var d Decoder
	return d.Decode(frame)
}

// Decode reads one whole message, and keeps nothing of frame. The error is an
// *Error. With severity Refuse the message comes with it, so that it can be
// answered; binding updates are not judged here but by Binding.Check.
func (d *Decoder) Decode(frame []byte) (Message, error) {
	if len(frame) >= MinMessage && Type(frame[2]).Ignorable() {
		return Message{
			Time: Time(binary.BigEndian.Uint32(frame[4:])),
			XID:  binary.BigEndian.Uint32(frame[8:]),
			Body: Ignored{Type(frame[2])},
		}, nil
	}
	r := &d.raw
	if err := r.Parse(frame); err != nil {
		return Message{}, err
	}
	m := Message{Time: r.Time, XID: r.XID, Digest: strings.Clone(r.text(MessageDigest))}
	body, err := r.body()
	if err != nil && err.Severity == Close {
		return Message{}, err
	}
	m.Body = body
	if err != nil {
		return m, err
	}
	return m, nil
}

func (r *Raw) body() (Body, *Error) {
	switch r.Type {
	case TypePOOLREQ:
		return POOLREQ{}, nil
	case TypePOOLRESP:
		return POOLRESP{r.u32(AddressesTransferred)}, r.required()
	case TypeBNDUPD:
		return r.bndupd()
	case TypeBNDACK:
		return r.bndack()
	case TypeCONNECT:
		c := r.connect()
		return c, c.Check()
	case TypeCONNECTACK:
		c := r.connectack()
		return c, c.Check()
	case TypeUPDREQALL:
		return UPDREQALL{}, nil
	case TypeUPDREQ:
		return UPDREQ{}, nil
	case TypeUPDDONE:
		return UPDDONE{}, nil
	case TypeSTATE:
		return STATE{ServerState(r.u8(ServerStateCode)), ServerFlags(r.u8(ServerFlagsCode)), Time(r.u32(StartTimeOfState))}, r.required()
	case TypeCONTACT:
		return CONTACT{VendorClass: strings.Clone(r.text(VendorClassIdentifier)), Vendor: r.vendor()}, nil
	case TypeDISCONNECT:
		d := DISCONNECT{Text: strings.Clone(r.text(MessageText)), Reason: ReasonUnknown}
		if reason, ok := r.reason(); ok {
			d.Reason = reason
		}
		return d, nil
	}
	return nil, broken(r.Type, 0, "is not known")
}

// required finds the first required option that is not there.
func (r *Raw) required() *Error {
	for _, c := range r.Type.row().Required {
		if _, ok := r.Get(c); !ok {
			return broken(r.Type, c, "is missing")
		}
	}
	return nil
}

// Get is the data of the first option of a code.
func (r *Raw) Get(c Code) (string, bool) {
	for i := range r.Options {
		if r.Options[i].Code == c {
			return r.Options[i].Data, true
		}
	}
	return "", false
}

func (r *Raw) text(c Code) string {
	data, _ := r.Get(c)
	return data
}

func (r *Raw) u8(c Code) uint8 {
	if data, ok := r.Get(c); ok {
		return data[0]
	}
	return 0
}

func (r *Raw) u32(c Code) uint32 {
	if data, ok := r.Get(c); ok {
		return be32(data)
	}
	return 0
}

func (r *Raw) reason() (Reason, bool) {
	data, ok := r.Get(RejectReason)
	if !ok {
		return 0, false
	}
	return reasonOf(data), true
}

// reasonOf reads a reject-reason. The reserved 0 refuses as well as any other.
func reasonOf(data string) Reason {
	if data[0] == 0 {
		return ReasonUnknown
	}
	return Reason(data[0])
}

func (r *Raw) tls(c Code) TLS {
	if data, ok := r.Get(c); ok {
		return TLS(data[0])
	}
	return TLSAbsent
}

// vendor is the vendor's options, which mean nothing without its class.
func (r *Raw) vendor() VendorOptions {
	if _, ok := r.Get(VendorClassIdentifier); !ok {
		return ""
	}
	return VendorOptions(strings.Clone(r.text(VendorSpecificOptions)))
}

func be32(s string) uint32 {
	return uint32(s[0])<<24 | uint32(s[1])<<16 | uint32(s[2])<<8 | uint32(s[3])
}

func addr4(s string) netip.Addr { return netip.AddrFrom4([4]byte{s[0], s[1], s[2], s[3]}) }

func (r *Raw) connect() CONNECT {
	c := CONNECT{
		Relationship:   strings.Clone(r.text(RelationshipName)),
		MaxUnacked:     r.u32(MaxUnackedBNDUPD),
		ReceiveTimer:   r.u32(ReceiveTimer),
		VendorClass:    strings.Clone(r.text(VendorClassIdentifier)),
		Version:        r.u8(ProtocolVersionCode),
		TLS:            r.tls(TLSRequest),
		MCLT:           r.u32(MCLT),
		DelayedService: r.u8(DelayedServiceParameter),
		Vendor:         r.vendor(),
	}
	if data, ok := r.Get(HashBucketAssignment); ok {
		c.HBA = new(HBA)
		copy(c.HBA[:], data)
	}
	return c
}

func (r *Raw) connectack() CONNECTACK {
	c := CONNECTACK{
		Relationship: strings.Clone(r.text(RelationshipName)),
		Version:      r.u8(ProtocolVersionCode),
		TLS:          r.tls(TLSReply),
	}
	if reason, ok := r.reason(); ok {
		c.Reason, c.Text = reason, strings.Clone(r.text(MessageText))
		return c
	}
	c.MaxUnacked = r.u32(MaxUnackedBNDUPD)
	c.ReceiveTimer = r.u32(ReceiveTimer)
	c.VendorClass = strings.Clone(r.text(VendorClassIdentifier))
	c.Vendor = r.vendor()
	return c
}

// count is the number of binding updates, or answers.
func (r *Raw) count() int {
	n := 0
	for i := range r.Options {
		if r.Options[i].Code == AssignedIPAddress {
			n++
		}
	}
	return n
}

// nobody is the error of a binding message that names no address: there is
// nothing that an answer could be about.
func (r *Raw) nobody() *Error { return broken(r.Type, AssignedIPAddress, "is missing") }

func (r *Raw) bndupd() (Body, *Error) {
	n := r.count()
	if n == 0 {
		return nil, r.nobody()
	}
	_, vendor := r.Get(VendorClassIdentifier)
	m := BNDUPD{VendorClass: strings.Clone(r.text(VendorClassIdentifier)), Bindings: make([]Binding, 0, n)}
	for i := range r.Options {
		o := &r.Options[i]
		if o.Code == AssignedIPAddress {
			m.Bindings = append(m.Bindings, Binding{Address: addr4(o.Data)})
			continue
		}
		if len(m.Bindings) == 0 || o.Code == VendorSpecificOptions && !vendor {
			continue // belongs to no address, or to nobody's vendor
		}
		m.Bindings[len(m.Bindings)-1].set(o)
	}
	return m, nil
}

// set takes one option of the binding update. Strings are copied, for a lease
// must not hold on to a whole message.
func (b *Binding) set(o *Option) {
	switch o.Code {
	case BindingStatusCode:
		b.Status = BindingStatus(o.Data[0])
	case IPFlagsCode:
		b.Flags = IPFlags(o.Data[0])<<8 | IPFlags(o.Data[1])
	case ClientIdentifier:
		b.ClientID = strings.Clone(o.Data)
	case ClientHardwareAddress:
		b.HW = HW{Type: o.Data[0], Len: uint8(len(o.Data) - 1)}
		copy(b.HW.Addr[:], o.Data[1:])
	case LeaseExpirationTime:
		b.Expiration = Time(be32(o.Data))
	case PotentialExpirationTime:
		b.PotentialExpiration = Time(be32(o.Data))
	case StartTimeOfState:
		b.StateStart = Time(be32(o.Data))
	case ClientLastTransactionTime:
		b.LastTransaction = Time(be32(o.Data))
	case DDNSCode:
		b.DDNS = DDNS{DDNSFlags(o.Data[0])<<8 | DDNSFlags(o.Data[1]), strings.Clone(o.Data[2:])}
	case ClientRequestOptions:
		b.RequestOptions = clientOptions(o.Data)
	case ClientReplyOptions:
		b.ReplyOptions = clientOptions(o.Data)
	case VendorSpecificOptions:
		b.Vendor = VendorOptions(strings.Clone(o.Data))
	}
}

// clientOptions takes the magic off; options of another format are no options.
func clientOptions(data string) ClientOptions {
	if rest, ok := strings.CutPrefix(data, magic); ok {
		return ClientOptions(strings.Clone(rest))
	}
	return ""
}

func (r *Raw) bndack() (Body, *Error) {
	n := r.count()
	if n == 0 {
		return nil, r.nobody()
	}
	m := BNDACK{Answers: make([]Answer, 0, n)}
	for i := range r.Options {
		o := &r.Options[i]
		if o.Code == AssignedIPAddress {
			m.Answers = append(m.Answers, Answer{Address: addr4(o.Data)})
			continue
		}
		if len(m.Answers) == 0 {
			continue
		}
		switch a := &m.Answers[len(m.Answers)-1]; o.Code {
		case RejectReason:
			a.Reason = reasonOf(o.Data)
		case MessageText:
			a.Text = strings.Clone(o.Data)
		}
	}
	for i := range m.Answers {
		if m.Answers[i].Reason == 0 {
			m.Answers[i].Text = "" // an acceptance has no text
		}
	}
	return m, nil
}
