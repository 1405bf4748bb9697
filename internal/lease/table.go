package lease

import "iter"

// Table holds all leases of a server. Its methods may be called from any
// goroutine; each holds the lock for a short time only.
type Table struct{}

// New returns an empty table, without scopes.
func New() *Table { return &Table{} }

// Load adds a lease that the store holds, at start. A lease that no
// configured scope holds is parked.
func (t *Table) Load(l Lease) {}

// Configure replaces all scopes at once. Leases keep their states; those that
// no scope holds any more are parked, and parked ones that a scope holds come
// back. With an error nothing changes.
func (t *Table) Configure(scopes []Scope) (Reconfiguration, error) { return Reconfiguration{}, nil }

// Preview says what Configure would do, and does nothing.
func (t *Table) Preview(scopes []Scope) (Reconfiguration, error) { return Reconfiguration{}, nil }

// Reserve adds one reservation to the running configuration of a scope.
func (t *Table) Reserve(id ScopeID, r Reservation) error { return nil }

// Unreserve removes the reservation of one address; false if there is none.
func (t *Table) Unreserve(k Key) bool { return false }

// ScopeID is the handle of the configured scope with this name.
func (t *Table) ScopeID(name string) (ScopeID, bool) { return 0, false }

// Place says what the configuration makes of an address; false if no scope
// holds it, and it has no parked lease either.
func (t *Table) Place(k Key) (Place, bool) { return Place{}, false }

// Get returns the lease of an address as it stands; false if it was never
// leased.
func (t *Table) Get(k Key) (Lease, bool) { return Lease{}, false }

// Committed is Get for reports: while a proposed change is not yet on disk
// it returns the lease as it was before.
func (t *Table) Committed(k Key) (Lease, bool) { return Lease{}, false }

// ByClient appends to buf the leases that a client has or had last in a VPN,
// in address order, and returns it.
func (t *Table) ByClient(vpn uint32, who ClientKey, buf []Lease) []Lease { return nil }

// ByHardware appends to buf all leases with a hardware address in a VPN,
// whatever their client-id, in address order, and returns it.
func (t *Table) ByHardware(vpn uint32, hw HW, buf []Lease) []Lease { return nil }

// ClientIn returns the best lease that a client has or had last in one of the
// scopes: a live one before a past one, then the latest used.
func (t *Table) ClientIn(scopes []ScopeID, who ClientKey) (Lease, bool) { return Lease{}, false }

// ReservedFor returns the lowest address that is reserved under the lookup
// key in the first of the scopes that has one.
func (t *Table) ReservedFor(scopes []ScopeID, who string) (Key, bool) { return Key{}, false }

// Allocate chooses an address and offers it, in one step: the one reserved
// for the client, else the one it has or had, else the one it asks for, else
// the next one in the order of the scope. The lease returned is in the table
// as offered, so nobody else is given it.
func (t *Table) Allocate(r *Request) (Lease, Verdict) { return Lease{}, NoScope }

// Update replaces a lease (or adds it) whatever it was before.
func (t *Table) Update(l Lease) {}

// Change replaces a lease with what f makes of it, atomically; f gets a new
// available lease if the address was never leased, and says false to leave
// everything as it is. It is called with the table locked: it must be quick
// and must not use the table. Change returns the lease as it is now, and
// whether f changed it. An address that no scope holds and that has no parked
// lease is not changed.
func (t *Table) Change(k Key, f func(Lease, Place) (Lease, bool)) (Lease, bool) {
	return Lease{}, false
}

// Propose is Change for a change that must reach the disk before anybody is
// told. Its own exchange and the allocator see it at once, Committed and the
// listings only after Settle. Every successful Propose must be followed by one
// Settle or Revert with the lease it returned, in the order of the proposals
// for one address.
func (t *Table) Propose(k Key, f func(Lease, Place) (Lease, bool)) (Lease, bool) {
	return Lease{}, false
}

// Settle ends a proposal that is on disk in the batch of this number.
func (t *Table) Settle(l Lease, commit uint64) {}

// Revert ends a proposal that could not be written: the lease goes back to
// what is on disk, unless a later proposal is still under way.
func (t *Table) Revert(l Lease) {}

// LimitationCount is the number of live leases with this limitation-id.
func (t *Table) LimitationCount(id string) int { return 0 }

// Counters are the figures of a scope; they cost nothing to keep or read.
func (t *Table) Counters(id ScopeID) Counts { return Counts{} }

// Len is the number of records, of which parked ones wait for their scope.
func (t *Table) Len() (records, parked int) { return 0, 0 }

// List is one page of a scope in address order, as committed: up to cap(buf)
// leases from the address from on, appended to buf[:0]. With never, addresses
// that were never leased are there too, as available. next is where the next
// page starts; false at the end.
func (t *Table) List(id ScopeID, from Addr, never bool, buf []Lease) (page []Lease, next Addr, more bool) {
	return nil, 0, false
}

// Each walks over a scope by pages, so that the table is locked for a page at
// a time only; changes made meanwhile may or may not be seen.
func (t *Table) Each(id ScopeID, never bool) iter.Seq[Lease] { return func(func(Lease) bool) {} }

// All walks over all records of all VPNs in key order, the parked too, as
// Each does.
func (t *Table) All() iter.Seq[Lease] { return func(func(Lease) bool) {} }

// Parked walks over the leases that wait for their scope, as Each does.
func (t *Table) Parked() iter.Seq[Lease] { return func(func(Lease) bool) {} }

// Due returns up to max leases of configured scopes whose Deadline has come,
// earliest first among those returned. They stay due until they are changed.
func (t *Table) Due(now int64, max int) []Lease { return nil }

// NextDeadline is the earliest time at which Due will return something.
func (t *Table) NextDeadline() (int64, bool) { return 0, false }
