package store

import (
	"database/sql/driver"
	"errors"

	"leasehold/internal/lease"
)

// overlay holds journal rows sorted by key, the youngest of each: what lies
// over the lease table.
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

// ref points to a packed lease of a chunk.
type ref struct {
	key    uint64
	chunk  uint32
	offset uint32
}

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
	if len(packed) == 0 || packed[0] > journalRows {
		return corrupt("journal row %d is of an unknown kind", seq)
	}
	o.size += len(packed)
	tail := packed[1:]
	if packed[0] == journalFiller {
		tail = nil
	}
	for len(tail) > 0 {
		offset := len(packed) - len(tail)
		row, rest, err := unpack(tail)
		if err != nil {
			return corrupt("journal row %d, octet %d: %w", seq, offset, err)
		}
		o.refs = append(o.refs, ref{key: order(row.key), chunk: uint32(len(o.chunks)), offset: uint32(offset)})
		tail = rest
	}
	o.chunks = append(o.chunks, chunk{seq, commit, packed})
	return nil
}

// sort brings the rows into key order and leaves the youngest of each key.
func (o *overlay) sort() {
	o.refs = byKey(o.refs)
	kept := o.refs[:0]
	for i, r := range o.refs {
		if i+1 < len(o.refs) && o.refs[i+1].key == r.key {
			continue
		}
		kept = append(kept, r)
	}
	o.refs = kept
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
