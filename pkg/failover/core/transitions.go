package core

import (
	"slices"

	"leasehold/pkg/failover/wire"
)

// The states by shorter names, for the table.
const (
	startup     = wire.StateStartup
	normal      = wire.StateNormal
	interrupted = wire.StateCommunicationsInterrupted
	partnerDown = wire.StatePartnerDown
	conflict    = wire.StatePotentialConflict
	recovering  = wire.StateRecover
	paused      = wire.StatePaused
	shutdown    = wire.StateShutdown
	recoverDone = wire.StateRecoverDone
	resolution  = wire.StateResolutionInterrupted
	resolved    = wire.StateConflictDone
	recoverWait = wire.StateRecoverWait

	// stay is no transition; previous is the state that STARTUP goes on from.
	stay     wire.ServerState = 0
	previous wire.ServerState = 255
)

// event is what may change the state of an endpoint.
type event uint8

const (
	// up: communications became OK with the partner in a state, or the
	// partner changed to it.
	up event = iota + 1
	// lost: communications failed.
	lost
	// command: the operator says that the partner is down.
	command
	// expiry: the time that the state lasts is over: STARTUP, the safe
	// period, the wait of RECOVER-WAIT or of a server that lost its leases.
	expiry
	// updated: UPDDONE came.
	updated
	// pausing and stopping: the operator ends the service.
	pausing
	stopping
)

var eventNames = [...]string{
	up: "partner", lost: "communications lost", command: "setPartnerDown", expiry: "time over",
	updated: "UPDDONE", pausing: "pause", stopping: "shutdown",
}

// transition is a row of the table. The first row counts whose state, event,
// partner state and guard all hold; without one, the state stays.
type transition struct {
	from    []wire.ServerState
	on      event
	partner []wire.ServerState // with up; nil is any other
	guard   guard
	to      wire.ServerState
	do      []action
	// ours marks what the draft's section 9 does not have, or leaves open.
	ours bool
}

type states = []wire.ServerState

