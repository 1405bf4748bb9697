package lease

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestAgainstModel runs random operations on the table and on the naive model
// and compares all that can be seen of them; the table's inner consistency is
// checked on the way.
func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		x := &run{T: r, t: New(), m: newModel(), now: 1000}
		x.configure(r)
		r.Repeat(map[string]func(*rapid.T){
			"allocate":  x.allocate,
			"event":     x.event,
			"expire":    x.expire,
			"configure": x.configure,
			"reserve":   x.reserve,
			"load":      x.load,
			"":          x.compare,
		})
	})
}

type run struct {
	*rapid.T
	t   *Table
	m   *model
	now int64

	groups map[string]*Group
}

var someScopes = []string{"blue", "far", "green", "nested", "red"}

// drawScopes makes a configuration out of a few that get in each other's way:
// two on one subnet, one inside it, one elsewhere and one in another VPN.
func drawScopes(r *rapid.T) []Scope {
	menu := map[string]Scope{
		"red":    {Prefix: prefix("10.0.0.0/24"), Ranges: drawRanges(r, "10.0.0.2", 12)},
		"blue":   {Prefix: prefix("10.0.0.0/24"), Ranges: drawRanges(r, "10.0.0.60", 10)},
		"nested": {Prefix: prefix("10.0.0.0/28")},
		"green":  {Prefix: prefix("10.0.0.64/26"), Ranges: drawRanges(r, "10.0.0.100", 6)},
		"far":    {VPN: 7, Prefix: prefix("10.0.0.0/24"), Ranges: drawRanges(r, "10.0.0.2", 5)},
	}
	reserved := map[Key]bool{}
	var out []Scope
	for _, name := range someScopes {
		s := menu[name]
		if !rapid.Bool().Draw(r, name) {
			continue
		}
		s.Name = name
		s.FirstAvailable = rapid.Bool().Draw(r, "first available")
		s.Role = Role(rapid.IntRange(0, 2).Draw(r, "role"))
		if rapid.Bool().Draw(r, "boundary") {
			s.Boundary = ip("10.0.0.0") + Addr(rapid.IntRange(1, 120).Draw(r, "boundary at"))
		}
		for range rapid.IntRange(0, 3).Draw(r, "reservations") {
			a := ip("10.0.0.0") + Addr(rapid.IntRange(0, 120).Draw(r, "reserved"))
			taken := reserved[Key{s.VPN, a}] || !s.Prefix.Contains(a.Netip())
			for n, o := range menu {
				taken = taken || n != name && o.VPN == s.VPN && o.holdsInRange(a)
			}
			if !taken {
				reserved[Key{s.VPN, a}] = true
				s.Reservations = append(s.Reservations, Reservation{a, drawWho(r)})
			}
		}
		slices.SortFunc(s.Reservations, byAddr)
		out = append(out, s)
	}
	return out
}

func drawRanges(r *rapid.T, first string, most int) []Range {
	a := ip(first)
	var rs []Range
	for n := rapid.IntRange(0, 2).Draw(r, "ranges"); n > 0; n-- {
		from := a + Addr(rapid.IntRange(0, most).Draw(r, "from"))
		rs = append(rs, Range{from, from + Addr(rapid.IntRange(0, most/2).Draw(r, "length"))})
	}
	return rs
}

func drawWho(r *rapid.T) string { return fmt.Sprint("who", rapid.IntRange(0, 3).Draw(r, "who")) }

func drawClient(r *rapid.T) Client {
	c := Client{HW: hw(rapid.IntRange(1, 8).Draw(r, "hw"))}
	if rapid.Bool().Draw(r, "has client-id") {
		c.ClientID = rapid.SampledFrom([]string{"id1", "id2", "id3"}).Draw(r, "client-id")
	}
	if rapid.IntRange(0, 20).Draw(r, "anonymous") == 0 {
		c.HW, c.ClientID = HW{}, ""
	}
	c.LimitationID = rapid.SampledFrom([]string{"", "", "line1", "line2"}).Draw(r, "limitation-id")
	c.HostName = rapid.SampledFrom([]string{"", "host", "a-much-longer-host-name"}).Draw(r, "host")
	c.VendorClass = rapid.SampledFrom([]string{"", "MSFT 5.0", "udhcp"}).Draw(r, "vendor class")
	c.RelayInfo = rapid.SampledFrom([]string{"", "\x01\x02ab"}).Draw(r, "relay")
	c.BOOTP = rapid.IntRange(0, 9).Draw(r, "bootp") == 0
	return c
}

