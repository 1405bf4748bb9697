package core

import (
	"time"

	"leasehold/pkg/failover/wire"
)

// patience is how long an update request may bring nothing; the partner's
// receive-timer may make it longer.
const patience = 30 * time.Second

// asked is our update request on this connection.
type asked struct {
	xid    uint32 // 0 is none
	number int    // updates that came since
	missed bool   // one of them is not on our disk
	ended  bool   // UPDDONE came, and not all of them are on our disk
}

func (m *Machine) patience() time.Duration { return max(patience, m.cfg.PollTimeout) }

// request asks the partner for what this server does not know.
func (m *Machine) request() {
	if m.asked.xid != 0 || !m.link.ok {
		return
	}
	what := "UPDREQ"
	if m.snap.All {
		what = "UPDREQALL"
		m.asked = asked{xid: m.send(wire.UPDREQALL{})}
	} else {
		m.asked = asked{xid: m.send(wire.UPDREQ{})}
	}
	m.emit(Event{Kind: EventSync, Text: what + " sent"})
	m.wait(timeRequest, m.patience())
}

// askStill asks for what a server that was made PARTNER-DOWN without its leases
// does not know to this day, and for what was given by a longer MCLT.
func (m *Machine) askStill() {
	if m.snap.All || m.snap.Longer != 0 {
		m.request()
	}
}

// progress notes that our request is being served.
func (m *Machine) progress() {
	if m.asked.xid != 0 {
		m.wait(timeRequest, m.patience())
	}
}

// requestHangs: nothing comes. A dhcpd may have lost the end of its list (it
// does when that update is overtaken); asked anew it begins again.
func (m *Machine) requestHangs() {
	m.hangup(wire.ReasonNoTraffic, "the update request is not answered")
}

// updateDone takes the end of the answer to our request: all that the partner
// held is on our disk, for it waited for our acknowledgements. Where the disk
// failed, it was refused and has to be asked for again.
func (m *Machine) updateDone(xid uint32) {
	if m.asked.xid == 0 || m.asked.xid != xid {
		return
	}
	if m.taking > 0 {
		// A dhcpd says so when the last that it sent is acknowledged, whatever
		// became of the others.
		m.asked.ended = true
		return
	}
	if m.asked.missed {
		m.hangup(wire.ReasonUnknown, "what the partner told could not be stored")
		return
	}
	m.emit(Event{Kind: EventSync, Text: "UPDDONE received", N: m.asked.number})
	m.asked, m.toldBy = asked{}, m.link.number
	m.cancel(timeRequest)
	m.fire(updated, "the partner has told all")
}

// updateStored is another update of the partner on our disk.
func (m *Machine) updateStored() {
	if m.asked.ended && m.taking == 0 {
		m.updateDone(m.asked.xid)
	}
}

// startResolution begins POTENTIAL-CONFLICT: the primary learns first.
func (m *Machine) startResolution() {
	if m.primary() || m.snap.PartnerState == resolved {
		m.request()
		return
	}
	// The primary asks first. It may have to wait for what it has forgotten.
	m.wait(timeRequest, seconds(m.snap.MCLT)+2*m.patience())
}

// setFailed takes the last operation of this server for its end: it is not
// known when between two heartbeats it went down.
func (m *Machine) setFailed() {
	m.snap.Failed = m.snap.Heartbeat + int64(m.interval()/time.Second)
	m.markFailed()
}

// learnFailure corrects the date of the operator, which is that of a backup: the
// server may have been in operation until the partner lost it. A partner that does
// not know when that was, because it recovers, too, or starts itself, leaves when
// this server began to recover.
func (m *Machine) learnFailure(s wire.STATE) {
	if m.snap.State != recovering || m.snap.Failed == 0 || m.snap.Failed != m.snap.RecoverDone {
		return
	}
	ended := m.snap.Since
	if s.State == partnerDown || s.State == interrupted && !m.link.starting {
		ended = m.link.since
	}
	if ended <= m.snap.Failed {
		return
	}
	m.snap.Failed = ended
	m.markFailed()
	m.save()
}

// waitToo counts from now for a dhcpd that recovers. It heard of our RECOVER-DONE,
// and may have given leases in NORMAL and lost them; it does not wait beside a partner
// that recovers, too.
func (m *Machine) waitToo() {
	m.snap.New, m.snap.Failed = false, m.now.Wall
	m.markFailed()
}

// markFailed moves the end of operation to the monotonic clock.
func (m *Machine) markFailed() {
	m.snap.Failed = min(m.snap.Failed, m.now.Wall)
	m.failed = m.now.Mono - seconds(m.now.Wall-m.snap.Failed)
}

// waitOver tells whether every lease that this server may have given and
// forgotten has ended or come to its partner.
func (m *Machine) waitOver() bool {
	return m.snap.Failed == 0 || m.now.Mono >= m.failed+seconds(m.snap.MCLT)
}

func (m *Machine) startWait() { m.wait(timeWait, m.failed+seconds(m.snap.MCLT)-m.now.Mono) }

func (m *Machine) keepWaiting() {
	m.startWait()
	m.emit(Event{Kind: EventSync, Text: "the leases are back; MCLT has not passed since they were lost"})
}

func (m *Machine) waitEnds() {
	if !m.waitOver() { // the MCLT changed
		m.startWait()
		return
	}
	m.fire(expiry, "MCLT has passed since this server's last operation")
}

// startSafePeriod begins to count anew, from the entry to
// COMMUNICATIONS-INTERRUPTED or the last word of the partner in it.
func (m *Machine) startSafePeriod() {
	m.cancel(timeSafe)
	if m.cfg.SafePeriod > 0 && !m.link.ok {
		m.wait(timeSafe, seconds(m.cfg.SafePeriod))
	}
}

func (m *Machine) safePeriodEnds() {
	if !m.link.ok {
		m.fire(expiry, "the safe period is over")
	}
}