// transitions is the state machine: draft-12 section 9.
var transitions = []transition{
	// STARTUP: the partner is asked before anybody is served.
	{from: states{startup}, on: up, partner: states{recovering}, guard: neverMetDhcpd, to: recovering, do: actions{askAll, again}, ours: true},
	{from: states{startup}, on: up, guard: forgotten, to: recovering, do: actions{askAll, again}, ours: true},
	{from: states{startup}, on: up, partner: states{partnerDown}, guard: recovers, to: previous, do: actions{again}},
	{from: states{startup}, on: up, partner: states{partnerDown}, guard: wasDown, to: recovering, do: actions{setFailed, again}},
	{from: states{startup}, on: up, partner: states{partnerDown}, to: conflict},
	{from: states{startup}, on: up, to: previous, do: actions{again}},
	{from: states{startup}, on: expiry, to: previous},
	{from: states{startup}, on: command, to: partnerDown, do: actions{takeDate, warn}, ours: true},

	{from: states{normal}, on: up, partner: states{normal, recoverDone}},
	{from: states{normal}, on: up, partner: states{interrupted}, do: actions{tell}, ours: true},
	{from: states{normal}, on: up, partner: states{paused}, to: interrupted},
	{from: states{normal}, on: up, partner: states{shutdown}, to: partnerDown},
	{from: states{normal}, on: up, to: interrupted, do: actions{again}},
	{from: states{normal}, on: lost, to: interrupted},
	{from: states{normal}, on: updated, do: actions{haveAll}, ours: true},
	{from: states{normal}, on: command, to: partnerDown, do: actions{takeDate, warn}},

	{from: states{interrupted}, on: up, partner: states{normal, interrupted, recoverDone}, to: normal},
	{from: states{interrupted}, on: up, partner: states{recovering, recoverWait, paused}},
	{from: states{interrupted}, on: up, partner: states{shutdown}, to: partnerDown},
	{from: states{interrupted}, on: up, partner: states{partnerDown, conflict, resolved, resolution}, to: conflict},
	{from: states{interrupted}, on: command, to: partnerDown, do: actions{takeDate, warn}},
	{from: states{interrupted}, on: expiry, to: partnerDown, do: actions{warn}},

	{from: states{partnerDown}, on: up, guard: starting},
	{from: states{partnerDown}, on: up, partner: states{recovering, recoverWait, shutdown, paused}},
	{from: states{partnerDown}, on: up, guard: forgotten, to: recovering, do: actions{askAll, again}, ours: true},
	{from: states{partnerDown}, on: up, partner: states{recoverDone}, guard: untold, do: actions{leave}, ours: true},
	{from: states{partnerDown}, on: up, partner: states{recoverDone}, to: normal},
	{from: states{partnerDown, resolution}, on: up, partner: states{normal}, guard: dhcpd, do: actions{hangUp}, ours: true},
	{from: states{partnerDown}, on: up, to: conflict},
	{from: states{partnerDown}, on: command, do: actions{takeDate}, ours: true},

	{from: states{recovering}, on: up, partner: states{conflict, resolution, resolved}, to: conflict},
	{from: states{recovering}, on: up, do: actions{request}},
	{from: states{recovering}, on: updated, guard: swapped, to: recoverDone, do: actions{haveAll}, ours: true},
	{from: states{recovering}, on: updated, guard: waited, to: recoverDone, do: actions{haveAll}},
	{from: states{recovering}, on: updated, to: recoverWait, do: actions{haveAll}},

	{from: states{recoverWait}, on: expiry, to: recoverDone},
	{from: states{recoverWait, recoverDone}, on: up, partner: states{conflict, resolution, resolved}, to: conflict, ours: true},
	{from: states{recoverWait}, on: up, partner: states{normal, interrupted}, guard: dhcpd, to: recovering, do: actions{again}, ours: true},
	{from: states{recoverDone}, on: up, partner: states{recovering}, guard: metDhcpdAgain, to: recovering, do: actions{waitToo, again}, ours: true},
	{from: states{recoverWait, recoverDone}, on: up, partner: states{recovering, partnerDown}, guard: metDhcpdAgain, to: recovering, do: actions{again}, ours: true},

	{from: states{recoverDone}, on: up, partner: states{normal}, guard: dhcpd, do: actions{request}, ours: true}, // it gave our addresses until now, and did not wait to have told
	{from: states{recoverDone}, on: updated, to: normal, do: actions{haveAll}, ours: true},
	{from: states{recoverDone}, on: up, partner: states{normal, recoverDone}, to: normal},
	{from: states{recoverDone}, on: up, partner: states{interrupted, partnerDown}, guard: dhcpd, do: actions{tell}, ours: true}, // as it starts, and by command, it does not look at a state that it has on record

	{from: states{recovering, recoverWait, recoverDone, resolved}, on: command, guard: dhcpd, to: partnerDown, do: actions{takeDate, hangUpFirst, warn}, ours: true}, // it may be in another state by now
	{from: states{recovering, recoverWait, recoverDone, resolved}, on: command, to: partnerDown, do: actions{takeDate, warn, again}, ours: true},

	{from: states{conflict}, on: up, partner: states{resolved}, guard: secondary, do: actions{request}},
	{from: states{conflict, resolved}, on: up, partner: states{interrupted, partnerDown, recovering, resolution}, guard: dhcpd, do: actions{tell}, ours: true}, // as it starts
	{from: states{conflict}, on: updated, guard: begunAnew, do: actions{await}, ours: true},
	{from: states{conflict}, on: updated, guard: waiting, do: actions{haveAll, keepWaiting}, ours: true},
	{from: states{conflict}, on: updated, guard: primary, to: resolved, do: actions{haveAll}},
	{from: states{conflict}, on: updated, to: normal, do: actions{haveAll}},
	{from: states{conflict}, on: expiry, guard: begunAnew, do: actions{await}, ours: true},
	{from: states{conflict}, on: expiry, guard: primary, to: resolved, ours: true},
	{from: states{conflict}, on: expiry, to: normal, ours: true},
	{from: states{conflict}, on: lost, to: resolution},

	{from: states{resolution}, on: up, to: conflict},
	{from: states{resolution}, on: command, to: partnerDown, do: actions{takeDate, warn}},

	{from: states{resolved}, on: up, partner: states{normal}, to: normal},

	{from: nil, on: pausing, to: paused},
	{from: nil, on: stopping, to: shutdown},
	{from: states{shutdown}, on: up, partner: states{partnerDown}, do: actions{recoverLater}},
}

// afterDown is the state to go on from after a start with a stored state: as
// if communications had failed just before.
func afterDown(s wire.ServerState) wire.ServerState {
	for i := range transitions {
		if t := &transitions[i]; t.on == lost && slices.Contains(t.from, s) {
			return t.to
		}
	}
	return s
}

// find is the row that counts, nil if there is none.
func (m *Machine) find(state wire.ServerState, on event) *transition {
	for i := range transitions {
		t := &transitions[i]
		switch {
		case t.on != on,
			t.from != nil && !slices.Contains(t.from, state),
			t.partner != nil && !slices.Contains(t.partner, m.snap.PartnerState),
			t.guard != always && !guards[t.guard].holds(m):
			continue
		}
		return t
	}
	return nil
}

