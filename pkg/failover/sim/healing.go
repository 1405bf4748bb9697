package sim

import "time"

// heal ends all faults: what an administrator would do who has come to his
// senses.
func (w *World) heal() {
	w.healed = true
	w.say("-- all faults end")
	s := *w.sched
	s.Loss, s.Latency = 0, min(s.Latency, defaultLatency)
	w.sched = &s
	for _, p := range w.pairs {
		p.link.join()
		p.setClocks()
	}
	for _, n := range w.nodes {
		n.goOn()
		n.disk.stalled, n.disk.broken = min(n.disk.stalled, w.now), false
		if n.up && n.ended() {
			n.halt(kept, kept, false)
		}
		if !n.up {
			n.start()
		}
	}
	for _, p := range w.pairs {
		p.agree()
	}
	for _, c := range w.clients {
		c.deaf = false
		for i := range c.hears {
			c.hears[i] = true
		}
	}
}

// setClocks ends a difference of clocks that a dhcpd does not put up with.
func (p *pair) setClocks() {
	a, b := p.ends[0].n, p.ends[1].n
	if apart := (a.skew - b.skew).Abs(); !p.mixed() || apart < 50*time.Second {
		return
	}
	for _, n := range []*node{a, b} {
		a.w.checks.risk.slack += n.skew.Abs()
		n.step(-n.skew)
	}
}

// ended tells whether a part of the server has ended its service for good.
func (n *node) ended() bool {
	if n.leaving {
		return true
	}
	for _, e := range n.ends {
		if e.stopped || e.state() == paused || e.state() == shut {
			return true
		}
	}
	return false
}

// settle runs on after the end of all faults, and has the checkers look at
// what becomes of it.
func (w *World) settle() {
	limit := w.now + w.l1bound()
	for w.failure == nil && !w.normal() && w.now < limit {
		w.run(min(w.now+5*time.Second, limit))
	}
	w.l1check()
	w.run(w.now + 40*time.Second)
	w.hush()
	w.run(w.now + 60*time.Second)
	w.l1check()
	w.calm()
	w.equalNow()
	w.checks.ended.check()
	for limit := w.now + w.longest(); w.failure == nil && w.now < limit && !w.restful(); {
		w.run(min(w.now+20*time.Second, limit))
	}
	w.run(w.now + 15*time.Second)
	w.calm()
	w.l1check()
	if w.failure == nil {
		w.l3check()
		w.equal()
		w.l4check()
	}
}

// calm waits until nothing is under way, for a while.
func (w *World) calm() {
	for i := 0; i < 30 && w.failure == nil && w.busy(); i++ {
		w.run(w.now + time.Second)
	}
}

// busy tells whether a pair has messages or writes under way.
func (w *World) busy() bool {
	for _, p := range w.pairs {
		if _, _, settled := p.link.settled(); !settled {
			return true
		}
	}
	return false
}

// restful tells whether all that had to come about has.
func (w *World) restful() bool {
	for _, p := range w.pairs {
		if e, _ := w.unfree(p); e != nil || !w.checks.risk.gone[p.index] && w.unequal(p, true) != "" || w.unbalanced(p) != "" {
			return false
		}
	}
	return w.normal()
}

// hush silences the clients; what they have runs out.
func (w *World) hush() {
	w.say("-- the clients fall silent")
	w.quiet = true
	clear(w.checks.l5.moves)
	for _, c := range w.clients {
		c.deaf = true
		c.vanish()
	}
}

// longest is how long the last lease takes to its very end.
func (w *World) longest() time.Duration {
	longest := time.Duration(0)
	for _, p := range w.pairs {
		span := max(p.Lease, w.mclt, p.MCLT) + max(p.Grace, p.ReleaseGrace) + 30
		if w.checks.risk.any { // a forgotten extension may be as long as the promise
			span += p.Lease + 2*max(w.mclt, p.MCLT)
		}
		longest = max(longest, seconds(max(span, p.Unavailable)))
	}
	return longest + l5pause + 2*time.Minute + w.checks.risk.slack // what is refused at the end is said again
}
