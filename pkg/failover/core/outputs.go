package core

import "leasehold/internal/lease"

// outputs are what one Step decides. What concerns single leases is gathered:
// it comes behind the rest, for it waits for nothing but a snapshot.
type outputs struct {
	list  []Output
	taken bool

	holds  Hold
	writes Write
	notes  Note
	gone   Go
	acked  Acked
	settle Settle
}

// begin forgets what was taken, and keeps its space.
func (o *outputs) begin() {
	if !o.taken {
		return
	}
	clear(o.list)
	clear(o.writes.Leases)
	o.list, o.taken = o.list[:0], false
	o.holds = Hold{o.holds.IDs[:0], o.holds.Keys[:0]}
	o.writes = Write{o.writes.IDs[:0], o.writes.Leases[:0]}
	o.notes = Note{o.notes.IDs[:0], o.notes.Acks[:0]}
	o.gone.IDs, o.acked.Keys = o.gone.IDs[:0], o.acked.Keys[:0]
	o.settle = Settle{}
}

// gather puts in line what was gathered.
func (o *outputs) gather() {
	if len(o.gone.IDs) > 0 {
		o.list = append(o.list, o.gone)
	}
	if len(o.writes.IDs) > 0 {
		o.list = append(o.list, o.writes)
	}
	if len(o.notes.IDs) > 0 {
		o.list = append(o.list, o.notes)
	}
	if len(o.holds.IDs) > 0 {
		o.list = append(o.list, o.holds)
	}
	if len(o.acked.Keys) > 0 {
		o.list = append(o.list, o.acked)
	}
}

func (o *outputs) add(x Output) {
	if _, barrier := x.(Save); barrier {
		o.gather()
		o.holds, o.writes, o.notes, o.gone, o.acked = Hold{}, Write{}, Note{}, Go{}, Acked{}
	}
	o.list = append(o.list, x)
}

func (o *outputs) take() []Output {
	if !o.taken {
		o.taken = true
		o.gather()
		if o.settle.ID != 0 { // behind every snapshot: the authority waits for them
			o.list = append(o.list, o.settle)
		}
	}
	return o.list
}

func (o *outputs) hold(id uint64, k lease.Key) {
	o.holds.IDs, o.holds.Keys = append(o.holds.IDs, id), append(o.holds.Keys, k)
}

func (o *outputs) write(id uint64, l *lease.Lease) {
	o.writes.IDs, o.writes.Leases = append(o.writes.IDs, id), append(o.writes.Leases, *l)
}

func (o *outputs) note(id uint64, a lease.Ack) {
	o.notes.IDs, o.notes.Acks = append(o.notes.IDs, id), append(o.notes.Acks, a)
}

func (o *outputs) letGo(id uint64) { o.gone.IDs = append(o.gone.IDs, id) }

func (o *outputs) ack(k lease.Key) { o.acked.Keys = append(o.acked.Keys, k) }
