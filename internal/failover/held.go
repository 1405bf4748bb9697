package failover

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
	"leasehold/pkg/objects"
)

// A configuration that a reload would refuse, since the partner may serve what
// this server would serve otherwise, does not come in by a restart: the scopes that
// it is about are held, and answer nobody. They stay in the relationship that they
// were in, which goes on for the partner: by the configuration that has it still, or
// by what is kept of it, as long as the partner has to hear of what was done in its
// place. Else they are in one that has no role, and no link.

// holdUp is why the scopes of a relationship are held.
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
		if d := n.c.danger(of, heirs); d != nil && n.limit(d, take) {
			n.holdOne(d, heirs)
		}
	}
}

// limit leaves of a danger the scopes that take says, and tells whether there are any.
func (n *prepared) limit(d *danger, take func(scope *objects.Object) bool) bool {
	d.leaving, d.turning = n.those(d.leaving, take), n.those(d.turning, take)
	for to, names := range d.moving {
		if d.moving[to] = n.those(names, take); len(d.moving[to]) == 0 {
			delete(d.moving, to)
		}
	}
	return len(d.leaving)+len(d.turning)+len(d.moving) > 0
}

// holdOne holds the scopes of a claim.
func (n *prepared) holdOne(d *danger, heirs map[string]string) {
	h := &holdUp{of: d.name, role: d.role, partner: endpoint{name: d.partnerName, addr: d.partner}, snapshot: d.snap}
	place := n.place(d, heirs, h)
	var scopes, why []string
	if len(d.leaving) > 0 {
		scopes = d.leaving
		why = append(why, "has no failover for "+d.list(scopes))
	}
	if len(d.turning) > 0 {
		turned := *h
		turned.turned = true
		n.silence(d, d.turned, place, d.turning, &turned, d.turnedText(d.turning))
	}
	for _, to := range d.targets() {
		names := d.moving[to]
		switch list := d.list(names); {
		case to.name == d.name:
			n.silence(d, to, place, names, h, d.heldText("names another partner, "+serverName(to.partner())+", for "+list))
		case !another(to.partner().addr, d.partner) && d.standsIn():
			n.silence(d, nil, place, names, h, d.strayText(to, list))
		case !another(to.partner().addr, d.partner):
			scopes = append(scopes, names...)
			why = append(why, fmt.Sprintf("has %s in failover %q, in which this server is the %s and not the %s", list, to.name, strings.ToLower(owner(to.role)), strings.ToLower(owner(d.role))))
		default:
			scopes = append(scopes, names...)
			why = append(why, fmt.Sprintf("has %s in failover %q with another partner, %s", list, to.name, serverName(to.partner())))
		}
	}
	if len(scopes) > 0 {
		n.silence(d, nil, place, scopes, h, d.heldText(strings.Join(why, " and ")))
	}
}

// place is the relationship that goes on with the scopes of a claim; nil if none
// does. One that the configuration has instead of it gives way.
func (n *prepared) place(d *danger, heirs map[string]string, h *holdUp) *relationship {
	instead := d.turned
	for _, r := range n.c.ordered {
		switch {
		case r.name == d.name && r.role == d.role && !another(r.partner().addr, d.partner):
			return r
		case r.name == d.name && d.moving[r] == nil && r != d.turned:
			return nil // it has no role
		case r.name == d.name || heirs[r.name] == d.name && (d.moving[r] != nil || r == d.turned):
			instead = r
		}
	}
	kept, _ := n.m.record(d.name)
	r := n.c.goOn(d, &kept)
	if r == nil {
		return nil
	}
	r.held = h
	if instead != nil {
		n.c.ordered = slices.DeleteFunc(n.c.ordered, func(o *relationship) bool { return o == instead })
		for _, s := range slices.Clone(instead.scopes) {
			n.c.move(s.name, r, "failover "+strconv.Quote(d.name)+" is held")
		}
	}
	n.c.insert(r)
	return r
}

// silence holds scopes: in the relationship that goes on with them, or in that
// which the configuration has for them, from, or in one of their own, as those that
// have addresses of others, too.
func (n *prepared) silence(d *danger, from, place *relationship, scopes []string, h *holdUp, why string) {
	switch whole, some := d.apart(scopes); {
	case place != nil:
		if len(whole) > 0 {
			place.wrong("%s", why)
		}
		for _, name := range whole {
			n.c.move(name, place, why)
		}
		if len(some) > 0 {
			n.c.keepBack(some, h, why)
		}
		if place.held != nil && h.turned {
			place.held = h
		}
	case from != nil:
		from.role, from.held = lease.Alone, h
		from.wrong("%s", why)
	default:
		n.c.keepBack(scopes, h, why)
	}
	n.dropEmptied()
}

