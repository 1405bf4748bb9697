package failover

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
	"leasehold/pkg/objects"
)

// claim is what a partner may still serve: the addresses of a relationship as it
// was last in service, be that now or before the server ended.
type claim struct {
	name        string
	role        lease.Role
	partner     netip.Addr
	partnerName string
	areas       []area
	snap        core.Snapshot
	safe        bool // the partner serves nobody any more, or never did
	touch       bool // it is heard
	lost        bool // the lease database has an older one
	away        bool // this server has served without it since
}

// claims are those of all relationships. mu is held.
func (m *Manager) claims() (all []claim) {
	now := m.now().Wall
	for name, kept := range m.recorded() {
		if p := m.pairs[name]; p != nil && p.started {
			continue
		}
		all = append(all, claim{
			name: name, role: kept.Role, partner: kept.Partner, partnerName: or(kept.PartnerName, kept.Partner.String()),
			areas: slices.Concat(kept.Areas, kept.Left), snap: kept.Snapshot,
			safe: solitary(&kept.Snapshot, 0, now),
			lost: m.outdated(name, &kept), away: kept.Away,
		})
	}
	for _, p := range m.pairs {
		if !p.started {
			continue
		}
		r, status := p.rel.Load(), p.condition().status
		all = append(all, claim{
			name: p.name, role: p.role, partner: p.partnerAddr(), partnerName: p.partnerName(),
			areas: slices.Concat(r.areas(), r.left), snap: status.Snapshot,
			safe: solitary(&status.Snapshot, r.core.MCLT, now) && !status.Connected, touch: status.Connected,
		})
	}
	slices.SortFunc(all, func(a, b claim) int { return strings.Compare(a.name, b.name) })
	return all
}

// partnerAddr is the partner's address, as it was last known.
func (p *Pair) partnerAddr() netip.Addr {
	if a := p.rel.Load().partner().addr; a.IsValid() {
		return a
	}
	kept, _ := p.m.record(p.name)
	return kept.Partner
}

// danger is what a configuration would do against a claim: scopes that this
// server would serve alone, and those that it would share with somebody else,
// or with the same partner in the other role, by relationship; and those of the
// claim's own relationship, turned, whose roles it would exchange too early.
type danger struct {
	claim
	leaving []string
	moving  map[*relationship][]string
	turning []string
	turned  *relationship
	parts   map[string]string // of scopes that have more: which addresses it is about
}

// danger is nil if there is none. heirs tells which relationships take over what
// is known of which.
func (c *compiler) danger(of claim, heirs map[string]string) *danger {
	d := &danger{claim: of, moving: map[*relationship][]string{}, parts: map[string]string{}}
	for _, o := range c.touched(of.areas) { // a scope may have got another name
		switch to := c.of[strings.ToLower(o.Name)]; {
		case to != nil && of.turns(to, heirs):
			d.turned, d.turning = to, append(d.turning, o.Name)
		case to != nil && of.strays(to, heirs):
			d.moving[to] = append(d.moving[to], o.Name)
		case of.safe:
			continue
		case to == nil:
			d.leaving = append(d.leaving, o.Name)
		case to.name == of.name && to.mirrors(of.role, of.partner): // it begins anew
			continue
		case to.role != lease.Alone && (another(to.partner().addr, of.partner) || of.exchanged(to, heirs)):
			d.moving[to] = append(d.moving[to], o.Name)
		default:
			continue
		}
		d.parts[o.Name] = partOf(c.areasOf(o), of.areas)
	}
	if len(d.leaving)+len(d.moving)+len(d.turning) == 0 {
		return nil
	}
	return d
}

// exchanged tells whether scopes of the claim would be in a relationship in which
// this server has the other role. Whose the free addresses are would be the other
// way round at once here, and on the partner some time later. Where the
// relationship is the same, or takes over what was known of it, both servers
// exchange all leases first.
func (of *claim) exchanged(to *relationship, heirs map[string]string) bool {
	return of.role != lease.Alone && to.role != of.role && to.name != of.name && heirs[to.name] != of.name
}

// turns tells whether this server would have the other role in the claim's own
// relationship while it stands in for a partner that is not in touch. The partner
// comes back to give its own free addresses, which were given in its place; this
// server, which is silent until it has exchanged all leases, does not tell it.
func (of *claim) turns(to *relationship, heirs map[string]string) bool {
	return of.snap.State == wire.StatePartnerDown && !of.touch && !unmet(&of.snap) &&
		of.role != lease.Alone && to.role == of.role.Other() &&
		(to.name == of.name || heirs[to.name] == of.name) && !another(to.partner().addr, of.partner)
}

