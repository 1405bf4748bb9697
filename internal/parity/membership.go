package parity

import (
	"fmt"
	"slices"
	"strings"

	"leasehold/pkg/objects"
)

// This file sees to it that a scope of the pair is served by the target within
// the pair, or not put there at all.

// membership gives the target's pair what decides which scopes are its own; n
// becomes it. It tells whether the attribute is one of those it cares for.
func (p *planner) membership(name string, src, n *objects.Object) bool {
	if src.Class != objects.FailoverPair {
		return false
	}
	switch name {
	case objects.FailoverPairMatches.Name:
		p.carryMatches(src, n)
	case objects.FailoverPairOn.Name:
		if objects.FailoverPairOn.Of(src) && !objects.FailoverPairOn.Of(n) {
			delete(n.Attrs, name)
		}
	case objects.FailoverPairMainServer.Name, objects.FailoverPairBackupServer.Name:
		// A server that is named by a cluster of the target's own is left so
		// by an update, if it is the same one.
		own := portable(p.target, n).Attrs[name]
		return p.mode == Update && strings.EqualFold(own, src.Attrs[name])
	default:
		return false
	}
	return true
}

// carryMatches adds the source's match list to the target's; only exact removes
// entries. No list is every scope: then nothing is missing on the target, and
// where only the source has none, what lacks are the subnets of its scopes.
func (p *planner) carryMatches(src, n *objects.Object) {
	attr := objects.FailoverPairMatches
	theirs, own := attr.Of(src), attr.Of(n)
	switch {
	case len(theirs) > 0 && p.mode == Exact:
		n.Attrs[attr.Name] = src.Attrs[attr.Name]
		return
	case len(own) == 0:
		return
	}
	if len(theirs) == 0 {
		for _, s := range p.from.all(objects.Scope) {
			theirs = append(theirs, objects.Match{Subnet: objects.MatchSubnet(s)})
		}
	}
	list := own
	for _, m := range theirs {
		if !slices.ContainsFunc(list, func(o objects.Match) bool { return o.Covers(m) }) {
			list = append(slices.DeleteFunc(slices.Clone(list), m.Covers), m)
		}
	}
	if sorted, err := objects.ParseMatches(objects.FormatMatches(list)); err == nil {
		n.Attrs[attr.Name] = objects.FormatMatches(sorted)
	}
}

// oversee refuses what must not be done with scopes, by name.
func (p *planner) oversee() {
	if p.to.name == "" {
		return
	}
	before, after := p.target.Get(objects.FailoverPair, p.to.name), p.result()
	pair := after.Get(objects.FailoverPair, p.to.name)
	elsewhere := pairOf(after, p.to.name).elsewhere
	for _, src := range p.from.all(objects.Scope) {
		dst := p.target.Get(objects.Scope, src.Name)
		switch {
		case dst != nil && foreign(src, dst, before):
			p.refuse("%s is %s on the source and %s on the target, another network of that name; rename or delete one of them, or bring it to the other's subnet, then sync",
				src.Ref(), network(p.source, src), network(p.target, dst))
		case p.puts[refOf(src)] != nil && (!objects.FailoverPairOn.Of(pair) || !objects.PairHas(pair, src) || elsewhere(src) != nil):
			p.refuse("%s, %s: the target would serve it outside %s, which the source has it in: %s",
				src.Ref(), network(p.source, src), pair.Ref(), whyOutside(pair, elsewhere(src)))
		}
	}
	for _, o := range p.deletes {
		// Where the target's pair has only now come to have it, nobody has ever
		// said that the two servers share it. A first exact makes a mirror image.
		switch {
		case o.Class != objects.Scope, before == nil && p.mode == Exact, before != nil && objects.PairHas(before, o):
		default:
			p.refuse("%s, %s, is on the target only, and not in its %s: the match list that goes with the scopes would take it in, and the sync delete it; move it out of the pair's subnets, create it on the source, or delete it, then sync",
				o.Ref(), network(p.target, o), pair.Ref())
		}
	}
	if before != nil {
		p.namesake(before)
	}
	slices.SortFunc(p.refused, objects.CompareNames)
}

// namesake refuses to take over the target's pair for another one that only has
// its name: in a back office several mains may have a pair of one name. A pair
// whose server has moved has the same scopes as before.
func (p *planner) namesake(before *objects.Object) {
	src := p.source.Get(objects.FailoverPair, p.from.name)
	main, backup := p.source.PairServers(src)
	ownMain, ownBackup := p.target.PairServers(before)
	if strings.EqualFold(main, ownMain) && strings.EqualFold(backup, ownBackup) {
		return
	}
	var only []string
	shared := p.from.all(objects.Scope)
	for _, s := range pairOf(p.target, p.to.name, before).all(objects.Scope) {
		if !slices.ContainsFunc(shared, func(o *objects.Object) bool { return objects.ScopeSubnet.Of(o).Overlaps(objects.ScopeSubnet.Of(s)) }) {
			only = append(only, s.Ref()+", "+network(p.target, s))
		}
	}
	if list := objects.FailoverPairMatches.Of(src); len(list) > 0 {
		for _, m := range objects.FailoverPairMatches.Of(before) {
			if !slices.ContainsFunc(list, func(o objects.Match) bool { return o.Covers(m) || m.Covers(o) }) {
				only = append(only, "match-list "+m.String())
			}
		}
	}
	if len(only) > 0 {
		p.refuse("%s is between main %s and backup %s on the target, between %s and %s on the source, and only the target's has %s: two pairs of one name. Rename one of them; if it is one pair, and a server has moved, set main-server and backup-server on the target, too, then sync",
			before.Ref(), ownMain, ownBackup, main, backup, strings.Join(only, "; "))
	}
}

func (p *planner) refuse(format string, args ...any) {
	p.refused = append(p.refused, fmt.Sprintf(format, args...))
}

// foreign tells whether a scope of the target only has the name of the source's.
// One that is in the target's pair may come to be another part of its network.
func foreign(src, dst, pair *objects.Object) bool {
	theirs, own := objects.ScopeSubnet.Of(src), objects.ScopeSubnet.Of(dst)
	if objects.ScopeVPN.Of(src) != objects.ScopeVPN.Of(dst) || !theirs.Overlaps(own) {
		return true
	}
	return theirs != own && (pair == nil || !objects.PairHas(pair, dst))
}

// network is where a scope is: [vpn/]subnet.
func network(cfg *objects.Config, scope *objects.Object) string {
	subnet := scope.Text(objects.ScopeSubnet.Attr)
	number := objects.ScopeVPN.Of(scope)
	switch v := cfg.VPNByID(number); {
	case number == 0:
		return subnet
	case v != nil:
		return objects.JoinVPN(v.Name, subnet)
	}
	return fmt.Sprintf("%s in vpn %d", subnet, number)
}

// whyOutside says why a scope is not in the pair, or not in it alone.
func whyOutside(pair, other *objects.Object) string {
	switch {
	case !objects.FailoverPairOn.Of(pair):
		return "the pair is not in use there (failover=false), nor on the source"
	case other != nil:
		return other.Ref() + " of the target has it"
	}
	return "its match list there is " + pair.Text(objects.FailoverPairMatches.Attr)
}
