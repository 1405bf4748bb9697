package wire

import (
	"math"
	"strconv"
)

// Code is an option number of the failover protocol's own space.
type Code uint16

// The options of the draft (section 12).
const (
	AddressesTransferred      Code = 1
	AssignedIPAddress         Code = 2
	BindingStatusCode         Code = 3
	ClientIdentifier          Code = 4
	ClientHardwareAddress     Code = 5
	ClientLastTransactionTime Code = 6
	ClientReplyOptions        Code = 7
	ClientRequestOptions      Code = 8
	DDNSCode                  Code = 9
	DelayedServiceParameter   Code = 10
	HashBucketAssignment      Code = 11
	IPFlagsCode               Code = 12
	LeaseExpirationTime       Code = 13
	MaxUnackedBNDUPD          Code = 14
	MCLT                      Code = 15
	MessageText               Code = 16
	MessageDigest             Code = 17
	PotentialExpirationTime   Code = 18
	ReceiveTimer              Code = 19
	ProtocolVersionCode       Code = 20
	RejectReason              Code = 21
	RelationshipName          Code = 22
	ServerFlagsCode           Code = 23
	ServerStateCode           Code = 24
	StartTimeOfState          Code = 25
	TLSReply                  Code = 26
	TLSRequest                Code = 27
	VendorClassIdentifier     Code = 28
	VendorSpecificOptions     Code = 29
)

// encoding is how the octets of an option read; the dump prints by it.
type encoding uint8

const (
	octets encoding = iota
	number
	clock // absolute time, 0 is none
	address
	text
	status
	state
	serverFlags
	ipFlags
	reason
	hardware      // type, address
	dhcpOptions   // magic, then options as in DHCP
	dnsUpdate     // flags, then a name in DNS wire form
	nestedOptions // options as in this protocol
)

// codeRow is what the draft says about one option. Its length is Min to Max;
// Each marks what belongs to one binding update, so that it may stand again
// after the next assigned-IP-address of the same message (section 6.3).
type codeRow struct {
	Code     Code
	Name     string
	Min, Max int
	Encoding encoding
	Each     bool
}

const open = math.MaxUint16

var codeTable = []codeRow{
	{AddressesTransferred, "addresses-transferred", 4, 4, number, false},
	{AssignedIPAddress, "assigned-IP-address", 4, 4, address, true},
	{BindingStatusCode, "binding-status", 1, 1, status, true},
	{ClientIdentifier, "client-identifier", 0, open, octets, true},
	{ClientHardwareAddress, "client-hardware-address", 1, 17, hardware, true},
	{ClientLastTransactionTime, "client-last-transaction-time", 4, 4, clock, true},
	{ClientReplyOptions, "client-reply-options", 4, open, dhcpOptions, true},
	{ClientRequestOptions, "client-request-options", 4, open, dhcpOptions, true},
	{DDNSCode, "DDNS", 2, open, dnsUpdate, true},
	{DelayedServiceParameter, "delayed-service-parameter", 1, 1, number, false},
	{HashBucketAssignment, "hash-bucket-assignment", 32, 32, octets, false},
	{IPFlagsCode, "IP-flags", 2, 2, ipFlags, true}, // the figure's length of 1 is an erratum
	{LeaseExpirationTime, "lease-expiration-time", 4, 4, clock, true},
	{MaxUnackedBNDUPD, "max-unacked-bndupd", 4, 4, number, false},
	{MCLT, "MCLT", 4, 4, number, false},
	{MessageText, "message", 0, open, text, true},
	{MessageDigest, "message-digest", 1, open, octets, false},
	{PotentialExpirationTime, "potential-expiration-time", 4, 4, clock, true},
	{ReceiveTimer, "receive-timer", 4, 4, number, false},
	{ProtocolVersionCode, "protocol-version", 1, 1, number, false},
	{RejectReason, "reject-reason", 1, 1, reason, true},
	{RelationshipName, "relationship-name", 0, open, text, false},
	{ServerFlagsCode, "server-flags", 1, 1, serverFlags, false},
	{ServerStateCode, "server-state", 1, 1, state, false},
	{StartTimeOfState, "start-time-of-state", 4, 4, clock, true},
	{TLSReply, "TLS-reply", 1, 1, number, false},
	{TLSRequest, "TLS-request", 1, 1, number, false},
	{VendorClassIdentifier, "vendor-class-identifier", 0, open, text, false},
	{VendorSpecificOptions, "vendor-specific-options", 0, open, nestedOptions, true},
}

func (c Code) row() *codeRow {
	if c == 0 || int(c) > len(codeTable) {
		return nil
	}
	return &codeTable[c-1]
}

// String is the draft's name, or "option-<n>".
func (c Code) String() string {
	if r := c.row(); r != nil {
		return r.Name
	}
	return "option-" + strconv.Itoa(int(c))
}

// lengths words the row's length rule for an error.
func (r *codeRow) lengths() string {
	switch {
	case r.Min == r.Max:
		return strconv.Itoa(r.Min)
	case r.Max == open:
		return "at least " + strconv.Itoa(r.Min)
	}
	return strconv.Itoa(r.Min) + " to " + strconv.Itoa(r.Max)
}
