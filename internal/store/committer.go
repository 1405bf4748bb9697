package store

import (
	"context"
	"sync"
	"time"

	"leasehold/internal/clock"
	"leasehold/internal/lease"
)

const (
	// maxBatch bounds a transaction, and with it how long the first of many
	// waiters waits for the last.
	maxBatch = 1024
	// keepBatch is the largest queue whose space is kept for the next.
	keepBatch = 8 * maxBatch
	// lookEvery is how often a Committer without traffic looks after its
	// store: tries a failing one, or lets a good one tidy up.
	lookEvery = time.Second
	// leisure is how long after a batch those leases are written at the
	// earliest that nobody waits for, unless others are or they fill a
	// transaction.
	leisure = 20 * time.Millisecond
	// ackLeisure is the same for acknowledgements.
	ackLeisure = time.Second
)

// Waiter is told once what became of its lease: on disk in that commit, or
// not, and why. It is called on a goroutine of the Committer, one waiter after
// the other, in the order of their Submits.
type Waiter interface {
	Committed(commit uint64, err error)
}

// upkeep is what a store may have to do beside commits.
type upkeep interface {
	Tidy()
	Err() error
}

// Committer groups leases into transactions: whatever waits when the one
// before is done goes into the next, without a timer. One goroutine commits,
// another tells the waiters, so that answers leave while the next transaction
// is on its way to the disk.
type Committer struct {
	store     lease.Store
	upkeep    upkeep // nil if the store has none
	clock     clock.Clock
	batchDone func()

	mu     sync.Mutex
	queue  *queue
	urgent bool      // somebody waits for one of the queue
	last   time.Time // when the last batch was taken
	closed bool
	err    error

	wake chan struct{}
	told chan outcome
	free chan *queue
	done sync.WaitGroup
}

// queue holds submitted leases and who waits for each, and acknowledgements, for
// which nobody does.
type queue struct {
	leases  []lease.Lease
	waiters []Waiter
	acks    []lease.Ack
}

// outcome is what became of a transaction; spent is the queue that it was the
// last of.
type outcome struct {
	waiters []Waiter
	commit  uint64
	err     error
	spent   *queue
}

// NewCommitter starts a Committer on s. batchDone (may be nil) is called after
// the waiters of a batch were told, to send what they wrote.
func NewCommitter(s lease.Store, c clock.Clock, batchDone func()) *Committer {
	if batchDone == nil {
		batchDone = func() {}
	}
	m := &Committer{
		store: s, clock: c, batchDone: batchDone,
		queue: &queue{},
		wake:  make(chan struct{}, 1),
		told:  make(chan outcome, 1),
		free:  make(chan *queue, 4),
	}
	m.upkeep, _ = s.(upkeep)
	m.done.Go(m.commitLoop)
	m.done.Go(m.tellLoop)
	return m
}

// Submit queues a lease; w hears of it later, also when the store fails. The
// queue is as long as its callers make it: who submits bounds what is under
// way. After Close, w hears ErrClosed before Submit returns.
func (c *Committer) Submit(l lease.Lease, w Waiter) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		w.Committed(0, ErrClosed)
		return
	}
	c.queue.leases = append(c.queue.leases, l)
	c.queue.waiters = append(c.queue.waiters, w)
	first := !c.urgent
	c.urgent = true
	c.mu.Unlock()
	if first {
		c.poke()
	}
}

// SubmitAll queues leases that w hears of one after the other, in their order.
// With later nobody waits for them to be on disk soon: they go with the next
// lease that somebody does wait for, and by themselves at most every few
// milliseconds.
func (c *Committer) SubmitAll(leases []lease.Lease, w Waiter, later bool) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		for range leases {
			w.Committed(0, ErrClosed)
		}
		return
	}
	before := len(c.queue.leases)
	first := before == 0 || before < maxBatch && before+len(leases) >= maxBatch
	if !later {
		first = !c.urgent
		c.urgent = true
	}
	c.queue.leases = append(c.queue.leases, leases...)
	for range leases {
		c.queue.waiters = append(c.queue.waiters, w)
	}
	c.mu.Unlock()
	if first {
		c.poke()
	}
}

