package engine

import (
	"context"
	"net/netip"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
	"leasehold/pkg/objects"
)

// Report tells what a reload did. With Errors nothing was changed.
type Report struct {
	Warnings []*objects.Error
	Errors   []*objects.Error
	// Parked counts the leases that no range or reservation of the new
	// configuration holds; they are kept and come back with their addresses.
	Parked int
	// Risks counts the errors that say what a partner may be serving.
	Risks int
	// Held counts the scopes that are silent because a partner may be serving
	// them; force would have this server serve them.
	Held int
}

// Health is 10 for a server in full service, 0 for one that answers nobody.
type Health struct {
	Value   int
	Reasons []string // why it is below 10
}

// Utilization counts a scope's addresses by what they are.
type Utilization struct {
	Scope  string
	VPN    string // "" is the global one
	Subnet netip.Prefix

	Total          int // in ranges and reservations
	Reserved       int
	Available      int
	Offered        int
	Leased         int
	Expired        int
	Released       int
	Unavailable    int
	Deactivated    int
	OtherAvailable int
	// PendingAvailable have ended, and the failover partner has not agreed yet.
	PendingAvailable int
	ReservedLeased   int

	Outcomes []Count // since the last ResetStats, those that are not 0
}

// Count is one outcome's number of packets.
type Count struct {
	Outcome string
	N       uint64
}

// LeaseFilter chooses leases; zero fields choose all.
type LeaseFilter struct {
	Scope  string
	VPN    string // "" is the global one, "all" is every one
	Subnet netip.Prefix
	Client string // MAC (1,6,xx:..) or client-id (xx:..), canonical
	States []lease.State
	// WithAvailable adds the addresses that no client ever had.
	WithAvailable bool
	// CommittedOnly leaves out offers: they are in memory only.
	CommittedOnly bool
}

// BindingStatus is what a lease is, as binding updates and lease files say it.
type BindingStatus = wire.BindingStatus

// ImportedLease is one lease of a lease file.
type ImportedLease struct {
	VPN             string
	Address         netip.Addr
	HW              lease.HW
	ClientID        []byte
	Status          BindingStatus // 0 is leased until Expiration, or expired
	Start           int64         // Unix seconds, 0 is unknown
	StateStart      int64         // since when it is what Status says
	Expiration      int64         // lease.Forever, 0 is unknown
	LastTransaction int64
	HostName        string
	DomainName      string
	VendorClass     string
	RelayInfo       string // option 82, the whole value
	BOOTP           bool
	// Potential expiration times, as in lease.Failover.
	SentPE, AckPE, RcvdPE int64
}

// API is what the administration of a running server asks of it. *Server is
// the implementation; names of leases are [vpn/]address.
type API interface {
	// Check tells what Reload would say, and changes nothing.
	Check(cfg *objects.Config, force bool) Report
	// Reload takes the configuration into service. It must not be changed
	// afterwards. Scopes that hold live leases go only with force.
	Reload(cfg *objects.Config, force bool) Report
	// Config is the running configuration; nil before the first Reload.
	Config() *objects.Config

	Start() error
	Stop(ctx context.Context) error
	Running() bool
	Health() Health

	// Stats returns objects of the runtime class statistics, one per
	// category: server, failover; none named is all.
	Stats(categories []string, sample bool) []*objects.Object
	ResetStats()
	// Utilization of one scope, or of all for "".
	Utilization(scope string) ([]Utilization, error)

	// ListLeases calls fn with objects of the runtime class lease in address
	// order.
	ListLeases(ctx context.Context, f LeaseFilter, fn func(*objects.Object) error) error
	Lease(name string) (*objects.Object, *objects.Error)
	// LeaseAction does activate, deactivate, force-available,
	// send-reservation (args: lookup key and type), delete-reservation or
	// get-scope-name; it returns when the change is on disk.
	LeaseAction(name, action string, args ...string) (*objects.Object, *objects.Error)
	// ClearUnavailable makes the scope's unavailable leases available and
	// says how many there were.
	ClearUnavailable(scope string) (int, *objects.Error)
	// LimitationList returns the active leases that share the limitation-id
	// of the lease, or the given one (xx:xx:..).
	LimitationList(name, limitationID string) ([]*objects.Object, *objects.Error)
	// ImportLeases takes leases of a lease file; only in import-mode. It
	// returns one entry per lease: nil where it is on disk, a warning where it
	// is, but as something else.
	ImportLeases(leases []ImportedLease) []*objects.Error
	// ExportLeases calls fn with leases in the form of a lease file, scope by
	// scope, in address order. Free addresses are among them that somebody
	// had, or that are the partner's.
	ExportLeases(ctx context.Context, f LeaseFilter, fn func(ImportedLease) error) error
}
