package store

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"leasehold/internal/clock"
	"leasehold/internal/lease"
)

func submitLater(c *Committer, t *told, from, to int) {
	var leases []lease.Lease
	for i := from; i < to; i++ {
		leases = append(leases, testLease(uint32(i), 1))
	}
	c.SubmitAll(leases, numbered{t, from}, true)
}

// Leases that nobody waits for are written at once where nothing was written
// lately, with those that somebody waits for where there are any, and else in
// one batch every few milliseconds.
func TestLeasesThatMayWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &faultStore{}
		heard := &told{}
		c := NewCommitter(s, clock.Real{}, heard.batchDone)
		check := func(when string, want ...int) {
			t.Helper()
			synctest.Wait()
			s.set(func() {
				if !slices.Equal(s.batches, want) {
					t.Errorf("%s: batches of %d leases, want %d", when, s.batches, want)
				}
			})
		}
		submitLater(c, heard, 0, 3)
		check("the first", 3)
		submitLater(c, heard, 3, 5)
		pause(leisure / 2)
		submitLater(c, heard, 5, 6)
		check("too early", 3)
		pause(leisure / 2)
		check("in time", 3, 3)
		submitLater(c, heard, 6, 8)
		submit(c, heard, 8, 9)
		submitLater(c, heard, 9, 10)
		check("with one that is waited for", 3, 3, 4)
		c.SubmitAll([]lease.Lease{testLease(10, 1), testLease(11, 1)}, numbered{heard, 10}, false)
		check("two that are waited for", 3, 3, 4, 2)
		if want := []int{0, 0, 0, 3, 3, 5, 6, 6, 8, 9, 10, 10}; !slices.Equal(heard.waiters, want) {
			t.Errorf("told %v, want %v", heard.waiters, want)
		}
		pause(time.Second)
		check("a second later", 3, 3, 4, 2)

		// As many as a transaction takes go at once.
		submitLater(c, heard, 20, 21)
		check("the first again", 3, 3, 4, 2, 1)
		submitLater(c, heard, 21, 20+maxBatch)
		check("not a whole one", 3, 3, 4, 2, 1)
		submitLater(c, heard, 20+maxBatch, 21+maxBatch)
		check("a whole one", 3, 3, 4, 2, 1, maxBatch)
		pause(time.Second)

		// What waits when the Committer is closed is written, too.
		submit(c, heard, 12, 13)
		synctest.Wait()
		submitLater(c, heard, 13, 15)
		c.Close()
		check("closed", 3, 3, 4, 2, 1, maxBatch, 1, 2)
		submitLater(c, heard, 15, 17)
		if n := len(heard.errs); n != 18+maxBatch || !errors.Is(heard.errs[n-2], ErrClosed) || !errors.Is(heard.errs[n-1], ErrClosed) {
			t.Errorf("after Close: %d were told, the last %v", n, heard.errs[n-1])
		}
	})
}

// Acknowledgements go with the next lease, and by themselves some time later.
func TestAcknowledgementsGoInPassing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &faultStore{}
		heard := &told{}
		c := NewCommitter(s, clock.Real{}, heard.batchDone)
		ack := func(n uint32) []lease.Ack {
			return []lease.Ack{{Key: lease.Key{Addr: lease.Addr(n)}, AckPE: 1, Commit: 1}}
		}
		check := func(when string, noted int, batches ...int) {
			t.Helper()
			synctest.Wait()
			s.set(func() {
				if len(s.noted) != noted || !slices.Equal(s.batches, batches) {
					t.Errorf("%s: %d noted in batches of %d leases, want %d in %d", when, len(s.noted), s.batches, noted, batches)
				}
			})
		}
		submit(c, heard, 0, 1)
		check("a lease", 0, 1)
		c.SubmitAcks(ack(1))
		pause(100 * time.Millisecond)
		check("too early", 0, 1)
		submit(c, heard, 1, 2)
		check("with another lease", 1, 1, 1)
		c.SubmitAcks(ack(2))
		c.SubmitAcks(ack(3))
		pause(ackLeisure + lookEvery)
		check("alone", 3, 1, 1, 0)
		c.SubmitAcks(ack(4))
		c.Close()
		check("closed", 4, 1, 1, 0, 0)
		c.SubmitAcks(ack(5))
		if len(heard.waiters) != 2 {
			t.Errorf("%d were told of two leases", len(heard.waiters))
		}
	})
}
