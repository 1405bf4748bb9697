package failover

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/binding"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
)

// An address that is reserved on one of the two servers only is a free one like
// any other to the other, which may give it to anybody. So each tells the other a
// sum of the reservations of each subnet, with its terms. Where the two are the
// same either may give a reserved address to its client; where they are not, or
// the partner tells none, only the one whose free address it is.

// reservedRest is how long changes of reservations are gathered. Meanwhile
// nothing counts as agreed.
const reservedRest = 200 * time.Millisecond

// reservations is what a pair knows of it. It is the goroutine's.
type reservations struct {
	own    map[lease.Addr]uint64 // sums by subnet
	stale  bool                  // they are being changed, until dueAt
	dueAt  time.Duration
	total  uint64 // the sum of all that the partner told last, 0 none
	agreed *binding.Agreed
}

// sumReservations sums up what is reserved in each subnet of the relationship.
func (p *Pair) sumReservations() {
	p.reserved.own, p.reserved.stale = map[lease.Addr]uint64{}, false
	for _, s := range p.view.now.Load().scopes {
		sum := p.reserved.own[lease.AddrFrom(s.subnet.Addr())]
		for _, r := range p.m.Table.ReservationsOf(s.id) {
			h := sha256.Sum256(append(binary.BigEndian.AppendUint32(nil, uint32(r.Addr)), r.Who...))
			sum += binary.BigEndian.Uint64(h[:]) // in whatever order
		}
		p.reserved.own[lease.AddrFrom(s.subnet.Addr())] = sum
	}
}

// reservedChange takes what may be a change of reservations.
func (p *Pair) reservedChange() {
	if p.reserved.stale {
		return
	}
	p.reserved.stale, p.reserved.dueAt = true, p.m.mono()+reservedRest
	p.agree()
}

// reservedSettled sums up once the changes are over, and tells.
func (p *Pair) reservedSettled() {
	before := p.reserved.own
	p.sumReservations()
	for subnet, sum := range p.reserved.own {
		if before[subnet] != sum {
			p.tellTerms()
			break
		}
	}
	p.compareTerms()
	p.agree()
}

// terms are what this server shares, with the sums.
func (p *Pair) terms() *terms {
	t := p.rel.Load().terms
	t.scopes = slices.Clone(t.scopes)
	for i := range t.scopes {
		t.scopes[i].sum, t.scopes[i].summed = p.reserved.own[lease.AddrFrom(t.scopes[i].subnet.Addr())], true
	}
	p.markJoins(&t)
	return &t
}

// total is one sum of all; it is not 0.
func (t *terms) total() uint64 {
	var b []byte
	for i := range t.scopes {
		s := &t.scopes[i]
		if !s.summed {
			return 0
		}
		b = binary.BigEndian.AppendUint32(b, uint32(lease.AddrFrom(s.subnet.Addr())))
		b = binary.BigEndian.AppendUint64(append(b, byte(s.subnet.Bits())), s.sum)
	}
	h := sha256.Sum256(b)
	return binary.BigEndian.Uint64(h[:]) | 1
}

// agree finds out for which addresses both have the same reservations. What the
// partner told last counts while it is away.
func (p *Pair) agree() {
	g := &binding.Agreed{}
	ours := p.terms()
	switch {
	case p.reserved.stale:
	case p.theirs != nil: // nobody else writes it
		p.reserved.total = p.theirs.total()
		g.Spans = ours.agreed(p.theirs)
	case p.reserved.total != 0:
		if p.reserved.total == ours.total() {
			g.Spans = ours.agreed(ours)
		}
	case p.otherKind():
		g.Outside = true
	}
	if was := p.reserved.agreed; was != nil && was.Outside == g.Outside && slices.Equal(was.Spans, g.Spans) {
		return
	}
	p.reserved.agreed = g
	p.republish()
}

// republish tells the packet path what is known besides of what it may do.
func (p *Pair) republish() {
	p.mu.Lock()
	now := p.machine.Authority()
	p.mu.Unlock()
	if now.State == p.authority.Load().State {
		p.publish(now)
	}
}

// otherKind tells whether the partner was of another kind when it was last met.
func (p *Pair) otherKind() bool {
	v := p.saved.Vendor
	if p.profile != nil {
		return p.profile != wire.Own
	}
	return v != "" && wire.ProfileOf(v) != wire.Own
}

// agreed are the subnets that have the same reservations.
func (t *terms) agreed(theirs *terms) (all []lease.Range) {
	j := 0
	for i := range t.scopes {
		s := &t.scopes[i]
		for j < len(theirs.scopes) && comparePrefixes(theirs.scopes[j].subnet, s.subnet) < 0 {
			j++
		}
		if j == len(theirs.scopes) {
			break
		}
		o := &theirs.scopes[j]
		if !s.summed || !o.summed || o.subnet != s.subnet || o.sum != s.sum {
			continue
		}
		first := lease.AddrFrom(s.subnet.Addr())
		all = append(all, lease.Range{First: first, Last: first | lease.Addr(uint64(1)<<(32-s.subnet.Bits())-1)})
	}
	return all
}

// isPoolsChanged tells whether an input may be about reservations.
func isPoolsChanged(in core.Input) bool {
	_, ok := in.(core.PoolsChanged)
	return ok
}

// Shares tells whether the partner may give an address that is in no range of
// this server's. One that has not told its ranges may.
func (p *Pair) Shares(a lease.Addr) bool {
	p.mu.Lock()
	theirs := p.theirs
	p.mu.Unlock()
	if theirs == nil {
		return true
	}
	for i := range theirs.scopes {
		if s := &theirs.scopes[i]; s.subnet.Contains(a.Netip()) {
			return slices.ContainsFunc(s.ranges, func(r lease.Range) bool { return r.First <= a && a <= r.Last })
		}
	}
	return false
}
