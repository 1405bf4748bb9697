package lease

import "math/bits"

// page is 64 neighbouring addresses and the numbers of their records.
type page struct {
	has     uint64 // bit i: rows[i] is a record
	unacked uint64 // bit i: that record is one to tell the partner of
	rows    [64]uint32
}

// pages finds records by address and walks over them in address order. The
// upper 26 bits of an address lead to its page over four small tables, so that
// empty regions cost next to nothing to store or to walk over.
type pages struct {
	spaces map[uint32]*space // by VPN
	all    vec[page]
}

// Beside each table stands which of its parts have unacknowledged records.
type (
	space struct {
		sub     [64]*upper
		unacked uint64
	}
	upper struct {
		sub     [64]*lower
		unacked uint64
	}
	lower struct {
		sub     [128]*leaf
		unacked [2]uint64
	}
	leaf struct {
		sub     [128]uint32 // number of the page; 0 is none
		unacked [2]uint64
	}
)

const pageCount = 1 << 26

func newPages() *pages {
	p := &pages{spaces: map[uint32]*space{}}
	p.all.push(page{})
	return p
}

// get is the page of an address; nil if there is none.
func (p *pages) get(vpn uint32, a Addr) *page {
	s := p.spaces[vpn]
	if s == nil {
		return nil
	}
	n := uint32(a) >> 6
	u := s.sub[n>>20]
	if u == nil {
		return nil
	}
	lo := u.sub[n>>14&63]
	if lo == nil {
		return nil
	}
	le := lo.sub[n>>7&127]
	if le == nil || le.sub[n&127] == 0 {
		return nil
	}
	return p.all.at(le.sub[n&127])
}

// row is the number of the record of an address, 0 if it has none.
func (p *pages) row(k Key) uint32 {
	if g := p.get(k.VPN, k.Addr); g != nil {
		return g.rows[k.Addr&63]
	}
	return 0
}

// has tells which of the 64 addresses around a have records.
func (p *pages) has(vpn uint32, a Addr) uint64 {
	if g := p.get(vpn, a); g != nil {
		return g.has
	}
	return 0
}

// set records the number of an address's record; 0 takes it out.
func (p *pages) set(k Key, row uint32) {
	g := p.get(k.VPN, k.Addr)
	if g == nil {
		g = p.add(k.VPN, k.Addr)
	}
	i := k.Addr & 63
	g.rows[i] = row
	if row != 0 {
		g.has |= 1 << i
		return
	}
	g.has &^= 1 << i
	if g.unacked>>i&1 != 0 {
		p.mark(k, false)
	}
}

// mark records whether an address's record is one to tell the partner of.
func (p *pages) mark(k Key, unacked bool) {
	s := p.spaces[k.VPN]
	n := uint32(k.Addr) >> 6
	u := s.sub[n>>20]
	lo := u.sub[n>>14&63]
	le := lo.sub[n>>7&127]
	g := p.all.at(le.sub[n&127])
	if g.unacked>>(k.Addr&63)&1 != 0 == unacked {
		return
	}
	g.unacked ^= 1 << (k.Addr & 63)
	// Each level above shows whether this one has any.
	some := g.unacked != 0
	some = setBit(le.unacked[:], n&127, some)
	some = setBit(lo.unacked[:], n>>7&127, some)
	u.unacked = withBit(u.unacked, n>>14&63, some)
	s.unacked = withBit(s.unacked, n>>20, u.unacked != 0)
}

// setBit sets or clears a bit and tells whether any is set then.
func setBit(words []uint64, i uint32, to bool) bool {
	words[i>>6] = withBit(words[i>>6], i&63, to)
	return words[0]|words[1] != 0
}

func withBit(word uint64, i uint32, to bool) uint64 {
	if to {
		return word | 1<<i
	}
	return word &^ (1 << i)
}

func (p *pages) add(vpn uint32, a Addr) *page {
	s := p.spaces[vpn]
	if s == nil {
		s = new(space)
		p.spaces[vpn] = s
	}
	n := uint32(a) >> 6
	u := &s.sub[n>>20]
	if *u == nil {
		*u = new(upper)
	}
	lo := &(*u).sub[n>>14&63]
	if *lo == nil {
		*lo = new(lower)
	}
	le := &(*lo).sub[n>>7&127]
	if *le == nil {
		*le = new(leaf)
	}
	i := p.all.push(page{})
	(*le).sub[n&127] = i
	return p.all.at(i)
}

// nextUnacked is the first address with an unacknowledged record that is not
// below a.
func (p *pages) nextUnacked(vpn uint32, a Addr) (Addr, uint32, bool) {
	s := p.spaces[vpn]
	if s == nil {
		return 0, 0, false
	}
	from := uint(a & 63) // only the first page is entered in its middle
	for n := uint32(a) >> 6; n < pageCount; from = 0 {
		if s.unacked>>(n>>20)&1 == 0 {
			n = (n>>20 + 1) << 20
			continue
		}
		u := s.sub[n>>20]
		if u.unacked>>(n>>14&63)&1 == 0 {
			n = (n>>14 + 1) << 14
			continue
		}
		lo := u.sub[n>>14&63]
		if lo.unacked[n>>13&1]>>(n>>7&63)&1 == 0 {
			n = (n>>7 + 1) << 7
			continue
		}
		le := lo.sub[n>>7&127]
		if le.unacked[n>>6&1]>>(n&63)&1 != 0 {
			g := p.all.at(le.sub[n&127])
			if w := g.unacked >> from << from; w != 0 {
				bit := uint32(bits.TrailingZeros64(w))
				return Addr(n<<6 | bit), g.rows[bit], true
			}
		}
		n++
	}
	return 0, 0, false
}

// next is the first address with a record that is not below a.
func (p *pages) next(vpn uint32, a Addr) (Addr, uint32, bool) {
	s := p.spaces[vpn]
	if s == nil {
		return 0, 0, false
	}
	from := uint(a & 63) // only the first page is entered in its middle
	for n := uint32(a) >> 6; n < pageCount; from = 0 {
		u := s.sub[n>>20]
		if u == nil {
			n = (n>>20 + 1) << 20
			continue
		}
		lo := u.sub[n>>14&63]
		if lo == nil {
			n = (n>>14 + 1) << 14
			continue
		}
		le := lo.sub[n>>7&127]
		if le == nil {
			n = (n>>7 + 1) << 7
			continue
		}
		if i := le.sub[n&127]; i != 0 {
			g := p.all.at(i)
			if w := g.has >> from << from; w != 0 {
				bit := uint32(bits.TrailingZeros64(w))
				return Addr(n<<6 | bit), g.rows[bit], true
			}
		}
		n++
	}
	return 0, 0, false
}

// each calls f for the records from first to last in address order.
func (p *pages) each(vpn uint32, first, last Addr, f func(row uint32)) {
	for a := first; ; a++ {
		at, row, ok := p.next(vpn, a)
		if !ok || at > last {
			return
		}
		f(row)
		if at == last {
			return
		}
		a = at
	}
}
