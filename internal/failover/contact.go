package failover

import (
	"leasehold/internal/version"
	"leasehold/pkg/failover/wire"
)

// Vendor options of a CONTACT: what two servers of ours tell each other beyond
// the draft. A partner of another kind is told nothing, and an older one of ours
// takes no notice of those that it does not know.
const (
	optionTerms  = 1 // version, flags (terms.go)
	optionScopes = 2 // of one page: subnet, flags, number of ranges, ranges (terms.go)
	optionSums   = 3 // version, what the sums are made of, and for each class the length of its name, the name, the sum (sums.go)
	optionAge    = 4 // version, which of the two numbers, the number (age.go)
	optionSummed = 5 // of the same scopes as optionScopes: sums of the reservations (reserved.go)
)

// contact is the message with the options.
func contact(options wire.VendorOptions) wire.CONTACT {
	return wire.CONTACT{VendorClass: wire.VendorPrefix + version.Version, Vendor: options}
}
