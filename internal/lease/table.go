package lease

import (
	"cmp"
	"slices"
	"sync"
)

// Table holds all leases of a server. Its methods may be called from any
// goroutine; each holds the lock for a short time only.
type Table struct {
	// configuring is held by what changes the configuration, so that it can
	// prepare without holding up anybody.
	configuring sync.Mutex
	defs        []Scope // canonical, in name order; under configuring

	mu       sync.RWMutex // guards all below
	rows     rows
	pages    *pages
	clients  index                // records with a claiming client, by client
	hardware index                // records with a hardware address, by it
	scopes   []*scope             // by ScopeID; 0 is limbo
	ids      map[scopeKey]ScopeID // every scope there ever was
	names    map[string]ScopeID   // those configured now
	layouts  map[uint32]*layout   // by VPN
	wakeups  queue                // configured scopes by first deadline
	endings  queue                // and by their first pending-available lease
	// generation counts the configurations, for what is computed from them.
	generation uint64
}

type scopeKey struct {
	vpn  uint32
	name string
}

// New returns an empty table, without scopes.
func New() *Table {
	return &Table{
		rows:    newRows(),
		pages:   newPages(),
		scopes:  []*scope{newScope(limbo)},
		ids:     map[scopeKey]ScopeID{},
		names:   map[string]ScopeID{},
		layouts: map[uint32]*layout{},
	}
}

// Load adds a lease that the store holds, at start. A lease that no
// configured scope holds is parked. (Configure first: it is faster than
// moving all leases out of the park.)
func (t *Table) Load(l Lease) { t.Update(l) }

// Update replaces a lease (or adds it) whatever it was before.
func (t *Table) Update(l Lease) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.put(&l)
}

// Get returns the lease of an address as it stands; false if it was never
// leased.
func (t *Table) Get(k Key) (Lease, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	i := t.pages.row(k)
	if i == 0 {
		return Lease{}, false
	}
	return t.rows.read(t.rows.at(i)), true
}

// At returns the lease of an address as it stands, a new free one if it was
// never leased.
func (t *Table) At(k Key) Lease {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.lookup(k)
}

// Change replaces a lease with what f makes of it, atomically; f gets a new
// free lease if the address was never leased, and says false to leave
// everything as it is. It is called with the table locked: it must be quick
// and must not use the table. Change returns the lease as it is now, and
// whether f changed it. An address that no scope holds and that has no parked
// lease is not changed.
func (t *Table) Change(k Key, f func(Lease, Place) (Lease, bool)) (Lease, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	place, ok := t.placeOf(k)
	if !ok {
		return Lease{}, false
	}
	before := t.lookup(k)
	now, ok := f(before, place)
	if !ok {
		return before, false
	}
	now.Key = k
	t.put(&now)
	return now, true
}

// lookup is the lease of an address, a new free one if it has no record.
func (t *Table) lookup(k Key) Lease {
	if i := t.pages.row(k); i != 0 {
		return t.rows.read(t.rows.at(i))
	}
	return t.neverLeased(k)
}

func (t *Table) neverLeased(k Key) Lease {
	l := Lease{Key: k, State: Available}
	if id := t.layouts[k.VPN].owner(k.Addr); id != 0 {
		s := t.scopes[id]
		l.Flags, l.Role = s.derive(k.Addr), s.Role
		l.State = freeState(l.Role, l.Flags)
	}
	return l
}

// put makes the record of l's address say what l says, with everything that
// hangs on it, and gives l what the configuration derives.
func (t *Table) put(l *Lease) {
	i := t.pages.row(l.Key)
	if i == 0 {
		if l.blank() {
			*l = t.neverLeased(l.Key)
			return
		}
		i = t.rows.add(l.Key)
		t.pages.set(l.Key, i)
		t.place(i)
	}
	t.replace(i, l)
	r := t.rows.at(i)
	l.Flags, l.State, l.Role = r.flags, r.state, r.role
	if l.blank() || forgettable(r.state, r.flags) {
		t.forget(i)
	}
}

// replace writes l into a placed record.
func (t *Table) replace(i uint32, l *Lease) {
	r := t.rows.at(i)
	s := t.scopes[r.scope]
	was := t.slot(s, r)
	s.tally[kind(r.state, r.flags)]--
	t.countLimitation(r, -1)

	who := l.Client()
	same := t.rows.is(r, &who)
	sameHW := r.hwLen == l.HW.Len && r.hwType == l.HW.Type && r.hw == l.HW.Addr
	claims := l.State != Unavailable && !who.IsZero()
	if r.clientHash != 0 && !(same && claims) {
		t.clients.remove(byClient{&t.rows}, i)
		r.clientHash = 0
	}
	if r.hwLen > 0 && !sameHW {
		t.hardware.remove(byHardware{&t.rows}, i)
	}
	t.rows.write(r, l)
	if free(r.state) {
		r.state = freeState(r.role, r.flags)
	}
	if r.clientHash == 0 && claims {
		r.clientHash = t.rows.clientHash(r.vpn, &who)
		t.clients.add(byClient{&t.rows}, i)
	}
	if r.hwLen > 0 && !sameHW {
		t.hardware.add(byHardware{&t.rows}, i)
	}

	t.countLimitation(r, 1)
	s.tally[kind(r.state, r.flags)]++
	t.move(s, i, was, t.slot(s, r))
	if r.role != Alone {
		t.pages.mark(r.key(), r.unacked())
	}
}

