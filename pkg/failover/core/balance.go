package core

import (
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/wire"
)

const (
	// maxTransfers is how many addresses change hands at a time.
	maxTransfers = 256
	// balancePause keeps changes of the pools from being looked at more often.
	balancePause = time.Second
	// poolReqPause is how long addresses may be missing before the partner is
	// asked for them; it should see that itself.
	poolReqPause = 10 * time.Second
	// balancePeriod is the time between two runs that take back, too.
	balancePeriod = time.Hour
)

// share is the sharing of the free addresses.
type share struct {
	moving   int // addresses being changed
	moved    int // so far in this run
	given    int // of those, to the partner
	again    bool
	hourly   bool     // the next run takes back, too
	requests []uint32 // POOLREQs that this run answers
}

// forget drops what belongs to the connection.
func (s *share) forget() { s.requests, s.again = nil, false }

func (m *Machine) sharing() bool { return m.state() == normal && m.link.ok }

// startBalance begins with NORMAL.
func (m *Machine) startBalance() {
	if !m.link.ok {
		return
	}
	m.wait(timeHourly, balancePeriod)
	m.balance(false)
	m.firstPoolReq()
}

// firstPoolReq is the secondary's with NORMAL (draft-12 section 9.8.1). A dhcpd
// shares out by itself then, and warns its operator of a request that it has
// nothing for.
func (m *Machine) firstPoolReq() {
	if !m.primary() && m.link.profile != wire.ISC {
		m.poolReq()
	}
}

// poolsChanged has the pools looked at soon.
func (m *Machine) poolsChanged() {
	if m.sharing() {
		m.waitAtMost(timeBalance, balancePause)
	}
}

func (m *Machine) hourly() {
	m.wait(timeHourly, balancePeriod)
	m.balance(true)
	m.firstPoolReq()
}

// rebalance is a whole run at once, as the operator wants it.
func (m *Machine) rebalance() {
	m.balance(true)
	if !m.primary() {
		m.poolReq()
	}
}

// balance hands over free addresses, and (hourly) asks for some back.
func (m *Machine) balance(hourly bool) {
	s := &m.share
	hourly = hourly || s.hourly
	if !m.sharing() {
		m.answerPool()
		return
	}
	if s.moving > 0 {
		s.again, s.hourly = true, hourly
		return
	}
	s.again, s.hourly, s.moved, s.given = false, false, 0, 0
	auth := m.Authority()
	m.pools = m.view.Pools(m.pools[:0])
	for i := range m.pools {
		p := &m.pools[i]
		if auth.Short(p) && !m.timers[timePoolReq].armed {
			m.wait(timePoolReq, poolReqPause)
		}
		give, back := auth.Balance(p, hourly)
		m.transfer(p, m.cfg.Role, give, false)
		m.transfer(p, m.cfg.Role.Other(), back, true)
	}
	if s.moving == 0 {
		s.again = false
		m.answerPool()
	}
}

// transfer begins to hand n addresses of the owner to its partner.
func (m *Machine) transfer(p *binding.Pool, owner lease.Role, n int, back bool) {
	room := maxTransfers - m.share.moving
	if n <= 0 || room <= 0 {
		m.share.again = m.share.again || n > 0
		return
	}
	m.keys = m.view.Spare(p, owner, min(n, room), m.keys[:0])
	if len(m.keys) == 0 {
		return
	}
	if n > room {
		m.share.again = true
	}
	m.emit(Event{Kind: EventBalance, N: len(m.keys), Text: p.Scope})
	for _, k := range m.keys {
		m.share.moving++
		m.start(k, &transferred{back: back})
	}
}

// transferred is the change of hands of one address.
type transferred struct {
	back bool
	did  bool
}

func (t *transferred) held(m *Machine, l lease.Lease) (next lease.Lease, ok bool) {
	if !m.sharing() {
		return l, false
	}
	auth := m.Authority()
	if t.back {
		next, t.did = auth.AskedBack(l)
	} else {
		next, t.did = auth.Transferred(l, m.now.Wall)
	}
	return next, t.did
}

func (t *transferred) done(m *Machine, l lease.Lease, err error) {
	s := &m.share
	s.moving--
	if t.did && err == nil {
		s.moved++
		if !t.back {
			s.given++
		}
		m.tell(l.Key)
	}
	if s.moving > 0 {
		return
	}
	m.answerPool()
	if s.again && s.moved > 0 {
		m.waitAtMost(timeBalance, 0)
	}
}

// answerPool answers the POOLREQs with what this run gave.
func (m *Machine) answerPool() {
	for _, xid := range m.share.requests {
		m.emit(Send{XID: xid, Body: wire.POOLRESP{Transferred: uint32(m.share.given)}})
	}
	m.share.requests = nil
}

// poolRequested takes POOLREQ. By the draft only the secondary asks; a dhcpd
// asks in either role.
func (m *Machine) poolRequested(xid uint32) {
	m.counted.PoolRequests++
	m.share.given = 0
	m.share.requests = append(m.share.requests, xid)
	m.balance(false)
}

// poolReq asks the partner for addresses.
func (m *Machine) poolReq() {
	if m.sharing() {
		m.send(wire.POOLREQ{})
	}
}

// poolReqDue asks for those that are still missing.
func (m *Machine) poolReqDue() {
	auth := m.Authority()
	m.pools = m.view.Pools(m.pools[:0])
	for i := range m.pools {
		if auth.Short(&m.pools[i]) {
			m.poolReq()
			return
		}
	}
}

// poolAnswered asks again as long as something comes.
func (m *Machine) poolAnswered(n uint32) {
	if n > 0 && m.sharing() {
		m.wait(timePoolReq, balancePause)
	}
}
