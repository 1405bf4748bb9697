package core

import (
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/wire"
)

const (
	// maxWindow is the most BNDUPDs that are under way, whatever the partner takes.
	maxWindow = 256
	// maxBatch is the most bindings of a BNDUPD: as many as have room in it if
	// their clients told nothing of themselves.
	maxBatch = 36
	// few messages under way are too few to gather bindings for the next.
	few = 4
	// stepWork is how many leases are looked at in one Step.
	stepWork = 64
	// maxJobs is how many leases may be in change when another is told.
	maxJobs = 1024
	// retryAfter is when a refused update is sent again.
	retryAfter = 10 * time.Minute
	// expiredAgain is when the partner is told once more that a lease expired
	// which still ran by its clock: two clocks agree to a second or two.
	expiredAgain = 5 * time.Second
	// expiryPause is how long the secondary leaves it to the primary to tell
	// that a lease expired, which both know. A dhcpd refuses to hear it.
	expiryPause      = 5 * time.Second
	expiryPauseDhcpd = time.Minute
	// maxRefused is how many refused ones are remembered for that.
	maxRefused = 10_000
)

// stage is how far the telling of an address has come.
type stage uint8

const (
	queued     stage = iota
	announcing       // the disk must say that the partner may know
	flying
	deciding // the answer came and is being written
	crossing // a dhcpd's own word of it has to be on our disk before
)

// entry is an address of which the partner is to be told. There is one update
// of an address under way at a time.
type entry struct {
	key   lease.Key
	stage stage
	force bool   // also if the partner has acknowledged it
	gen   uint32 // the update request that waits for it
	again bool   // it changed under way
}

// flight is a BNDUPD that is not acknowledged.
type flight struct {
	bindings []wire.Binding
	entries  []*entry // of each binding
}

// later is an address to be told at a time, if it still is to be told then.
type later struct {
	key lease.Key
	at  time.Duration
}

// outbox is what the partner is to be told on this connection. What is lost
// with the connection is found again by its lease, which is not acknowledged.
type outbox struct {
	number  uint64 // counts the connections' outboxes
	entries map[lease.Key]*entry
	idle    []*entry // to be used again
	queue   fifo
	flights map[uint32]flight
	refused []later
	retry   map[lease.Key]time.Duration // of refused, when it is due the last time
	expired []later
	// early are those of expired that the partner has refused once.
	early map[lease.Key]bool
}

func (o *outbox) reset() {
	*o = outbox{number: o.number + 1, entries: map[lease.Key]*entry{}, flights: map[uint32]flight{}, retry: map[lease.Key]time.Duration{}, early: map[lease.Key]bool{}}
}

// fifo is a queue of addresses.
type fifo struct {
	line []*entry
	head int
}

func (f *fifo) len() int      { return len(f.line) - f.head }
func (f *fifo) push(e *entry) { f.line = append(f.line, e) }

func (f *fifo) pop() *entry {
	e := f.line[f.head]
	if f.head++; f.head == len(f.line) {
		f.line, f.head = f.line[:0], 0
	} else if f.head >= 1024 && 2*f.head >= len(f.line) {
		f.line, f.head = f.line[:copy(f.line, f.line[f.head:])], 0
	}
	return e
}

// unpop puts the last one that was popped back.
func (f *fifo) unpop(e *entry) {
	if f.head == 0 {
		f.line = append([]*entry{e}, f.line...)
		return
	}
	f.head--
	f.line[f.head] = e
}

// changed takes leases that this server changed.
func (m *Machine) changed(keys []lease.Key) {
	for _, k := range keys {
		m.tell(k)
	}
	m.poolsChanged()
	m.pendingChanged()
}

// tell queues an address for the partner while it is told of changes as they
// happen. In the other states it asks, or gets all of them with NORMAL. One
// that recovers is told nothing before it asked: it may have lost its leases,
// and would agree to anything.
func (m *Machine) tell(k lease.Key) {
	switch m.state() {
	case normal, interrupted, partnerDown, resolved:
		if m.link.ok && (m.snap.PartnerState != recovering || m.link.served) {
			m.enqueue(k, false, 0)
		}
	}
}

