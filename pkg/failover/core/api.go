package core

import (
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/wire"
)

// Config is what the configuration says of the relationship.
type Config struct {
	Name string
	Role lease.Role
	// MCLT in seconds. The secondary goes by what the primary sends.
	MCLT int64
	// SafePeriod in seconds: COMMUNICATIONS-INTERRUPTED for so long becomes
	// PARTNER-DOWN; 0 never.
	SafePeriod int64
	// Balanced asks for load balancing; Split is how many of the 256 hash
	// buckets the primary serves. Only the primary's word counts.
	Balanced bool
	Split    int
	// DelayedService in seconds of the secs field, 0 off.
	DelayedService uint8
	// MaxUnacked is how many BNDUPDs we take unacknowledged.
	MaxUnacked uint32
	// Bulking puts several updates into one BNDUPD where the partner takes it.
	Bulking bool
	// PollTimeout is the silence after which the link counts as lost.
	PollTimeout time.Duration
	// Longest is the longest lease that this server gives, in seconds.
	Longest int64
	// Recover is failover-recover: the lease database is not whole; what this
	// server did after this time (Unix seconds) is lost. 0 is none.
	Recover int64
	// Lost: the relationship existed before and its lease database is gone.
	Lost bool
}

// Snapshot is what must survive a restart. The zero value is a relationship
// that never was.
type Snapshot struct {
	State wire.ServerState // 0: no record
	Since int64            // when State was entered, Unix seconds
	// Down is, in PARTNER-DOWN, the time since which the partner is down.
	Down         int64
	PartnerState wire.ServerState // last reported, 0 never
	PartnerSince int64
	MCLT         int64 // in force, seconds
	Longer       int64 // one before it, by which the partner may have given leases that this server does not know; 0 none
	Buckets      binding.Buckets
	Balanced     bool
	Vendor       string // the partner's vendor class, the last one seen
	Heartbeat    int64  // the server was certainly in operation at this time
	Failed       int64  // when the operation ended that RECOVER makes up for
	All          bool   // RECOVER needs UPDREQALL
	Contact      int64  // last message from the partner
	Interrupted  int64  // start-of-communications-interrupted
	RecoverDone  int64  // the failover-recover time that was dealt with
	// New: this server has no record of ever having served with the partner.
	// The partner is told so by a start-time-of-state of 1.
	New bool
	// Swapped: the roles were changed; all leases of this server are on its
	// disk, and both servers have not agreed since.
	Swapped bool
	// Forgot is when one of the two servers came back without leases that it
	// had given, Unix seconds, 0 never.
	Forgot int64
	// Owes: the partner asked for all bindings and was not told that it has
	// them.
	Owes bool
}

// Lead is the longest MCLT, in seconds, by which the partner may have given leases
// that this server has not heard of.
func (s *Snapshot) Lead() int64 { return max(s.MCLT, s.Longer) }

// View is the leases of the relationship, as they are on disk. It is only
// read, and only during Step.
type View interface {
	// Mine tells whether the address is in a scope of the relationship.
	Mine(k lease.Key) bool
	Get(k lease.Key) lease.Lease
	// Unacked and All append up to n leases behind after, in order of key:
	// those that the partner has not acknowledged, or all that have a record.
	Unacked(after lease.Key, n int, buf []lease.Lease) []lease.Lease
	All(after lease.Key, n int, buf []lease.Lease) []lease.Lease
	// Pending appends up to n pending-available leases whose last end (the
	// latest of expiration, sent, acknowledged and received potential
	// expiration) is not after end.
	Pending(end int64, n int, buf []lease.Key) []lease.Key
	// NextPending is the earliest such end.
	NextPending() (int64, bool)
	Pools(buf []binding.Pool) []binding.Pool
	// Spare appends up to n free addresses of the pool that the owner could
	// do without: for the secondary those nearest below its boundary (see
	// failover-backup-allocation-boundary), else those whose last client
	// hashes to the receiver first, then those longest free.
	Spare(p *binding.Pool, owner lease.Role, n int, buf []lease.Key) []lease.Key
}

// Input is one thing that happened.
type Input interface{ input() }

// The inputs.
type (
	// Up says that a connection was made and CONNECT and CONNECTACK were exchanged.
	Up struct {
		Vendor       string // the partner's vendor class
		MaxUnacked   uint32 // what the partner takes unacknowledged
		ReceiveTimer uint32 // the partner's, seconds
		MCLT         int64  // from CONNECT (secondary)
		HBA          *wire.HBA
		Time         wire.Time // header time of the partner's message
		Received     Now       // when that came; zero is now
	}
	// Down says that the connection is gone. Reason is what a DISCONNECT or a
	// refusal said.
	Down struct {
		Reason wire.Reason
		Text   string
	}
	// Denied says that the partner's server answers, and refuses this
	// relationship.
	Denied struct{}
	// Message came from the partner. Not CONNECT, CONNECTACK, CONTACT,
	// DISCONNECT: those are the link's, but their header time counts: the
	// link passes CONTACT on.
	Message struct {
		wire.Message
		Received Now // when it came; zero is now
	}
	// Changed tells of leases that this server changed; they are on disk.
	Changed struct{ Keys []lease.Key }
	// Held says that addresses that were asked for are ours to change until
	// Write or Go.
	Held struct{ IDs []uint64 }
	// Written says that leases are on disk, or could not be written.
	Written struct {
		IDs []uint64
		Err error
	}
	// Settled answers Settle.
	Settled struct{ ID uint64 }
	// Timeout says that the Deadline has come.
	Timeout struct{}
	// PartnerDown is the operator's command: the partner is down since a time
	// (Unix seconds, 0 is now).
	PartnerDown struct{ Since int64 }
	// Pause ends service in an orderly way for a short absence. The server may
	// stop when Hangup comes out.
	Pause struct{}
	// Shutdown is Pause for a long absence: the partner takes over.
	Shutdown struct{}
	// Rebalance is the operator's command.
	Rebalance struct{}
	// Reconfigured has the changed configuration; role and name are the same.
	Reconfigured struct{ Config Config }
	// PoolsChanged says that ranges or reservations changed.
	PoolsChanged struct{}
)

