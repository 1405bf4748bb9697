package core

import "leasehold/pkg/failover/wire"

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
