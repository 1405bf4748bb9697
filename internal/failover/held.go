package failover

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
	"leasehold/pkg/objects"
)

// A configuration that a reload would refuse, since the partner may serve what
// this server would serve alone, does not come in by a restart: the scopes that
// it is about are held, by a relationship without a role, and answer nobody.

// holdUp is why a relationship has no role although nothing is wrong with it.
type holdUp struct {
	of       string     // the relationship that was in service
	role     lease.Role // this server's in it
	partner  endpoint
	snapshot core.Snapshot
	turned   bool // only its roles are exchanged
}

// hold takes scopes out of the compiled relationships against which there are
// claims, those that take says. mu is held.
func (n *prepared) hold(take func(scope *objects.Object) bool) {
	heirs := n.heirs()
	for _, of := range n.m.claims() {
		d := n.c.danger(of, heirs)
		if d == nil {
			continue
		}
		h := &holdUp{of: d.name, role: d.role, partner: endpoint{name: d.partnerName, addr: d.partner}, snapshot: d.snap}
		var scopes, why []string
		if names := n.those(d.leaving, take); len(names) > 0 {
			scopes = names
			why = append(why, "has no failover for "+strings.Join(names, ", "))
		}
		if names := n.those(d.turning, take); len(names) > 0 {
			turned := *h
			turned.turned = true
			d.turned.role, d.turned.held = lease.Alone, &turned
			d.turned.wrong("%s", d.turnedText(names))
		}
		for _, to := range d.targets() {
			names := n.those(d.moving[to], take)
			switch {
			case len(names) == 0:
			case to.name == d.name:
				text := d.heldText("names another partner, " + serverName(to.partner()) + ", for " + strings.Join(names, ", "))
				to.role, to.held = lease.Alone, h
				to.wrong("%s", text)
			case !another(to.partner().addr, d.partner):
				scopes = append(scopes, names...)
				why = append(why, fmt.Sprintf("has %s in failover %q, in which this server is the %s and not the %s", strings.Join(names, ", "), to.name, strings.ToLower(owner(to.role)), strings.ToLower(owner(d.role))))
			default:
				scopes = append(scopes, names...)
				why = append(why, fmt.Sprintf("has %s in failover %q with another partner, %s", strings.Join(names, ", "), to.name, serverName(to.partner())))
			}
		}
		if len(scopes) > 0 {
			n.c.keepBack(scopes, h, d.heldText(strings.Join(why, " and ")))
		}
	}
}

// those are the scopes by name that take says.
func (n *prepared) those(names []string, take func(*objects.Object) bool) (all []string) {
	for _, name := range names {
		if take(n.c.cfg.Get(objects.Scope, name)) {
			all = append(all, name)
		}
	}
	return all
}

// heldText says why scopes are held, and the ways out.
func (d *danger) heldText(why string) string {
	return fmt.Sprintf("the configuration %s, but before the start failover %q had that with partner %s, in %s: the partner may serve it still, and both would give the same addresses; "+
		"put it back, or stop the partner and declare it down ('dhcp setPartnerDown %s') until MCLT has passed and reload, or take the risk with 'dhcp reload force'",
		why, d.name, d.partnerName, state(d.snap.State), d.partnerName)
}

// turnedText says why scopes are held since the roles are exchanged, and the ways out.
func (d *danger) turnedText(scopes []string) string {
	was, will := d.roles()
	return fmt.Sprintf("the configuration makes this server the %s for %s, but before the start it was the %s in failover %q, in PARTNER-DOWN: it has given addresses in the place of partner %s, which gives them again when it comes back and does not hear of that; "+
		"put main and backup back as they were and exchange them when both servers are in NORMAL, or take the risk with 'dhcp reload force'",
		will, strings.Join(scopes, ", "), was, d.name, d.partnerName)
}

// keepBack puts scopes into a relationship of their own that has no role.
func (c *compiler) keepBack(scopes []string, h *holdUp, why string) {
	r := &relationship{name: h.of, held: h}
	for slices.ContainsFunc(c.ordered, func(o *relationship) bool { return o.name == r.name }) {
		r.name += " (before)"
	}
	r.core.Name = r.name
	r.wrong("%s", why)
	for _, name := range scopes {
		o, key := c.cfg.Get(objects.Scope, name), strings.ToLower(name)
		if from := c.of[key]; from != nil {
			from.without(c, name)
		}
		c.alone = slices.DeleteFunc(c.alone, func(a string) bool { return a == o.Name })
		r.scopes = append(r.scopes, c.share(o, r))
		c.of[key] = r
	}
	c.ordered = append(c.ordered, r)
	slices.SortFunc(c.ordered, func(a, b *relationship) int { return strings.Compare(a.name, b.name) })
}

// without takes a scope out of the relationship.
func (r *relationship) without(c *compiler, scope string) {
	r.scopes = slices.DeleteFunc(r.scopes, func(s share) bool { return s.name == scope })
	r.terms = terms{balanced: r.core.Balanced}
	for i := range r.scopes {
		r.terms.add(c.cfg.Get(objects.Scope, r.scopes[i].name), &r.scopes[i])
	}
	r.terms.settle()
}

// holds tells whether a scope of the running configuration, by its addresses, is
// held. mu is held.
func (m *Manager) holds(o *objects.Object) bool {
	for _, p := range m.pairs {
		if r := p.rel.Load(); r.held != nil && overlap(r.areas(), []area{areaOf(o)}) {
			return true
		}
	}
	return false
}

// Held is how many scopes are held.
func (n *prepared) Held() (count int) {
	for _, r := range n.c.ordered {
		if r.held != nil {
			count += len(r.scopes)
		}
	}
	return count
}

// toward is the partner and this server's role towards it, also where the
// scopes are held.
func (r *relationship) toward() (partner endpoint, role lease.Role) {
	if r.held != nil {
		return r.held.partner, r.held.role
	}
	return r.partner(), r.role
}

func serverName(e endpoint) string { return or(e.name, e.addr.String()) }

// declareHeld notes that the partner is down whose scopes are held. A
// relationship that goes on beside them has its own word.
func (m *Manager) declareHeld(h *holdUp, since int64) ([]string, *objects.Error) {
	of := h.of
	if h.turned {
		return nil, objects.Errorf(objects.Invalid, "failover %q: its partner is declared down already; its scopes are held until main and backup are put back as they were, or 'dhcp reload force' takes the risk", of)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.pairs[of]; p != nil && p.started {
		return nil, nil
	}
	kept, _ := m.record(of)
	now := m.now().Wall
	if since == 0 {
		since = now
	}
	if kept.Snapshot.State != wire.StatePartnerDown || since < kept.Snapshot.Down {
		kept.Snapshot.State, kept.Snapshot.Since, kept.Snapshot.Down = wire.StatePartnerDown, now, since
		if err := m.saveRecord(of, kept); err != nil {
			return nil, objects.Errorf(objects.UnexpectedError, "failover %q: its state cannot be written: %v", of, err)
		}
	}
	m.Log.Log(msgRisk, of, "its partner is declared down: if it still serves clients, addresses in use may be given to others")
	down := kept.Snapshot.Down
	return []string{
		fmt.Sprintf("failover %q: the partner is taken to be down since %s", of, time.Unix(down, 0).Format(time.ANSIC)),
		fmt.Sprintf("failover %q: its scopes are not served yet: say 'dhcp reload' at %s or later, when the maximum client lead time (%d s) has passed",
			of, time.Unix(down+kept.Snapshot.MCLT, 0).Format(time.ANSIC), kept.Snapshot.MCLT),
	}, nil
}
