package failover

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/wire"
	"leasehold/pkg/objects"
)

// terms are what both servers must have alike and the draft has no word for:
// which addresses they share, and whether they balance the load. Two of ours
// tell them each other in CONTACTs when they connect, and when they change.
type terms struct {
	balanced bool
	scopes   []termScope // by subnet
}

// termScope are the scopes of one subnet.
type termScope struct {
	name    string // "" on the partner's side, which does not tell
	subnet  netip.Prefix
	dynamic bool // dynamic BOOTP
	joins   bool // its leases are being told
	ranges  []lease.Range
	sum     uint64 // of the reservations (reserved.go)
	summed  bool   // it is known
}

// add takes a scope of this server's.
func (t *terms) add(o *objects.Object, s *share) {
	one := termScope{name: s.name, subnet: s.subnet, dynamic: s.bootp}
	for _, r := range objects.ScopeRanges.Of(o) {
		one.ranges = append(one.ranges, lease.Range{First: lease.AddrFrom(r.First), Last: lease.AddrFrom(r.Last)})
	}
	t.scopes = append(t.scopes, one)
}

// settle brings the scopes into the one form in which they are compared.
func (t *terms) settle() {
	slices.SortStableFunc(t.scopes, func(a, b termScope) int { return comparePrefixes(a.subnet, b.subnet) })
	all := t.scopes[:0]
	for _, s := range t.scopes {
		if n := len(all); n > 0 && all[n-1].subnet == s.subnet {
			all[n-1].name += ", " + s.name
			all[n-1].dynamic = all[n-1].dynamic || s.dynamic
			all[n-1].ranges = append(all[n-1].ranges, s.ranges...)
			continue
		}
		all = append(all, s)
	}
	for i := range all {
		joined := lease.MergeRanges(all[i].ranges)
		all[i].ranges = joined[:min(len(joined), maxTermRanges)]
	}
	t.scopes = all
}

func comparePrefixes(a, b netip.Prefix) int {
	return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
}

const (
	termsVersion = 1

	termsBalanced = 1 << 0
	termsFirst    = 1 << 1
	termsLast     = 1 << 2

	scopeDynamic = 1 << 0
	scopeJoins   = 1 << 1

	maxTermRanges = 200 // of a scope: they have room in one message
	maxTermPage   = 1800
	maxTermScopes = 100_000
)

// pages are the terms as they are sent.
func (t *terms) pages() []wire.CONTACT {
	var sheets, sums [][]byte
	var sheet, sum []byte
	for i := range t.scopes {
		one := t.scopes[i].append(nil)
		if len(sheet)+len(sum)+len(one) > maxTermPage {
			sheets, sums, sheet, sum = append(sheets, sheet), append(sums, sum), nil, nil
		}
		sheet = append(sheet, one...)
		if t.scopes[i].summed {
			sum = binary.BigEndian.AppendUint64(sum, t.scopes[i].sum)
		}
	}
	sheets, sums = append(sheets, sheet), append(sums, sum)
	var all []wire.CONTACT
	for i, sheet := range sheets {
		flags := byte(0)
		if t.balanced {
			flags |= termsBalanced
		}
		if i == 0 {
			flags |= termsFirst
		}
		if i == len(sheets)-1 {
			flags |= termsLast
		}
		options := wire.VendorOptions("").With(optionTerms, string([]byte{termsVersion, flags})).With(optionScopes, string(sheet))
		if len(sums[i]) > 0 {
			options = options.With(optionSummed, string(sums[i]))
		}
		all = append(all, contact(options))
	}
	return all
}

func (s *termScope) append(b []byte) []byte {
	flags := byte(0)
	if s.dynamic {
		flags |= scopeDynamic
	}
	if s.joins {
		flags |= scopeJoins
	}
	b = binary.BigEndian.AppendUint32(b, uint32(lease.AddrFrom(s.subnet.Addr())))
	b = append(b, byte(s.subnet.Bits()), flags, byte(len(s.ranges)))
	for _, r := range s.ranges {
		b = binary.BigEndian.AppendUint32(b, uint32(r.First))
		b = binary.BigEndian.AppendUint32(b, uint32(r.Last))
	}
	return b
}

