package engine

import (
	"strconv"

	"leasehold/internal/lease"
	"leasehold/internal/packet"
	"leasehold/pkg/objects"
)

// LongestLease is the longest lease, in seconds, that any policy of the
// configuration gives.
func LongestLease(cfg *objects.Config) int64 {
	code := objects.OptionPrefix + strconv.Itoa(int(packet.LeaseTime))
	longest := int64(0)
	if base := cfg.Get(objects.Policy, objects.SystemDefaultPolicy); base == nil || base.Attrs[code] == "" {
		longest = defaultLeaseTime
	}
	for _, class := range objects.PolicyClasses {
		for _, o := range cfg.All(class) {
			t, _ := strconv.ParseInt(o.Attrs[code], 10, 64)
			if t == infinite || objects.PolicyPermanentLeases.Of(o) {
				return lease.Forever
			}
			longest = max(longest, t)
		}
	}
	return longest
}
