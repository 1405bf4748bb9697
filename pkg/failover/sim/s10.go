package sim

// s10 is no flow overrun: no more BNDUPDs are under way than the partner said
// that it takes.
type s10 struct {
	w   *World
	max [][2]int // by pair and side: what the partner takes
	out []map[uint32]bool
}

func (s *s10) begin(w *World) {
	s.w = w
	s.max = make([][2]int, len(w.pairs))
	for range 2 * len(w.pairs) {
		s.out = append(s.out, map[uint32]bool{})
	}
}

func (s *s10) connected(p *pair, side int, maxUnacked uint32) {
	s.max[p.index][side] = int(maxUnacked)
	clear(s.out[2*p.index+side])
}

func (s *s10) disconnected(p *pair, side int) { clear(s.out[2*p.index+side]) }

func (s *s10) update(p *pair, side int, xid uint32) {
	out := s.out[2*p.index+side]
	out[xid] = true
	if len(out) > s.max[p.index][side] {
		s.w.fail("S10", "%s has %d updates under way, its partner takes %d", p.ends[side].n.name, len(out), s.max[p.index][side])
	}
}

func (s *s10) acked(p *pair, side int, xid uint32) { delete(s.out[2*p.index+side], xid) }