// read takes one page; it is the last if it says so. What another version tells
// is nothing.
func (t *terms) read(c wire.CONTACT) (last, ok bool) {
	head, _ := c.Vendor.Get(optionTerms)
	if len(head) < 2 || head[0] != termsVersion {
		return false, false
	}
	flags := head[1]
	if flags&termsFirst != 0 {
		*t = terms{balanced: flags&termsBalanced != 0}
	}
	sheet, _ := c.Vendor.Get(optionScopes)
	sums, _ := c.Vendor.Get(optionSummed)
	for b := []byte(sheet); len(b) > 0; {
		const head = 7
		if len(b) < head || len(b) < head+8*int(b[6]) || b[4] > 32 || len(t.scopes) == maxTermScopes {
			return false, false
		}
		s := termScope{
			subnet:  netip.PrefixFrom(lease.Addr(binary.BigEndian.Uint32(b)).Netip(), int(b[4])),
			dynamic: b[5]&scopeDynamic != 0,
			joins:   b[5]&scopeJoins != 0,
		}
		n := int(b[6])
		for b = b[head:]; n > 0; n-- {
			s.ranges = append(s.ranges, lease.Range{First: lease.Addr(binary.BigEndian.Uint32(b)), Last: lease.Addr(binary.BigEndian.Uint32(b[4:]))})
			b = b[8:]
		}
		if len(sums) >= 8 {
			s.sum, s.summed = binary.BigEndian.Uint64([]byte(sums[:8])), true
			sums = sums[8:]
		}
		t.scopes = append(t.scopes, s)
	}
	return flags&termsLast != 0, true
}

// differ says what the partner has otherwise. role is this server's.
func (t *terms) differ(theirs *terms, role lease.Role) (all []string) {
	if t.balanced != theirs.balanced {
		with, without := "this server", "its partner"
		if theirs.balanced {
			with, without = without, with
		}
		all = append(all, fmt.Sprintf("load-balancing is enabled on %s and not on %s: what the main server has is in force", with, without))
	}
	there := map[netip.Addr]*termScope{}
	for i := range theirs.scopes {
		there[theirs.scopes[i].subnet.Addr()] = &theirs.scopes[i]
	}
	for i := range t.scopes {
		s := &t.scopes[i]
		o := there[s.subnet.Addr()]
		delete(there, s.subnet.Addr())
		if why := s.differs(o, role); why != "" {
			all = append(all, fmt.Sprintf("scope %q %s", s.name, why))
		}
	}
	for i := range theirs.scopes {
		if s := &theirs.scopes[i]; there[s.subnet.Addr()] == s {
			why := ""
			if role == lease.Primary {
				why = ", and it leaves new clients to this server, the main"
			}
			all = append(all, fmt.Sprintf("a scope of %s is configured on the partner only: its leases are refused%s", s.subnet, why))
		}
	}
	return all
}

// differs says what the partner has otherwise of the scope; "" is nothing.
func (s *termScope) differs(o *termScope, role lease.Role) string {
	switch {
	case o == nil && role == lease.Secondary:
		return "is configured on this server only: the partner refuses its leases, and new clients, which this server leaves to the main, are served by nobody"
	case o == nil:
		return "is configured on this server only: the partner refuses its leases, and new clients are served by nobody"
	case o.subnet != s.subnet:
		return fmt.Sprintf("has the subnet %s on this server and %s on its partner", s.subnet, o.subnet)
	case !slices.Equal(s.ranges, o.ranges):
		return fmt.Sprintf("has the ranges %s on this server and %s on its partner", rangesText(s.ranges), rangesText(o.ranges))
	case s.summed && o.summed && s.sum != o.sum:
		return "has other reservations on this server than on its partner: a reserved address is given by the server alone whose free address it is"
	case s.dynamic != o.dynamic:
		return "has dynamic-bootp " + onOff(s.dynamic) + " on this server and " + onOff(o.dynamic) + " on its partner"
	}
	return ""
}

func rangesText(rs []lease.Range) string {
	const most = 4
	var texts []string
	for i, r := range rs {
		if i == most {
			texts = append(texts, fmt.Sprintf("%d more", len(rs)-most))
			break
		}
		texts = append(texts, r.First.String()+"-"+r.Last.String())
	}
	return or(strings.Join(texts, ", "), "(none)")
}
