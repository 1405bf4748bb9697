package core

import (
	"time"

	"leasehold/internal/lease"
	"leasehold/internal/window"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/wire"
)

// Machine is one endpoint. What happens to it is in these files:
//
//	transitions.go  the table of states; entry.go what begins with a state
//	boot.go         how it starts, and how it ends
//	state.go        taking a transition: store it, tell it, act
//	partner.go      the connection and what the partner says of its state
//	recover.go      UPDREQ and UPDREQALL, the MCLT wait
//	outgoing.go     telling the partner of leases; service.go on its request
//	incoming.go     being told
//	dhcpd.go        what a dhcpd needs there
//	jobs.go         changing a lease
//	outputs.go      what a step decides
//	balance.go      sharing out free addresses
//	pending.go      freeing leases in PARTNER-DOWN
//	offset.go       the partner's clock
//	timers.go       everything that waits
//	status.go       what operators see
type Machine struct {
	cfg  Config
	snap Snapshot
	view View
	now  Now

	outs outputs

	// phase is STARTUP, PAUSED or SHUTDOWN while that is the state; the
	// state in the snapshot is then the one before, 0 otherwise.
	phase wire.ServerState
	// entered: the state has changed, and what begins with it is not done.
	// telling: the partner has to be sent STATE.
	entered, telling bool
	// stored is the partner's state that is on disk.
	stored wire.ServerState
	// date is what the operator gave with setPartnerDown.
	date int64
	// denied: in STARTUP the partner refused the relationship.
	denied bool
	// failed is when the operation ended that RECOVER makes up for, on the
	// monotonic clock.
	failed time.Duration

	link    link
	offset  offset
	timers  [timerCount]timer
	asked   asked
	leaving leaving
	out     outbox
	service service
	share   share
	reclaim reclaim
	jobs    window.Window[*work]
	// taking is how many updates of the partner are on their way to our disk,
	// stale those that came by an earlier connection.
	taking, stale int
	idle          []*work
	lastJob       uint64
	lastSettle    uint64
	counted       Counters

	// toldBy is the connection on which the partner last told all it had.
	toldBy uint64

	// Kept to be filled anew.
	leases []lease.Lease
	keys   []lease.Key
	pools  []binding.Pool
	draft  []byte
}

// New makes the endpoint as it is after a start of the server: in STARTUP, with
// the state that the snapshot tells as the one to go on from.
func New(cfg Config, snap Snapshot, view View, now Now) *Machine {
	m := &Machine{cfg: cfg, snap: snap, view: view, now: now}
	m.out.reset()
	m.boot()
	return m
}

// Step takes one input.
func (m *Machine) Step(now Now, in Input) {
	m.now = now
	m.outs.begin()
	m.take(in)
	m.runTimers()
	m.flush()
}

func (m *Machine) take(in Input) {
	switch in := in.(type) {
	case Up:
		m.connected(in)
	case Down:
		m.disconnected(in)
	case Denied:
		m.refused()
	case Message:
		m.message(in)
	case Changed:
		m.changed(in.Keys)
	case *Changed:
		m.changed(in.Keys)
	case Held:
		for _, id := range in.IDs {
			m.held(id)
		}
	case Written:
		for _, id := range in.IDs {
			m.written(id, in.Err)
		}
	case Settled:
		m.settledAll(in.ID)
	case Timeout:
	case PartnerDown:
		m.date = in.Since
		m.fire(command, "setPartnerDown")
	case Pause:
		m.fire(pausing, "the server stops for a short time")
	case Shutdown:
		m.fire(stopping, "the server is shut down")
	case Rebalance:
		m.rebalance()
	case Reconfigured:
		m.reconfigured(in.Config)
	case PoolsChanged:
		m.poolsChanged()
	}
}

// Take returns what is to be done, and forgets it. The slice is good until the
// next Step.
func (m *Machine) Take() []Output { return m.outs.take() }

func (m *Machine) emit(o Output) { m.outs.add(o) }

// send sends a message with a new xid, which it returns.
func (m *Machine) send(body wire.Body) uint32 {
	m.link.xid++
	m.emit(Send{XID: m.link.xid, Body: body})
	return m.link.xid
}

func (m *Machine) primary() bool { return m.cfg.Role == lease.Primary }

// state is the state as it is shown.
func (m *Machine) state() wire.ServerState {
	if m.phase != 0 {
		return m.phase
	}
	return m.snap.State
}

// Authority is what this server may do now.
func (m *Machine) Authority() binding.Authority {
	return binding.Authority{
		Role: m.cfg.Role, State: m.serving(), Down: m.snap.Down, MCLT: m.mclt(),
		Connected: m.link.ok, Partner: m.profile(), PartnerState: m.snap.PartnerState,
		Balanced: m.snap.Balanced, Buckets: m.snap.Buckets, DelayedService: m.cfg.DelayedService, Forgotten: m.snap.Forgot, Whole: m.snap.Swapped,
		Longest: m.cfg.Longest,
	}
}

// serving is the state as far as serving clients goes. Who leaves PARTNER-DOWN
// has given up its privileges. Nobody may be served in RECOVER-DONE beside a
// partner in PARTNER-DOWN, or without one, which may be in it: it gives addresses
// to others, and would not hear of a renewal if the link broke. Nor by a server
// that still waits for what it forgot, when the link breaks during the resolution.
func (m *Machine) serving() wire.ServerState {
	s := m.state()
	switch {
	case s == partnerDown && m.leaving.begun:
		return interrupted
	case s == recoverDone && (!m.link.ok || m.snap.PartnerState == partnerDown), s == resolution && !m.waitOver():
		return recoverWait
	}
	return s
}

// mclt is the MCLT in force. In PARTNER-DOWN that is the longer one that the
// partner may have been told with our last CONNECT, or went by before and has not
// told all yet that it gave.
func (m *Machine) mclt() int64 {
	switch {
	case m.state() != partnerDown:
		return m.snap.MCLT
	case m.primary():
		return max(m.snap.Lead(), m.cfg.MCLT)
	}
	return m.snap.Lead()
}

// goBy is another MCLT from now on. Of leases by a longer one the partner may have
// told nothing: until it has told all, that is waited for in PARTNER-DOWN.
func (m *Machine) goBy(mclt int64) {
	if mclt < m.snap.MCLT && m.snap.PartnerState != 0 {
		m.snap.Longer = max(m.snap.Longer, m.snap.MCLT)
	}
}

// profile is how the partner wants its messages, nil if it was never met.
func (m *Machine) profile() *wire.Profile {
	if m.snap.Vendor == "" {
		return nil
	}
	return wire.ProfileOf(m.snap.Vendor)
}
