package engine

import (
	"sync"

	"leasehold/internal/lease"
)

// The server as a relationship's Keeper: what the partner tells is written
// under the same claims as what clients ask for.

// Hold calls held when nobody else works on the address.
func (s *Server) Hold(k lease.Key, held func()) {
	if s.claims.wait(k, waiting{held: held}, unlimited) == claimGot {
		held()
	}
}

// Try holds an address if nobody works on it.
func (s *Server) Try(k lease.Key) bool { return s.claims.try(k) }

// Let ends the hold without a change.
func (s *Server) Let(k lease.Key) { s.release(k) }

// Settle calls done when what was decided by now is on disk, or has come to nothing:
// whoever decides on an address has claimed it, and gives it up after that.
func (s *Server) Settle(done func()) { s.claims.settle(done) }

// Acknowledge takes acknowledgements of held leases.
func (s *Server) Acknowledge(acks []lease.Ack) {
	s.table.Acknowledge(acks)
	s.commits.SubmitAcks(acks)
	for i := range acks {
		s.release(acks[i].Key)
	}
}

// Write writes the leases of held addresses.
func (s *Server) Write(leases []lease.Lease, later bool, done func(n int, err error)) {
	if len(leases) == 0 {
		return
	}
	s.changes.add(1)
	c := changed.Get().(*changes)
	c.server, c.leases, c.done = s, append(c.leases, leases...), done
	for i := range c.leases {
		s.limitAbandoned(&c.leases[i])
	}
	s.commits.SubmitAll(c.leases, c, later)
}

var changed = sync.Pool{New: func() any { return new(changes) }}

// changes are the leases of a relationship on their way to disk.
type changes struct {
	server *Server
	leases []lease.Lease
	at     int   // how many are decided
	told   int   // and how many of those are told
	err    error // of the last one
	done   func(n int, err error)
}

// Committed is called by the store's committer, for one lease after the other.
func (c *changes) Committed(commit uint64, err error) {
	s := c.server
	if c.at > c.told && (err == nil) != (c.err == nil) {
		c.tell()
	}
	l := &c.leases[c.at]
	if err == nil {
		s.storeWorks()
		l.Commit = commit
		s.table.Update(*l)
		s.wakeExpiry(l)
	} else {
		s.storeFailed(err)
	}
	c.at, c.err = c.at+1, err
	s.release(l.Key)
	if err == nil {
		s.settleDoubles(l)
	}
	if c.at == len(c.leases) {
		c.tell()
		s.changes.release()
		clear(c.leases)
		*c = changes{leases: c.leases[:0]}
		changed.Put(c)
	}
}

func (c *changes) tell() {
	c.done(c.at-c.told, c.err)
	c.told = c.at
}
