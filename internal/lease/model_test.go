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
	if s := m.owner(k); s != nil {
		l.Flags &^= Reserved | NotInRanges
		if _, ok := s.reservedFor1(k.Addr); ok {
			l.Flags |= Reserved
		}
		if !s.holdsInRange(k.Addr) {
			l.Flags |= NotInRanges
		}
		l.Role = s.Role
	}
	if l.State == Available || l.State == OtherAvailable {
		owner := Primary
		if l.Flags&Backup != 0 {
			owner = Secondary
		}
		l.State = OtherAvailable
		if l.Role == Alone || l.Role == owner || l.Flags&Reserved != 0 {
			l.State = Available
		}
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
	bare.Role = Alone
	if l.Free() && bare == (Lease{Key: l.Key, State: l.State}) {
		delete(m.rows, l.Key)
		return
	}
	// While nobody owns an address its flags and role are those it had last.
	bare.Flags |= m.rows[l.Key].Flags & (Reserved | NotInRanges)
	bare.Role = m.rows[l.Key].Role
	m.rows[l.Key] = m.derive(l.Key, bare)
	m.tidy(l.Key)
}

// tidy forgets what nobody holds and nobody can be given.
func (m *model) tidy(k Key) {
	if l := m.rows[k]; l.Free() && l.Flags&^FailoverUpdated == NotInRanges {
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
func (m *model) allocate(r *Request, names, partners []string) (Lease, Verdict) {
	l, v := m.choose(r, names, partners)
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

// openTo tells whether the state of a lease of its own keeps a client from it.
func (m *model) openTo(l Lease, r *Request, partners []string) bool {
	switch l.State {
	case OtherAvailable:
		return slices.Contains(partners, m.owner(l.Key).Name)
	case PendingAvailable:
		return r.Pending
	}
	return true
}

func (m *model) choose(r *Request, names, partners []string) (Lease, Verdict) {
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
				own := l.Client() == r.Client.Key() && !r.Client.Key().IsZero()
				usable := l.State == Available || (l.State == Expired || l.State == Released) && (own || s.Role == Alone) ||
					l.State == PendingAvailable && own && r.Pending || l.Live() && own
				if x.Who == who && usable && l.Flags&Deactivated == 0 && ok(l) {
					return l, GaveReserved
				}
			}
		}
	}
	const barred = Reserved | NotInRanges | Deactivated
	if l, found := m.previous(r, scopes, func(l Lease) bool {
		return l.Flags&barred == 0 && m.openTo(l, r, partners) && ok(l)
	}); found {
		return l, GavePrevious
	}
	free := m.free(scopes, Available, ok)
	for _, name := range partners {
		if slices.Contains(names, name) && m.scope(name) != nil {
			free = append(free, m.free([]*Scope{m.scope(name)}, OtherAvailable, ok)...)
		}
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

// free is the addresses that can be given in a state, in order.
func (m *model) free(scopes []*Scope, state State, ok func(Lease) bool) (free []Lease) {
	for _, s := range scopes {
		var mine []Lease
		for _, g := range s.Ranges {
			for a := g.First; a <= g.Last; a++ {
				l, _ := m.get(Key{s.VPN, a})
				if l.State != state || l.Flags&(Reserved|NotInRanges|Deactivated) != 0 {
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
				return m.compareFirst(s, s.Role, a.Addr, b.Addr)
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
	return free
}

// compareFirst is the order of FirstAvailable for a role.
func (m *model) compareFirst(s *Scope, role Role, a, b Addr) int {
	middle := s.Boundary
	if middle == 0 {
		rs := MergeRanges(s.Ranges)
		middle = rs[0].First + (rs[len(rs)-1].Last-rs[0].First)/2
	}
	if role == Secondary {
		switch belowA, belowB := a <= middle, b <= middle; {
		case belowA && belowB:
			return cmp.Compare(b, a)
		case belowA != belowB:
			return -cmp.Compare(b2i(belowA), b2i(belowB))
		}
	}
	return cmp.Compare(a, b)
}

// spare is what an owner would hand to the other first.
func (m *model) spare(s *Scope, owner Role, affine func(ClientKey) bool) []Key {
	state := OtherAvailable
	if owner == s.Role {
		state = Available
	}
	free := m.free([]*Scope{s}, state, func(Lease) bool { return true })
	rank := func(l Lease) int {
		_, used := m.rows[l.Key]
		switch {
		case used && !l.Client().IsZero() && affine(l.Client()):
			return 0
		case !used:
			return 1
		}
		return 2
	}
	slices.SortFunc(free, func(a, b Lease) int {
		if s.FirstAvailable {
			c := m.compareFirst(s, Secondary, a.Addr, b.Addr)
			if owner == Secondary {
				return -c
			}
			return c
		}
		switch ra, rb := rank(a), rank(b); {
		case ra != rb:
			return cmp.Compare(ra, rb)
		case ra == 1:
			return cmp.Compare(b.Addr, a.Addr)
		}
		return cmp.Or(cmp.Compare(a.StateStart, b.StateStart), cmp.Compare(a.Addr, b.Addr))
	})
	var ks []Key
	for _, l := range free {
		ks = append(ks, l.Key)
	}
	return slices.Compact(ks) // ranges may overlap
}

// inGroup is what a listing of some scopes must show.
func (m *model) inGroup(scopes []*Scope, show func(Lease) bool) []Lease {
	var out []Lease
	for _, k := range m.keys() {
		l, _ := m.get(k)
		if o := m.owner(k); o == nil || !slices.Contains(scopes, o) || l.State == Offered && l.Commit == 0 || !show(l) {
			continue
		}
		if l.State == Offered {
			l.State, l.Start, l.Expiration, l.BOOTP, l.Cause = Available, 0, 0, false, ""
			l = m.derive(k, l)
		}
		out = append(out, l)
	}
	return out
}

func lastEnd(l Lease) int64 {
	return max(l.Expiration, l.Failover.SentPE, l.Failover.AckPE, l.Failover.RcvdPE)
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
		if free && l.State == OtherAvailable && l.Flags&Deactivated == 0 {
			c.OtherAvailable++
		}
		if !used {
			continue
		}
		if !in && !reserved {
			c.OutOfRange++
			continue
		}
		states := map[State]*int{Offered: &c.Offered, Leased: &c.Leased, Expired: &c.Expired,
			Released: &c.Released, Unavailable: &c.Unavailable, PendingAvailable: &c.PendingAvailable}
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
	return m.derive(k, now), true
}

// Conveniences of all tests here.

func ip(s string) Addr { return AddrFrom(netip.MustParseAddr(s)) }

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

func span(first, last string) []Range { return []Range{{ip(first), ip(last)}} }

func hw(n int) HW {
	return HardwareFrom(1, []byte{2, 0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

const offerTime = 120 * time.Second
