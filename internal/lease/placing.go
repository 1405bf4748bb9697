package lease

import "slices"

// scope is a configured scope with the structures that its leases stand in.
// A scope that is configured away stays as it is, only not served: its leases
// are parked, and all is there when it comes back.
type scope struct {
	Scope
	id    ScopeID
	alive bool
	byWho []Reservation // Reservations in the order of byWho

	inRanges   int // addresses in ranges
	reservedIn int // of them, reserved ones

	boundary Addr // Boundary, or what stands for it

	pools [2]pool // mine, theirs
	// deadlines orders the records that Expire will change, pending those that
	// are pending-available by their last end.
	deadlines, pending queue
	wake, ending       uint32 // places in Table.wakeups and Table.endings

	records int
	tally   [128]int32 // records by kind
}

// pool is the free addresses of one owner: free has with FirstAvailable all of
// them; otherwise those never used, and idle has the used ones, longest free
// first.
type pool struct {
	free bitmap
	idle queue
}

// The owners of free addresses, as places in scope.pools.
const (
	mine = iota
	theirs
)

// limbo is the scope of leases that never had one.
const limbo ScopeID = 0

func newScope(id ScopeID) *scope {
	return &scope{id: id, wake: nowhere, ending: nowhere}
}

// define gives the scope its configuration; the caller sees to the leases.
func (s *scope) define(def Scope) {
	s.Scope = def
	s.byWho = slices.Clone(def.Reservations)
	slices.SortFunc(s.byWho, byWho)
	s.inRanges, s.reservedIn = size(def.Ranges), 0
	for _, r := range def.Reservations {
		if inRanges(def.Ranges, r.Addr) {
			s.reservedIn++
		}
	}
	s.boundary = def.Boundary
	if n := len(def.Ranges); n > 0 && s.boundary == 0 {
		first, last := def.Ranges[0].First, def.Ranges[n-1].Last
		s.boundary = first + (last-first)/2
	}
}

// neverUsed is the pool that the addresses without a record are in: they are
// the primary's.
func (s *scope) neverUsed() *pool {
	if s.Role == Secondary {
		return &s.pools[theirs]
	}
	return &s.pools[mine]
}

// empty gives back the memory of a scope that is gone and left no leases.
func (s *scope) empty() {
	s.define(Scope{Name: s.Name, VPN: s.VPN})
	s.pools, s.deadlines, s.pending = [2]pool{}, queue{}, queue{}
}

// derive is the flags that the configuration gives an address.
func (s *scope) derive(a Addr) Flags {
	var f Flags
	if _, ok := reservation(s.Reservations, a); ok {
		f |= Reserved
	}
	if !inRanges(s.Ranges, a) {
		f |= NotInRanges
	}
	return f
}

// rebuild makes the bitmaps anew after the scope has changed. Bits of addresses
// with records are as their records were placed; the others are never-used
// ones. A pool that needs no bitmap has none.
func (s *scope) rebuild(p *pages) {
	for i := range s.pools {
		old, never := s.pools[i].free, &s.pools[i] == s.neverUsed()
		s.pools[i].free = bitmap{}
		if len(s.Ranges) > 0 && (never || s.FirstAvailable && s.Role != Alone) {
			s.pools[i].free = s.refill(p, &old, never)
		}
	}
}

func (s *scope) refill(p *pages, old *bitmap, never bool) bitmap {
	b := newBitmap(s.Ranges[0].First, s.Ranges[len(s.Ranges)-1].Last)
	for _, r := range s.Ranges {
		for page := uint64(r.First &^ 63); page <= uint64(r.Last); page += 64 {
			a := Addr(page)
			in := rangesMask(s.Ranges, a)
			has := p.has(s.VPN, a)
			word := old.word(a) & has & in
			if never {
				word |= in &^ has &^ reservationsMask(s.Reservations, a)
			}
			b.setWord(a, word)
		}
	}
	return b
}

// slot is the structure of its scope that a record stands in.
type slot struct {
	kind slotKind
	pool uint8 // of inFree and inIdle
	when int64
}

type slotKind uint8

const (
	inNone slotKind = iota
	inFree
	inIdle
	inDeadlines
	inPending
)

func (t *Table) slot(s *scope, r *row) slot {
	if s.id == limbo {
		return slot{}
	}
	if when, ok := deadline(r.state, r.expiration, r.role); ok {
		return slot{kind: inDeadlines, when: when}
	}
	if r.state == PendingAvailable {
		return slot{kind: inPending, when: t.rows.lastEnd(r)}
	}
	if !givable(r) {
		return slot{}
	}
	p := uint8(mine)
	if r.state == OtherAvailable {
		p = theirs
	}
	if s.FirstAvailable {
		return slot{kind: inFree, pool: p}
	}
	return slot{inIdle, p, r.stateStart}
}

// queue is the queue of a slot, nil if it has none.
func (s *scope) queue(x slot) *queue {
	switch x.kind {
	case inIdle:
		return &s.pools[x.pool].idle
	case inDeadlines:
		return &s.deadlines
	case inPending:
		return &s.pending
	}
	return nil
}

