package store

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"leasehold/internal/lease"
)

// model is what the database must hold.
type model map[lease.Key]lease.Lease

func (m model) put(batch []lease.Lease, commit uint64) {
	for _, l := range batch {
		l.Commit = commit
		m[l.Key] = l
	}
}

func (m model) sorted() []lease.Lease {
	var ls []lease.Lease
	for _, l := range m {
		ls = append(ls, l)
	}
	slices.SortFunc(ls, func(a, b lease.Lease) int { return compareKeys(a.Key, b.Key) })
	return ls
}

func (m model) check(t *testing.T, when string, got []lease.Lease) {
	t.Helper()
	want := m.sorted()
	if len(got) != len(want) {
		t.Fatalf("%s: %d leases, want %d", when, len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("%s: lease %d\ngot  %+v\nwant %+v", when, i, got[i], want[i])
		}
	}
}

// reread checks what the database holds: as it is, folded, or after a restart; or not
// at all.
func (m model) reread(t *testing.T, db *LeaseDB, dir string, how int) *LeaseDB {
	t.Helper()
	switch how {
	case 0:
		m.check(t, "from the journal", loaded(t, db))
	case 1:
		settle(t, db)
		m.check(t, "folded", loaded(t, db))
	case 2:
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = leasesIn(t, dir)
		m.check(t, "after a restart", loaded(t, db))
	}
	return db
}

// The database holds what a map would hold, whatever of it is in the journal,
// half folded, folded, or read after a restart.
func TestCommittedLeasesAreLoaded(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	dir := t.TempDir()
	db := leasesIn(t, dir)
	m := model{}
	var last uint64
	for round := range 40 {
		var batch []lease.Lease
		for range r.IntN(60) {
			l := randomLease(r)
			l.Addr %= 500
			batch = append(batch, l)
		}
		n := commit(t, db, batch...)
		if n <= last {
			t.Fatalf("commit %d after commit %d", n, last)
		}
		last = n
		m.put(batch, n)
		db = m.reread(t, db, dir, r.IntN(6))
		if round%10 == 0 {
			commit(t, db) // an empty batch changes nothing
			last++
		}
	}
	m.check(t, "at the end", loaded(t, db))
}

// settle folds and checkpoints all there is, as an idle moment does.
func settle(t testing.TB, db *LeaseDB) {
	t.Helper()
	db.tend.run(true)
	if err := db.Err(); err != nil {
		t.Fatal(err)
	}
	if db.journal != 0 {
		t.Fatalf("%d octets of journal left", db.journal)
	}
}

