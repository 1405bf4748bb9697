package lease

import "slices"

// maxRefused bounds how many addresses one request's Acceptable may refuse.
const maxRefused = 64

// ReservedFor returns the lowest address that is reserved under the lookup
// key in the first of the scopes that has one.
func (t *Table) ReservedFor(scopes []ScopeID, who string) (Key, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, id := range scopes {
		if s := t.serving(id); s != nil {
			for _, r := range s.reservedFor(who) {
				return Key{s.VPN, r.Addr}, true
			}
		}
	}
	return Key{}, false
}

// reservedFor is the scope's reservations under a lookup key.
func (s *scope) reservedFor(who string) []Reservation {
	i, _ := slices.BinarySearchFunc(s.byWho, Reservation{Who: who}, byWho)
	n := i
	for n < len(s.byWho) && s.byWho[n].Who == who {
		n++
	}
	return s.byWho[i:n]
}

// serving is the configured scope with this handle, nil if it is gone.
func (t *Table) serving(id ScopeID) *scope {
	if int(id) >= len(t.scopes) || !t.scopes[id].alive {
		return nil
	}
	return t.scopes[id]
}

// vpnOf is the VPN of the scopes, which all have the same.
func (t *Table) vpnOf(scopes []ScopeID) (uint32, bool) {
	for _, id := range scopes {
		if s := t.serving(id); s != nil {
			return s.VPN, true
		}
	}
	return 0, false
}

func better(a, b *row) bool {
	if la, lb := live(a.state), live(b.state); la != lb {
		return la
	}
	if a.lastTransaction != b.lastTransaction {
		return a.lastTransaction > b.lastTransaction
	}
	return a.addr < b.addr
}

// Allocate chooses an address and offers it, in one step: the one reserved
// for the client, else the one it has or had, else the one it asks for, else
// the next one in the order of the scope. The lease returned is in the table
// as offered (or still as leased, if the client holds it), so nobody else is
// given it.
func (t *Table) Allocate(r *Request) (Lease, Verdict) {
	t.mu.Lock()
	defer t.mu.Unlock()
	vpn, ok := t.vpnOf(r.Scopes)
	if !ok {
		return Lease{}, NoScope
	}
	a := allocation{Table: t, Request: r, vpn: vpn, who: r.Client.Key()}
	if a.NewIn == nil {
		a.newIn = r.Scopes
	} else {
		a.newIn = r.NewIn
	}
	l, v := a.choose()
	if !v.Gave() {
		return Lease{}, v
	}
	if a.overLimit(&l) {
		return Lease{}, OverLimit
	}
	l = Offer(l, r.Client, r.Now, r.Timeout)
	t.put(&l)
	return l, v
}

// allocation is one run of Allocate.
type allocation struct {
	*Table
	*Request
	vpn     uint32
	who     ClientKey
	newIn   []ScopeID
	refused int
}

func (a *allocation) choose() (Lease, Verdict) {
	if l, ok := a.reserved(); ok {
		return l, GaveReserved
	}
	if i := a.previous(); i != 0 {
		return a.rows.read(a.rows.at(i)), GavePrevious
	}
	if l, ok := a.requested(); ok {
		return l, GaveRequested
	}
	for _, id := range a.newIn {
		if s := a.serving(id); s != nil {
			if l, ok := a.next(s, &s.pools[mine]); ok {
				return l, GaveNew
			}
		}
	}
	for _, id := range a.PartnerIn {
		if s := a.serving(id); s != nil && slices.Contains(a.newIn, id) {
			if l, ok := a.next(s, &s.pools[theirs]); ok {
				return l, GaveNew
			}
		}
	}
	if a.refused > 0 {
		return Lease{}, NoneAcceptable
	}
	return Lease{}, Exhausted
}

func (a *allocation) accepts(l *Lease) bool {
	if a.Acceptable == nil || a.Acceptable(*l) {
		return true
	}
	a.refused++
	return false
}

// reserved is the first address reserved for the client that is not in use by
// somebody else. What another client had last is no obstacle, unless the
// partner has to agree that it ended.
func (a *allocation) reserved() (Lease, bool) {
	for _, who := range a.Reservations {
		for _, id := range a.Scopes {
			s := a.serving(id)
			if s == nil {
				continue
			}
			for _, r := range s.reservedFor(who) {
				l := a.lookup(Key{s.VPN, r.Addr})
				if a.mayHaveReserved(&l) && a.accepts(&l) {
					return l, true
				}
			}
		}
	}
	return Lease{}, false
}

