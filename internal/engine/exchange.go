package engine

import (
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
	shard  *shard
	plan   *Plan
	stage  int // the stage to go on with when it was parked

	in       *netio.Packet
	msg      packet.Message
	kind     kind
	hw       lease.HW
	received time.Time
	now      int64 // Unix seconds
	queueKey queueKey

	// classify
	client     *client
	class      *class
	who        lease.Client // what the lease will say of the client
	key        lease.ClientKey
	criteria   []tagID
	first      *class // before the over-limit class took its place
	extraTags  []tagID
	vars       map[string]string
	failedExpr error

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
	claimed []lease.Key
	missing []uint8       // options asked for in vain
	mine    []lease.Lease // scratch: the client's leases
	others  []lease.Key   // its leases that end with this one's commit
	request lease.Request
	scopes  []lease.ScopeID
	newIn   []lease.ScopeID
	whos    []string

	// encode
	reply   packet.Reply
	out     []byte
	to      packet.Destination
	box     *outbox // of the goroutine that runs it now
	scratch []byte
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
)

var kindNames = [...]string{
	discover: "discover", selecting: "selecting", rebooting: "init-reboot", renewing: "renewing", rebinding: "rebinding",
	declining: "decline", releasing: "release", informing: "inform", bootp: "bootp",
}

func (k kind) String() string { return kindNames[k] }

var exchanges = sync.Pool{New: func() any { return new(exchange) }}

func (s *Server) newExchange(p *netio.Packet, now time.Time) *exchange {
	ex := exchanges.Get().(*exchange)
	ex.server, ex.in, ex.received, ex.now = s, p, now, now.Unix()
	ex.plan = s.plan.Load()
	return ex
}

// recycle empties the exchange and gives it back. Buffers stay.
func (ex *exchange) recycle() {
	ex.in.Release()
	fresh := exchange{
		claimed: ex.claimed[:0], mine: clearLeases(ex.mine), scopes: ex.scopes[:0], newIn: ex.newIn[:0],
		others: ex.others[:0], missing: ex.missing[:0],
		whos: ex.whos[:0], out: ex.out[:0], scratch: ex.scratch[:0], extraTags: ex.extraTags[:0],
	}
	fresh.msg, fresh.reply = ex.msg, ex.reply
	*ex = fresh
	exchanges.Put(ex)
}

// clearLeases drops the strings that a scratch slice holds on to.
func clearLeases(l []lease.Lease) []lease.Lease {
	clear(l)
	return l[:0]
}

// rewind makes the exchange ready to run the bind stage anew.
func (ex *exchange) rewind() {
	ex.scope, ex.chain = nil, nil
	ex.current, ex.lease = lease.Lease{}, lease.Lease{}
	ex.answer, ex.silent, ex.write, ex.probe = 0, false, false, false
	ex.grant = grant{}
	ex.success = noOutcome
	ex.others = ex.others[:0]
	if ex.class != ex.first {
		ex.enterClass(ex.first)
	}
	// Time may have passed in the line.
	ex.now = ex.server.clock.Now().Unix()
}

// claim takes the address for the exchange, or puts it in line: then the
// exchange is run again from the bind stage once the address is free. An
// exchange in line holds no other address, so no two can wait for each other.
func (ex *exchange) claim(k lease.Key) verdict {
	if ex.tryClaim(k) {
		return goOn
	}
	ex.unclaim()
	ex.stage = bindStage
	s, sh := ex.server, ex.shard
	switch s.claims.wait(k, waiting{ex: ex}, ex.plan.settings.maxWaiting) {
	case claimGot: // it came free just now
		s.release(k)
		sh.resume(ex)
		fallthrough
	case claimQueued:
		return verdict{act: park} // ex may be running elsewhere already
	}
	return dropped(DropWaiting)
}

// tryClaim takes the address if nobody has it.
func (ex *exchange) tryClaim(k lease.Key) bool {
	for _, c := range ex.claimed {
		if c == k {
			return true
		}
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