// dropEmptied drops relationships that would be new and have no scope left: they
// must not begin without what is known of the one that is held.
func (n *prepared) dropEmptied() {
	n.c.ordered = slices.DeleteFunc(n.c.ordered, func(r *relationship) bool {
		_, known := n.m.record(r.name)
		return r.emptied && len(r.scopes) == 0 && !known && n.m.pairs[r.name] == nil
	})
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

// strayText says why scopes are held that would be in another relationship with the
// same partner, and the ways out.
func (d *danger) strayText(to *relationship, scopes string) string {
	return fmt.Sprintf("the configuration has %s in failover %q, but before the start failover %q had that, in %s: this server has given addresses in the place of partner %s, which gives them again when it comes back with the configuration that it had and does not hear of that; "+
		"put it back, and change it when both servers are in NORMAL, or take the risk with 'dhcp reload force'",
		scopes, to.name, d.name, state(d.snap.State), d.partnerName)
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
		c.move(name, r, why)
	}
	c.insert(r)
}

func (c *compiler) insert(r *relationship) {
	c.ordered = append(c.ordered, r)
	slices.SortFunc(c.ordered, func(a, b *relationship) int { return strings.Compare(a.name, b.name) })
}

// move moves a scope to a relationship in which it is silent.
func (c *compiler) move(scope string, to *relationship, why string) {
	o, key := c.cfg.Get(objects.Scope, scope), strings.ToLower(scope)
	if from := c.of[key]; from != nil {
		from.without(c, scope)
		from.emptied = true
	}
	c.alone = slices.DeleteFunc(c.alone, func(a string) bool { return a == o.Name })
	s := c.share(o, to)
	s.held = why
	to.scopes = append(to.scopes, s)
	to.agree(c)
	c.of[key] = to
}

// without takes a scope out of the relationship.
func (r *relationship) without(c *compiler, scope string) {
	r.scopes = slices.DeleteFunc(r.scopes, func(s share) bool { return s.name == scope })
	r.agree(c)
}

// agree makes the terms anew.
func (r *relationship) agree(c *compiler) {
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
		r := p.rel.Load()
		for i := range r.scopes {
			if (r.held != nil || r.scopes[i].held != "") && overlap(r.scopes[i].areas, areasOf(o)) {
				return true
			}
		}
	}
	return false
}

// Held is how many scopes are held.
func (n *prepared) Held() (count int) {
	for _, r := range n.c.ordered {
		count += len(r.silent())
	}
	return count
}

// silent are the scopes that are held.
func (r *relationship) silent() (names []string) {
	for i := range r.scopes {
		if r.held != nil || r.scopes[i].held != "" {
			names = append(names, r.scopes[i].name)
		}
	}
	return names
}

// toward is the partner and this server's role towards it, also where the
// scopes are held.
func (r *relationship) toward() (partner endpoint, role lease.Role) {
	if r.held != nil {
		return r.held.partner, r.held.role
	}
	return r.partner(), r.role
}

// turned tells whether scopes are held since main and backup are exchanged.
func (p *Pair) turned() bool {
	h := p.rel.Load().held
	return h != nil && h.turned
}

func serverName(e endpoint) string { return or(e.name, e.addr.String()) }

// declareHeld notes that the partner is down whose scopes are held. A
// relationship that goes on beside them has its own word.
func (m *Manager) declareHeld(h *holdUp, since int64) ([]string, *objects.Error) {
	of := h.of
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
			of, time.Unix(down+kept.Snapshot.Lead(), 0).Format(time.ANSIC), kept.Snapshot.Lead()),
	}, nil
}

// heldUntil says that scopes are held in a relationship which goes on.
func (p *Pair) heldUntil(scopes []string, at int64) string {
	return fmt.Sprintf("failover %q: %s are not served yet: say 'dhcp reload' at %s or later, when the maximum client lead time has passed",
		p.name, strings.Join(scopes, ", "), time.Unix(at, 0).Format(time.ANSIC))
}
