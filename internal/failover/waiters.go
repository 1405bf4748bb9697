package failover

import (
	"sync"
	"time"

	"leasehold/internal/lease"
)

// waiters are the answers to clients that wait for the partner's
// acknowledgement, in the order of their deadlines: all wait equally long.
type waiters struct {
	mu    sync.Mutex
	byKey map[lease.Key][]*waiter
	line  []*waiter
}

type waiter struct {
	key  lease.Key
	at   time.Duration
	done func(bool) // nil when it was told
}

func (w *waiters) add(k lease.Key, at time.Duration, done func(bool)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byKey == nil {
		w.byKey = map[lease.Key][]*waiter{}
	}
	one := &waiter{k, at, done}
	w.byKey[k] = append(w.byKey[k], one)
	w.line = append(w.line, one)
}

// first is the earliest deadline.
func (w *waiters) first() (time.Duration, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.line) > 0 && w.line[0].done == nil {
		w.line = w.line[1:]
	}
	if len(w.line) == 0 {
		w.line = nil
		return 0, false
	}
	return w.line[0].at, true
}

// tell tells all who wait for the address.
func (w *waiters) tell(k lease.Key, acked bool) {
	for _, done := range w.takeKey(k) {
		done(acked)
	}
}

// idle tells whether nobody waits for anything.
func (w *waiters) idle() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.byKey) == 0
}

func (w *waiters) takeKey(k lease.Key) []func(bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var told []func(bool)
	for _, one := range w.byKey[k] {
		if one.done != nil {
			told = append(told, one.done)
			one.done = nil
		}
	}
	delete(w.byKey, k)
	return told
}

// expire tells those who have waited long enough.
func (w *waiters) expire(now time.Duration) {
	for {
		at, ok := w.first()
		if !ok || at > now {
			return
		}
		w.mu.Lock()
		k := w.line[0].key
		w.mu.Unlock()
		w.tell(k, false)
	}
}

// all tells everybody.
func (w *waiters) all(acked bool) {
	w.mu.Lock()
	line := w.line
	w.mu.Unlock()
	for _, one := range line {
		w.tell(one.key, acked)
	}
}
