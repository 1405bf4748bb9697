package engine

import (
	"net/netip"
	"slices"
	"sort"
	"sync/atomic"

	"leasehold/internal/lease"
)

// network is one link: the scopes of a primary subnet and of the secondaries
// that name it.
type network struct {
	primary netip.Prefix
	// groups are the scopes in the order in which a new client is given an
	// address: by allocation-priority; scopes of one group are equal and
	// their free addresses decide.
	groups [][]*scope
	scopes []*scope // all, in that order
	ids    []lease.ScopeID
	// shared says that some of the scopes have a partner.
	shared bool
	// reserves is false while no address of the network is reserved, which
	// spares most packets the look for a reservation of theirs.
	reserves atomic.Bool
}

// contains tells whether the address is in a subnet of the network.
func (n *network) contains(a lease.Addr) bool {
	for _, s := range n.scopes {
		if s.first <= a && a <= s.last {
			return true
		}
	}
	return false
}

// scopeOf is the scope of the network that has the address: the one with a
// range around it, else the first in whose subnet it is.
func (n *network) scopeOf(a lease.Addr) *scope {
	var of *scope
	for _, s := range n.scopes {
		if a < s.first || s.last < a {
			continue
		}
		if slices.ContainsFunc(s.table.Ranges, func(r lease.Range) bool { return r.First <= a && a <= r.Last }) {
			return s
		}
		if of == nil {
			of = s
		}
	}
	return of
}

// prefixIndex finds the most specific subnet that holds an address.
type prefixIndex struct {
	spans []span // sorted by first, the wider one before those inside it
}

type span struct {
	first, last lease.Addr
	parent      int32 // index of the narrowest span around this one, or -1
	network     *network
}

// newPrefixIndex builds the index; a prefix that stands twice must name the
// same network both times.
func newPrefixIndex(nets map[netip.Prefix]*network) prefixIndex {
	var x prefixIndex
	for p, n := range nets {
		first, last := bounds(p)
		x.spans = append(x.spans, span{first: first, last: last, parent: -1, network: n})
	}
	slices.SortFunc(x.spans, func(a, b span) int {
		switch {
		case a.first != b.first:
			if a.first < b.first {
				return -1
			}
			return 1
		case a.last > b.last:
			return -1
		case a.last < b.last:
			return 1
		}
		return 0
	})
	var open []int32
	for i := range x.spans {
		for len(open) > 0 && x.spans[open[len(open)-1]].last < x.spans[i].first {
			open = open[:len(open)-1]
		}
		if len(open) > 0 {
			x.spans[i].parent = open[len(open)-1]
		}
		open = append(open, int32(i))
	}
	return x
}

// find returns the network of the most specific subnet that holds a, or nil.
func (x *prefixIndex) find(a lease.Addr) *network {
	i := int32(sort.Search(len(x.spans), func(i int) bool { return x.spans[i].first > a })) - 1
	for i >= 0 {
		if a <= x.spans[i].last {
			return x.spans[i].network
		}
		i = x.spans[i].parent
	}
	return nil
}

// bounds returns the first and the last address of an IPv4 prefix.
func bounds(p netip.Prefix) (first, last lease.Addr) {
	first = lease.AddrFrom(p.Masked().Addr())
	return first, first | lease.Addr(uint64(1)<<(32-p.Bits())-1)
}
