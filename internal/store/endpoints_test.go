package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func saveEndpoint(t *testing.T, db *LeaseDB, name, snapshot string) {
	t.Helper()
	if err := db.SaveEndpoint(name, []byte(snapshot)); err != nil {
		t.Fatal(err)
	}
}

func checkEndpoints(t *testing.T, db *LeaseDB, want map[string][]byte) {
	t.Helper()
	got, err := db.Endpoints()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("endpoints (-want +got):\n%s", d)
	}
}

func TestEndpoints(t *testing.T) {
	dir := t.TempDir()
	db := leasesIn(t, dir)
	checkEndpoints(t, db, map[string][]byte{})
	saveEndpoint(t, db, "blue", "startup")
	saveEndpoint(t, db, "Blue", "another")
	saveEndpoint(t, db, "", "")
	saveEndpoint(t, db, "blue", "normal\x00\xff")
	saveEndpoint(t, db, "gone", "soon")
	if err := errors.Join(db.DeleteEndpoint("gone"), db.DeleteEndpoint("never was"), db.SaveEndpoint("nil", nil)); err != nil {
		t.Fatal(err)
	}
	want := map[string][]byte{"blue": []byte("normal\x00\xff"), "Blue": []byte("another"), "": {}, "nil": {}}
	checkEndpoints(t, db, want)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	checkEndpoints(t, leasesIn(t, dir), want)
	for _, err := range []error{db.SaveEndpoint("late", nil), db.DeleteEndpoint("blue")} {
		if !errors.Is(err, ErrClosed) || !strings.Contains(err.Error(), "failover endpoint") {
			t.Errorf("got %v, want ErrClosed and what was to be done", err)
		}
	}
	if _, err := db.Endpoints(); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}

// Endpoints are saved while leases are committed, folded and read.
func TestEndpointsBesideCommits(t *testing.T) {
	db := leasesSized(t, t.TempDir(), smallSizes)
	m := model{}
	done := make(chan error, 2)
	for w := range 2 {
		go func() {
			for i := range 200 {
				if err := db.SaveEndpoint(fmt.Sprint("pair-", w), fmt.Append(nil, i)); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for g := range int64(100) {
		l := sharedLease(uint32(g%17), g)
		m[l.Key] = l
		l.Commit = commit(t, db, l, sharedLease(1000+uint32(g), g))
		m[l.Key] = l
		other := sharedLease(1000+uint32(g), g)
		other.Commit = l.Commit
		m[other.Key] = other
		db.Tidy()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	m.check(t, "beside endpoints", loaded(t, db))
	checkEndpoints(t, db, map[string][]byte{"pair-0": []byte("199"), "pair-1": []byte("199")})
}

func TestCommissioned(t *testing.T) {
	dir := t.TempDir()
	db := configIn(t, dir)
	is := func(want bool) {
		t.Helper()
		if got, err := db.Commissioned(t.Context(), "blue"); err != nil || got != want {
			t.Errorf("commissioned: %v, %v, want %v", got, err, want)
		}
	}
	set := func(to bool) {
		t.Helper()
		if err := db.SetCommissioned(t.Context(), "blue", to); err != nil {
			t.Fatal(err)
		}
	}
	is(false)
	set(false)
	is(false)
	set(true)
	set(true)
	is(true)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = configIn(t, dir)
	is(true)
	set(false)
	is(false)
}

func TestGeneration(t *testing.T) {
	db := configIn(t, t.TempDir())
	for _, want := range []uint64{0, 1, 1<<64 - 1, 0} {
		if err := db.SetGeneration(t.Context(), "blue", want); err != nil {
			t.Fatal(err)
		}
		if got, err := db.Generation(t.Context(), "blue"); err != nil || got != want {
			t.Errorf("generation %d, %v; want %d", got, err, want)
		}
		if got, err := db.Generation(t.Context(), "Blue"); err != nil || got != 0 {
			t.Errorf("another's is %d, %v", got, err)
		}
	}
}