// A crash may end a fold anywhere: what the lease table has is then still in
// the journal, or was younger than what the journal still has.
func TestHalfFoldedJournal(t *testing.T) {
	db := leasesIn(t, t.TempDir())
	m := model{}
	put := func(generation int64, addrs ...uint32) {
		var batch []lease.Lease
		for _, a := range addrs {
			batch = append(batch, testLease(a, generation))
		}
		m.put(batch, commit(t, db, batch...))
	}
	put(1, 1, 2, 3, 4, 5, 6, 7, 8)
	put(2, 3, 4, 5)
	o, err := readJournal(db.tend.c, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.tend.foldSlice(o, o.refs[:4]); err != nil {
		t.Fatal(err)
	}
	m.check(t, "four of eight rows folded", loaded(t, db))
	put(3, 1, 4)
	m.check(t, "rows committed while folding", loaded(t, db))
	if err := db.tend.foldSlice(o, o.refs[4:]); err != nil {
		t.Fatal(err)
	}
	m.check(t, "all folded, nothing trimmed", loaded(t, db))
	if err := db.tend.trimChunk(o.chunks[0], len(o.chunks[0].packed)); err != nil {
		t.Fatal(err)
	}
	m.check(t, "half trimmed", loaded(t, db))
	settle(t, db)
	m.check(t, "done", loaded(t, db))
}

func TestLargeBatchIsOneCommit(t *testing.T) {
	dir := t.TempDir()
	db := leasesIn(t, dir)
	var batch []lease.Lease
	for i := range uint32(50_000) {
		batch = append(batch, testLease(i, 1))
	}
	n := commit(t, db, batch...)
	m := model{}
	m.put(batch, n)
	m.check(t, "from the journal", loaded(t, db))
	if next := commit(t, db, testLease(1, 2)); next != n+1 {
		t.Errorf("commit %d follows commit %d", next, n)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = leasesIn(t, dir)
	if next := commit(t, db, testLease(1, 3)); next != n+2 {
		t.Errorf("after a restart, commit %d follows commit %d", next, n+1)
	}
}

// A snapshot shows one state although commits, folds and checkpoints go on:
// every batch writes the same generation to all leases.
func TestSnapshotIsOneState(t *testing.T) {
	db := leasesSized(t, t.TempDir(), smallSizes)
	batch := func(generation int64) []lease.Lease {
		var b []lease.Lease
		for i := range uint32(3000) {
			b = append(b, testLease(i*7, generation))
		}
		return b
	}
	commit(t, db, batch(0)...)
	stop, stopped := make(chan struct{}), make(chan error, 1)
	go func() {
		for g := int64(1); ; g++ {
			select {
			case <-stop:
				stopped <- nil
				return
			default:
			}
			if _, err := db.Commit(context.Background(), batch(g)); err != nil {
				stopped <- err
				return
			}
			db.Tidy()
		}
	}()
	var seen int64
	for round := 0; round < 30 || seen < 5; round++ {
		var rows int
		var generation int64 = -1
		err := db.Snapshot(t.Context(), func(l lease.Lease) error {
			g := l.StateStart - 1_700_000_000
			if generation == -1 {
				generation = g
			}
			if g != generation {
				t.Errorf("lease %v is of generation %d among those of %d", l.Addr, g, generation)
			}
			rows++
			return nil
		})
		if err != nil || rows != 3000 || generation < seen {
			t.Fatalf("%d rows of generation %d after %d, %v", rows, generation, seen, err)
		}
		seen = generation
	}
	close(stop)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
}

func TestLoadStopsAtFirstError(t *testing.T) {
	db := leasesIn(t, t.TempDir())
	var batch []lease.Lease
	for i := range uint32(5000) {
		batch = append(batch, testLease(i, 1))
	}
	commit(t, db, batch...)
	calls, enough := 0, errors.New("that is enough")
	err := db.Load(t.Context(), func(lease.Lease) error {
		if calls++; calls == 700 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || calls != 700 {
		t.Errorf("got %v after %d calls", err, calls)
	}
	ctx, cancel := context.WithCancel(t.Context())
	calls = 0
	err = db.Load(ctx, func(lease.Lease) error {
		if calls++; calls == 10 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || calls == len(batch) {
		t.Errorf("got %v after %d calls", err, calls)
	}
}

func TestClosedDatabaseRefuses(t *testing.T) {
	db := leasesIn(t, t.TempDir())
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Commit(t.Context(), []lease.Lease{testLease(1, 1)}); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
	if err := db.Load(t.Context(), func(lease.Lease) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}

// A reader that stalls does not keep the database from being closed.
func TestCloseEndsReaders(t *testing.T) {
	db := leasesIn(t, t.TempDir())
	var batch []lease.Lease
	for i := range uint32(10 * scanBatch) {
		batch = append(batch, testLease(i, 1))
	}
	commit(t, db, batch...)
	reading, read, closed := make(chan bool), make(chan error), make(chan bool)
	go func() {
		stalled := false
		read <- db.Snapshot(context.Background(), func(lease.Lease) error {
			if !stalled {
				stalled = true
				reading <- true
				<-closed
			}
			return nil
		})
	}()
	<-reading
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	close(closed)
	if err := <-read; !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}

// The log does not outgrow its bound while commits go on without a pause.
func TestLogIsBounded(t *testing.T) {
	db := leasesIn(t, t.TempDir())
	r := rand.New(rand.NewPCG(7, 8))
	var longest int64
	for round := range 400 {
		var batch []lease.Lease
		for range 1000 {
			batch = append(batch, testLease(r.Uint32N(200_000), int64(round)))
		}
		commit(t, db, batch...)
		db.mu.Lock()
		frames, _, err := walState(db.noop)
		db.mu.Unlock()
		if err != nil {
			t.Fatal(err)
		}
		longest = max(longest, frames)
	}
	if err := db.Err(); err != nil {
		t.Fatal(err)
	}
	t.Logf("longest log: %d MiB", longest*pageSize>>20)
	if longest*pageSize > walLimit {
		t.Errorf("the log grew to %d MiB", longest*pageSize>>20)
	}
}

// Whoever looks at the file with another program finds the leases by
// address, state, hardware, client-id and expiration once the server closed it.
func TestFileIsReadable(t *testing.T) {
	dir := t.TempDir()
	db := leasesIn(t, dir)
	commit(t, db, testLease(10<<24|0x20304, 1), lease.Lease{
		Key: lease.Key{VPN: 3, Addr: 192<<24 | 168<<16 | 5}, State: lease.Unavailable, Expiration: lease.Forever,
	})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	got := selectText(t, filepath.Join(dir, "leases.db"), "SELECT * FROM leases")
	want := "0|10.2.3.4|leased|10|0102000A020304|0102000A020304|2023-11-21 22:13:21|1\n" +
		"3|192.168.0.5|unavailable|0|||forever|1\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// An acknowledgement changes the lease that it is about and no later one, whatever
// of both is in the journal, half folded, folded, or read after a restart.
func TestNotedAcknowledgementsAreLoaded(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	dir := t.TempDir()
	db := leasesIn(t, dir)
	m, old := model{}, model{}
	for round := range 120 {
		var batch []lease.Lease
		for range r.IntN(40) {
			l := randomLease(r)
			l.VPN, l.Addr, l.State = 0, l.Addr%60, lease.Leased
			batch = append(batch, l)
		}
		var acks []lease.Ack
		for k, l := range m {
			switch r.IntN(6) {
			case 0: // an old one, or the second of two
				l = old[k]
				acks = append(acks, lease.Ack{Key: k, AckPE: 1 + r.Int64N(lease.Forever), Commit: l.Commit})
			case 1, 2:
				acks = append(acks, lease.Ack{Key: k, AckPE: 1 + r.Int64N(lease.Forever), Commit: l.Commit})
			}
		}
		db.Note(acks)
		for i := range acks {
			m[acks[i].Key] = acks[i].To(m[acks[i].Key])
		}
		maps.Copy(old, m)
		m.put(batch, commit(t, db, batch...))
		switch how := r.IntN(6); how {
		default:
			db = m.reread(t, db, dir, how)
		case 3:
			o, err := readJournal(db.tend.c, 0)
			if err != nil {
				t.Fatal(err)
			}
			if err := db.tend.foldSlice(o, o.refs); err != nil {
				t.Fatal(err)
			}
			m.check(t, "folded, nothing trimmed", loaded(t, db))
			if len(o.chunks) > 1 {
				last := len(o.chunks) / 2
				size := 0
				for _, c := range o.chunks[:last] {
					size += len(c.packed)
				}
				if err := db.tend.trimChunk(o.chunks[last-1], size); err != nil {
					t.Fatal(err)
				}
				m.check(t, "half trimmed", loaded(t, db))
			}
		}
		if round%10 == 0 {
			commit(t, db) // what is noted alone
		}
	}
	m.check(t, "at the end", loaded(t, db))
}

// An acknowledgement takes little room, and can be written alone.
func TestNotedAcknowledgementIsSmall(t *testing.T) {
	db := leasesIn(t, t.TempDir())
	l := testLease(1, 1)
	l.Commit = commit(t, db, l)
	before := db.journal
	a := lease.Ack{Key: l.Key, AckPE: l.Expiration + 3600, Commit: l.Commit}
	db.Note([]lease.Ack{a})
	commit(t, db)
	if n := db.journal - before; n > 20 {
		t.Errorf("an acknowledgement takes %d octets", n)
	}
	m := model{}
	m.put(nil, 0)
	m[l.Key] = a.To(l)
	m.check(t, "acknowledged", loaded(t, db))
}
