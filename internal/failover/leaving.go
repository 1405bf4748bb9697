package failover

import (
	"fmt"
	"slices"
	"strings"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
	"leasehold/pkg/objects"
)

// Risks are the relationships whose scopes this server would serve alone from
// now on, although their partner may serve them, too: both would give the same
// addresses. Scopes that go altogether are no risk, and the partner's if it
// has them.
func (n *prepared) Risks() []string {
	n.m.mu.Lock()
	defer n.m.mu.Unlock()
	return n.risks()
}

// risks is Risks under the lock.
func (n *prepared) risks() []string {
	var all []string
	for _, p := range n.m.pairs {
		scopes, moved := n.leaving(p.rel.Load().areas()), n.moving(p.rel.Load())
		if len(scopes)+len(moved) == 0 || !p.started {
			continue
		}
		status := p.condition().status
		if solitary(&status.Snapshot, p.rel.Load().core.MCLT, n.m.now().Wall) && !status.Connected {
			continue
		}
		if len(moved) > 0 {
			all = append(all, fmt.Sprintf("failover %q is in %s and would not have scopes %s any more, which this server would then share with another partner: if its partner %s still serves them, all three give the same addresses; "+
				"take them from %s first, or stop it and declare it down ('dhcp setPartnerDown %s') until MCLT has passed",
				p.name, status.State, strings.Join(moved, ", "), p.partnerName(), p.partnerName(), p.partnerName()))
		}
		if len(scopes) == 0 {
			continue
		}
		all = append(all, fmt.Sprintf("failover %q is in %s and would not have scopes %s any more, which this server would then serve alone: if its partner %s serves them, too, both give the same addresses; "+
			"stop the partner and declare it down ('dhcp setPartnerDown %s') until MCLT has passed, or delete the scopes on this server if the partner is to keep them",
			p.name, status.State, strings.Join(scopes, ", "), p.partnerName(), p.partnerName()))
	}
	slices.Sort(all)
	return all
}

// leaving are the scopes without failover that serve addresses of the areas.
// A scope may have got another name.
func (n *prepared) leaving(of []area) []string {
	var names []string
	for _, o := range n.c.cfg.All(objects.Scope) {
		here := area{uint32(objects.ScopeVPN.Of(o)), objects.ScopeSubnet.Of(o)}
		if n.c.of[strings.ToLower(o.Name)] == nil && overlap(of, []area{here}) {
			names = append(names, o.Name)
		}
	}
	return names
}

// moving are the scopes of the relationship that would be in one with another
// partner.
func (n *prepared) moving(from *relationship) []string {
	var names []string
	for _, o := range n.c.cfg.All(objects.Scope) {
		to := n.c.of[strings.ToLower(o.Name)]
		here := area{uint32(objects.ScopeVPN.Of(o)), objects.ScopeSubnet.Of(o)}
		if to != nil && to.name != from.name && to.role != lease.Alone && to.partner().addr != from.partner().addr && overlap(from.areas(), []area{here}) {
			names = append(names, o.Name)
		}
	}
	return names
}

// solitary tells whether the server may serve all addresses by itself: its
// partner is down and what that gave is over, or it never had one.
func solitary(s *core.Snapshot, mclt, now int64) bool {
	if s.PartnerState == 0 && (s.New || s.State == 0) {
		return true
	}
	return s.State == wire.StatePartnerDown && now >= s.Down+max(s.MCLT, mclt)
}

// warnForgotten tells, after a start, of relationships that were configured
// away while the server was not running: nobody could be asked whether their
// partners are. They are in PARTNER-DOWN since now, as after a reload.
func (n *prepared) warnForgotten() {
	for name, kept := range n.m.recorded() {
		if n.m.pairs[name] != nil || !serves(kept.Snapshot.State) || len(n.leaving(kept.Areas)) == 0 {
			continue
		}
		n.m.Log.Log(msgRisk, name, "it is not configured any more and was in "+kept.Snapshot.State.String()+
			": if its partner still serves its scopes, both servers may give the same address")
		n.m.retireRecord(name, kept)
	}
}
