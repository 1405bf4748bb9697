package failover

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

const (
	besides = `dhcp log-settings=default,incoming-packets failover-maximum-client-lead-time=60 failover-poll-interval=1s failover-poll-timeout=5s
scope lab subnet=$0/24 ranges=$100-$149 failover=scope-enabled failover-main-server=$2 failover-backup-server=$3
`
	// In one subnet with it: a scope of the pair in which the roles are the other way
	// round, and one that each server has for itself.
	opposite = besides + "scope shop subnet=$0/24 ranges=$150-$199 failover=scope-enabled failover-main-server=$3 failover-backup-server=$2\n"
	itself   = besides + "scope shop subnet=$0/24 ranges=$150-$199 failover=scope-disabled\n"
)

// Scopes that share a subnet need not be in the same relationship: what is the one's
// is no danger to the other, with a reload and over a start.
func TestSubnetOfSeveralPairs(t *testing.T) {
	for _, config := range []string{opposite, itself} {
		_, one, two := pairsUp(t, config)
		for _, n := range []*node{one, two} {
			if text := n.tryReload(); text != "" {
				t.Errorf("server %d, a reload that changes nothing: %s", n.host, text)
			}
			n.stop()
			n.start()
			if n.holding() || n.log.said("are held") || n.log.said("the partner may serve it still") {
				t.Errorf("server %d: scopes are held", n.host)
			}
			one.all("NORMAL")
			two.all("NORMAL")
			if h := n.engine.Health(); h.Value < 10 {
				t.Errorf("server %d: health %d: %v", n.host, h.Value, h.Reasons)
			}
		}
	}
}

// A range that goes from the one scope to the other goes to another relationship, or
// to none. One that is new is no danger.
func TestRangeMoves(t *testing.T) {
	for config, want := range map[string]string{opposite: "scopes shop ($140-$149) any more but", itself: "scopes shop ($140-$149) any more, which this server would then serve alone"} {
		s, one, _ := pairsUp(t, config)
		one.set("scope lab ranges=$110-$149\nscope shop ranges=$150-$250")
		if text := one.tryReload(); text != "" {
			t.Error(text)
		}
		one.set("scope lab ranges=$110-$139\nscope shop ranges=$140-$250")
		for range 2 {
			if text := one.tryReload(); !strings.Contains(text, strings.ReplaceAll(want, "$", s.net+".")) {
				t.Errorf("%q, want %q", text, want)
			}
			// Nor does it in two steps.
			one.set("scope shop ranges=$150-$250")
			if text := one.tryReload(); text != "" {
				t.Error(text)
			}
			one.set("scope shop ranges=$140-$250")
		}
		one.stop()
		one.start()
		one.log.await(t, "the partner may serve it still")
		one.set("scope lab ranges=$110-$149\nscope shop ranges=$150-$250")
		if text := one.tryReload(); text != "" {
			t.Error(text)
		}
		one.all("NORMAL")
		if one.holding() {
			t.Error("it is held although the range is back")
		}
	}
}

// What is left of addresses.
func TestBeside(t *testing.T) {
	a := func(first, last string) area {
		return area{Subnet: netip.MustParsePrefix("10.0.0.0/24"), First: mustAddr("10.0.0." + first), Last: mustAddr("10.0.0." + last)}
	}
	whole := area{Subnet: netip.MustParsePrefix("10.0.0.0/24")}
	for _, c := range []struct{ all, others, want []area }{
		{[]area{a("10", "20")}, nil, []area{a("10", "20")}},
		{[]area{a("10", "20")}, []area{a("21", "30"), a("1", "9")}, []area{a("10", "20")}},
		{[]area{a("10", "20")}, []area{a("12", "13"), a("20", "30")}, []area{a("10", "11"), a("14", "19")}},
		{[]area{a("10", "20"), a("30", "40")}, []area{a("5", "35")}, []area{a("36", "40")}},
		{[]area{a("10", "20"), a("30", "40")}, []area{whole}, nil},
		{[]area{whole}, []area{a("10", "20")}, nil},
		{[]area{whole}, []area{{VPN: 1, Subnet: whole.Subnet}}, []area{whole}},
	} {
		if got := beside(c.all, c.others); !slices.Equal(got, c.want) {
			t.Errorf("%v beside %v: %v", c.all, c.others, got)
		}
	}
}
