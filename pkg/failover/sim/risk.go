package sim

import (
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
)

// risk is R of docs/failover.md: somebody has taken a risk with a relationship,
// and until both servers are in NORMAL again two clients may come to have one
// address.
type risk struct {
	w    *World
	runs []string // by pair: why; "" is no risk
	lost []bool   // by pair: a disk was lost, and NORMAL not reached since
	// gone: leases were lost, and nobody noticed; what the servers know of
	// each other is not put right by itself.
	gone []bool
	// missed: of those, the ones that the server does not know of, by pair and side.
	missed [][2]bool
	any    bool // a disk was lost at all
	// served is when an endpoint last could serve clients.
	served [][2]time.Duration
	now    [][2]bool // it can at the moment
	// slack is how far the servers' clocks may disagree in what they make of
	// each other's times.
	slack time.Duration
	// late is by how much more, by pair, because the first message of a
	// connection was held up: it cannot be told from a difference of clocks.
	late []time.Duration
	// shorter is by how much the MCLT was shortened, by pair.
	shorter []shorter
	exact   bool
	// unknown: a server does not know a pair again, by pair.
	unknown []bool
}

func (r *risk) begin(w *World) {
	r.w = w
	r.runs = make([]string, len(w.pairs))
	r.lost = make([]bool, len(w.pairs))
	r.gone = make([]bool, len(w.pairs))
	r.missed = make([][2]bool, len(w.pairs))
	r.late = make([]time.Duration, len(w.pairs))
	r.unknown = make([]bool, len(w.pairs))
	r.shorter = make([]shorter, len(w.pairs))
	r.served = make([][2]time.Duration, len(w.pairs))
	r.now = make([][2]bool, len(w.pairs))
	r.slack = 2 * time.Second
	r.exact = true
	exact := true
	for i := range w.sched.Servers {
		s := &w.sched.Servers[i]
		if s.Skew != 0 || s.Drift != 0 {
			exact = false
		}
		r.slack += day / 24 / 1_000_000 * time.Duration(max(s.Drift, -s.Drift))
	}
	for i := range w.sched.Steps {
		if s := &w.sched.Steps[i]; s.Verb == "step" {
			r.slack += duration(s.Args[1]).Abs()
			exact = false
		}
	}
	for i := range w.sched.Steps {
		if w.sched.Steps[i].Verb == "force" {
			r.exact = false
		}
	}
	if !exact {
		r.exact = false
		r.slack += 6 * time.Second // offsets up to 5 s are taken for latency
	}
}

func (r *risk) held(p *pair, by time.Duration) {
	if by > 4*time.Second {
		r.late[p.index] = max(r.late[p.index], by)
	}
}

// agree tells whether the two servers can agree at once about what came first
// and when a lease ends: their clocks go alike, what was lost came back in
// order, and no operator ended a lease that ran.
func (r *risk) agree(p *pair) bool { return !r.gone[p.index] && r.exact }

func (r *risk) slackOf(p *pair) time.Duration {
	slack := r.slack + r.late[p.index]
	if p.mixed() { // a dhcpd takes the partner's times as they are
		s := r.w.sched
		slack += (s.Servers[s.server(p.Main)].Skew - s.Servers[s.server(p.Backup)].Skew).Abs()
	}
	return slack
}

// serves tells whether a server in the state gives addresses to clients.
func serves(s wire.ServerState) bool {
	switch s {
	case wire.StateNormal, wire.StateCommunicationsInterrupted, wire.StatePartnerDown,
		wire.StateResolutionInterrupted, wire.StateConflictDone:
		return true
	}
	return false
}

func (r *risk) taken(p *pair) bool { return r.runs[p.index] != "" || r.gone[p.index] }

// knows tells whether what the servers of a pair have on disk is all that they
// ever wrote, and nobody has taken a risk.
func (r *risk) knows(p *pair) bool {
	return r.runs[p.index] == "" && !r.lost[p.index] && !r.gone[p.index]
}

// replaced: a server has another disk.
func (r *risk) replaced(n *node) {
	r.any = true
	for _, e := range n.ends {
		if r.lost[e.p.index] { // what both have forgotten does not come back
			r.gone[e.p.index] = true
			r.w.checks.s1.taint(e.p)
		}
		r.lost[e.p.index] = true
	}
}

func (r *risk) take(p *pair, why string) {
	if r.runs[p.index] == "" {
		r.w.checks.s1.taint(p) // the conflict may be settled against any of them
		r.runs[p.index] = why
		r.w.say("** risk in %s: %s", p.Name, why)
		r.w.stats.Risks++
	}
}

