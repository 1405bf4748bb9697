package wire

import "strings"

// VendorPrefix begins the vendor class of this implementation; its version
// follows.
const VendorPrefix = "leasehold-"

// timeRule is which of the four times of a binding update are sent.
type timeRule uint8

const (
	timesByStatus timeRule = iota // the draft's: the end of a lease only while ACTIVE, 0 never
	timesAlways                   // dhcpd's: all, for every status, 0 for none; only the transaction time may be left out
	timesAny                      // whatever is set
)

// Profile is how a kind of partner wants its messages. The order of options is
// dhcpd's for all; the draft leaves it open.
type Profile struct {
	Name string
	// Vendor is how the vendor class of such a partner begins.
	Vendor string
	// Batch: a BNDUPD may have more than one binding update.
	Batch bool
	// Extras: DDNS, client-request-options, client-reply-options,
	// delayed-service-parameter and vendor-specific-options are sent. They
	// are left out of a message to others.
	Extras bool
	// Secrets: the partner knows message-digest and TLS.
	Secrets bool
	// SetIsPrimary: a set bit of a hash-bucket-assignment gives the bucket to
	// the primary, not to the secondary.
	SetIsPrimary bool

	times timeRule
}

// The profiles.
var (
	// Draft is for a partner of which nothing is known. Every partner must
	// take batches (draft-12 section 6.3), and not every one does: it gets none.
	Draft = &Profile{Name: "draft", Extras: true, Secrets: true}
	// Own is for a partner of this implementation.
	Own = &Profile{Name: "leasehold", Vendor: VendorPrefix, Batch: true, Extras: true, Secrets: true}
	// ISC is for a dhcpd. It closes the connection on a second binding
	// update, on the DDNS option and on anything it finds malformed.
	ISC = &Profile{Name: "isc", Vendor: "isc-", SetIsPrimary: true, times: timesAlways}

	// whole writes everything a message holds, for its dump.
	whole = &Profile{Name: "whole", Batch: true, Extras: true, Secrets: true, times: timesAny}
)

// ProfileOf is the profile for a partner with this vendor class.
func ProfileOf(vendorClass string) *Profile {
	for _, p := range []*Profile{ISC, Own} {
		if strings.HasPrefix(vendorClass, p.Vendor) {
			return p
		}
	}
	return Draft
}
