package window

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// It does what a map does, whatever is kept for how long.
func TestLikeAMap(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var w Window[int]
	m := map[uint64]int{}
	id := uint64(0)
	for step := range 200_000 {
		switch r := rnd.IntN(100); {
		case r < 48:
			id += uint64(1 + rnd.IntN(2)*rnd.IntN(3)) // some are left out
			w.Put(id, step)
			m[id] = step
		case r < 97:
			if keys := slices.Sorted(maps.Keys(m)); len(keys) > 0 {
				k := keys[rnd.IntN(min(len(keys), 1+rnd.IntN(20)))]
				w.Delete(k)
				delete(m, k)
			}
		case r < 99:
			for k := range m {
				w.Put(k, step)
				m[k] = step
				break
			}
		case rnd.IntN(200) == 0:
			w.Clear()
			clear(m)
			id = 0
		}
		at := id - min(id, uint64(rnd.IntN(100)))
		got, ok := w.Get(at)
		want, is := m[at]
		if got != want || ok != is || w.Len() != len(m) {
			t.Fatalf("step %d: number %d is %d, %v of %d, want %d, %v of %d", step, at, got, ok, w.Len(), want, is, len(m))
		}
	}
	last := uint64(0)
	for k, v := range w.All() {
		if m[k] != v || k <= last {
			t.Fatalf("number %d behind %d is %d, want %d", k, last, v, m[k])
		}
		last = k
		delete(m, k)
	}
	if len(m) != 0 {
		t.Fatalf("%d were left out", len(m))
	}
}

func TestTwice(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a number that is over is used again")
		}
	}()
	var w Window[int]
	w.Put(1, 1)
	w.Put(2, 1)
	w.Delete(1)
	w.Put(1, 1)
}
