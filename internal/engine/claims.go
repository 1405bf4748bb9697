package engine

import (
	"slices"
	"sync"
	"sync/atomic"

	"leasehold/internal/lease"
)

// claims says which exchange is at work on which address. Whoever reads a
// lease to change it claims its address first and keeps it until the change is
// on disk or given up; others wait and get it in the order in which they came,
// clients' packets and failover alike. So a lease has one writer at a time while
// no lock is held during a ping or a commit, and the lease table shows what is
// on disk: apart from offers, from addresses that were found to be in use, which
// nobody may be given whatever the disk does, and from what the partner has
// acknowledged, which is written in passing.
type claims struct {
	stripes [256]stripe
}

// stripe is some of the addresses that are claimed, few at a time: to look
// through them all is quicker than any map.
type stripe struct {
	mu   sync.Mutex
	keys []lease.Key
	// waiters are those in line for each; nil where there are none, as mostly.
	waiters []*queuing
}

// queuing is who waits for an address, in the order in which they came, and for
// whoever has it now to be done.
type queuing struct {
	line     []waiting
	barriers []*barrier
}

// waiting is who gets an address next: an exchange that is run again, or a
// function that is called.
type waiting struct {
	ex   *exchange
	held func()
}

func (c *claims) stripe(k lease.Key) *stripe {
	return &c.stripes[(uint32(k.Addr)*2654435761^k.VPN)>>24]
}

// add claims an address that nobody has. The lock is held.
func (s *stripe) add(k lease.Key) {
	s.keys, s.waiters = append(s.keys, k), append(s.waiters, nil)
}

// remove ends a claim. The lock is held.
func (s *stripe) remove(i int) {
	last := len(s.keys) - 1
	s.keys[i], s.waiters[i] = s.keys[last], s.waiters[last]
	s.waiters[last] = nil
	s.keys, s.waiters = s.keys[:last], s.waiters[:last]
}

// try claims the address if nobody has it.
func (c *claims) try(k lease.Key) bool {
	s := c.stripe(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Contains(s.keys, k) {
		return false
	}
	s.add(k)
	return true
}

// claimed is the answer of wait.
type claimed uint8

const (
	claimGot claimed = iota
	claimQueued
	claimRefused // more than limit wait already
)

// unlimited is the limit of those who are not turned away.
const unlimited = 1 << 30

// wait claims the address or puts w in line for it; it is w's turn when
// release returns it.
func (c *claims) wait(k lease.Key, w waiting, limit int) claimed {
	s := c.stripe(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.keys, k)
	if i < 0 {
		s.add(k)
		return claimGot
	}
	if s.waiters[i] == nil {
		s.waiters[i] = new(queuing)
	}
	q := s.waiters[i]
	if len(q.line) >= limit {
		return claimRefused
	}
	q.line = append(q.line, w)
	return claimQueued
}

// acquire claims the address and waits as long as that takes.
func (c *claims) acquire(k lease.Key) {
	got := make(chan struct{})
	if c.wait(k, waiting{held: func() { close(got) }}, unlimited) == claimQueued {
		<-got
	}
}

// release gives the address up. If somebody waits for it, it is the first in
// line who has it now, and must be told.
func (c *claims) release(k lease.Key) (next waiting, waited bool) {
	s := c.stripe(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.keys, k)
	q := s.waiters[i]
	if q != nil {
		for _, b := range q.barriers {
			b.passed()
		}
		q.barriers = nil
	}
	if q == nil || len(q.line) == 0 {
		s.remove(i)
		return waiting{}, false
	}
	next = q.line[0]
	q.line[0] = waiting{}
	if q.line = q.line[1:]; len(q.line) == 0 {
		s.waiters[i] = nil
	}
	return next, true
}

// barrier waits for addresses to be given up.
type barrier struct {
	left atomic.Int64
	done func()
}

func (b *barrier) passed() {
	if b.left.Add(-1) == 0 {
		b.done()
	}
}

// settle calls done when whoever has claimed an address by now has given it up.
// Those who wait in line for it are not waited for. done must not claim anything,
// nor wait.
func (c *claims) settle(done func()) {
	b := &barrier{done: done}
	b.left.Store(1) // until all are counted
	for i := range c.stripes {
		c.stripes[i].settle(b)
	}
	b.passed()
}

func (s *stripe) settle(b *barrier) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.left.Add(int64(len(s.keys)))
	for i := range s.keys {
		if s.waiters[i] == nil {
			s.waiters[i] = new(queuing)
		}
		s.waiters[i].barriers = append(s.waiters[i].barriers, b)
	}
}
