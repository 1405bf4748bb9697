//go:build linux && (amd64 || arm64)

package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// side is one of two servers that are held against each other: a server alone,
// or a pair, whose processes are told apart.
type side struct {
	name string
	e    *engine
	pids []int
	rest time.Duration // see restful
	got  [][]trial     // by load, by round
}

// trial is one load on one side.
type trial struct {
	*Run
	each []float64 // CPU us of each process per exchange, with what it did afterwards
}

// load is what is measured in every round on both sides.
type load struct {
	name, unit string
	step       step
}

// loads are the measurements of -mode versus, of the operations that have a
// share: with many exchanges under way, and if a rate is given, at that rate.
func (o *opts) loads() (all []load) {
	count := o.count
	if count == 0 {
		count = 50_000
	}
	for _, of := range []struct {
		op   int
		name string
	}{{opDora, "DORA"}, {opRenew, "renewal"}} {
		if o.weights[of.op] == 0 {
			continue
		}
		st := step{weights: only(of.op), inflight: o.inflight, count: count, duration: time.Minute, grace: o.timeout}
		all = append(all, load{fmt.Sprintf("%s, %d at once", of.name, o.inflight), of.name, st})
		if o.rate > 0 {
			st.rate = o.rate
			st.count = min(count, uint64(o.rate*o.step.Seconds()))
			all = append(all, load{fmt.Sprintf("%s, %.0f a second", of.name, o.rate), of.name, st})
		}
	}
	return all
}

// versus measures both sides with the same loads in turn, A B A B, so that what
// else the machine does meanwhile hits both, and tells the medians.
func versus(a, b *side, rounds int, loads []load, w io.Writer) *Report {
	rep := &Report{}
	for _, s := range []*side{a, b} {
		s.got = make([][]trial, len(loads))
		s.e.run(step{weights: only(opDora), inflight: s.e.o.inflight, count: uint64(max(2000, s.e.o.preload)), duration: time.Minute, grace: s.e.o.timeout})
		settle(s.pids, s.rest)
	}
	for round := range rounds {
		for i, l := range loads {
			for _, s := range []*side{a, b} {
				t := s.try(l)
				s.got[i] = append(s.got[i], t)
				t.Name = fmt.Sprintf("round %d, %s, %s", round+1, s.name, l.name)
				t.text(w)
				rep.Runs = append(rep.Runs, t.Run)
			}
		}
	}
	fmt.Fprintln(w)
	for i := range loads {
		compare(w, i == 0, &loads[i], a, b, i)
	}
	return rep
}

// try offers a load, and waits until the processes are done with it: with what
// a server does for the partner, or writes where it belongs, once it has time.
func (s *side) try(l load) trial {
	before := procUsage(s.pids)
	t := trial{Run: s.e.run(l.step)}
	settle(s.pids, s.rest)
	after := procUsage(s.pids)
	for i := range after.each {
		t.each = append(t.each, (after.each[i]-before.each[i])/max(1, float64(t.Completed))*1e6)
	}
	return t
}

const (
	// restful is how long processes must have done next to nothing before they
	// count as done: a server writes the last acknowledgements of its partner one
	// to two seconds after the last lease, and begins to tidy up as long after that.
	restful = 4500 * time.Millisecond
	// nothing is that, in CPU seconds.
	nothing = 0.02
	// patience is how long they are waited for.
	patience = 30 * time.Second
)

// settle waits until the processes have done nothing for so long.
func settle(pids []int, rest time.Duration) {
	used := func() float64 { u := procUsage(pids); return u.user + u.sys }
	since, last := time.Now(), used()
	for begin := since; time.Since(since) < rest && time.Since(begin) < patience; {
		time.Sleep(rest / 15)
		if now := used(); now-last > nothing {
			since, last = time.Now(), now
		}
	}
}

// compare writes a line of the table for each load.
func compare(w io.Writer, first bool, l *load, a, b *side, i int) {
	if first {
		fmt.Fprintf(w, "| load | %s a second | %s | of %s | CPU us each: %s | %s | + backup | main / %s | backup / main | afterwards, too: %s | %s | + backup | main / %s | backup / main |\n",
			a.name, b.name, a.name, a.name, b.name, a.name, a.name, b.name, a.name)
		fmt.Fprintln(w, strings.Repeat("| --- ", 14)+"|")
	}
	rate := func(s *side) float64 { return s.median(i, func(t *trial) float64 { return t.PerSecond }) }
	during := func(s *side, p int) float64 {
		return s.median(i, func(t *trial) float64 { return t.cpuOf(p) })
	}
	whole := func(s *side, p int) float64 { return s.median(i, func(t *trial) float64 { return t.each[p] }) }
	row := []string{l.name, num(rate(a), 0), num(rate(b), 0), percent(rate(b), rate(a))}
	for _, of := range []func(*side, int) float64{during, whole} {
		alone, main, backup := of(a, 0), of(b, 0), 0.0
		if len(b.pids) > 1 {
			backup = of(b, 1)
		}
		row = append(row, num(alone, 1), num(main, 1), num(backup, 1), percent(main, alone), percent(backup, main))
	}
	fmt.Fprintf(w, "| %s |\n", strings.Join(row, " | "))
}

// cpuOf is what a process used per exchange while the load was on.
func (t *trial) cpuOf(p int) float64 {
	if len(t.cpuEach) <= p {
		return 0
	}
	return t.cpuEach[p] / max(1, float64(t.Completed)) * 1e6
}

func (s *side) median(load int, of func(*trial) float64) float64 {
	var all []float64
	for i := range s.got[load] {
		all = append(all, of(&s.got[load][i]))
	}
	return median(all)
}

func median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	n := len(all) / 2
	if len(all)%2 == 1 {
		return all[n]
	}
	return (all[n-1] + all[n]) / 2
}

func num(x float64, digits int) string { return strconv.FormatFloat(x, 'f', digits, 64) }

func percent(of, whole float64) string {
	if whole == 0 {
		return "-"
	}
	return num(100*of/whole, 0) + " %"
}
