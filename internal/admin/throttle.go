package admin

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// After bad passwords an administrator's name and the place they came from
// must wait, longer each time. A place waits up to sourceWait; a name only up
// to userWait, and not at all for places that have proved to know its
// password, so that guessing from elsewhere does not lock its owner out.
const (
	firstWait  = time.Second
	userWait   = 30 * time.Second
	sourceWait = 5 * time.Minute
	forgetting = time.Hour
	maxGuesses = 10000 // names and places remembered of each kind
)

type throttle struct {
	mu     sync.Mutex
	failed map[string]*failures
	proved map[string]time.Time // user and source of successful logins
}

type failures struct {
	count int
	last  time.Time
	until time.Time
}

func newThrottle() *throttle {
	return &throttle{failed: map[string]*failures{}, proved: map[string]time.Time{}}
}

func userKey(user string) string { return "user " + strings.ToLower(user) }

// sourceKey takes the /64 of an IPv6 address: one machine has all of it.
func sourceKey(source string) string {
	if a, err := netip.ParseAddr(source); err == nil && a.Is6() && !a.Is4In6() {
		if p, err := a.Prefix(64); err == nil {
			source = p.String()
		}
	}
	return "source " + source
}

func proofKey(user, source string) string { return userKey(user) + " " + sourceKey(source) }

// wait returns how long an attempt must still wait; 0 if it may be made.
func (t *throttle) wait(user, source string, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	keys := []string{sourceKey(source)}
	if _, proved := t.proved[proofKey(user, source)]; !proved {
		keys = append(keys, userKey(user))
	}
	var longest time.Duration
	for _, k := range keys {
		if f := t.failed[k]; f != nil {
			longest = max(longest, f.until.Sub(now))
		}
	}
	return longest
}

// fail counts a wrong name or password.
func (t *throttle) fail(user, source string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.prune(now)
	for k, most := range map[string]time.Duration{userKey(user): userWait, sourceKey(source): sourceWait} {
		f := t.failed[k]
		if f == nil {
			f = &failures{}
			t.failed[k] = f
		}
		f.count++
		f.last = now
		f.until = now.Add(min(firstWait<<min(f.count-1, 20), most))
	}
}

// succeed forgets the failures.
func (t *throttle) succeed(user, source string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.failed, userKey(user))
	delete(t.failed, sourceKey(source))
	t.prune(now)
	t.proved[proofKey(user, source)] = now
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

func dropOldest[V any](m map[string]V, now time.Time, at func(V) time.Time) {
	for k, v := range m {
		if now.Sub(at(v)) > forgetting {
			delete(m, k)
		}
	}
	if len(m) < maxGuesses {
		return
	}
	keys := slices.SortedFunc(maps.Keys(m), func(a, b string) int { return at(m[a]).Compare(at(m[b])) })
	for _, k := range keys[:len(keys)/2] {
		delete(m, k)
	}
}
