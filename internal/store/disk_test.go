package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"leasehold/internal/clock"
	"leasehold/internal/lease"
	"leasehold/pkg/objects"

	"golang.org/x/sys/unix"
)

func init() { childMains["filelimit"] = fileLimitChild }

// smallDisk mounts a disk of so many octets and returns its folder.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Fatalf("mount a small disk (this test needs root): %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

// fillDisk leaves no space in the folder's disk; removing the file it returns
// gives the space back.
func fillDisk(t *testing.T, dir string) (ballast string) {
	t.Helper()
	ballast = filepath.Join(dir, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(f, zeros{})
	if !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("filling the disk ended with %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return ballast
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// hastyClock makes the Committer look after its store without much waiting,
// and tells when it is about to.
type hastyClock struct {
	clock.Real
	looks chan struct{}
}

func newHastyClock() hastyClock { return hastyClock{looks: make(chan struct{}, 1)} }

func (c hastyClock) After(d time.Duration) <-chan time.Time {
	select {
	case c.looks <- struct{}{}:
	default:
	}
	return c.Real.After(d / 200)
}

// awaitWell returns once m has found its store well again.
func (c hastyClock) awaitWell(m *Committer) {
	for m.Err() != nil {
		<-c.looks
	}
}

// acknowledge commits leases of one generation through the Committer until one
// fails or all are done, and returns those that were acknowledged.
func acknowledge(c *Committer, m model, generation int64, n int) error {
	type result struct {
		commit uint64
		err    error
	}
	for i := range n {
		l := testLease(uint32(i), generation)
		done := make(chan result, 1)
		c.Submit(l, waiterFunc(func(commit uint64, err error) { done <- result{commit, err} }))
		r := <-done
		if r.err != nil {
			return r.err
		}
		m.put([]lease.Lease{l}, r.commit)
	}
	return nil
}

type waiterFunc func(commit uint64, err error)

func (f waiterFunc) Committed(commit uint64, err error) { f(commit, err) }

func TestFullDisk(t *testing.T) {
	dir := smallDisk(t, 8<<20)
	path := filepath.Join(dir, "leases.db")
	db := leasesSized(t, dir, smallSizes)
	hasty := newHastyClock()
	c := NewCommitter(db, hasty, nil)
	m := model{}
	if err := acknowledge(c, m, 1, 100); err != nil {
		t.Fatal(err)
	}
	for round := range int64(3) {
		ballast := fillDisk(t, dir)
		err := acknowledge(c, m, 2+round, 100_000)
		if !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), path) {
			t.Fatalf("on a full disk a waiter heard %v", err)
		}
		if err := c.Err(); !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), path) {
			t.Fatalf("on a full disk Err is %v", err)
		}
		if err := db.SaveEndpoint("pair", make([]byte, 1<<20)); !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), path) {
			t.Fatalf("on a full disk an endpoint was saved: %v", err)
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		if round == 0 { // traffic brings it back
			if err := acknowledge(c, m, 100, 10); err != nil {
				t.Fatalf("after space returned a waiter heard %v", err)
			}
		}
		hasty.awaitWell(c) // without traffic it comes back, too
	}
	if err := acknowledge(c, m, 200, 10); err != nil {
		t.Fatal(err)
	}
	c.Close()
	checkAtLeast(t, "after the disk was full", m, loaded(t, db))
	saveEndpoint(t, db, "pair", "normal")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	checkAtLeast(t, "after a restart", m, loaded(t, leasesIn(t, dir)))
}

// checkAtLeast looks for every acknowledged lease; a younger one that was
// refused may be there instead.
func checkAtLeast(t *testing.T, when string, m model, got []lease.Lease) {
	t.Helper()
	stored := map[lease.Key]lease.Lease{}
	for _, l := range got {
		stored[l.Key] = l
	}
	for _, want := range m {
		if l := stored[want.Key]; l.StateStart < want.StateStart {
			t.Fatalf("%s: acknowledged %+v\nstored %+v", when, want, l)
		}
	}
}

func TestFullDiskForConfiguration(t *testing.T) {
	dir := smallDisk(t, 2<<20)
	db := configIn(t, dir)
	ballast := fillDisk(t, dir)
	var err error
	o := object(objects.Policy, "a")
	last := ""
	for i := 0; err == nil && i < 10_000; i++ {
		o.Attrs["option.51"] = fmt.Sprint(i)
		if _, err = db.Commit(t.Context(), Tx{At: testTime, Put: []*objects.Object{o}}); err == nil {
			last = o.Attrs["option.51"]
		}
	}
	if !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), filepath.Join(dir, "config.db")) {
		t.Fatalf("on a full disk Commit said %v", err)
	}
	if got := load(t, db).Get(objects.Policy, "a"); (got == nil) != (last == "") || got != nil && got.Attrs["option.51"] != last {
		t.Errorf("stored %+v, acknowledged %q", got, last)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	write(t, db, []*objects.Object{o}, nil)
}

