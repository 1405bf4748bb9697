package flight

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/core"
)

// Recorder writes what endpoints do. Its methods may be called from any
// goroutine. When a line cannot be written it says so once and writes no more.
type Recorder struct {
	mu     sync.Mutex
	w      io.Writer
	failed func(error)
	over   bool
}

// New makes a recorder that writes each line with one Write, which must not be
// held back: a line is there before what it tells has any effect.
func New(w io.Writer, server string, failed func(error)) *Recorder {
	r := &Recorder{w: w, failed: failed}
	r.write(&line{Format: format, Server: server})
	return r
}

func (r *Recorder) write(l *line) {
	b, err := json.Marshal(l)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return
	}
	if err == nil {
		_, err = r.w.Write(append(b, '\n'))
	}
	if err != nil {
		r.over = true
		r.failed(fmt.Errorf("record failover: %w", err))
	}
}

// Endpoint is one core that is recorded. Its methods are those of the core that
// have effects.
type Endpoint struct {
	*core.Machine
	r    *Recorder
	pair string
	seen *recorded
}

// Begin makes a core as [core.New] does.
func (r *Recorder) Begin(pair string, cfg core.Config, snap core.Snapshot, view core.View, now core.Now) *Endpoint {
	e := &Endpoint{r: r, pair: pair, seen: &recorded{View: view}}
	r.write(&line{Pair: pair, Now: &now, New: &beginning{cfg, snap}})
	e.step(func() { e.Machine = core.New(cfg, snap, e.seen, now) })
	return e
}

// Step is that of the core.
func (e *Endpoint) Step(now core.Now, in core.Input) {
	name, value, err := encodeInput(in)
	if err != nil {
		name = fmt.Sprintf("%s that cannot be written: %v", name, err)
	}
	e.r.write(&line{Pair: e.pair, Now: &now, In: name, Value: value})
	e.step(func() { e.Machine.Step(now, in) })
}

// step lets the core work and writes what it looked at and decided, also where
// it broke down.
func (e *Endpoint) step(work func()) {
	e.seen.reads = e.seen.reads[:0]
	l := line{Pair: e.pair, Done: true}
	defer func() {
		l.Reads = e.seen.reads
		if why := recover(); why != nil {
			l.Panic = fmt.Sprint(why)
			e.r.write(&l)
			panic(why)
		}
		l.State = e.Machine.Status().State.String()
		l.Did, l.Sum = describe(e.Machine.Take())
		e.r.write(&l)
	}()
	work()
}

// recorded is a view that keeps what it showed.
type recorded struct {
	core.View
	reads []read
}

func (v *recorded) note(call string, result any) {
	raw, err := encode(result)
	if err != nil {
		raw = json.RawMessage("null")
	}
	v.reads = append(v.reads, read{call, raw})
}

func (v *recorded) Mine(k lease.Key) bool {
	mine := v.View.Mine(k)
	v.note("Mine", mine)
	return mine
}

func (v *recorded) Get(k lease.Key) lease.Lease {
	l := v.View.Get(k)
	v.note("Get", l)
	return l
}

func (v *recorded) Unacked(after lease.Key, n int, buf []lease.Lease) []lease.Lease {
	all := v.View.Unacked(after, n, buf)
	v.note("Unacked", all[len(buf):])
	return all
}

func (v *recorded) All(after lease.Key, n int, buf []lease.Lease) []lease.Lease {
	all := v.View.All(after, n, buf)
	v.note("All", all[len(buf):])
	return all
}

func (v *recorded) Pending(end int64, n int, buf []lease.Key) []lease.Key {
	all := v.View.Pending(end, n, buf)
	v.note("Pending", all[len(buf):])
	return all
}

// ending is the result of NextPending.
type ending struct {
	End int64
	OK  bool
}

func (v *recorded) NextPending() (int64, bool) {
	end, ok := v.View.NextPending()
	v.note("NextPending", ending{end, ok})
	return end, ok
}

func (v *recorded) Pools(buf []binding.Pool) []binding.Pool {
	all := v.View.Pools(buf)
	v.note("Pools", all[len(buf):])
	return all
}

func (v *recorded) Spare(p *binding.Pool, owner lease.Role, n int, buf []lease.Key) []lease.Key {
	all := v.View.Spare(p, owner, n, buf)
	v.note("Spare", all[len(buf):])
	return all
}
