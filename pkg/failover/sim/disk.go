package sim

import (
	"errors"
	"slices"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/core"
)

// disk is what survives a crash: leases by slot, and a snapshot by endpoint.
// Writes of leases queue up and become durable a batch at a time, in order;
// snapshots go by themselves. Acknowledgements wait for leases that are written, or
// some time; what waits is lost in a crash.
type disk struct {
	n       *node
	content content
	queue   []write
	batch   []write       // being written; nil is none
	passing bool          // acknowledgements are noted
	acks    []lease.Ack   // noted
	written []lease.Ack   // being written, before the batch
	copies  []content     // backups; the last one
	copied  int64         // when, by the server's clock
	slow    time.Duration // a write takes up to so long
	stalled time.Duration // nothing is written before this time
	broken  bool          // writes fail
	failed  time.Duration // when one did last
	commit  uint64
	rng     rng
}

// content is all that is on a disk.
type content struct {
	leases []lease.Lease // by slot; State 0 is no record
	snaps  []core.Snapshot
	roles  []lease.Role // by endpoint, that of the snapshot
	gens   []uint64     // of the snapshots: the generation
	peers  []dhcpdState // of a dhcpd, instead

	// The configuration database remembers of the relationships whether they
	// were in service, and the generation.
	known []bool
	marks []uint64
}

func (c *content) clone() content {
	return content{
		leases: slices.Clone(c.leases), snaps: slices.Clone(c.snaps), roles: slices.Clone(c.roles),
		gens: slices.Clone(c.gens), peers: slices.Clone(c.peers),
		known: slices.Clone(c.known), marks: slices.Clone(c.marks),
	}
}

type write struct {
	lease lease.Lease
	learn func() // the table has it; called for all of a batch before done
	done  func(error)
}

var errDisk = errors.New("the disk does not write")

// submit writes a lease; learn and done are called when it is durable.
func (d *disk) submit(l lease.Lease, learn func(), done func(error)) {
	d.queue = append(d.queue, write{l, learn, done})
	if d.batch == nil {
		d.begin()
	}
}

// ackPause is how long acknowledgements wait by themselves.
const ackPause = time.Second

// note has acknowledgements written some time.
func (d *disk) note(acks []lease.Ack) {
	if len(d.acks) == 0 {
		d.waitAcks()
	}
	d.acks = append(d.acks, acks...)
}

func (d *disk) waitAcks() {
	d.when(ackPause, func() {
		switch {
		case len(d.acks) == 0:
		case d.batch != nil:
			d.waitAcks()
		default:
			d.begin()
		}
	})
}

// delay is how long the next write takes.
func (d *disk) delay() time.Duration {
	t := d.rng.between(d.slow/10, d.slow)
	if d.rng.chance(2) {
		t *= 10
	}
	return t
}

func (d *disk) begin() {
	d.batch, d.queue = append([]write{}, d.queue...), nil
	d.written, d.acks = d.acks, nil
	d.when(d.delay(), d.end)
}

// when calls do after a time, if the process lives and the disk does not
// stall; else when it does not any more.
func (d *disk) when(after time.Duration, do func()) {
	boot := d.n.boot
	d.n.at(d.n.w.now+after, func() {
		switch {
		case d.n.boot != boot || !d.n.up:
		case d.n.w.now < d.stalled:
			d.when(min(d.stalled-d.n.w.now, time.Second), do)
		default:
			do()
		}
	})
}

func (d *disk) end() {
	batch, acks := d.batch, d.written
	d.batch, d.written = nil, nil
	var err error
	if d.broken {
		err, d.failed = errDisk, d.n.w.now
		d.n.w.checks.unwritten(d.n)
	}
	if len(d.queue) > 0 {
		d.begin()
	}
	if err == nil {
		d.apply(acks, batch)
		for _, wr := range batch {
			wr.learn()
		}
	}
	boot := d.n.boot
	for _, wr := range batch {
		if d.n.boot != boot || !d.n.up {
			return // it crashed when an earlier one was known
		}
		wr.done(err)
	}
}

// apply makes acknowledgements and writes durable.
func (d *disk) apply(acks []lease.Ack, batch []write) {
	d.commit++
	w := d.n.w
	for i := range acks {
		slot := w.slotOf(acks[i].Key)
		before := d.content.leases[slot]
		if l := acks[i].To(before); l != before {
			d.content.leases[slot] = l
			w.note('w', int64(d.n.index), int64(slot), int64(l.State), int64(l.Flags), l.Expiration, l.Failover.AckPE)
			w.checks.wrote(d.n, slot, &before, &l)
		}
	}
	for i := range batch {
		l := &batch[i].lease
		l.Commit = d.commit
		slot := w.slotOf(l.Key)
		before := d.content.leases[slot]
		d.content.leases[slot] = *l
		w.note('w', int64(d.n.index), int64(slot), int64(l.State), int64(l.Flags), l.Expiration, l.Failover.AckPE)
		w.checks.wrote(d.n, slot, &before, l)
	}
}

// save writes an endpoint's snapshot.
func (d *disk) save(e *endpoint, s *core.Snapshot, done func(error)) {
	i := e.index
	was := d.content.snaps[i]
	was.Heartbeat, was.Contact = s.Heartbeat, s.Contact
	if was == *s && d.n.w.now < e.stampAt && !d.broken && d.n.w.now >= d.stalled && d.rng.n(8) > 0 {
		// A heartbeat. Most of them are written in no time: there are many,
		// and nothing comes of them.
		d.content.snaps[i] = *s
		done(nil)
		return
	}
	d.saveLater(e, *s, done)
}

func (d *disk) saveLater(e *endpoint, s core.Snapshot, done func(error)) {
	i := e.index
	d.when(d.delay()/2, func() {
		if d.broken {
			done(errDisk)
			return
		}
		e.record(s, s.State != d.content.snaps[i].State || d.n.w.now >= e.stampAt)
		done(nil)
	})
}

// crash settles what is left of the writes under way: the batch that was being
// written is there whole or not at all, what waited is gone.
func (d *disk) crash(keep fate) {
	if d.batch != nil && !d.broken && keep.drawn(&d.rng) {
		d.apply(d.written, d.batch)
	}
	d.batch, d.queue, d.written, d.acks = nil, nil, nil, nil
}

// fate is what a schedule says about things under way when something breaks.
type fate uint8

const (
	drawn fate = iota
	kept
	lost
)

func (f fate) drawn(r *rng) bool {
	luck := r.chance(50) // drawn in any case, so that the stream stays in step
	return f == kept || f == drawn && luck
}

// record is the durable lease of a slot, available if there is none.
func (d *disk) record(slot int) lease.Lease {
	l := d.content.leases[slot]
	if l.State == 0 {
		l.Key, l.State = d.n.w.keyAt(slot), lease.Available
	}
	return l
}
