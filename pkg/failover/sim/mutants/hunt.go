package mutants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Budget bounds the search for one fault.
type Budget struct {
	Seeds   uint64 // from 1 on
	Time    time.Duration
	Workers int
}

// Verdict is what a probe says of the seeds that it ran.
type Verdict struct {
	Runs  uint64 // schedules run
	Seed  uint64 // of the first that failed
	Check string // that found it; "" is none
	Text  string
	Also  uint64 // seeds that fail without the fault, too, and do not count
}

// Caught tells whether a checker found the fault.
func (v *Verdict) Caught() bool { return v.Check != "" }

// What a probe says of a core that panics, or does not come to an end.
const (
	Panicked = "panic"
	Hung     = "hang"
)

// unexpected is how many failures of checkers that have nothing to do with a
// fault are enough.
const unexpected = 5

// Hunt runs schedules with a fault until one fails that does not fail without
// it, by a checker that is expected to see it. Where there is none, the first
// of another checker counts.
func Hunt(ctx context.Context, faulty, sound string, expect []string, b Budget) (Verdict, error) {
	var all, other Verdict
	ctx, cancel := context.WithTimeout(ctx, b.Time)
	defer cancel()
	for from, others := uint64(1), 0; from <= b.Seeds && others < unexpected; {
		v, err := Run(ctx, faulty, from, b.Seeds, b.Workers)
		if err != nil {
			return all, err
		}
		all.Runs += v.Runs
		if !v.Caught() {
			break
		}
		from = v.Seed + 1
		beside, err := Run(context.WithoutCancel(ctx), sound, v.Seed, v.Seed, 1)
		if err != nil {
			return all, err
		}
		found := Verdict{Runs: all.Runs, Seed: v.Seed, Check: v.Check, Text: v.Text}
		switch {
		case beside.Caught():
			all.Also++
		case slices.Contains(expect, v.Check):
			found.Also = all.Also
			return found, nil
		default:
			others++
			if !other.Caught() {
				other = found
			}
		}
	}
	if other.Caught() {
		other.Also = all.Also
		return other, nil
	}
	return all, nil
}

// grace is how much longer than its time a probe may take to say so.
const grace = 10 * time.Second

// Run has a probe run the schedules of some seeds, in order, until the time of
// the context is up or one fails.
func Run(ctx context.Context, exe string, first, last uint64, workers int) (Verdict, error) {
	args := []string{"-seeds", fmt.Sprintf("%d..%d", first, last), "-workers", strconv.Itoa(workers)}
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it tells how far it came
	cmd.WaitDelay = grace
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	var v Verdict
	if json.Unmarshal(out, &v) == nil && (err == nil || ctx.Err() != nil) {
		return v, nil
	}
	if _, ended := errors.AsType[*exec.ExitError](err); ended { // what cannot be recovered from, as an exhausted memory
		line, _, _ := strings.Cut(said.String(), "\n")
		return Verdict{Runs: 1, Seed: first, Check: Panicked, Text: line}, nil
	}
	return v, fmt.Errorf("run %s: %w", filepath.Base(exe), err)
}
