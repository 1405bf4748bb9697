package core

import (
	"fmt"
	"slices"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/wire"
)

// stateHeld is how long our first STATE waits for that of a dhcpd: as long as it
// waits itself for a first message.
const stateHeld = 15 * time.Second

// link is the connection to the partner.
type link struct {
	up bool // CONNECT was answered
	ok bool // and the partner's STATE came: communications are OK
	// number of the connection, which keeps answers from going to the next one.
	number  uint64
	profile *wire.Profile
	window  int // updates that the partner takes unacknowledged
	xid     uint32
	// withheld: our STATE is not sent before the partner's came. A dhcpd
	// takes some of our states so badly that we choose knowing its own.
	withheld bool

	served   bool  // the partner has sent an update request
	first    bool  // no second STATE came
	starting bool  // the partner shows the STARTUP flag
	stranger bool  // the partner has no record of this server
	since    int64 // the partner's start-time-of-state, by our clock

	// together is since when both are in NORMAL on this connection; calm is
	// when a dhcpd has told what it had to tell then.
	together   int64
	calm, late time.Duration
	// coming are the addresses of a dhcpd's updates on their way to our disk.
	coming map[lease.Key]int
	// awaited are updates of a dhcpd's that are put off until it has answered ours.
	awaited map[lease.Key]*received
	// unstored are those that the disk did not take, to be tried again.
	unstored []*received
}

// connected takes a new connection.
func (m *Machine) connected(in Up) {
	m.disconnected(Down{Text: "there is a new connection"})
	p := wire.ProfileOf(in.Vendor)
	m.stale, m.taking = m.stale+m.taking, 0
	m.link = link{
		up: true, number: m.link.number + 1, profile: p, xid: 1,
		window: int(min(max(in.MaxUnacked, 1), maxWindow)), withheld: p == wire.ISC,
	}
	if p == wire.ISC {
		m.link.coming = map[lease.Key]int{}
	}
	m.offset.begin(m, m.when(in.Received), in.Time)
	before := m.snap
	m.snap.Vendor = in.Vendor
	if m.primary() {
		m.snap.Buckets, m.snap.Balanced = binding.BucketsOf(p, m.cfg.HBA(p))
	} else {
		if in.MCLT > 0 {
			m.goBy(in.MCLT)
			m.snap.MCLT = in.MCLT // stored before our STATE tells that it is
		}
		if in.HBA != nil {
			m.snap.Buckets, m.snap.Balanced = binding.BucketsOf(p, *in.HBA)
		}
	}
	if m.snap != before {
		m.save()
	}
	if m.link.withheld {
		m.wait(timeState, stateHeld)
		return
	}
	m.tellState()
}

// tellAnyway sends the STATE that was held back from a dhcpd that does not say
// its own, where it cannot do harm.
func (m *Machine) tellAnyway() {
	if m.snap.PartnerState == resolved || slices.Contains(states{conflict, resolution, resolved}, m.snap.State) {
		m.hangup(0, "the dhcpd does not tell its state")
		return
	}
	m.link.withheld = false
	m.tellState()
}

// disconnected takes the loss of the connection.
func (m *Machine) disconnected(in Down) {
	if !m.link.up {
		return
	}
	wasOK := m.link.ok
	m.taking -= len(m.link.awaited) + len(m.link.unstored)
	m.link = link{number: m.link.number}
	for id := timeOfLink; id <= timeOfLinkLast; id++ {
		m.cancel(id)
	}
	m.asked, m.leaving = asked{}, leaving{}
	m.out.reset()
	m.service = service{gen: m.service.gen}
	m.share.forget()
	if m.state() == partnerDown {
		m.startReclaim()
	}
	if !wasOK {
		return
	}
	why := in.Text
	if why == "" && in.Reason != 0 {
		why = in.Reason.String()
	}
	m.emit(Event{Kind: EventLost, Why: in.Reason, Text: why})
	m.fire(lost, "communications lost")
	if m.state() == interrupted {
		m.startSafePeriod()
	}
}

// hangup ends the connection from our side.
func (m *Machine) hangup(reason wire.Reason, text string) {
	m.emit(Hangup{Reason: reason, Text: text})
	m.disconnected(Down{Reason: reason, Text: text})
}