func (Up) input()           {}
func (Down) input()         {}
func (Denied) input()       {}
func (Message) input()      {}
func (Changed) input()      {}
func (Held) input()         {}
func (Written) input()      {}
func (Settled) input()      {}
func (Timeout) input()      {}
func (PartnerDown) input()  {}
func (Pause) input()        {}
func (Shutdown) input()     {}
func (Rebalance) input()    {}
func (Reconfigured) input() {}
func (PoolsChanged) input() {}

// Output is one thing to do. They are carried out in order. What they refer to
// is the core's, and good until its next Step.
type Output interface{ output() }

// The outputs.
type (
	// Save has the snapshot on disk before the next output is carried
	// out. If it cannot be, the endpoint must be stopped.
	Save struct{ Snapshot Snapshot }
	// Send a message to the partner, encoded in its profile.
	Send struct {
		XID  uint32
		Body wire.Body
	}
	// Hold asks for the right to change leases, each under a number of its
	// own; Held answers for each when it is there. Holds of one address are
	// granted in order.
	Hold struct {
		IDs  []uint64
		Keys []lease.Key
	}
	// Write the leases; the right to each ends when it is on disk. Written
	// answers. They need not be written together.
	Write struct {
		IDs    []uint64
		Leases []lease.Lease
	}
	// Note changes leases by what the partner has acknowledged; the right to each
	// ends with that. It counts once Written answers, and may be lost by a crash all
	// the same, until something else of the lease is written: that says it, too.
	Note struct {
		IDs  []uint64
		Acks []lease.Ack
	}
	// Go gives the right back without a change.
	Go struct{ IDs []uint64 }
	// Settle asks for word (Settled) when all that was decided on leases until
	// now is on disk, or has come to nothing. The Authority is in force by then:
	// what is decided later goes by it.
	Settle struct{ ID uint64 }
	// Hangup ends the connection, with a DISCONNECT where Reason is set.
	Hangup struct {
		Reason wire.Reason
		Text   string
	}
	// Acked says that the partner has acknowledged the updates of leases (eager
	// updates wait for it).
	Acked struct{ Keys []lease.Key }
	// Refused says that it has refused it.
	Refused struct {
		Key    lease.Key
		Reason wire.Reason
	}
	// Event is a fact for the log, the counters and the operator.
	Event struct {
		Kind  EventKind
		From  wire.ServerState
		To    wire.ServerState
		Key   lease.Key
		Lease *lease.Lease
		Sent  *wire.Binding  // update received or sent
		All   []wire.Binding // those of one message
		Why   wire.Reason
		N     int
		Text  string
	}
)

func (Save) output()    {}
func (Send) output()    {}
func (Hold) output()    {}
func (Write) output()   {}
func (Note) output()    {}
func (Go) output()      {}
func (Settle) output()  {}
func (Hangup) output()  {}
func (Acked) output()   {}
func (Refused) output() {}
func (Event) output()   {}

// EventKind is what an Event is about.
type EventKind uint8

// The events.
const (
	EventState        EventKind = iota + 1 // From -> To, Text is why
	EventPartnerState                      // the partner's, From -> To
	EventConnected                         // N is the clock offset in seconds
	EventLost                              // communications lost, Text is why
	EventReceived                          // binding updates came (All) and were dealt with
	EventConflict                          // one was refused (Sent, Why, Text), or ours was
	EventSent                              // binding updates go out (All)
	EventAcked                             // they were acknowledged
	EventSync                              // an update request began or ended: Text, N bindings
	EventBalance                           // addresses changed hands: Text is the scope, N how many
	EventOffset                            // the clock offset changed drastically: N seconds
	EventRisk                              // an operator or the safe period took a risk: Text
)

// Status is what an operator is shown.
type Status struct {
	Snapshot  Snapshot
	State     wire.ServerState // as shown: STARTUP during start
	Connected bool
	Offset    int64 // the partner's clock less ours, seconds
	Unacked   int   // updates under way
	Queued    int   // updates waiting
	// Waiting says what ends the present state, "" if nothing is awaited,
	// and Until when, Unix seconds, 0 unknown.
	Waiting string
	Until   int64
	// Denied: in STARTUP, the partner's server answers and refuses this
	// relationship.
	Denied  bool
	Updates Counters
}

// Counters of an endpoint since it was made.
type Counters struct {
	UpdatesSent, UpdatesReceived, AcksSent, AcksReceived, RefusalsSent, RefusalsReceived uint64
	PoolRequests, StateChanges                                                           uint64
}

// Now is the time: Wall in Unix seconds, for what is compared with leases, and
// Mono, which never jumps, for waiting.
type Now struct {
	Wall int64
	Mono time.Duration
}
