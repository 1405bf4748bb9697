package binding

import (
	"math"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// Authority is what one server may do with the addresses of a relationship,
// as long as it stands. It is a value that is replaced whole. The zero value
// is that of a server that is alone, which may do anything.
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
	// Forgotten is when one of the two servers lost leases that it had given,
	// Unix seconds, 0 never.
	Forgotten int64
	// Whole: this server has all leases that it ever gave, though it recovers,
	// for its role was changed. The addresses that are its own now were its
	// partner's.
	Whole bool
	// Longest is the longest lease that this server gives, in seconds.
	Longest int64
	// Balanced: load balancing is in force; Buckets then says which hash
	// buckets the primary serves, read with PrimaryServes of the profile it
	// was made with.
	Balanced bool
	Buckets  Buckets
	// DelayedService serves a client of the partner whose secs field is
	// larger than this; 0 never.
	DelayedService uint8
	// Agreed says which addresses are reserved alike on both servers; nil is all.
	Agreed *Agreed
	// Shared is what the partner shares; nil is not known.
	Shared *Shared
}

// profile is how to write to the partner. One that was never met is taken to
// know the draft and no more.
func (a *Authority) profile() *wire.Profile {
	if a.Partner == nil {
		return wire.Draft
	}
	return a.Partner
}

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

// service is whom a server serves in one of its states (draft-12 section 9;
// table 5.1 of docs/failover.md). A state without a row serves nobody.
var service = [math.MaxUint8 + 1]struct {
	renewals bool // clients that hold a lease
	all      bool // everybody else, from the server's own free addresses
	shared   bool // the partner serves, too, and each has its clients
}{
	wire.StateNormal:                    {renewals: true, all: true, shared: true},
	wire.StateCommunicationsInterrupted: {renewals: true, all: true},
	wire.StatePartnerDown:               {renewals: true, all: true},
	wire.StateResolutionInterrupted:     {renewals: true, all: true},
	wire.StateConflictDone:              {renewals: true, all: true},
	wire.StateRecoverDone:               {renewals: true},
}

// shares are the requests that reach both servers and that only one is to
// answer. The others name the server, or were sent to it alone.
var shares = [...]bool{Discover: true, Rebooting: true, Rebinding: true, Inform: true, BOOTP: true, GivingBack: false}

// Answers tells whether the server answers a client (draft-12 sections 5.3 and
// 9.8.2): bucket is its hash (wire.Bucket), secs the field of its packet. A
// client whose lease this server granted last may be answered when it rebinds
// although the partner's turn has come.
func (a *Authority) Answers(r Request, bucket uint8, secs uint16) Silence {
	if a.Role == lease.Alone {
		return NotSilent
	}
	s := service[a.State]
	if !s.all && (!s.renewals || r != Renewing && r != Rebinding) {
		return SilentState
	}
	if !s.shared || !shares[r] || a.turn(bucket) || a.patient(r, secs) {
		return NotSilent
	}
	return SilentPartner
}

// turn tells whether the client is this server's to serve while both do. A
// partner that is not in NORMAL yet does not serve everybody.
func (a *Authority) turn(bucket uint8) bool {
	if a.PartnerState != 0 && a.PartnerState != wire.StateNormal {
		return true
	}
	primarys := !a.Balanced || a.Buckets.Has(bucket)
	return primarys == (a.Role == lease.Primary)
}

// rebindingPatience is how many seconds a client tries in vain to keep its
// lease before the partner's server helps, where no delayed service is
// configured: its relay may not reach the other one.
const rebindingPatience = 8

// patient tells whether the client has asked for so long that it is served out
// of turn. Some clients send secs with its octets swapped.
func (a *Authority) patient(r Request, secs uint16) bool {
	if secs&0xff == 0 {
		secs >>= 8
	}
	limit := uint16(a.DelayedService)
	if limit == 0 && r == Rebinding {
		limit = rebindingPatience
	}
	return limit > 0 && secs > limit
}

// MayGive tells whether the address may be given to a client that does not
// have it (section 12.1 of the table in docs/failover.md): it is free and this
// server's, or reserved on both, or the partner's and the partner is down for
// long enough. bootp says that the scope has dynamic BOOTP.
func (a *Authority) MayGive(l *lease.Lease, now int64, bootp bool) bool {
	switch l.State {
	case lease.Available, lease.OtherAvailable, lease.Offered:
	default:
		return false
	}
	if a.Role == lease.Alone {
		return true
	}
	if !service[a.State].all {
		return false
	}
	return owner(l) == a.Role && a.everOwn(now) || l.Flags&lease.Reserved != 0 && a.Agreed.has(l) || a.MayGivePartners(now, bootp)
}

// everOwn tells whether the partner can have given none of what is this server's
// own to clients that nobody knows of any more: it was the partner's until the
// roles were changed, and that may have lost its leases before both had agreed.
func (a *Authority) everOwn(now int64) bool {
	return a.State != wire.StatePartnerDown || !a.Whole || now > after(a.Down, a.MCLT)
}

// MayGivePartners tells whether free addresses of the partner may be given:
// in PARTNER-DOWN once the MCLT has passed (draft-12 section 9.4.2), never with
// dynamic BOOTP (section 5.14), whose leases nobody can wait for.
func (a *Authority) MayGivePartners(now int64, bootp bool) bool {
	return a.State == wire.StatePartnerDown && !bootp && now > after(a.Down, a.MCLT)
}

// MayResume tells whether a client may go on with the lease that it has or had
// (draft-12 sections 5.2.2 and 9.8.3). One that ended is still its own until
// the partner was told of the end. After that it has to be free first: the partner
// may have extended it before it heard, and be the only one to know until when.
func (a *Authority) MayResume(l *lease.Lease, now int64, bootp bool) bool {
	switch l.State {
	case lease.Leased, lease.Expired, lease.Released:
		return a.Role == lease.Alone || service[a.State].renewals
	case lease.PendingAvailable:
		if l.Failover.Ended != lease.EndedExpired && l.Failover.Ended != lease.EndedReleased || !service[a.State].all {
			return false
		}
		if !lapsed(l) {
			return true
		}
		at, ok := a.Reusable(l)
		return ok && now >= at
	}
	return a.MayGive(l, now, bootp)
}
