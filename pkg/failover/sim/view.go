package sim

import (
	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
)

// view is the leases of one relationship as they are on disk.
type view struct {
	e  *endpoint
	id lease.ScopeID
	*lease.Group
}

var _ core.View = (*view)(nil)

func newView(e *endpoint) *view {
	id := e.n.scopes[e.index]
	return &view{e, id, e.n.table.Group([]lease.ScopeID{id})}
}

func (v *view) Mine(k lease.Key) bool { return v.Has(k) }

func (v *view) Get(k lease.Key) lease.Lease {
	l, _ := v.e.n.table.At(k).Beneath()
	return l
}

func (v *view) Pools(buf []binding.Pool) []binding.Pool {
	p := v.e.p
	c := v.e.n.table.Counters(v.id)
	free, backup := c.Available, c.OtherAvailable
	if v.e.role == lease.Secondary {
		free, backup = backup, free
	}
	return append(buf, binding.Pool{
		Scope: p.Name, Free: free, Backup: backup, Pending: c.PendingAvailable,
		Percent: p.Percent, BOOTP: p.BOOTP, FirstOrder: p.First,
	})
}

func (v *view) Spare(_ *binding.Pool, owner lease.Role, n int, buf []lease.Key) []lease.Key {
	return v.e.n.table.Spare(v.id, owner, n, v.partners, buf)
}

// partners tells whether a client is the partner's by load balancing.
func (v *view) partners(k lease.ClientKey) bool {
	a := &v.e.auth
	return a.Balanced && a.Buckets.Has(wire.Bucket(k.ID, wire.HW(k.HW))) != (v.e.role == lease.Primary)
}

// onDisk is the record of an address on a server's disk, with what follows
// from the configuration. The checkers go by it.
func (e *endpoint) onDisk(i int) lease.Lease {
	slot := e.p.index*maxPool + i
	l := e.n.disk.record(slot)
	l.Role = e.role
	l.Flags &^= lease.Reserved | lease.NotInRanges
	if e.n.reserved[slot] != "" {
		l.Flags |= lease.Reserved
	}
	if l.State == lease.Offered {
		l, _ = l.Beneath()
	}
	return l
}

func isFree(l *lease.Lease) bool { return l.Free() }

func lastEnd(l *lease.Lease) int64 {
	return max(l.Expiration, l.Failover.SentPE, l.Failover.AckPE, l.Failover.RcvdPE)
}
