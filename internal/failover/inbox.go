package failover

import (
	"sync"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/link"
)

// inbox is what has happened to a relationship and was not dealt with yet, in
// order. Leases that the server changed stand apart: whenever the core is told
// of one it looks at the lease as it is then.
type inbox struct {
	mu     sync.Mutex
	room   sync.Cond
	queue  []entry
	spare  []entry
	leases []lease.Key // that this server changed
	others []lease.Key // the space of those that were taken before
	taken  int         // of them, those that the core has yet to be told of
	closed bool
	wake   chan struct{}
}

// entry is one thing that has happened. Those that come by the thousand have
// their fields here and cost no allocation.
type entry struct {
	kind kind
	run  int         // of held, written and settled: the machine that asked
	id   uint64      // of held and settled
	ids  []uint64    // of written
	keys []lease.Key // of held the one, and of changed
	err  error       // of written

	up    *link.Up      // of connected
	at    core.Now      // when that was
	input core.Input    // of input
	news  *news         // of learnt
	told  chan struct{} // closed when an input was dealt with; may be nil
}

type kind uint8

const (
	nudge     kind = iota // look at the time
	input                 // for the core as it is
	changed               // leases that came into the relationship
	held                  // an address that was asked for
	written               // leases that were to be written
	settled               // what was decided when that was asked for is on disk
	connected             // the link is up
	agree                 // the terms may have changed
	learnt                // something about the stored configurations
	resized               // it has other addresses
	stopping              // the end
)

// maxQueue is how many entries there may be before the reading of messages
// waits. What the server itself tells is never held up.
const maxQueue = 4096

func newInbox() *inbox {
	b := &inbox{wake: make(chan struct{}, 1)}
	b.room.L = &b.mu
	return b
}

// put adds an entry; false if nobody will take it any more.
func (b *inbox) put(e entry) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.add(e)
}

// putPatient adds an entry once there is room.
func (b *inbox) putPatient(e entry) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.queue) >= maxQueue && !b.closed {
		b.room.Wait()
	}
	return b.add(e)
}

func (b *inbox) add(e entry) bool {
	if b.closed {
		return false
	}
	if b.queue = append(b.queue, e); len(b.queue) == 1 {
		b.poke()
	}
	return true
}

func (b *inbox) poke() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// changed adds a lease that this server changed. It wakes nobody who knows that
// there are such leases.
func (b *inbox) changed(k lease.Key) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	if b.leases = append(b.leases, k); len(b.leases) == 1 {
		b.poke()
	}
}

// hasChanged tells whether there are leases that this server changed.
func (b *inbox) hasChanged() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.leases) > 0
}

// gathered is how many such changes there are of which the core was not told.
func (b *inbox) gathered() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.leases) + b.taken
}

// told says that the core was told of those that were taken.
func (b *inbox) told() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.taken = 0
}

// takeChanged returns the leases that this server changed; they are good until
// the next takeChanged.
func (b *inbox) takeChanged() []lease.Key {
	b.mu.Lock()
	defer b.mu.Unlock()
	keys := b.leases
	b.leases, b.others, b.taken = b.others[:0], keys, len(keys)
	return keys
}

// take returns all entries; they are good until the next take.
func (b *inbox) take() []entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	q := b.queue
	clear(b.spare)
	b.queue, b.spare = b.spare[:0], q
	b.room.Broadcast()
	return q
}

// close refuses further entries and returns the last.
func (b *inbox) close() []entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.room.Broadcast()
	q := b.queue
	b.queue, b.leases = nil, nil
	return q
}
