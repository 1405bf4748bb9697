package admin

import (
	"crypto/sha256"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// After wrong passwords the next attempts are judged later: they wait their
// turn, and a right password then gets in. Turns are given by name at a place,
// by name from wherever it is tried, and by place, and the longest wait counts.
//
// At one place a name waits 1 s after the first failure, then 2, 4, 8 and 10.
// The same name elsewhere waits up to 5 s, and not at all at places that have
// proved to know its password: guessing from afar does not hold up its owner.
// Another name at the same place waits only where the place has failed often,
// and then 2 s a turn.
//
// Attempts that would wait longer than longestWait, because others wait already,
// are refused without a look at the password.
const (
	firstWait   = time.Second
	pairWait    = 10 * time.Second
	userWait    = 5 * time.Second
	sourceWait  = 2 * time.Second
	sourceFree  = 10 // failures of a place before its other names wait too
	longestWait = 10 * time.Second
	forgetting  = time.Hour
	maxGuesses  = 10000 // failures remembered, and proofs
	maxWaiting  = 64    // attempts that wait at once
)

type throttle struct {
	mu      sync.Mutex
	failed  map[key]*failures
	proved  map[key]time.Time // user and source of successful logins
	waiting int
}

// key names a user, a source or both; hashed, so that a long name costs no more
// to remember than a short one.
type key [sha256.Size]byte

type failures struct {
	count int
	last  time.Time
	turn  time.Time // the earliest moment for the next attempt
}

// gap is the time between two turns.
func gap(count int, most time.Duration) time.Duration {
	if count <= 0 {
		return 0
	}
	return min(firstWait<<min(count-1, 20), most)
}

func newThrottle() *throttle {
	return &throttle{failed: map[key]*failures{}, proved: map[key]time.Time{}}
}

func userKey(user string) key { return sha256.Sum256([]byte("user " + strings.ToLower(user))) }

func sourceKey(source string) key { return sha256.Sum256([]byte("source " + place(source))) }

func pairKey(user, source string) key {
	return sha256.Sum256([]byte("pair " + place(source) + " " + strings.ToLower(user)))
}

// place takes the /64 of an IPv6 address: one machine has all of it.
func place(source string) string {
	if a, err := netip.ParseAddr(source); err == nil && a.Is6() && !a.Is4In6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return source
}

// lane is a row of turns that an attempt stands in, and the time between them.
type lane struct {
	*failures
	gap time.Duration
}

// lanes lists those with failures.
func (t *throttle) lanes(user, source string) []lane {
	var all []lane
	add := func(k key, free int, most time.Duration) {
		if f := t.failed[k]; f != nil && f.count > free {
			all = append(all, lane{f, gap(f.count-free, most)})
		}
	}
	pair := pairKey(user, source)
	add(pair, 0, pairWait)
	if _, proved := t.proved[pair]; !proved {
		add(userKey(user), 0, userWait)
	}
	add(sourceKey(source), sourceFree, sourceWait)
	return all
}

// enter gives an attempt its turn and tells how long that is away; not ok
// means that there is none soon enough. Whoever waits calls left afterwards.
func (t *throttle) enter(user, source string, now time.Time) (wait time.Duration, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	lanes := t.lanes(user, source)
	for _, l := range lanes {
		wait = max(wait, l.turn.Sub(now))
	}
	if wait > longestWait || wait > 0 && t.waiting >= maxWaiting {
		return wait, false
	}
	if wait > 0 {
		t.waiting++
	}
	// Each row moves on by itself: who waits long in one holds up nobody in
	// another.
	for _, l := range lanes {
		l.turn = later(l.turn, now).Add(l.gap)
	}
	return wait, true
}

// left ends a wait.
func (t *throttle) left() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting--
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// fail counts a wrong name or password.
func (t *throttle) fail(user, source string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.prune(now)
	for _, k := range []key{pairKey(user, source), userKey(user), sourceKey(source)} {
		f := t.failed[k]
		if f == nil || now.Sub(f.last) > forgetting {
			f = &failures{}
			t.failed[k] = f
		}
		f.count++
		f.last = now
	}
	for _, l := range t.lanes(user, source) {
		l.turn = later(l.turn, now.Add(l.gap))
	}
}

// succeed forgets the failures of the name. Those of the place stay: one good
// password must not buy guesses at others.
func (t *throttle) succeed(user, source string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	pair := pairKey(user, source)
	delete(t.failed, pair)
	delete(t.failed, userKey(user))
	t.prune(now)
	t.proved[pair] = now
}

// prune drops what is old once there is much of it and, where somebody tries
// from everywhere at once, the older half.
func (t *throttle) prune(now time.Time) {
	if len(t.failed) >= maxGuesses {
		dropOldest(t.failed, now, func(f *failures) time.Time { return f.last })
	}
	if len(t.proved) >= maxGuesses {
		dropOldest(t.proved, now, func(at time.Time) time.Time { return at })
	}
}

func dropOldest[V any](m map[key]V, now time.Time, at func(V) time.Time) {
	for k, v := range m {
		if now.Sub(at(v)) > forgetting {
			delete(m, k)
		}
	}
	if len(m) < maxGuesses {
		return
	}
	keys := slices.SortedFunc(maps.Keys(m), func(a, b key) int { return at(m[a]).Compare(at(m[b])) })
	for _, k := range keys[:len(keys)/2] {
		delete(m, k)
	}
}
