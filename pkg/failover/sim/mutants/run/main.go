// Command run puts every seeded fault into the rules and has the simulator
// look for it.
//
//	run                        all of them; those known since the last run are skipped
//	run -only NAME             one, anew
//	run -write docs/failover-verification.md
//
// It ends with 1 if a fault was not found, or does not apply any more.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"time"

	"leasehold/pkg/failover/sim/mutants"
)

func main() {
	var s suite
	flag.StringVar(&s.only, "only", "", "comma-separated `names`; all of them if empty")
	flag.Uint64Var(&s.budget.Seeds, "seeds", 20_000, "schedules for each")
	flag.DurationVar(&s.budget.Time, "time", 2*time.Minute, "time for each")
	flag.IntVar(&s.budget.Workers, "workers", runtime.NumCPU(), "how many schedules run at a time")
	flag.StringVar(&s.file, "results", "bin/mutants.json", "`file` of what is known already")
	flag.StringVar(&s.write, "write", "", "`document` that gets the table")
	flag.BoolVar(&s.anew, "anew", false, "run those again whose result is known")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ok, err := s.run(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if !ok || err != nil {
		os.Exit(1)
	}
}

type suite struct {
	only, file, write string
	anew              bool
	budget            mutants.Budget
	root, dir, sound  string
	known             map[string]mutants.Result
}

// none is the name of the result without a fault.
const none = "none"

func (s *suite) run(ctx context.Context) (ok bool, err error) {
	if s.root, err = mutants.Root(ctx); err != nil {
		return false, err
	}
	if s.dir, err = os.MkdirTemp("", "mutants-"); err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(s.dir)) }()
	if s.known, err = mutants.Load(s.file); err != nil {
		return false, err
	}
	if s.sound, err = mutants.Build(ctx, s.root, s.dir, &mutants.Mutant{Name: none}); err != nil {
		return false, err
	}
	all, err := s.chosen()
	if err != nil {
		return false, err
	}
	ok = true
	for i := range all {
		found, err := s.one(ctx, &all[i])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		ok = ok && found && err == nil
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
	}
	if s.write == "" {
		return ok, nil
	}
	return ok, mutants.WriteTable(s.write, mutants.Table(s.known, s.known[none].Verdict))
}

// chosen are the mutants to run; with all of them goes the code as it is.
func (s *suite) chosen() ([]mutants.Mutant, error) {
	if s.only == "" {
		return append([]mutants.Mutant{{Name: none}}, mutants.All()...), nil
	}
	s.anew = true
	var some []mutants.Mutant
	for name := range strings.SplitSeq(s.only, ",") {
		m, ok := mutants.Find(name)
		if !ok {
			return nil, fmt.Errorf("there is no mutant %s", name)
		}
		some = append(some, m)
	}
	return some, nil
}

// one runs a mutant, and tells whether it was found.
func (s *suite) one(ctx context.Context, m *mutants.Mutant) (bool, error) {
	key, err := mutants.Key(s.root, m)
	if err != nil {
		return false, err
	}
	r, ok := s.known[m.Name]
	if !ok || r.Key != key || s.anew {
		delete(s.known, m.Name)
		if r, err = s.hunt(ctx, m, key); err != nil {
			return false, err
		}
		s.known[m.Name] = r
		if err := mutants.Add(s.file, r); err != nil {
			return false, err
		}
	}
	s.tell(m, &r)
	return r.Caught() != (m.Name == none), nil
}

func (s *suite) hunt(ctx context.Context, m *mutants.Mutant, key string) (mutants.Result, error) {
	r := mutants.Result{Name: m.Name, Key: key}
	exe := s.sound
	var err error
	if m.Name != none {
		if exe, err = mutants.Build(ctx, s.root, s.dir, m); err != nil {
			return r, err
		}
		r.Verdict, err = mutants.Hunt(ctx, exe, s.sound, m.Expect, s.budget)
		return r, errors.Join(err, os.Remove(exe))
	}
	ctx, cancel := context.WithTimeout(ctx, s.budget.Time)
	defer cancel()
	r.Verdict, err = mutants.Run(ctx, exe, 1, s.budget.Seeds, s.budget.Workers)
	return r, err
}

func (s *suite) tell(m *mutants.Mutant, r *mutants.Result) {
	also := ""
	if r.Also > 0 {
		also = fmt.Sprintf(" (%d seeds fail without it, too)", r.Also)
	}
	switch {
	case m.Name == none && r.Caught():
		fmt.Printf("%-28s FAILS at seed %d: %s: %s\n", m.Name, r.Seed, r.Check, r.Text)
	case m.Name == none:
		fmt.Printf("%-28s passes %d schedules\n", m.Name, r.Runs)
	case !r.Caught():
		fmt.Printf("%-28s SURVIVED %d schedules%s\n", m.Name, r.Runs, also)
	case m.Missed(&r.Verdict):
		fmt.Printf("%-28s %-8s seed %d, expected %v%s: %s\n", m.Name, r.Check, r.Seed, m.Expect, also, r.Text)
	default:
		fmt.Printf("%-28s %-8s seed %d%s\n", m.Name, r.Check, r.Seed, also)
	}
}
