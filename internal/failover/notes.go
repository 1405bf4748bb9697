package failover

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"leasehold/internal/lease"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
)

// What differs between the two servers, as far as it is found out: a server of
// ours tells what it shares (terms.go), of any other it shows in its updates and
// in its answers to ours.

// tellTerms tells the partner what this server shares with it.
func (p *Pair) tellTerms() {
	if p.conn == nil || p.profile != wire.Own {
		return
	}
	for _, page := range p.terms().pages() {
		p.conn.Contact(page)
	}
}

// hearTerms takes what the partner shares.
func (p *Pair) hearTerms(c wire.CONTACT) {
	if p.profile != wire.Own {
		return
	}
	last, ok := p.hearing.read(c)
	if !ok || !last {
		return
	}
	before, theirs := p.theirs, p.hearing // nobody else writes it
	p.hearing = terms{}
	p.mu.Lock()
	p.theirs = &theirs
	p.mu.Unlock()
	p.compareTerms()
	p.agree()
	p.tellRefused()
	if before != nil {
		p.tellShared(before)
	}
}

// tellShared tells the partner of the leases in scopes that it shares since it told
// its terms the last time: it has refused them until then.
func (p *Pair) tellShared(before *terms) {
	p.eachUnacked(func(s *share) bool {
		return !before.has(s.subnet) && p.theirs.has(s.subnet)
	}, p.tellJoining)
}

// has tells whether the subnet is shared.
func (t *terms) has(subnet netip.Prefix) bool {
	return slices.ContainsFunc(t.scopes, func(s termScope) bool { return s.subnet == subnet })
}

// tellRefused tells the partner once more of the addresses that it refused: it
// may have them now. What it refuses again is noted again.
func (p *Pair) tellRefused() {
	var keys []lease.Key
	for a := range p.missing { // nobody else writes it
		keys = append(keys, lease.Key{Addr: a})
	}
	p.mu.Lock()
	clear(p.missing)
	p.mu.Unlock()
	if len(keys) > 0 {
		slices.SortFunc(keys, func(a, b lease.Key) int { return cmp.Compare(a.Addr, b.Addr) })
		p.step(core.Changed{Keys: keys})
	}
}

// compareTerms says what is not alike. Each difference is logged once.
func (p *Pair) compareTerms() {
	p.noteShared()
	if p.theirs == nil { // nobody else writes it
		return
	}
	found := p.terms().differ(p.theirs, p.role)
	p.mu.Lock()
	before := p.differs
	p.differs = found
	p.mu.Unlock()
	for _, what := range found {
		if !slices.Contains(before, what) {
			p.m.Log.Log(msgTerms, p.name, what)
		}
	}
}

// maxOdd is how many addresses are remembered that one server has and the other
// not.
const maxOdd = 1000

// noteMissing remembers that the partner refuses an address as one that it does
// not know. It is said once a scope.
func (p *Pair) noteMissing(k lease.Key) {
	place, ok := p.m.Table.Place(k)
	if !ok || !p.view.Mine(k) { // its scope has gone meanwhile
		return
	}
	p.mu.Lock()
	if len(p.missing) < maxOdd {
		p.missing[k.Addr] = struct{}{}
	}
	p.mu.Unlock()
	if !p.missSaid[place.Name] {
		p.missSaid[place.Name] = true
		p.m.Log.Log(msgLease, p.name, p.partnerName(), k.Addr, place.Name)
	}
}

// noteKnown forgets that, for an address of which the partner has taken an
// update.
func (p *Pair) noteKnown(k lease.Key) {
	if len(p.missing) == 0 { // nobody else writes it
		return
	}
	p.mu.Lock()
	delete(p.missing, k.Addr)
	p.mu.Unlock()
}

// forgetNotes begins anew with a connection: what was refused is told once more
// on it.
func (p *Pair) forgetNotes() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.missing)
	clear(p.missSaid)
	clear(p.odd)
	if p.profile != wire.Own {
		p.theirs, p.differs, p.shared = nil, nil, nil
	}
}

// refusals say what the partner has refused, of the scopes that are still there.
// mu is held.
func (p *Pair) refusals() (all []string) {
	found := tally{}
	for a := range p.missing {
		if place, ok := p.m.Table.Place(lease.Key{Addr: a}); ok && p.view.Mine(lease.Key{Addr: a}) {
			found.add(place.Name, a)
		}
	}
	for _, scope := range slices.Sorted(maps.Keys(found)) {
		all = append(all, fmt.Sprintf("the partner refuses %s of scope %q, %s first: it does not have the scope in this relationship, or not these addresses in its ranges",
			addresses(found[scope].count), scope, found[scope].first))
	}
	return all
}

// tally counts addresses by where they are.
type tally map[string]struct {
	first lease.Addr
	count int
}

func (t tally) add(where string, a lease.Addr) {
	one, ok := t[where]
	if one.count++; !ok || a < one.first {
		one.first = a
	}
	t[where] = one
}

// noteOdd looks for addresses that the partner shares and this server does not.
// One of ours tells its ranges.
func (p *Pair) noteOdd(updates []wire.Binding) {
	if p.theirs != nil { // nobody else writes it
		return
	}
	for i := range updates {
		b := &updates[i]
		a := lease.AddrFrom(b.Address)
		where := p.odds(a)
		if where == "" || b.Flags&wire.FlagReserved != 0 {
			continue
		}
		p.mu.Lock()
		if len(p.odd) < maxOdd {
			p.odd[a] = struct{}{}
		}
		p.mu.Unlock()
		if !p.oddSaid[where] {
			p.oddSaid[where] = true
			p.m.Log.Log(msgOdd, p.name, p.partnerName(), a, where)
		}
	}
}

// odds is where an address is that this server does not share; "" if it does.
func (p *Pair) odds(a lease.Addr) string {
	k := lease.Key{Addr: a}
	if !p.view.Mine(k) {
		return "no scope of the relationship on this server"
	}
	if place, ok := p.m.Table.Place(k); ok && !place.InRange && !place.Reserved {
		return fmt.Sprintf("no range of scope %q on this server", place.Name)
	}
	return ""
}

// strays say which addresses the partner shares and this server does not. mu is
// held.
func (p *Pair) strays() (all []string) {
	found := tally{}
	for a := range p.odd {
		if where := p.odds(a); where != "" {
			found.add(where, a)
		}
	}
	for _, where := range slices.Sorted(maps.Keys(found)) {
		all = append(all, fmt.Sprintf("the partner shares %s, %s first, in %s", addresses(found[where].count), found[where].first, where))
	}
	return all
}

func addresses(n int) string {
	switch {
	case n == 1:
		return "an address"
	case n >= maxOdd:
		return fmt.Sprintf("%d addresses or more", n)
	}
	return fmt.Sprintf("%d addresses", n)
}

// noteMCLT compares the main server's maximum client lead time, which is the
// one in force, with what is configured here.
func (p *Pair) noteMCLT(mclt int64) {
	own := p.rel.Load().core.MCLT
	differs := p.role == lease.Secondary && mclt != own
	p.mu.Lock()
	before := p.foreign
	p.foreign = 0
	if differs {
		p.foreign = mclt
	}
	p.mu.Unlock()
	if differs && before != mclt {
		p.m.Log.Log(msgMCLT, p.name, own, mclt)
	}
}
