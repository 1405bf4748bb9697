package packet

import (
	"strconv"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// MessageType is the value of option 53; 0 is a BOOTP message.
type MessageType = dhcpv4.MessageType

// The message types (RFC 2132 section 9.6, RFC 4388 section 6.1).
const (
	BOOTP           = dhcpv4.MessageTypeNone
	Discover        = dhcpv4.MessageTypeDiscover
	Offer           = dhcpv4.MessageTypeOffer
	Request         = dhcpv4.MessageTypeRequest
	Decline         = dhcpv4.MessageTypeDecline
	Ack             = dhcpv4.MessageTypeAck
	Nak             = dhcpv4.MessageTypeNak
	Release         = dhcpv4.MessageTypeRelease
	Inform          = dhcpv4.MessageTypeInform
	LeaseQuery      = MessageType(10)
	LeaseUnassigned = MessageType(11)
	LeaseUnknown    = MessageType(12)
	LeaseActive     = MessageType(13)
)

// TypeName is the name that logs use: DHCPDISCOVER, BOOTP, DHCPLEASEQUERY.
func TypeName(t MessageType) string {
	if name := typeNames[t]; name != "" {
		return name
	}
	return "DHCP message type " + strconv.Itoa(int(t))
}

var typeNames = [256]string{
	BOOTP: "BOOTP", Discover: "DHCPDISCOVER", Offer: "DHCPOFFER", Request: "DHCPREQUEST",
	Decline: "DHCPDECLINE", Ack: "DHCPACK", Nak: "DHCPNAK", Release: "DHCPRELEASE",
	Inform: "DHCPINFORM", LeaseQuery: "DHCPLEASEQUERY", LeaseUnassigned: "DHCPLEASEUNASSIGNED",
	LeaseUnknown: "DHCPLEASEUNKNOWN", LeaseActive: "DHCPLEASEACTIVE",
}

// The values of the op field.
const (
	BootRequest = uint8(dhcpv4.OpcodeBootRequest)
	BootReply   = uint8(dhcpv4.OpcodeBootReply)
)

// The options that a server reads or makes itself. All others are only
// numbers here: their names and types are those of the option catalogue.
const (
	SubnetMask           = uint8(dhcpv4.OptionSubnetMask)
	Routers              = uint8(dhcpv4.OptionRouter)
	HostName             = uint8(dhcpv4.OptionHostName)
	DomainName           = uint8(dhcpv4.OptionDomainName)
	VendorOptions        = uint8(dhcpv4.OptionVendorSpecificInformation)
	RequestedAddress     = uint8(dhcpv4.OptionRequestedIPAddress)
	LeaseTime            = uint8(dhcpv4.OptionIPAddressLeaseTime)
	Overload             = uint8(dhcpv4.OptionOptionOverload)
	DHCPMessageType      = uint8(dhcpv4.OptionDHCPMessageType)
	ServerIdentifier     = uint8(dhcpv4.OptionServerIdentifier)
	ParameterRequestList = uint8(dhcpv4.OptionParameterRequestList)
	ErrorMessage         = uint8(dhcpv4.OptionMessage)
	MaxMessageSize       = uint8(dhcpv4.OptionMaximumDHCPMessageSize)
	RenewalTime          = uint8(dhcpv4.OptionRenewTimeValue)
	RebindingTime        = uint8(dhcpv4.OptionRebindingTimeValue)
	VendorClass          = uint8(dhcpv4.OptionClassIdentifier)
	ClientIdentifier     = uint8(dhcpv4.OptionClientIdentifier)
	UserClass            = uint8(dhcpv4.OptionUserClassInformation)
	RapidCommit          = uint8(dhcpv4.OptionRapidCommit)
	ClientFQDN           = uint8(dhcpv4.OptionFQDN)
	RelayAgentInfo       = uint8(dhcpv4.OptionRelayAgentInformation)
	LastTransaction      = uint8(dhcpv4.OptionClientLastTransactionTime)
	AssociatedAddress    = uint8(dhcpv4.OptionAssociatedIP)
	SubnetSelection      = uint8(dhcpv4.OptionSubnetSelection)
	VendorClassV4        = uint8(dhcpv4.OptionVendorIdentifyingVendorClass)
	VendorInfoV4         = uint8(dhcpv4.OptionVendorIdentifyingVendorSpecific)
)

// mandatory says whether the option is one that a reply must not lack for want
// of room: the lease, its server and its mask, and what a client is promised to
// get back as it sent it.
func mandatory(code uint8) bool {
	switch code {
	case SubnetMask, LeaseTime, ServerIdentifier, RenewalTime, RebindingTime,
		ClientIdentifier, // RFC 6842
		ClientFQDN,       // RFC 4702
		optMachineID,     // RFC 4578
		SubnetSelection,  // RFC 3011
		optVSS:           // RFC 6607
		return true
	}
	return false
}

// The sub-options of relay-agent-info that a server acts upon.
const (
	RelayCircuitID        = uint8(1)   // RFC 3046
	RelayRemoteID         = uint8(2)   // RFC 3046
	RelayLinkSelection    = uint8(5)   // RFC 3527
	RelaySubscriberID     = uint8(6)   // RFC 3993
	RelayServerIDOverride = uint8(11)  // RFC 5107
	RelayVPN              = uint8(151) // RFC 6607
	RelayVPNControl       = uint8(152) // RFC 6607
)

const (
	optPad       = uint8(dhcpv4.OptionPad)
	optMachineID = uint8(dhcpv4.OptionClientMachineIdentifier)
	optVSS       = uint8(dhcpv4.OptionVirtualSubnetAllocation)
	optEnd       = uint8(dhcpv4.OptionEnd)
)
