// Command run runs simulated pairs of failover servers.
//
//	run -seeds 1..100000 -workers 2     schedules drawn from seeds
//	run -seed 17 -v                     one of them, with an account
//	run -story FILE                     the schedules of a file
//
// A failure is printed as a story, made small, and ends the program with 1.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"leasehold/pkg/failover/sim"
)

func main() {
	seeds := flag.String("seeds", "1..1000", "first..last")
	seed := flag.Uint64("seed", 0, "one seed only")
	story := flag.String("story", "", "`file` with schedules")
	workers := flag.Int("workers", runtime.NumCPU(), "how many run at a time")
	verbose := flag.Bool("v", false, "tell all that happens")
	budget := flag.Int("minimise", 2000, "runs to spend on making a failure small")
	failures := flag.Int("failures", 1, "go on until there are so many")
	mixed := flag.Bool("dhcpd", false, "of the seeds only those with a dhcpd in them")
	ours := flag.Bool("ours", false, "only those without one")
	stats := flag.Bool("stats", false, "print what was come by")
	flag.Parse()

	var ok bool
	switch {
	case *story != "":
		ok = stories(*story, *verbose)
	case *seed != 0:
		ok = one(sim.Generate(*seed), *verbose, *budget)
	default:
		first, last, err := bounds(*seeds)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		h := &hunt{budget: *budget, wanted: *failures, mixed: *mixed, ours: *ours}
		ok = h.run(first, last, *workers)
		if *stats {
			fmt.Print(h.stats.String())
		}
	}
	if !ok {
		os.Exit(1)
	}
}

func bounds(text string) (first, last uint64, err error) {
	a, b, found := strings.Cut(text, "..")
	if !found {
		a, b = "1", text
	}
	if first, err = strconv.ParseUint(a, 10, 64); err != nil {
		return 0, 0, fmt.Errorf("-seeds %s: %w", text, err)
	}
	if last, err = strconv.ParseUint(b, 10, 64); err != nil {
		return 0, 0, fmt.Errorf("-seeds %s: %w", text, err)
	}
	return first, last, nil
}

func account(verbose bool) func(string) {
	if !verbose {
		return nil
	}
	return func(line string) { fmt.Println(line) }
}

// one runs one schedule; a failure is made small, and told as a story.
func one(s *sim.Schedule, verbose bool, budget int) bool {
	r := sim.Run(s, account(verbose))
	if r.Failure == nil {
		fmt.Printf("ok, trace %016x\n", r.Hash)
		return true
	}
	fmt.Printf("seed %d: %v\n%s", s.Seed, r.Failure, r.State)
	if budget > 0 {
		tell(s, budget)
	}
	return false
}

func tell(s *sim.Schedule, budget int) {
	small := sim.Minimise(s, budget)
	r := sim.Run(small, nil)
	fmt.Printf("\nsim\n%s----\n%v\n\n", small, r.Failure)
}

func stories(file string, verbose bool) bool {
	text, err := os.ReadFile(file)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return false
	}
	ok := true
	for _, s := range sim.Stories(string(text)) {
		sched, err := sim.Parse(s)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", file, err)
			return false
		}
		ok = one(sched, verbose, 0) && ok
	}
	return ok
}

// hunt looks for failures among many seeds.
type hunt struct {
	budget, wanted int
	mixed, ours    bool // only those seeds

	mu    sync.Mutex
	stats sim.Stats
	found int
	next  atomic.Uint64
}

func (h *hunt) run(first, last uint64, workers int) bool {
	h.next.Store(first)
	var wg sync.WaitGroup
	for range max(workers, 1) {
		wg.Go(func() { h.work(last) })
	}
	wg.Wait()
	return h.found == 0
}

func (h *hunt) work(last uint64) {
	var stats sim.Stats
	defer func() {
		h.mu.Lock()
		h.stats.Add(stats)
		h.mu.Unlock()
	}()
	for {
		seed := h.next.Add(1) - 1
		if seed > last {
			return
		}
		s := sim.Generate(seed)
		if h.mixed && !s.Mixed() || h.ours && s.Mixed() {
			continue
		}
		r := sim.Run(s, nil)
		stats.Add(r.Stats)
		if r.Failure == nil {
			continue
		}
		h.mu.Lock()
		if h.found++; h.found <= h.wanted {
			fmt.Printf("seed %d: %v\n", seed, r.Failure)
			if h.budget > 0 {
				tell(s, h.budget)
			}
		}
		over := h.found >= h.wanted
		h.mu.Unlock()
		if over {
			h.next.Store(last + 1)
			return
		}
	}
}
