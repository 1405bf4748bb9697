// Command run puts every seeded fault into the rules and has the simulator
// look for it.
//
//	run                        all of them; those known since the last run are skipped
//	run -only NAME             one, anew
//	run -drawn                 by drawn schedules only; else stories go first
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
	flag.StringVar(&s.of, "of", "", "`commit` that is run, for the table")
	flag.BoolVar(&s.drawn, "drawn", false, "without the stories")
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
	only, file, write, of string
	anew, drawn           bool
	budget                mutants.Budget
	root, dir, sound      string
	known                 map[string]mutants.Result
}

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
	if s.sound, err = mutants.Build(ctx, s.root, s.dir, &mutants.Mutant{Name: mutants.None}); err != nil {
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
	return ok, mutants.WriteTable(s.write, s.heading()+mutants.Table(s.known))
}

// heading says what was run.
func (s *suite) heading() string {
	of := ""
	if s.of != "" {
		of = " of commit " + s.of
	}
	return fmt.Sprintf("Run over the code%s with `go run ./pkg/failover/sim/mutants/run -seeds %d -time %v -workers %d`.\n",
		of, s.budget.Seeds, s.budget.Time, s.budget.Workers)
}

// chosen are the mutants to run; with all of them goes the code as it is.
func (s *suite) chosen() ([]mutants.Mutant, error) {
	if s.only == "" {
		return append([]mutants.Mutant{{Name: mutants.None}}, mutants.All()...), nil
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
	tale, err := r.Told(s.root)
	if err != nil {
		return false, err
	}
	if !ok || r.Key != key || r.Tale != tale || s.anew {
		delete(s.known, m.Name)
		if ok && r.Key == key && !r.Caught() && !s.anew {
			r, err = s.hunt(ctx, m, r, true) // there are other stories
		} else {
			r, err = s.hunt(ctx, m, mutants.Result{Name: m.Name, Key: key}, false)
		}
		if err != nil {
			return false, err
		}
		if r.Tale, err = r.Told(s.root); err != nil {
			return false, err
		}
		s.known[m.Name] = r
		if err := mutants.Add(s.file, r); err != nil {
			return false, err
		}
	}
	s.tell(m, &r)
	return r.Caught() != (m.Name == mutants.None), nil
}

// hunt looks for a fault by stories, then by drawn schedules, unless it is known
// that they do not find it.
func (s *suite) hunt(ctx context.Context, m *mutants.Mutant, r mutants.Result, drawn bool) (_ mutants.Result, err error) {
	exe := s.sound
	if m.Name != mutants.None {
		if exe, err = mutants.Build(ctx, s.root, s.dir, m); err != nil {
			return r, err
		}
		defer func() { err = errors.Join(err, os.Remove(exe)) }()
	}
	if !s.drawn {
		told, err := mutants.Tell(ctx, exe, s.root, m.Expect)
		if err != nil || told.Caught() {
			r.Verdict = told
			return r, err
		}
	}
	if drawn {
		return r, nil
	}
	if m.Name != mutants.None {
		r.Verdict, err = mutants.Hunt(ctx, exe, s.sound, m.Expect, s.budget)
		return r, err
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
	in := fmt.Sprintf("seed %d", r.Seed)
	if r.Story != "" {
		in = fmt.Sprintf("story %s (%d)", r.Story, r.Stories)
	}
	switch {
	case m.Name == mutants.None && r.Caught():
		fmt.Printf("%-28s FAILS, %s: %s: %s\n", m.Name, in, r.Check, r.Text)
	case m.Name == mutants.None:
		fmt.Printf("%-28s passes %d schedules\n", m.Name, r.Runs)
	case !r.Caught():
		fmt.Printf("%-28s SURVIVED %d schedules%s\n", m.Name, r.Runs, also)
	case m.Missed(&r.Verdict):
		fmt.Printf("%-28s %-8s %s, expected %v%s: %s\n", m.Name, r.Check, in, m.Expect, also, r.Text)
	default:
		fmt.Printf("%-28s %-8s %s%s\n", m.Name, r.Check, in, also)
	}
}
