package sim

import (
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
)

// checkers are all that watches a run. Each is told what it needs to know by
// the methods below.
type checkers struct {
	w     *World
	risk  risk
	broke broke
	s1    s1
	s3    s3
	s4    s4
	s5    s5
	s6    s6
	s8    s8
	s9    s9
	s10   s10
	s11   s11
	l2    l2
	l5    l5
	l6    l6
	// Parts of S7, L3, L5 and L6.
	forgot  forgot
	ended   ended
	between between
	two     two
	l5pool  l5pool
	l6new   l6new
	// refused is when an update was refused last, by pair.
	refused []time.Duration
}

func (c *checkers) begin(w *World) {
	c.w = w
	c.risk.begin(w)
	c.broke.w = w
	c.s1.begin(w)
	c.s3.w, c.s4.w, c.s8.w = w, w, w
	c.s9.begin(w)
	c.s5.begin(w)
	c.s6.begin(w)
	c.s10.begin(w)
	c.s11.begin(w)
	c.l2.begin(w)
	c.l5.begin(w)
	c.l6.w, c.l6new.w = w, w
	c.forgot.begin(w)
	c.ended.begin(w)
	c.between.begin(w)
	c.two.begin(w)
	c.l5pool.begin(w)
	c.refused = make([]time.Duration, len(w.pairs))
	for i := range c.refused {
		c.refused[i] = -day
	}
}

func (c *checkers) started(*node) {}

func (c *checkers) halted(n *node) {
	for _, e := range n.ends {
		c.risk.quit(e)
		c.disconnected(e.p, e.side)
	}
	c.l6.halted(n)
}

// stopped: a server stands still.
func (c *checkers) stopped(n *node) {
	for _, e := range n.ends {
		c.risk.quit(e)
	}
	c.l6.halted(n)
}

// wentOn: it goes on from where it was.
func (c *checkers) wentOn(n *node) {
	for _, e := range n.ends {
		c.risk.wentOn(e)
	}
}

// replaced: the disk of a server has other contents than it wrote.
func (c *checkers) replaced(n *node) {
	c.risk.replaced(n)
	c.s5.replaced(n)
	c.forgot.replaced(n)
	c.ended.replaced(n)
}

// wrote: a lease has become durable.
func (c *checkers) wrote(n *node, slot int, before, after *lease.Lease) {
	if n.dhcpd {
		return
	}
	c.s5.wrote(n, slot, before, after)
	c.s6.wrote(n, slot, before)
	c.s11.wrote(n, slot, before, after)
	c.ended.wrote(n, slot, before, after)
	c.between.wrote(n, slot, before, after)
	c.two.wrote(slot)
	c.s3.wrote(slot)
	c.s4.wrote(slot)
	c.l5.wrote(n, slot, before, after)
}

// entered: an endpoint's machine has changed its state.
func (c *checkers) entered(e *endpoint, from, to wire.ServerState) {
	c.risk.entered(e, from, to)
	c.s9.entered(e.p)
	c.l5.entered(e.p)
	c.between.changed(e.p)
}

// authorised: an endpoint's authority has changed.
func (c *checkers) authorised(e *endpoint) { c.s4.authorised(e) }

func (c *checkers) connected(p *pair, side int, maxUnacked uint32) {
	c.s10.connected(p, side, maxUnacked)
	c.l2.connected(p, side)
	c.l6.connected(p.ends[side])
	c.s9.entered(p)
	c.l5.entered(p)
	c.l5pool.connected(p)
	c.between.changed(p)
}

func (c *checkers) disconnected(p *pair, side int) {
	c.s10.disconnected(p, side)
	c.l2.disconnected(p, side)
	c.between.changed(p)
}

// decided: a machine has made its outputs; some may have to wait for the disk.
func (c *checkers) decided(e *endpoint, outs []core.Output) {
	for _, o := range outs {
		if s, ok := o.(core.Send); ok {
			if b, ok := s.Body.(wire.BNDUPD); ok {
				c.s12sent(e, &b)
			}
		}
	}
}

// sending: an endpoint hands a message to its connection.
func (c *checkers) sending(e *endpoint, m core.Send) {
	if e.conn == nil || e.p.link.sides[e.side].conn != e.conn {
		return // it does not leave any more
	}
	c.l5pool.sending(e, m.XID, m.Body)
	switch b := m.Body.(type) {
	case wire.BNDUPD:
		c.s10.update(e.p, e.side, m.XID)
		c.s5.update(e, m.XID, &b)
		c.l5.update(e, &b)
	case wire.BNDACK:
		c.s6.acking(e, m.XID, &b)
	case wire.STATE:
		c.s8.sending(e, &b)
	case wire.UPDREQ, wire.UPDREQALL:
		c.l2.asked(e.p, e.side, m.XID)
	}
}

// got: an endpoint is about to be given a message.
func (c *checkers) got(p *pair, to int, m *wire.Message) {
	e := p.ends[to]
	if e.dhcpd != nil {
		if _, ok := m.Body.(wire.UPDDONE); ok {
			c.l2.done(p, to, m.XID)
		}
		return
	}
	switch b := m.Body.(type) {
	case wire.BNDUPD:
		c.s5.heard(e, &b)
		c.s6.got(e, m.XID, &b)
	case wire.BNDACK:
		c.s10.acked(p, to, m.XID)
		c.s5.acked(e, m.XID, &b)
	case wire.POOLREQ:
		c.l5pool.got(p, m.XID)
	case wire.UPDREQ, wire.UPDREQALL:
		_, all := m.Body.(wire.UPDREQALL)
		c.s6.asked(e, all)
	case wire.UPDDONE:
		c.l2.done(p, to, m.XID)
		c.s6.done(e)
	}
}

// unwritten: a server could not write leases.
func (c *checkers) unwritten(n *node) {
	for _, e := range n.ends {
		c.refused[e.p.index] = c.w.now
	}
}

// event: an endpoint's machine tells a fact.
func (c *checkers) event(e *endpoint, o *core.Event) {
	if o.Kind == core.EventConflict {
		c.refused[e.p.index] = c.w.now
	}
	c.wentDown(e, o)
}

// granting: a server is about to give a client a lease; granted: this is what
// it is going to write.
func (c *checkers) granting(x *exchange, l *lease.Lease) {
	c.s7granting(x)
	c.forgot.granting(x)
	c.s4.granting(x, l)
	c.s5.granting(x, l)
}

func (c *checkers) granted(x *exchange, before, after *lease.Lease) {
	c.s2granted(x, before, after)
	c.ended.granted(x.e, c.w.slotOf(after.Key))
}

// replying: a packet leaves for a client.
func (c *checkers) replying(e *endpoint, q *query, r *reply) {
	c.s7replying(e, q, r)
	c.l6.replied(e, q)
}

// asked: a client's packet has come to a server that is up.
func (c *checkers) asked(e *endpoint, q *query) {
	c.l6.asked(e, q)
	c.l6new.asked(e, q)
}

// ranOut: a client could not keep its lease.
func (c *checkers) ranOut(*client) {}
