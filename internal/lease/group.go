package lease

import (
	"cmp"
	"slices"
	"sync"
)

// Group is the scopes of one failover relationship, for walks over their
// leases in order of key. It follows the configuration by itself; scopes that
// are gone count again when they come back. Its methods may be called from any
// goroutine, and hold the table's lock for a page at a time.
type Group struct {
	t   *Table
	ids []ScopeID

	mu         sync.Mutex // of those below, taken before the table's
	generation uint64     // of the configuration that they were made from
	member     []bool     // by ScopeID
	extents    []extent   // where its leases may be, in order of key
}

// extent is a range of addresses in one VPN.
type extent struct {
	vpn uint32
	Range
}

// Group makes a group of scopes.
func (t *Table) Group(ids []ScopeID) *Group {
	return &Group{t: t, ids: slices.Clone(ids)}
}

// Scopes are those that the group was made of.
func (g *Group) Scopes() []ScopeID { return g.ids }

// lock takes both locks and brings the group up to date.
func (g *Group) lock() {
	g.mu.Lock()
	g.t.mu.RLock()
	if g.extents == nil || g.generation != g.t.generation {
		g.refresh()
	}
}

func (g *Group) unlock() {
	g.t.mu.RUnlock()
	g.mu.Unlock()
}

func (g *Group) refresh() {
	t := g.t
	g.generation = t.generation
	g.member = make([]bool, len(t.scopes))
	all := make([]extent, 0, len(g.ids))
	for _, id := range g.ids {
		if s := t.serving(id); s != nil {
			g.member[id] = true
			first, last := bounds(s.Prefix)
			all = append(all, extent{s.VPN, Range{first, last}})
		}
	}
	slices.SortFunc(all, func(a, b extent) int {
		return cmp.Or(cmp.Compare(a.vpn, b.vpn), cmp.Compare(a.First, b.First))
	})
	g.extents = all[:0]
	for _, x := range all {
		if n := len(g.extents); n > 0 && g.extents[n-1].vpn == x.vpn && g.extents[n-1].Last >= x.First {
			g.extents[n-1].Last = max(g.extents[n-1].Last, x.Last)
			continue
		}
		g.extents = append(g.extents, x)
	}
}

// Has tells whether the address belongs to one of the scopes.
func (g *Group) Has(k Key) bool {
	g.lock()
	defer g.unlock()
	return g.member[g.t.layouts[k.VPN].owner(k.Addr)]
}

// All appends to buf up to n leases that have a record, from behind a key on
// in order of key, as they are on disk (see Beneath). Fewer than n are the
// last.
func (g *Group) All(after Key, n int, buf []Lease) []Lease {
	return g.walk(after, n, buf, (*pages).next)
}

// Unacked is All of those only that the partner has not acknowledged. What it
// costs does not depend on how many it has.
func (g *Group) Unacked(after Key, n int, buf []Lease) []Lease {
	return g.walk(after, n, buf, (*pages).nextUnacked)
}

// CountUnacked is how many leases Unacked would find.
func (g *Group) CountUnacked() int {
	n := 0
	for at, more := (Key{}), true; more; {
		var found int
		found, at, more = g.countPage(at)
		n += found
	}
	return n
}

// countPage counts from a key on, for as long as a page may hold the lock, and
// returns where it stopped; false at the end.
func (g *Group) countPage(at Key) (n int, stopped Key, more bool) {
	g.lock()
	defer g.unlock()
	looked := 0
	for _, x := range g.extents {
		from := Key{x.vpn, x.First}
		if compareKeys(from, at) < 0 {
			from = at
		}
		for from.VPN == x.vpn && from.Addr <= x.Last {
			a, row, ok := g.t.pages.nextUnacked(x.vpn, from.Addr)
			if !ok || a > x.Last {
				break
			}
			if r := g.t.rows.at(row); g.member[r.scope] && (r.state != Offered || r.commit != 0) {
				n++
			}
			from, more = following(Key{x.vpn, a})
			if looked++; looked == maxSkip || !more {
				return n, from, more
			}
		}
	}
	return n, at, false
}

// finder is a way to walk over records.
type finder func(p *pages, vpn uint32, a Addr) (Addr, uint32, bool)

func (g *Group) walk(after Key, n int, buf []Lease, next finder) []Lease {
	want := len(buf) + n
	at, more := following(after)
	for more && len(buf) < want {
		buf, at, more = g.page(at, want, buf, next)
	}
	return buf
}

// following is the key after k.
func following(k Key) (Key, bool) {
	if k.Addr++; k.Addr == 0 {
		k.VPN++
		return k, k.VPN != 0
	}
	return k, true
}

// page appends what it finds from a key on, up to the length that is wanted,
// and returns where it stopped; false at the end.
func (g *Group) page(at Key, want int, buf []Lease, next finder) (page []Lease, stopped Key, more bool) {
	g.lock()
	defer g.unlock()
	i, _ := slices.BinarySearchFunc(g.extents, at, func(x extent, k Key) int {
		return cmp.Or(cmp.Compare(x.vpn, k.VPN), cmp.Compare(x.Last, k.Addr))
	})
	end := min(want, len(buf)+pageSize)
	for range maxSkip {
		if len(buf) == end {
			return buf, at, true
		}
		if i == len(g.extents) {
			return buf, at, false
		}
		x := &g.extents[i]
		if at.VPN != x.vpn || at.Addr < x.First {
			at = Key{x.vpn, x.First}
		}
		a, row, ok := next(g.t.pages, x.vpn, at.Addr)
		if !ok || a > x.Last {
			i++
			continue
		}
		if r := g.t.rows.at(row); g.member[r.scope] && (r.state != Offered || r.commit != 0) {
			buf = append(buf, g.t.rows.read(r))
			if l := &buf[len(buf)-1]; l.State == Offered {
				*l, _ = l.Beneath()
			}
		}
		var more bool
		if at, more = following(Key{x.vpn, a}); !more {
			return buf, at, false
		}
		if a == x.Last {
			i++
		}
	}
	if i == len(g.extents) {
		return buf, at, false
	}
	return buf, at, true
}

// Pending appends to buf up to n pending-available leases whose last end (the
// latest of expiration and of the potential expirations sent, acknowledged and
// received) is not after end.
func (g *Group) Pending(end int64, n int, buf []Key) []Key {
	g.lock()
	defer g.unlock()
	t, due := g.t, len(buf)
	t.endings.due(end, func(id uint32) bool {
		if g.member[id] {
			t.scopes[id].pending.due(end, func(i uint32) bool {
				if len(buf) < due+n {
					buf = append(buf, t.rows.at(i).key())
				}
				return len(buf) < due+n
			})
		}
		return len(buf) < due+n
	})
	slices.SortFunc(buf[due:], compareKeys)
	return buf
}

// NextPending is the earliest last end of a pending-available lease.
func (g *Group) NextPending() (end int64, ok bool) {
	g.lock()
	defer g.unlock()
	t := g.t
	if first, any := t.endings.top(); !any || g.member[first.item] {
		return first.when, any
	}
	for _, id := range g.ids {
		if s := t.serving(id); s != nil {
			if first, any := s.pending.top(); any && (!ok || first.when < end) {
				end, ok = first.when, true
			}
		}
	}
	return end, ok
}

func compareKeys(a, b Key) int {
	return cmp.Or(cmp.Compare(a.VPN, b.VPN), cmp.Compare(a.Addr, b.Addr))
}
