package lease

// link chains an entry into one bucket of an index; 0 is no entry.
type link struct {
	next, prev uint32
}

// chain is what an index knows of its entries.
type chain interface {
	link(i uint32) *link
	hash(i uint32) uint32
}

// index is a hash table by linear hashing: each added entry splits at most
// one bucket, so it grows with no pause however large it is. It holds numbers
// only; the entries carry the links. Removal is O(1) however many entries have
// the same key.
type index struct {
	buckets vec[uint32]
	items   uint32
	level   uint8  // 1<<level buckets at the start of this round
	split   uint32 // next bucket to split in this round
}

func (x *index) bucket(hash uint32) uint32 {
	b := hash & (1<<x.level - 1)
	if b < x.split {
		b = hash & (1<<(x.level+1) - 1)
	}
	return b
}

// first is the head of the chain that a hash may be in; follow link.next.
func (x *index) first(hash uint32) uint32 {
	if x.buckets.n == 0 {
		return 0
	}
	return *x.buckets.at(x.bucket(hash))
}

func (x *index) add(c chain, i uint32) {
	if x.buckets.n == 0 {
		x.buckets.push(0)
	}
	if x.items++; x.items > x.buckets.n {
		x.grow(c)
	}
	head := x.buckets.at(x.bucket(c.hash(i)))
	*c.link(i) = link{next: *head}
	if *head != 0 {
		c.link(*head).prev = i
	}
	*head = i
}

func (x *index) remove(c chain, i uint32) {
	x.items--
	l := c.link(i)
	if l.prev != 0 {
		c.link(l.prev).next = l.next
	} else {
		*x.buckets.at(x.bucket(c.hash(i))) = l.next
	}
	if l.next != 0 {
		c.link(l.next).prev = l.prev
	}
	*l = link{}
}

// grow splits one bucket into itself and a new last one, keeping the order of
// the entries.
func (x *index) grow(c chain) {
	from, bit := x.split, uint32(1)<<x.level
	i := *x.buckets.at(from)
	to := x.buckets.push(0)
	var heads, tails [2]uint32
	for i != 0 {
		l := c.link(i)
		next := l.next
		side := 0
		if c.hash(i)&bit != 0 {
			side = 1
		}
		*l = link{prev: tails[side]}
		if tails[side] == 0 {
			heads[side] = i
		} else {
			c.link(tails[side]).next = i
		}
		tails[side] = i
		i = next
	}
	*x.buckets.at(from) = heads[0]
	*x.buckets.at(to) = heads[1]
	if x.split++; x.split == bit {
		x.level++
		x.split = 0
	}
}
