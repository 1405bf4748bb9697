package store

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"leasehold/internal/clock"
	"leasehold/internal/lease"
)

// faultStore is a store whose disk a test can fill, stop and repair.
type faultStore struct {
	mu      sync.Mutex
	fail    error
	upkeep  error
	batches []int // sizes of all batches tried
	tidied  int
	noted   []lease.Ack
	number  uint64
	hold    chan struct{} // commits wait for it
}

func (s *faultStore) Commit(_ context.Context, batch []lease.Lease) (uint64, error) {
	if s.hold != nil {
		<-s.hold
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches = append(s.batches, len(batch))
	if s.fail != nil {
		return 0, s.fail
	}
	s.number++
	return s.number, nil
}

func (s *faultStore) Note(acks []lease.Ack) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noted = append(s.noted, acks...)
}

func (s *faultStore) Tidy() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tidied++
}

func (s *faultStore) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.upkeep
}

func (s *faultStore) tidyings() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tidied
}

func (s *faultStore) tries() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.batches)
}

func (s *faultStore) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *faultStore) Load(context.Context, func(lease.Lease) error) error     { return nil }
func (s *faultStore) Snapshot(context.Context, func(lease.Lease) error) error { return nil }
func (s *faultStore) Close() error                                            { return nil }

// told collects what waiters heard, in order.
type told struct {
	mu      sync.Mutex
	waiters []int
	commits []uint64
	errs    []error
	rounds  int
}

type numbered struct {
	told *told
	n    int
}

func (w numbered) Committed(commit uint64, err error) {
	w.told.mu.Lock()
	defer w.told.mu.Unlock()
	w.told.waiters = append(w.told.waiters, w.n)
	w.told.commits = append(w.told.commits, commit)
	w.told.errs = append(w.told.errs, err)
}

func (t *told) batchDone() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rounds++
}

// pause lets time pass in a synctest bubble, and all settle.
func pause(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func submit(c *Committer, t *told, from, to int) {
	for i := from; i < to; i++ {
		c.Submit(testLease(uint32(i), 1), numbered{t, i})
	}
}

func TestWaitingLeasesAreOneTransaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &faultStore{hold: make(chan struct{})}
		heard := &told{}
		c := NewCommitter(s, clock.Real{}, heard.batchDone)
		submit(c, heard, 0, 1)
		synctest.Wait() // the first is on its way to the disk
		submit(c, heard, 1, 3000)
		close(s.hold)
		synctest.Wait()
		if want := []int{1, 1024, 1024, 951}; !slices.Equal(s.batches, want) {
			t.Errorf("batches of %d leases, want %d", s.batches, want)
		}
		if len(heard.waiters) != 3000 || !slices.IsSorted(heard.waiters) {
			t.Errorf("%d waiters were told, in order: %v", len(heard.waiters), slices.IsSorted(heard.waiters))
		}
		if heard.rounds != 4 {
			t.Errorf("batchDone was called %d times for 4 batches", heard.rounds)
		}
		if got := []uint64{heard.commits[0], heard.commits[1], heard.commits[1024], heard.commits[2999]}; !slices.Equal(got, []uint64{1, 2, 2, 4}) {
			t.Errorf("commit numbers %d", got)
		}
		c.Close()
	})
}