// standsIn tells whether this server has given addresses in its partner's place, and
// the partner may not have heard of all that yet.
func (of *claim) standsIn() bool {
	switch of.snap.State {
	case wire.StatePartnerDown, wire.StatePotentialConflict, wire.StateResolutionInterrupted:
		return !of.away && !unmet(&of.snap) && of.role != lease.Alone
	}
	return false
}

// strays tells whether scopes of the claim would be in another relationship with the
// same partner while this server stands in for it. The partner comes back with the
// relationship that it had, and hears nothing there of what was given in its place. One
// that recovers serves nobody, and knows a relationship that has another name when it
// has that, too.
func (of *claim) strays(to *relationship, heirs map[string]string) bool {
	return of.standsIn() && to.role != lease.Alone && to.name != of.name && !another(to.partner().addr, of.partner) &&
		!(of.touch && heirs[to.name] == of.name)
}

// touched are the scopes that have addresses in common with areas, in order of
// name.
func (c *compiler) touched(areas []area) (all []*objects.Object) {
	seen := map[*objects.Object]bool{}
	for _, a := range areas {
		for _, o := range c.cfg.ScopesTouching(int(a.VPN), a.Subnet) {
			if !seen[o] && slices.ContainsFunc(c.areasOf(o), a.meets) {
				seen[o] = true
				all = append(all, o)
			}
		}
	}
	slices.SortFunc(all, func(a, b *objects.Object) int { return objects.CompareNames(a.Name, b.Name) })
	return all
}

// another tells whether two partners are different servers, as far as their
// addresses are known.
func another(a, b netip.Addr) bool { return a.IsValid() && b.IsValid() && a != b }

// dangers are all that the configuration would do. mu is held.
func (n *prepared) dangers() (all []*danger) {
	heirs := n.heirs()
	for _, of := range n.m.claims() {
		if d := n.c.danger(of, heirs); d != nil {
			all = append(all, d)
		}
	}
	return all
}

// Risks are the relationships whose scopes this server would serve alone from
// now on, or share with another partner, although their partner may serve
// them, too: both would give the same addresses. Scopes that go altogether are
// no risk, and the partner's if it has them.
func (n *prepared) Risks() []string {
	n.m.mu.Lock()
	defer n.m.mu.Unlock()
	var all []string
	for _, d := range n.dangers() {
		all = append(all, d.risks()...)
	}
	return all
}

// risks say what is at stake, and the way out.
func (d *danger) risks() (all []string) {
	for _, to := range d.targets() {
		scopes := d.list(d.moving[to])
		if to.name == d.name {
			all = append(all, fmt.Sprintf("failover %q is in %s with partner %s and would have another partner, %s, for scopes %s: if %s still serves them, it and the new partner give the same addresses; "+
				"stop %s and declare it down ('dhcp setPartnerDown %s') until MCLT has passed, then change the partner",
				d.name, state(d.snap.State), d.partnerName, serverName(to.partner()), scopes, d.partnerName, d.partnerName, d.partnerName))
			continue
		}
		if !another(to.partner().addr, d.partner) && d.standsIn() {
			all = append(all, fmt.Sprintf("failover %q is in %s and would not have scopes %s any more but failover %q, with the same partner: this server has given addresses in the place of %s, which gives them again when it comes back with the configuration that it had and does not hear of that; "+
				"bring the partner back until both servers are in NORMAL, and change it then",
				d.name, state(d.snap.State), scopes, to.name, d.partnerName))
			continue
		}
		if !another(to.partner().addr, d.partner) {
			all = append(all, fmt.Sprintf("failover %q is in %s and would not have scopes %s any more but failover %q, in which this server is the %s and not the %s: as long as the partner %s has not changed the same, both take the same free addresses for their own; "+
				"give the scopes a failover-pair of their own on both servers, exchange main and backup of that when it is in NORMAL, and move them to %q then",
				d.name, state(d.snap.State), scopes, to.name, strings.ToLower(owner(to.role)), strings.ToLower(owner(d.role)), d.partnerName, to.name))
			continue
		}
		all = append(all, fmt.Sprintf("failover %q is in %s and would not have scopes %s any more, which this server would then share with another partner: if its partner %s still serves them, all three give the same addresses; "+
			"take them from %s first, or stop it and declare it down ('dhcp setPartnerDown %s') until MCLT has passed",
			d.name, state(d.snap.State), scopes, d.partnerName, d.partnerName, d.partnerName))
	}
	if d.turned != nil {
		was, will := d.roles()
		all = append(all, fmt.Sprintf("failover %q is in PARTNER-DOWN and this server, the %s, would be the %s for scopes %s: it has given addresses in the place of its partner %s, which gives them again when it comes back and does not hear of that; "+
			"bring the partner back until both servers are in NORMAL, and exchange main and backup then",
			d.name, was, will, d.list(d.turning), d.partnerName))
	}
	if len(d.leaving) > 0 {
		all = append(all, fmt.Sprintf("failover %q is in %s and would not have scopes %s any more, which this server would then serve alone: if its partner %s serves them, too, both give the same addresses; "+
			"stop the partner and declare it down ('dhcp setPartnerDown %s') until MCLT has passed, or delete the scopes on this server if the partner is to keep them",
			d.name, state(d.snap.State), d.list(d.leaving), d.partnerName, d.partnerName))
	}
	return all
}

