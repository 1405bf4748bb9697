package engine

import (
	"testing"

	"leasehold/internal/lease"
	"leasehold/pkg/objects"
)

func TestLongestLease(t *testing.T) {
	cfg := objects.NewConfig()
	put := func(c *objects.Class, name, attr, value string) {
		o := objects.New(c, name)
		o.Attrs[attr] = value
		cfg.Put(o)
	}
	check := func(want int64) {
		t.Helper()
		if got := LongestLease(cfg); got != want {
			t.Errorf("%d s, want %d s", got, want)
		}
	}
	put(objects.Policy, objects.SystemDefaultPolicy, "option.51", "3600")
	check(3600)
	put(objects.ScopePolicy, "lan", "option.51", "7200")
	check(7200)
	put(objects.ClientPolicy, "printer", "permanent-leases", "true")
	check(lease.Forever)
	put(objects.ClientPolicy, "printer", "option.51", "4294967295")
	check(lease.Forever)
	put(objects.ClientPolicy, "printer", "option.51", "60")
	put(objects.Policy, objects.SystemDefaultPolicy, "offer-timeout", "60")
	check(defaultLeaseTime)
}
