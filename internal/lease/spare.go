package lease

// maxAffine is how many idle addresses Spare looks through for those of the
// receiver's clients.
const maxAffine = 4096

// Spare appends to buf up to n free addresses of a scope that one of the two
// servers could hand to the other: offered and reserved ones are not among
// them, nor deactivated ones. With FirstAvailable the secondary is given those
// nearest below its boundary, and takes its leave of them in the opposite
// order. Otherwise those go first whose last client is the receiver's
// (affine, which may be nil), then never-used ones from the highest down, then
// those that have been free longest. affine is called with the table locked.
func (t *Table) Spare(id ScopeID, owner Role, n int, affine func(ClientKey) bool, buf []Key) []Key {
	t.mu.RLock()
	defer t.mu.RUnlock()
	s := t.serving(id)
	if s == nil || n <= 0 {
		return buf
	}
	p := &s.pools[mine]
	if owner != s.Role {
		p = &s.pools[theirs]
	}
	c := spares{Table: t, scope: s, end: len(buf) + n, keys: buf}
	switch {
	case !s.FirstAvailable:
		c.idle(p, affine)
	case owner == Secondary:
		c.returned(p)
	default:
		s.order(p, Secondary, c.add)
	}
	return c.keys
}

// spares collects addresses until there are enough.
type spares struct {
	*Table
	*scope
	keys []Key
	end  int
}

// add takes an address and says whether another is wanted.
func (c *spares) add(a Addr) bool {
	c.keys = append(c.keys, Key{c.VPN, a})
	return len(c.keys) < c.end
}

// returned takes first what the secondary would give last: above the boundary
// from the highest down, then from the lowest up.
func (c *spares) returned(p *pool) {
	for a, ok := p.free.prev(^Addr(0)); ok && a > c.boundary; a, ok = p.free.prev(a - 1) {
		if !c.add(a) {
			return
		}
	}
	for a, ok := p.free.next(0); ok && a <= c.boundary && c.add(a); a, ok = p.free.next(a + 1) {
		if a == ^Addr(0) {
			return
		}
	}
}

func (c *spares) idle(p *pool, affine func(ClientKey) bool) {
	var others []Addr // not affine, longest free first
	p.idle.inOrder(byPlace{&c.rows}, func(i uint32) bool {
		r := c.rows.at(i)
		if affine != nil {
			if who := c.rows.client(r); !who.IsZero() && affine(who) {
				return c.add(r.addr)
			}
		}
		others = append(others, r.addr)
		return len(others) < max(maxAffine, c.end)
	})
	if len(c.keys) == c.end {
		return
	}
	for a, ok := p.free.prev(^Addr(0)); ok; a, ok = p.free.prev(a - 1) {
		if !c.add(a) || a == 0 {
			break
		}
	}
	more := min(c.end-len(c.keys), len(others))
	for _, a := range others[:more] {
		c.add(a)
	}
}