func (x *run) drawKey(r *rapid.T) Key {
	k := Key{Addr: ip("10.0.0.0") + Addr(rapid.IntRange(0, 120).Draw(r, "address"))}
	if ks := x.m.keys(); len(ks) > 0 && rapid.IntRange(0, 4).Draw(r, "used") > 0 {
		return rapid.SampledFrom(ks).Draw(r, "key")
	}
	if rapid.IntRange(0, 5).Draw(r, "vpn") == 0 {
		k.VPN = 7
	}
	return k
}

func (x *run) allocate(r *rapid.T) {
	names := rapid.SampledFrom([][]string{
		{"red", "blue"}, {"blue", "red", "green"}, {"nested", "red"}, {"far"}, {"green"},
	}).Draw(r, "scopes")
	q := &Request{Client: drawClient(r), Now: x.now, Timeout: offerTime}
	for _, n := range names {
		if id, ok := x.t.ScopeID(n); ok {
			q.Scopes = append(q.Scopes, id)
		}
	}
	partners := rapid.SampledFrom([][]string{nil, {"red"}, {"green", "blue", "far"}, someScopes}).Draw(r, "partner's in")
	for _, n := range partners {
		if id, ok := x.t.ScopeID(n); ok {
			q.PartnerIn = append(q.PartnerIn, id)
		}
	}
	q.Pending = rapid.Bool().Draw(r, "pending")
	if rapid.Bool().Draw(r, "reserved client") {
		q.Reservations = []string{drawWho(r), drawWho(r)}
	}
	if rapid.Bool().Draw(r, "wants") {
		q.Want = x.drawKey(r).Addr
	}
	q.Limit = rapid.IntRange(0, 2).Draw(r, "limit")
	if rapid.IntRange(0, 3).Draw(r, "picky") == 0 {
		q.Acceptable = func(l Lease) bool { return l.Addr%3 != 0 }
	}
	got, verdict := x.t.Allocate(q)
	want, wantVerdict := x.m.allocate(q, names, partners)
	if verdict != wantVerdict || got != want {
		r.Fatalf("allocate %+v: got %v\n%+v\nwant %v\n%+v", q, verdict, got, wantVerdict, want)
	}
}

// drawEvent is something that happens to a lease.
func (x *run) drawEvent(r *rapid.T) func(Lease) (Lease, bool) {
	if rapid.IntRange(0, 2).Draw(r, "of failover") == 0 {
		return x.drawPartnerEvent(r)
	}
	return x.drawOwnEvent(r)
}

// drawOwnEvent is one of the state functions with arguments.
func (x *run) drawOwnEvent(r *rapid.T) func(Lease) (Lease, bool) {
	c := drawClient(r)
	d := time.Duration(rapid.IntRange(0, 50).Draw(r, "seconds")) * time.Second
	now := x.now
	switch rapid.IntRange(0, 8).Draw(r, "event") {
	case 0, 1:
		return func(l Lease) (Lease, bool) {
			l = Acknowledge(l, c, now, now+int64(d/time.Second))
			l.Commit++ // it is on disk from now on
			return l, true
		}
	case 2:
		return func(l Lease) (Lease, bool) { return Release(l, now, d), true }
	case 3:
		return func(l Lease) (Lease, bool) { return MarkUnavailable(l, now, d, "declined"), true }
	case 4:
		return func(l Lease) (Lease, bool) { return ForceAvailable(l, now), true }
	case 5:
		return func(l Lease) (Lease, bool) { return Activate(l), true }
	case 6:
		return func(l Lease) (Lease, bool) { return Deactivate(l), true }
	case 7:
		return func(l Lease) (Lease, bool) { return l, false }
	}
	return func(l Lease) (Lease, bool) { return Offer(l, c, now, d), true }
}

