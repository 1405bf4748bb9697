package mutants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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

// Hunt runs schedules with a fault until one fails that does not fail without
// it.
func Hunt(ctx context.Context, faulty, sound string, b Budget) (Verdict, error) {
	var all Verdict
	ctx, cancel := context.WithTimeout(ctx, b.Time)
	defer cancel()
	for from := uint64(1); from <= b.Seeds; {
		v, err := Run(ctx, faulty, from, b.Seeds, b.Workers)
		if err != nil {
			return all, err
		}
		all.Runs += v.Runs
		if !v.Caught() {
			return all, nil
		}
		beside, err := Run(context.WithoutCancel(ctx), sound, v.Seed, v.Seed, 1)
		if err != nil {
			return all, err
		}
		if !beside.Caught() {
			all.Seed, all.Check, all.Text = v.Seed, v.Check, v.Text
			return all, nil
		}
		all.Also++
		from = v.Seed + 1
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
