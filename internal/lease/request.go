package lease

import "time"

// Request asks for an address for a client that has sent a DISCOVER (or a
// BOOTP request).
type Request struct {
	// Scopes are those that the client may have a lease in, best first.
	Scopes []ScopeID
	// NewIn are those of them that may give it an address that it does not
	// have yet (not, say, a scope with renew-only); nil is all.
	NewIn []ScopeID
	// PartnerIn are those of the NewIn whose free addresses may be given
	// although they are the partner's. They are given when NewIn has none of
	// this server's own.
	PartnerIn []ScopeID
	// Pending says that the client may have a pending-available lease of its
	// own again.
	Pending bool
	// Client is written into the offered lease.
	Client Client
	// Reservations are the lookup keys under which an address may be
	// reserved for the client, best first.
	Reservations []string
	// Want is the address it asked for, 0 if none.
	Want Addr
	// Now and Timeout give the offer's expiration.
	Now     int64
	Timeout time.Duration
	// Limit is the number of live leases that all clients with the client's
	// LimitationID may hold together; 0 is no limit.
	Limit int
	// Acceptable may refuse an address before it is given (an address of the
	// server itself, the client's router). It is called with the table
	// locked: it must be quick and must not use the table. nil accepts all.
	Acceptable func(Lease) bool
}

// Verdict is what became of a Request.
type Verdict uint8

// The verdicts. The first four gave an address.
const (
	GaveReserved   Verdict = iota + 1 // the one reserved for the client
	GavePrevious                      // the one it has, or had last
	GaveRequested                     // the one it asked for
	GaveNew                           // the next in the scope's order
	NoScope                           // none of the scopes is configured (any more)
	Exhausted                         // no address is available in them
	OverLimit                         // its limitation-id has enough leases
	NoneAcceptable                    // Acceptable refused all that were tried
)

var verdictNames = [...]string{
	"none", "reserved", "previous", "requested", "new",
	"no scope", "exhausted", "over limit", "none acceptable",
}

func (v Verdict) String() string { return verdictNames[v] }

// Gave says that the client has an address.
func (v Verdict) Gave() bool { return v >= GaveReserved && v <= GaveNew }
