package lease

import "math/bits"

// bitmap is a set of addresses from base (a multiple of 64) on. Above the
// words of the set stand levels with one bit for each word that is not zero,
// up to one word: finding the lowest address reads a word per level, 5 for
// the whole IPv4 space.
type bitmap struct {
	base   Addr
	levels [][]uint64
}

// newBitmap covers first to last.
func newBitmap(first, last Addr) bitmap {
	b := bitmap{base: first &^ 63}
	n := (uint64(last)-uint64(b.base))/64 + 1
	for {
		b.levels = append(b.levels, make([]uint64, n))
		if n == 1 {
			return b
		}
		n = (n + 63) / 64
	}
}

// words is the number of 64-address words.
func (b *bitmap) words() int {
	if len(b.levels) == 0 {
		return 0
	}
	return len(b.levels[0])
}

// index is the word of an address; false outside the set's bounds.
func (b *bitmap) index(a Addr) (uint64, bool) {
	if a < b.base {
		return 0, false
	}
	w := uint64(a-b.base) / 64
	return w, w < uint64(b.words())
}

// word is the 64 addresses around a.
func (b *bitmap) word(a Addr) uint64 {
	if w, ok := b.index(a); ok {
		return b.levels[0][w]
	}
	return 0
}

func (b *bitmap) has(a Addr) bool { return b.word(a)>>(a&63)&1 != 0 }

// setWord replaces the 64 addresses around a, which must be inside the bounds.
func (b *bitmap) setWord(a Addr, word uint64) {
	i, _ := b.index(a)
	for _, level := range b.levels {
		was := level[i]
		level[i] = word
		if (was == 0) == (word == 0) {
			return
		}
		// The level above shows whether this word is zero.
		up := i / 64
		i, word = up, b.summary(level, up)
	}
}

// summary is the word that stands above 64 words of a level.
func (b *bitmap) summary(level []uint64, up uint64) uint64 {
	var s uint64
	for j, w := range level[up*64 : min(up*64+64, uint64(len(level)))] {
		if w != 0 {
			s |= 1 << j
		}
	}
	return s
}

// set adds or takes out one address; outside the bounds it does nothing.
func (b *bitmap) set(a Addr, in bool) {
	i, ok := b.index(a)
	if !ok {
		return
	}
	bit := uint64(a & 63)
	for _, level := range b.levels {
		was := level[i]
		if in {
			level[i] |= 1 << bit
		} else {
			level[i] &^= 1 << bit
		}
		if (was == 0) == (level[i] == 0) {
			return
		}
		i, bit = i/64, i%64
	}
}

// prev is the highest address of the set that is not above a.
func (b *bitmap) prev(a Addr) (Addr, bool) {
	if a < b.base || len(b.levels) == 0 {
		return 0, false
	}
	i := min(uint64(a-b.base), uint64(len(b.levels[0]))*64-1)
	for l := range b.levels {
		w := i / 64
		word := b.levels[l][w] << (63 - i&63)
		if word == 0 {
			if w == 0 {
				return 0, false
			}
			i = w - 1
			continue
		}
		i -= uint64(bits.LeadingZeros64(word))
		for l--; l >= 0; l-- {
			i = i*64 + 63 - uint64(bits.LeadingZeros64(b.levels[l][i]))
		}
		return b.base + Addr(i), true
	}
	return 0, false
}

// next is the lowest address of the set that is not below a.
func (b *bitmap) next(a Addr) (Addr, bool) {
	var i uint64
	if a > b.base {
		i = uint64(a - b.base)
	}
	for l := range b.levels {
		level := b.levels[l]
		w := i / 64
		if w >= uint64(len(level)) {
			return 0, false
		}
		word := level[w] >> (i & 63) << (i & 63)
		if word == 0 {
			i = w + 1
			continue
		}
		i = w*64 + uint64(bits.TrailingZeros64(word))
		for l--; l >= 0; l-- {
			i = i*64 + uint64(bits.TrailingZeros64(b.levels[l][i]))
		}
		return b.base + Addr(i), true
	}
	return 0, false
}
