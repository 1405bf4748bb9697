package sim_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"leasehold/pkg/failover/sim"
)

// shortRun is how many schedules every run of the tests takes; make sim takes
// as many as it is told.
const shortRun = 1500

// TestSchedules draws schedules and holds them to the invariants. A failure
// names its seed: go run ./pkg/failover/sim/run -seed N makes it small and
// tells it.
func TestSchedules(t *testing.T) {
	var next atomic.Uint64
	var workers sync.WaitGroup
	var stats sim.Stats
	var mu sync.Mutex
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for {
				seed := next.Add(1)
				if seed > shortRun {
					return
				}
				r := sim.Run(sim.Generate(seed), nil)
				if r.Failure != nil {
					t.Errorf("seed %d: %v", seed, r.Failure)
				}
				mu.Lock()
				stats.Add(r.Stats)
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	if testing.Verbose() {
		t.Log("\n" + stats.String())
	}
}

// TestSameSeedSameRun: a schedule tells the same twice, or no failure could be
// told again.
func TestSameSeedSameRun(t *testing.T) {
	for seed := uint64(1); seed <= 40; seed++ {
		a, b := sim.Run(sim.Generate(seed), nil), sim.Run(sim.Generate(seed), nil)
		if a.Hash != b.Hash {
			t.Errorf("seed %d: traces %016x and %016x", seed, a.Hash, b.Hash)
		}
		told, err := sim.Parse(sim.Generate(seed).String())
		if err != nil {
			t.Fatalf("seed %d: its story cannot be read: %v", seed, err)
		}
		if c := sim.Run(told, nil); c.Hash != a.Hash {
			t.Errorf("seed %d: the schedule's trace is %016x, its story's %016x", seed, a.Hash, c.Hash)
		}
	}
}
