package store

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"leasehold/internal/lease"
)

// childEnv makes this test binary one of the programs that the crash tests
// kill: its value is the name in childMains.
const childEnv = "LEASEHOLD_STORE_CHILD"

var childMains = map[string]func(args []string) error{}

func TestMain(m *testing.M) {
	if name := os.Getenv(childEnv); name != "" {
		if err := childMains[name](os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// testLease makes a lease like those of everyday: a MAC, a client-id, a host
// name, a relay. Two of one address and generation are equal.
func testLease(addr uint32, generation int64) lease.Lease {
	l := lease.Lease{
		Key:             lease.Key{Addr: lease.Addr(addr)},
		State:           lease.Leased,
		Flags:           lease.Valid | lease.Initialized,
		HW:              lease.HW{Type: 1, Len: 6, Addr: [16]byte{2, 0, byte(addr >> 24), byte(addr >> 16), byte(addr >> 8), byte(addr)}},
		HostName:        fmt.Sprintf("host-%d", addr),
		Giaddr:          10<<24 | 1,
		StateStart:      1_700_000_000 + generation,
		Start:           1_700_000_000,
		Expiration:      1_700_000_000 + 604_800 + generation,
		LastTransaction: 1_700_000_000 + generation,
	}
	l.ClientID = string(append([]byte{1}, l.HW.Addr[:6]...))
	return l
}

// randomLease makes any lease that can be stored.
func randomLease(r *rand.Rand) lease.Lease {
	text := func() string {
		if r.IntN(3) == 0 {
			return ""
		}
		b := make([]byte, 1+r.IntN(40))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return string(b)
	}
	number := func() int64 {
		return []int64{0, 1, -1, 1_700_000_000, lease.Forever, -1 << 63, r.Int64()}[r.IntN(7)]
	}
	l := lease.Lease{
		Key:   lease.Key{VPN: r.Uint32N(3) * 0x7fff_ffff, Addr: lease.Addr(r.Uint32())},
		State: lease.State(1 + r.IntN(8)), Flags: lease.Flags(r.Uint32()),
		ClientID: text(), HostName: text(), DomainName: text(), ClientClass: text(), VendorClass: text(),
		RelayInfo: text(), LimitationID: text(), Cause: text(),
		Giaddr: lease.Addr(r.Uint32N(2) * r.Uint32()), BOOTP: r.IntN(2) == 0,
		StateStart: number(), Start: number(), Expiration: number(), LastTransaction: number(),
	}
	if r.IntN(2) == 0 {
		l.Failover = lease.Failover{
			SentPE: number(), AckPE: number(), RcvdPE: number(), Told: r.IntN(2) == 0, FromPartner: r.IntN(2) == 0,
			Ended: lease.Ended(r.IntN(int(lease.EndedReclaimed) + 1)),
		}
	}
	if r.IntN(4) > 0 {
		l.HW = lease.HW{Type: uint8(r.Uint32()), Len: uint8(r.IntN(17))}
		for i := range l.HW.Len {
			l.HW.Addr[i] = byte(r.Uint32())
		}
	}
	return l
}

// smallSizes make upkeep happen in short tests.
var smallSizes = sizes{fold: 64 << 10, checkpoint: 200, watch: 64 << 10}

func leasesIn(t testing.TB, dir string) *LeaseDB { return leasesSized(t, dir, usualSizes) }

func leasesSized(t testing.TB, dir string, sizes sizes) *LeaseDB {
	t.Helper()
	db, err := openLeases(filepath.Join(dir, "leases.db"), sizes)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

func commit(t testing.TB, db *LeaseDB, batch ...lease.Lease) uint64 {
	t.Helper()
	n, err := db.Commit(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// loaded returns all leases of the database.
func loaded(t testing.TB, db *LeaseDB) []lease.Lease {
	t.Helper()
	var ls []lease.Lease
	if err := db.Load(t.Context(), func(l lease.Lease) error { ls = append(ls, l); return nil }); err != nil {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(ls, func(a, b lease.Lease) int { return compareKeys(a.Key, b.Key) }) {
		t.Error("leases are not in key order")
	}
	return ls
}

func compareKeys(a, b lease.Key) int {
	switch x, y := order(a), order(b); {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// selectText reads a file as the sqlite3 program does: a line for a row,
// columns apart by |.
func selectText(t testing.TB, path, query string) string {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	fields := make([]sql.NullString, len(names))
	dest := make([]any, len(names))
	for i := range fields {
		dest[i] = &fields[i]
	}
	err = eachRow(rows, func() error {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		for i, f := range fields {
			if i > 0 {
				out.WriteByte('|')
			}
			out.WriteString(f.String)
		}
		out.WriteByte('\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// sharedLease is a testLease as the two servers of a failover relationship
// keep it.
func sharedLease(addr uint32, generation int64) lease.Lease {
	l := testLease(addr, generation)
	l.Flags |= lease.FailoverUpdated | lease.Backup
	l.Failover = lease.Failover{
		SentPE: l.Expiration + 1800 + generation, AckPE: l.Expiration + 900, RcvdPE: l.Start + 5,
		Told: true, FromPartner: generation%2 == 0, Ended: lease.Ended(generation % int64(lease.EndedReclaimed+1)),
	}
	return l
}