func TestFailureReachesEveryWaiterAndHeals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := &FileError{Op: "commit", File: "leases.db", Kind: ErrFull}
		s := &faultStore{fail: full}
		heard := &told{}
		c := NewCommitter(s, clock.Real{}, heard.batchDone)
		defer c.Close()
		submit(c, heard, 0, 10)
		synctest.Wait()
		for i, err := range heard.errs {
			if !errors.Is(err, ErrFull) {
				t.Errorf("waiter %d heard %v", i, err)
			}
		}
		if !errors.Is(c.Err(), ErrFull) {
			t.Errorf("Err is %v", c.Err())
		}

		// Traffic finds out at once that the store is well again.
		s.set(func() { s.fail = nil })
		submit(c, heard, 10, 11)
		synctest.Wait()
		if c.Err() != nil || heard.errs[10] != nil {
			t.Errorf("after space returned: Err is %v, waiter heard %v", c.Err(), heard.errs[10])
		}

		// Without traffic the Committer tries by itself.
		s.set(func() { s.fail = full })
		submit(c, heard, 11, 12)
		synctest.Wait()
		tried := s.tries()
		pause(5*lookEvery + lookEvery/2)
		if probes := s.tries() - tried; probes < 4 || probes > 6 {
			t.Errorf("%d tries in 5 looks", probes)
		}
		if !errors.Is(c.Err(), ErrFull) {
			t.Errorf("Err is %v while the disk is full", c.Err())
		}
		s.set(func() { s.fail = nil })
		pause(2 * lookEvery)
		if c.Err() != nil {
			t.Errorf("Err is %v after space returned", c.Err())
		}
		if len(heard.waiters) != 12 {
			t.Errorf("%d waiters were told of 12 leases", len(heard.waiters))
		}
	})
}

func TestIdleStoreTidiesUpOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &faultStore{}
		heard := &told{}
		c := NewCommitter(s, clock.Real{}, nil)
		defer c.Close()
		pause(10 * lookEvery)
		if n := s.tidyings(); n != 0 {
			t.Errorf("tidied up %d times with nothing committed", n)
		}
		for i := range 20 { // traffic all the time
			submit(c, heard, i, i+1)
			pause(lookEvery / 4)
		}
		if n := s.tidyings(); n > 0 {
			t.Errorf("tidied up %d times under traffic", n)
		}
		pause(10 * lookEvery)
		if n := s.tidyings(); n != 1 {
			t.Errorf("tidied up %d times when idle, want once", n)
		}
		submit(c, heard, 20, 21)
		pause(10 * lookEvery)
		if n := s.tidyings(); n != 2 {
			t.Errorf("tidied up %d times after one more lease, want twice", n)
		}
		s.set(func() { s.upkeep = ErrFull })
		if !errors.Is(c.Err(), ErrFull) {
			t.Errorf("Err is %v while the upkeep fails", c.Err())
		}
		submit(c, heard, 21, 22)
		pause(5 * lookEvery)
		if n := s.tidyings(); n < 4 {
			t.Errorf("a failing upkeep was tried %d times", n-2)
		}
	})
}

func TestCloseAnswersEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &faultStore{}
		heard := &told{}
		c := NewCommitter(s, clock.Real{}, nil)
		submit(c, heard, 0, 2000)
		c.Close()
		if len(heard.waiters) != 2000 {
			t.Errorf("%d of 2000 waiters were told", len(heard.waiters))
		}
		submit(c, heard, 2000, 2001)
		if !errors.Is(heard.errs[2000], ErrClosed) {
			t.Errorf("after Close a waiter heard %v", heard.errs[2000])
		}
	})
}

// Many clients at once on the real database: each hears of its own lease, and
// it is there.
func TestCommitterOnDatabase(t *testing.T) {
	db := leasesSized(t, t.TempDir(), smallSizes)
	c := NewCommitter(db, clock.Real{}, nil)
	const clients, rounds = 50, 40
	var all sync.WaitGroup
	for k := range uint32(clients) {
		all.Go(func() {
			done := make(signal, 1)
			for g := range int64(rounds) {
				c.Submit(testLease(k, g), done)
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	c.Close()
	ls := loaded(t, db)
	if len(ls) != clients {
		t.Fatalf("%d leases of %d clients", len(ls), clients)
	}
	for _, l := range ls {
		want := testLease(uint32(l.Addr), rounds-1)
		want.Commit = l.Commit
		if l != want {
			t.Errorf("got  %+v\nwant %+v", l, want)
		}
	}
}

// Submitting must not allocate beyond the queue.
func TestSubmitDoesNotAllocate(t *testing.T) {
	c := NewCommitter(&faultStore{}, clock.Real{}, nil)
	defer c.Close()
	done := make(signal, 1)
	l := testLease(1, 1)
	one := func() {
		c.Submit(l, done)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	for range 100 {
		one()
	}
	if n := testing.AllocsPerRun(1000, one); n > 2 {
		t.Errorf("%.0f allocations a lease, with the store's", n)
	}
}
