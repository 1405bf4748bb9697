package store

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"leasehold/internal/clock"
	"leasehold/internal/lease"
)

// cpuTime is what the process has used of the processors.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// fill puts n leases into the database and settles it.
func fill(b *testing.B, db *LeaseDB, n int) {
	b.Helper()
	for start := 0; start < n; start += 10_000 {
		var batch []lease.Lease
		for i := range min(10_000, n-start) {
			batch = append(batch, testLease(uint32(10<<24+start+i), 0))
		}
		commit(b, db, batch...)
	}
	settle(b, db)
}

// BenchmarkCommit renews random leases of a million in batches, and counts
// what folding them later costs too.
func BenchmarkCommit(b *testing.B) {
	const leases = 1_000_000
	db := leasesIn(b, b.TempDir())
	fill(b, db, leases)
	for _, size := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, uint64(b.N)))
			batch := make([]lease.Lease, size)
			cpu := cpuTime(b)
			for i := range b.N {
				for j := range batch {
					batch[j] = testLease(10<<24+r.Uint32N(leases), int64(i))
				}
				commit(b, db, batch...)
			}
			rows := float64(b.N * size)
			b.ReportMetric(rows/b.Elapsed().Seconds(), "rows/s")
			settle(b, db)
			b.ReportMetric(float64((cpuTime(b)-cpu).Nanoseconds())/1000/rows, "cpu-us/row")
		})
	}
}

// signal is a waiter that lets its client go on.
type signal chan error

func (s signal) Committed(_ uint64, err error) { s <- err }

// BenchmarkCommitter has so many clients wait for their commit, each before
// its next: durable acknowledgements a second.
func BenchmarkCommitter(b *testing.B) {
	const leases = 1_000_000
	db := leasesIn(b, b.TempDir())
	fill(b, db, leases)
	for _, clients := range []int{1, 16, 64, 256, 1024} {
		b.Run(fmt.Sprintf("waiting=%d", clients), func(b *testing.B) {
			now := clock.Real{}
			c := NewCommitter(db, now, nil)
			defer c.Close()
			cpu := cpuTime(b)
			var all sync.WaitGroup
			waits := make([]time.Duration, b.N)
			for k := range clients {
				all.Go(func() {
					r := rand.New(rand.NewPCG(uint64(k), uint64(b.N)))
					done := make(signal, 1)
					for i := k; i < b.N; i += clients {
						start := now.Now()
						c.Submit(testLease(10<<24+r.Uint32N(leases), int64(i)), done)
						if err := <-done; err != nil {
							b.Error(err)
							return
						}
						waits[i] = now.Now().Sub(start)
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "acks/s")
			b.ReportMetric(float64((cpuTime(b)-cpu).Nanoseconds())/1000/float64(b.N), "cpu-us/row")
			slices.Sort(waits)
			b.ReportMetric(waits[b.N/2].Seconds()*1000, "p50-ms")
			b.ReportMetric(waits[b.N*99/100].Seconds()*1000, "p99-ms")
			b.ReportMetric(waits[b.N-1].Seconds()*1000, "max-ms")
		})
	}
}

// BenchmarkLoad reads a million leases, as a start does: folded, and with the
// journal as long as it gets.
func BenchmarkLoad(b *testing.B) {
	const leases = 1_000_000
	dir := b.TempDir()
	db := leasesIn(b, dir)
	fill(b, db, leases)
	load := func(b *testing.B) {
		for b.Loop() {
			n := 0
			if err := db.Load(b.Context(), func(lease.Lease) error { n++; return nil }); err != nil || n != leases {
				b.Fatal(n, err)
			}
		}
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/load")
	}
	b.Run("folded", load)
	info, err := os.Stat(filepath.Join(dir, "leases.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("%d octets a lease on disk", info.Size()/leases)
	r := rand.New(rand.NewPCG(9, 9))
	for range 90 {
		var batch []lease.Lease
		for range 1000 {
			batch = append(batch, testLease(10<<24+r.Uint32N(leases), 1))
		}
		commit(b, db, batch...)
	}
	b.Run("journal", load)
}