// givable says that a new client may be given the address of a record, by the
// one server or the other.
func givable(r *row) bool {
	return free(r.state) && r.flags&(Reserved|NotInRanges|Deactivated) == 0
}

// kind is the row of the tally that a record counts in.
func kind(state State, f Flags) int {
	k := int(state & 15)
	if f&Reserved != 0 {
		k |= 16
	}
	if f&NotInRanges != 0 {
		k |= 32
	}
	if f&Deactivated != 0 {
		k |= 64
	}
	return k
}

// liveHeld is the number of live leases in ranges or reserved.
func (s *scope) liveHeld() int {
	n := 0
	for _, f := range []Flags{0, Reserved, Reserved | NotInRanges} {
		for _, d := range []Flags{0, Deactivated} {
			n += int(s.tally[kind(Offered, f|d)] + s.tally[kind(Leased, f|d)])
		}
	}
	return n
}

// outside is the number of records that no range or reservation holds.
func (s *scope) outside() int {
	n := 0
	for state := range State(16) {
		n += int(s.tally[kind(state, NotInRanges)] + s.tally[kind(state, NotInRanges|Deactivated)])
	}
	return n
}

// move takes a record from one slot of its scope to another.
func (t *Table) move(s *scope, i uint32, from, to slot) {
	if from == to {
		return
	}
	r := t.rows.at(i)
	old, now := s.queue(from), s.queue(to)
	switch {
	case old != nil && old == now:
		now.fix(byPlace{&t.rows}, r.place, to.when)
	default:
		if old != nil {
			old.remove(byPlace{&t.rows}, r.place)
		}
		if from.kind == inFree {
			s.pools[from.pool].free.set(r.addr, false)
		}
		if to.kind == inFree {
			s.pools[to.pool].free.set(r.addr, true)
		}
		if now != nil {
			now.push(byPlace{&t.rows}, to.when, i)
		}
	}
	if from.kind == inDeadlines || to.kind == inDeadlines {
		t.reorder(s, &s.deadlines, s.wake, &t.wakeups, byWake{t})
	}
	if from.kind == inPending || to.kind == inPending {
		t.reorder(s, &s.pending, s.ending, &t.endings, byEnding{t})
	}
}

// rewake brings the scope's first deadline, and its first ending, into the
// table's order of scopes.
func (t *Table) rewake(s *scope) {
	t.reorder(s, &s.deadlines, s.wake, &t.wakeups, byWake{t})
	t.reorder(s, &s.pending, s.ending, &t.endings, byEnding{t})
}

// reorder brings the first of one of the scope's queues into an order of
// scopes, in which the scope stands at a place.
func (t *Table) reorder(s *scope, q *queue, place uint32, scopes *queue, o queued) {
	first, ok := q.top()
	switch {
	case !ok || !s.alive:
		if place != nowhere {
			scopes.remove(o, place)
		}
	case place == nowhere:
		scopes.push(o, first.when, uint32(s.id))
	case scopes.heap.at(place).when != first.when:
		scopes.fix(o, place, first.when)
	}
}

// place puts a record into the scope that owns its address: if none does, it
// stays with the scope that is gone, or goes to limbo.
func (t *Table) place(i uint32) {
	r := t.rows.at(i)
	id := t.layouts[r.vpn].owner(r.addr)
	if id == 0 && !t.scopes[r.scope].alive {
		id = ScopeID(r.scope)
	}
	s := t.scopes[id]
	r.scope = uint32(id)
	if id != limbo {
		was := r.role
		r.flags = r.flags&^derived | s.derive(r.addr)
		r.role = s.Role
		if free(r.state) {
			r.state = freeState(r.role, r.flags)
		}
		// It may be there as a never-used one, of either owner if the scope
		// was away meanwhile.
		s.pools[mine].free.set(r.addr, false)
		s.pools[theirs].free.set(r.addr, false)
		if r.role != Alone || was != Alone {
			t.pages.mark(r.key(), r.unacked())
		}
	}
	s.records++
	s.tally[kind(r.state, r.flags)]++
	t.move(s, i, slot{}, t.slot(s, r))
}

// unplace takes a record out of its scope; place must follow.
func (t *Table) unplace(i uint32) {
	r := t.rows.at(i)
	s := t.scopes[r.scope]
	t.move(s, i, t.slot(s, r), slot{})
	s.tally[kind(r.state, r.flags)]--
	s.records--
}

// byPlace, byWake and byEnding make records and scopes the items of queues.
// Records of one scope have one VPN, so the address orders them.
type (
	byPlace  struct{ *rows }
	byWake   struct{ *Table }
	byEnding struct{ *Table }
)

func (x byPlace) moved(i, place uint32)   { x.at(i).place = place }
func (x byPlace) before(a, b uint32) bool { return x.at(a).addr < x.at(b).addr }
func (x byWake) moved(i, place uint32)    { x.scopes[i].wake = place }
func (x byWake) before(a, b uint32) bool  { return a < b }

func (x byEnding) moved(i, place uint32)   { x.scopes[i].ending = place }
func (x byEnding) before(a, b uint32) bool { return a < b }