// roles are what this server is in the relationship whose roles are exchanged, and
// what it would be.
func (d *danger) roles() (was, will string) {
	return strings.ToLower(owner(d.role)), strings.ToLower(owner(d.role.Other()))
}

// list names scopes, with the addresses where it is not about all that they have.
func (d *danger) list(scopes []string) string {
	var all []string
	for _, name := range scopes {
		all = append(all, name+d.parts[name])
	}
	return strings.Join(all, ", ")
}

// apart are the scopes that have addresses of the claim only, and those that have more.
func (d *danger) apart(scopes []string) (whole, some []string) {
	for _, name := range scopes {
		if d.parts[name] == "" {
			whole = append(whole, name)
		} else {
			some = append(some, name)
		}
	}
	return whole, some
}

// targets are the relationships that scopes would move to, in order.
func (d *danger) targets() []*relationship {
	all := make([]*relationship, 0, len(d.moving))
	for to := range d.moving {
		all = append(all, to)
	}
	slices.SortFunc(all, func(a, b *relationship) int { return strings.Compare(a.name, b.name) })
	return all
}

// solitary tells whether the server may serve all addresses by itself: its
// partner is down and what that gave is over, or it never had one.
func solitary(s *core.Snapshot, mclt, now int64) bool {
	return unmet(s) || s.State == wire.StatePartnerDown && now >= s.Down+max(s.Lead(), mclt)
}

// unmet tells whether there never was a partner.
func unmet(s *core.Snapshot) bool { return s.PartnerState == 0 && (s.New || s.State == 0) }

// remaining are the addresses of a claim whose scopes are not there any more, or do
// not have them, or are silent. The partner may go on with them, so that they are not
// forgotten until a relationship with it has them, or somebody took the risk.
func (c *compiler) remaining(of claim) []area {
	if of.safe {
		return nil
	}
	var left []area
	for _, a := range of.areas {
		rest := []area{a}
		for _, o := range c.cfg.ScopesTouching(int(a.VPN), a.Subnet) {
			if to := c.of[strings.ToLower(o.Name)]; to == nil || to.role != lease.Alone {
				rest = beside(rest, c.areasOf(o))
			}
		}
		left = append(left, rest...)
	}
	return left
}

// settleClaims brings what is kept of relationships to what the configuration
// makes of them: by now whatever was a danger is wanted by force. mu is held.
func (n *prepared) settleClaims(claims []claim, heirs map[string]string) {
	for _, of := range claims {
		left, goesOn := n.c.remaining(of), false
		for _, r := range n.c.ordered {
			if r.role != lease.Alone && (r.name == of.name || heirs[r.name] == of.name) {
				r.left, goesOn = slices.Concat(r.left, left), true
			}
		}
		kept, ok := n.m.record(of.name)
		if goesOn || !ok {
			continue
		}
		was := kept.Away
		kept.Away = was || !n.replaces(of.name)
		switch {
		case n.c.danger(of, heirs) != nil:
			kept.Snapshot = retired(kept.Snapshot, n.m.now().Wall)
			kept.Areas, kept.Left = nil, left
		case !of.safe && !slices.Equal(left, of.areas):
			kept.Areas, kept.Left = nil, left
		case kept.Away == was:
			continue
		}
		if err := n.m.saveRecord(of.name, kept); err != nil {
			n.m.Log.Log(msgUnsaved, of.name, err)
		}
	}
}

// retired is what has to be known when the relationship is configured again,
// or with another partner. Meanwhile this server serves as it does without
// one, so it is in PARTNER-DOWN since now; one that did not serve goes on from
// where it was.
func retired(s core.Snapshot, now int64) core.Snapshot {
	if serves(s.State) {
		s.State, s.Since, s.Down = wire.StatePartnerDown, now, now
	}
	return s
}
