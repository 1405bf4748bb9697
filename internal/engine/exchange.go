package engine

import (
	"slices"
	"sync"
	"time"

	"leasehold/internal/lease"
	"leasehold/internal/netio"
	"leasehold/internal/packet"
)

// exchange is one packet on its way through the stages. It is pooled; between
// stages exactly one party holds it: a shard's queue, a worker, the pinger, the
// committer, or the line for a busy address.
type exchange struct {
	server *Server
	facts  // forgotten when the exchange ends

	// Kept for the next packet: what was parsed and built, and scratch space.
	msg     packet.Message
	reply   packet.Reply
	out     []byte        // the answer's octets
	claimed []lease.Key   // addresses that nobody else may work on
	mine    []lease.Lease // the client's leases
	others  []lease.Key   // its leases that end with this one's commit
	request lease.Request
	scopes  []lease.ScopeID
	newIn   []lease.ScopeID
	free    []int
	// partnerIn are those of newIn that may give the partner's addresses.
	partnerIn []lease.ScopeID
	whos      []string
	missing   []uint8 // options asked for in vain
	tags      []tagID // of the user class
	scratch   []byte
}

// facts are what is known of the packet and decided about it.
type facts struct {
	shard    *shard
	plan     *Plan
	box      *outbox // of the goroutine that runs it now
	stage    int     // the stage to go on with when it was parked
	in       *netio.Packet
	kind     kind
	hw       lease.HW
	received time.Time
	now      int64 // Unix seconds
	from     int64 // the same, rounded up: leases count from there
	queueKey queueKey

	// classify
	client   *client
	class    *class
	first    *class       // before the over-limit class took its place
	who      lease.Client // what the lease will say of the client
	key      lease.ClientKey
	criteria []tagID
	vars     map[string]string

	// locate
	vpn     *vpn
	network *network

	// bind
	scope   *scope
	chain   *chain
	current lease.Lease // what the client has in this network already
	lease   lease.Lease // as it will be
	answer  packet.MessageType
	silent  bool // a RELEASE or DECLINE: nothing is sent
	write   bool // lease must be on disk before anything is sent
	success Outcome
	grant   grant
	probe   bool // the address wants a ping
	probes  int  // addresses that answered one

	partners bool   // the address was the partner's
	eager    waited // whether the answer waits for the partner

	// encode
	to packet.Destination
}

// kind is what a packet asks for (RFC 2131 section 4.3.6, table 4).
type kind uint8

const (
	discover kind = iota + 1
	selecting
	rebooting
	renewing
	rebinding
	declining
	releasing
	informing
	bootp
	querying
)

var kindNames = [...]string{
	discover: "discover", selecting: "selecting", rebooting: "init-reboot", renewing: "renewing", rebinding: "rebinding",
	declining: "decline", releasing: "release", informing: "inform", bootp: "bootp", querying: "leasequery",
}

func (k kind) String() string { return kindNames[k] }

var exchanges = sync.Pool{New: func() any { return new(exchange) }}

func (s *Server) newExchange(p *netio.Packet, now time.Time) *exchange {
	ex := exchanges.Get().(*exchange)
	ex.server, ex.in, ex.received = s, p, now
	ex.at(now)
	ex.plan = s.plan.Load()
	return ex
}

// recycle empties the exchange and gives it back.
func (ex *exchange) recycle() {
	ex.in.Release()
	ex.facts = facts{}
	ex.claimed, ex.others = ex.claimed[:0], ex.others[:0]
	ex.scopes, ex.newIn, ex.free = ex.scopes[:0], ex.newIn[:0], ex.free[:0]
	ex.missing, ex.tags, ex.scratch = ex.missing[:0], ex.tags[:0], ex.scratch[:0]
	ex.out = ex.out[:0]
	// What holds on to strings is cleared too.
	clear(ex.mine[:cap(ex.mine)])
	clear(ex.whos)
	ex.mine, ex.whos = ex.mine[:0], ex.whos[:0]
	exchanges.Put(ex)
}

// rewind makes the exchange ready to run the bind stage anew.
func (ex *exchange) rewind() {
	ex.scope, ex.chain = nil, nil
	ex.current, ex.lease = lease.Lease{}, lease.Lease{}
	ex.answer, ex.silent, ex.write, ex.probe = 0, false, false, false
	ex.grant = grant{}
	ex.partners, ex.eager = false, notWaiting
	ex.success = noOutcome
	ex.others = ex.others[:0]
	if ex.class != ex.first {
		ex.enterClass(ex.first)
	}
	// Time may have passed in the line. But what a client gives back it gave
	// back when it sent that: it may have got it again from the partner since.
	if !ex.givesBack() {
		ex.at(ex.server.moment(ex.box))
	}
}

// at sets the time of the exchange. A client counts its lease from now on, not from
// when the second began: what is kept of it must not end before that.
func (ex *exchange) at(now time.Time) {
	ex.now = now.Unix()
	if ex.from = ex.now; now.Nanosecond() > 0 {
		ex.from++
	}
}

// givesBack tells whether the packet is about what happened when it came.
func (ex *exchange) givesBack() bool { return ex.kind == releasing || ex.kind == declining }

// claim takes the address for the exchange, or puts it in line: then the
// exchange is run again from the bind stage once the address is free. An
// exchange in line holds no other address, so no two can wait for each other.
func (ex *exchange) claim(k lease.Key) verdict {
	if ex.tryClaim(k) {
		return goOn
	}
	ex.unclaim()
	ex.stage = bindStage
	switch ex.server.claims.wait(k, waiting{ex: ex}, ex.plan.settings.maxWaiting) {
	case claimGot: // it came free just now
		ex.claimed = append(ex.claimed, k)
		ex.shard.resume(ex)
		return verdict{act: park}
	case claimQueued:
		return verdict{act: park} // ex is whoever's who releases the address
	}
	return dropped(DropWaiting)
}

// tryClaim takes the address if nobody has it.
func (ex *exchange) tryClaim(k lease.Key) bool {
	if slices.Contains(ex.claimed, k) {
		return true
	}
	if !ex.server.claims.try(k) {
		return false
	}
	ex.claimed = append(ex.claimed, k)
	return true
}

// unclaim gives up all addresses that the exchange holds.
func (ex *exchange) unclaim() { ex.keepOnly(lease.Key{}) }

// keepOnly gives up all addresses but one.
func (ex *exchange) keepOnly(keep lease.Key) {
	kept := false
	for _, k := range ex.claimed {
		if k == keep {
			kept = true
			continue
		}
		ex.server.release(k)
	}
	ex.claimed = ex.claimed[:0]
	if kept {
		ex.claimed = append(ex.claimed, keep)
	}
}

// handOver leaves the claim of an address to whoever took the work over.
func (ex *exchange) handOver(k lease.Key) {
	for i, c := range ex.claimed {
		if c == k {
			ex.claimed = append(ex.claimed[:i], ex.claimed[i+1:]...)
			return
		}
	}
}
