package binding

import (
	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// Authority is what one server may do with the addresses of a relationship,
// as long as it stands. It is a value that is replaced whole.
type Authority struct {
	Role  lease.Role
	State wire.ServerState // wire.StateStartup during STARTUP
	// Down is, in PARTNER-DOWN, the time since which the partner is taken to
	// be down, Unix seconds.
	Down int64
	// MCLT is the maximum client lead time in seconds.
	MCLT int64
	// Connected: communications with the partner are OK.
	Connected bool
	// Partner is how the partner wants its messages; nil while it is unknown.
	Partner *wire.Profile
	// PartnerState is what the partner reported last.
	PartnerState wire.ServerState
	// Balanced: load balancing is in force; Buckets then says which hash
	// buckets the primary serves, read with PrimaryServes of the profile it
	// was made with.
	Balanced bool
	Buckets  Buckets
	// DelayedService serves a client of the partner whose secs field is
	// larger than this; 0 never.
	DelayedService uint8
}

// Buckets is a set of RFC 3074 hash buckets: those that the primary serves.
type Buckets [4]uint64

// Has tells whether the primary serves the bucket.
func (b *Buckets) Has(bucket uint8) bool { return b[bucket>>6]&(1<<(bucket&63)) != 0 }

// Request is what kind of packet a client sent, as far as it decides who
// answers.
type Request uint8

// The requests (RFC 2131 section 4.3.2). Static BOOTP with a reservation is
// BOOTP, too.
const (
	Discover Request = iota + 1
	Selecting
	Rebooting
	Renewing
	Rebinding
	Inform
	BOOTP
	// GivingBack is DHCPRELEASE and DHCPDECLINE.
	GivingBack
)

// Silence is why a client is not answered.
type Silence uint8

// The reasons; NotSilent is an answer.
const (
	NotSilent Silence = iota
	// SilentState: the server's state forbids it.
	SilentState
	// SilentPartner: the partner serves this client (main alone serves in
	// NORMAL, or the client's hash bucket is the partner's).
	SilentPartner
)

// Answers tells whether the server answers a client: bucket is its hash
// (wire.Bucket), secs the field of its packet.
func (a *Authority) Answers(r Request, bucket uint8, secs uint16) Silence { return NotSilent }

// MayGive tells whether the address may be given to a client that does not
// have it. bootp says that the scope has dynamic BOOTP.
func (a *Authority) MayGive(l *lease.Lease, now int64, bootp bool) bool { return false }

// MayGivePartners tells whether free addresses of the partner may be given:
// in PARTNER-DOWN once the MCLT has passed, never with dynamic BOOTP.
func (a *Authority) MayGivePartners(now int64, bootp bool) bool { return false }
