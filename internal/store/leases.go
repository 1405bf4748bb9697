package store

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"

	"leasehold/internal/lease"
)

const (
	// chunkSize bounds one journal row of leases, and with it what the driver copies
	// at a time.
	chunkSize = 256 << 10
	// fillerSize is what an empty batch writes: enough that a disk which
	// takes it takes a usual batch too.
	fillerSize = 64 << 10
)

// The first octet of a journal row.
const (
	journalFiller = 0 // nothing follows that matters
	journalRows   = 1 // packed leases follow
	journalAcks   = 2 // so many octets of packed acknowledgements (uvarint), then packed leases
)

// LeaseDB is the lease database: a lease.Store in one SQLite file.
type LeaseDB struct {
	path string

	// mu is the right to write to the file, through either connection.
	mu     sync.Mutex
	closed bool
	done   chan struct{} // closed with the database
	scans  sync.WaitGroup

	w             *conn // appends to the journal, synchronous=FULL
	insert        *stmt
	noop, passive *stmt
	endpoints     endpoints

	seq     int64         // last journal row
	commit  uint64        // last batch
	opened  uint64        // the last batch when it was opened
	last    atomic.Uint64 // the last batch on disk
	mark    *mark
	journal int // octets in the journal
	unseen  int // octets, about, that went into the log since it was looked at
	pack    packer
	buf     []byte
	noted   []byte // packed acknowledgements for the next batch

	// At these sizes of the journal (octets) and of the log (frames) the
	// tender is called; it moves them when it cannot get its work done.
	sizes        sizes
	foldAt       int
	checkpointAt int64

	tend *tender
}

var _ lease.Store = (*LeaseDB)(nil)

// OpenLeases opens the lease database or creates it where there is none.
func OpenLeases(path string) (*LeaseDB, error) { return openLeases(path, usualSizes) }

func openLeases(path string, sizes sizes) (*LeaseDB, error) {
	if err := leaseKind.ensure(path, nil); err != nil {
		return nil, err
	}
	db := &LeaseDB{path: path, done: make(chan struct{}),
		sizes: sizes, foldAt: sizes.fold, checkpointAt: sizes.checkpoint}
	if err := db.open(); err != nil {
		err = errors.Join(err, db.closeConns())
		return nil, fileError("open lease database", path, err)
	}
	db.tend.start()
	return db, nil
}

func (db *LeaseDB) open() (err error) {
	if db.w, err = dialWriter(db.path, "FULL"); err != nil {
		return err
	}
	if db.insert, err = db.w.prepare("INSERT INTO journal (seq, commit_no, rows) VALUES (?, ?, ?)"); err != nil {
		return err
	}
	if db.noop, err = db.w.prepare("PRAGMA wal_checkpoint(NOOP)"); err != nil {
		return err
	}
	if db.passive, err = db.w.prepare("PRAGMA wal_checkpoint(PASSIVE)"); err != nil {
		return err
	}
	if err := db.endpoints.prepare(db.w); err != nil {
		return err
	}
	last, err := db.w.prepare(`SELECT coalesce(max(seq), 0), coalesce(sum(length(rows)), 0),
		max(coalesce(max(commit_no), 0), (SELECT value FROM meta WHERE key = 'folded')) FROM journal`)
	if err != nil {
		return err
	}
	dest := make([]driver.Value, 3)
	if err := errors.Join(last.row(dest), last.Close()); err != nil {
		return err
	}
	db.opened = uint64(dest[2].(int64))
	db.last.Store(db.opened)
	db.seq, db.journal, db.commit = dest[0].(int64), int(dest[1].(int64)), uint64(dest[2].(int64))
	if db.mark, err = openMark(db.path); err != nil {
		return err
	}
	db.tend, err = newTender(db)
	return err
}

// dialWriter opens a connection that writes. SQLite's own checkpoints are off:
// they would make some unlucky batch pay for all. A log that grew beyond the
// limit (a report was being read) is cut back when it starts over.
func dialWriter(path, synchronous string) (*conn, error) {
	c, err := dial(path, url.Values{"mode": {"rw"}, "_mutex": {"no"}, "_synchronous": {synchronous}})
	if err != nil {
		return nil, err
	}
	if err := c.run(fmt.Sprintf("PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = %d", walLimit)); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Commit replaces or adds the rows in one transaction and returns its number,
// which every row of the batch carries. Of two rows of one key the later one
// counts. An empty batch writes what was noted; if that is nothing, it proves that
// the file takes writes.
func (db *LeaseDB) Commit(ctx context.Context, batch []lease.Lease) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return 0, &FileError{Op: commitOp(batch), File: db.path, Kind: ErrClosed}
	}
	err := db.append(batch)
	if err != nil && errors.Is(kindOf(err), ErrFull) && db.reclaim() {
		err = db.append(batch)
	}
	db.noted = db.noted[:0]
	if err != nil {
		return 0, fileError(commitOp(batch), db.path, err)
	}
	db.mark.set(db.commit)
	db.last.Store(db.commit)
	db.watch()
	return db.commit, nil
}

