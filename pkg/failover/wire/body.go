package wire

// Message is a failover message as a value.
type Message struct {
	Time   Time   // the sender's clock when it was sent
	XID    uint32 // a reply carries that of its request
	Digest string // contents of message-digest: type, digest; "" is none
	Body   Body
}

// Body is one of the message types below.
type Body interface {
	// Type is the message type that the body makes.
	Type() Type
	encode(e *encoder)
}

// POOLREQ asks the partner for addresses.
type POOLREQ struct{}

// POOLRESP answers it with the number of addresses that were transferred.
type POOLRESP struct{ Transferred uint32 }

// BNDUPD tells the partner what became of one or more bindings.
type BNDUPD struct {
	// VendorClass must be set where a binding has vendor options.
	VendorClass string
	Bindings    []Binding
}

// BNDACK answers every binding of a BNDUPD.
type BNDACK struct{ Answers []Answer }

// CONNECT opens the relationship; the primary sends it.
type CONNECT struct {
	Relationship   string
	MaxUnacked     uint32 // BNDUPDs that the sender takes unacknowledged
	ReceiveTimer   uint32 // seconds of silence after which the sender gives up
	VendorClass    string
	Version        uint8
	TLS            TLS
	MCLT           uint32 // seconds
	HBA            *HBA   // nil is missing; read it by Profile.PrimaryServes
	DelayedService uint8  // seconds, 0 is none
	Vendor         VendorOptions
}

// CONNECTACK accepts a CONNECT, or refuses it where Reason is set. Only
// Relationship, Version, TLS, Reason and Text go with a refusal.
type CONNECTACK struct {
	Relationship string
	MaxUnacked   uint32
	ReceiveTimer uint32
	VendorClass  string
	Version      uint8
	TLS          TLS
	Vendor       VendorOptions
	Reason       Reason
	Text         string
}

// UPDREQALL asks for all bindings.
type UPDREQALL struct{}

// UPDREQ asks for the bindings that were not acknowledged yet.
type UPDREQ struct{}

// UPDDONE ends the answer to either.
type UPDDONE struct{}

// STATE tells the state of the sender.
type STATE struct {
	State ServerState
	Flags ServerFlags
	Since Time
}

// CONTACT shows that the sender lives. To a partner of the same vendor it may
// also tell what no message of the draft has room for.
type CONTACT struct {
	// VendorClass must be set where there are vendor options.
	VendorClass string
	Vendor      VendorOptions
}

// DISCONNECT is the last message of a connection.
type DISCONNECT struct {
	Reason Reason
	Text   string
}

// Ignored is a message of a type from 128 on that the draft does not know. It
// cannot be sent.
type Ignored struct{ Kind Type }

// Type is TypePOOLREQ.
func (POOLREQ) Type() Type { return TypePOOLREQ }

// Type is TypePOOLRESP.
func (POOLRESP) Type() Type { return TypePOOLRESP }

// Type is TypeBNDUPD.
func (BNDUPD) Type() Type { return TypeBNDUPD }

// Type is TypeBNDACK.
func (BNDACK) Type() Type { return TypeBNDACK }

// Type is TypeCONNECT.
func (CONNECT) Type() Type { return TypeCONNECT }

// Type is TypeCONNECTACK.
func (CONNECTACK) Type() Type { return TypeCONNECTACK }

// Type is TypeUPDREQALL.
func (UPDREQALL) Type() Type { return TypeUPDREQALL }

// Type is TypeUPDREQ.
func (UPDREQ) Type() Type { return TypeUPDREQ }

// Type is TypeUPDDONE.
func (UPDDONE) Type() Type { return TypeUPDDONE }

// Type is TypeSTATE.
func (STATE) Type() Type { return TypeSTATE }

// Type is TypeCONTACT.
func (CONTACT) Type() Type { return TypeCONTACT }

// Type is TypeDISCONNECT.
func (DISCONNECT) Type() Type { return TypeDISCONNECT }

// Type is the number that was received.
func (i Ignored) Type() Type { return i.Kind }

// connectMissing gives the reason that section 7.8.2 of the draft has for the
// lack of an option.
var connectMissing = map[Code]Reason{
	ProtocolVersionCode:  ReasonVersion,
	RelationshipName:     ReasonInvalidPartner,
	MCLT:                 ReasonInvalidMCLT,
	HashBucketAssignment: ReasonBuckets,
}

// check finds the first required option of t that has does not report.
func check(t Type, required []Code, has func(Code) bool) *Error {
	for _, c := range required {
		if has(c) {
			continue
		}
		reason, ok := connectMissing[c]
		if !ok {
			reason = ReasonConnection
		}
		return &Error{Severity: t.row().Missing, Reason: reason, Type: t, Option: c, Problem: "is missing"}
	}
	return nil
}

// Check tells what the CONNECT lacks: an Error of severity Refuse, or nil. A
// value of 0 is as good as none for every number in it.
func (c CONNECT) Check() *Error {
	return check(TypeCONNECT, TypeCONNECT.row().Required, func(code Code) bool {
		switch code {
		case ProtocolVersionCode:
			return c.Version != 0
		case RelationshipName:
			return c.Relationship != ""
		case MCLT:
			return c.MCLT != 0
		case HashBucketAssignment:
			return c.HBA != nil
		case MaxUnackedBNDUPD:
			return c.MaxUnacked != 0
		case ReceiveTimer:
			return c.ReceiveTimer != 0
		}
		return c.VendorClass != ""
	})
}

// Check tells what the CONNECTACK lacks, as that of CONNECT.
func (c CONNECTACK) Check() *Error {
	required := TypeCONNECTACK.row().Required
	if c.Reason != 0 {
		required = required[:2]
	}
	return check(TypeCONNECTACK, required, func(code Code) bool {
		switch code {
		case ProtocolVersionCode:
			return c.Version != 0
		case RelationshipName:
			return c.Relationship != ""
		case MaxUnackedBNDUPD:
			return c.MaxUnacked != 0
		case ReceiveTimer:
			return c.ReceiveTimer != 0
		}
		return c.VendorClass != ""
	})
}
