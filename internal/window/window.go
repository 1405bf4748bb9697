// Package window keeps values under numbers that only rise, as a map of them
// would: what is under way, each with a number of its own, and mostly ended in
// the order in which it began.
package window

import "iter"

// Window is the values that are kept. The zero value has none.
type Window[T any] struct {
	ring  []slot[T] // a power of two long; a number's place is its low bits
	first uint64    // no lower number is kept
	next  uint64    // no number from here on was kept
	count int
}

type slot[T any] struct {
	is    bool
	value T
}

// Put keeps a value under a number: one that is higher than all before, or that
// is kept already.
func (w *Window[T]) Put(id uint64, value T) {
	if id < w.next {
		if s := w.at(id); s != nil {
			s.value = value
			return
		}
		panic("window: a number is used twice")
	}
	if w.count == 0 {
		w.first = id
	}
	for id-w.first >= uint64(len(w.ring)) {
		w.grow()
	}
	w.ring[id&w.mask()] = slot[T]{true, value}
	w.next = id + 1
	w.count++
}

// Get is the value of a number; false if there is none.
func (w *Window[T]) Get(id uint64) (value T, ok bool) {
	if s := w.at(id); s != nil {
		return s.value, true
	}
	return value, false
}

// Delete forgets a number.
func (w *Window[T]) Delete(id uint64) {
	s := w.at(id)
	if s == nil {
		return
	}
	*s = slot[T]{}
	w.count--
	for w.first < w.next && !w.ring[w.first&w.mask()].is {
		w.first++
	}
}

// Len is how many values are kept.
func (w *Window[T]) Len() int { return w.count }

// All goes over them, the lowest number first.
func (w *Window[T]) All() iter.Seq2[uint64, T] {
	return func(yield func(uint64, T) bool) {
		for id := w.first; id < w.next; id++ {
			if s := &w.ring[id&w.mask()]; s.is && !yield(id, s.value) {
				return
			}
		}
	}
}

// Clear forgets all, and may be given any numbers then.
func (w *Window[T]) Clear() {
	clear(w.ring)
	w.first, w.next, w.count = 0, 0, 0
}

func (w *Window[T]) mask() uint64 { return uint64(len(w.ring)) - 1 }

func (w *Window[T]) at(id uint64) *slot[T] {
	if id < w.first || id >= w.next {
		return nil
	}
	if s := &w.ring[id&w.mask()]; s.is {
		return s
	}
	return nil
}

func (w *Window[T]) grow() {
	old, mask := w.ring, w.mask()
	w.ring = make([]slot[T], max(64, 2*len(old)))
	for id := w.first; id < w.next; id++ {
		w.ring[id&w.mask()] = old[id&mask]
	}
}
