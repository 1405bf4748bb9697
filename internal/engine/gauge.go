package engine

import (
	"sync"
	"sync/atomic"
)

// gauge counts things under way and holds up whoever would start one too many,
// or waits for the last to end.
type gauge struct {
	n       atomic.Int64
	waiting atomic.Int32
	mu      sync.Mutex
	cond    sync.Cond
}

func newGauge() *gauge {
	g := &gauge{}
	g.cond.L = &g.mu
	return g
}

func (g *gauge) value() int { return int(g.n.Load()) }

func (g *gauge) add(n int) { g.n.Add(int64(n)) }

// acquire adds one, once there are fewer than limit.
func (g *gauge) acquire(limit int) {
	if g.tryAcquire(limit) {
		return
	}
	g.await(func() bool { return g.tryAcquire(limit) })
}

func (g *gauge) tryAcquire(limit int) bool {
	for {
		n := g.n.Load()
		if n >= int64(limit) {
			return false
		}
		if g.n.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (g *gauge) release() {
	g.n.Add(-1)
	if g.waiting.Load() > 0 {
		g.mu.Lock()
		g.cond.Broadcast()
		g.mu.Unlock()
	}
}

// wait returns when nothing is under way.
func (g *gauge) wait() { g.await(func() bool { return g.n.Load() == 0 }) }

// await waits until cond, which is asked again after each release. Who waits
// says so before it asks, so that no release goes unnoticed.
func (g *gauge) await(cond func() bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting.Add(1)
	defer g.waiting.Add(-1)
	for !cond() {
		g.cond.Wait()
	}
}
