package engine

import (
	"sync"

	"leasehold/internal/lease"
)

// claims says which exchange is at work on which address. Whoever reads a
// lease to change it claims its address first and keeps it until the change is
// on disk or given up; others wait and get it in the order in which they came,
// clients' packets and failover alike. So a lease has one writer at a time while
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

// waiting is who gets an address next: an exchange that is run again, or a
// function that is called.
type waiting struct {
	ex   *exchange
	held func()
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
	claimRefused // more than limit wait already
)

// unlimited is the limit of those who are not turned away.
const unlimited = 1 << 30

// wait claims the address or puts w in line for it; it is w's turn when
// release returns it.
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
	got := make(chan struct{})
	if c.wait(k, waiting{held: func() { close(got) }}, unlimited) == claimQueued {
		<-got
	}
}

// release gives the address up. If somebody waits for it, it is the first in
// line who has it now, and must be told.
func (c *claims) release(k lease.Key) (next waiting, waited bool) {
	s := &c.stripes[c.stripe(k)]
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.held[k]
	if len(h.waiters) == 0 {
		delete(s.held, k)
		return waiting{}, false
	}
	next = h.waiters[0]
	h.waiters[0] = waiting{}
	if h.waiters = h.waiters[1:]; len(h.waiters) == 0 {
		s.held[k] = free
	}
	return next, true
}
