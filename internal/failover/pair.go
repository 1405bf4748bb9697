package failover

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"leasehold/internal/engine"
	"leasehold/internal/lease"
	"leasehold/internal/window"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/flight"
	"leasehold/pkg/failover/link"
	"leasehold/pkg/failover/wire"
)

// Pair is one relationship at work. All that happens to it goes through its
// inbox to one goroutine, which steps the core and carries out what that
// decides. What packets ask of it (Authority) is one pointer away.
type Pair struct {
	m    *Manager
	name string
	role lease.Role

	rel       atomic.Pointer[relationship]
	authority atomic.Pointer[binding.Authority]
	quietly   *binding.Authority // of a scope that is held
	beats     beats
	view      *view
	in        *inbox
	await     waiters
	keeper    engine.Keeper
	started   bool // the manager's

	mu       sync.Mutex // guards what operators look at
	machine  *core.Machine
	recorded *flight.Endpoint // the machine, if it is recorded
	peer     *link.Peer
	linked   link.Config             // of peer
	balanced bool                    // it was told of load balancing
	pin      string                  // the fingerprint that it takes, as configured
	unsaved  error                   // why it is out of service
	foreign  int64                   // the MCLT of a main server that has another than this one
	theirs   *terms                  // as the partner told them last, nil never
	differs  []string                // what it has otherwise
	missing  map[lease.Addr]struct{} // addresses that the partner refused
	odd      map[lease.Addr]struct{} // those that it told of and that are in no range here
	contacts bool                    // the partner was ever heard
	drift    drift                   // only what is seen of it
	restored bool                    // the lease database was an older copy

	// Of the goroutine alone.
	conn    *link.Conn
	profile *wire.Profile
	holds   window.Window[holding]
	ready   []uint64 // holds that were granted at once
	noted   []uint64 // acknowledgements that were taken
	spare   []uint64
	run     int // which machine the holds are of
	saved   core.Snapshot
	// generation is the record's; after stampAt it grows with the next save.
	generation uint64
	stampAt    time.Duration
	beatAt     time.Duration // when the next sign of life is due
	age        age
	reserved   reservations
	shared     *binding.Shared
	joining    map[lease.Key]struct{} // that the partner has yet to answer
	joins      bool                   // it was told that some are
	toldAge    uint64                 // on this connection
	agedNow    bool                   // by what is carried out now
	hearing    terms                  // the partner's, as far as they have come
	oddSaid    map[string]bool
	deniedSaid bool
	missSaid   map[string]bool
	quiet      bool // no risk is taken
	timer      <-chan time.Time
	timerAt    time.Duration
	tryAgain   time.Duration // when unsaved
	done       chan struct{}

	gathering   bool // leases that this server changed wait until gatherUntil
	gatherUntil time.Duration
}

var _ engine.Pair = (*Pair)(nil)

// silent is the authority of a relationship that does nothing.
func silent(role lease.Role) *binding.Authority {
	return &binding.Authority{Role: role, State: wire.StateStartup}
}

func newPair(m *Manager, r *relationship, role lease.Role) *Pair {
	p := &Pair{m: m, name: r.name, role: role, in: newInbox(), missing: map[lease.Addr]struct{}{}, odd: map[lease.Addr]struct{}{}, oddSaid: map[string]bool{}, missSaid: map[string]bool{}, done: make(chan struct{})}
	p.quietly = silent(role)
	p.view = newView(m.Table, role)
	p.view.affine = p.partners
	p.rel.Store(r)
	p.authority.Store(silent(role))
	return p
}

// Name is the relationship's.
func (p *Pair) Name() string { return p.name }

// Role is this server's in it.
func (p *Pair) Role() lease.Role { return p.role }

// Problem says why the relationship has no role; "" if it has one.
func (p *Pair) Problem() string {
	r := p.rel.Load()
	if r.role != lease.Alone || len(r.problem) == 0 {
		return ""
	}
	return r.problem[len(r.problem)-1]
}

// Authority is what this server may do at the moment.
func (p *Pair) Authority() *binding.Authority { return p.authority.Load() }

// Changed is told of a lease that this server changed.
func (p *Pair) Changed(l lease.Lease) {
	if p.Problem() == "" {
		p.in.changed(l.Key)
	}
}

// PoolsChanged is told that reservations changed.
func (p *Pair) PoolsChanged() {
	if p.Problem() == "" {
		p.in.put(entry{kind: input, input: core.PoolsChanged{}})
	}
}

// Eager says that answers wait for the partner.
func (p *Pair) Eager() bool {
	a := p.authority.Load()
	return p.rel.Load().eager && a.Connected && a.State == wire.StateNormal
}

// Await tells done whether the partner acknowledged the lease in time.
func (p *Pair) Await(k lease.Key, done func(acked bool)) {
	p.await.add(k, p.m.mono()+eagerPatience, done)
	p.in.put(entry{kind: nudge})
}

// eagerPatience is how long an answer waits for the partner.
const eagerPatience = 500 * time.Millisecond

