package store

import (
	"leasehold/internal/clock"
	"leasehold/internal/lease"
)

// Waiter is told once what became of its lease: on disk in that commit, or
// not, and why. It is called on a goroutine of the Committer, one waiter after
// the other, in the order of their Submits.
type Waiter interface {
	Committed(commit uint64, err error)
}

// Committer groups leases into transactions: whatever waits when the one
// before is done goes into the next, without a timer.
type Committer struct{}

// NewCommitter starts a Committer on s. batchDone (may be nil) is called after
// the waiters of a batch were told, to send what they wrote.
func NewCommitter(s lease.Store, c clock.Clock, batchDone func()) *Committer { return &Committer{} }

// Submit queues a lease; w hears of it later, also when the store fails.
func (c *Committer) Submit(l lease.Lease, w Waiter) {}

// Err returns the last commit's failure, nil when it succeeded. While it is
// not nil the Committer tries by itself whether the store is well again.
func (c *Committer) Err() error { return nil }

// Close commits and answers what is queued and stops.
func (c *Committer) Close() {}