func (m *Machine) enqueue(k lease.Key, force bool, gen uint32) {
	e := m.out.entries[k]
	if e == nil {
		e = m.out.entry(k)
		m.out.entries[k] = e
		m.out.queue.push(e)
	} else if e.stage != queued {
		e.again = true
	}
	e.force = e.force || force
	if gen != 0 && e.gen != gen {
		e.gen = gen
		m.service.pending++
	}
}

// settled ends the telling of an address, or begins it anew if it changed.
func (m *Machine) settled(e *entry) {
	if e.again {
		e.again, e.stage = false, queued
		m.out.queue.push(e)
		return
	}
	delete(m.out.entries, e.key)
	if e.gen != 0 && e.gen == m.service.gen {
		m.service.pending--
	}
	if len(m.out.idle) < maxIdle {
		m.out.idle = append(m.out.idle, e)
	}
}

// entry is one for an address that has none.
func (o *outbox) entry(k lease.Key) *entry {
	n := len(o.idle)
	if n == 0 {
		return &entry{key: k}
	}
	e := o.idle[n-1]
	o.idle = o.idle[:n-1]
	*e = entry{key: k}
	return e
}

// flush sends what may be sent. What an earlier connection brought is to be on
// disk before: it was not acknowledged, and the partner may have lost it since.
func (m *Machine) flush() {
	if !m.link.ok || m.stale > 0 || m.hasNotBegun() {
		return
	}
	auth := m.Authority()
	budget := stepWork
	for budget > 0 && m.window() {
		m.page()
		n := m.out.queue.len()
		if n == 0 {
			break
		}
		if m.batch() > 1 && len(m.out.flights) >= few && n < m.batch() {
			break // gather: an acknowledgement will come
		}
		budget -= m.sendBatch(&auth, min(budget, m.batch()))
	}
	m.serviceDone()
	if m.window() && m.out.queue.len() > 0 && budget <= 0 || m.window() && m.service.reads() {
		m.wait(timeMore, 0)
	}
}

// window tells whether another BNDUPD may be sent.
func (m *Machine) window() bool {
	return len(m.out.flights) < m.link.window && m.jobs.Len() < maxJobs
}

func (m *Machine) batch() int {
	if m.link.profile.Batch && m.cfg.Bulking {
		return maxBatch
	}
	return 1
}

// sendBatch sends one BNDUPD of up to n bindings, if there are any to tell and
// as far as they have room in it. It returns how many leases it looked at.
func (m *Machine) sendBatch(auth *binding.Authority, n int) int {
	looked, room := 0, wire.MaxMessage-wire.MinMessage
	most := min(n, m.out.queue.len())
	body, sent := wire.BNDUPD{Bindings: make([]wire.Binding, 0, most)}, make([]*entry, 0, most)
	for looked < n && m.out.queue.len() > 0 {
		looked++
		e := m.out.queue.pop()
		b, ok := m.prepare(auth, e)
		if !ok {
			continue
		}
		if b.Vendor != "" && body.VendorClass == "" {
			body.VendorClass = wire.VendorPrefix
			room -= 4 + len(wire.VendorPrefix)
		}
		m.draft = m.link.profile.AppendBinding(m.draft[:0], &b)
		if room -= len(m.draft); room < 0 && len(body.Bindings) > 0 {
			m.out.queue.unpop(e)
			break
		}
		e.stage, e.force = flying, false
		body.Bindings, sent = append(body.Bindings, b), append(sent, e)
	}
	if len(body.Bindings) == 0 {
		return looked
	}
	m.out.flights[m.send(body)] = flight{body.Bindings, sent}
	m.counted.UpdatesSent += uint64(len(body.Bindings))
	m.emit(Event{Kind: EventSent, All: body.Bindings})
	if !m.timers[timeAcks].armed {
		m.wait(timeAcks, 2*m.patience())
	}
	return looked
}

