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

	// free is the addresses to give: with FirstAvailable all that are
	// available; otherwise those never used, and idle has the used ones,
	// longest available first.
	free bitmap
	idle queue
	// deadlines orders the records that Expire will change.
	deadlines queue
	wake      uint32 // place in Table.wakeups

	records int
	tally   [128]int32 // records by kind
}

// limbo is the scope of leases that never had one.
const limbo ScopeID = 0

func newScope(id ScopeID) *scope {
	return &scope{id: id, wake: nowhere}
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
}

// empty gives back the memory of a scope that is gone and left no leases.
func (s *scope) empty() {
	s.define(Scope{Name: s.Name, VPN: s.VPN})
	s.free, s.idle, s.deadlines = bitmap{}, queue{}, queue{}
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

// rebuild makes free anew after the ranges or reservations have changed. Bits
// of addresses with records are as their records were placed; the others are
// never-used ones.
func (s *scope) rebuild(p *pages) {
	old := s.free
	s.free = bitmap{}
	if len(s.Ranges) == 0 {
		return
	}
	s.free = newBitmap(s.Ranges[0].First, s.Ranges[len(s.Ranges)-1].Last)
	for _, r := range s.Ranges {
		for page := uint64(r.First &^ 63); page <= uint64(r.Last); page += 64 {
			a := Addr(page)
			in := rangesMask(s.Ranges, a)
			has := p.has(s.VPN, a)
			s.free.setWord(a, old.word(a)&has&in|in&^has&^reservationsMask(s.Reservations, a))
		}
	}
}

// slot is the structure of its scope that a record stands in.
type slot struct {
	kind slotKind
	when int64
}

type slotKind uint8

const (
	inNone slotKind = iota
	inFree
	inIdle
	inDeadlines
)

func (s *scope) slot(r *row) slot {
	if s.id == limbo {
		return slot{}
	}
	if when, ok := deadline(r.state, r.expiration); ok {
		return slot{inDeadlines, when}
	}
	if !givable(r) {
		return slot{}
	}
	if s.FirstAvailable {
		return slot{kind: inFree}
	}
	return slot{inIdle, r.stateStart}
}

// givable says that a new client may be given the address of a record.
func givable(r *row) bool {
	return r.state == Available && r.flags&(Reserved|NotInRanges|Deactivated) == 0
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
	switch {
	case from.kind == to.kind && to.kind == inDeadlines:
		s.deadlines.fix(byPlace{&t.rows}, r.place, to.when)
	case from.kind == to.kind && to.kind == inIdle:
		s.idle.fix(byPlace{&t.rows}, r.place, to.when)
	default:
		switch from.kind {
		case inFree:
			s.free.set(r.addr, false)
		case inIdle:
			s.idle.remove(byPlace{&t.rows}, r.place)
		case inDeadlines:
			s.deadlines.remove(byPlace{&t.rows}, r.place)
		}
		switch to.kind {
		case inFree:
			s.free.set(r.addr, true)
		case inIdle:
			s.idle.push(byPlace{&t.rows}, to.when, i)
		case inDeadlines:
			s.deadlines.push(byPlace{&t.rows}, to.when, i)
		}
	}
	if from.kind == inDeadlines || to.kind == inDeadlines {
		t.rewake(s)
	}
}

// rewake brings the scope's first deadline into the table's order of scopes.
func (t *Table) rewake(s *scope) {
	first, ok := s.deadlines.top()
	switch {
	case !ok || !s.alive:
		if s.wake != nowhere {
			t.wakeups.remove(byWake{t}, s.wake)
		}
	case s.wake == nowhere:
		t.wakeups.push(byWake{t}, first.when, uint32(s.id))
	case t.wakeups.heap.at(s.wake).when != first.when:
		t.wakeups.fix(byWake{t}, s.wake, first.when)
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
		r.flags = r.flags&^derived | s.derive(r.addr)
		s.free.set(r.addr, false)
	}
	s.records++
	s.tally[kind(r.state, r.flags)]++
	t.move(s, i, slot{}, s.slot(r))
}

// unplace takes a record out of its scope; place must follow.
func (t *Table) unplace(i uint32) {
	r := t.rows.at(i)
	s := t.scopes[r.scope]
	t.move(s, i, s.slot(r), slot{})
	s.tally[kind(r.state, r.flags)]--
	s.records--
}

// byPlace and byWake make records and scopes the items of queues. Records of
// one scope have one VPN, so the address orders them.
type (
	byPlace struct{ *rows }
	byWake  struct{ *Table }
)

func (x byPlace) moved(i, place uint32)   { x.at(i).place = place }
func (x byPlace) before(a, b uint32) bool { return x.at(a).addr < x.at(b).addr }
func (x byWake) moved(i, place uint32)    { x.scopes[i].wake = place }
func (x byWake) before(a, b uint32) bool  { return a < b }