// SubmitAcks queues acknowledgements of the partner's. They go with the next leases,
// ahead of them, by themselves some time later, and are lost with the process or
// with a batch that fails: after the next start the partner is told once more.
func (c *Committer) SubmitAcks(acks []lease.Ack) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.queue.acks = append(c.queue.acks, acks...)
	}
}

func (c *Committer) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Err returns the last commit's failure, or else what fails in the store's
// upkeep; nil when all is well. While it is not nil the Committer tries by
// itself whether the store is well again.
func (c *Committer) Err() error {
	c.mu.Lock()
	err := c.err
	c.mu.Unlock()
	if err == nil && c.upkeep != nil {
		err = c.upkeep.Err()
	}
	return err
}

// Close commits and answers what is queued, and stops. The store stays open.
func (c *Committer) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.poke()
	c.done.Wait()
}

// take returns the queue if something is in it that is to be written now, and
// puts an empty one in its place. wait is how long that is not so yet.
func (c *Committer) take() (q *queue, wait time.Duration, closed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue.leases) == 0 && len(c.queue.acks) == 0 {
		return nil, 0, c.closed
	}
	now := c.clock.Now()
	if !c.urgent && !c.closed && len(c.queue.leases) < maxBatch {
		pause := leisure
		if len(c.queue.leases) == 0 {
			pause = ackLeisure
		}
		if wait := c.last.Add(pause).Sub(now); wait > 0 {
			return nil, wait, false
		}
	}
	c.urgent, c.last = false, now
	q = c.queue
	select {
	case c.queue = <-c.free:
	default:
		c.queue = &queue{}
	}
	return q, 0, c.closed
}

func (c *Committer) commitLoop() {
	defer close(c.told)
	var look lookout
	for {
		q, wait, closed := c.take()
		if q != nil {
			c.commit(q)
			look.dirty, look.busy = true, true
			continue
		}
		if closed {
			return
		}
		if look.timer == nil {
			look.timer, look.busy = c.clock.After(lookEvery), false
		}
		var later <-chan time.Time
		if wait > 0 {
			later = c.clock.After(wait)
		}
		select {
		case <-c.wake:
		case <-later:
		case <-look.timer:
			look.timer = nil
			c.look(&look)
		}
	}
}

// commit writes a queue in as many transactions as it takes.
func (c *Committer) commit(q *queue) {
	total := len(q.leases) // the teller empties q once it has the last outcome
	c.store.Note(q.acks)
	for start := 0; start < max(total, 1); start += maxBatch {
		end := min(start+maxBatch, total)
		n, err := c.store.Commit(context.Background(), q.leases[start:end])
		c.setErr(err)
		o := outcome{waiters: q.waiters[start:end], commit: n, err: err}
		if end == total {
			o.spent = q
		}
		c.told <- o
	}
}

func (c *Committer) setErr(err error) {
	c.mu.Lock()
	c.err = err
	c.mu.Unlock()
}

// lookout is the commit loop's memory of when to look after the store.
type lookout struct {
	timer <-chan time.Time
	dirty bool // something was committed since the store tidied up
	busy  bool // something was committed since the timer was set
}

// look tries a store that failed, and lets one tidy up that had nothing to do
// for a while, again as long as that fails.
func (c *Committer) look(l *lookout) {
	c.mu.Lock()
	failed := c.err != nil
	c.mu.Unlock()
	switch {
	case failed:
		_, err := c.store.Commit(context.Background(), nil)
		c.setErr(err)
		l.dirty = true
	case l.busy || c.upkeep == nil:
	case l.dirty || c.upkeep.Err() != nil:
		c.upkeep.Tidy()
		l.dirty = false
	}
}

func (c *Committer) tellLoop() {
	for o := range c.told {
		for _, w := range o.waiters {
			w.Committed(o.commit, o.err)
		}
		c.batchDone()
		if o.spent != nil {
			c.recycle(o.spent)
		}
	}
}

// recycle keeps a queue's space but nothing that its leases point to.
func (c *Committer) recycle(q *queue) {
	if cap(q.leases) > keepBatch {
		return
	}
	clear(q.leases)
	clear(q.waiters)
	q.leases, q.waiters, q.acks = q.leases[:0], q.waiters[:0], q.acks[:0]
	select {
	case c.free <- q:
	default:
	}
}
