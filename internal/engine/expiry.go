package engine

import (
	"math"
	"sync"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/wire"
)

// expire moves on the leases whose time has come, until the server is closed.
func (s *Server) expire() {
	for {
		s.nextExpiry.Store(math.MaxInt64) // whoever adds a deadline while we look wakes us again
		s.expireDue()
		wait := time.Hour
		if at, ok := s.table.NextDeadline(); ok {
			s.nextExpiry.Store(at)
			wait = time.Duration(min(3600, max(1, at-s.clock.Now().Unix()))) * time.Second
		}
		select {
		case <-s.stop:
			return
		case <-s.clock.After(wait):
		case <-s.expiry:
		}
	}
}

// wakeExpiry tells the expiry of a lease that may be the next.
func (s *Server) wakeExpiry(l *lease.Lease) {
	if at, ok := l.Deadline(); !ok || at >= s.nextExpiry.Load() {
		return
	}
	select {
	case s.expiry <- struct{}{}:
	default: // it is about to look anyway
	}
}

// expireBatch is how many leases are moved on before the table is asked again.
const expireBatch = 1024

// expireDue moves on all that is due. What cannot be written or is busy stays
// due for the next time.
func (s *Server) expireDue() {
	for {
		now := s.clock.Now().Unix()
		due := s.table.Due(now, expireBatch)
		var writing sync.WaitGroup
		moved := 0
		for i := range due {
			if s.expireLease(due[i].Key, now, &writing) {
				moved++
			}
		}
		writing.Wait()
		if len(due) < expireBatch || moved == 0 || s.commits.Err() != nil {
			return
		}
	}
}

// expireLease moves on one lease; false if it is busy.
func (s *Server) expireLease(k lease.Key, now int64, writing *sync.WaitGroup) bool {
	if !s.claims.try(k) {
		return false
	}
	l, ok := s.table.Get(k)
	p := s.pairOf(k)
	if s.plan.Load() == nil || (p == nil) != (l.Role == lease.Alone) {
		s.release(k) // a reload is about to give the lease another partner, or none
		return false
	}
	if ok && p != nil && s.postpone(l, now, p) {
		s.release(k)
		return true
	}
	l = s.ending(l)
	to := lease.Expire(l, now, s.gracePeriod(&l)+lagBehind(&l, p))
	if !ok || to == l {
		s.release(k)
		return false
	}
	writing.Add(1)
	s.change(l, to, func(error) { writing.Done() })
	return true
}

// postponement is the time after which an end is looked at again that must not
// be declared yet.
const postponement = 60

// postpone leaves the end of a lease open while the failover state does not
// let this server serve: the partner may have extended it, and what it says
// of that may be on its way. Until then the lease is one that ran out, which
// concerns this server alone. It happens in memory only.
func (s *Server) postpone(l lease.Lease, now int64, p Pair) bool {
	switch l.State {
	case lease.Expired, lease.Released, lease.Unavailable:
	default:
		return false
	}
	if end, ok := l.Deadline(); !ok || end > now || p.Authority().Answers(binding.Renewing, 0, 0) == binding.NotSilent {
		return false
	}
	l.Expiration = now + postponement
	s.table.Update(l)
	return true
}

// lagBehind is how much later than its partner a server declares the end of a
// lease that the partner granted: one of them is enough.
func lagBehind(l *lease.Lease, p Pair) time.Duration {
	const lag = 30 * time.Second
	if p == nil || !l.Failover.FromPartner {
		return 0
	}
	a := p.Authority()
	switch {
	case a.Answers(binding.Renewing, 0, 0) != binding.NotSilent:
		return postponement * time.Second
	case a.Connected && a.Role == lease.Primary && a.Partner == wire.ISC:
		return 0 // a dhcpd that is the secondary leaves it to the primary
	case a.Connected:
		return lag
	}
	return 0
}

// gracePeriod is the time that an expired lease is kept for its client.
func (s *Server) gracePeriod(l *lease.Lease) time.Duration {
	p := s.plan.Load()
	place, ok := s.table.Place(l.Key)
	if p == nil || !ok {
		return 0
	}
	sc := p.byID[place.Scope]
	if sc == nil {
		return 0
	}
	c := p.chain(p.clients.byHW[l.HW], p.classes[lower(l.ClientClass)], sc)
	return time.Duration(c.gracePeriod) * time.Second
}
