package core

import (
	"slices"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// service is the telling of many leases: of those that the partner has not
// acknowledged, or of all. The partner asked for it with UPDREQ or UPDREQALL,
// or it begins with NORMAL. The leases are read in pages as the window opens.
type service struct {
	active  bool
	gen     uint32   // this one's mark on the entries that it waits for
	xids    []uint32 // the requests that end with it
	all     bool
	settle  uint64    // the Settle that it waits for before it reads, 0 none
	after   lease.Key // how far the pages are read
	scanned bool      // to the end
	pending int       // of those read, how many are not answered
	number  int       // leases read
}

// serve takes an update request. A later one replaces an earlier one, as its
// sender has forgotten that; both are answered.
func (m *Machine) serve(xid uint32, all bool) {
	m.link.served = true
	if all {
		m.owe()
	}
	what := "UPDREQ"
	if all {
		what = "UPDREQALL"
	}
	m.emit(Event{Kind: EventSync, Text: what + " received"})
	if m.state() == conflict && m.link.profile == wire.ISC && m.snap.PartnerState == recovering {
		xid = 0 // it is on its way into the conflict: see enter
	}
	m.beginService(all || m.snap.Owes, xid)
}

// owe stores that the partner is to be told all, and when it lost what it had:
// before it started. Two servers that never met had nothing to lose. The date that
// a dhcpd tells is older; what it has on its disk it gives up for what it is told.
func (m *Machine) owe() {
	before := m.snap
	m.snap.Owes = true
	if !m.snap.New || !m.link.stranger {
		lost := m.now.Wall
		if m.snap.PartnerState == recovering && m.link.since > int64(neverTime) && m.link.profile != wire.ISC {
			lost = min(lost, m.link.since)
		}
		m.snap.Forgot = max(m.snap.Forgot, lost)
	}
	if m.outdated() {
		m.snap.All = true // see askStill
	}
	if m.snap != before {
		m.save()
	}
}

// outdated tells whether this server lost its leases and got them from a partner
// that has lost its own since: what that has now may be more.
func (m *Machine) outdated() bool {
	return slices.Contains(states{recoverWait, recoverDone}, m.state()) && !m.snap.Swapped &&
		m.link.profile == wire.Own && m.toldBy != m.link.number
}

// tellAll sends all that the partner has not acknowledged.
func (m *Machine) tellAll() {
	if m.link.ok {
		m.beginService(m.snap.Owes, 0)
	}
}

// beginService begins to tell. Where the partner will take it that it knows all, it
// waits for what was decided before and is on its way to the disk: such a lease may
// be of an address that is the partner's to give by then.
func (m *Machine) beginService(all bool, xid uint32) {
	s := service{active: true, gen: m.service.gen + 1, xids: m.service.xids, all: all}
	if xid != 0 {
		s.xids = append(s.xids, xid)
	}
	if len(s.xids) > 0 || m.leaving.begun {
		m.lastSettle++
		s.settle = m.lastSettle
		m.outs.settle = Settle{ID: s.settle}
	}
	m.service = s
}

// settledAll is that all which was decided before a service is on disk.
func (m *Machine) settledAll(id uint64) {
	if m.service.settle == id {
		m.service.settle = 0
	}
}

// reads tells whether there are pages to read.
func (s *service) reads() bool { return s.active && !s.scanned && s.settle == 0 }

// page reads the next leases when there is little to send.
func (m *Machine) page() {
	s := &m.service
	if !s.reads() || m.out.queue.len() >= stepWork {
		return
	}
	if s.all {
		m.leases = m.view.All(s.after, stepWork, m.leases[:0])
	} else {
		m.leases = m.view.Unacked(s.after, stepWork, m.leases[:0])
	}
	for i := range m.leases {
		m.enqueue(m.leases[i].Key, s.all, s.gen)
		s.after = m.leases[i].Key
	}
	s.number += len(m.leases)
	s.scanned = len(m.leases) == 0
}

// serviceDone ends the service when all that it read is answered.
func (m *Machine) serviceDone() {
	s := &m.service
	if !s.active || !s.scanned || s.pending > 0 {
		return
	}
	s.active = false
	xids := s.xids
	s.xids = nil
	for _, xid := range xids {
		m.emit(Send{XID: xid, Body: wire.UPDDONE{}})
	}
	if len(xids) > 0 {
		m.emit(Event{Kind: EventSync, Text: "UPDDONE sent", N: s.number})
	}
	if s.all && m.snap.Owes {
		m.snap.Owes = false
		m.save()
	}
	if m.leaving.begun {
		m.leaving.told = true
		m.fire(up, "the partner knows all")
	}
}

// leaving is the end of PARTNER-DOWN. The partner is ready, and must not serve
// before it knows which of its addresses this server gave away: this server
// gives away no more, tells all, and is NORMAL then.
type leaving struct {
	begun bool // the privileges are given up
	told  bool
}

func (m *Machine) untold() bool { return !m.leaving.told }

func (m *Machine) leave() {
	if m.leaving.begun {
		return
	}
	m.leaving.begun = true
	m.tellAll()
}
