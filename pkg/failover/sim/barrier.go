package sim

import "slices"

// barrier waits for what is decided on addresses and not on disk yet.
type barrier struct {
	left map[int]bool // by slot: who has claimed it
	done func()
}

// settle calls done when whoever has claimed an address by now has let it go: what
// was decided on it is on disk then, or has come to nothing.
func (n *node) settle(done func()) {
	b := &barrier{map[int]bool{}, done}
	for slot, waiting := range n.claims {
		if waiting != nil {
			b.left[slot] = true
		}
	}
	if len(b.left) == 0 {
		done()
		return
	}
	n.barriers = append(n.barriers, b)
}

// settled: an address is let go.
func (n *node) settled(slot int) {
	var over []*barrier
	n.barriers = slices.DeleteFunc(n.barriers, func(b *barrier) bool {
		delete(b.left, slot)
		if len(b.left) > 0 {
			return false
		}
		over = append(over, b)
		return true
	})
	for _, b := range over {
		b.done()
	}
}
