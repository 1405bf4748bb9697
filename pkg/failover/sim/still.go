package sim

import "time"

// A server may stand still, with all that is in it, while its clock and the network go
// on: stopped by a signal, or with its machine. It knows nothing of that. What comes to
// it waits in the queues of its host, and is dealt with in any order when it goes on, but
// for packets of clients that have waited for too long (binding.LongestQueued). If that is
// later than its partner would have waited, it begins anew, as after a start
// (internal/failover: beat.go).

// takenUp is how long it may take a server that goes on until it has begun with all that
// waits. Each of its sockets has a reader of its own.
const takenUp = 10 * time.Millisecond

// act is something that the server does: now, or when it goes on.
func (n *node) act(do func()) {
	if n.still {
		n.backlog = append(n.backlog, do)
		return
	}
	do()
}

// at is the same at a time.
func (n *node) at(t time.Duration, do func()) {
	n.w.queue.add(t, func() { n.act(do) })
}

// stop has a server stand still. A dhcpd does not notice how long it did.
func (n *node) stop() {
	if !n.up || n.still || n.dhcpd {
		return
	}
	n.still, n.stood = true, n.w.now
	n.w.checks.stopped(n)
}

// goOn ends that.
func (n *node) goOn() {
	if !n.still {
		return
	}
	if n.stoodTooLong() {
		n.halt(kept, kept, false)
		n.start()
		return
	}
	n.still = false
	waiting := n.backlog
	n.backlog = nil
	for _, e := range n.ends {
		waiting = append(waiting, e.work, e.p.link.goOn)
	}
	r := streamOf(n.w.sched.Seed, "still "+n.name, int(n.w.now))
	for i := len(waiting) - 1; i > 0; i-- {
		j := r.n(i + 1)
		waiting[i], waiting[j] = waiting[j], waiting[i]
	}
	boot := n.boot
	for _, do := range waiting {
		n.at(n.w.now+r.between(0, takenUp), func() {
			if n.boot == boot {
				do()
			}
		})
	}
	n.w.checks.wentOn(n)
}

// stoodTooLong tells whether a partner may have taken over meanwhile: the poll timeout
// has passed, or half of the MCLT.
func (n *node) stoodTooLong() bool {
	for _, e := range n.ends {
		if n.w.now-n.stood > min(e.p.Poll, max(seconds(e.auth.MCLT)/2, time.Second)) {
			return true
		}
	}
	return false
}

// servedLast is when a server that is down or stands still can have served last.
func (n *node) servedLast() time.Duration {
	if n.still {
		return n.stood
	}
	return n.halted
}

// standing is in how many of a hundred schedules a server stands still for a while.
const standing = 8

// stops has numbers of its own, as mix.
func (g *generator) stops() {
	r := streamOf(g.s.Seed, "still", 0)
	if !r.chance(standing) {
		return
	}
	i := r.n(len(g.s.Servers))
	a, b := g.s.Servers[i].Name, g.s.Servers[(i+1)%len(g.s.Servers)].Name
	if g.s.Servers[i].Dhcpd {
		return
	}
	for range 1 + r.n(3) {
		t := r.between(time.Second, g.s.Until)
		g.at(t, "stop %s", a)
		span := pick(&r, r.between(time.Millisecond, 5*time.Second), r.between(time.Second, 30*time.Second), r.between(20*time.Second, 3*time.Minute))
		if r.chance(50) {
			g.at(t+r.between(0, span), "partner-down %s accurate", b)
		}
		g.at(t+span, "go %s", a)
	}
}
