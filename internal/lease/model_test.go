package lease

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

// model is the table as one would write it first: maps and linear searches.
type model struct {
	scopes []Scope // in name order
	rows   map[Key]Lease
}

func newModel() *model {
	return &model{rows: map[Key]Lease{}}
}

func (m *model) scope(name string) *Scope {
	for i := range m.scopes {
		if m.scopes[i].Name == name {
			return &m.scopes[i]
		}
	}
	return nil
}

func (s *Scope) holdsInRange(a Addr) bool {
	return slices.ContainsFunc(s.Ranges, func(r Range) bool { return r.First <= a && a <= r.Last })
}

func (s *Scope) reservedFor1(a Addr) (string, bool) {
	for _, r := range s.Reservations {
		if r.Addr == a {
			return r.Who, true
		}
	}
	return "", false
}

// owner: range, then reservation, then the longest prefix.
func (m *model) owner(k Key) *Scope {
	var byPrefix *Scope
	for i := range m.scopes {
		s := &m.scopes[i]
		if s.VPN != k.VPN {
			continue
		}
		if s.holdsInRange(k.Addr) {
			return s
		}
	}
	for i := range m.scopes {
		s := &m.scopes[i]
		if s.VPN != k.VPN {
			continue
		}
		if _, ok := s.reservedFor1(k.Addr); ok {
			return s
		}
		if s.Prefix.Contains(k.Addr.Netip()) && (byPrefix == nil || s.Prefix.Bits() > byPrefix.Prefix.Bits()) {
			byPrefix = s
		}
	}
	return byPrefix
}

// held tells whether a range or reservation holds the address.
func (m *model) held(k Key) bool {
	s := m.owner(k)
	if s == nil {
		return false
	}
	_, reserved := s.reservedFor1(k.Addr)
	return reserved || s.holdsInRange(k.Addr)
}

func (m *model) derive(k Key, l Lease) Lease {
	s := m.owner(k)
	if s == nil {
		return l
	}
	l.Flags &^= Reserved | NotInRanges
	if _, ok := s.reservedFor1(k.Addr); ok {
		l.Flags |= Reserved
	}
	if !s.holdsInRange(k.Addr) {
		l.Flags |= NotInRanges
	}
	return l
}

func (m *model) get(k Key) (Lease, bool) {
	if l, ok := m.rows[k]; ok {
		return m.derive(k, l), true
	}
	return m.derive(k, Lease{Key: k, State: Available}), false
}

func (m *model) put(l Lease) {
	bare := l
	bare.Flags &^= Reserved | NotInRanges
	if bare == (Lease{Key: l.Key, State: Available}) {
		delete(m.rows, l.Key)
		return
	}
	// While nobody owns an address its flags are those it had last.
	bare.Flags |= m.rows[l.Key].Flags & (Reserved | NotInRanges)
	m.rows[l.Key] = m.derive(l.Key, bare)
	m.tidy(l.Key)
}

// tidy forgets what nobody holds and nobody can be given.
func (m *model) tidy(k Key) {
	if l := m.rows[k]; l.State == Available && l.Flags == NotInRanges {
		delete(m.rows, k)
	}
}

func (m *model) keys() []Key {
	var ks []Key
	for k := range m.rows {
		ks = append(ks, k)
	}
	slices.SortFunc(ks, func(a, b Key) int { return cmp.Or(cmp.Compare(a.VPN, b.VPN), cmp.Compare(a.Addr, b.Addr)) })
	return ks
}

func (m *model) list(s *Scope, never bool) []Lease {
	var out []Lease
	first, last := bounds(s.Prefix)
	for a := first; a <= last; a++ {
		k := Key{s.VPN, a}
		if o := m.owner(k); o == nil || o.Name != s.Name {
			continue
		}
		l, ok := m.get(k)
		if ok || never && (s.holdsInRange(a) || l.Flags&Reserved != 0) {
			out = append(out, l)
		}
	}
	return out
}

func (m *model) live(id string) int {
	n := 0
	for _, l := range m.rows {
		if l.LimitationID == id && (l.State == Offered || l.State == Leased) {
			n++
		}
	}
	return n
}

func (m *model) byClient(vpn uint32, who ClientKey) []Lease {
	var out []Lease
	for _, k := range m.keys() {
		l, _ := m.get(k)
		if k.VPN == vpn && l.Client() == who && l.State != Unavailable {
			out = append(out, l)
		}
	}
	return out
}

func (m *model) due(now int64) []Lease {
	var out []Lease
	for _, k := range m.keys() {
		l, _ := m.get(k)
		if end, ok := l.Deadline(); ok && end <= now && m.owner(k) != nil {
			out = append(out, l)
		}
	}
	slices.SortStableFunc(out, func(a, b Lease) int { return cmp.Compare(a.Expiration, b.Expiration) })
	return out
}

// allocate is Allocate with scopes by name.
func (m *model) allocate(r *Request, names []string) (Lease, Verdict) {
	l, v := m.choose(r, names)
	if !v.Gave() {
		return Lease{}, v
	}
	if r.Limit > 0 && r.Client.LimitationID != "" {
		n := m.live(r.Client.LimitationID)
		if (l.State == Offered || l.State == Leased) && l.LimitationID == r.Client.LimitationID {
			n--
		}
		if n >= r.Limit {
			return Lease{}, OverLimit
		}
	}
	l = Offer(l, r.Client, r.Now, r.Timeout)
	m.put(l)
	return l, v
}