func TestReadOnlyDisk(t *testing.T) {
	dir := smallDisk(t, 8<<20)
	leases, config := filepath.Join(dir, "leases.db"), filepath.Join(dir, "config.db")
	db, err := OpenLeases(leases)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := OpenConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Close(), cfg.Close()); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenLeases(leases); !errors.Is(err, ErrReadOnly) || !strings.Contains(err.Error(), leases) {
		t.Errorf("got %v, want ErrReadOnly with the file's name", err)
	}
	if _, err := OpenConfig(config); !errors.Is(err, ErrReadOnly) || !strings.Contains(err.Error(), config) {
		t.Errorf("got %v, want ErrReadOnly with the file's name", err)
	}
	fresh := filepath.Join(dir, "fresh.db")
	if _, err := OpenLeases(fresh); !errors.Is(err, ErrReadOnly) || !strings.Contains(err.Error(), fresh) {
		t.Errorf("got %v, want ErrReadOnly with the file's name", err)
	}
}

// A database that stops taking writes while it is open, and takes them again.
func TestDatabaseTurnsReadOnly(t *testing.T) {
	db := leasesIn(t, t.TempDir())
	hasty := newHastyClock()
	c := NewCommitter(db, hasty, nil)
	defer c.Close()
	m := model{}
	turn := func(readOnly int) {
		t.Helper()
		db.mu.Lock()
		defer db.mu.Unlock()
		if err := db.w.run(fmt.Sprintf("PRAGMA query_only = %d", readOnly)); err != nil {
			t.Fatal(err)
		}
	}
	turn(1)
	if err := acknowledge(c, m, 1, 1); !errors.Is(err, ErrReadOnly) || !strings.Contains(err.Error(), db.path) {
		t.Errorf("a waiter heard %v", err)
	}
	if err := c.Err(); !errors.Is(err, ErrReadOnly) {
		t.Errorf("Err is %v", err)
	}
	turn(0)
	hasty.awaitWell(c)
	if err := acknowledge(c, m, 2, 1); err != nil {
		t.Error(err)
	}
}

// fileLimitChild has the system refuse its writes for a while: an I/O error
// that is not a full disk.
func fileLimitChild(args []string) error {
	db, err := OpenLeases(filepath.Join(args[0], "leases.db"))
	if err != nil {
		return err
	}
	ctx := context.Background()
	if _, err := db.Commit(ctx, []lease.Lease{testLease(1, 1)}); err != nil {
		return err
	}
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
		return err
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 1, Max: old.Max}); err != nil {
		return err
	}
	_, refused := db.Commit(ctx, []lease.Lease{testLease(1, 2)})
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
		return err
	}
	if !errors.Is(refused, ErrIO) || !strings.Contains(refused.Error(), db.path) {
		return fmt.Errorf("the refused commit said %w", refused)
	}
	if _, err := db.Commit(ctx, []lease.Lease{testLease(2, 3)}); err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	fmt.Println("done")
	return nil
}

func TestInputOutputError(t *testing.T) {
	dir := t.TempDir()
	c := startChild(t, "filelimit", dir)
	if !c.lines.Scan() || c.lines.Text() != "done" {
		t.Fatalf("the child said %q", c.lines.Text())
	}
	if err := c.cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, l := range loaded(t, leasesIn(t, dir)) {
		got = append(got, l.StateStart-1_700_000_000)
	}
	if fmt.Sprint(got) != "[1 3]" {
		t.Errorf("generations %v are stored, want [1 3]", got)
	}
}

func TestKindOfSystemErrors(t *testing.T) {
	for _, c := range []struct {
		err  error
		want error
	}{
		{unix.ENOSPC, ErrFull},
		{unix.EDQUOT, ErrFull},
		{unix.EROFS, ErrReadOnly},
		{&os.PathError{Op: "open", Path: "x", Err: unix.EACCES}, ErrReadOnly},
		{unix.EIO, ErrIO},
		{errors.New("something else"), nil},
		{corrupt("page 3"), ErrCorrupt},
	} {
		if got := kindOf(c.err); !errors.Is(got, c.want) {
			t.Errorf("%v is %v, want %v", c.err, got, c.want)
		}
	}
}
