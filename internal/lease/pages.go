package lease

import "math/bits"

// page is 64 neighbouring addresses and the numbers of their records.
type page struct {
	has  uint64 // bit i: rows[i] is a record
	rows [64]uint32
}

// pages finds records by address and walks over them in address order. The
// upper 26 bits of an address lead to its page over four small tables, so that
// empty regions cost next to nothing to store or to walk over.
type pages struct {
	spaces map[uint32]*space // by VPN
	all    vec[page]
}

type (
	space [64]*upper
	upper [64]*lower
	lower [128]*leaf
	leaf  [128]uint32 // number of the page; 0 is none
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
	u := s[n>>20]
	if u == nil {
		return nil
	}
	lo := u[n>>14&63]
	if lo == nil {
		return nil
	}
	le := lo[n>>7&127]
	if le == nil || le[n&127] == 0 {
		return nil
	}
	return p.all.at(le[n&127])
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
	} else {
		g.has &^= 1 << i
	}
}

func (p *pages) add(vpn uint32, a Addr) *page {
	s := p.spaces[vpn]
	if s == nil {
		s = new(space)
		p.spaces[vpn] = s
	}
	n := uint32(a) >> 6
	u := &s[n>>20]
	if *u == nil {
		*u = new(upper)
	}
	lo := &(*u)[n>>14&63]
	if *lo == nil {
		*lo = new(lower)
	}
	le := &(*lo)[n>>7&127]
	if *le == nil {
		*le = new(leaf)
	}
	i := p.all.push(page{})
	(*le)[n&127] = i
	return p.all.at(i)
}

// next is the first address with a record that is not below a.
func (p *pages) next(vpn uint32, a Addr) (Addr, uint32, bool) {
	s := p.spaces[vpn]
	if s == nil {
		return 0, 0, false
	}
	from := uint(a & 63) // only the first page is entered in its middle
	for n := uint32(a) >> 6; n < pageCount; from = 0 {
		u := s[n>>20]
		if u == nil {
			n = (n>>20 + 1) << 20
			continue
		}
		lo := u[n>>14&63]
		if lo == nil {
			n = (n>>14 + 1) << 14
			continue
		}
		le := lo[n>>7&127]
		if le == nil {
			n = (n>>7 + 1) << 7
			continue
		}
		if i := le[n&127]; i != 0 {
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
