package engine

import (
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/objects"
)

// commit hands the lease to the store. The exchange is parked until the lease
// is on disk; only then the answer leaves.
func (ex *exchange) commit() verdict {
	if !ex.write {
		return goOn
	}
	s := ex.server
	if limit := ex.plan.settings.maxResponses; !s.pending.tryAcquire(limit) {
		s.flush(ex.box) // nobody's answer waits for the disk that need not
		s.pending.acquire(limit)
	}
	s.commits.Submit(ex.lease, ex)
	return verdict{act: park}
}

// Committed is called by the store's committer. With an error nothing has
// changed: not in the lease table, which learns of a lease here only, and no
// answer leaves.
func (ex *exchange) Committed(commit uint64, err error) {
	s := ex.server
	s.pending.release()
	if err != nil {
		s.storeFailed(err)
		ex.finish(FailStore)
		return
	}
	s.storeWorks()
	ex.lease.Commit = commit
	s.table.Update(ex.lease)
	s.wakeExpiry(&ex.lease)
	for _, k := range ex.others {
		s.endLease(k, ex.key, ex.now, ex.chain)
	}
	ex.others = ex.others[:0]
	ex.unclaim()
	if ex.awaits() {
		return
	}
	ex.tellPair()
	ex.box = &s.acks
	if !ex.stillMay() {
		ex.finish(DropFailoverState)
		return
	}
	ex.work(sendStage)
}

// noteOthers lists the client's other leases that end when it gets this one:
// those of the same network, where a client has one address, and all with
// one-lease-per-client = last-client-preferred.
func (ex *exchange) noteOthers() {
	if ex.runs(&ex.current) && ex.current.Key == ex.lease.Key {
		return // a renewal changes nothing
	}
	ex.mine = ex.server.table.ByClient(ex.vpn.id, ex.key, ex.mine[:0])
	all := ex.plan.settings.oneLease == objects.LastClientPreferred
	for _, l := range ex.mine {
		if l.Key != ex.lease.Key && l.Live() && (all || ex.network.contains(l.Addr)) {
			ex.others = append(ex.others, l.Key)
		}
	}
}

// endLease releases a lease that its client has left for another. One that is
// busy is left to expire.
func (s *Server) endLease(k lease.Key, key lease.ClientKey, now int64, c *chain) {
	if !s.claims.try(k) {
		return
	}
	l, ok := s.table.Get(k)
	if !ok || l.Client() != key || !l.Live() {
		s.release(k)
		return
	}
	s.change(l, lease.Release(s.ending(l), now, time.Duration(c.releaseGracePeriod)*time.Second), nil)
}

// change writes a lease that no packet waits for: an expiry, a quarantine, an
// operator's command. The caller has claimed its address; the claim ends with
// the write. then (may be nil) is told the result. An offer that goes back to
// what was on disk needs no write.
func (s *Server) change(from, to lease.Lease, then func(error)) {
	c := s.newChange(s.changed(to), then)
	c.own = true
	if from.State == lease.Offered && to.Free() {
		s.table.Update(to)
		c.end(nil)
		return
	}
	s.commits.Submit(c.lease, c)
}

// change is a lease on its way to disk.
type change struct {
	server *Server
	lease  lease.Lease
	own    bool // the partner is to be told
	then   func(error)
}

// Committed is called by the store's committer.
func (c *change) Committed(commit uint64, err error) {
	s := c.server
	if err == nil {
		s.storeWorks()
		c.lease.Commit = commit
		s.table.Update(c.lease)
		s.wakeExpiry(&c.lease)
		if c.own && c.lease.Flags&lease.FailoverUpdated == 0 {
			s.tell(&c.lease)
		}
	} else {
		s.storeFailed(err)
	}
	c.end(err)
}

func (s *Server) newChange(to lease.Lease, then func(error)) *change {
	s.changes.add(1)
	return &change{server: s, lease: to, then: then}
}

func (c *change) end(err error) {
	defer c.server.changes.release()
	c.server.release(c.lease.Key)
	if c.then != nil {
		c.then(err)
	}
}