func (a *allocation) mayHaveReserved(l *Lease) bool {
	if l.Flags&Deactivated != 0 {
		return false
	}
	own := l.Client() == a.who && !a.who.IsZero()
	switch l.State {
	case Available:
		return true
	case Expired, Released:
		return own || l.Role == Alone
	case PendingAvailable:
		return own && a.Pending
	case Offered, Leased:
		return own
	}
	return false
}

// previous is the best record that the client has or had last in one of the
// scopes: a live one before a past one, then the latest used; 0 if there is
// none that it may have again.
func (a *allocation) previous() (best uint32) {
	a.eachOfClient(a.vpn, &a.who, func(i uint32, r *row) {
		id := ScopeID(r.scope)
		if a.serving(id) != nil && slices.Contains(a.Scopes, id) && a.renewable(r) &&
			(best == 0 || better(r, a.rows.at(best))) {
			best = i
		}
	})
	return best
}

// renewable says that the client may have again what it has or had: unless
// the configuration or an operator has taken the address away from it.
func (a *allocation) renewable(r *row) bool {
	if r.flags&(Deactivated|Reserved|NotInRanges) != 0 {
		return false
	}
	switch r.state {
	case Available, Offered, Leased, Expired, Released:
	case OtherAvailable:
		if !slices.Contains(a.PartnerIn, ScopeID(r.scope)) {
			return false
		}
	case PendingAvailable:
		if !a.Pending {
			return false
		}
	default:
		return false
	}
	if a.Acceptable == nil {
		return true
	}
	l := a.rows.read(r)
	return a.accepts(&l)
}

// requested is the address that the client asks for, if it can be given anew.
func (a *allocation) requested() (Lease, bool) {
	if a.Want == 0 {
		return Lease{}, false
	}
	k := Key{a.vpn, a.Want}
	id := a.layouts[a.vpn].held(a.Want)
	if id == limbo || !slices.Contains(a.newIn, id) {
		return Lease{}, false
	}
	l := a.lookup(k)
	if l.State != Available && (l.State != OtherAvailable || !slices.Contains(a.PartnerIn, id)) ||
		l.Flags&(Reserved|NotInRanges|Deactivated) != 0 {
		return Lease{}, false
	}
	return l, a.accepts(&l)
}

// next is the address to give of one of the scope's pools, in the scope's
// order.
func (a *allocation) next(s *scope, p *pool) (l Lease, ok bool) {
	if a.refused >= maxRefused {
		return l, false
	}
	s.order(p, s.Role, func(at Addr) bool {
		l = a.lookup(Key{s.VPN, at})
		ok = a.accepts(&l)
		return !ok && a.refused < maxRefused
	})
	if ok {
		return l, true
	}
	return a.nextIdle(&p.idle)
}

// order calls f for the addresses of a pool's bitmap in the order in which a
// server with the role gives them: from the lowest up, but as a secondary with
// FirstAvailable from the boundary down, and then above it, until f says false.
func (s *scope) order(p *pool, role Role, f func(Addr) bool) {
	up := Addr(0)
	if role == Secondary && s.FirstAvailable {
		for a, ok := p.free.prev(s.boundary); ok; a, ok = p.free.prev(a - 1) {
			if !f(a) {
				return
			}
			if a == 0 {
				break
			}
		}
		if up = s.boundary + 1; up == 0 {
			return
		}
	}
	for a, ok := p.free.next(up); ok && f(a); a, ok = p.free.next(a + 1) {
		if a == ^Addr(0) {
			return
		}
	}
}

// nextIdle is the address that has been free longest. Those refused are set
// aside and put back.
func (a *allocation) nextIdle(idle *queue) (l Lease, ok bool) {
	var aside []entry
	for a.refused < maxRefused && !ok {
		e, more := idle.top()
		if !more {
			break
		}
		l = a.rows.read(a.rows.at(e.item))
		if ok = a.accepts(&l); !ok {
			aside = append(aside, e)
			idle.remove(byPlace{&a.rows}, 0)
		}
	}
	for _, e := range aside {
		idle.push(byPlace{&a.rows}, e.when, e.item)
	}
	return l, ok
}

// overLimit says that the client's limitation-id has all the leases it may
// have, not counting the one that is about to be given.
func (a *allocation) overLimit(l *Lease) bool {
	id := a.Client.LimitationID
	if a.Limit <= 0 || id == "" {
		return false
	}
	n := int(a.rows.limits.entries.at(a.rows.limits.find(id)).live)
	if l.Live() && l.LimitationID == id {
		n--
	}
	return n >= a.Limit
}