// stored is the state that an endpoint has on disk.
func (e *endpoint) stored() wire.ServerState {
	if e.dhcpd != nil {
		return e.n.disk.content.peers[e.index].state
	}
	return e.n.disk.content.snaps[e.index].State
}

func (r *risk) entered(e *endpoint, from, to wire.ServerState) {
	p, other := e.p, e.p.other(e.side)
	was := serves(from)
	now := serves(to)
	r.now[p.index][e.side] = now
	if was {
		r.served[p.index][e.side] = r.w.now
	}
	if now && !was && other.standsIn() && to != wire.StateNormal && !neverServed(e) {
		r.take(p, e.n.name+" serves again without its partner, which gives out its addresses")
	}
	if to == wire.StatePartnerDown && from == startup && (r.unknown[p.index] || other.standsIn()) && e.dhcpd == nil && e.m.Status().Snapshot.New {
		r.lostEnd(e) // it takes a partner that it does not know, or knew, for not there yet
	}
	if to == wire.StatePartnerDown && from != wire.StatePartnerDown {
		r.partnerDown(e, other)
		s := e.stored()
		waits := from == wire.StateResolutionInterrupted && e.auth.State == rw // until now, for what it forgot
		if from == rec || from == rw || waits || from == startup && (s == rec || s == rw || r.lost[p.index]) {
			r.gone[p.index] = true
			r.w.checks.s1.taint(p)
			r.take(p, e.n.name+" is made to serve before it has got its leases back")
		}
	}
	if r.bothNormal(p) {
		if r.runs[p.index] != "" {
			r.w.say("** no more risk in %s", p.Name)
		}
		r.runs[p.index], r.lost[p.index] = "", false
		r.agreed(p)
	}
}

// shorter is a change of the MCLT to a shorter one. A server that loses its
// disk before the leases of the longer one are over waits too short a time: it
// does not know of them. So the MCLT is changed while both are in NORMAL.
type shorter struct {
	was   int64         // the longest before, 0 if there was no change
	since time.Duration // when both went by the new one, 0 if they do not
}

// shortened: an operator makes the MCLT shorter.
func (r *risk) shortened(p *pair, was int64) {
	s := &r.shorter[p.index]
	s.was, s.since = max(s.was, was), 0
	if r.lost[p.index] {
		r.alone(p.ends[0])
	}
}

// agreed: both servers are in NORMAL.
func (r *risk) agreed(p *pair) {
	s := &r.shorter[p.index]
	if s.was == 0 || s.since != 0 {
		return
	}
	for _, e := range p.ends {
		if e.mclt() >= s.was {
			return
		}
	}
	s.since = r.w.now
}

// mclt is what a running server goes by.
func (e *endpoint) mclt() int64 {
	if e.dhcpd != nil {
		return e.dhcpd.disk().mclt
	}
	return e.m.Status().Snapshot.MCLT
}

// gaveBy is the longest MCLT by which a server gave leases that its partner may not
// know of, as far as it knows itself.
func (e *endpoint) gaveBy() int64 {
	if e.dhcpd != nil {
		return e.dhcpd.disk().mclt
	}
	s := &e.n.disk.content.snaps[e.index]
	return max(s.MCLT, s.Longer)
}

// mayRunLonger tells whether there may be leases of a longer MCLT.
func (r *risk) mayRunLonger(p *pair) bool {
	s := &r.shorter[p.index]
	return s.was != 0 && (s.since == 0 || r.w.now < s.since+seconds(s.was)+r.slackOf(p))
}

// standsIn tells whether the endpoint gives out its partner's addresses, or
// would after a start.
func (e *endpoint) standsIn() bool {
	if s := e.state(); e.n.up && s != paused && s != shut && !e.stoppedAlone() {
		return s == wire.StatePartnerDown
	}
	return e.keptAlone()
}

// keptAlone tells whether the disk of the endpoint has it that it stands in for its partner.
func (e *endpoint) keptAlone() bool {
	return e.stoppedAlone() || e.stored() == wire.StatePartnerDown && !neverMet(e)
}

// stoppedAlone tells whether it is a dhcpd that was shut down as such, with RECOVER on record.
func (e *endpoint) stoppedAlone() bool {
	return e.dhcpd != nil && e.stored() == rec && e.dhcpd.disk().alone
}

