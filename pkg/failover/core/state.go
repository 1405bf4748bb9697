package core

import (
	"slices"
	"time"

	"leasehold/pkg/failover/wire"
)

// neverTime is the start-time-of-state of a server that has no record of the
// partner: it was so since ever. A partner that lost its leases learns from it
// that there was nothing to lose, and need not wait.
const neverTime wire.Time = 1

// fire takes the transition for an event, and those that follow at once from
// what the partner's state is. The partner is told of the last only.
func (m *Machine) fire(on event, why string) {
	var later []action
	for range transitions {
		t := m.find(m.state(), on)
		if t == nil {
			break
		}
		m.enter(t.to, why)
		next := false
		for _, a := range t.do {
			if d := doings[a]; d.now != nil {
				d.now(m)
			}
			next = next || a == again && (on != command || m.link.ok)
			later = append(later, a)
		}
		if !next {
			break
		}
		on = up
	}
	m.settle(later)
}

// enter takes a state. What begins with it waits for settle.
func (m *Machine) enter(to wire.ServerState, why string) {
	from := m.state()
	switch to {
	case stay:
		return
	case previous:
		to = m.snap.State
	case from:
		return
	}
	if m.operating() {
		m.snap.Heartbeat = m.now.Wall
	}
	m.phase = 0
	if to == paused || to == shutdown {
		m.phase = to
	} else if m.snap.State != to || m.snap.Since == 0 {
		m.record(to)
	}
	for id := timeOfState; id <= timeOfStateLast; id++ {
		m.cancel(id)
	}
	m.asked, m.leaving = asked{}, leaving{}
	if to == conflict && m.link.profile == wire.ISC {
		// What it asked for before it has forgotten, and takes the answer for that of the conflict.
		m.service.xids = nil
	}
	m.entered, m.telling = true, true
	m.counted.StateChanges++
	m.emit(Event{Kind: EventState, From: from, To: m.state(), Text: why})
}

// record changes the stored state.
func (m *Machine) record(to wire.ServerState) {
	if m.snap.State == partnerDown || !slices.Contains(states{recovering, recoverWait, recoverDone, partnerDown}, to) {
		m.snap.Swapped = false
	}
	m.snap.State, m.snap.Since = to, m.now.Wall
	m.snap.Down = 0
	switch to {
	case interrupted:
		if m.snap.Interrupted == 0 {
			m.snap.Interrupted = m.now.Wall
		}
	case partnerDown:
		m.snap.Down = m.now.Wall
	case normal:
		m.snap.All = m.snap.All && !(m.snap.New && m.link.stranger) // see askStill
		m.snap.New, m.snap.Failed, m.snap.Interrupted = false, 0, 0
	}
}

// settle stores where the transitions led to, tells the partner, and begins
// what begins there.
func (m *Machine) settle(later []action) {
	entered := m.entered
	m.entered = false
	if entered {
		m.save()
	}
	if m.telling {
		m.tellState()
	}
	for _, a := range later {
		if d := doings[a]; d.later != nil {
			d.later(m)
		}
	}
	if !entered {
		return
	}
	for _, e := range entries[m.state()] {
		if e.do != nil {
			e.do(m)
		}
	}
}

// save stores the snapshot; the next outputs wait for it.
func (m *Machine) save() {
	if m.operating() {
		m.snap.Heartbeat = m.now.Wall
	}
	m.emit(Save{Snapshot: m.snap})
	m.stored = m.snap.PartnerState
	m.wait(timeHeartbeat, m.interval())
}

// operating tells whether clients may be served, so that MCLT counts from now
// if the server dies.
func (m *Machine) operating() bool {
	switch m.state() {
	case normal, interrupted, partnerDown, resolution, resolved, recoverDone:
		return true
	}
	return false
}

// interval is the time between two heartbeats.
func (m *Machine) interval() time.Duration {
	return seconds(min(max(m.snap.MCLT/20, 1), 60))
}

// heartbeat stores that the server is in operation.
func (m *Machine) heartbeat() {
	if m.operating() {
		m.save()
	}
}

// tellState sends STATE, unless the first one is held back.
func (m *Machine) tellState() {
	m.telling = false
	if !m.link.up || m.link.withheld {
		return
	}
	s := wire.STATE{State: m.snap.State, Since: wire.TimeOf(m.snap.Since)}
	switch {
	case m.phase == startup:
		s.Flags = wire.FlagStartup
		if m.snap.New { // it may serve alone afterwards, but has not yet
			s.State = recovering
		}
	case m.phase != 0 && !slices.Contains(states{partnerDown, conflict, resolution, resolved}, s.State) &&
		(m.snap.Longer == 0 || m.link.profile == wire.Own || s.State != interrupted):
		// From those the partner has to learn first what was given; it must not take over at once.
		// Nor must a dhcpd with a shorter MCLT than what was given by: it would wait no longer.
		s.State = m.phase
	}
	if m.harmful(s.State) {
		return
	}
	switch {
	case m.snap.New:
		s.Since = neverTime
	case s.State == partnerDown:
		s.Since = wire.TimeOf(m.snap.Down)
	case m.snap.Since == 0: // what a start makes of the stored state
		s.Since = wire.TimeOf(m.snap.Heartbeat)
	}
	m.send(s)
}

// takeDate sets since when the partner is down.
func (m *Machine) takeDate() {
	if m.date > 0 && m.date < m.now.Wall {
		m.snap.Down = m.date
	}
	if !m.entered { // it was in PARTNER-DOWN already
		m.save()
		m.startReclaim()
	}
}

// warn says that a transition takes a risk.
func (m *Machine) warn() {
	m.emit(Event{Kind: EventRisk, To: m.state(), Text: m.risk()})
}
