package mutants

import (
	"cmp"
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
	Runs    uint64 // drawn schedules run
	Seed    uint64 // of the first that failed
	Story   string // that failed, before any were drawn
	Stories int    // how many stories failed
	Check   string // that found it; "" is none
	Text    string
	Also    uint64 // seeds that fail without the fault, too, and do not count
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

// stories is where the stories are, from the module's root.
const stories = "pkg/failover/sim/testdata"

// Tell has a probe run the stories of the module at root. Of those that fail it
// returns one that a checker ends which is expected to see the fault; where
// there is none, the first.
func Tell(ctx context.Context, exe, root string, expect []string) (Verdict, error) {
	out, died, err := probed(ctx, exe, "-stories", filepath.Join(root, stories))
	if died != "" {
		return Verdict{Story: "all", Stories: 1, Check: Panicked, Text: died}, nil
	}
	var failed []Verdict
	if json.Unmarshal(out, &failed) != nil || err != nil {
		return Verdict{}, fmt.Errorf("run the stories: %w", err)
	}
	if len(failed) == 0 {
		return Verdict{}, nil
	}
	v := failed[max(0, slices.IndexFunc(failed, func(v Verdict) bool { return slices.Contains(expect, v.Check) }))]
	v.Stories = len(failed)
	return v, nil
}

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
	out, died, err := probed(ctx, exe, args...)
	if died != "" {
		return Verdict{Runs: 1, Seed: first, Check: Panicked, Text: died}, nil
	}
	var v Verdict
	if json.Unmarshal(out, &v) == nil && (err == nil || ctx.Err() != nil) {
		return v, nil
	}
	return v, fmt.Errorf("run %s: %w", filepath.Base(exe), err)
}

// probed runs a probe. died is what it said last where it came to an end that
// cannot be recovered from, as an exhausted memory.
func probed(ctx context.Context, exe string, args ...string) (out []byte, died string, err error) {
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it tells how far it came
	cmd.WaitDelay = grace
	var said strings.Builder
	cmd.Stderr = &said
	out, err = cmd.Output()
	if _, ended := errors.AsType[*exec.ExitError](err); ended && len(out) == 0 && ctx.Err() == nil {
		died, _, _ = strings.Cut(said.String(), "\n")
		died = cmp.Or(died, err.Error())
	}
	return out, died, err
}