func (p *Pair) partnerName() string {
	r := p.rel.Load()
	e := r.partner()
	return or(e.name, e.addr.String())
}

// partners tells whether a client is the partner's by load balancing.
func (p *Pair) partners(k lease.ClientKey) bool {
	a := p.authority.Load()
	return a.Balanced && a.Buckets.Has(bucketOf(&k)) != (p.role == lease.Primary)
}

// start begins the work with what was known at the last stop. A server that
// served the addresses alone until now goes on to, as one whose partner is
// down: STARTUP would only take it away from its clients.
func (p *Pair) start(k engine.Keeper, snap core.Snapshot, alone bool) {
	p.keeper, p.saved = k, snap
	p.mu.Lock()
	p.contacts = snap.Contact > 0 || snap.PartnerState != 0
	p.begin(p.rel.Load().core, snap)
	p.mu.Unlock()
	p.sumReservations()
	p.agree()
	p.beats.set(p.m.Clock.Now(), p.m.epoch)
	if alone && p.mayStayAlone(snap) {
		p.quiet = true
		p.carry()
		p.step(core.PartnerDown{Since: snap.Down})
		p.quiet = false
	}
	go p.loop()
}

// begin makes the machine that goes on from a snapshot. mu is held.
func (p *Pair) begin(cfg core.Config, snap core.Snapshot) {
	now := p.m.now()
	if p.m.Record == nil {
		p.machine = core.New(cfg, snap, p.view, now)
		return
	}
	p.recorded = p.m.Record.Begin(p.name, cfg, snap, p.view, now)
	p.machine = p.recorded.Machine
}

// mayStayAlone tells whether the relationship is one that had taken over from
// its partner, or a main server's that has no partner yet.
func (p *Pair) mayStayAlone(snap core.Snapshot) bool {
	if r := p.rel.Load().core.Recover; r > 0 && r != snap.RecoverDone {
		return false
	}
	return snap.State == wire.StatePartnerDown || snap.State == 0 && p.role == lease.Primary
}

// tellJoined tells the partner of the leases in scopes that are new to the
// relationship.
func (p *Pair) tellJoined(old *relationship) {
	p.eachUnacked(func(s *share) bool {
		return !slices.ContainsFunc(old.scopes, func(o share) bool { return o.name == s.name && o.subnet == s.subnet })
	}, func(keys []lease.Key) { p.in.put(entry{kind: changed, keys: keys}) })
}

// eachUnacked calls f for the leases, some at a time, that the partner has yet to
// acknowledge in those of the scopes.
func (p *Pair) eachUnacked(of func(*share) bool, f func(keys []lease.Key)) {
	var ids []lease.ScopeID
	for _, s := range p.view.now.Load().scopes {
		if of(&s.share) {
			ids = append(ids, s.id)
		}
	}
	if len(ids) == 0 {
		return
	}
	group := p.m.Table.Group(ids)
	for after := (lease.Key{}); ; {
		page := group.Unacked(after, joinedPage, nil)
		if len(page) == 0 {
			return
		}
		keys := make([]lease.Key, len(page))
		for i := range page {
			keys[i] = page[i].Key
		}
		f(keys)
		after = page[len(page)-1].Key
	}
}

// joinedPage is how many leases the core is told of at once.
const joinedPage = 256

// stop ends the work and the link; text goes to the partner.
func (p *Pair) stop(text string) {
	p.disconnect(text)
	p.in.put(entry{kind: stopping})
	<-p.done
}

// loop is the relationship's goroutine.
func (p *Pair) loop() {
	defer close(p.done)
	p.carry()
	for {
		p.beat()
		batch := p.in.take()
		for i := range batch {
			if batch[i].kind == stopping {
				p.end(batch[i+1:])
				return
			}
			p.handle(&batch[i])
		}
		p.tellChanged()
		p.endJoining()
		p.waitFor()
	}
}

// gather is how long leases that this server changed are gathered for the
// partner, after the last that it was told of: each message wakes it, and each
// answer this server.
const gather = 20 * time.Millisecond

// tellChanged tells the core of the leases that this server changed, some time
// after the last ones: nobody waits for the partner to have them. That is not so
// with eager updates, and a partner of another kind takes leases one by one.
func (p *Pair) tellChanged() {
	now := p.m.mono()
	if now < p.gatherUntil && p.profile != wire.ISC && !p.rel.Load().eager {
		p.gathering = p.in.hasChanged()
		return
	}
	p.gathering = false
	if keys := p.in.takeChanged(); len(keys) > 0 {
		p.gatherUntil = now + gather
		p.step(core.Changed{Keys: keys})
		p.in.told()
	}
}

// waitFor waits until something has happened or something is due.
func (p *Pair) waitFor() {
	at, ok := p.deadline()
	switch {
	case !ok:
		p.timer = nil
	case p.timer == nil || at != p.timerAt:
		p.timer, p.timerAt = p.m.Clock.After(at-p.m.mono()), at
	}
	select {
	case <-p.in.wake:
	case <-p.timer:
		p.timer = nil
		p.due()
	}
}