// guard is a condition of a row.
type guard uint8

const (
	always guard = iota
	starting
	primary
	secondary
	begunAnew
	dhcpd
	neverMetDhcpd
	metDhcpdAgain
	forgotten
	recovers
	wasDown
	untold
	swapped
	waited
	waiting
)

// guards are the conditions, in the words of the printed table.
var guards = [...]struct {
	text  string
	holds func(*Machine) bool
}{
	always:    {"", nil},
	starting:  {"the partner shows the STARTUP flag", func(m *Machine) bool { return m.link.starting }},
	primary:   {"this server is the primary", func(m *Machine) bool { return m.primary() }},
	secondary: {"this server is the secondary", func(m *Machine) bool { return !m.primary() }},
	begunAnew: {"the partner, as the primary, is not in CONFLICT-DONE any more", func(m *Machine) bool {
		return !m.primary() && m.snap.PartnerState != resolved
	}},
	dhcpd: {"the partner is a dhcpd", func(m *Machine) bool { return m.link.profile == wire.ISC }},
	neverMetDhcpd: {"this server has no record of a partner, which is a dhcpd", func(m *Machine) bool {
		return m.snap.New && m.link.profile == wire.ISC && m.snap.State != recoverDone
	}},
	metDhcpdAgain: {"the partner is a dhcpd and the connection is new", func(m *Machine) bool {
		return m.link.first && m.link.profile == wire.ISC
	}},
	forgotten: {"the primary has no record of a partner that has one of it", func(m *Machine) bool {
		return m.snap.New && m.primary() && !m.link.stranger
	}},
	recovers: {"the stored state is RECOVER, RECOVER-WAIT or RECOVER-DONE", func(m *Machine) bool {
		return slices.Contains(states{recovering, recoverWait, recoverDone}, m.snap.State)
	}},
	wasDown: {"the partner is in it since after our last operation", func(m *Machine) bool {
		return m.link.since+offsetNoise >= m.snap.Heartbeat && !m.link.stranger
	}},
	untold:  {"the partner does not know all of our changes", func(m *Machine) bool { return m.untold() }},
	swapped: {"the roles were changed, and this server lost no leases", func(m *Machine) bool { return m.swapped() }},
	waited:  {"MCLT has passed since this server's last operation, or it never was in any", func(m *Machine) bool { return m.waitOver() }},
	waiting: {"this server lost its leases and MCLT has not passed since", func(m *Machine) bool { return !m.waitOver() }},
}

// action is what a transition does besides.
type action uint8

const (
	// again looks for the row of the state that was come to.
	again action = iota + 1
	tell
	hangUp
	hangUpFirst
	request
	await
	askAll
	haveAll
	setFailed
	takeDate
	warn
	leave
	keepWaiting
	waitToo
	recoverLater
)

type actions = []action

// doings are the actions, in the words of the printed table. What now does
// changes the snapshot; later comes when it is stored and the partner told.
var doings [recoverLater + 1]doing

type doing struct {
	text       string
	now, later func(*Machine)
}

func init() { // the functions come back here
	doings = [...]doing{
		again:        {text: "then the row of that state"},
		tell:         {text: "send STATE again", now: func(m *Machine) { m.telling = true }},
		hangUp:       {text: "close the connection, so that it leaves NORMAL first", later: (*Machine).dropNormalDhcpd},
		hangUpFirst:  {text: "close the connection before", now: (*Machine).leaveDhcpd},
		request:      {text: "UPDREQ, or UPDREQALL where the leases were lost", later: (*Machine).request},
		await:        {text: "wait for CONFLICT-DONE once more", later: (*Machine).startResolution},
		askAll:       {text: "all leases are to be asked for", now: func(m *Machine) { m.snap.All, m.snap.Forgot = true, m.now.Wall }},
		haveAll:      {text: "", now: func(m *Machine) { m.snap.All, m.snap.Longer = false, 0 }},
		setFailed:    {text: "the wait runs from the last heartbeat", now: (*Machine).setFailed},
		takeDate:     {text: "down since the date given", now: (*Machine).takeDate},
		warn:         {text: "warn of the risk", later: (*Machine).warn},
		leave:        {text: "give up the partner's addresses, go on when it knows", later: (*Machine).leave},
		keepWaiting:  {text: "go on when MCLT has passed", later: (*Machine).keepWaiting},
		waitToo:      {text: "wait for MCLT from now: the partner may have been in NORMAL since, and does not wait", now: (*Machine).waitToo},
		recoverLater: {text: "the stored state becomes RECOVER", now: (*Machine).recoverLater},
	}
}
