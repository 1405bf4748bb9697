package failover

import (
	"sync"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/core"
)

// inbox is what has happened to a relationship and was not dealt with yet, in
// order. Leases that the server changed one after the other are one entry: the
// core is stepped once for all of them.
type inbox struct {
	mu     sync.Mutex
	room   sync.Cond
	queue  []any
	spare  []any
	closed bool
	wake   chan struct{}
}

// maxQueue is how many entries there may be before the reading of messages
// waits. What the server itself tells is never held up.
const maxQueue = 4096

func newInbox() *inbox {
	b := &inbox{wake: make(chan struct{}, 1)}
	b.room.L = &b.mu
	return b
}

// put adds an entry; false if nobody will take it any more.
func (b *inbox) put(x any) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.add(x)
}

// putPatient adds an entry once there is room.
func (b *inbox) putPatient(x any) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.queue) >= maxQueue && !b.closed {
		b.room.Wait()
	}
	return b.add(x)
}

func (b *inbox) add(x any) bool {
	if b.closed {
		return false
	}
	b.queue = append(b.queue, x)
	select {
	case b.wake <- struct{}{}:
	default:
	}
	return true
}

// changed adds a lease that this server changed.
func (b *inbox) changed(l lease.Lease) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n := len(b.queue); n > 0 {
		if c, ok := b.queue[n-1].(*core.Changed); ok {
			c.Leases = append(c.Leases, l)
			return
		}
	}
	b.add(&core.Changed{Leases: []lease.Lease{l}})
}

// take returns all entries; they are good until the next take.
func (b *inbox) take() []any {
	b.mu.Lock()
	defer b.mu.Unlock()
	q := b.queue
	b.queue, b.spare = b.spare[:0], q
	b.room.Broadcast()
	return q
}

// close refuses further entries and returns the last.
func (b *inbox) close() []any {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.room.Broadcast()
	q := b.queue
	b.queue = nil
	return q
}