// deadline is when the goroutine has something to do by itself.
func (p *Pair) deadline() (at time.Duration, ok bool) {
	if p.unsaved != nil {
		at, ok = p.tryAgain, true
	} else {
		at, ok = p.machine.Deadline()
	}
	if w, waits := p.await.first(); waits && (!ok || w < at) {
		at, ok = w, true
	}
	if p.gathering && (!ok || p.gatherUntil < at) {
		at, ok = p.gatherUntil, true
	}
	if d, due := p.driftDeadline(); due && (!ok || d < at) {
		at, ok = d, true
	}
	if !ok || p.beatAt < at {
		at, ok = p.beatAt, true
	}
	if p.reserved.stale && (!ok || p.reserved.dueAt < at) {
		at, ok = p.reserved.dueAt, true
	}
	return at, ok
}

func (p *Pair) due() {
	now := p.m.mono()
	if p.reserved.stale && now >= p.reserved.dueAt {
		p.reservedSettled()
	}
	p.await.expire(now)
	if at, ok := p.driftDeadline(); ok && now >= at {
		p.lookDrift()
	}
	if p.unsaved != nil {
		if now >= p.tryAgain {
			p.recover()
		}
		return
	}
	if at, ok := p.machine.Deadline(); ok && now >= at {
		p.step(core.Timeout{})
	}
}

// handle deals with one entry.
func (p *Pair) handle(e *entry) {
	switch e.kind {
	case held:
		p.held(e)
	case written:
		if e.run == p.run {
			p.step(core.Written{IDs: e.ids, Err: e.err})
		}
	case settled:
		if e.run == p.run {
			p.step(core.Settled{ID: e.id})
		}
	case changed:
		p.tellJoining(e.keys)
	case connected:
		p.up(*e.up, e.at)
	case input:
		p.input(e.input)
		if isPoolsChanged(e.input) {
			p.reservedChange()
		}
		if _, denied := e.input.(core.Denied); denied {
			p.sayDenied()
		}
	case agree:
		p.sumReservations()
		p.tellTerms()
		p.compareTerms()
		p.agree()
		p.tellRefused()
	case learnt:
		p.hearNews(e.news)
	case resized:
		p.keepAreas()
	}
	if e.told != nil {
		close(e.told)
	}
}

func (p *Pair) input(in core.Input) {
	switch x := in.(type) {
	case core.Down:
		p.conn, p.profile = nil, nil
		p.joining, p.joins = nil, false
		p.driftDown()
		p.await.all(false)
	case core.Message:
		p.logMessage(false, x.Message)
		if c, ok := x.Body.(wire.CONTACT); ok && c.Vendor != "" {
			p.hearTerms(c)
			p.hearSums(c)
			p.hearAge(c)
		}
	}
	p.step(in)
}

func (p *Pair) up(u link.Up, at core.Now) {
	p.conn, p.profile = u.Conn, u.Profile
	if p.unsaved != nil {
		u.Conn.Hangup(wire.ReasonUnknown, "the state cannot be written to disk")
		return
	}
	p.tellHeard()
	p.forgetNotes()
	p.noteMCLT(int64(u.MCLT))
	hba := u.HBA
	p.step(core.Up{Vendor: u.Vendor, MaxUnacked: u.MaxUnacked, ReceiveTimer: u.ReceiveTimer, MCLT: int64(u.MCLT), HBA: &hba, Time: u.Time, Received: at})
	p.tellTerms()
	p.driftUp()
}

// step gives the core one input and carries out what it decides. Addresses
// that were free when it asked for them are its next inputs, and acknowledgements
// that it took.
func (p *Pair) step(in core.Input) {
	p.stepOnce(in)
	for len(p.ready)+len(p.noted) > 0 {
		if ids := p.noted; len(ids) > 0 {
			p.noted, p.spare = p.spare[:0], ids
			p.stepOnce(core.Written{IDs: ids})
			continue
		}
		ids := p.ready
		p.ready, p.spare = p.spare[:0], ids
		p.stepOnce(core.Held{IDs: ids})
	}
}

func (p *Pair) stepOnce(in core.Input) {
	if p.unsaved != nil {
		return
	}
	p.mu.Lock()
	if p.recorded == nil {
		p.machine.Step(p.m.now(), in)
	} else {
		p.recorded.Step(p.m.now(), in)
	}
	p.mu.Unlock()
	p.carry()
}

// Up, Message, Down and Notice are what the link tells.

// Up is told of a connection.
func (p *Pair) Up(u link.Up) { p.in.putPatient(entry{kind: connected, up: &u, at: p.m.now()}) }

// Message is told of each message.
func (p *Pair) Message(m wire.Message) {
	p.in.putPatient(entry{kind: input, input: core.Message{Message: m, Received: p.m.now()}})
}

// Down is told of the end of the connection.
func (p *Pair) Down(d link.Down) {
	p.in.putPatient(entry{kind: input, input: core.Down{Reason: d.Reason, Text: d.Text}})
}
