package lease

// proposal is what the store holds of a lease while newer values are on their
// way to it.
type proposal struct {
	committed Lease
	underWay  int
}

// Propose is Change for a change that must reach the disk before anybody is
// told. Its own exchange and the allocator see it at once, Committed and the
// listings only after Settle. Every successful Propose must be followed by one
// Settle or Revert with the lease it returned, in the order of the proposals
// for one address.
func (t *Table) Propose(k Key, f func(Lease, Place) (Lease, bool)) (Lease, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before, now, ok := t.change(k, f)
	if !ok {
		return now, false
	}
	i := t.pages.row(k)
	if i == 0 {
		return now, true // blank before and after: nothing to show or undo
	}
	p := t.pending[k]
	if p == nil {
		p = &proposal{committed: before}
		t.pending[k] = p
	}
	p.underWay++
	t.rows.at(i).pending = true
	return now, true
}

// Settle ends a proposal that is on disk in the batch of this number.
func (t *Table) Settle(l Lease, commit uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.pending[l.Key]
	if p == nil {
		return
	}
	r := t.rows.at(t.pages.row(l.Key))
	r.commit = commit
	p.committed = l
	p.committed.Commit = commit
	t.endProposal(l.Key, p, r)
}

// Revert ends a proposal that could not be written: the lease goes back to
// what is on disk, unless a later proposal is still under way.
func (t *Table) Revert(l Lease) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.pending[l.Key]
	if p == nil {
		return
	}
	if t.endProposal(l.Key, p, t.rows.at(t.pages.row(l.Key))) {
		t.put(&p.committed)
	}
}

// endProposal says whether it was the last one under way.
func (t *Table) endProposal(k Key, p *proposal, r *row) bool {
	if p.underWay--; p.underWay > 0 {
		return false
	}
	delete(t.pending, k)
	r.pending = false
	return true
}

// Committed is Get for reports: while a proposed change is not yet on disk
// it returns the lease as it was before.
func (t *Table) Committed(k Key) (Lease, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	i := t.pages.row(k)
	if i == 0 {
		return Lease{}, false
	}
	return t.committed(t.rows.at(i))
}

// committed is the record as reports show it; false if all there is to it is
// a proposal.
func (t *Table) committed(r *row) (Lease, bool) {
	if !r.pending {
		return t.rows.read(r), true
	}
	l := t.pending[r.key()].committed
	l.Flags = l.kept() | r.flags&derived
	return l, !l.blank()
}
