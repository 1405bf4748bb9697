package failover

import (
	"maps"
	"slices"
	"time"

	"leasehold/internal/parity"
	"leasehold/pkg/objects"
)

// comparison holds the sums of both servers' stored configurations against each
// other, and tells which differences last. One that is made on both servers, one
// after the other, is none.
//
// A class is in drift once its sums have differed for a while, the patience, in
// which neither server has changed it: each may be about to follow the other. If
// one of them goes on changing it and the other has not for twice that time, it
// does not follow. So nothing is drift as long as each change is made on the other
// server within the patience.
type comparison struct {
	own, theirs side
	apart       map[string]*apart // classes whose sums differ now
}

// side is what one server tells of its configuration.
type side struct {
	sums    []parity.ClassDigest // nil: it has told nothing
	changed map[string]time.Duration
}

// apart is a class whose sums differ.
type apart struct {
	since time.Duration
	drift bool // it has lasted
}

// take notes what the server has now, and tells whether that is something else.
func (s *side) take(now time.Duration, sums []parity.ClassDigest) bool {
	if s.sums == nil {
		s.sums, s.changed = sums, map[string]time.Duration{}
		return true
	}
	changed := false
	for _, names := range [][]string{parity.Apart(s.sums, sums), lacking(s.sums, sums), lacking(sums, s.sums)} {
		for _, class := range names {
			s.changed[class], changed = now, true
		}
	}
	s.sums = sums
	return changed
}

// lacking names the classes of which only a has a sum.
func lacking(a, b []parity.ClassDigest) (names []string) {
	for _, x := range a {
		if !slices.ContainsFunc(b, func(y parity.ClassDigest) bool { return x.Class == y.Class }) {
			names = append(names, x.Class)
		}
	}
	return names
}

// part ends what is known of the partner: it may be another when it comes back.
// What was in drift stays so until it tells.
func (c *comparison) part() {
	c.theirs = side{}
	maps.DeleteFunc(c.apart, func(_ string, a *apart) bool { return !a.drift })
}

// forget begins anew, as with a partner that never tells anything.
func (c *comparison) forget() {
	c.theirs = side{}
	clear(c.apart)
}

// known tells whether both servers have told what they have.
func (c *comparison) known() bool { return c.own.sums != nil && c.theirs.sums != nil }

// look brings the classes to what the sums say, and tells which came into drift.
func (c *comparison) look(now, patience time.Duration) (began []string) {
	if !c.known() {
		return nil
	}
	if c.apart == nil {
		c.apart = map[string]*apart{}
	}
	differ := differing(c.own.sums, c.theirs.sums)
	maps.DeleteFunc(c.apart, func(class string, _ *apart) bool { return !slices.Contains(differ, class) })
	for _, class := range differ {
		a := c.apart[class]
		if a == nil {
			a = &apart{since: now}
			c.apart[class] = a
		}
		if !a.drift && now >= c.due(class, a, patience) {
			a.drift = true
			began = append(began, class)
		}
	}
	return began
}

// matchList stands for the match list of the pair among the sums.
const matchList = "(match-list)"

// differing names the classes that differ. With other match lists, the sums are
// over other objects: then only that the pairs differ is known.
func differing(a, b []parity.ClassDigest) []string {
	names := parity.Apart(a, b)
	if slices.Contains(names, matchList) {
		return slices.DeleteFunc(names, func(n string) bool { return n != objects.FailoverPair.Name })
	}
	return names
}

// due is when a class that stays as it is will be in drift.
func (c *comparison) due(class string, a *apart, patience time.Duration) time.Duration {
	own, theirs := c.own.changed[class], c.theirs.changed[class]
	return max(a.since+patience, min(max(own, theirs)+patience, min(own, theirs)+2*patience))
}

// deadline is when the next class may come into drift.
func (c *comparison) deadline(patience time.Duration) (at time.Duration, ok bool) {
	if !c.known() {
		return 0, false
	}
	for class, a := range c.apart {
		if due := c.due(class, a, patience); !a.drift && (!ok || due < at) {
			at, ok = due, true
		}
	}
	return at, ok
}

// drifting names the classes in drift, in order.
func (c *comparison) drifting() (names []string) {
	for class, a := range c.apart {
		if a.drift {
			names = append(names, class)
		}
	}
	slices.Sort(names)
	return names
}
