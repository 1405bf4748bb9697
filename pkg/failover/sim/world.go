package sim

import (
	"fmt"
	"strings"
	"time"

	"leasehold/internal/lease"
)

// World is one run.
type World struct {
	sched   *Schedule
	now     time.Duration // real time since the start
	queue   queue
	nodes   []*node
	pairs   []*pair
	clients []*client
	checks  checkers
	stats   Stats
	waiting []*waiting // steps that wait for a trigger

	hash    uint64
	verbose func(string) // nil is silent
	failure *Failure
	healed  bool
	quiet   bool  // clients have been stopped
	mclt    int64 // the longest that ever was
}

// Failure is what a checker found.
type Failure struct {
	Check string // S1 ... L6
	Text  string
	At    time.Duration
}

func (f *Failure) String() string { return fmt.Sprintf("%s at %v: %s", f.Check, f.At, f.Text) }

// fail ends the run: the first failure is the one that counts.
func (w *World) fail(check, format string, args ...any) {
	if w.failure == nil {
		w.failure = &Failure{check, fmt.Sprintf(format, args...), w.now}
		w.say("!! %s: %s", check, w.failure.Text)
	}
}

// note adds what happens to the run's fingerprint.
func (w *World) note(what byte, nums ...int64) {
	h := (w.hash ^ uint64(what)) * 0x100000001b3
	h = (h ^ uint64(w.now)) * 0x100000001b3
	for _, n := range nums {
		h = (h ^ uint64(n)) * 0x100000001b3
	}
	w.hash = h ^ h>>29
}

// say writes a line of the run's account.
func (w *World) say(format string, args ...any) {
	if w.verbose != nil {
		w.verbose(fmt.Sprintf("%12v  ", w.now.Round(time.Microsecond)) + fmt.Sprintf(format, args...))
	}
}

func (w *World) after(d time.Duration, do func()) { w.queue.add(w.now+d, do) }

// run goes on until a time, or a failure.
func (w *World) run(until time.Duration) {
	for w.failure == nil {
		at, ok := w.queue.first()
		if !ok || at > until {
			w.now = until
			return
		}
		e := w.queue.take()
		w.now = e.at
		w.stats.Events++
		e.do()
	}
}

// Addresses of a pair's pool are 10.0.<pair>.10 and on; each has a slot in the
// arrays that are kept by address.
const (
	maxPool   = 64
	firstHost = 10
)

func keyOf(pair, i int) lease.Key {
	return lease.Key{Addr: lease.Addr(10<<24 | pair<<8 | (firstHost + i))}
}

// slotOf is the address's slot; -1 is none.
func (w *World) slotOf(k lease.Key) int {
	p, i := int(k.Addr>>8&0xff), int(k.Addr&0xff)-firstHost
	if k.VPN != 0 || k.Addr>>16 != 10<<8 || p >= len(w.pairs) || i < 0 || i >= w.pairs[p].Pool {
		return -1
	}
	return p*maxPool + i
}

func (w *World) keyAt(slot int) lease.Key { return keyOf(slot/maxPool, slot%maxPool) }

func (w *World) node(name string) *node {
	for _, n := range w.nodes {
		if n.name == name {
			return n
		}
	}
	return nil
}

func (w *World) pair(name string) *pair {
	for _, p := range w.pairs {
		if p.Name == name {
			return p
		}
	}
	return nil
}

func (w *World) client(name string) *client {
	for _, c := range w.clients {
		if c.name == name {
			return c
		}
	}
	return nil
}

// newWorld builds everybody; nothing has happened yet.
func newWorld(s *Schedule, verbose func(string)) *World {
	w := &World{sched: s, verbose: verbose}
	for i := range s.Servers {
		w.nodes = append(w.nodes, newNode(w, i))
	}
	for i := range s.Pairs {
		w.pairs = append(w.pairs, newPair(w, i))
	}
	for _, n := range w.nodes {
		n.furnish()
	}
	for _, p := range w.pairs {
		for range p.Clients {
			w.clients = append(w.clients, newClient(w, p, len(w.clients)))
		}
	}
	w.checks.begin(w)
	return w
}

// state is the world in a few lines, for those who read an account.
func (w *World) state() string {
	var b strings.Builder
	for _, n := range w.nodes {
		n.describe(&b)
	}
	for _, c := range w.clients {
		c.describe(&b)
	}
	return b.String()
}
