package lease

import (
	"fmt"
	"math/bits"
)

// check walks over everything the table keeps and says where two parts of it
// disagree. It looks at each address of all ranges: for small tables only.
func check(t *Table) error {
	t.mu.RLock()
	defer t.mu.RUnlock()
	c := checker{
		Table:   t,
		tallies: map[ScopeID]*[128]int32{},
		queued:  map[ScopeID]map[*queue]int{},
		refs:    map[uint32]uint32{},
		limRefs: map[uint32]uint32{},
		limLive: map[uint32]uint32{},
	}
	for _, f := range []func() error{c.records, c.totals, c.scopesAgree, c.texts, c.indexes, c.heaps} {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

type checker struct {
	*Table
	tallies             map[ScopeID]*[128]int32
	queued              map[ScopeID]map[*queue]int
	refs                map[uint32]uint32
	limRefs, limLive    map[uint32]uint32
	nRows, nClient, nHW int
}

func (c *checker) records() error {
	for vpn := range c.pages.spaces {
		a, i, ok := c.pages.next(vpn, 0)
		for ; ok; a, i, ok = c.pages.next(vpn, a+1) {
			if err := c.record(Key{vpn, a}, i); err != nil {
				return fmt.Errorf("record %d of %v: %w", i, a, err)
			}
			if a == ^Addr(0) {
				break
			}
		}
	}
	return nil
}

func (c *checker) record(k Key, i uint32) error {
	r := c.rows.at(i)
	c.nRows++
	if r.key() != k {
		return fmt.Errorf("stands for %v", r.key())
	}
	owner := c.layouts[k.VPN].owner(k.Addr)
	s := c.scopes[r.scope]
	switch {
	case owner != 0 && ScopeID(r.scope) != owner:
		return fmt.Errorf("is in scope %d, owner is %d", r.scope, owner)
	case owner == 0 && s.alive:
		return fmt.Errorf("is in scope %q, which does not own it", s.Name)
	case s.id != limbo && r.flags&derived != s.derive(k.Addr):
		return fmt.Errorf("has flags %b", r.flags)
	case s.id != limbo && r.role != s.Role:
		return fmt.Errorf("has role %v", r.role)
	case free(r.state) && r.state != freeState(r.role, r.flags):
		return fmt.Errorf("has state %d", r.state)
	}
	if got := c.pages.get(k.VPN, k.Addr).unacked>>(k.Addr&63)&1 != 0; got != r.unacked() {
		return fmt.Errorf("is marked unacknowledged: %v", got)
	}
	if c.tallies[s.id] == nil {
		c.tallies[s.id] = &[128]int32{}
	}
	c.tallies[s.id][kind(r.state, r.flags)]++
	if err := c.standing(s, i, r); err != nil {
		return err
	}
	for _, n := range []uint32{r.domain, r.clientClass, r.vendorClass, r.cause} {
		c.refs[n]++
	}
	c.limRefs[r.limitation]++
	if live(r.state) {
		c.limLive[r.limitation]++
	}
	l := c.rows.read(r)
	if l.blank() {
		return fmt.Errorf("is blank")
	}
	who := l.Client()
	if claims := !who.IsZero() && r.state != Unavailable; claims != (r.clientHash != 0) {
		return fmt.Errorf("client index: %v, want %v", r.clientHash != 0, claims)
	}
	if r.clientHash != 0 {
		c.nClient++
		if r.clientHash != c.rows.clientHash(r.vpn, &who) || !reaches(&c.clients, byClient{&c.rows}, i) {
			return fmt.Errorf("is not found by client")
		}
	}
	if r.hwLen > 0 {
		c.nHW++
		if !reaches(&c.hardware, byHardware{&c.rows}, i) {
			return fmt.Errorf("is not found by hardware address")
		}
	}
	return nil
}

func reaches(x *index, c chain, want uint32) bool {
	prev := uint32(0)
	for i := x.first(c.hash(want)); i != 0; i = c.link(i).next {
		if c.link(i).prev != prev {
			return false
		}
		if i == want {
			return true
		}
		prev = i
	}
	return false
}

// standing checks that the record is in its slot and in no other.
func (c *checker) standing(s *scope, i uint32, r *row) error {
	sl := c.slot(s, r)
	q := s.queue(sl)
	if c.queued[s.id] == nil {
		c.queued[s.id] = map[*queue]int{}
	}
	c.queued[s.id][q]++
	if q == nil && r.place != nowhere {
		return fmt.Errorf("is in a queue")
	}
	if q != nil {
		if e := *q.heap.at(r.place); e.item != i || e.when != sl.when {
			return fmt.Errorf("its queue has %v at its place", e)
		}
	}
	for i := range s.pools {
		if in := s.pools[i].free.has(r.addr); in != (sl.kind == inFree && int(sl.pool) == i) {
			return fmt.Errorf("is in free of pool %d: %v", i, in)
		}
	}
	return nil
}

func (c *checker) totals() error {
	if c.nRows != c.rows.count() {
		return fmt.Errorf("%d records found by address, %d exist", c.nRows, c.rows.count())
	}
	if c.nClient != int(c.clients.items) || c.nHW != int(c.hardware.items) {
		return fmt.Errorf("indexes hold %d and %d records, want %d and %d", c.clients.items, c.hardware.items, c.nClient, c.nHW)
	}
	return nil
}

func (c *checker) scopesAgree() error {
	for _, s := range c.scopes {
		tally := [128]int32{}
		if x := c.tallies[s.id]; x != nil {
			tally = *x
		}
		n := 0
		for _, x := range tally {
			n += int(x)
		}
		if s.tally != tally || s.records != n {
			return fmt.Errorf("scope %q: tally is wrong (%d records, want %d)", s.Name, s.records, n)
		}
		for i, q := range s.queues() {
			if int(q.heap.n) != c.queued[s.id][q] {
				return fmt.Errorf("scope %q: queue %d holds %d records, want %d", s.Name, i, q.heap.n, c.queued[s.id][q])
			}
		}
		if !s.alive {
			if s.wake != nowhere || s.ending != nowhere {
				return fmt.Errorf("scope %q is gone and has a wakeup", s.Name)
			}
			continue
		}
		for _, g := range s.Ranges {
			for a := uint64(g.First); a <= uint64(g.Last); a++ {
				k := Key{s.VPN, Addr(a)}
				if c.pages.row(k) != 0 {
					continue
				}
				for i := range s.pools {
					is := s.pools[i].free.has(k.Addr)
					if is != (s.derive(k.Addr) == 0 && (i == theirs) == (s.Role == Secondary)) {
						return fmt.Errorf("scope %q: never leased %v is free in pool %d: %v", s.Name, k.Addr, i, is)
					}
				}
			}
		}
		for i := range s.pools {
			if err := bitmapAgrees(&s.pools[i].free, s.Ranges); err != nil {
				return fmt.Errorf("scope %q: pool %d: %w", s.Name, i, err)
			}
		}
		if err := c.wakesRight(s); err != nil {
			return fmt.Errorf("scope %q: %w", s.Name, err)
		}
	}
	return nil
}

func (c *checker) wakesRight(s *scope) error {
	for _, x := range []struct {
		first, scopes *queue
		place         uint32
	}{{&s.deadlines, &c.wakeups, s.wake}, {&s.pending, &c.endings, s.ending}} {
		first, ok := x.first.top()
		if ok != (x.place != nowhere) {
			return fmt.Errorf("has a wakeup: %v", !ok)
		}
		if ok && *x.scopes.heap.at(x.place) != (entry{first.when, uint32(s.id)}) {
			return fmt.Errorf("wakes at another time than %d", first.when)
		}
	}
	return nil
}

func (s *scope) queues() []*queue {
	return []*queue{&s.pools[mine].idle, &s.pools[theirs].idle, &s.deadlines, &s.pending}
}

// bitmapAgrees checks that each level tells which words below are not zero,
// and that nothing outside the ranges is in the set.
func bitmapAgrees(b *bitmap, rs []Range) error {
	for l := 1; l < len(b.levels); l++ {
		for i, w := range b.levels[l-1] {
			if (b.levels[l][i/64]>>(i%64)&1 != 0) != (w != 0) {
				return fmt.Errorf("level %d of the bitmap disagrees with word %d", l, i)
			}
		}
	}
	for i := range b.words() {
		a := b.base + Addr(i*64)
		if w := b.word(a) &^ rangesMask(rs, a); w != 0 {
			return fmt.Errorf("%v is free outside the ranges", a+Addr(bits.TrailingZeros64(w)))
		}
	}
	return nil
}

func (c *checker) texts() error {
	for i, n := range c.rows.names.list {
		if i > 0 && n.refs != c.refs[uint32(i)] {
			return fmt.Errorf("name %q has %d references, want %d", n.text, n.refs, c.refs[uint32(i)])
		}
	}
	for i := range c.rows.limits.entries.n {
		e := c.rows.limits.entries.at(i)
		if i > 0 && (e.refs != c.limRefs[i] || e.live != c.limLive[i]) {
			return fmt.Errorf("limitation-id %q has %d references and %d live, want %d and %d",
				c.rows.limits.text(i), e.refs, e.live, c.limRefs[i], c.limLive[i])
		}
	}
	return nil
}

func (c *checker) indexes() error {
	for _, x := range []*index{&c.clients, &c.hardware, &c.rows.limits.ids} {
		if n := x.buckets.n; n > 0 && n != 1<<x.level+x.split {
			return fmt.Errorf("an index has %d buckets at level %d, split %d", n, x.level, x.split)
		}
	}
	return nil
}

func (c *checker) heaps() error {
	for _, s := range c.scopes {
		for _, q := range s.queues() {
			for i := uint32(1); i < q.heap.n; i++ {
				if q.less(byPlace{&c.rows}, *q.heap.at(i), *q.heap.at((i - 1) / 4)) {
					return fmt.Errorf("scope %q: a queue is out of order at %d", s.Name, i)
				}
			}
		}
	}
	for _, x := range []struct {
		*queue
		queued
	}{{&c.wakeups, byWake{c.Table}}, {&c.endings, byEnding{c.Table}}} {
		for i := uint32(1); i < x.heap.n; i++ {
			if x.less(x.queued, *x.heap.at(i), *x.heap.at((i - 1) / 4)) {
				return fmt.Errorf("wakeups are out of order at %d", i)
			}
		}
	}
	return nil
}
