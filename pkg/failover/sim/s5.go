package sim

import (
	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// s5 is no reuse without consent: outside PARTNER-DOWN an address passes from
// one client to another only when the partner agreed that the first had lost
// it, or was never told of it, or said so itself.
type s5 struct {
	w     *World
	bound [][]bound // by node and slot: whose a lease is or was
	sent  []map[sentKey]wire.BindingStatus
}

// bound is a client's lease as one server has seen it.
type bound struct {
	who     lease.ClientKey
	told    bool // the partner was sent that the address is not free, or sent it
	consent bool // the partner has agreed that the lease is over, or said so
}

type sentKey struct {
	pair int
	xid  uint32
	addr lease.Addr
}

func (s *s5) begin(w *World) {
	s.w = w
	for range w.nodes {
		s.bound = append(s.bound, make([]bound, len(w.pairs)*maxPool))
		s.sent = append(s.sent, map[sentKey]wire.BindingStatus{})
	}
}

// replaced: a server's disk is another.
func (s *s5) replaced(n *node) { clear(s.bound[n.index]) }

func (s *s5) at(e *endpoint, b *wire.Binding) *bound {
	return s.of(e, lease.AddrFrom(b.Address))
}

func (s *s5) of(e *endpoint, a lease.Addr) *bound {
	slot := s.w.slotOf(lease.Key{Addr: a})
	if slot < 0 || slot/maxPool != e.p.index {
		return new(bound)
	}
	return &s.bound[e.n.index][slot]
}

// update: a server tells its partner of bindings.
func (s *s5) update(e *endpoint, xid uint32, b *wire.BNDUPD) {
	for i := range b.Bindings {
		bind := &b.Bindings[i]
		s.sent[e.n.index][sentKey{e.p.index, xid, lease.AddrFrom(bind.Address)}] = bind.Status
		if bind.Status != wire.StatusFree && bind.Status != wire.StatusBackup {
			s.at(e, bind).told = true
		}
	}
}

// acked: the partner has answered.
func (s *s5) acked(e *endpoint, xid uint32, b *wire.BNDACK) {
	for _, a := range b.Answers {
		addr := lease.AddrFrom(a.Address)
		k := sentKey{e.p.index, xid, addr}
		status, ok := s.sent[e.n.index][k]
		delete(s.sent[e.n.index], k)
		if ok && a.Reason == 0 && status != wire.StatusActive {
			s.of(e, addr).consent = true
		}
	}
}

// heard: the partner tells of bindings.
func (s *s5) heard(e *endpoint, b *wire.BNDUPD) {
	for i := range b.Bindings {
		if b.Bindings[i].Status != wire.StatusActive {
			s.at(e, &b.Bindings[i]).consent = true
		}
	}
}

// agreed: a server has accepted what the partner told.
func (s *s5) agreed(e *endpoint, b *wire.Binding) {
	if b.Status != wire.StatusActive {
		s.at(e, b).consent = true
	}
}

func (s *s5) wrote(n *node, slot int, before, after *lease.Lease) {
	b := &s.bound[n.index][slot]
	switch {
	case after.State == lease.Leased && (before.State != lease.Leased || b.who != after.Client()):
		*b = bound{who: after.Client(), told: after.Failover.FromPartner}
	case isFree(after) && n.of(s.w.pairs[slot/maxPool]).state() == wire.StatePartnerDown:
		b.consent = true // section 7.5's waits are S1's
	}
}

// granting: a server is about to give an address to a client.
func (s *s5) granting(x *exchange, l *lease.Lease) {
	slot := s.w.slotOf(l.Key)
	b := &s.bound[x.n.index][slot]
	if x.e.state() == wire.StatePartnerDown || s.w.checks.risk.taken(x.e.p) || b.who.IsZero() || b.who == x.key {
		return
	}
	if b.told && !b.consent {
		s.w.fail("S5", "%s gives %v to %s without its partner's consent (%s)", x.n.name, l.Addr, x.q.c.name, leaseText(l))
	}
}
