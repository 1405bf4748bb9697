package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"unicode/utf8"
)

// MaxText is the most octets of a message option that are sent; the rest of a
// longer text is left out.
const MaxText = 255

// encoder writes the options of one message for one kind of partner.
type encoder struct {
	b []byte
	p *Profile
	// maxText is what is left for each text of a BNDACK with many of them.
	maxText int
}

// Append writes m as this kind of partner wants it. It refuses what would make
// the partner close the connection, and what the draft forbids to send.
func (p *Profile) Append(b []byte, m Message) ([]byte, error) {
	if m.Body == nil {
		return b, errors.New("encode failover message: it has no body")
	}
	if err := p.check(m); err != nil {
		return b, fmt.Errorf("encode %s for partner %s: %w", m.Body.Type(), p.Name, err)
	}
	e := encoder{b: b, p: p, maxText: MaxText}
	e.message(m)
	if ack, ok := m.Body.(BNDACK); ok && len(e.b)-len(b) > MaxMessage {
		// The addresses of one BNDUPD always fit, their texts need not.
		e = encoder{b: b, p: p, maxText: shareOfText(ack)}
		e.message(m)
	}
	if len(e.b)-len(b) > MaxMessage {
		return b, fmt.Errorf("encode %s: %w", m.Body.Type(), ErrTooLong)
	}
	return e.b, nil
}

// Encode is Append to nothing.
func (p *Profile) Encode(m Message) ([]byte, error) { return p.Append(nil, m) }

// AppendBinding writes a binding as it stands in a BNDUPD, which has MaxMessage
// octets at most with its header, and its vendor class where there is one.
func (p *Profile) AppendBinding(b []byte, binding *Binding) []byte {
	e := encoder{b: b, p: p}
	e.binding(binding)
	return e.b
}

func (e *encoder) message(m Message) {
	start := len(e.b)
	e.b = append(e.b, 0, 0, byte(m.Body.Type()), MinMessage)
	e.b = binary.BigEndian.AppendUint32(e.b, uint32(m.Time))
	e.b = binary.BigEndian.AppendUint32(e.b, m.XID)
	if m.Digest != "" { // must be first (draft-12 sections 11.1, 12.17)
		e.text(MessageDigest, m.Digest)
	}
	m.Body.encode(e)
	binary.BigEndian.PutUint16(e.b[start:], uint16(len(e.b)-start))
}

func (e *encoder) u8(c Code, v uint8) {
	e.b = append(e.b, byte(c>>8), byte(c), 0, 1, v)
}

func (e *encoder) u32(c Code, v uint32) {
	e.b = append(e.b, byte(c>>8), byte(c), 0, 4)
	e.b = binary.BigEndian.AppendUint32(e.b, v)
}

func (e *encoder) text(c Code, s string) {
	e.b = appendOption(e.b, c, s[:min(len(s), math.MaxUint16)])
}

func (e *encoder) address(a netip.Addr) {
	var v [4]byte
	if a.Is4() || a.Is4In6() {
		v = a.As4()
	}
	e.u32(AssignedIPAddress, binary.BigEndian.Uint32(v[:]))
}

// refusal writes why, and as much of the text as has room.
func (e *encoder) refusal(r Reason, text string) {
	e.u8(RejectReason, uint8(r))
	if text = shorten(text, e.maxText); text != "" {
		e.text(MessageText, text)
	}
}

// shorten cuts a text between two characters.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:max(n, 0)]
}

// shareOfText is the length of each text of a BNDACK that is too long.
func shareOfText(m BNDACK) int {
	left, texts := MaxMessage-MinMessage, 0
	for _, a := range m.Answers {
		left -= 8
		if a.Reason != 0 {
			left -= 5
			if a.Text != "" {
				left -= 4
				texts++
			}
		}
	}
	if texts == 0 || left <= 0 {
		return 0
	}
	return min(left/texts, MaxText)
}

func (POOLREQ) encode(*encoder)   {}
func (UPDREQALL) encode(*encoder) {}
func (UPDREQ) encode(*encoder)    {}
func (UPDDONE) encode(*encoder)   {}
func (Ignored) encode(*encoder)   {}

