package core

import (
	"fmt"

	"leasehold/pkg/failover/wire"
)

// Status is what an operator is shown.
func (m *Machine) Status() Status {
	s := Status{
		Snapshot: m.snap, State: m.state(), Connected: m.link.ok, Offset: -m.offset.delta(),
		Unacked: len(m.out.entries) - m.out.queue.len(), Queued: m.out.queue.len(), Updates: m.counted, Denied: m.denied,
	}
	s.Waiting, s.Until = m.waitingFor()
	return s
}

// State is that of Status, without the rest.
func (m *Machine) State() wire.ServerState { return m.state() }

// waitingFor says what ends the present state, and when.
func (m *Machine) waitingFor() (string, int64) {
	partner := m.snap.PartnerState
	switch m.state() {
	case startup:
		if m.denied {
			return "the partner, which refuses this relationship, or setPartnerDown", 0
		}
		return "the partner, before anybody is served", m.wall(timeStartup)
	case interrupted:
		switch {
		case m.link.ok:
			return fmt.Sprintf("the partner, which is in %s", partner), 0
		case m.timers[timeSafe].armed:
			return "the partner; at the end of the safe period it is taken to be down", m.wall(timeSafe)
		}
		return "the partner, or setPartnerDown", 0
	case partnerDown:
		switch {
		case m.leaving.begun:
			return "the partner to be told of all leases", 0
		case m.link.ok:
			return fmt.Sprintf("the partner, which is in %s", partner), 0
		case m.now.Wall < m.snap.Down+m.mclt():
			return "MCLT after the partner went down; then its free addresses are given, too", m.snap.Down + m.mclt()
		}
		return "the partner", 0
	case recovering:
		if m.link.ok {
			return fmt.Sprintf("the end of the partner's updates; %d came", m.asked.number), 0
		}
		return "the partner, to ask it for leases", 0
	case recoverWait:
		return "MCLT after this server's last operation", m.wall(timeWait)
	case recoverDone:
		return "the partner to be in NORMAL", 0
	case conflict:
		if m.timers[timeWait].armed {
			return "MCLT after this server lost its leases", m.wall(timeWait)
		}
		if m.asked.xid != 0 {
			return fmt.Sprintf("the end of the partner's updates; %d came", m.asked.number), 0
		}
		return "the partner to have this server's updates", 0
	case resolution:
		return "the partner, to go on resolving, or setPartnerDown", 0
	case resolved:
		return "the partner to have this server's updates and be in NORMAL, or setPartnerDown", 0
	case paused, shutdown:
		return "a new start of this server", 0
	}
	return "", 0
}

// wall is when a timer is due by the wall clock, 0 if it is not armed.
func (m *Machine) wall(id timerID) int64 {
	t := m.timers[id]
	if !t.armed {
		return 0
	}
	return m.now.Wall + int64((t.at - m.now.Mono).Seconds())
}

// risk says what can go wrong in the state that was entered without knowing
// of the partner.
func (m *Machine) risk() string {
	if m.snap.All || m.snap.Failed != 0 {
		return "this server has not got back all leases that it or its partner gave: addresses in use may be given to others"
	}
	return "if the partner still serves clients, both may give the same address"
}
