package lease

// queue is a heap of numbered items by time, four children to a node, which
// tells each item where it stands so that it can be moved or taken out. Equal
// times are ordered by the items themselves.
type queue struct {
	heap vec[entry]
}

type entry struct {
	when int64
	item uint32
}

// nowhere is the place of an item in no queue.
const nowhere = ^uint32(0)

// queued is what a queue must know of its items.
type queued interface {
	// moved tells item its place.
	moved(item, place uint32)
	// before orders items of the same time.
	before(a, b uint32) bool
}

func (q *queue) less(o queued, a, b entry) bool {
	if a.when != b.when {
		return a.when < b.when
	}
	return o.before(a.item, b.item)
}

// top is the earliest entry.
func (q *queue) top() (entry, bool) {
	if q.heap.n == 0 {
		return entry{}, false
	}
	return *q.heap.at(0), true
}

func (q *queue) push(o queued, when int64, item uint32) {
	e := entry{when, item}
	q.up(o, q.heap.push(e), e)
}

// fix changes the time of the item at a place.
func (q *queue) fix(o queued, place uint32, when int64) {
	e := *q.heap.at(place)
	e.when = when
	q.settle(o, place, e)
}

// remove takes out the item at a place.
func (q *queue) remove(o queued, place uint32) {
	o.moved(q.heap.at(place).item, nowhere)
	last := *q.heap.at(q.heap.n - 1)
	q.heap.pop()
	if place < q.heap.n {
		q.settle(o, place, last)
	}
}

// settle puts an entry where it belongs, starting from a free place.
func (q *queue) settle(o queued, place uint32, e entry) {
	if place > 0 && q.less(o, e, *q.heap.at((place - 1) / 4)) {
		q.up(o, place, e)
		return
	}
	q.down(o, place, e)
}

func (q *queue) up(o queued, place uint32, e entry) {
	for place > 0 {
		above := (place - 1) / 4
		p := *q.heap.at(above)
		if !q.less(o, e, p) {
			break
		}
		*q.heap.at(place) = p
		o.moved(p.item, place)
		place = above
	}
	*q.heap.at(place) = e
	o.moved(e.item, place)
}

func (q *queue) down(o queued, place uint32, e entry) {
	for {
		first := place*4 + 1
		if first >= q.heap.n {
			break
		}
		least, at := *q.heap.at(first), first
		for c := first + 1; c < min(first+4, q.heap.n); c++ {
			if x := *q.heap.at(c); q.less(o, x, least) {
				least, at = x, c
			}
		}
		if !q.less(o, least, e) {
			break
		}
		*q.heap.at(place) = least
		o.moved(least.item, place)
		place = at
	}
	*q.heap.at(place) = e
	o.moved(e.item, place)
}

// due calls f for entries whose time is not after now, until f says false:
// never a later one, but the due ones in no particular order.
func (q *queue) due(now int64, f func(item uint32) bool) {
	q.dueBelow(now, 0, f)
}

func (q *queue) dueBelow(now int64, place uint32, f func(item uint32) bool) bool {
	if place >= q.heap.n {
		return true
	}
	e := *q.heap.at(place)
	if e.when > now {
		return true
	}
	if !f(e.item) {
		return false
	}
	for c := place*4 + 1; c <= place*4+4; c++ {
		if !q.dueBelow(now, c, f) {
			return false
		}
	}
	return true
}

// inOrder calls f for the items, the earliest first, until f says false. What
// it costs depends on how many f sees, not on how many there are.
func (q *queue) inOrder(o queued, f func(item uint32) bool) {
	if q.heap.n == 0 {
		return
	}
	// The places of which one has the next item.
	var next queue
	by := byItem{q, o}
	next.push(by, q.heap.at(0).when, 0)
	for {
		e, more := next.top()
		if !more || !f(q.heap.at(e.item).item) {
			return
		}
		next.remove(by, 0)
		for c := e.item*4 + 1; c <= e.item*4+4 && c < q.heap.n; c++ {
			next.push(by, q.heap.at(c).when, c)
		}
	}
}

// byItem makes the places of a queue the items of another.
type byItem struct {
	of *queue
	queued
}

func (x byItem) moved(_, _ uint32) {}
func (x byItem) before(a, b uint32) bool {
	return x.queued.before(x.of.heap.at(a).item, x.of.heap.at(b).item)
}
