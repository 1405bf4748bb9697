package wire

import (
	"net/netip"
)

// HW is a hardware address: ARP type (1 is Ethernet, 0 is none), and up to 16
// octets; those after Len are zero, so that equal addresses are equal values.
type HW struct {
	Type uint8
	Len  uint8
	Addr [16]byte
}

// Binding is one binding update transaction. It is a comparable value; a zero
// field is an option that is not there.
type Binding struct {
	Address  netip.Addr
	Status   BindingStatus
	Flags    IPFlags
	HW       HW
	ClientID string // option 61 as the client sent it

	Expiration          Time // what the client was told last
	PotentialExpiration Time
	StateStart          Time
	LastTransaction     Time

	DDNS           DDNS
	RequestOptions ClientOptions // of the client's request
	ReplyOptions   ClientOptions // of the server's reply
	Vendor         VendorOptions
}

// DDNS is the DNS update of an address. Name is in DNS wire form.
type DDNS struct {
	Flags DDNSFlags
	Name  string
}

// Answer is the part of a BNDACK about one address. Reason 0 accepts.
type Answer struct {
	Address netip.Addr
	Reason  Reason
	Text    string
}

// Check tells what the update lacks to be understood (draft-12 table 7.1-1):
// an Error of severity Reject, or nil. It is lenient where dhcpd is: times
// other than the end of an ACTIVE lease may be missing, and what must not be
// there with a status is no error.
func (b *Binding) Check() *Error {
	fault := func(c Code, r Reason, problem string) *Error {
		return &Error{Severity: Reject, Reason: r, Type: TypeBNDUPD, Option: c, Address: b.Address, Problem: problem}
	}
	switch {
	case b.Status == 0:
		return fault(BindingStatusCode, ReasonMissingInformation, "is missing")
	case !b.Status.Known():
		return fault(BindingStatusCode, ReasonUnknown, b.Status.String()+" is not known")
	case b.Status.HasClient() && b.HW.Type == 0:
		return fault(ClientHardwareAddress, ReasonMissingInformation, "is missing with "+b.Status.String())
	case b.Status == StatusActive && b.Expiration == 0:
		return fault(LeaseExpirationTime, ReasonMissingInformation, "is missing with ACTIVE")
	}
	return nil
}
