package binding

import (
	"leasehold/internal/lease"
)

// Grant is the MCLT rule (draft-12 section 7.1.5): the end of the lease that
// a client may be told at now although it should have desired seconds, and the
// potential expiration to promise the partner.
func (a *Authority) Grant(l *lease.Lease, now, desired int64) (expiration, potential int64) {
	return now + desired, now + desired
}

// Given is the lease as it must be written when a client was given it until
// expiration (after lease.Acknowledge): the partner is to be told of it.
func (a *Authority) Given(l lease.Lease, potential int64) lease.Lease { return l }
