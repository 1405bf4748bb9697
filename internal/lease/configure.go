package lease

import (
	"cmp"
	"fmt"
	"slices"
)

// reshaping is the way from the running scopes to new ones, prepared while
// the running ones serve.
type reshaping struct {
	defs    []Scope // canonical, by name
	ids     []ScopeID
	layouts map[uint32]*layout
	// touched are the scopes to define anew, with their places in defs;
	// arriving are those of them that were not configured until now.
	touched  []int
	arriving []int
	removed  []ScopeID
	// dirty are the addresses whose records must be placed anew, by VPN.
	dirty  map[uint32][]Range
	result Reconfiguration
}

// Configure replaces all scopes at once. Leases keep their states; those that
// no scope holds any more are parked, and parked ones that a scope holds come
// back. With an error nothing changes.
func (t *Table) Configure(scopes []Scope) (Reconfiguration, error) {
	t.configuring.Lock()
	defer t.configuring.Unlock()
	return t.configure(scopes)
}

func (t *Table) configure(scopes []Scope) (Reconfiguration, error) {
	n, err := t.prepare(scopes)
	if err != nil {
		return Reconfiguration{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	n.result.Losses = t.losses(n)
	t.apply(n)
	t.defs = n.defs
	return n.result, nil
}

// Preview says what Configure would do, and does nothing.
func (t *Table) Preview(scopes []Scope) (Reconfiguration, error) {
	t.configuring.Lock()
	defer t.configuring.Unlock()
	n, err := t.prepare(scopes)
	if err != nil {
		return Reconfiguration{}, err
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	n.result.Losses = t.losses(n)
	return n.result, nil
}

// Reserve adds one reservation to the running configuration of a scope.
func (t *Table) Reserve(id ScopeID, r Reservation) error {
	t.configuring.Lock()
	defer t.configuring.Unlock()
	defs := slices.Clone(t.defs)
	for i := range defs {
		s := &defs[i]
		if t.ids[scopeKey{s.VPN, s.Name}] == id {
			s.Reservations = append(slices.Clone(s.Reservations), r)
			_, err := t.configure(defs)
			return err
		}
	}
	return fmt.Errorf("reserve %v: the scope is not configured", r.Addr)
}

// Unreserve removes the reservation of one address; false if there is none.
func (t *Table) Unreserve(k Key) bool {
	t.configuring.Lock()
	defer t.configuring.Unlock()
	defs := slices.Clone(t.defs)
	for i := range defs {
		s := &defs[i]
		if _, ok := reservation(s.Reservations, k.Addr); ok && s.VPN == k.VPN {
			s.Reservations = slices.DeleteFunc(slices.Clone(s.Reservations), func(r Reservation) bool {
				return r.Addr == k.Addr
			})
			_, err := t.configure(defs)
			return err == nil
		}
	}
	return false
}

// prepare finds what changes. The running scopes' definitions are safe to
// read: only what holds configuring changes them.
func (t *Table) prepare(scopes []Scope) (*reshaping, error) {
	n := &reshaping{defs: make([]Scope, len(scopes)), dirty: map[uint32][]Range{}}
	for i, s := range scopes {
		var err error
		if n.defs[i], err = canonical(s); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(n.defs, func(a, b Scope) int { return cmp.Compare(a.Name, b.Name) })
	next := ScopeID(len(t.scopes))
	for i, d := range n.defs {
		if i > 0 && n.defs[i-1].Name == d.Name {
			return nil, fmt.Errorf("two scopes are called %q", d.Name)
		}
		id, ok := t.ids[scopeKey{d.VPN, d.Name}]
		if !ok {
			id = next
			next++
		}
		n.ids = append(n.ids, id)
	}
	var err error
	if n.layouts, err = newLayouts(n.defs, n.ids); err != nil {
		return nil, err
	}
	for i := range n.defs {
		n.compare(t, i)
	}
	n.findRemoved(t)
	for vpn, rs := range n.dirty {
		n.dirty[vpn] = MergeRanges(rs)
	}
	return n, nil
}

// compare notes what is new in one scope.
func (n *reshaping) compare(t *Table, i int) {
	d, id := &n.defs[i], n.ids[i]
	if int(id) >= len(t.scopes) {
		n.result.Added++
		n.touched = append(n.touched, i)
		n.arriving = append(n.arriving, i)
		return
	}
	old := t.scopes[id]
	dirty := difference(old.Ranges, d.Ranges)
	dirty = append(dirty, reservedDifference(old.Reservations, d.Reservations)...)
	if old.FirstAvailable != d.FirstAvailable {
		dirty = append(dirty, d.Ranges...)
	}
	if old.Prefix != d.Prefix || old.Role != d.Role {
		for _, s := range []*Scope{&old.Scope, d} {
			first, last := bounds(s.Prefix)
			dirty = append(dirty, Range{first, last})
		}
	}
	n.dirty[d.VPN] = append(n.dirty[d.VPN], dirty...)
	switch {
	case !old.alive:
		n.result.Added++
		n.touched = append(n.touched, i)
		n.arriving = append(n.arriving, i)
	case len(dirty) > 0:
		n.result.Changed++
		n.touched = append(n.touched, i)
	case !slices.Equal(old.Reservations, d.Reservations):
		// The same addresses for other clients.
		n.result.Changed++
		n.touched = append(n.touched, i)
	case old.Boundary != d.Boundary:
		n.result.Changed++
		n.touched = append(n.touched, i)
	}
}

// findRemoved notes the scopes that go. Their records stay with them, unless
// another scope may want the addresses.
func (n *reshaping) findRemoved(t *Table) {
	stays := make(map[ScopeID]bool, len(n.ids))
	for _, id := range n.ids {
		stays[id] = true
	}
	for _, s := range t.scopes {
		if !s.alive || stays[s.id] {
			continue
		}
		n.result.Removed++
		n.removed = append(n.removed, s.id)
		if n.layouts[s.VPN].touches(s.Prefix) {
			first, last := bounds(s.Prefix)
			n.dirty[s.VPN] = append(n.dirty[s.VPN], Range{first, last})
		}
	}
}

// losses counts the leases that lose their place.
func (t *Table) losses(n *reshaping) []Loss {
	lost := map[ScopeID]*Loss{}
	loss := func(id ScopeID) *Loss {
		if lost[id] == nil {
			lost[id] = &Loss{Scope: t.scopes[id].Name}
		}
		return lost[id]
	}
	for vpn, rs := range n.dirty {
		y := n.layouts[vpn]
		for _, g := range rs {
			t.pages.each(vpn, g.First, g.Last, func(i uint32) {
				r := t.rows.at(i)
				s := t.scopes[r.scope]
				if !s.alive {
					return
				}
				if r.flags&derived == NotInRanges || y.held(r.addr) != 0 {
					return
				}
				if live(r.state) {
					loss(s.id).add(r.key())
				}
				if y.owner(r.addr) == 0 || !forgettable(r.state, r.flags&^derived|NotInRanges) {
					loss(s.id).Parked++
				}
			})
		}
	}
	for _, id := range n.removed {
		s := t.scopes[id]
		if !n.layouts[s.VPN].touches(s.Prefix) {
			loss(id).Parked = s.records - s.outside()
			t.liveHeld(s, loss(id))
		}
		if lost[id] != nil {
			lost[id].Removed = true
		}
	}
	var out []Loss
	for _, l := range lost {
		if l.Live > 0 || l.Parked > 0 {
			out = append(out, *l)
		}
	}
	slices.SortFunc(out, func(a, b Loss) int { return cmp.Compare(a.Scope, b.Scope) })
	return out
}

// maxFirst is how many leases a Loss names.
const maxFirst = 3

func (l *Loss) add(k Key) {
	l.Live++
	if len(l.First) < maxFirst {
		l.First = append(l.First, k)
	}
}

// liveHeld enters the live leases in ranges or reserved of a scope that goes.
func (t *Table) liveHeld(s *scope, l *Loss) {
	n := s.liveHeld()
	first, last := bounds(s.Prefix)
	for a := first; len(l.First) < min(n, maxFirst); a++ {
		at, i, ok := t.pages.next(s.VPN, a)
		if !ok || at > last {
			break
		}
		if r := t.rows.at(i); ScopeID(r.scope) == s.id && live(r.state) && r.flags&derived != NotInRanges {
			l.add(r.key())
		}
		a = at
	}
	l.Live = n
}

// apply makes the change. All records whose place may change are taken out of
// the old scopes and put into the new ones.
func (t *Table) apply(n *reshaping) {
	var moving []uint32
	for _, vpn := range sortedKeys(n.dirty) {
		for _, g := range n.dirty[vpn] {
			t.pages.each(vpn, g.First, g.Last, func(i uint32) {
				t.unplace(i)
				moving = append(moving, i)
			})
		}
	}
	for _, id := range n.removed {
		t.scopes[id].alive = false
		t.rewake(t.scopes[id])
	}
	t.layouts = n.layouts
	t.generation++
	t.names = make(map[string]ScopeID, len(n.ids))
	for i, d := range n.defs {
		id := n.ids[i]
		t.names[d.Name] = id
		if int(id) == len(t.scopes) {
			t.scopes = append(t.scopes, newScope(id))
			t.ids[scopeKey{d.VPN, d.Name}] = id
		}
	}
	for _, i := range n.touched {
		s := t.scopes[n.ids[i]]
		s.alive = true
		s.define(n.defs[i])
		s.rebuild(t.pages)
		t.rewake(s)
	}
	for _, i := range moving {
		t.place(i)
		t.tidy(i)
	}
	for _, i := range n.arriving {
		t.claim(t.scopes[n.ids[i]])
	}
	for _, id := range n.removed {
		if s := t.scopes[id]; s.records == 0 {
			s.empty()
		}
	}
}

// claim brings to a new scope what waits for it, or stood in a wider scope.
func (t *Table) claim(s *scope) {
	first, last := bounds(s.Prefix)
	y := t.layouts[s.VPN]
	var arrived []uint32
	t.pages.each(s.VPN, first, last, func(i uint32) {
		if r := t.rows.at(i); ScopeID(r.scope) != s.id && y.owner(r.addr) == s.id {
			t.unplace(i)
			t.place(i)
			arrived = append(arrived, i)
		}
	})
	for _, i := range arrived {
		t.tidy(i)
	}
}

// tidy forgets a record that was placed where it is of no use.
func (t *Table) tidy(i uint32) {
	if r := t.rows.at(i); forgettable(r.state, r.flags) {
		t.forget(i)
	}
}

func sortedKeys(m map[uint32][]Range) []uint32 {
	ks := make([]uint32, 0, len(m))
	for k := range m {
		ks = append(ks, k)
	}
	slices.Sort(ks)
	return ks
}
