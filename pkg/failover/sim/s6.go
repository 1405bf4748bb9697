package sim

import (
	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// s6 is acknowledged after commit: a binding update that a server accepts is
// on its disk, and with UPDDONE all that was asked for.
type s6 struct {
	w       *World
	commits [][]int             // by node and slot: writes
	before  [][]lease.Lease     // what the last of them replaced
	updates []map[sentKey]owing // by node: received and not answered yet
	asks    [][]want            // by node that asked: what the partner had
}

type owing struct {
	commits int
	before  lease.Lease
	binding wire.Binding
}

// want is a binding that the partner had when it was asked for all, or for
// all that is new.
type want struct {
	pair, slot int
	version    int // of the partner's record
	commits    int // of this server's
}

func (s *s6) begin(w *World) {
	s.w = w
	for range w.nodes {
		s.commits = append(s.commits, make([]int, len(w.pairs)*maxPool))
		s.before = append(s.before, make([]lease.Lease, len(w.pairs)*maxPool))
		s.updates = append(s.updates, map[sentKey]owing{})
		s.asks = append(s.asks, nil)
	}
}

func (s *s6) wrote(n *node, slot int, before *lease.Lease) {
	s.commits[n.index][slot]++
	s.before[n.index][slot] = *before
}

func (s *s6) got(e *endpoint, xid uint32, b *wire.BNDUPD) {
	for i := range b.Bindings {
		a := lease.AddrFrom(b.Bindings[i].Address)
		slot := s.w.slotOf(lease.Key{Addr: a})
		if slot >= 0 {
			s.updates[e.n.index][sentKey{e.p.index, xid, a}] = owing{s.commits[e.n.index][slot], e.onDisk(slot % maxPool), b.Bindings[i]}
		}
	}
}

func (s *s6) acking(e *endpoint, xid uint32, b *wire.BNDACK) {
	for _, a := range b.Answers {
		k := sentKey{e.p.index, xid, lease.AddrFrom(a.Address)}
		o, ok := s.updates[e.n.index][k]
		delete(s.updates[e.n.index], k)
		slot := s.w.slotOf(lease.Key{Addr: k.addr})
		if ok && a.Reason != 0 {
			s.refused(e, slot)
		}
		if !ok || a.Reason != 0 || slot < 0 {
			continue
		}
		if s.commits[e.n.index][slot] > o.commits {
			o.before = s.before[e.n.index][slot]
		}
		if l := e.onDisk(slot % maxPool); isFree(&l) {
			s.w.checks.s12accepted(e, &o)
		}
		s.w.checks.s12over(e, &o)
		s.w.checks.s5.agreed(e, &o.binding)
		if s.commits[e.n.index][slot] > o.commits {
			continue
		}
		if l := e.onDisk(slot % maxPool); !covers(&l, &o.binding) {
			s.w.fail("S6", "%s acknowledges %v %v, which is not on its disk (%s)", e.n.name, a.Address, o.binding.Status, leaseText(&l))
		}
	}
}

// refused: what the partner has of an address is refused with a reason.
func (s *s6) refused(e *endpoint, slot int) {
	rest := s.asks[e.n.index][:0]
	for _, a := range s.asks[e.n.index] {
		if a.slot != slot {
			rest = append(rest, a)
		}
	}
	s.asks[e.n.index] = rest
}

// covers tells whether a record says what an update says, so that there was
// nothing to write.
func covers(l *lease.Lease, b *wire.Binding) bool {
	switch b.Status {
	case wire.StatusActive:
		return l.Client() == lease.KeyOf(b.ClientID, lease.HW(b.HW)) && !isFree(l)
	case wire.StatusBackup:
		return isFree(l) && (l.Flags&lease.Backup != 0 || l.Flags&lease.Reserved != 0) || l.State == lease.PendingAvailable
	case wire.StatusExpired, wire.StatusReleased, wire.StatusReset:
		// it is free, and may have been given away since; or it has ended
		// here, too, and waits for the partner's word
		return isFree(l) || l.State == lease.PendingAvailable
	case wire.StatusFree:
		return isFree(l) && l.Flags&lease.Backup == 0 || l.Flags&lease.Reserved != 0 || l.State == lease.PendingAvailable
	}
	return l.State == lease.Unavailable
}

// asked: the partner of e's server asks it for bindings.
func (s *s6) asked(e *endpoint, all bool) {
	o := e.p.other(e.side)
	if e.dhcpd != nil || o.dhcpd != nil {
		return
	}
	asks := s.asks[o.n.index][:0]
	for i := range e.p.Pool {
		slot := e.p.index*maxPool + i
		l := &e.n.disk.content.leases[slot]
		if l.State == 0 || !all && l.Flags&lease.FailoverUpdated != 0 {
			continue
		}
		asks = append(asks, want{e.p.index, slot, s.commits[e.n.index][slot], s.commits[o.n.index][slot]})
	}
	s.asks[o.n.index] = asks
}

// done: UPDDONE has come to an endpoint that asked.
func (s *s6) done(e *endpoint) {
	o := e.p.other(e.side)
	for _, a := range s.asks[e.n.index] {
		if a.pair != e.p.index || s.commits[o.n.index][a.slot] != a.version || o.n.disk.content.leases[a.slot].State != lease.Leased {
			continue
		}
		theirs, mine := o.n.disk.record(a.slot), e.n.disk.record(a.slot)
		if s.commits[e.n.index][a.slot] == a.commits && (isFree(&mine) || mine.Client() != theirs.Client()) && !s.w.checks.risk.taken(e.p) {
			s.w.fail("S6", "%s has got UPDDONE and does not have %v (%s; %s)", e.n.name, s.w.keyAt(a.slot).Addr, leaseText(&theirs), leaseText(&mine))
		}
	}
	s.asks[e.n.index] = s.asks[e.n.index][:0]
}
