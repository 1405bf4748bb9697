package store

import (
	"database/sql/driver"
	"errors"
	"os"
	"sync"
	"sync/atomic"
)

const (
	pageSize = 4096
	// quickFrames may be checkpointed while commits wait.
	quickFrames = 64
	// walLimit is the size to which the log's file is cut back.
	walLimit = 64 << 20
)

// sizes say when upkeep is due.
type sizes struct {
	// fold is the size of the journal, in octets, at which it is folded: the
	// more rows at a time, the more of them share a page of the lease table;
	// the fewer, the less memory it takes and the less there is to read at
	// start.
	fold int
	// checkpoint is the length of the log, in frames, at which it is
	// checkpointed: the longer, the rarer and the more worth it.
	checkpoint int64
	// watch is how many octets go into the log between two looks at it.
	watch int
}

var usualSizes = sizes{fold: 8 << 20, checkpoint: 32 << 20 / pageSize, watch: 1 << 20}

var errStopped = errors.New("stopped")

// tender does the upkeep of a lease database on its own goroutine and its own
// connection, in small transactions between the commits: it folds the journal
// into the lease table and checkpoints the log. Its transactions are not
// synced: until they are, by the next commit or the checkpoint, the journal
// holds the same rows.
type tender struct {
	db      *LeaseDB
	c       *conn
	file    *os.File // to sync the database file beside commits
	replace *stmt    // one row of the lease table
	several *stmt    // severalRows of them
	find    *stmt    // what of a row an acknowledgement changes
	acked   *stmt    // and its change
	trim    *stmt
	folded  *stmt
	noop    *stmt
	passive *stmt
	args    []driver.Value // of replace or several

	running sync.Mutex // held while at work

	call chan struct{}
	quit chan struct{}
	done sync.WaitGroup
	idle atomic.Bool

	mu  sync.Mutex
	err error
}

func newTender(db *LeaseDB) (t *tender, err error) {
	t = &tender{db: db, call: make(chan struct{}, 1), quit: make(chan struct{})}
	if t.c, err = dialWriter(db.path, "NORMAL"); err != nil {
		return t, err
	}
	if t.file, err = os.OpenFile(db.path, os.O_RDWR, 0); err != nil {
		return t, err
	}
	for _, p := range []struct {
		s   **stmt
		sql string
	}{
		{&t.replace, replaceRows(1)},
		{&t.several, replaceRows(severalRows)},
		{&t.find, "SELECT flags, commit_no, rest FROM lease WHERE vpn = ? AND address = ?"},
		{&t.acked, "UPDATE lease SET flags = ?, rest = ? WHERE vpn = ? AND address = ?"},
		{&t.trim, "DELETE FROM journal WHERE seq <= ?"},
		{&t.folded, "UPDATE meta SET value = max(value, ?) WHERE key = 'folded'"},
		{&t.noop, "PRAGMA wal_checkpoint(NOOP)"},
		{&t.passive, "PRAGMA wal_checkpoint(PASSIVE)"},
	} {
		if *p.s, err = t.c.prepare(p.sql); err != nil {
			return t, err
		}
	}
	return t, nil
}

func (t *tender) start() {
	t.done.Go(func() {
		for {
			select {
			case <-t.quit:
				return
			case <-t.call:
				t.run(t.idle.Swap(false))
			}
		}
	})
}

// run does what is due, or with idle whatever there is, and keeps what went
// wrong for lastErr.
func (t *tender) run(idle bool) {
	t.running.Lock()
	defer t.running.Unlock()
	err := t.work(idle)
	if errors.Is(err, errStopped) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = fileError("tidy up the lease database", t.db.path, err)
}

// wake has the tender look after the file; idle means that it may do what is
// not due yet.
func (t *tender) wake(idle bool) {
	if idle {
		t.idle.Store(true)
	}
	select {
	case t.call <- struct{}{}:
	default:
	}
}

func (t *tender) lastErr() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// stopping tells whether the database is being closed.
func (t *tender) stopping() bool {
	select {
	case <-t.quit:
		return true
	default:
		return false
	}
}

func (t *tender) work(idle bool) error {
	for {
		journal, due := t.journal()
		if journal == 0 || (!due && !idle) {
			break
		}
		if err := t.fold(); err != nil {
			t.postpone()
			return err
		}
		if t.stopping() {
			return errStopped
		}
	}
	return t.checkpoint(idle)
}

func (t *tender) journal() (size int, due bool) {
	t.db.mu.Lock()
	defer t.db.mu.Unlock()
	return t.db.journal, t.db.journal >= t.db.foldAt
}

// postpone keeps commits from calling at once again after a failure; an idle
// moment still does.
func (t *tender) postpone() {
	t.db.mu.Lock()
	defer t.db.mu.Unlock()
	t.db.foldAt = t.db.journal + t.db.sizes.fold
}

// checkpoint brings the log back into the database file if it is long, or with
// idle in any case. Copying and syncing happen beside the commits; only the
// last few frames are done while commits wait, because the log starts over
// only where nothing is left in it.
func (t *tender) checkpoint(idle bool) error {
	frames, done, err := walState(t.noop)
	if err != nil || done == frames || (!idle && frames < t.checkpointAt()) {
		return err
	}
	for range 4 {
		if _, _, err = walState(t.passive); err != nil {
			return err
		}
		// SQLite itself syncs only once nothing is left.
		if err = t.file.Sync(); err != nil {
			return err
		}
		if frames, done, err = walState(t.noop); err != nil {
			return err
		}
		if frames-done <= quickFrames {
			break
		}
	}
	t.db.mu.Lock()
	defer t.db.mu.Unlock()
	if frames, done, err = walState(t.passive); err != nil {
		return err
	}
	t.db.checkpointAt = t.db.sizes.checkpoint
	if done < frames { // someone still reads an older state
		t.db.checkpointAt += frames
	}
	return nil
}

func (t *tender) checkpointAt() int64 {
	t.db.mu.Lock()
	defer t.db.mu.Unlock()
	return t.db.checkpointAt
}

// walState runs a checkpoint statement and returns how many frames the log has
// and how many of them are in the database file.
func walState(s *stmt) (frames, done int64, err error) {
	dest := make([]driver.Value, 3)
	if err := s.row(dest); err != nil {
		return 0, 0, err
	}
	return dest[1].(int64), dest[2].(int64), nil
}

// finish stops the goroutine and does all that is left, for Close.
func (t *tender) finish() error {
	close(t.quit)
	t.done.Wait()
	t.quit = nil // work is not stopped from here on
	return t.work(true)
}

func (t *tender) close() error {
	var errs []error
	for _, s := range []*stmt{t.replace, t.several, t.find, t.acked, t.trim, t.folded, t.noop, t.passive} {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	if t.c != nil {
		errs = append(errs, t.c.Close())
	}
	return errors.Join(errs...)
}

// closeFile comes after all connections: closing any descriptor of a file
// takes away the locks that the process has on it.
func (t *tender) closeFile() error {
	if t.file == nil {
		return nil
	}
	return t.file.Close()
}
