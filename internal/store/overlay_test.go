package store

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// Journal rows come in the order of their keys, those of one key in the order
// in which they were written.
func TestByKey(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, bits := range []int{1, 4, 12, 24, 64} {
		refs := make([]ref, rnd.IntN(5000))
		for i := range refs {
			refs[i] = ref{key: 7<<56 | rnd.Uint64()>>(64-bits), chunk: uint32(i / 10), offset: uint32(i % 10)}
		}
		want := slices.Clone(refs)
		slices.SortStableFunc(want, func(a, b ref) int { return cmp.Compare(a.key, b.key) })
		if got := byKey(refs); !slices.Equal(got, want) {
			t.Errorf("%d rows with keys of %d bits are in another order", len(refs), bits)
		}
	}
}
