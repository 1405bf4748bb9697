package lease

import "hash/maphash"

// limits counts the live leases of each limitation-id. There may be as many
// ids as leases (one per subscriber line), so they are kept without a Go
// object each. Number 0 is no id.
type limits struct {
	seed    maphash.Seed
	entries vec[limit]
	texts   arena
	ids     index
	unused  []uint32
}

type limit struct {
	link link
	hash uint32
	text uint32 // in texts
	size uint16
	refs uint32 // records with this id
	live uint32 // of them, offered or leased
}

func newLimits(seed maphash.Seed) *limits {
	l := &limits{seed: seed}
	l.entries.push(limit{})
	return l
}

func (l *limits) link(i uint32) *link  { return &l.entries.at(i).link }
func (l *limits) hash(i uint32) uint32 { return l.entries.at(i).hash }

func (l *limits) bytes(i uint32) []byte {
	e := l.entries.at(i)
	if e.text&bigBlock != 0 {
		return []byte(l.texts.big[e.text&^bigBlock])
	}
	return l.texts.bytes(e.text, int(e.size))
}

func (l *limits) text(i uint32) string {
	if i == 0 {
		return ""
	}
	return string(l.bytes(i))
}

func (l *limits) find(id string) uint32 {
	if id == "" {
		return 0
	}
	h := uint32(maphash.String(l.seed, id))
	for i := l.ids.first(h); i != 0; i = l.entries.at(i).link.next {
		if l.entries.at(i).hash == h && string(l.bytes(i)) == id {
			return i
		}
	}
	return 0
}

// add takes a reference.
func (l *limits) add(id string) uint32 {
	i := l.find(id)
	if i == 0 && id != "" {
		e := limit{
			hash: uint32(maphash.String(l.seed, id)),
			text: l.texts.put([]byte(id)),
			size: uint16(min(len(id), maxBlock)),
		}
		if n := len(l.unused); n > 0 {
			i = l.unused[n-1]
			l.unused = l.unused[:n-1]
			*l.entries.at(i) = e
		} else {
			i = l.entries.push(e)
		}
		l.ids.add(l, i)
	}
	if i != 0 {
		l.entries.at(i).refs++
	}
	return i
}

// drop gives a reference back.
func (l *limits) drop(i uint32) {
	if i == 0 {
		return
	}
	e := l.entries.at(i)
	if e.refs--; e.refs > 0 {
		return
	}
	l.ids.remove(l, i)
	l.texts.drop(e.text, int(e.size))
	*e = limit{}
	l.unused = append(l.unused, i)
}

// replace changes *at to the number of id.
func (l *limits) replace(at *uint32, id string) {
	if i := l.find(id); i == *at && (i != 0 || id == "") {
		return
	}
	old := *at
	*at = l.add(id)
	l.drop(old)
}
