package binding

import (
	"slices"

	"leasehold/internal/lease"
)

// Agreed says for which addresses both servers are known to have the same
// reservations. It is never changed.
type Agreed struct {
	// Spans are in order and do not overlap.
	Spans []lease.Range
	// Outside is for a partner that tells nothing and gives reserved addresses
	// by its ranges only: those that are in no range are nobody else's.
	Outside bool
}

// has tells whether either server may give the address, because it is reserved
// for the same client on both. Where nothing is said both have the same.
func (g *Agreed) has(l *lease.Lease) bool {
	if g == nil || g.Outside && l.Flags&lease.NotInRanges != 0 {
		return true
	}
	_, found := slices.BinarySearchFunc(g.Spans, l.Addr, func(r lease.Range, a lease.Addr) int {
		switch {
		case r.Last < a:
			return -1
		case r.First > a:
			return 1
		}
		return 0
	})
	return found
}
