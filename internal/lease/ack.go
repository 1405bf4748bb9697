package lease

// Ack is all that a record changes by when the partner acknowledges a running
// lease as it is told: most changes under failover are of this kind, and the store
// writes little for one. It says of which batch the record was, so that it changes
// no later one.
type Ack struct {
	Key
	AckPE  int64
	Commit uint64 // of the record
}

// AckOf is the change from one record to the next as an acknowledgement; false if
// it is any other.
func AckOf(from, to *Lease) (Ack, bool) {
	if from.State != Leased || to.State != Leased || from.Commit == 0 || to.Flags&FailoverUpdated == 0 || to.Failover.AckPE == 0 {
		return Ack{}, false
	}
	a := Ack{Key: to.Key, AckPE: to.Failover.AckPE, Commit: from.Commit}
	return a, a.To(*from) == *to
}

// To is a record as the acknowledgement leaves it.
func (a *Ack) To(l Lease) Lease {
	if l.Key == a.Key && l.Commit == a.Commit {
		l.Flags |= FailoverUpdated
		l.Failover.AckPE = a.AckPE
	}
	return l
}

// Acknowledge takes acknowledgements into the table.
func (t *Table) Acknowledge(acks []Ack) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range acks {
		a := &acks[i]
		n := t.pages.row(a.Key)
		if n == 0 {
			continue
		}
		r := t.rows.at(n)
		if r.commit != a.Commit || r.state != Leased {
			continue
		}
		r.flags |= FailoverUpdated
		t.rows.acknowledge(r, a.AckPE)
		if r.role != Alone {
			t.pages.mark(a.Key, false)
		}
	}
}
