package lease

import (
	"cmp"
	"slices"
	"sort"
)

// Ranges of a scope in the table are in ascending order and neither overlap
// nor touch.

// MergeRanges brings ranges into that form.
func MergeRanges(rs []Range) []Range {
	rs = slices.Clone(rs)
	slices.SortFunc(rs, func(a, b Range) int { return cmp.Compare(a.First, b.First) })
	out := rs[:0]
	for _, r := range rs {
		if n := len(out); n > 0 && uint64(r.First) <= uint64(out[n-1].Last)+1 {
			out[n-1].Last = max(out[n-1].Last, r.Last)
			continue
		}
		out = append(out, r)
	}
	return out
}

// inRanges says whether one of the ranges holds a.
func inRanges(rs []Range, a Addr) bool {
	i := sort.Search(len(rs), func(i int) bool { return rs[i].Last >= a })
	return i < len(rs) && rs[i].First <= a
}

// rangesMask tells which of the 64 addresses from page on the ranges hold.
func rangesMask(rs []Range, page Addr) uint64 {
	var mask uint64
	last := page | 63
	i := sort.Search(len(rs), func(i int) bool { return rs[i].Last >= page })
	for ; i < len(rs) && rs[i].First <= last; i++ {
		from := max(rs[i].First, page) & 63
		to := min(rs[i].Last, last) & 63
		mask |= ^uint64(0) << from & (^uint64(0) >> (63 - to))
	}
	return mask
}

// size is the number of addresses.
func size(rs []Range) int {
	n := 0
	for _, r := range rs {
		n += int(r.Last-r.First) + 1
	}
	return n
}

// difference is what exactly one of two lists of ranges holds.
func difference(a, b []Range) []Range {
	edges := make([]uint64, 0, 2*(len(a)+len(b)))
	for _, rs := range [][]Range{a, b} {
		for _, r := range rs {
			edges = append(edges, uint64(r.First), uint64(r.Last)+1)
		}
	}
	slices.Sort(edges)
	// An edge that both have is no edge of the difference.
	kept := edges[:0]
	for _, e := range edges {
		if n := len(kept); n > 0 && kept[n-1] == e {
			kept = kept[:n-1]
		} else {
			kept = append(kept, e)
		}
	}
	out := make([]Range, 0, len(kept)/2)
	for i := 0; i < len(kept); i += 2 {
		out = append(out, Range{Addr(kept[i]), Addr(kept[i+1] - 1)})
	}
	return out
}

// Reservations are in address order, one to an address.

func byAddr(a, b Reservation) int { return cmp.Compare(a.Addr, b.Addr) }

func byWho(a, b Reservation) int {
	return cmp.Or(cmp.Compare(a.Who, b.Who), cmp.Compare(a.Addr, b.Addr))
}

// reservation finds the reservation of an address.
func reservation(rs []Reservation, a Addr) (who string, ok bool) {
	i, ok := slices.BinarySearchFunc(rs, a, func(r Reservation, a Addr) int {
		return cmp.Compare(r.Addr, a)
	})
	if !ok {
		return "", false
	}
	return rs[i].Who, true
}

// reservationsMask tells which of the 64 addresses from page on are reserved.
func reservationsMask(rs []Reservation, page Addr) uint64 {
	var mask uint64
	i := sort.Search(len(rs), func(i int) bool { return rs[i].Addr >= page })
	for ; i < len(rs) && rs[i].Addr <= page|63; i++ {
		mask |= 1 << (rs[i].Addr & 63)
	}
	return mask
}

// reservedDifference is the addresses that exactly one of two lists reserves.
func reservedDifference(a, b []Reservation) []Range {
	var out []Range
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].Addr < b[0].Addr:
			out = append(out, Range{a[0].Addr, a[0].Addr})
			a = a[1:]
		case len(a) == 0 || b[0].Addr < a[0].Addr:
			out = append(out, Range{b[0].Addr, b[0].Addr})
			b = b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	return out
}
