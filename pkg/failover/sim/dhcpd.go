package sim

import (
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
)

// dhcpd is an endpoint that behaves like ISC dhcpd 4.4. It has rules of its own
// for everything: nothing of the core or of the binding rules is in it. One
// thread does all, and waits for its disk, so that what it decides is durable
// when it says so.
//
//	dhcpd.go          the process and its disk
//	dhcpd_state.go    its states
//	dhcpd_lease.go    the life of a lease, what it may give
//	dhcpd_update.go   telling the partner, and what it makes of the answer
//	dhcpd_accept.go   being told
//	dhcpd_balance.go  sharing out free addresses
//	dhcpd_serve.go    its clients
//	broke.go          the rules of the protocol that it is known to break
type dhcpd struct {
	e *endpoint
	w *World

	starting bool // STARTUP; the state to go on from is on disk
	waiting  int  // number of the timer of the state
	// Of the connection.
	conn   *conn
	xid    uint32
	window int // updates that the partner takes
	class  string

	// Telling.
	queue  []int // addresses to be told of, in order
	flying map[uint32]int
	last   [maxPool]uint32 // xid of the update under way; 0 is none
	queued [maxPool]bool
	// stale are those in the queue that it is going to call expired, whatever
	// the partner told of them meanwhile.
	stale [maxPool]bool
	// asked is the partner's update request: answered when an address that was
	// the last in the queue is acknowledged.
	asked struct {
		open bool
		xid  uint32
		slot int
	}
	held []ack // positive answers that are held back

	offers  [maxPool]offer
	balance time.Duration // when the pools are looked at next
}

type ack struct {
	xid    uint32
	answer wire.Answer
}

// offer is an address that was offered to a client; only memory knows.
type offer struct {
	who   lease.ClientKey
	until int64
}

// dhcpdState is its lease file: state of the relationship, and leases.
type dhcpdState struct {
	state, partner wire.ServerState
	since          int64 // start-time-of-state, as it keeps it
	down           int64 // when PARTNER-DOWN began, which it does not keep
	alone          bool  // it was in that since it was in NORMAL, which RECOVER hides after a shutdown
	mclt           int64
	hba            wire.HBA
	leases         [maxPool]dhcpdLease
}

// dhcpdLease is a lease of the file. The zero value is one that was never used.
type dhcpdLease struct {
	state wire.BindingStatus // 0 is FREE, too
	who   lease.Client
	// starts and ends are of the client's lease, cltt is only known of leases
	// that it gave itself; tstp, tsfp and atsfp are what it told, what it goes
	// by, and what was acknowledged.
	starts, ends, cltt, tstp, tsfp, atsfp int64
	// told is the last status that the partner was sent or has sent, answered the
	// last that it has answered or sent.
	told, answered wire.BindingStatus
}

const (
	dhcpdStartup   = 15 * time.Second
	dhcpdAckDelay  = 2 * time.Second
	dhcpdUnacked   = 10
	dhcpdSecs      = 3 // load balance max seconds
	dhcpdOffers    = 120
	dhcpdTolerance = 60 // seconds that two clocks may be apart with CONNECT
	dhcpdVendor    = "isc-4.4.3-P1"
	dhcpdSplit     = 128
)

func newDhcpd(e *endpoint) *dhcpd { return &dhcpd{e: e, w: e.n.w} }

func (d *dhcpd) disk() *dhcpdState { return &d.e.n.disk.content.peers[d.e.index] }

func (d *dhcpd) now() int64 { return d.e.n.wall() }

func (d *dhcpd) primary() bool { return d.e.role == lease.Primary }

// begin starts the process. Without a file it recovers, and counts from now.
func (d *dhcpd) begin() {
	*d = dhcpd{e: d.e, w: d.w, starting: true, flying: map[uint32]int{}, waiting: d.waiting + 1}
	k := d.disk()
	if k.state == 0 {
		*k = dhcpdState{state: rec, since: d.now(), mclt: d.e.cfg.MCLT, hba: wire.ISC.Split(dhcpdSplit)}
	}
	if d.primary() {
		k.mclt, k.hba = d.e.cfg.MCLT, wire.ISC.Split(dhcpdSplit)
	}
	d.stateAfter(dhcpdStartup, d.startupEnds)
	d.expire()
	d.tick()
}