// prepare makes the update of an address. Before the partner may know that the
// address is not free, our disk has to.
func (m *Machine) prepare(auth *binding.Authority, e *entry) (wire.Binding, bool) {
	l := m.view.Get(e.key)
	if l.State == 0 || !m.view.Mine(e.key) || l.Flags&lease.FailoverUpdated != 0 && !e.force {
		m.settled(e)
		return wire.Binding{}, false
	}
	if m.unheard(&l) && !e.force {
		m.settled(e)
		return wire.Binding{}, false
	}
	if wait := max(m.primarysTurn(&l), m.dhcpdsTurn(&l)); wait > 0 && !e.force {
		m.out.expired = append(m.out.expired, later{e.key, m.now.Mono + wait})
		m.waitAtMost(timeExpired, wait)
		m.settled(e)
		return wire.Binding{}, false
	}
	if m.crosses(e) {
		return wire.Binding{}, false
	}
	if auth.Announced(l) != l {
		e.stage = announcing
		m.start(e.key, announce{m.link.number})
		return wire.Binding{}, false
	}
	b := auth.Update(&l)
	if err := b.Check(); err != nil {
		m.emit(Event{Kind: EventConflict, Key: e.key, Sent: new(b), Text: "cannot be told to the partner: " + err.Error()})
		m.settled(e)
		return wire.Binding{}, false
	}
	return b, true
}

// primarysTurn is how long the secondary has yet to wait for the primary to
// tell that the lease expired.
func (m *Machine) primarysTurn(l *lease.Lease) time.Duration {
	if l.State != lease.PendingAvailable || l.Failover.Ended != lease.EndedExpired || m.primary() || !m.sharing() {
		return 0
	}
	pause := expiryPause
	if m.link.profile == wire.ISC {
		pause = expiryPauseDhcpd
	}
	return min(pause, m.until(l.StateStart)+pause)
}

// announce writes that the partner may know that the address is not free.
type announce struct{ link uint64 }

func (a announce) held(m *Machine, l lease.Lease) (lease.Lease, bool) {
	auth := m.Authority()
	return auth.Announced(l), true
}

func (a announce) done(m *Machine, l lease.Lease, err error) {
	e := m.out.entries[l.Key]
	if a.link != m.link.number || e == nil || e.stage != announcing {
		return
	}
	if err != nil {
		m.unsayable(e)
		return
	}
	e.stage, e.again = queued, false
	m.out.queue.push(e)
}

// unsayable is an update that our disk does not let us send. A partner that
// asked for it is not told that it has all: it asks again.
func (m *Machine) unsayable(e *entry) {
	if e.gen != 0 && e.gen == m.service.gen && len(m.service.xids) > 0 {
		m.hangup(wire.ReasonUnknown, "what the partner asked for cannot be stored as told")
		return
	}
	m.remember(e.key)
	m.settled(e)
}

// acks takes a BNDACK.
func (m *Machine) acks(xid uint32, body wire.BNDACK) {
	f, ok := m.out.flights[xid]
	if !ok {
		return
	}
	delete(m.out.flights, xid)
	m.cancel(timeAcks)
	if len(m.out.flights) > 0 {
		m.wait(timeAcks, 2*m.patience())
	}
	m.emit(Event{Kind: EventAcked, All: f.bindings})
	jobs := make([]answered, len(f.bindings))
	for i := range f.bindings {
		b := &f.bindings[i]
		a := answerTo(b, i, body.Answers)
		m.counted.AcksReceived++
		if a.Reason != 0 {
			m.counted.RefusalsReceived++
		}
		f.entries[i].stage = deciding
		jobs[i] = answered{sent: b, entry: f.entries[i], out: m.out.number, reason: a.Reason, text: a.Text}
		m.start(keyOf(b), &jobs[i])
		m.answerCame(keyOf(b))
	}
}

// underWay tells whether the partner has been sent an update of the address, and
// what it answered is not decided on.
func (m *Machine) underWay(k lease.Key) bool {
	e := m.out.entries[k]
	return e != nil && (e.stage == flying || e.stage == deciding)
}

