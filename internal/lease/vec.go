package lease

// vec is a growing array in chunks: growing never copies what is there (but
// the first, small chunk), so that no single call pays for a million entries,
// and the garbage collector sees one object per chunk. A pointer from at is
// good until the next push.
type vec[T any] struct {
	chunks [][]T
	n      uint32
}

const (
	chunkBits = 12
	chunkSize = 1 << chunkBits
)

func (v *vec[T]) at(i uint32) *T {
	return &v.chunks[i>>chunkBits][i&(chunkSize-1)]
}

func (v *vec[T]) push(x T) uint32 {
	i := v.n
	c := int(i >> chunkBits)
	switch {
	case c < len(v.chunks):
	case c == 0:
		v.chunks = append(v.chunks, nil)
	default:
		v.chunks = append(v.chunks, make([]T, 0, chunkSize))
	}
	v.chunks[c] = append(v.chunks[c], x)
	v.n++
	return i
}

// pop drops the last entry; its chunk is kept for the next push.
func (v *vec[T]) pop() {
	v.n--
	c := v.n >> chunkBits
	v.chunks[c] = v.chunks[c][:v.n&(chunkSize-1)]
}
