package failover

import (
	"sync/atomic"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/wire"
)

// view is the leases of a relationship as the core sees them: what is on disk.
type view struct {
	table *lease.Table
	role  lease.Role
	now   atomic.Pointer[viewed]
	// buckets says which clients are the partner's by load balancing; nil is
	// none in particular.
	affine func(lease.ClientKey) bool
}

// viewed are the scopes of one configuration.
type viewed struct {
	scopes []sharedScope
	group  *lease.Group
}

type sharedScope struct {
	share
	id lease.ScopeID
}

func newView(t *lease.Table, role lease.Role) *view {
	v := &view{table: t, role: role}
	v.now.Store(&viewed{group: t.Group(nil)})
	return v
}

// configure takes the scopes of a configuration that is in service.
func (v *view) configure(r *relationship) {
	n := &viewed{}
	var ids []lease.ScopeID
	for _, s := range r.scopes {
		if id, ok := v.table.ScopeID(s.name); ok {
			n.scopes = append(n.scopes, sharedScope{s, id})
			ids = append(ids, id)
		}
	}
	n.group = v.table.Group(ids)
	v.now.Store(n)
}

func (v *view) Mine(k lease.Key) bool { return v.now.Load().group.Has(k) }

func (v *view) Get(k lease.Key) lease.Lease {
	l := v.table.At(k)
	if l.State == lease.Offered {
		l, _ = l.Beneath()
	}
	return l
}

func (v *view) Unacked(after lease.Key, n int, buf []lease.Lease) []lease.Lease {
	return v.now.Load().group.Unacked(after, n, buf)
}

// waiting is how many leases the partner has yet to acknowledge.
func (v *view) waiting() int { return v.now.Load().group.CountUnacked() }

func (v *view) All(after lease.Key, n int, buf []lease.Lease) []lease.Lease {
	return v.now.Load().group.All(after, n, buf)
}

func (v *view) Pending(end int64, n int, buf []lease.Key) []lease.Key {
	return v.now.Load().group.Pending(end, n, buf)
}

func (v *view) NextPending() (int64, bool) { return v.now.Load().group.NextPending() }

func (v *view) Pools(buf []binding.Pool) []binding.Pool {
	for _, s := range v.now.Load().scopes {
		buf = append(buf, v.pool(&s))
	}
	return buf
}

func (v *view) pool(s *sharedScope) binding.Pool {
	c := v.table.Counters(s.id)
	free, backup := c.Available, c.OtherAvailable
	if v.role == lease.Secondary {
		free, backup = backup, free
	}
	return binding.Pool{
		Scope: s.name, Free: free, Backup: backup, Pending: c.PendingAvailable,
		Percent: s.percent, BOOTP: s.bootp, Boundary: s.boundary, FirstOrder: s.first,
	}
}

func (v *view) Spare(p *binding.Pool, owner lease.Role, n int, buf []lease.Key) []lease.Key {
	for _, s := range v.now.Load().scopes {
		if s.name == p.Scope {
			return v.table.Spare(s.id, owner, n, v.affine, buf)
		}
	}
	return buf
}

// bucketOf is the hash bucket of a client (RFC 3074).
func bucketOf(k *lease.ClientKey) uint8 {
	return wire.Bucket(k.ID, wire.HW{Type: k.HW.Type, Len: k.HW.Len, Addr: k.HW.Addr})
}
