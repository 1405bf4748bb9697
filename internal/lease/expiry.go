package lease

import (
	"cmp"
	"slices"
)

// Due returns up to limit leases of configured scopes whose Deadline has come,
// earliest first among those returned. They stay due until they are changed.
func (t *Table) Due(now int64, limit int) []Lease {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var due []Lease
	t.wakeups.due(now, func(id uint32) bool {
		t.scopes[id].deadlines.due(now, func(i uint32) bool {
			if len(due) < limit {
				due = append(due, t.rows.read(t.rows.at(i)))
			}
			return len(due) < limit
		})
		return len(due) < limit
	})
	slices.SortFunc(due, func(a, b Lease) int {
		return cmp.Or(cmp.Compare(a.Expiration, b.Expiration), cmp.Compare(a.VPN, b.VPN), cmp.Compare(a.Addr, b.Addr))
	})
	return due
}

// NextDeadline is the earliest time at which Due will return something.
func (t *Table) NextDeadline() (int64, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	e, ok := t.wakeups.top()
	return e.when, ok
}