// answerTo finds the answer to a binding, which mostly is in its place.
func answerTo(b *wire.Binding, i int, answers []wire.Answer) wire.Answer {
	if i < len(answers) && answers[i].Address == b.Address {
		return answers[i]
	}
	for _, a := range answers {
		if a.Address == b.Address {
			return a
		}
	}
	return wire.Answer{Address: b.Address, Reason: wire.ReasonUnknown, Text: "the partner did not answer for it"}
}

// answered is the partner's answer to an update of ours.
type answered struct {
	sent   *wire.Binding
	entry  *entry
	out    uint64 // the outbox that the entry is of
	reason wire.Reason
	text   string
}

func (a *answered) held(m *Machine, l lease.Lease) (lease.Lease, bool) {
	auth := m.Authority()
	if a.reason != 0 {
		return auth.Refused(l, a.sent, a.reason, m.now.Wall), true
	}
	return auth.Acked(l, a.sent, m.now.Wall), true
}

func (a *answered) done(m *Machine, l lease.Lease, err error) {
	k := keyOf(a.sent)
	if a.out == m.out.number {
		m.settled(a.entry)
	}
	if a.reason != 0 {
		m.emit(Event{Kind: EventConflict, Key: k, Lease: new(l), Sent: a.sent, Why: a.reason, Text: a.text})
		m.emit(Refused{Key: k, Reason: a.reason})
		if !m.tooEarly(a) {
			m.remember(k)
		}
		return
	}
	delete(m.out.early, k)
	if err != nil {
		m.remember(k) // the partner answers again
		return
	}
	m.outs.ack(k)
	if l.Flags&lease.FailoverUpdated == 0 {
		m.tell(k) // it is not what was told: the ack itself may have changed it
	}
	m.poolsChanged()
}

// tooEarly has an update that a lease expired sent again soon, when it was
// refused for the first time because the lease runs.
func (m *Machine) tooEarly(a *answered) bool {
	k := keyOf(a.sent)
	if !m.link.ok || a.sent.Status != wire.StatusExpired || a.reason != wire.ReasonOutdated || m.out.early[k] || len(m.out.early) >= maxRefused {
		return false
	}
	m.out.early[k] = true
	m.out.expired = append(m.out.expired, later{k, m.now.Mono + expiredAgain})
	m.waitAtMost(timeExpired, expiredAgain)
	return true
}

// remember has a refused update sent again much later, once.
func (m *Machine) remember(k lease.Key) {
	if !m.link.ok || len(m.out.refused) >= maxRefused {
		return
	}
	at := m.now.Mono + retryAfter
	m.out.refused, m.out.retry[k] = append(m.out.refused, later{k, at}), at
	m.waitAtMost(timeRetry, retryAfter)
}

func (m *Machine) retryRefused() {
	m.out.refused = m.tellDue(m.out.refused, timeRetry, func(l later) bool {
		if m.out.retry[l.key] != l.at {
			return false // it was refused once more since
		}
		delete(m.out.retry, l.key)
		return true
	})
}

func (m *Machine) tellExpired() {
	m.out.expired = m.tellDue(m.out.expired, timeExpired, func(later) bool { return true })
}

// tellDue queues what is due of a list and wanted, and waits for the rest.
func (m *Machine) tellDue(list []later, id timerID, wanted func(later) bool) []later {
	due := 0
	for due < len(list) && list[due].at <= m.now.Mono {
		if wanted(list[due]) {
			m.tell(list[due].key)
		}
		due++
	}
	if due == len(list) {
		return list[:0]
	}
	m.wait(id, list[due].at-m.now.Mono)
	return list[due:]
}

// acksOverdue: the partner lives, but does not take updates. Without them
// leases become as short as without the partner.
func (m *Machine) acksOverdue() {
	m.hangup(wire.ReasonNoTraffic, "the partner acknowledges no updates")
}

// keyOf is the lease that an update is about. The protocol has no VPNs.
func keyOf(b *wire.Binding) lease.Key { return lease.Key{Addr: lease.AddrFrom(b.Address)} }
