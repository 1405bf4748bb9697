package parity

import (
	"fmt"
	"net/netip"
	"slices"

	"leasehold/pkg/objects"
)

// Stray is a scope that one server of a pair has in the pair and the other
// serves outside of it: both serve its addresses, each for itself.
type Stray struct {
	In, Out *objects.Object // the scope of the one and of the other server
	OnMain  bool            // it is the main server that serves it alone
}

func (s Stray) String() string {
	alone, pair := "backup", "main"
	if s.OnMain {
		alone, pair = pair, alone
	}
	return fmt.Sprintf("%s, %s: the %s has it outside the pair, the %s has %s in the pair: both would serve its addresses, each for itself",
		s.Out.Ref(), s.Out.Text(objects.ScopeSubnet.Attr), alone, pair, s.In.Ref())
}

// Strays lists the scopes that only one of the two servers has in the pair.
func Strays(main, backup *objects.Config, pair string) []Stray {
	all := strays(main, backup, pair, false)
	return append(all, strays(backup, main, pair, true)...)
}

func strays(in, out *objects.Config, pair string, onMain bool) (all []Stray) {
	o := in.Get(objects.FailoverPair, pair)
	if o == nil || !objects.FailoverPairOn.Of(o) {
		return nil
	}
	ours := pairOf(in, o.Name, o)
	for _, s := range ours.all(objects.Scope) {
		for _, other := range alone(out, Area{objects.ScopeSubnet.Of(s), objects.ScopeRanges.Of(s)}) {
			all = append(all, Stray{In: s, Out: other, OnMain: onMain})
		}
	}
	return all
}

// Area is ranges of a subnet; without any, all of it.
type Area struct {
	Subnet netip.Prefix
	Ranges []objects.Range
}

// has tells whether a scope of the subnet has addresses of the area.
func (a *Area) has(scope *objects.Object) bool {
	ranges := objects.ScopeRanges.Of(scope)
	return len(a.Ranges) == 0 || len(ranges) == 0 || slices.ContainsFunc(ranges, func(r objects.Range) bool {
		return slices.ContainsFunc(a.Ranges, r.Overlaps)
	})
}

// Outside lists the scopes that a server shares with nobody and that have
// addresses of the areas.
func Outside(cfg *objects.Config, areas []Area) (all []*objects.Object) {
	for _, a := range areas {
		all = append(all, alone(cfg, a)...)
	}
	return all
}

// alone are the scopes with addresses of the area that a server shares with
// nobody, in order of name.
func alone(cfg *objects.Config, a Area) []*objects.Object {
	all := slices.DeleteFunc(cfg.ScopesTouching(0, a.Subnet), func(s *objects.Object) bool { return inFailover(cfg, s) || !a.has(s) })
	slices.SortFunc(all, func(a, b *objects.Object) int { return objects.CompareNames(a.Name, b.Name) })
	return all
}

// inFailover tells whether a server shares a scope with some partner, by a pair
// or by attributes of the dhcp object and of the scope.
func inFailover(cfg *objects.Config, scope *objects.Object) bool {
	switch objects.ScopeFailover.Of(scope) {
	case objects.FailoverScopeDisabled:
		return false
	case objects.FailoverScopeEnabled:
		return true
	}
	return cfg.PairOf(scope) != nil || objects.DhcpFailover.Of(cfg.Dhcp())
}
