package lease

import "net/netip"

// ScopeID is a handle of a scope in one table. It belongs to the VPN and name
// for as long as the table lives, also while the scope is configured away.
// 0 is no scope.
type ScopeID uint32

// Range is a range of addresses, both ends included.
type Range struct {
	First, Last Addr
}

// Reservation keeps an address for one client.
type Reservation struct {
	Addr Addr
	// Who is the client's lookup key. The table only compares it: what it
	// is made of (a kind and a MAC or client-id, say) is the caller's choice.
	Who string
}

// Scope is what the table must know of a configured scope.
type Scope struct {
	Name string // unique among all scopes
	VPN  uint32
	// Prefix is the subnet. Several scopes may share one; an address is then
	// the scope's whose range or reservation holds it.
	Prefix       netip.Prefix
	Ranges       []Range
	Reservations []Reservation
	// FirstAvailable gives the lowest available address. Otherwise the
	// lowest never-used address is given, and when there is none the one
	// that has been available longest.
	FirstAvailable bool
	// Role is what this server is to the scope's addresses. It decides whose
	// a free address is: one without the flag Backup is the primary's, one
	// with it the secondary's, and all are the server's that is alone.
	Role Role
	// Boundary is the highest of the addresses that the secondary is given
	// with FirstAvailable, from there downwards and then, when there are none,
	// above it; 0 is halfway between the first and the last address in ranges.
	Boundary Addr
}

// Place is where an address stands in the configuration.
type Place struct {
	Scope ScopeID // 0 when no scope holds it
	Name  string
	// InRange says that one of the scope's ranges holds it.
	InRange bool
	// Reserved says that it is kept for ReservedFor.
	Reserved    bool
	ReservedFor string
	// Parked says that the address has a lease that waits for its scope to
	// come back; Scope and Name are then those of the scope that is gone, if
	// it is known.
	Parked bool
}

// Reconfiguration says what Configure did, or Preview would do.
type Reconfiguration struct {
	Added, Removed, Changed int // scopes
	// Losses are the scopes that are removed or reshaped with leases inside
	// that lose their place, in name order.
	Losses []Loss
}

// Loss is what one scope's removal or reshaping takes from its clients.
type Loss struct {
	Scope   string
	Removed bool  // the scope is gone; else it lost a part of its addresses
	Live    int   // leases offered or leased that no range or reservation holds now
	First   []Key // the first few of them, by address
	Parked  int   // records kept that no range or reservation holds now, in whatever state
}

// Counts are a scope's figures. Those of leases count the addresses that Total
// counts; the leases that the scope has elsewhere in its subnet are OutOfRange.
type Counts struct {
	Total    int // addresses in ranges and reservations
	Reserved int // reservations
	// Available is how many addresses a new client could be given now: not
	// the reserved, the deactivated, or those outside the ranges.
	Available int
	// NeverUsed have no record at all. They are among the available ones, or
	// on a secondary among the other-available ones.
	NeverUsed   int
	Offered     int
	Leased      int
	Expired     int
	Released    int
	Unavailable int
	// OtherAvailable is what Available is, of the partner's: how many
	// addresses it could give to a new client.
	OtherAvailable   int
	PendingAvailable int // ended, and the partner has not agreed yet
	Deactivated      int
	ReservedLeased   int // of Leased, those on reserved addresses
	OutOfRange       int // records that are neither in a range nor reserved: parked
}