func neverServed(e *endpoint) bool { return e.stored() == 0 }

// partnerDown: a server takes its partner to be down.
func (r *risk) partnerDown(e, other *endpoint) {
	p := e.p
	if r.now[p.index][other.side] {
		r.take(p, e.n.name+" takes its partner to be down, which serves")
		return
	}
	down := e.snapshotDown()
	if served := r.served[p.index][other.side]; served > 0 && down < e.n.wallAt(served)-int64(r.slackOf(p)/time.Second) {
		r.take(p, e.n.name+" takes its partner to be down since a time when it served")
	}
}

// snapshotDown is since when the partner is taken to be down.
func (e *endpoint) snapshotDown() int64 {
	if e.dhcpd != nil {
		return e.n.wall()
	}
	return e.m.Status().Snapshot.Down
}

// quit: an endpoint's process has ended.
func (r *risk) quit(e *endpoint) {
	if r.now[e.p.index][e.side] {
		r.now[e.p.index][e.side] = false
		r.served[e.p.index][e.side] = r.w.now
	}
}

// wentOn: a server that stood still serves on. It hears soon that its partner has taken
// over meanwhile, unless they are out of touch.
func (r *risk) wentOn(e *endpoint) {
	r.now[e.p.index][e.side] = serves(e.state())
	boot, why := e.n.boot, e.n.name+" serves on beside its partner, which was told that it is down"
	look := func() {
		if e.n.boot == boot && !e.n.still && serves(e.state()) && e.p.other(e.side).standsIn() {
			r.take(e.p, why)
		}
	}
	if e.p.link.parted {
		look()
		return
	}
	r.w.after(3*dialEvery, look)
}

func (r *risk) bothNormal(p *pair) bool {
	for _, e := range p.ends {
		if !e.n.up || e.n.still || e.state() != wire.StateNormal {
			return false
		}
	}
	return true
}

// state is what an endpoint of a running server is in.
func (e *endpoint) state() wire.ServerState {
	switch {
	case e.dhcpd != nil:
		return e.dhcpd.shown()
	case e.m == nil:
		return 0
	}
	return e.m.State()
}

// losing: a server is about to lose its disk. If it is in PARTNER-DOWN, its
// partner's addresses were given away and nobody knows it any more: two
// failures at a time.
func (r *risk) losing(n *node) {
	for _, e := range n.ends {
		r.w.checks.s1.abandoned(e)
		if r.mayRunLonger(e.p) {
			r.alone(e)
		}
		if !e.n.disk.content.known[e.index] {
			r.lostEnd(e) // it never had a partner, and is new afterwards
		}
		r.standsIn(e)
	}
}

// apart is how far clocks may be from the right time.
const apart = time.Minute

// set: a server's clock is set. By more than it may be wrong that is a risk for the
// leases that clients have: of those the servers' dates are by two clocks, and what
// befell an address before may look later than they.
func (r *risk) set(n *node, by time.Duration) {
	for _, e := range n.ends {
		if by.Abs() > apart {
			r.w.checks.s1.taint(e.p)
		}
	}
}

// standsIn: a server is about to forget that it is in PARTNER-DOWN, or was when it stopped.
func (r *risk) standsIn(e *endpoint) {
	if e.keptAlone() {
		r.alone(e)
		r.take(e.p, e.n.name+" forgets what it gave while it stands in for its partner")
	}
}

// turning: a server is about to get the other role. Its partner will not hear in time of
// what was given in its place.
func (r *risk) turning(e *endpoint) {
	if e.keepsRole() {
		r.take(e.p, e.n.name+" gets another role while it stands in for its partner")
	}
}

// neverMet tells whether an endpoint is a primary that has no partner yet.
func neverMet(e *endpoint) bool {
	return e.dhcpd == nil && e.role == lease.Primary && e.n.disk.content.snaps[e.index].New
}

// alone: a server that gets an old disk served while its partner did not hear
// it, so that the date of the backup is all that is known.
func (r *risk) alone(e *endpoint) {
	r.gone[e.p.index] = true
	r.w.checks.s1.taint(e.p)
}

// lostDisk: a server comes back with less than it knew, and does not know it.
func (r *risk) lostDisk(n *node) {
	for _, e := range n.ends {
		r.lostEnd(e)
	}
}

func (r *risk) lostEnd(e *endpoint) {
	r.alone(e)
	r.missed[e.p.index][e.side] = true
	r.take(e.p, e.n.name+" has lost leases and does not know it")
}
