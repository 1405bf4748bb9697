package sim

import "time"

// l2 is that every request for bindings is answered by UPDDONE, or the
// connection ends.
type l2 struct {
	w    *World
	asks [][2]request
}

type request struct {
	xid  uint32
	open bool
	n    int
}

// l2bound is longer than a watchdog of max(30 s, receive-timer) needs, and all
// the updates of a pool before it.
const l2bound = 10 * time.Minute

func (l *l2) begin(w *World) {
	l.w = w
	l.asks = make([][2]request, len(w.pairs))
}

func (l *l2) connected(p *pair, side int)    { l.asks[p.index][side].open = false }
func (l *l2) disconnected(p *pair, side int) { l.asks[p.index][side].open = false }

func (l *l2) asked(p *pair, side int, xid uint32) {
	r := &l.asks[p.index][side]
	r.n++
	r.xid, r.open = xid, true
	n := r.n
	l.w.after(l2bound, func() {
		if r.open && r.n == n && p.link.sides[side].conn != nil {
			l.w.fail("L2", "%s asked %v ago, and UPDDONE has not come", p.ends[side].n.name, l2bound)
		}
	})
}

func (l *l2) done(p *pair, side int, _ uint32) { l.asks[p.index][side].open = false }
