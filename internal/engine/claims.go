package engine

import (
	"sync"

	"leasehold/internal/lease"
)

// claims says which exchange is at work on which address. Whoever reads a
// lease to change it claims its address first and keeps it until the change is
// on disk or given up; others wait. So a lease has one writer at a time while
// no lock is held during a ping or a commit, and the lease table shows what is
// on disk: apart from offers, and from addresses that were found to be in use,
// which nobody may be given whatever the disk does.
type claims struct {
	stripes [256]struct {
		mu   sync.Mutex
		held map[lease.Key]*claim
	}
}

type claim struct {
	waiters []waiting
}

// waiting is an exchange to be run again, or a goroutine to be woken.
type waiting struct {
	ex   *exchange
	wake chan struct{}
}

// free is the claim of all addresses nobody waits for: most claims never get
// a waiter and cost no allocation.
var free = new(claim)

func (c *claims) stripe(k lease.Key) int {
	return int((uint32(k.Addr)*2654435761 ^ k.VPN) >> 24)
}

// try claims the address if nobody has it.
func (c *claims) try(k lease.Key) bool {
	s := &c.stripes[c.stripe(k)]
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.held[k]; taken {
		return false
	}
	if s.held == nil {
		s.held = map[lease.Key]*claim{}
	}
	s.held[k] = free
	return true
}

// claimed is the answer of wait.
type claimed uint8

const (
	claimGot claimed = iota
	claimQueued
	claimRefused // more than max wait already
)

// wait claims the address or puts w in line for it; w is told by release.
func (c *claims) wait(k lease.Key, w waiting, limit int) claimed {
	s := &c.stripes[c.stripe(k)]
	s.mu.Lock()
	defer s.mu.Unlock()
	h, taken := s.held[k]
	if !taken {
		if s.held == nil {
			s.held = map[lease.Key]*claim{}
		}
		s.held[k] = free
		return claimGot
	}
	if len(h.waiters) >= limit {
		return claimRefused
	}
	if h == free {
		h = new(claim)
		s.held[k] = h
	}
	h.waiters = append(h.waiters, w)
	return claimQueued
}

// acquire claims the address and waits as long as that takes.
func (c *claims) acquire(k lease.Key) {
	for {
		w := make(chan struct{})
		if c.wait(k, waiting{wake: w}, 1<<30) == claimGot {
			return
		}
		<-w
	}
}

// release gives the address up. The exchanges that waited come back to be run
// again; goroutines that waited are woken to try again.
func (c *claims) release(k lease.Key) []waiting {
	s := &c.stripes[c.stripe(k)]
	s.mu.Lock()
	h := s.held[k]
	delete(s.held, k)
	s.mu.Unlock()
	for _, w := range h.waiters {
		if w.wake != nil {
			close(w.wake)
		}
	}
	return h.waiters
}
