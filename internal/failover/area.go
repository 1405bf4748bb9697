package failover

import (
	"net/netip"
	"slices"
	"strings"

	"leasehold/pkg/objects"
)

// Scopes may share a subnet: their ranges part it among them, and each may be in
// another relationship. So whose addresses are meant is said by range.

// area is a range of a scope, or all of its subnet where it has none.
type area struct {
	VPN    uint32       `json:"vpn,omitempty"`
	Subnet netip.Prefix `json:"subnet"`
	First  netip.Addr   `json:"first,omitzero"`
	Last   netip.Addr   `json:"last,omitzero"`
}

// areasOf are the addresses of a scope.
func areasOf(o *objects.Object) (all []area) {
	whole := area{VPN: uint32(objects.ScopeVPN.Of(o)), Subnet: objects.ScopeSubnet.Of(o)}
	for _, r := range objects.ScopeRanges.Of(o) {
		whole.First, whole.Last = r.First, r.Last
		all = append(all, whole)
	}
	if len(all) == 0 {
		return []area{whole}
	}
	return all
}

// areasOf are the addresses of a scope. One that has no range has none where
// others share its subnet, and else may have reserved ones.
func (c *compiler) areasOf(o *objects.Object) []area {
	all := areasOf(o)
	if all[0].whole() && len(c.cfg.ScopesOf(int(all[0].VPN), all[0].Subnet)) > 1 {
		return nil
	}
	return all
}

func (r *relationship) areas() []area {
	all := make([]area, 0, len(r.scopes))
	for _, s := range r.scopes {
		all = append(all, s.areas...)
	}
	return all
}

func (a area) whole() bool { return !a.First.IsValid() }

// meets tells whether two areas have an address in common.
func (a area) meets(b area) bool {
	return a.VPN == b.VPN && a.Subnet.Overlaps(b.Subnet) &&
		(a.whole() || b.whole() || a.First.Compare(b.Last) <= 0 && b.First.Compare(a.Last) <= 0)
}

// without is what is left of it beside another. Of a whole subnet nothing is: which
// of its addresses were meant is not known.
func (a area) without(b area) (rest []area) {
	switch {
	case !a.meets(b):
		return []area{a}
	case a.whole() || b.whole():
		return nil
	}
	if a.First.Less(b.First) {
		rest = append(rest, area{a.VPN, a.Subnet, a.First, b.First.Prev()})
	}
	if b.Last.Less(a.Last) {
		rest = append(rest, area{a.VPN, a.Subnet, b.Last.Next(), a.Last})
	}
	return rest
}

// beside is what areas have beside others.
func beside(all, others []area) []area {
	for _, b := range others {
		var rest []area
		for _, a := range all {
			rest = append(rest, a.without(b)...)
		}
		all = rest
	}
	return all
}

// overlap tells whether areas have an address in common.
func overlap(a, b []area) bool {
	return slices.ContainsFunc(a, func(x area) bool { return slices.ContainsFunc(b, x.meets) })
}

// partOf says which addresses areas have of others; "" is all, or cannot be said.
func partOf(all, others []area) string {
	rest := beside(all, others)
	if len(rest) == 0 || rest[0].whole() {
		return ""
	}
	var texts []string
	for _, a := range beside(all, rest) {
		texts = append(texts, objects.Range{First: a.First, Last: a.Last}.String())
	}
	return " (" + strings.Join(texts, ", ") + ")"
}
