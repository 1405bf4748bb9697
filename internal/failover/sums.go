package failover

import (
	"sync"

	"leasehold/internal/parity"
	"leasehold/pkg/failover/wire"
	"leasehold/pkg/objects"
)

// The sums of the stored configuration, as two of ours tell them each other in
// CONTACTs (contact.go).

const (
	sumsVersion = 1

	maxSums = 100 // classes
)

// schema is what the sums are made of: servers that know other attributes have
// other sums of the same configuration.
var schema = sync.OnceValue(objects.SchemaHash)

// sumsMessage tells the partner the sums.
func sumsMessage(sums []parity.ClassDigest) wire.CONTACT {
	b := append([]byte{sumsVersion, byte(len(schema()))}, schema()...)
	for _, s := range sums {
		b = append(append(b, byte(len(s.Class))), s.Class...)
		b = append(b, s.Sum[:]...)
	}
	return contact(wire.VendorOptions("").With(optionSums, string(b)))
}

// readSums takes what the partner tells. told is false where it tells no sums,
// or some that cannot be compared with ours: then there are none.
func readSums(c wire.CONTACT) (sums []parity.ClassDigest, told bool) {
	text, told := c.Vendor.Get(optionSums)
	r := cutter(text)
	head, ok := r.cut(1)
	if !told || !ok || head[0] != sumsVersion {
		return nil, false
	}
	if of, ok := r.name(); !ok || of != schema() {
		return nil, told
	}
	sums = []parity.ClassDigest{}
	for len(r) > 0 {
		class, ok := r.name()
		sum, whole := r.cut(8)
		if !ok || !whole || len(sums) == maxSums {
			return nil, false
		}
		sums = append(sums, parity.ClassDigest{Class: class, Sum: [8]byte([]byte(sum))})
	}
	return sums, true
}

// cutter is a text that is taken piece by piece.
type cutter string

func (c *cutter) cut(n int) (string, bool) {
	if len(*c) < n {
		return "", false
	}
	piece := string((*c)[:n])
	*c = (*c)[n:]
	return piece, true
}

// name cuts a text that has its length before it.
func (c *cutter) name() (string, bool) {
	n, ok := c.cut(1)
	if !ok {
		return "", false
	}
	return c.cut(int(n[0]))
}