// Note has acknowledgements written with the next batch, before its rows. Nobody is
// told when; those of a batch that fails are lost.
func (db *LeaseDB) Note(acks []lease.Ack) {
	db.mu.Lock()
	defer db.mu.Unlock()
	for i := range acks {
		db.noted = packAck(db.noted, &acks[i])
	}
}

// Restored tells whether the database was, when it was opened, older than it had
// been: a copy was put in its place.
func (db *LeaseDB) Restored() bool { return db.mark.last > db.opened }

// Batches are the numbers of the last batch that the database had when it was
// opened, and of the last that it has on disk.
func (db *LeaseDB) Batches() (opened, last uint64) { return db.opened, db.last.Load() }

// reclaim tries to make room in the log on a full disk: what has reached the
// lease table's own pages need not stand in the log any more.
func (db *LeaseDB) reclaim() bool {
	frames, done, err := walState(db.passive)
	return err == nil && frames > 0 && done == frames
}

// watch calls the tender when the journal or the log has grown enough. How
// long the log is costs a call, so it is asked only once in a while.
func (db *LeaseDB) watch() {
	due := db.journal >= db.foldAt
	if db.unseen >= db.sizes.watch {
		db.unseen = 0
		if frames, _, err := walState(db.noop); err == nil {
			due = due || frames >= db.checkpointAt
		}
	}
	if due {
		db.tend.wake(false)
	}
}

func commitOp(batch []lease.Lease) string { return fmt.Sprintf("commit %d leases", len(batch)) }

// append writes the batch into the journal. A usual batch is one statement and
// its own transaction: one call into SQLite, one fsync.
func (db *LeaseDB) append(batch []lease.Lease) error {
	if len(batch) == 0 && len(db.noted) == 0 {
		return db.appendChunk(make([]byte, fillerSize))
	}
	chunk, rest := db.packChunk(db.noted, batch)
	if len(rest) == 0 {
		return db.appendChunk(chunk)
	}
	seq, commit, journal := db.seq, db.commit, db.journal
	err := db.w.inTx(func() error {
		for {
			if err := db.appendChunk(chunk); err != nil {
				return err
			}
			if len(rest) == 0 {
				return nil
			}
			db.commit = commit // all chunks of one batch have its number
			chunk, rest = db.packChunk(nil, rest)
		}
	})
	if err != nil {
		db.seq, db.commit, db.journal = seq, commit, journal
	}
	return err
}

func (db *LeaseDB) packChunk(acks []byte, batch []lease.Lease) (chunk []byte, rest []lease.Lease) {
	b := append(db.buf[:0], journalRows)
	if len(acks) > 0 {
		b[0] = journalAcks
		b = append(binary.AppendUvarint(b, uint64(len(acks))), acks...)
	}
	for len(batch) > 0 && len(b) < chunkSize {
		b = db.pack.pack(b, &batch[0])
		batch = batch[1:]
	}
	db.buf = b
	return b, batch
}

func (db *LeaseDB) appendChunk(chunk []byte) error {
	if err := db.insert.exec(db.seq+1, int64(db.commit+1), chunk); err != nil {
		return err
	}
	db.seq++
	db.commit++
	db.journal += len(chunk)
	db.unseen += len(chunk) + 2*pageSize
	return nil
}

// Err tells what keeps the upkeep of the file (folding, checkpoints) from
// succeeding; commits may go well nevertheless.
func (db *LeaseDB) Err() error { return db.tend.lastErr() }

// Tidy has the journal folded and the log checkpointed, in the background: for
// a moment without traffic.
func (db *LeaseDB) Tidy() { db.tend.wake(true) }

// Close folds the journal, so that the lease table is complete for whoever
// looks at the file, and closes it. An error means that the file was left with
// its journal; no row is lost by that.
func (db *LeaseDB) Close() error {
	db.mu.Lock()
	if db.closed {
		db.mu.Unlock()
		return nil
	}
	db.closed = true
	close(db.done)
	db.mu.Unlock()
	db.scans.Wait()
	err := db.tend.finish()
	return fileError("close lease database", db.path, errors.Join(err, db.closeConns()))
}

func (db *LeaseDB) closeConns() error {
	var errs []error
	if db.tend != nil {
		errs = append(errs, db.tend.close())
	}
	for _, s := range append(db.endpoints.all(), db.insert, db.noop, db.passive) {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	if db.w != nil {
		errs = append(errs, db.w.Close())
	}
	if db.mark != nil {
		errs = append(errs, db.mark.f.Close())
	}
	if db.tend != nil {
		errs = append(errs, db.tend.closeFile())
	}
	return errors.Join(errs...)
}
