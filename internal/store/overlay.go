package store

import (
	"database/sql/driver"
	"errors"

	"leasehold/internal/lease"
)

// overlay holds journal rows sorted by key, the youngest of each: what lies
// over the lease table. Behind a lease may stand its acknowledgement, or that
// alone, if the lease is in the table.
type overlay struct {
	chunks []chunk
	refs   []ref
	size   int
}

// chunk is a journal row.
type chunk struct {
	seq    int64
	commit uint64
	packed []byte
}

// ref points to a packed lease of a chunk, or to a packed acknowledgement.
type ref struct {
	key    uint64
	chunk  uint32
	offset uint32
}

// ofAck marks the offset of an acknowledgement.
const ofAck = 1 << 31

func (r ref) isAck() bool { return r.offset&ofAck != 0 }

// order packs a key so that numbers sort as keys do.
func order(k lease.Key) uint64 { return uint64(k.VPN)<<32 | uint64(k.Addr) }

var errEnough = errors.New("enough")

// readJournal reads the journal from its oldest row on, until about limit
// octets are there (0: all of it).
func readJournal(c *conn, limit int) (*overlay, error) {
	s, err := c.prepare("SELECT seq, commit_no, rows FROM journal ORDER BY seq")
	if err != nil {
		return nil, err
	}
	o := &overlay{}
	dest := make([]driver.Value, 3)
	err = s.each(dest, func() error {
		if limit > 0 && o.size >= limit {
			return errEnough
		}
		seq, okSeq := dest[0].(int64)
		commit, okCommit := dest[1].(int64)
		packed, okPacked := dest[2].([]byte)
		if !okSeq || !okCommit || !okPacked || commit < 0 {
			return corrupt("the journal holds a row that is not a batch")
		}
		return o.add(seq, uint64(commit), packed)
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	if err := errors.Join(err, s.Close()); err != nil {
		return nil, err
	}
	o.sort()
	return o, nil
}

// add takes a journal row in.
func (o *overlay) add(seq int64, commit uint64, packed []byte) error {
	if len(packed) == 0 || packed[0] > journalAcks {
		return corrupt("journal row %d is of an unknown kind", seq)
	}
	o.size += len(packed)
	at, err := o.addAcks(packed)
	for err == nil && at < len(packed) && packed[0] != journalFiller {
		var row packedRow
		var rest []byte
		if row, rest, err = unpack(packed[at:]); err == nil {
			o.refs = append(o.refs, ref{key: order(row.key), chunk: uint32(len(o.chunks)), offset: uint32(at)})
			at = len(packed) - len(rest)
		}
	}
	if err != nil {
		return corrupt("journal row %d, octet %d: %w", seq, at, err)
	}
	o.chunks = append(o.chunks, chunk{seq, commit, packed})
	return nil
}

// addAcks takes in the acknowledgements of a journal row, and returns where its
// leases begin.
func (o *overlay) addAcks(packed []byte) (at int, err error) {
	if packed[0] != journalAcks {
		return 1, nil
	}
	acks, rows, ok := cutBytes(packed[1:])
	if !ok {
		return 1, errRow
	}
	for end := len(packed) - len(rows); len(acks) > 0; {
		at := end - len(acks)
		a, rest, err := unpackAck(acks)
		if err != nil {
			return at, err
		}
		o.refs = append(o.refs, ref{key: order(a.Key), chunk: uint32(len(o.chunks)), offset: uint32(at) | ofAck})
		acks = rest
	}
	return len(packed) - len(rows), nil
}

// sort brings the rows into key order and leaves of each key the youngest lease and
// its last acknowledgement.
func (o *overlay) sort() {
	o.refs = byKey(o.refs)
	kept := o.refs[:0]
	for refs := o.refs; len(refs) > 0; {
		n, whole := 1, -1
		for n < len(refs) && refs[n].key == refs[0].key {
			n++
		}
		for i, r := range refs[:n] {
			if !r.isAck() {
				whole = i
			}
		}
		var lease, ack ref
		if whole >= 0 {
			lease = refs[whole]
		}
		for _, r := range refs[whole+1 : n] {
			if whole < 0 || o.ack(r).Commit == o.chunks[lease.chunk].commit {
				ack = r
			}
		}
		refs = refs[n:]
		if whole >= 0 {
			kept = append(kept, lease)
		}
		if ack.isAck() {
			kept = append(kept, ack)
		}
	}
	o.refs = kept
}

// entry is what the journal has of a lease: the lease, or if that is in the table
// its acknowledgement alone.
type entry struct {
	key    uint64
	row    packedRow
	commit uint64
	ack    *lease.Ack
}

// take returns the first entry of refs, and what follows it.
func (o *overlay) take(refs []ref) (e entry, rest []ref, err error) {
	r := refs[0]
	e.key, rest = r.key, refs[1:]
	if r.isAck() {
		e.ack = new(o.ack(r))
		return e, rest, nil
	}
	e.row, e.commit = o.row(r)
	if len(rest) > 0 && rest[0].key == r.key {
		a := o.ack(rest[0])
		err, rest = e.row.acknowledge(&a), rest[1:]
	}
	return e, rest, err
}

// byKey sorts refs by their keys and keeps the order of those that have the same:
// by one octet of the key after the other, those alone that are not the same in
// all. The keys of a journal are many and of few networks.
func byKey(refs []ref) []ref {
	sorted, all, some := true, ^uint64(0), uint64(0)
	for i := range refs {
		all, some = all&refs[i].key, some|refs[i].key
		sorted = sorted && (i == 0 || refs[i-1].key <= refs[i].key)
	}
	if sorted {
		return refs
	}
	spare := make([]ref, len(refs))
	for shift := 0; shift < 64; shift += 8 {
		if (all^some)>>shift&0xff == 0 {
			continue
		}
		var place [256]int
		for i := range refs {
			place[refs[i].key>>shift&0xff]++
		}
		next := 0
		for b, n := range place {
			place[b], next = next, next+n
		}
		for _, r := range refs {
			at := &place[r.key>>shift&0xff]
			spare[*at] = r
			*at++
		}
		refs, spare = spare, refs
	}
	return refs
}

// row returns the row that r points to and the number of its commit. It was
// unpacked before, so it can be unpacked.
func (o *overlay) row(r ref) (packedRow, uint64) {
	c := &o.chunks[r.chunk]
	row, _, err := unpack(c.packed[r.offset:])
	if err != nil {
		panic("store: a journal row cannot be unpacked a second time: " + err.Error())
	}
	return row, c.commit
}

// ack returns the acknowledgement that r points to.
func (o *overlay) ack(r ref) lease.Ack {
	a, _, err := unpackAck(o.chunks[r.chunk].packed[r.offset&^ofAck:])
	if err != nil {
		panic("store: an acknowledgement cannot be unpacked a second time: " + err.Error())
	}
	return a
}
