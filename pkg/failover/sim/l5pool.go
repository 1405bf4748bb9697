package sim

import (
	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// l5pool is that addresses are asked for and answered once: of two of ours the
// secondary alone sends POOLREQ, and the primary POOLRESP, for a POOLREQ that
// it got on this connection.
type l5pool struct {
	w    *World
	asks []map[uint32]bool // by pair: POOLREQ that the primary got
}

func (l *l5pool) begin(w *World) {
	l.w = w
	for range w.pairs {
		l.asks = append(l.asks, map[uint32]bool{})
	}
}

func (l *l5pool) connected(p *pair) { clear(l.asks[p.index]) }

func (l *l5pool) got(p *pair, xid uint32) { l.asks[p.index][xid] = true }

func (l *l5pool) sending(e *endpoint, xid uint32, body wire.Body) {
	if e.p.mixed() {
		return // a dhcpd asks and is asked in either role
	}
	switch body.(type) {
	case wire.POOLREQ:
		if e.role != lease.Secondary {
			l.w.fail("L5", "%s, the primary, asks for addresses", e.n.name)
		}
	case wire.POOLRESP:
		if e.role != lease.Primary || !l.asks[e.p.index][xid] {
			l.w.fail("L5", "%s answers a request for addresses that nobody made", e.n.name)
		}
		delete(l.asks[e.p.index], xid)
	}
}
