package engine

import (
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

// Write writes the lease of a held address.
func (s *Server) Write(l lease.Lease, done func(error)) {
	s.commits.Submit(l, s.newChange(l, done))
}

// Let ends the hold without a change.
func (s *Server) Let(k lease.Key) { s.release(k) }
