package binding

import "leasehold/pkg/failover/wire"

// Buckets is a set of RFC 3074 hash buckets: those that the primary serves.
type Buckets [4]uint64

// Has tells whether the primary serves the bucket.
func (b *Buckets) Has(bucket uint8) bool { return b[bucket>>6]&(1<<(bucket&63)) != 0 }

// BucketsOf reads a hash-bucket-assignment by the profile it was made with, and
// tells whether it leaves any bucket to the secondary.
func BucketsOf(p *wire.Profile, hba wire.HBA) (set Buckets, balanced bool) {
	for bucket := range 256 {
		if p.PrimaryServes(hba, uint8(bucket)) {
			set[bucket>>6] |= 1 << (bucket & 63)
		} else {
			balanced = true
		}
	}
	return set, balanced
}