func (m CONTACT) encode(e *encoder) {
	if !e.p.Extras {
		return
	}
	if m.VendorClass != "" {
		e.text(VendorClassIdentifier, m.VendorClass)
	}
	if m.Vendor != "" {
		e.text(VendorSpecificOptions, string(m.Vendor))
	}
}

func (m POOLRESP) encode(e *encoder) { e.u32(AddressesTransferred, m.Transferred) }

func (m STATE) encode(e *encoder) {
	e.u8(ServerStateCode, uint8(m.State))
	e.u8(ServerFlagsCode, uint8(m.Flags))
	e.u32(StartTimeOfState, uint32(m.Since))
}

func (m DISCONNECT) encode(e *encoder) { e.refusal(m.Reason, m.Text) }

func (m CONNECT) encode(e *encoder) {
	e.text(RelationshipName, m.Relationship)
	e.u32(MaxUnackedBNDUPD, m.MaxUnacked)
	e.u32(ReceiveTimer, m.ReceiveTimer)
	e.text(VendorClassIdentifier, m.VendorClass)
	e.u8(ProtocolVersionCode, m.Version)
	if m.TLS != TLSAbsent {
		e.u8(TLSRequest, uint8(m.TLS))
	}
	e.u32(MCLT, m.MCLT)
	if m.HBA != nil {
		e.text(HashBucketAssignment, string(m.HBA[:]))
	}
	if !e.p.Extras {
		return
	}
	if m.DelayedService != 0 {
		e.u8(DelayedServiceParameter, m.DelayedService)
	}
	if m.Vendor != "" {
		e.text(VendorSpecificOptions, string(m.Vendor))
	}
}

func (m CONNECTACK) encode(e *encoder) {
	e.text(RelationshipName, m.Relationship)
	if m.Reason == 0 {
		e.u32(MaxUnackedBNDUPD, m.MaxUnacked)
		e.u32(ReceiveTimer, m.ReceiveTimer)
		e.text(VendorClassIdentifier, m.VendorClass)
	}
	e.u8(ProtocolVersionCode, m.Version)
	if m.TLS != TLSAbsent {
		e.u8(TLSReply, uint8(m.TLS))
	}
	if m.Reason != 0 {
		e.refusal(m.Reason, m.Text)
	} else if m.Vendor != "" && e.p.Extras {
		e.text(VendorSpecificOptions, string(m.Vendor))
	}
}

func (m BNDACK) encode(e *encoder) {
	for i := range m.Answers {
		a := &m.Answers[i]
		e.address(a.Address)
		if a.Reason != 0 {
			e.refusal(a.Reason, a.Text)
		}
	}
}

func (m BNDUPD) encode(e *encoder) {
	if m.VendorClass != "" && e.p.Extras {
		e.text(VendorClassIdentifier, m.VendorClass)
	}
	for i := range m.Bindings {
		e.binding(&m.Bindings[i])
	}
}

func (e *encoder) binding(b *Binding) {
	e.address(b.Address)
	e.u8(BindingStatusCode, uint8(b.Status))
	if b.Status != StatusAbandoned || e.p == whole { // an abandoned address has no client
		if b.ClientID != "" {
			e.text(ClientIdentifier, b.ClientID)
		}
		if b.HW.Type != 0 || b.HW.Len != 0 {
			n := min(int(b.HW.Len), len(b.HW.Addr))
			e.b = append(e.b, 0, byte(ClientHardwareAddress), 0, byte(1+n), b.HW.Type)
			e.b = append(e.b, b.HW.Addr[:n]...)
		}
	}
	always, lease := e.p.times == timesAlways, e.p.times != timesByStatus || b.Status == StatusActive
	e.time(LeaseExpirationTime, b.Expiration, lease, always)
	e.time(PotentialExpirationTime, b.PotentialExpiration, lease, always)
	e.time(StartTimeOfState, b.StateStart, true, always)
	e.time(ClientLastTransactionTime, b.LastTransaction, true, false)
	if b.Flags != 0 {
		e.b = append(e.b, 0, byte(IPFlagsCode), 0, 2, byte(b.Flags>>8), byte(b.Flags))
	}
	if e.p.Extras {
		e.extras(b)
	}
}

