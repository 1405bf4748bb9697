package wire

import (
	"slices"
	"strconv"
)

// Type is a message type (draft-12 section 6.1).
type Type uint8

// The messages of the draft.
const (
	TypePOOLREQ    Type = 1
	TypePOOLRESP   Type = 2
	TypeBNDUPD     Type = 3
	TypeBNDACK     Type = 4
	TypeCONNECT    Type = 5
	TypeCONNECTACK Type = 6
	TypeUPDREQALL  Type = 7
	TypeUPDDONE    Type = 8
	TypeUPDREQ     Type = 9
	TypeSTATE      Type = 10
	TypeCONTACT    Type = 11
	TypeDISCONNECT Type = 12
)

// typeRow is what the draft says about one message type. Required and
// Optional name the options that mean something in it; any other is ignored.
type typeRow struct {
	Type     Type
	Name     string
	Reply    Type // 0: none
	Required []Code
	Optional []Code
	// Missing is how far the lack of a required option reaches.
	Missing Severity
}

var typeTable = []typeRow{
	{Type: TypePOOLREQ, Name: "POOLREQ", Reply: TypePOOLRESP},
	{Type: TypePOOLRESP, Name: "POOLRESP", Required: []Code{AddressesTransferred}, Missing: Close},
	{
		Type: TypeBNDUPD, Name: "BNDUPD", Reply: TypeBNDACK,
		Required: []Code{AssignedIPAddress, BindingStatusCode},
		Optional: []Code{
			ClientIdentifier, ClientHardwareAddress, LeaseExpirationTime, PotentialExpirationTime, StartTimeOfState,
			ClientLastTransactionTime, IPFlagsCode, DDNSCode, ClientRequestOptions, ClientReplyOptions,
			VendorClassIdentifier, VendorSpecificOptions,
		},
		Missing: Reject, // only without any address there is nothing to reject, and the connection ends
	},
	{
		Type: TypeBNDACK, Name: "BNDACK",
		Required: []Code{AssignedIPAddress}, Optional: []Code{RejectReason, MessageText},
		Missing: Close,
	},
	{
		Type: TypeCONNECT, Name: "CONNECT", Reply: TypeCONNECTACK,
		// in the order in which section 7.8.2 looks at them
		Required: []Code{ProtocolVersionCode, RelationshipName, MCLT, HashBucketAssignment, MaxUnackedBNDUPD, ReceiveTimer, VendorClassIdentifier},
		Optional: []Code{TLSRequest, DelayedServiceParameter, VendorSpecificOptions},
		Missing:  Refuse,
	},
	{
		Type: TypeCONNECTACK, Name: "CONNECTACK",
		// all but the first two only where the CONNECT is accepted
		Required: []Code{ProtocolVersionCode, RelationshipName, MaxUnackedBNDUPD, ReceiveTimer, VendorClassIdentifier},
		Optional: []Code{TLSReply, RejectReason, MessageText, VendorSpecificOptions},
		Missing:  Refuse,
	},
	{Type: TypeUPDREQALL, Name: "UPDREQALL", Reply: TypeUPDDONE},
	{Type: TypeUPDDONE, Name: "UPDDONE"},
	{Type: TypeUPDREQ, Name: "UPDREQ", Reply: TypeUPDDONE},
	{Type: TypeSTATE, Name: "STATE", Required: []Code{ServerStateCode, ServerFlagsCode, StartTimeOfState}, Missing: Close},
	{Type: TypeCONTACT, Name: "CONTACT", Optional: []Code{VendorClassIdentifier, VendorSpecificOptions}},
	// The connection ends anyway: a missing reason reads as ReasonUnknown.
	{Type: TypeDISCONNECT, Name: "DISCONNECT", Optional: []Code{RejectReason, MessageText}},
}

func (t Type) row() *typeRow {
	if t == 0 || int(t) > len(typeTable) {
		return nil
	}
	return &typeTable[t-1]
}

// Known tells whether the draft defines t.
func (t Type) Known() bool { return t.row() != nil }

// Ignorable tells whether a server that does not know t goes on without it;
// any other unknown type closes the connection (draft-12 section 6.1).
func (t Type) Ignorable() bool { return t >= 128 }

// Reply is the type that answers t with the same xid, 0 if none does.
func (t Type) Reply() Type {
	if r := t.row(); r != nil {
		return r.Reply
	}
	return 0
}

// Takes tells whether option c means something in a message of type t.
func (t Type) Takes(c Code) bool {
	r := t.row()
	return r != nil && (c == MessageDigest || slices.Contains(r.Required, c) || slices.Contains(r.Optional, c))
}

// String is the draft's name, or "type-<n>".
func (t Type) String() string {
	if r := t.row(); r != nil {
		return r.Name
	}
	return "type-" + strconv.Itoa(int(t))
}
