package core

import (
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/wire"
)

// buckets is how many hash buckets there are (RFC 3074).
const buckets = 256

// split is how many of the hash buckets the primary serves. A dhcpd always
// balances, so it is given half where nothing else is said.
func (c *Config) split(p *wire.Profile) int {
	switch {
	case c.Balanced:
		return c.Split
	case p == wire.ISC:
		return buckets / 2
	}
	return buckets
}

// HBA is the hash-bucket-assignment that the primary sends in its CONNECT to
// a partner of this kind.
func (c *Config) HBA(p *wire.Profile) wire.HBA { return p.Split(c.split(p)) }

// primaryBuckets reads an assignment: the buckets that the primary serves, and
// whether that leaves any to the secondary.
func primaryBuckets(p *wire.Profile, hba wire.HBA) (binding.Buckets, bool) {
	var set binding.Buckets
	balanced := false
	for b := range buckets {
		if p.PrimaryServes(hba, uint8(b)) {
			set[b>>6] |= 1 << (b & 63)
		} else {
			balanced = true
		}
	}
	return set, balanced
}
