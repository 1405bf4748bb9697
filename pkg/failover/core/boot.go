package core

import (
	"time"

	"leasehold/internal/lease"
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
	switch restored := m.cfg.Recover > 0 && m.cfg.Recover != m.snap.RecoverDone && !m.cfg.Lost; {
	case restored:
		m.snap.State, m.snap.Since = recovering, m.now.Wall
		m.snap.All, m.snap.Failed, m.snap.RecoverDone = true, m.cfg.Recover, m.cfg.Recover
		m.snap.Forgot, m.snap.Swapped = m.now.Wall, false
		m.snap.New = false // it may have served, if only alone
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
		RecoverDone: m.cfg.Recover, // a date of the operator's may be that of an earlier loss
	}
	if m.cfg.Lost {
		m.snap.Forgot = m.now.Wall
	}
	if m.primary() && m.snap.New {
		m.snap.State, m.snap.Since = partnerDown, 0
	}
}

// Swap is what a server goes on from that has the other role now. What was
// whose has to be settled anew, with all that the partner knows.
//
// The MCLT wait of RECOVER-WAIT is for leases that this server gave and does
// not know any more. A server that was in NORMAL or COMMUNICATIONS-INTERRUPTED
// with its lease database has none: whatever it acknowledged to a client is on
// its disk, and its partner is told of it before it can be in NORMAL. So it need
// not wait. A server that was in PARTNER-DOWN itself, or was recovering, waits.
func Swap(s Snapshot, now int64) Snapshot {
	s.Swapped = s.State == normal || s.State == interrupted || s.Swapped && s.State != partnerDown
	s.State, s.Since, s.Down = recovering, now, 0
	s.All, s.Failed, s.New = s.All || !s.Swapped, now, false
	return s
}

// Untried tells whether a server that has the other role now begins like one
// without a record, as when the roles of a new pair are put right: it never had a
// partner, and no client has had an address of it. Once it has given leases, its
// partner has to collect them before it serves in its place.
func Untried(s Snapshot, leases View) bool {
	return s.PartnerState == 0 && s.New && !given(leases)
}

// given tells whether a client ever had one of the leases, as far as their records go.
func given(leases View) bool {
	const page = 256
	var buf []lease.Lease
	for after := (lease.Key{}); ; {
		buf = leases.All(after, page, buf[:0])
		for i := range buf {
			if l := &buf[i]; !l.Free() || l.Failover.Told || !l.Client().IsZero() {
				return true
			}
		}
		if len(buf) == 0 {
			return false
		}
		after = buf[len(buf)-1].Key
	}
}

// swapped tells whether the role was changed, and no lease of this server lost.
func (m *Machine) swapped() bool { return m.snap.Swapped && m.link.profile == wire.Own }

// refused: the partner is alive and knows this server, though not this
// relationship. A primary that has no record of it does not take it for one
// that is not there yet: it may serve these clients under another name.
func (m *Machine) refused() {
	if m.phase == startup && m.snap.New && m.primary() {
		m.cancel(timeStartup)
		m.denied = true
	}
}

// startupEnds: nobody is there. A server without a record whose leases show a
// partner says what it risks.
func (m *Machine) startupEnds() {
	m.fire(expiry, "the partner does not answer")
	if m.state() == partnerDown && m.snap.New && m.shared() {
		m.warn()
	}
}

// shared tells whether a partner ever had to do with the leases.
func (m *Machine) shared() bool {
	const page = 256
	for after := (lease.Key{}); ; {
		m.leases = m.view.All(after, page, m.leases[:0])
		for i := range m.leases {
			if f := &m.leases[i].Failover; f.Told || f.FromPartner || m.leases[i].Flags&lease.Backup != 0 {
				return true
			}
		}
		if len(m.leases) == 0 {
			return false
		}
		after = m.leases[len(m.leases)-1].Key
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