// drawPartnerEvent is what comes of talking to the partner.
func (x *run) drawPartnerEvent(r *rapid.T) func(Lease) (Lease, bool) {
	seconds, now := int64(rapid.IntRange(0, 50).Draw(r, "seconds")), x.now
	switch rapid.IntRange(0, 3).Draw(r, "partner") {
	case 0:
		return func(l Lease) (Lease, bool) { return told(l, now+seconds), true }
	case 1: // it acknowledges
		return func(l Lease) (Lease, bool) { l.Flags |= FailoverUpdated; return l, true }
	case 2: // it agrees that the lease has ended
		return func(l Lease) (Lease, bool) { return Freed(l, now, seconds%2 == 0), l.State == PendingAvailable }
	}
	return func(l Lease) (Lease, bool) { // the address changes hands
		l.Flags ^= Backup
		l.Flags &^= FailoverUpdated
		return l, l.Free()
	}
}

// told is the lease once the partner was sent it with a potential expiration.
func told(l Lease, pe int64) Lease {
	l.Failover.Told = !l.Free()
	l.Failover.SentPE = max(l.Failover.SentPE, pe)
	l.Failover.RcvdPE = pe / 2
	l.Failover.FromPartner = pe%2 == 0
	return l
}

func (x *run) event(r *rapid.T) {
	k, f := x.drawKey(r), x.drawEvent(r)
	got, ok := x.t.Change(k, func(l Lease, _ Place) (Lease, bool) { return f(l) })
	want, wantOK := x.m.change(k, f)
	if ok != wantOK || got != want {
		r.Fatalf("change %v: got %v %+v, want %v %+v", k, ok, got, wantOK, want)
	}
}

func (x *run) expire(r *rapid.T) {
	x.now += int64(rapid.IntRange(0, 60).Draw(r, "seconds pass"))
	got, want := x.t.Due(x.now, 1000), x.m.due(x.now)
	if d := cmp.Diff(want, got); d != "" {
		r.Fatalf("due at %d (-want +got):\n%s", x.now, d)
	}
	if next, ok := x.t.NextDeadline(); (ok && next <= x.now) != (len(want) > 0) {
		r.Fatalf("next deadline %d %v with %d leases due at %d", next, ok, len(want), x.now)
	}
	for _, l := range got {
		f := func(l Lease) (Lease, bool) { return Expire(l, x.now, 30*time.Second), true }
		x.t.Change(l.Key, func(l Lease, _ Place) (Lease, bool) { return f(l) })
		x.m.change(l.Key, f)
	}
}

func (x *run) configure(r *rapid.T) {
	scopes := drawScopes(r)
	foreseen, err := x.t.Preview(scopes)
	if err != nil {
		r.Skip(err)
	}
	live, first, parked := map[string]int{}, map[string][]Key{}, 0
	for _, k := range x.m.keys() {
		l, _ := x.m.get(k)
		after := model{scopes: scopes}
		if !x.m.held(k) || after.held(k) {
			continue
		}
		o := x.m.owner(k)
		if l.Live() {
			live[o.Name]++
			if len(first[o.Name]) < 3 {
				first[o.Name] = append(first[o.Name], k)
			}
		}
		if !l.Free() || l.Flags&^(Reserved|NotInRanges|FailoverUpdated) != 0 || after.owner(k) == nil {
			parked++
		}
	}
	did, err := x.t.Configure(scopes)
	if err != nil {
		r.Fatal(err)
	}
	if d := cmp.Diff(foreseen, did); d != "" {
		r.Fatalf("preview differs from what was done (-preview +done):\n%s", d)
	}
	for _, l := range did.Losses {
		if live[l.Scope] != l.Live {
			r.Fatalf("scope %q lost %d live leases, want %d", l.Scope, l.Live, live[l.Scope])
		}
		if !slices.Equal(first[l.Scope], l.First) {
			r.Fatalf("scope %q lost first %v, want %v", l.Scope, l.First, first[l.Scope])
		}
		delete(live, l.Scope)
		parked -= l.Parked
	}
	if len(live) > 0 || parked != 0 {
		r.Fatalf("losses not told: %v live, %d parked", live, parked)
	}
	x.freeze()
	x.m.scopes = scopes
	x.freeze()
}

