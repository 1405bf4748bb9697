package core

import (
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// What has to be minded in telling a dhcpd of leases, and in being told.

const (
	// A dhcpd is heard out for so long when both are in NORMAL: at first, after
	// each of its updates, and at most.
	dhcpdFirst = 10 * time.Second
	dhcpdMore  = 5 * time.Second
	dhcpdLast  = 2 * time.Minute
	// storePause is when the disk is tried again with what a dhcpd told.
	storePause = time.Second
)

// hearOut begins the time in which a dhcpd tells what happened while it was out
// of touch. It has no way of its own to know that a lease that it gave or renewed
// is not over: of a partner's word that crosses with its own it takes that an
// address is free for the later, whatever it says of the client's last transaction.
func (m *Machine) hearOut() {
	m.link.together = 0
	if m.hasNotBegun() {
		return
	}
	m.link.together = m.now.Wall
	m.link.calm, m.link.late = m.now.Mono+dhcpdFirst, m.now.Mono+dhcpdLast
}

// hasNotBegun tells whether a dhcpd is not in NORMAL yet where we are. Only with
// that it looks for what it has to tell, if it started anew; until then it takes
// our word for the later, also of a lease that it has renewed since. Nor does it
// end the answer to a request of ours if our word crosses with the last of that.
func (m *Machine) hasNotBegun() bool {
	return m.link.profile == wire.ISC && m.state() == normal && (m.snap.PartnerState != normal || m.link.starting || m.asked.xid != 0)
}

// heardMore is another update of a dhcpd that still tells what it had to tell.
func (m *Machine) heardMore() {
	if m.now.Mono < m.link.calm {
		m.link.calm = min(max(m.link.calm, m.now.Mono+dhcpdMore), m.link.late)
	}
}

// dhcpdsTurn is how long we have yet to wait for a dhcpd to tell what it knows
// of an address that no client has, as far as we know: by what happened before both
// were in NORMAL, or by an update that is on its way to our disk.
func (m *Machine) dhcpdsTurn(l *lease.Lease) time.Duration {
	if m.link.profile != wire.ISC || !m.sharing() || l.State == lease.Leased && l.Expiration > m.now.Wall {
		return 0 // what runs it has to know at once: it would refuse the client at the end that it knows of
	}
	wait := time.Duration(0)
	if l.State == lease.PendingAvailable && l.Failover.Ended == lease.EndedExpired {
		wait = min(expiryPause, m.until(l.StateStart)+expiryPause)
	}
	if m.link.coming[l.Key] > 0 {
		wait = max(wait, time.Second)
	}
	if max(l.StateStart, l.LastTransaction) < m.link.together {
		wait = max(wait, m.link.calm-m.now.Mono)
	}
	return wait
}

// unheard tells whether a lease that ended is not to be told to a dhcpd yet: it
// asks first in a conflict, as the primary, and would let a lease go that it has
// renewed. It hears of it in NORMAL.
func (m *Machine) unheard(l *lease.Lease) bool {
	return m.link.profile == wire.ISC && m.state() == conflict && l.State == lease.PendingAvailable
}

// awaited puts off the word of a dhcpd that gives an address back to us: it may
// say so, by hash bucket, as it agrees that a lease of it ended, and answer that
// update of ours only then. Refused meanwhile the address would be nobody's.
func (m *Machine) awaited(k lease.Key, r *received) bool {
	e := m.out.entries[k]
	if m.link.profile != wire.ISC || r.update.Status != wire.StatusBackup || e == nil || e.stage != flying {
		return false
	}
	if m.link.awaited == nil {
		m.link.awaited = map[lease.Key]*received{}
	}
	before := m.link.awaited[k]
	m.link.awaited[k] = r
	if before != nil {
		m.start(k, before)
	}
	return true
}

// answerCame goes on with what was put off for an address.
func (m *Machine) answerCame(k lease.Key) {
	if r := m.link.awaited[k]; r != nil {
		delete(m.link.awaited, k)
		m.start(k, r)
	}
}

// storeLater puts off an update of a dhcpd's that the disk did not take: refused,
// it would not be told again, and in NORMAL a secondary does not end its leases by
// itself. What it has said of the address since takes its place.
func (m *Machine) storeLater(r *received) bool {
	if m.link.profile != wire.ISC || m.link.coming[keyOf(&r.update)] > 1 {
		return false
	}
	m.link.unstored = append(m.link.unstored, r)
	m.waitAtMost(timeStore, storePause)
	return true
}

// storeAgain tries the disk again with what it did not take.
func (m *Machine) storeAgain() {
	unstored := m.link.unstored
	m.link.unstored = nil
	for _, r := range unstored {
		m.start(keyOf(&r.update), r)
	}
}

// crosses puts off an update that a dhcpd asked for while its own of the address is on
// its way to our disk: before we answered that, it refuses what it has just said.
func (m *Machine) crosses(e *entry) bool {
	if !e.force || m.link.coming[e.key] == 0 {
		return false
	}
	e.stage = crossing
	return true
}

// took ends an update of a dhcpd's.
func (m *Machine) took(k lease.Key) {
	if m.link.coming == nil {
		return
	}
	if m.link.coming[k]--; m.link.coming[k] > 0 {
		return
	}
	delete(m.link.coming, k)
	if e := m.out.entries[k]; e != nil && e.stage == crossing {
		e.stage = queued
		m.out.queue.push(e)
	}
}
