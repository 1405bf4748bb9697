package lease

import (
	"context"
	"encoding/binary"
	"net/netip"
)

// Addr is an IPv4 address in host order, small enough to keep millions of.
type Addr uint32

// AddrFrom converts an IPv4 netip.Addr; it is 0 for anything else.
func AddrFrom(a netip.Addr) Addr {
	if !a.Is4() {
		return 0
	}
	b := a.As4()
	return Addr(binary.BigEndian.Uint32(b[:]))
}

// Netip converts back.
func (a Addr) Netip() netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(a))
	return netip.AddrFrom4(b)
}

func (a Addr) String() string { return a.Netip().String() }

// Key identifies a lease: VPN id (0 is the global one) and address.
type Key struct {
	VPN  uint32
	Addr Addr
}

// State is a lease's state; the numbers are those of the lease attribute
// "state".
type State uint8

// The states (nrcmd lease attribute state). OtherAvailable and
// PendingAvailable exist under failover only.
const (
	Available        State = 1
	Offered          State = 2
	Leased           State = 3
	Expired          State = 4
	Unavailable      State = 5
	Released         State = 6
	OtherAvailable   State = 7
	PendingAvailable State = 8
)

// Flags of a lease; the bit numbers are those of the lease attribute "flags"
// less one.
type Flags uint8

// The flags.
const (
	Reserved Flags = 1 << iota
	Valid
	Deactivated
	Initialized
	FailoverUpdated
	NotInRanges
	Dynamic
	Backup
)

// Forever as an expiration is a lease without end (infinite lease time).
const Forever int64 = 1<<63 - 1

// HW is a hardware address: type (1 is Ethernet), and up to 16 octets; those
// after Len are zero, so that equal addresses are equal values.
type HW struct {
	Type uint8
	Len  uint8
	Addr [16]byte
}

// Lease is one address's record: what stands in memory, on disk, and (with
// failover) in a binding update. It is a value; a change replaces it whole.
// Times are Unix seconds, 0 is unset. Strings hold raw bytes where the wire
// does (ClientID, RelayInfo, VendorClass, LimitationID).
type Lease struct {
	Key
	State State
	Flags Flags
	HW    HW
	// ClientID is option 61 (or what override-client-id made); "" if the
	// client sent none.
	ClientID     string
	HostName     string
	DomainName   string
	ClientClass  string
	VendorClass  string // option 60
	RelayInfo    string // option 82, the whole value
	LimitationID string
	Giaddr       Addr
	BOOTP        bool // given by BOOTP: never expires
	// Role is what this server is to the address. It is not stored: the table
	// derives it from the address's scope.
	Role Role

	StateStart      int64 // start-time-of-state
	Start           int64 // when this client's present lease began
	Expiration      int64 // end of the lease, of the offer, of the grace or the unavailable time; Forever
	LastTransaction int64
	Cause           string // why it is unavailable: declined, ping, other-server, ...

	Failover Failover
	// Commit is the number of the store's batch that this row was written
	// in: a partner asks "since n".
	Commit uint64
}

// Role is what a server is to a scope's addresses (draft-ietf-dhc-failover-12
// section 5.1): alone, or one of the two servers of a failover relationship.
type Role uint8

// The roles. The primary is Network Registrar's main server, the secondary its
// backup.
const (
	Alone Role = iota
	Primary
	Secondary
)

// Other is the partner's role.
func (r Role) Other() Role {
	switch r {
	case Primary:
		return Secondary
	case Secondary:
		return Primary
	}
	return Alone
}

func (r Role) String() string { return [...]string{"alone", "primary", "secondary"}[r] }

// Failover is what a server keeps of a lease for its partner's sake. Times are
// Unix seconds, 0 is never (reference: draft-12 section 7.1.5).
type Failover struct {
	// SentPE is the largest potential-expiration-time that the partner was
	// sent, or will be with the next update, since the client has the lease;
	// AckPE the largest that it acknowledged; RcvdPE the largest that it sent
	// and was acknowledged here.
	SentPE, AckPE, RcvdPE int64
	// Told says that the partner was sent, or may have been, that the address
	// is not free. While it was not, the address may go back to be free
	// without asking it.
	Told bool
	// FromPartner says that the record's last change came from the partner.
	FromPartner bool
	// Ended says what a pending-available lease was: the binding-status that
	// the partner has to acknowledge.
	Ended Ended
}

// Ended is how a pending-available lease came to its end.
type Ended uint8

// The ends. EndedReclaimed is an address of the partner's that the primary
// asks back.
const (
	NotEnded Ended = iota
	EndedExpired
	EndedReleased
	EndedReset
	EndedReclaimed
)

// Store keeps leases durably. SQLite is the embedded one; the interface is
// narrow so that another engine can take its place.
type Store interface {
	// Load calls fn for every lease; it stops at the first error.
	Load(ctx context.Context, fn func(Lease) error) error
	// Commit replaces or adds the rows in one transaction; when it returns
	// nil they survive a power loss. It returns the batch's number.
	Commit(ctx context.Context, batch []Lease) (uint64, error)
	// Note has acknowledgements written with the next batch; a crash or a
	// failure may lose them. An empty batch writes them alone.
	Note(acks []Ack)
	// Snapshot calls fn for every row of one consistent state, in key order,
	// without holding up Commit.
	Snapshot(ctx context.Context, fn func(Lease) error) error
	Close() error
}