// freeze keeps the flags that leases have while nobody owns them, those they
// had last, and forgets what is of no use where it stands.
func (x *run) freeze() {
	for k, l := range x.m.rows {
		x.m.rows[k] = x.m.derive(k, l)
		x.m.tidy(k)
	}
}

func (x *run) reserve(r *rapid.T) {
	if len(x.m.scopes) == 0 {
		return
	}
	i := rapid.IntRange(0, len(x.m.scopes)-1).Draw(r, "scope")
	s := &x.m.scopes[i]
	x.freeze()
	if len(s.Reservations) > 0 && rapid.Bool().Draw(r, "unreserve") {
		k := Key{s.VPN, s.Reservations[0].Addr}
		if !x.t.Unreserve(k) {
			r.Fatalf("unreserve %v: there is none", k)
		}
		s.Reservations = s.Reservations[1:]
		x.freeze()
		return
	}
	id, _ := x.t.ScopeID(s.Name)
	v := Reservation{ip("10.0.0.0") + Addr(rapid.IntRange(0, 127).Draw(r, "reserved")), drawWho(r)}
	if err := x.t.Reserve(id, v); err == nil {
		s.Reservations = append(slices.Clone(s.Reservations), v)
		slices.SortFunc(s.Reservations, byAddr)
		x.freeze()
	}
}

func (x *run) load(r *rapid.T) {
	k := Key{Addr: ip("10.0.0.0") + Addr(rapid.IntRange(0, 120).Draw(r, "address"))}
	if _, used := x.m.rows[k]; used {
		return
	}
	c := drawClient(r)
	l := Acknowledge(Lease{Key: k}, c, x.now, x.now+40)
	l.Commit = 1
	x.t.Load(l)
	x.m.put(l)
}

func (x *run) compare(r *rapid.T) {
	if err := check(x.t); err != nil {
		r.Fatal(err)
	}
	for i := range x.m.scopes {
		s := &x.m.scopes[i]
		id, _ := x.t.ScopeID(s.Name)
		if d := cmp.Diff(x.m.counts(s), x.t.Counters(id)); d != "" {
			r.Fatalf("counters of %s (-want +got):\n%s", s.Name, d)
		}
		for _, never := range []bool{false, true} {
			if d := cmp.Diff(x.m.list(s, never), x.listed(id, never), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" {
				r.Fatalf("list of %s (-want +got):\n%s", s.Name, d)
			}
		}
	}
	x.compareGroups(r)
	for _, id := range []string{"line1", "line2"} {
		if got, want := x.t.LimitationCount(id), x.m.live(id); got != want {
			r.Fatalf("limitation-id %s: %d live, want %d", id, got, want)
		}
	}
	for _, who := range []ClientKey{{ID: "id1"}, {HW: hw(1)}, {HW: hw(2)}} {
		if d := cmp.Diff(x.m.byClient(0, who), x.t.ByClient(0, who, nil)); d != "" {
			r.Fatalf("leases of %v (-want +got):\n%s", who, d)
		}
	}
	parked := 0
	var all []Lease
	for _, k := range x.m.keys() {
		if !x.m.held(k) {
			parked++
		}
		l, _ := x.m.get(k)
		all = append(all, l)
	}
	if records, p := x.t.Len(); records != len(x.m.rows) || p != parked {
		r.Fatalf("%d records and %d parked, want %d and %d", records, p, len(x.m.rows), parked)
	}
	if d := cmp.Diff(all, slices.Collect(x.t.All())); d != "" {
		r.Fatalf("all leases (-want +got):\n%s", d)
	}
}

