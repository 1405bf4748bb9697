package lease

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"sort"
)

// layout is who owns the addresses of one VPN: the scope with a range or a
// reservation there; for all others the scope of the longest prefix, the
// first by name if several have the same. It is never changed, only replaced.
type layout struct {
	ranges  []owned // by address
	singles []owned // reservations outside all ranges, by address
	// prefixes by length; lengths are those in use, longest first.
	prefixes [33]map[Addr]ScopeID
	lengths  []int
	firsts   []Addr // first addresses of all prefixes, in order
}

type owned struct {
	Range
	id ScopeID
}

func find(list []owned, a Addr) ScopeID {
	i := sort.Search(len(list), func(i int) bool { return list[i].Last >= a })
	if i < len(list) && list[i].First <= a {
		return list[i].id
	}
	return 0
}

// held is the scope whose range or reservation holds the address, 0 if none.
func (y *layout) held(a Addr) ScopeID {
	if y == nil {
		return 0
	}
	if id := find(y.ranges, a); id != 0 {
		return id
	}
	return find(y.singles, a)
}

// owner is the scope an address belongs to, 0 if none.
func (y *layout) owner(a Addr) ScopeID {
	if y == nil {
		return 0
	}
	if id := y.held(a); id != 0 {
		return id
	}
	for _, n := range y.lengths {
		if id := y.prefixes[n][a&mask(n)]; id != 0 {
			return id
		}
	}
	return 0
}

// touches says whether any prefix has an address in common with p.
func (y *layout) touches(p netip.Prefix) bool {
	if y == nil {
		return false
	}
	first, last := bounds(p)
	i := sort.Search(len(y.firsts), func(i int) bool { return y.firsts[i] >= first })
	if i < len(y.firsts) && y.firsts[i] <= last {
		return true
	}
	for _, n := range y.lengths {
		if n <= p.Bits() && y.prefixes[n][first&mask(n)] != 0 {
			return true
		}
	}
	return false
}

func mask(bits int) Addr { return Addr(^uint64(0) << (32 - bits)) }

// bounds are a prefix's first and last address.
func bounds(p netip.Prefix) (first, last Addr) {
	m := mask(p.Bits())
	first = AddrFrom(p.Addr()) & m
	return first, first | ^m
}

// newLayouts lays out scopes in canonical form and in name order; ids are
// their handles. Two that want the same address are an error.
func newLayouts(scopes []Scope, ids []ScopeID) (map[uint32]*layout, error) {
	ys := map[uint32]*layout{}
	for i := range scopes {
		s := &scopes[i]
		y := ys[s.VPN]
		if y == nil {
			y = &layout{}
			ys[s.VPN] = y
		}
		first, _ := bounds(s.Prefix)
		n := s.Prefix.Bits()
		if y.prefixes[n] == nil {
			y.prefixes[n] = map[Addr]ScopeID{}
			y.lengths = append(y.lengths, n)
		}
		if y.prefixes[n][first] == 0 {
			y.prefixes[n][first] = ids[i]
		}
		y.firsts = append(y.firsts, first)
		for _, r := range s.Ranges {
			y.ranges = append(y.ranges, owned{r, ids[i]})
		}
		for _, r := range s.Reservations {
			if !inRanges(s.Ranges, r.Addr) {
				y.singles = append(y.singles, owned{Range{r.Addr, r.Addr}, ids[i]})
			}
		}
	}
	name := func(id ScopeID) string { return scopes[slices.Index(ids, id)].Name }
	for _, y := range ys {
		if err := y.sort(name); err != nil {
			return nil, err
		}
	}
	return ys, nil
}

func (y *layout) sort(name func(ScopeID) string) error {
	order := func(a, b owned) int { return cmp.Compare(a.First, b.First) }
	slices.SortFunc(y.ranges, order)
	slices.SortFunc(y.singles, order)
	slices.Sort(y.firsts)
	slices.SortFunc(y.lengths, func(a, b int) int { return b - a })
	for i := 1; i < len(y.ranges); i++ {
		a, b := y.ranges[i-1], y.ranges[i]
		if b.First <= a.Last {
			return fmt.Errorf("range %v-%v of scope %q overlaps range %v-%v of scope %q",
				b.First, b.Last, name(b.id), a.First, a.Last, name(a.id))
		}
	}
	for i, s := range y.singles {
		if id := find(y.ranges, s.First); id != 0 {
			return fmt.Errorf("%v, reserved in scope %q, lies in a range of scope %q", s.First, name(s.id), name(id))
		}
		if i > 0 && y.singles[i-1].First == s.First {
			return fmt.Errorf("%v is reserved in scope %q and in scope %q", s.First, name(y.singles[i-1].id), name(s.id))
		}
	}
	return nil
}

// canonical brings a scope into the form that the table keeps: prefix masked,
// ranges merged, reservations by address; or says what is wrong with it.
func canonical(s Scope) (Scope, error) {
	if !s.Prefix.IsValid() || !s.Prefix.Addr().Is4() {
		return s, fmt.Errorf("scope %q: %v is not an IPv4 subnet", s.Name, s.Prefix)
	}
	s.Prefix = s.Prefix.Masked()
	first, last := bounds(s.Prefix)
	for _, r := range s.Ranges {
		if r.First > r.Last || r.First < first || r.Last > last {
			return s, fmt.Errorf("scope %q: %v-%v is not a range inside %v", s.Name, r.First, r.Last, s.Prefix)
		}
	}
	s.Ranges = MergeRanges(s.Ranges)
	s.Reservations = slices.Clone(s.Reservations)
	slices.SortFunc(s.Reservations, byAddr)
	for i, r := range s.Reservations {
		if r.Addr < first || r.Addr > last {
			return s, fmt.Errorf("scope %q: reserved address %v is not inside %v", s.Name, r.Addr, s.Prefix)
		}
		if i > 0 && s.Reservations[i-1].Addr == r.Addr {
			return s, fmt.Errorf("scope %q: %v is reserved twice", s.Name, r.Addr)
		}
	}
	return s, nil
}
