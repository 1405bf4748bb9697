package engine

import "sync"

// gauge counts things under way and holds up whoever would start one too many,
// or waits for the last to end.
type gauge struct {
	mu   sync.Mutex
	cond sync.Cond
	n    int
}

func newGauge() *gauge {
	g := &gauge{}
	g.cond.L = &g.mu
	return g
}

func (g *gauge) add(n int) {
	g.mu.Lock()
	g.n += n
	g.mu.Unlock()
}

// acquire adds one, once there are fewer than limit.
func (g *gauge) acquire(limit int) {
	g.mu.Lock()
	for g.n >= limit {
		g.cond.Wait()
	}
	g.n++
	g.mu.Unlock()
}

func (g *gauge) release() {
	g.mu.Lock()
	g.n--
	g.cond.Broadcast()
	g.mu.Unlock()
}

// wait returns when nothing is under way.
func (g *gauge) wait() {
	g.mu.Lock()
	for g.n > 0 {
		g.cond.Wait()
	}
	g.mu.Unlock()
}

func (g *gauge) value() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.n
}