// forgettable says that a record is of no use any more: its address can be
// given to nobody, and nobody holds it. One that is the secondary's is kept:
// without a record it would be the primary's when its range comes back.
func forgettable(state State, f Flags) bool {
	return f&^FailoverUpdated == NotInRanges && free(state)
}

// forget removes a record.
func (t *Table) forget(i uint32) {
	r := t.rows.at(i)
	t.replace(i, &Lease{Key: r.key(), State: Available})
	s := t.scopes[r.scope]
	t.unplace(i)
	t.pages.set(r.key(), 0)
	if r.flags&derived == 0 {
		s.neverUsed().free.set(r.addr, true)
	}
	t.rows.free(i)
}

func (t *Table) countLimitation(r *row, by int) {
	if r.limitation != 0 && live(r.state) {
		e := t.rows.limits.entries.at(r.limitation)
		e.live = uint32(int(e.live) + by)
	}
}

// LimitationCount is the number of live leases with this limitation-id.
func (t *Table) LimitationCount(id string) int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return int(t.rows.limits.entries.at(t.rows.limits.find(id)).live)
}

// ByClient appends to buf the leases that a client has or had last in a VPN,
// in address order, and returns it. Those that it declined are not its.
func (t *Table) ByClient(vpn uint32, who ClientKey, buf []Lease) []Lease {
	t.mu.RLock()
	defer t.mu.RUnlock()
	n := len(buf)
	t.eachOfClient(vpn, &who, func(_ uint32, r *row) {
		buf = append(buf, t.rows.read(r))
	})
	slices.SortFunc(buf[n:], byAddress)
	return buf
}

func (t *Table) eachOfClient(vpn uint32, who *ClientKey, f func(i uint32, r *row)) {
	if who.IsZero() {
		return
	}
	h := t.rows.clientHash(vpn, who)
	for i := t.clients.first(h); i != 0; {
		r := t.rows.at(i)
		if r.clientHash == h && r.vpn == vpn && t.rows.is(r, who) {
			f(i, r)
		}
		i = r.byClient.next
	}
}

// ByHardware appends to buf all leases with a hardware address in a VPN,
// whatever their client-id and state, in address order, and returns it.
func (t *Table) ByHardware(vpn uint32, hw HW, buf []Lease) []Lease {
	if hw.Len == 0 {
		return buf
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	n := len(buf)
	h := t.rows.hardwareHash(vpn, hw.Type, hw.Len, &hw.Addr)
	for i := t.hardware.first(h); i != 0; {
		r := t.rows.at(i)
		if r.vpn == vpn && r.hwType == hw.Type && r.hwLen == hw.Len && r.hw == hw.Addr {
			buf = append(buf, t.rows.read(r))
		}
		i = r.byHardware.next
	}
	slices.SortFunc(buf[n:], byAddress)
	return buf
}

func byAddress(a, b Lease) int { return cmp.Compare(a.Addr, b.Addr) }

// Place says what the configuration makes of an address; false if no scope
// holds it, and it has no parked lease either.
func (t *Table) Place(k Key) (Place, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.placeOf(k)
}

func (t *Table) placeOf(k Key) (Place, bool) {
	id := t.layouts[k.VPN].owner(k.Addr)
	if id == 0 {
		i := t.pages.row(k)
		if i == 0 {
			return Place{}, false
		}
		id = ScopeID(t.rows.at(i).scope)
	}
	s := t.scopes[id]
	p := Place{Scope: id, Name: s.Name, Parked: !s.alive}
	p.InRange = inRanges(s.Ranges, k.Addr)
	p.ReservedFor, p.Reserved = reservation(s.Reservations, k.Addr)
	return p, true
}

// ReservationsOf are those of a configured scope; nobody changes them.
func (t *Table) ReservationsOf(id ScopeID) []Reservation {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.scopes[id].Reservations
}

// ScopeID is the handle of the configured scope with this name.
func (t *Table) ScopeID(name string) (ScopeID, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	id, ok := t.names[name]
	return id, ok
}

// Len is the number of records, of which parked ones wait for their scope, or
// for a range or reservation of it.
func (t *Table) Len() (records, parked int) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, s := range t.scopes {
		if s.alive {
			parked += s.outside()
		} else {
			parked += s.records
		}
	}
	return t.rows.count(), parked
}
