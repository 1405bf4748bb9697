package engine

import (
	"leasehold/internal/lease"
)

// What this server may do with a lease is asked here and nowhere else. A
// server that is alone may do everything; under failover the answers will be
// the partner relationship's.

// mayAnswer tells why this server does not answer the client's packet at all;
// noOutcome if it does.
func (s *Server) mayAnswer(*exchange) Outcome { return noOutcome }

// mayGive tells whether the address is this server's to give to a client that
// does not have it.
func (s *Server) mayGive(l *lease.Lease) bool {
	return l.State != lease.OtherAvailable && l.State != lease.PendingAvailable
}

// timeAllowed is how long a client may be given the lease when its policy
// says seconds.
func (s *Server) timeAllowed(_ *lease.Lease, seconds int64) int64 { return seconds }
