package engine

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"leasehold/internal/lease"
)

// The index finds what a walk over all prefixes finds: the longest that holds
// the address.
func TestPrefixIndexAgainstWalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nets := map[netip.Prefix]*network{}
		for range rapid.IntRange(0, 40).Draw(t, "prefixes") {
			// Few high bits and many lengths, so that prefixes nest.
			a := lease.Addr(rapid.Uint32Range(0, 1<<10-1).Draw(t, "addr") << 22)
			p := netip.PrefixFrom(a.Netip(), rapid.IntRange(0, 12).Draw(t, "bits")).Masked()
			nets[p] = &network{primary: p}
		}
		x := newPrefixIndex(nets)
		for range 50 {
			a := lease.Addr(rapid.Uint32().Draw(t, "find"))
			var want *network
			for p, n := range nets {
				if p.Contains(a.Netip()) && (want == nil || p.Bits() > want.primary.Bits()) {
					want = n
				}
			}
			if got := x.find(a); got != want {
				t.Fatalf("%s: got %v, want %v", a, got, want)
			}
		}
	})
}

func TestBounds(t *testing.T) {
	for text, want := range map[string][2]string{
		"10.0.0.0/24":     {"10.0.0.0", "10.0.0.255"},
		"10.0.0.7/32":     {"10.0.0.7", "10.0.0.7"},
		"0.0.0.0/0":       {"0.0.0.0", "255.255.255.255"},
		"192.168.7.99/25": {"192.168.7.0", "192.168.7.127"},
	} {
		first, last := bounds(netip.MustParsePrefix(text))
		if first.String() != want[0] || last.String() != want[1] {
			t.Errorf("%s: %s to %s, want %s to %s", text, first, last, want[0], want[1])
		}
	}
}
