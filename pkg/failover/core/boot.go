package core

import (
	"time"

	"leasehold/pkg/failover/wire"
)

// How long STARTUP waits for the partner: longer where serving without it is
// riskier, because nothing is known of it, or it had time to give away what
// was ours.
const (
	startupShort = 10 * time.Second
	startupLong  = 30 * time.Second
)

// stopWait is how long SHUTDOWN waits for the partner to take over.
const stopWait = 3 * time.Second

// boot finds the state to go on from (draft-12 section 9.3.2).
func (m *Machine) boot() {
	m.phase = startup
	known := m.snap.State != 0
	if m.snap.MCLT == 0 { // else the partner has to hear of another one first
		m.snap.MCLT = m.cfg.MCLT
	}
	switch restored := m.cfg.Recover > 0 && m.cfg.Recover != m.snap.RecoverDone; {
	case restored:
		m.snap.State, m.snap.Since = recovering, m.now.Wall
		m.snap.All, m.snap.Failed, m.snap.RecoverDone = true, m.cfg.Recover, m.cfg.Recover
		m.snap.Forgot = m.now.Wall
	case known:
		if s := afterDown(m.snap.State); s != m.snap.State {
			m.snap.State, m.snap.Since = s, 0
		}
	default:
		m.bootNew()
	}
	m.markFailed()
	long := !known || m.now.Wall-m.snap.Heartbeat > m.snap.MCLT
	m.wait(timeStartup, startupShort)
	if long {
		m.wait(timeStartup, startupLong)
	}
}

// bootNew is a start without a stored state. A primary that has no partner
// yet serves alone when STARTUP is over; all others ask for everything. What
// they may have done before is over when MCLT has passed from now, unless the
// partner shows that there was nothing before.
func (m *Machine) bootNew() {
	m.snap = Snapshot{
		State: recovering, Since: m.now.Wall, MCLT: m.snap.MCLT,
		All: true, Failed: m.now.Wall, New: !m.cfg.Lost,
	}
	if m.cfg.Lost {
		m.snap.Forgot = m.now.Wall
	}
	if m.primary() && m.snap.New {
		m.snap.State, m.snap.Since = partnerDown, 0
	}
}

// stopNow ends the connection of a server that stops.
func (m *Machine) stopNow() { m.hangup(wire.ReasonUnknown, "the server stops") }

// stopSoon ends it when the partner had time to answer.
func (m *Machine) stopSoon() {
	if !m.link.ok {
		m.stopNow()
		return
	}
	m.wait(timeStop, stopWait)
}

// recoverLater: the partner took over; what it does from now on must be
// learned at the next start.
func (m *Machine) recoverLater() {
	m.snap.State, m.snap.Since, m.snap.Failed = recovering, m.now.Wall, m.now.Wall
	m.save()
	m.wait(timeStop, 0)
}

// reconfigured takes a changed configuration. What both servers go by, the MCLT
// and the buckets, changes with the next connection.
func (m *Machine) reconfigured(cfg Config) {
	m.cfg = cfg
	if m.state() == interrupted && !m.link.ok {
		m.startSafePeriod()
	}
	m.poolsChanged()
}
