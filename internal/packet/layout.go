package packet

import (
	"math/bits"
	"sync"
)

// area is a part of the message that options can stand in. A client reads them
// in this order (RFC 2131 section 4.1).
type area uint8

const (
	inOptions area = iota
	inFile
	inSName
	nowhere
)

// rooms are the octets that are left in the areas.
type rooms [nowhere]int

// overloadLen is what the overload option itself takes of the options field.
const overloadLen = 3

// plan settles in r.where which option goes where, and returns what the overload
// option is to say.
//
// Rank decides: an option gets in if there is any way to fit it together with
// those before it that got in, and one that does not is passed over. Of equal
// results the one with the least overload is taken. An option is not divided
// between two areas: RFC 3396 allows it, but nothing in a request tells which
// clients would put it together again.
func (r *Reply) plan(limit int) (overload uint8) {
	room, relay := limit-headerLen-cookieLen-1, 0
	if r.Type != BOOTP {
		room -= 3
	}
	if r.RelayInfo != nil {
		relay = optLen(r.RelayInfo)
	}
	need := relay
	for _, o := range r.opts {
		need += optLen(o.Value)
	}
	r.where = r.where[:0]
	if need <= room {
		for range r.opts {
			r.where = append(r.where, inOptions)
		}
		return 0
	}
	excess := r.pack(rooms{inOptions: room}, relay)
	if r.Type == BOOTP {
		return 0 // option overload is DHCP's
	}
	best, bound := append(r.other[:0], r.where...), excess
	if excess > 0 {
		bound += overloadLen // it does not matter any more
	}
	for over := uint8(1); over <= overFile|overSName; over++ {
		left := rooms{inOptions: room - overloadLen}
		if over&overFile != 0 {
			left[inFile] = fileLen - 1
		}
		if over&overSName != 0 {
			left[inSName] = snameLen - 1
		}
		if left[inFile] > 0 && r.File != "" || left[inSName] > 0 && r.SName != "" {
			continue
		}
		r.where = r.where[:0]
		if e := r.pack(left, relay); e <= bound && (e < excess || outranks(r.where, best)) {
			overload, excess = over, e
			best, r.where = r.where, best
		}
	}
	r.where, r.other = best, r.where
	return overload
}

// outranks says whether a holds an option that b does not, before b holds one
// that a does not.
func outranks(a, b []area) bool {
	for i := range a {
		if inA, inB := a[i] != nowhere, b[i] != nowhere; inA != inB {
			return inA
		}
	}
	return false
}

// pack fills the areas and returns by how much the limit is exceeded.
//
// The options that the server must send come first. They stand in the options
// field if ever possible, where every client finds them, and even beyond the
// limit if they fit nowhere. They may push the relay's information beyond it:
// that is taken off again when the client's limit matters.
func (r *Reply) pack(left rooms, relay int) (excess int) {
	for _, o := range r.opts {
		where := nowhere
		if mandatory(o.Code) {
			where = left.first(optLen(o.Value))
			left[where] -= optLen(o.Value)
		}
		r.where = append(r.where, where)
	}
	excess = max(0, relay-left[inOptions])
	left[inOptions] = max(0, left[inOptions]-relay)
	total := r.choose(left)
	if left[inFile]+left[inSName] > 0 {
		r.assign(left, total)
	}
	return excess
}

// first is the first area that takes n octets, the options field if none does.
func (left *rooms) first(n int) area {
	for a, room := range left {
		if room >= n {
			return area(a)
		}
	}
	return inOptions
}

// choose marks the options beyond the mandatory ones that get in, and returns
// the octets that they take together.
func (r *Reply) choose(left rooms) (total int) {
	ways := divisions{1}
	for i, o := range r.opts {
		if mandatory(o.Code) {
			continue
		}
		n := optLen(o.Value)
		with := ways
		with.add(n, left[inFile])
		if with.fit(total+n, left) {
			ways, total = with, total+n
			r.where[i] = inOptions
		}
	}
	return total
}

// assign gives each of the chosen options, in order, the first area with which
// the ones behind it still fit. So those of high rank stand in the options field.
func (r *Reply) assign(left rooms, total int) {
	scratch := divisionTables.Get().(*[]divisions)
	defer divisionTables.Put(scratch)
	for len(*scratch) <= len(r.opts) {
		*scratch = append(*scratch, divisions{})
	}
	behind := (*scratch)[:len(r.opts)+1] // behind[i] is for the options from i on
	chosen := func(i int) bool { return r.where[i] != nowhere && !mandatory(r.opts[i].Code) }

	behind[len(r.opts)] = divisions{1}
	for i := len(r.opts) - 1; i >= 0; i-- {
		behind[i] = behind[i+1]
		if chosen(i) {
			behind[i].add(optLen(r.opts[i].Value), left[inFile])
		}
	}
	for i, o := range r.opts {
		if total <= left[inOptions] {
			break // they are marked so already
		}
		if !chosen(i) {
			continue
		}
		n := optLen(o.Value)
		total -= n
		for a := range nowhere {
			with := left
			with[a] -= n
			if with[a] >= 0 && behind[i+1].fit(total, with) {
				r.where[i], left = a, with
				break
			}
		}
	}
}

// divisions are the ways to divide some options between the three areas, by
// what they take of file and sname: bit s of element f is set if f octets of
// file and s of sname can be taken, the rest going to the options field. Both
// indexes end where the fields do, at one octet less than they have: the last is
// the end option's.
type divisions [fileLen]uint64

var _ = [1]struct{}{}[snameLen-64] // sname's octets are the bits of a uint64

var divisionTables = sync.Pool{New: func() any { return new([]divisions) }}

// add takes one more option, of n octets, into account, with at most file
// octets of that field.
func (d *divisions) add(n, file int) {
	if n >= fileLen {
		return // it can only stand in the options field
	}
	for f := file; f >= 0; f-- {
		d[f] |= d[f] << n
		if f >= n {
			d[f] |= d[f-n]
		}
	}
}

// fit says whether one of the ways to divide options that take total octets
// leaves none over.
func (d *divisions) fit(total int, left rooms) bool {
	for f := 0; f <= left[inFile]; f++ {
		s := bits.Len64(d[f]&(2<<left[inSName]-1)) - 1
		if s >= 0 && total-f-s <= left[inOptions] {
			return true
		}
	}
	return false
}