// dropNormalDhcpd ends the connection to a dhcpd that reports NORMAL where we
// need POTENTIAL-CONFLICT: told so in NORMAL it would stop for good.
func (m *Machine) dropNormalDhcpd() {
	m.hangup(0, "a dhcpd must leave NORMAL before the conflict can be resolved")
}

// leaveDhcpd ends the connection to a dhcpd that does not know yet what we
// decided, and may have gone on from our last state meanwhile.
func (m *Machine) leaveDhcpd() {
	m.hangup(0, "a dhcpd is to meet this decision on a new connection")
}

// message takes one from the partner.
func (m *Machine) message(msg Message) {
	if !m.link.up {
		return
	}
	m.snap.Contact = m.now.Wall
	m.offset.sample(m, m.when(msg.Received), msg.Time)
	switch body := msg.Body.(type) {
	case wire.STATE:
		m.partnerState(body)
	case wire.BNDUPD:
		m.updates(msg.XID, body)
	case wire.BNDACK:
		m.acks(msg.XID, body)
	case wire.UPDREQ:
		m.serve(msg.XID, false)
	case wire.UPDREQALL:
		m.serve(msg.XID, true)
	case wire.UPDDONE:
		m.updateDone(msg.XID)
	case wire.POOLREQ:
		m.poolRequested(msg.XID)
	case wire.POOLRESP:
		m.poolAnswered(body.Transferred)
	}
}

// when is the time at which something came. It may have waited for its turn
// since, behind the disk.
func (m *Machine) when(received Now) Now {
	if received == (Now{}) {
		return m.now
	}
	return received
}

// partnerState takes what the partner says of its state.
func (m *Machine) partnerState(s wire.STATE) {
	if !s.State.Sendable() {
		m.emit(Event{Kind: EventPartnerState, From: m.snap.PartnerState, To: s.State, Text: "unknown server-state, ignored"})
		return
	}
	before := m.snap.PartnerState
	m.snap.PartnerState = s.State
	if before != s.State {
		m.snap.PartnerSince = m.now.Wall
		m.emit(Event{Kind: EventPartnerState, From: before, To: s.State, Text: s.Flags.String()})
	}
	m.link.first = !m.link.ok
	m.link.starting = s.Flags&wire.FlagStartup != 0
	m.link.since = m.offset.correct(s.Since)
	m.meetStranger(s)
	if s.State == recovering && before != recovering && m.link.profile == wire.ISC {
		m.owe() // it has nothing, also if it comes to ask in another state
	}
	m.learnFailure(s)
	if m.link.first {
		m.link.ok = true
		if m.primary() {
			m.goBy(m.cfg.MCLT)
			m.snap.MCLT = m.cfg.MCLT // the secondary goes by it now
		}
		m.emit(Event{Kind: EventConnected, N: int(m.offset.delta()), Text: m.snap.Vendor})
	}
	if m.link.withheld {
		m.release()
	}
	m.fire(up, fmt.Sprintf("the partner is in %s", s.State))
	if m.state() == normal && m.link.together == 0 {
		m.hearOut()
	}
	if m.phase == 0 && m.stored != m.snap.PartnerState {
		m.save()
	}
}

// meetStranger notices a partner that has no record of this server. Then a
// server without a record has nothing to make up for: neither served before.
func (m *Machine) meetStranger(s wire.STATE) {
	if s.Since <= neverTime && m.link.profile != wire.ISC || s.State == recovering && m.link.profile != wire.Own {
		m.link.stranger = true
	}
	if m.snap.New && m.link.stranger {
		m.snap.Failed = 0
	}
}

// release lets go of our first STATE, held back until a dhcpd sent its own. In
// STARTUP it is told the flag first, then the state without it: it looks at a
// state only if it changes.
func (m *Machine) release() {
	m.cancel(timeState)
	m.link.withheld = false
	if m.phase == startup {
		m.tellState()
	}
	m.telling = true
}

// harmful tells whether a dhcpd takes a state so badly that it must not be told
// it: it would stop for good, or end its process.
func (m *Machine) harmful(s wire.ServerState) bool {
	if m.link.profile != wire.ISC || !m.link.ok {
		return false
	}
	switch m.snap.PartnerState {
	case normal:
		return slices.Contains(states{conflict, resolution, resolved}, s)
	case conflict: // as the primary it may be in CONFLICT-DONE by now
		return !m.primary() && (s == paused || s == shutdown)
	case resolved:
		return !slices.Contains(states{normal, conflict, resolution}, s)
	}
	return false
}
