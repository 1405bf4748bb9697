package lease

// arena keeps byte strings of many lengths without one Go object each. A
// block is a multiple of 8 bytes; freed blocks wait in a list per size, whose
// links are written into the blocks themselves. Handle 0 is no block.
type arena struct {
	chunks [][]byte
	used   int // of the last chunk
	free   [maxBlock/granule + 1]uint32
	// big holds what is longer than maxBlock; nothing that DHCP clients send
	// is, as a rule.
	big     []string
	bigFree []uint32
}

const (
	granule   = 8
	maxBlock  = 1024
	arenaBits = 18 // bytes in a chunk
	bigBlock  = 1 << 31
)

// put copies b into the arena.
func (a *arena) put(b []byte) uint32 {
	if len(b) == 0 {
		return 0
	}
	if len(b) > maxBlock {
		return a.putBig(b)
	}
	h := a.alloc((len(b) + granule - 1) / granule)
	copy(a.from(h), b)
	return h
}

func (a *arena) putBig(b []byte) uint32 {
	if n := len(a.bigFree); n > 0 {
		i := a.bigFree[n-1]
		a.bigFree = a.bigFree[:n-1]
		a.big[i] = string(b)
		return bigBlock | i
	}
	a.big = append(a.big, string(b))
	return bigBlock | uint32(len(a.big)-1)
}

// alloc returns a block of so many granules.
func (a *arena) alloc(granules int) uint32 {
	if h := a.free[granules]; h != 0 {
		b := a.from(h)
		a.free[granules] = uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
		return h
	}
	size := granules * granule
	if len(a.chunks) == 0 || a.used+size > 1<<arenaBits {
		a.chunks = append(a.chunks, make([]byte, 1<<arenaBits))
		a.used = 0
	}
	at := (len(a.chunks)-1)<<arenaBits + a.used
	a.used += size
	return uint32(at/granule) + 1
}

// from is the block and whatever follows it: its owner knows its length.
func (a *arena) from(h uint32) []byte {
	at := int(h-1) * granule
	return a.chunks[at>>arenaBits][at&(1<<arenaBits-1):]
}

// bytes are the n bytes put under h. They must not be written or kept.
func (a *arena) bytes(h uint32, n int) []byte {
	return a.from(h)[:n:n]
}

// drop frees the block of n bytes.
func (a *arena) drop(h uint32, n int) {
	if h == 0 {
		return
	}
	if h&bigBlock != 0 {
		a.big[h&^bigBlock] = ""
		a.bigFree = append(a.bigFree, h&^bigBlock)
		return
	}
	class := (n + granule - 1) / granule
	next := a.free[class]
	b := a.from(h)
	b[0], b[1], b[2], b[3] = byte(next), byte(next>>8), byte(next>>16), byte(next>>24)
	a.free[class] = h
}