// compareGroups looks at groups of scopes, some of them gone.
func (x *run) compareGroups(r *rapid.T) {
	for _, names := range [][]string{someScopes, {"red"}, {"blue", "far", "nested"}} {
		var ids []ScopeID
		var scopes []*Scope
		for _, n := range names {
			id, ok := x.t.ids[scopeKey{0, n}]
			if far, isFar := x.t.ids[scopeKey{7, n}]; isFar {
				id, ok = far, true
			}
			if ok {
				ids = append(ids, id)
			}
			if s := x.m.scope(n); s != nil {
				scopes = append(scopes, s)
			}
		}
		g := x.group(ids)
		paged := func(list func(Key, int, []Lease) []Lease) (all []Lease) {
			for k := (Key{}); ; k = all[len(all)-1].Key {
				n := len(all)
				if all = list(k, 3, all); len(all) < n+3 {
					return all
				}
			}
		}
		if d := cmp.Diff(x.m.inGroup(scopes, func(Lease) bool { return true }), paged(g.All)); d != "" {
			r.Fatalf("all of %v (-want +got):\n%s", names, d)
		}
		unacked := x.m.inGroup(scopes, func(l Lease) bool { return l.Role != Alone && l.Flags&FailoverUpdated == 0 })
		if d := cmp.Diff(unacked, paged(g.Unacked)); d != "" {
			r.Fatalf("unacknowledged of %v (-want +got):\n%s", names, d)
		}
		if got := g.CountUnacked(); got != len(unacked) {
			r.Fatalf("%d unacknowledged of %v, want %d", got, names, len(unacked))
		}
		x.comparePending(r, g, x.m.inGroup(scopes, func(l Lease) bool { return l.Role != Alone && l.State == PendingAvailable }))
		for _, s := range scopes {
			x.compareSpare(r, s)
		}
	}
}

// group keeps the groups that it made, so that they live through changes of
// the configuration.
func (x *run) group(ids []ScopeID) *Group {
	key := fmt.Sprint(ids)
	if x.groups == nil {
		x.groups = map[string]*Group{}
	}
	if x.groups[key] == nil {
		x.groups[key] = x.t.Group(ids)
	}
	return x.groups[key]
}

func (x *run) comparePending(r *rapid.T, g *Group, want []Lease) {
	var due []Key
	first, any := int64(0), false
	for _, l := range want {
		if !g.Has(l.Key) {
			r.Fatalf("%v is not in its group", l.Key)
		}
		if lastEnd(l) <= x.now {
			due = append(due, l.Key)
		}
		if !any || lastEnd(l) < first {
			first, any = lastEnd(l), true
		}
	}
	if got := g.Pending(x.now, 1000, nil); !slices.Equal(due, got) {
		r.Fatalf("pending until %d: %v, want %v", x.now, got, due)
	}
	if got := g.Pending(x.now, 2, nil); len(got) != min(2, len(due)) {
		r.Fatalf("two pending until %d: %v", x.now, got)
	}
	if end, ok := g.NextPending(); ok != any || ok && end != first {
		r.Fatalf("next pending %d %v, want %d %v", end, ok, first, any)
	}
}

func (x *run) compareSpare(r *rapid.T, s *Scope) {
	id, _ := x.t.ScopeID(s.Name)
	affine := func(c ClientKey) bool { return (len(c.ID)+int(c.HW.Addr[5]))%2 == 0 }
	for _, owner := range []Role{Primary, Secondary} {
		if s.Role == Alone {
			break
		}
		want := x.m.spare(s, owner, affine)
		for _, n := range []int{1, 3, 1000} {
			if got := x.t.Spare(id, owner, n, affine, nil); !slices.Equal(want[:min(n, len(want))], got) {
				r.Fatalf("%d spare of %v in %s: %v, want %v", n, owner, s.Name, got, want)
			}
		}
	}
}

// listed reads a scope by tiny pages, so that pages end everywhere.
func (x *run) listed(id ScopeID, never bool) []Lease {
	var out []Lease
	buf := make([]Lease, 0, 3)
	for from, more := Addr(0), true; more; {
		buf, from, more = x.t.List(id, from, never, buf)
		out = append(out, buf...)
	}
	return out
}
