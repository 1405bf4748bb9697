// Command probe runs the schedules of some seeds in order and tells the first
// that fails, or stories and tells all that fail, as JSON. It is built with a
// fault in the rules, so it expects them to panic, or not to come to an end.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"leasehold/pkg/failover/sim"
	"leasehold/pkg/failover/sim/mutants"
)

// patience is how long one schedule may take, which is some milliseconds on a
// machine that has nothing else to do.
const patience = 30 * time.Second

// memory is what an endless loop may take before it is seen to be one.
const memory = 6 << 30

func main() {
	seeds := flag.String("seeds", "1..1000", "first..last")
	workers := flag.Int("workers", 1, "how many run at a time")
	told := flag.String("stories", "", "`directory` of stories, which are run instead")
	flag.Parse()
	limit := syscall.Rlimit{Cur: memory, Max: memory}
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &limit); err != nil {
		fmt.Fprintf(os.Stderr, "limit the memory: %v\n", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *told != "" {
		tell(stories(*told))
		return
	}
	p := &probe{hung: make(chan struct{}, 1)}
	var first uint64
	if _, err := fmt.Sscanf(*seeds, "%d..%d", &first, &p.last); err != nil {
		fmt.Fprintf(os.Stderr, "-seeds %s: %v\n", *seeds, err)
		os.Exit(2)
	}
	p.next.Store(first)
	done := make(chan struct{})
	go func() {
		var wg sync.WaitGroup
		for range max(*workers, 1) {
			wg.Go(func() { p.work(ctx) })
		}
		wg.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-p.hung:
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	tell(p.verdict)
}

type probe struct {
	last uint64
	next atomic.Uint64
	stop atomic.Bool

	hung chan struct{}

	mu      sync.Mutex
	verdict mutants.Verdict
}

func (p *probe) work(ctx context.Context) {
	for ctx.Err() == nil && !p.stop.Load() {
		seed := p.next.Add(1) - 1
		if seed > p.last {
			return
		}
		overdue := time.AfterFunc(patience, func() {
			p.failed(seed, mutants.Hung, "a schedule does not come to its end")
			select {
			case p.hung <- struct{}{}:
			default:
			}
		})
		check, text := run(sim.Generate(seed))
		overdue.Stop()
		if check != "" {
			p.failed(seed, check, text)
		}
		p.mu.Lock()
		p.verdict.Runs++
		p.mu.Unlock()
	}
}

// run runs one schedule.
func run(s *sim.Schedule) (check, text string) {
	defer func() {
		if r := recover(); r != nil {
			check, text = mutants.Panicked, fmt.Sprint(r)
		}
	}()
	r := sim.Run(s, nil)
	if r.Failure == nil {
		return "", ""
	}
	return r.Failure.Check, r.Failure.Text
}

// failed notes a failure. No seed after it is begun; those before it are under
// way or done, so that the first one is the same with any number of workers.
func (p *probe) failed(seed uint64, check, text string) {
	p.stop.Store(true)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.verdict.Check == "" || seed < p.verdict.Seed {
		p.verdict.Seed, p.verdict.Check, p.verdict.Text = seed, check, text
	}
}

func tell(what any) {
	b, err := json.Marshal(what)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	fmt.Println(string(b))
}
