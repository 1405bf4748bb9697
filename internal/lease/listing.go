package lease

import (
	"iter"
	"math/bits"
	"slices"
)

const (
	// pageSize is how many leases the walks read under one lock.
	pageSize = 256
	// maxSkip is how many addresses without a lease to show one page passes
	// over, in steps of 64.
	maxSkip = 4096
)

// List is one page of a scope in address order: up to cap(buf) leases from the
// address from on, appended to buf[:0]. With never, addresses
// that were never leased are there too, as available. next is where the next
// page starts; false at the end.
func (t *Table) List(id ScopeID, from Addr, never bool, buf []Lease) (page []Lease, next Addr, more bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	page = buf[:0]
	if cap(page) == 0 {
		page = make([]Lease, 0, pageSize)
	}
	s := t.serving(id)
	if s == nil {
		return page, 0, false
	}
	first, last := bounds(s.Prefix)
	at := uint64(max(from, first))
	for range maxSkip {
		if at > uint64(last) {
			return page, 0, false
		}
		a := Addr(at)
		if !never {
			var ok bool
			if a, _, ok = t.pages.next(s.VPN, a); !ok || a > last {
				return page, 0, false
			}
		}
		if page, at = t.listWord(s, a, never, page); len(page) == cap(page) {
			break
		}
	}
	return page, Addr(at), at <= uint64(last)
}

// listWord appends what there is to list from a to the end of its 64
// addresses, and returns where it stopped.
func (t *Table) listWord(s *scope, a Addr, never bool, page []Lease) ([]Lease, uint64) {
	base := a &^ 63
	has := t.pages.has(s.VPN, a)
	show := has
	if never {
		show |= rangesMask(s.Ranges, base) | reservationsMask(s.Reservations, base)
	}
	for show = show >> (a & 63) << (a & 63); show != 0; show &= show - 1 {
		bit := bits.TrailingZeros64(show)
		k := Key{s.VPN, base + Addr(bit)}
		if len(page) == cap(page) {
			return page, uint64(k.Addr)
		}
		if has>>bit&1 == 0 {
			page = append(page, t.neverLeased(k))
			continue
		}
		if r := t.rows.at(t.pages.row(k)); ScopeID(r.scope) == s.id {
			page = append(page, t.rows.read(r))
		}
	}
	return page, uint64(base) + 64
}

// Each walks over a scope by pages, so that the table is locked for a page at
// a time only; changes made meanwhile may or may not be seen.
func (t *Table) Each(id ScopeID, never bool) iter.Seq[Lease] {
	return func(yield func(Lease) bool) {
		buf := make([]Lease, 0, pageSize)
		for from, more := Addr(0), true; more; {
			buf, from, more = t.List(id, from, never, buf)
			for _, l := range buf {
				if !yield(l) {
					return
				}
			}
		}
	}
}

// All walks over all records of all VPNs in key order, the parked too, as
// Each does.
func (t *Table) All() iter.Seq[Lease] {
	return func(yield func(Lease) bool) {
		buf := make([]Lease, 0, pageSize)
		for _, vpn := range t.vpns() {
			for from, more := Addr(0), true; more; {
				buf, from, more = t.walkPage(vpn, from, buf)
				for _, l := range buf {
					if !yield(l) {
						return
					}
				}
			}
		}
	}
}

// vpns are those with records, in order.
func (t *Table) vpns() []uint32 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var ids []uint32
	for id := range t.pages.spaces {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func (t *Table) walkPage(vpn uint32, from Addr, buf []Lease) (page []Lease, next Addr, more bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for page = buf[:0]; len(page) < cap(page); from++ {
		at, i, ok := t.pages.next(vpn, from)
		if !ok {
			return page, 0, false
		}
		page = append(page, t.rows.read(t.rows.at(i)))
		if from = at; at == ^Addr(0) {
			return page, 0, false
		}
	}
	return page, from, true
}

// Counters are the figures of a scope; reading them costs the same whatever
// the scope's size.
func (t *Table) Counters(id ScopeID) Counts {
	t.mu.RLock()
	defer t.mu.RUnlock()
	s := t.serving(id)
	if s == nil {
		return Counts{}
	}
	return s.counts()
}

func (s *scope) counts() Counts {
	c := Counts{
		Total:     s.inRanges + len(s.Reservations) - s.reservedIn,
		Reserved:  len(s.Reservations),
		NeverUsed: s.inRanges - s.reservedIn,
	}
	var states, toGive [16]int
	for k, n := range s.tally {
		if n == 0 {
			continue
		}
		state, f := State(k&15), k>>4
		reserved, out, deactivated := f&1 != 0, f&2 != 0, f&4 != 0
		if out && !reserved {
			c.OutOfRange += int(n)
			continue
		}
		states[state] += int(n)
		if !reserved {
			c.NeverUsed -= int(n)
			if !deactivated {
				toGive[state] += int(n)
			}
		}
		if deactivated {
			c.Deactivated += int(n)
		}
		if reserved && state == Leased {
			c.ReservedLeased += int(n)
		}
	}
	toGive[freeState(s.Role, 0)] += c.NeverUsed
	c.Available, c.OtherAvailable = toGive[Available], toGive[OtherAvailable]
	c.Offered, c.Leased = states[Offered], states[Leased]
	c.Expired, c.Released = states[Expired], states[Released]
	c.Unavailable, c.PendingAvailable = states[Unavailable], states[PendingAvailable]
	return c
}