func (m *model) choose(r *Request, names []string) (Lease, Verdict) {
	var scopes []*Scope
	for _, n := range names {
		if s := m.scope(n); s != nil {
			scopes = append(scopes, s)
		}
	}
	if len(scopes) == 0 {
		return Lease{}, NoScope
	}
	refused := false
	ok := func(l Lease) bool {
		is := r.Acceptable == nil || r.Acceptable(l)
		refused = refused || !is
		return is
	}
	for _, who := range r.Reservations {
		for _, s := range scopes {
			for _, x := range s.Reservations {
				l, _ := m.get(Key{s.VPN, x.Addr})
				usable := l.State == Available || l.State == Expired || l.State == Released ||
					l.Live() && l.Client() == r.Client.Key() && !r.Client.Key().IsZero()
				if x.Who == who && usable && l.Flags&Deactivated == 0 && ok(l) {
					return l, GaveReserved
				}
			}
		}
	}
	const barred = Reserved | NotInRanges | Deactivated
	if l, found := m.previous(r, scopes, func(l Lease) bool { return l.Flags&barred == 0 && ok(l) }); found {
		return l, GavePrevious
	}
	var free []Lease
	for _, s := range scopes {
		var mine []Lease
		for _, g := range s.Ranges {
			for a := g.First; a <= g.Last; a++ {
				l, _ := m.get(Key{s.VPN, a})
				if l.State != Available || l.Flags&barred != 0 {
					continue
				}
				if !ok(l) {
					continue
				}
				mine = append(mine, l)
			}
		}
		slices.SortStableFunc(mine, func(a, b Lease) int {
			if s.FirstAvailable {
				return cmp.Compare(a.Addr, b.Addr)
			}
			_, ua := m.rows[a.Key]
			_, ub := m.rows[b.Key]
			if ua != ub {
				return cmp.Compare(b2i(ua), b2i(ub))
			}
			return cmp.Or(cmp.Compare(a.StateStart, b.StateStart), cmp.Compare(a.Addr, b.Addr))
		})
		free = append(free, mine...)
	}
	for _, l := range free {
		if l.Addr == r.Want {
			return l, GaveRequested
		}
	}
	if len(free) > 0 {
		return free[0], GaveNew
	}
	if refused {
		return Lease{}, NoneAcceptable
	}
	return Lease{}, Exhausted
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (m *model) previous(r *Request, scopes []*Scope, usable func(Lease) bool) (best Lease, found bool) {
	if r.Client.Key().IsZero() {
		return Lease{}, false
	}
	for _, l := range m.byClient(scopes[0].VPN, r.Client.Key()) {
		o := m.owner(l.Key)
		if o == nil || !slices.ContainsFunc(scopes, func(s *Scope) bool { return s.Name == o.Name }) || !usable(l) {
			continue
		}
		if !found || b2i(l.Live()) > b2i(best.Live()) ||
			l.Live() == best.Live() && l.LastTransaction > best.LastTransaction {
			best, found = l, true
		}
	}
	return best, found
}

func (m *model) counts(s *Scope) Counts {
	var c Counts
	first, last := bounds(s.Prefix)
	for a := first; a <= last; a++ {
		k := Key{s.VPN, a}
		if o := m.owner(k); o == nil || o.Name != s.Name {
			continue
		}
		l, used := m.get(k)
		in, reserved := s.holdsInRange(a), l.Flags&Reserved != 0
		if in || reserved {
			c.Total++
		}
		if reserved {
			c.Reserved++
		}
		free := in && !reserved
		if free && !used {
			c.NeverUsed++
		}
		if free && l.State == Available && l.Flags&Deactivated == 0 {
			c.Available++
		}
		if !used {
			continue
		}
		if !in && !reserved {
			c.OutOfRange++
			continue
		}
		states := map[State]*int{Offered: &c.Offered, Leased: &c.Leased, Expired: &c.Expired,
			Released: &c.Released, Unavailable: &c.Unavailable, OtherAvailable: &c.OtherAvailable}
		if n := states[l.State]; n != nil {
			*n++
		}
		if l.Flags&Deactivated != 0 {
			c.Deactivated++
		}
		if reserved && l.State == Leased {
			c.ReservedLeased++
		}
	}
	return c
}

func (m *model) change(k Key, f func(Lease) (Lease, bool)) (Lease, bool) {
	before, used := m.get(k)
	if !used && m.owner(k) == nil {
		return Lease{}, false
	}
	now, ok := f(before)
	if !ok {
		return before, false
	}
	m.put(now)
	return now, true
}

// Conveniences of all tests here.

func ip(s string) Addr { return AddrFrom(netip.MustParseAddr(s)) }

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

func span(first, last string) []Range { return []Range{{ip(first), ip(last)}} }

func hw(n int) HW {
	return HardwareFrom(1, []byte{2, 0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

const offerTime = 120 * time.Second
