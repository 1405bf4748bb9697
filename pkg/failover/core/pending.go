package core

import (
	"time"

	"leasehold/internal/lease"
)

// reclaimPause is how long nothing is tried after nothing could be freed.
const reclaimPause = time.Minute

// reclaim is the freeing of pending leases without the partner's word.
type reclaim struct {
	busy  int // leases being changed
	freed int // so far in this run
	skip  int // leases that could not be freed, and come first
}

// startReclaim waits for the first pending lease that the partner cannot have
// extended any more (draft-12 section 9.4.2).
func (m *Machine) startReclaim() {
	m.reclaim.skip = 0
	m.pendingChanged()
}

// pendingChanged looks when the next lease may be freed.
func (m *Machine) pendingChanged() {
	if m.state() != partnerDown || m.reclaim.busy > 0 {
		return
	}
	if m.reclaim.skip > 0 {
		m.waitAtMost(timeReclaim, reclaimPause)
		return
	}
	end, ok := m.view.NextPending()
	if !ok {
		return
	}
	m.waitAtMost(timeReclaim, max(m.until(max(end, m.snap.Down)+m.mclt()+1), 0))
}

func (m *Machine) reclaimPending() {
	r := &m.reclaim
	if m.state() != partnerDown || m.leaving.begun || r.busy > 0 {
		return
	}
	if m.now.Wall <= m.snap.Down+m.mclt() {
		m.pendingChanged()
		return
	}
	r.freed = 0
	m.keys = m.view.Pending(m.now.Wall-m.mclt()-1, stepWork+r.skip, m.keys[:0])
	if len(m.keys) == 0 {
		r.skip = 0
		m.pendingChanged()
		return
	}
	r.busy = len(m.keys)
	for _, k := range m.keys {
		m.start(k, &reclaimed{})
	}
}

// reclaimed is a lease that becomes free.
type reclaimed struct{ did bool }

func (r *reclaimed) held(m *Machine, l lease.Lease) (lease.Lease, bool) {
	if m.state() != partnerDown || m.leaving.begun || l.State != lease.PendingAvailable {
		return l, false
	}
	auth := m.Authority()
	at, ok := auth.Reusable(&l)
	if !ok || m.now.Wall < at {
		return l, false
	}
	r.did = true
	return auth.Reclaimed(l, m.now.Wall), true
}

func (r *reclaimed) done(m *Machine, l lease.Lease, err error) {
	c := &m.reclaim
	c.busy--
	if r.did && err == nil {
		c.freed++
		m.tell(l.Key)
	} else if l.State == lease.PendingAvailable {
		c.skip++
	}
	if c.busy > 0 {
		return
	}
	if c.freed > 0 {
		c.skip = 0
	}
	m.pendingChanged()
}
