package objects

import (
	"cmp"
	"net/netip"
	"strings"
)

// CompareNames orders object names: addresses by number, others by their
// lower-case text.
func CompareNames(a, b string) int {
	x, errX := netip.ParseAddr(a)
	y, errY := netip.ParseAddr(b)
	if errX == nil && errY == nil {
		return x.Compare(y)
	}
	return cmp.Compare(strings.ToLower(a), strings.ToLower(b))
}
