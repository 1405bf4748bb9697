package store

import (
	"database/sql/driver"
	"errors"
	"io"
	"strings"

	"leasehold/internal/lease"
)

const (
	// sliceRows are folded in one transaction: commits wait for so long. A
	// journal that grows in spite of it is folded in larger slices.
	sliceRows      = 128
	largeSliceRows = 4096
	// severalRows go into the lease table with one statement: each call into
	// SQLite costs more than the row does.
	severalRows = 16
	rowColumns  = 9
	// trimSize octets, about, of the journal are deleted in one transaction.
	trimSize = 1 << 20
)

// fold brings the older part of the journal into the lease table: in key
// order, so that a page of it is written once for all its rows. A crash in
// between does no harm: what was folded is still in the journal, and the
// journal's rows count.
func (t *tender) fold() error {
	o, err := readJournal(t.c, 2*t.db.sizes.fold)
	if err != nil {
		return err
	}
	for refs := o.refs; len(refs) > 0; {
		if t.stopping() {
			return errStopped
		}
		n := sliceRows
		if journal, _ := t.journal(); journal > 3*t.db.sizes.fold {
			n = largeSliceRows
		}
		n = min(n, len(refs))
		for n < len(refs) && refs[n].key == refs[n-1].key {
			n++ // a lease and its acknowledgement go together
		}
		if err := t.foldSlice(o, refs[:n]); err != nil {
			return err
		}
		refs = refs[n:]
		if err := t.checkpoint(false); err != nil {
			return err
		}
	}
	return t.trimTo(o)
}

func (t *tender) foldSlice(o *overlay, refs []ref) error {
	t.db.mu.Lock()
	defer t.db.mu.Unlock()
	return t.c.inTx(func() error {
		t.args = t.args[:0]
		for len(refs) > 0 {
			e, rest, err := o.take(refs)
			if err != nil {
				return corrupt("%w", err)
			}
			refs = rest
			if e.ack != nil {
				if err := t.foldAck(e.ack); err != nil {
					return err
				}
				continue
			}
			row := &e.row
			t.args = append(t.args, int64(row.key.VPN), int64(row.key.Addr), int64(row.state), int64(row.flags),
				blob(row.hw), blob(row.clientID), row.expiration, int64(e.commit), blob(row.rest))
			if len(t.args) == severalRows*rowColumns {
				if err := t.several.exec(t.args...); err != nil {
					return err
				}
				t.args = t.args[:0]
			}
		}
		for args := t.args; len(args) > 0; args = args[rowColumns:] {
			if err := t.replace.exec(args[:rowColumns]...); err != nil {
				return err
			}
		}
		return nil
	})
}

// foldAck changes a row of the lease table as the acknowledgement of it says.
func (t *tender) foldAck(a *lease.Ack) error {
	dest := make([]driver.Value, 3)
	err := t.find.row(dest, int64(a.VPN), int64(a.Addr))
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	flags, okFlags := dest[0].(int64)
	commit, okCommit := dest[1].(int64)
	if !okFlags || !okCommit {
		return corrupt("the lease table holds a row that is not a lease: %v", dest)
	}
	if uint64(commit) != a.Commit {
		return nil
	}
	row := packedRow{flags: lease.Flags(flags)}
	row.rest, _ = dest[2].([]byte)
	if err := row.acknowledge(a); err != nil {
		return corrupt("lease %v: %w", a.Addr, err)
	}
	return t.acked.exec(int64(row.flags), blob(row.rest), int64(a.VPN), int64(a.Addr))
}

// replaceRows is the statement that writes n rows of the lease table.
func replaceRows(n int) string {
	const row = "(?, ?, ?, ?, ?, ?, ?, ?, ?)"
	return "REPLACE INTO lease (vpn, address, state, flags, hw, client_id, expiration, commit_no, rest) VALUES " + row + strings.Repeat(", "+row, n-1)
}

// blob is b for SQLite, NULL where it is empty.
func blob(b []byte) driver.Value {
	if len(b) == 0 {
		return nil
	}
	return b
}

// trimTo deletes from the journal what was folded.
func (t *tender) trimTo(o *overlay) error {
	for chunks := o.chunks; len(chunks) > 0; {
		n, size := 0, 0
		for n < len(chunks) && size < trimSize {
			size += len(chunks[n].packed)
			n++
		}
		if err := t.trimChunk(chunks[n-1], size); err != nil {
			return err
		}
		chunks = chunks[n:]
	}
	t.db.mu.Lock()
	defer t.db.mu.Unlock()
	t.db.foldAt = t.db.sizes.fold
	return nil
}

// trimChunk deletes the journal up to and with last, size octets of it.
func (t *tender) trimChunk(last chunk, size int) error {
	t.db.mu.Lock()
	defer t.db.mu.Unlock()
	err := t.c.inTx(func() error {
		if err := t.trim.exec(last.seq); err != nil {
			return err
		}
		return t.folded.exec(int64(last.commit))
	})
	if err == nil {
		t.db.journal -= size
	}
	return err
}