// after calls do unless the process has ended.
func (d *dhcpd) after(t time.Duration, do func()) {
	boot := d.e.n.boot
	d.w.after(t, func() {
		if d.e.n.boot == boot && d.e.n.up {
			do()
		}
	})
}

// stateAfter is after, for as long as the state lasts.
func (d *dhcpd) stateAfter(t time.Duration, do func()) {
	d.waiting++
	n := d.waiting
	d.after(t, func() {
		if d.waiting == n {
			do()
		}
	})
}

func (d *dhcpd) halt() { d.conn = nil }

// shown is the state as others see it.
func (d *dhcpd) shown() wire.ServerState {
	if d.starting {
		return startup
	}
	return d.disk().state
}

// tick is the run of its timers for leases and pools.
func (d *dhcpd) tick() {
	d.after(time.Second, func() {
		d.expire()
		d.balanceDue()
		d.tick()
	})
}

// The connection.

func (d *dhcpd) up(u core.Up, c *conn) {
	d.conn, d.xid, d.window, d.class = c, 0, int(max(u.MaxUnacked, 1)), u.Vendor
	if !d.primary() {
		k := d.disk()
		k.mclt = u.MCLT
		if u.HBA != nil {
			k.hba = *u.HBA
		}
	}
	d.forgetFlights()
	d.tellState()
}

func (d *dhcpd) down(core.Down) {
	if d.conn == nil {
		return
	}
	d.conn = nil
	d.forgetFlights()
	d.disconnected()
}

func (d *dhcpd) denied() {}

func (d *dhcpd) send(body wire.Body) uint32 {
	d.xid++
	d.reply(d.xid, body)
	return d.xid
}

func (d *dhcpd) reply(xid uint32, body wire.Body) {
	if d.conn == nil {
		return
	}
	d.e.p.link.send(d.e.side, d.conn, xid, body)
}

func (d *dhcpd) message(m wire.Message) {
	switch b := m.Body.(type) {
	case wire.STATE:
		d.heard(b)
	case wire.BNDUPD:
		d.take(m.XID, b)
	case wire.BNDACK:
		d.acked(m.XID, b)
	case wire.UPDREQ:
		d.requested(m.XID, false)
	case wire.UPDREQALL:
		d.requested(m.XID, true)
	case wire.UPDDONE:
		d.updated()
	case wire.POOLREQ:
		d.reply(m.XID, wire.POOLRESP{Transferred: uint32(d.share())})
	}
}

// connect is what it says of itself.
func (d *dhcpd) connect(*wire.Profile) wire.CONNECT {
	hba := wire.ISC.Split(dhcpdSplit)
	return wire.CONNECT{
		Relationship: d.e.name, MaxUnacked: dhcpdUnacked, ReceiveTimer: uint32(d.e.p.Poll / time.Second),
		VendorClass: dhcpdVendor, Version: wire.ProtocolVersion, MCLT: uint32(d.e.cfg.MCLT), HBA: &hba,
	}
}

func (d *dhcpd) vendor() string { return d.class }

// far tells whether a first message shows a clock that it does not put up with.
func (d *dhcpd) far(t wire.Time) bool {
	off := d.now() - t.Unix()
	return off > dhcpdTolerance || off < -dhcpdTolerance
}

// operator takes a command over OMAPI.
func (d *dhcpd) operator(in core.Input) {
	switch in.(type) {
	case core.PartnerDown:
		d.enter(pd, "by command")
	case core.Shutdown:
		// The connection is closed first, so that nobody hears of it, and what
		// it goes on from after the next start is RECOVER, since now.
		d.e.p.link.hangup(d.e.side, d.conn, 0, "")
		d.e.p.link.drop(d.e.side)
		d.conn = nil
		d.enter(rec, "stopped")
		d.disk().since = d.now()
		d.starting = true // it serves nobody any more
		d.waiting++
	}
}