// time writes a time that may be sent, if it is set or always is.
func (e *encoder) time(c Code, t Time, may, always bool) {
	if may && (t != 0 || always) {
		e.u32(c, uint32(t))
	}
}

func (e *encoder) extras(b *Binding) {
	if b.DDNS != (DDNS{}) {
		e.text(DDNSCode, string([]byte{byte(b.DDNS.Flags >> 8), byte(b.DDNS.Flags)})+b.DDNS.Name)
	}
	if b.RequestOptions != "" {
		e.text(ClientRequestOptions, magic+string(b.RequestOptions))
	}
	if b.ReplyOptions != "" {
		e.text(ClientReplyOptions, magic+string(b.ReplyOptions))
	}
	if b.Vendor != "" {
		e.text(VendorSpecificOptions, string(b.Vendor))
	}
}

// check finds what must not be sent to such a partner.
func (p *Profile) check(m Message) error {
	if m.Digest != "" && !p.Secrets {
		return errors.New("it does not know message-digest")
	}
	switch body := m.Body.(type) {
	case CONNECT:
		if err := body.Check(); err != nil {
			return err
		}
		if !p.Secrets && body.TLS != TLSNone && body.TLS != TLSAbsent {
			return errors.New("it does not know TLS")
		}
		return checkNames(body.Relationship, body.VendorClass, body.TLS, TLSRequired)
	case CONNECTACK:
		if err := body.Check(); err != nil {
			return err
		}
		return checkNames(body.Relationship, body.VendorClass, body.TLS, TLSWanted)
	case STATE:
		if !body.State.Sendable() {
			return fmt.Errorf("server-state %s is never sent", body.State)
		}
	case DISCONNECT:
		if body.Reason == 0 {
			return errors.New("reject-reason is missing")
		}
	case BNDACK:
		return checkAnswers(body)
	case BNDUPD:
		if m.XID == 0 {
			return errors.New("xid 0 is not used for a binding update") // dhcpd takes it for none
		}
		return p.checkBindings(body)
	case CONTACT:
		if body.Vendor != "" && body.VendorClass == "" && p.Extras {
			return errors.New("vendor-specific-options need a vendor-class-identifier")
		}
	case Ignored:
		return errors.New("it has no meaning")
	}
	return nil
}

func checkNames(relationship, vendor string, tls, most TLS) error {
	switch {
	case len(relationship) > 255 || strings.ContainsRune(relationship, 0):
		return errors.New("relationship-name is longer than 255 octets or has a NUL")
	case len(vendor) > 255:
		return errors.New("vendor-class-identifier is longer than 255 octets")
	case tls > most && tls != TLSAbsent:
		return fmt.Errorf("TLS value %d does not exist", tls)
	}
	return nil
}

func checkAnswers(m BNDACK) error {
	if len(m.Answers) == 0 {
		return errors.New("it answers no address")
	}
	for i := range m.Answers {
		if !m.Answers[i].Address.Is4() {
			return fmt.Errorf("%v is no IPv4 address", m.Answers[i].Address)
		}
	}
	return nil
}

func (p *Profile) checkBindings(m BNDUPD) error {
	if len(m.Bindings) == 0 {
		return errors.New("it updates no address")
	}
	if len(m.Bindings) > 1 && !p.Batch {
		return fmt.Errorf("%d binding updates in one message", len(m.Bindings))
	}
	for i := range m.Bindings {
		b := &m.Bindings[i]
		switch {
		case !b.Address.Is4():
			return fmt.Errorf("%v is no IPv4 address", b.Address)
		case int(b.HW.Len) > len(b.HW.Addr):
			return fmt.Errorf("%v: a client-hardware-address of %d octets", b.Address, b.HW.Len)
		case b.Vendor != "" && m.VendorClass == "" && p.Extras:
			return fmt.Errorf("%v: vendor-specific-options need a vendor-class-identifier", b.Address)
		}
		if err := b.Check(); err != nil {
			return err
		}
	}
	return nil
}
