package store

import (
	"bufio"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"leasehold/internal/clock"
	"leasehold/internal/lease"
	"leasehold/pkg/objects"
)

func init() {
	childMains["leases"] = leasesChild
	childMains["config"] = configChild
}

// child is a process of this test binary; what it acknowledges comes in lines.
type child struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
}

func startChild(t *testing.T, main string, args ...string) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), childEnv+"="+main)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.StdinPipe(); err != nil { // open until the child has ended
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return &child{cmd, bufio.NewScanner(out)}
}

// killAfter reads n acknowledgements, kills the child and returns them all,
// also those that were on their way.
func (c *child) killAfter(t *testing.T, n int) []string {
	t.Helper()
	var acks []string
	for c.lines.Scan() {
		acks = append(acks, c.lines.Text())
		if len(acks) == n {
			if err := c.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := c.lines.Err(); err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Wait(); err == nil || len(acks) < n {
		t.Fatalf("the child ended by itself after %d acknowledgements: %v", len(acks), err)
	}
	return acks
}

// crashClients renew crashLeases leases each.
const (
	crashClients = 40
	crashLeases  = 200
)

// ackPrinter acknowledges a lease by a line, as a DHCPACK would: only when it
// is committed.
type ackPrinter struct {
	out  io.Writer
	addr uint32
	gen  int64
	next chan error
}

func (w *ackPrinter) Committed(_ uint64, err error) {
	if err == nil {
		_, err = fmt.Fprintf(w.out, "%d %d\n", w.addr, w.gen)
	}
	w.next <- err
}

// leasesChild renews leases without end, each client one after the other,
// while an endpoint changes its state beside them.
func leasesChild(args []string) error {
	db, err := openLeases(filepath.Join(args[0], "leases.db"), smallSizes)
	if err != nil {
		return err
	}
	first, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil {
		return err
	}
	c := NewCommitter(db, clock.Real{}, nil)
	failed := make(chan error, crashClients+1)
	go func() {
		for gen := first; ; gen++ {
			err := db.SaveEndpoint(crashEndpoint, endpointOf(gen))
			if err == nil {
				_, err = fmt.Printf("endpoint %d\n", gen)
			}
			if err != nil {
				failed <- err
				return
			}
		}
	}()
	for k := range uint32(crashClients) {
		go func() {
			r := rand.New(rand.NewPCG(uint64(k), uint64(first)))
			next := make(chan error, 1)
			for gen := first; ; gen++ {
				addr := k*crashLeases + r.Uint32N(crashLeases)
				c.Submit(sharedLease(addr, gen), &ackPrinter{os.Stdout, addr, gen, next})
				if err := <-next; err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	return <-failed
}

// crashEndpoint is the endpoint of leasesChild; its snapshots are of unequal
// length, and whole only if all of their numbers agree.
const crashEndpoint = "main-backup"

func endpointOf(gen int64) []byte {
	return []byte(strings.Repeat(fmt.Sprintf("%d ", gen), int(1+gen%2000)))
}

// After kill -9 at any moment (of a commit, a fold, a checkpoint), every lease
// and every endpoint that was acknowledged is there, as it was acknowledged or
// younger.
func TestKilledProcessKeepsAcknowledgedLeases(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(11, 12))
	acked := map[uint32]int64{}
	rounds := 15
	if testing.Short() {
		rounds = 5
	}
	total, endpoint, saved := 0, int64(0), 0
	for round := range rounds {
		c := startChild(t, "leases", dir, strconv.Itoa(round*1_000_000+1))
		for _, line := range c.killAfter(t, 1+r.IntN(8000)) {
			var addr uint32
			var gen int64
			if n, err := fmt.Sscanf(line, "endpoint %d", &gen); n == 1 && err == nil {
				endpoint = max(endpoint, gen)
				saved++
				continue
			}
			if n, err := fmt.Sscanf(line, "%d %d", &addr, &gen); n != 2 || err != nil {
				continue // the last line may be cut off: not acknowledged
			}
			acked[addr] = max(acked[addr], gen)
			total++
		}
		checkAcked(t, dir, acked)
		checkSaved(t, dir, endpoint)
	}
	t.Logf("%d acknowledgements of leases and %d of endpoints in %d rounds", total, saved, rounds)
}

func checkAcked(t *testing.T, dir string, acked map[uint32]int64) {
	t.Helper()
	db := leasesSized(t, dir, smallSizes)
	stored := map[uint32]int64{}
	for _, l := range loaded(t, db) {
		gen := l.StateStart - 1_700_000_000
		want := sharedLease(uint32(l.Addr), gen)
		want.Commit = l.Commit
		if l != want {
			t.Fatalf("lease %v was torn:\ngot  %+v\nwant %+v", l.Addr, l, want)
		}
		stored[uint32(l.Addr)] = gen
	}
	for addr, gen := range acked {
		if stored[addr] < gen {
			t.Fatalf("lease %v: generation %d was acknowledged, %d is stored", lease.Addr(addr), gen, stored[addr])
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func checkSaved(t *testing.T, dir string, acked int64) {
	t.Helper()
	db := leasesSized(t, dir, smallSizes)
	all, err := db.Endpoints()
	if err != nil {
		t.Fatal(err)
	}
	snapshot, found := all[crashEndpoint]
	if !found {
		if acked > 0 {
			t.Fatalf("endpoint of generation %d is gone", acked)
		}
		return
	}
	var gen int64
	if _, err := fmt.Sscan(string(snapshot), &gen); err != nil || string(snapshot) != string(endpointOf(gen)) {
		t.Fatalf("the endpoint was torn: %d octets of generation %d", len(snapshot), gen)
	}
	if gen < acked {
		t.Fatalf("generation %d of the endpoint was acknowledged, %d is stored", acked, gen)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// crashObjects are changed together by every write of configChild.
var crashObjects = []string{"red", "green", "blue"}

func configChild(args []string) error {
	db, err := OpenConfig(filepath.Join(args[0], "config.db"))
	if err != nil {
		return err
	}
	ctx := context.Background()
	cfg, err := db.Load(ctx)
	if err != nil {
		return err
	}
	for {
		var put []*objects.Object
		version, err := db.Version(ctx)
		if err != nil {
			return err
		}
		for _, name := range crashObjects {
			o := objects.New(objects.Policy, name)
			if old := cfg.Get(objects.Policy, name); old != nil {
				o = old.Clone()
			}
			o.Attrs["option.51"] = strconv.FormatUint(version+1, 10)
			put = append(put, o)
		}
		written, err := db.Commit(ctx, Tx{Who: "admin", Source: "test", At: time.Unix(1, 0), Put: put})
		if err != nil {
			return err
		}
		for _, o := range put {
			cfg.Put(o)
		}
		if err := db.SetCommissioned(ctx, strconv.FormatUint(written, 10), true); err != nil {
			return err
		}
		fmt.Println(written)
	}
}

// After kill -9 a write of several objects and its change log is there as a
// whole or not at all.
func TestKilledProcessKeepsWholeConfiguration(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(13, 14))
	for range 8 {
		acks := startChild(t, "config", dir).killAfter(t, 1+r.IntN(150))
		last, err := strconv.ParseUint(acks[len(acks)-1], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		db, err := OpenConfig(filepath.Join(dir, "config.db"))
		if err != nil {
			t.Fatal(err)
		}
		version, err := db.Version(t.Context())
		if err != nil || version < last {
			t.Fatalf("write %d was acknowledged, the database is at %d, %v", last, version, err)
		}
		for _, ack := range acks {
			if is, err := db.Commissioned(t.Context(), ack); err != nil || !is {
				t.Fatalf("that relationship %s is commissioned was lost: %v", ack, err)
			}
		}
		cfg, err := db.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := strconv.FormatUint(version, 10)
		for _, name := range crashObjects {
			o := cfg.Get(objects.Policy, name)
			if o == nil || o.Attrs["option.51"] != want || o.Version != version {
				t.Errorf("at write %d: %s is %+v", version, name, o)
			}
		}
		changes, err := db.Changes(t.Context(), 4, "", "")
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, h := range changes {
			if h.Version == version && h.After == want {
				names = append(names, h.Name)
			}
		}
		if slices.Sort(names); !slices.Equal(names, []string{"blue", "green", "red"}) {
			t.Errorf("the change log of write %d names %q", version, names)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// What a power loss may leave is any beginning of the log: the leases of all
// commits up to some moment, and nothing of later ones.
func TestTruncatedLog(t *testing.T) {
	dir := t.TempDir()
	db := leasesIn(t, dir)
	var after []model // what was stored after each commit
	m := model{}
	for g := range int64(30) {
		var batch []lease.Lease
		for k := range uint32(50) {
			batch = append(batch, testLease(k*uint32(g+1), g))
		}
		m.put(batch, commit(t, db, batch...))
		after = append(after, maps.Clone(m))
	}
	log, err := os.ReadFile(filepath.Join(dir, "leases.db-wal"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(dir, "leases.db"))
	if err != nil {
		t.Fatal(err)
	}
	best := 0
	r := rand.New(rand.NewPCG(15, 16))
	for cut := range 40 {
		copyDir, size := t.TempDir(), r.IntN(len(log)+1)
		tail := log[:size]
		if cut%2 == 1 { // written in part, or not at all where the file was before
			tail = append(slices.Clone(tail), make([]byte, r.IntN(10_000))...)
		}
		for name, content := range map[string][]byte{"leases.db": file, "leases.db-wal": tail} {
			if err := os.WriteFile(filepath.Join(copyDir, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		again := leasesIn(t, copyDir)
		ls := loaded(t, again)
		var upTo uint64
		for _, l := range ls {
			upTo = max(upTo, l.Commit)
		}
		if upTo > 0 {
			after[upTo-1].check(t, fmt.Sprintf("log cut at %d of %d", size, len(log)), ls)
		} else if len(ls) > 0 {
			t.Fatal("leases of no commit")
		}
		best = max(best, int(upTo))
	}
	if best < 20 {
		t.Errorf("no cut left more than %d commits", best)
	}
}

// A kill does not show whether anything was synced, so the setting is looked
// at: FULL (2) where leases and configuration are acknowledged.
func TestCommitsAreSynced(t *testing.T) {
	dir := t.TempDir()
	db := leasesIn(t, dir)
	s, err := db.w.prepare("PRAGMA synchronous")
	if err != nil {
		t.Fatal(err)
	}
	dest := make([]driver.Value, 1)
	if err := errors.Join(s.row(dest), s.Close()); err != nil || dest[0] != int64(2) {
		t.Errorf("leases: synchronous is %v, %v", dest[0], err)
	}
	cfg := configIn(t, dir)
	var mode int
	if err := cfg.db.QueryRow("PRAGMA synchronous").Scan(&mode); err != nil || mode != 2 {
		t.Errorf("configuration: synchronous is %v, %v", mode, err)
	}
}
