package lease

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
)

// TestStories runs the files of testdata/stories. Each is the life of one
// table: an operator configures it, clients come and go, time passes. `-rewrite`
// writes the output anew.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		s := &story{T: t, table: New(), now: storyStart, names: map[HW]string{}}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			s.T, s.d = t, d
			s.out.Reset()
			run, ok := storyCommands[d.Cmd]
			if !ok {
				d.Fatalf(t, "no such command: %s", d.Cmd)
			}
			run(s)
			if err := check(s.table); err != nil {
				d.Fatalf(t, "inconsistent table: %v", err)
			}
			if s.out.Len() == 0 {
				return "ok\n"
			}
			return s.out.String()
		})
	})
}

// storyStart is the time 0 of the stories.
const storyStart = 1_000_000

// clock is a time as the stories show it.
func clock(at int64) time.Duration { return time.Duration(at-storyStart) * time.Second }

type story struct {
	*testing.T
	table *Table
	d     *datadriven.TestData
	out   strings.Builder
	now   int64
	names map[HW]string // of clients
}

var storyCommands = map[string]func(*story){
	"configure":  (*story).configure,
	"preview":    (*story).configure,
	"discover":   (*story).discover,
	"request":    (*story).request,
	"bootp":      (*story).request,
	"lease":      (*story).lease,
	"advance":    (*story).advance,
	"list":       (*story).list,
	"counters":   (*story).counters,
	"reserve":    (*story).reserve,
	"unreserve":  (*story).reserve,
	"limitation": (*story).limitation,
	"client":     (*story).client,
	"place":      (*story).place,
	"spare":      (*story).spare,
	"unacked":    (*story).unacked,
	"pending":    (*story).pending,
}

func (s *story) printf(format string, args ...any) { fmt.Fprintf(&s.out, format, args...) }

func (s *story) arg(key, otherwise string) string {
	if s.d.HasArg(key) {
		s.d.ScanArgs(s.T, key, &otherwise)
	}
	return otherwise
}

func (s *story) duration(key, otherwise string) time.Duration {
	d, err := time.ParseDuration(s.arg(key, otherwise))
	if err != nil {
		s.Fatal(err)
	}
	return d
}

// key is the first word after the command, an address with or without VPN.
func (s *story) key() Key {
	text := s.d.CmdArgs[0].Key
	var k Key
	if vpn, addr, ok := strings.Cut(text, "/"); ok {
		fmt.Sscan(vpn, &k.VPN)
		text = addr
	}
	k.Addr = ip(text)
	return k
}

// who is the client of this name: its MAC is the name's first six letters.
func (s *story) who() Client {
	name := s.arg("client", "")
	mac := make([]byte, 6)
	copy(mac, name)
	c := Client{HW: HardwareFrom(1, mac), ClientID: s.arg("id", ""), LimitationID: s.arg("line", ""), BOOTP: s.d.Cmd == "bootp"}
	s.names[c.HW] = name
	return c
}

func (s *story) configure() {
	var scopes []Scope
	for line := range strings.Lines(s.d.Input) {
		f := strings.Fields(line)
		c := Scope{Name: f[0], Prefix: netip.MustParsePrefix(f[1])}
		for _, word := range f[2:] {
			key, value, _ := strings.Cut(word, "=")
			switch key {
			case "range":
				first, last, _ := strings.Cut(value, "-")
				c.Ranges = append(c.Ranges, Range{ip(first), ip(last)})
			case "reserve":
				addr, who, _ := strings.Cut(value, ":")
				c.Reservations = append(c.Reservations, Reservation{ip(addr), who})
			case "vpn":
				fmt.Sscan(value, &c.VPN)
			case "first-available":
				c.FirstAvailable = true
			case "role":
				c.Role = roleNamed(s.T, value)
			case "boundary":
				c.Boundary = ip(value)
			default:
				s.Fatalf("no such word: %s", word)
			}
		}
		scopes = append(scopes, c)
	}
	change := s.table.Configure
	if s.d.Cmd == "preview" {
		change = s.table.Preview
	}
	r, err := change(scopes)
	if err != nil {
		s.printf("refused: %v\n", err)
		return
	}
	s.printf("%d added, %d changed, %d removed\n", r.Added, r.Changed, r.Removed)
	for _, l := range r.Losses {
		what := "reshaped"
		if l.Removed {
			what = "removed"
		}
		s.printf("scope %s is %s with %d live leases, %d parked\n", l.Scope, what, l.Live, l.Parked)
	}
}

func (s *story) ids(names string) []ScopeID {
	ids := []ScopeID{}
	for n := range strings.SplitSeq(names, "+") {
		if id, ok := s.table.ScopeID(n); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

func (s *story) discover() {
	r := &Request{Client: s.who(), Now: s.now, Timeout: s.duration("offer-timeout", "2m"), Scopes: s.ids(s.arg("scopes", "red"))}
	if s.d.HasArg("new-in") {
		r.NewIn = s.ids(s.arg("new-in", ""))
	}
	if s.d.HasArg("partner-in") {
		r.PartnerIn = s.ids(s.arg("partner-in", ""))
	}
	r.Pending = s.d.HasArg("pending")
	if want := s.arg("want", ""); want != "" {
		r.Want = ip(want)
	}
	if who := s.arg("reserved-as", s.arg("client", "")); who != "" {
		r.Reservations = []string{who}
	}
	fmt.Sscan(s.arg("limit", "0"), &r.Limit)
	if not := s.arg("not", ""); not != "" {
		r.Acceptable = func(l Lease) bool { return l.Addr != ip(not) }
	}
	l, v := s.table.Allocate(r)
	if !v.Gave() {
		s.printf("no address: %v\n", v)
		return
	}
	s.printf("%v address: ", v)
	s.show(l)
}

func (s *story) request() {
	c, end := s.who(), s.now+int64(s.duration("for", "1h")/time.Second)
	s.change(func(l Lease) Lease {
		l = Acknowledge(l, c, s.now, end)
		l.Commit++
		return l
	})
}

func (s *story) change(f func(Lease) Lease) {
	l, ok := s.table.Change(s.key(), func(l Lease, _ Place) (Lease, bool) { return f(l), true })
	if !ok {
		s.printf("no scope holds %v\n", s.key().Addr)
		return
	}
	s.show(l)
}

func (s *story) lease() {
	switch s.d.CmdArgs[1].Key {
	case "release":
		s.change(func(l Lease) Lease { return Release(l, s.now, s.duration("grace", "0s")) })
	case "decline":
		s.change(func(l Lease) Lease { return MarkUnavailable(l, s.now, s.duration("timeout", "24h"), "declined") })
	case "force-available":
		s.change(func(l Lease) Lease { return ForceAvailable(l, s.now) })
	case "activate":
		s.change(Activate)
	case "deactivate":
		s.change(Deactivate)
	case "sent": // the partner is told, until a time
		s.change(func(l Lease) Lease {
			l.Failover.Told = !l.Free()
			l.Failover.SentPE = max(l.Failover.SentPE, s.now+int64(s.duration("until", "0s")/time.Second))
			return l
		})
	case "acked": // it has acknowledged that
		s.change(func(l Lease) Lease {
			if l.State == PendingAvailable {
				l = Freed(l, s.now, false)
			}
			l.Failover.AckPE = l.Failover.SentPE
			l.Flags |= FailoverUpdated
			return l
		})
	case "to-secondary":
		s.change(func(l Lease) Lease { return Freed(l, s.now, true) })
	case "show":
		if l, ok := s.table.Get(s.key()); ok {
			s.show(l)
		} else {
			s.printf("never leased\n")
		}
	default:
		s.Fatalf("no such event: %s", s.d.CmdArgs[1].Key)
	}
}

// advance lets time pass from one deadline to the next.
func (s *story) advance() {
	d, err := time.ParseDuration(s.d.CmdArgs[0].Key)
	if err != nil {
		s.Fatal(err)
	}
	until := s.now + int64(d/time.Second)
	grace := s.duration("grace", "5m")
	for {
		next, ok := s.table.NextDeadline()
		if !ok || next > until {
			break
		}
		s.now = max(s.now, next)
		for _, l := range s.table.Due(s.now, 10) {
			l, _ := s.table.Change(l.Key, func(l Lease, _ Place) (Lease, bool) { return Expire(l, s.now, grace), true })
			s.printf("%s: ", clock(s.now))
			s.show(l)
		}
	}
	s.now = until
}

func (s *story) list() {
	for _, id := range s.ids(s.arg("scope", "red")) {
		for l := range s.table.Each(id, s.d.HasArg("never")) {
			s.show(l)
		}
	}
}

func (s *story) counters() {
	for _, id := range s.ids(s.arg("scope", "red")) {
		s.printf("%s\n", strings.Trim(fmt.Sprintf("%+v", s.table.Counters(id)), "{}"))
	}
}

func roleNamed(t *testing.T, name string) Role {
	for _, r := range []Role{Alone, Primary, Secondary} {
		if r.String() == name {
			return r
		}
	}
	t.Fatalf("no such role: %s", name)
	return Alone
}

// spare shows what one of the servers would hand to the other.
func (s *story) spare() {
	var n int
	fmt.Sscan(s.arg("n", "3"), &n)
	var affine func(ClientKey) bool
	if s.d.HasArg("affine") {
		c := s.who()
		affine = func(k ClientKey) bool { return k == c.Key() }
	}
	for _, id := range s.ids(s.arg("scope", "red")) {
		for _, k := range s.table.Spare(id, roleNamed(s.T, s.arg("owner", "primary")), n, affine, nil) {
			s.printf("%v\n", k.Addr)
		}
	}
}

func (s *story) group() *Group { return s.table.Group(s.ids(s.arg("scopes", "red"))) }

func (s *story) unacked() {
	for _, l := range s.group().Unacked(Key{}, 100, nil) {
		s.show(l)
	}
}

func (s *story) pending() {
	g := s.group()
	if end, ok := g.NextPending(); ok {
		s.printf("the first until %v\n", clock(end))
	}
	for _, k := range g.Pending(s.now, 100, nil) {
		s.printf("%v\n", k.Addr)
	}
}

func (s *story) reserve() {
	if s.d.Cmd == "unreserve" {
		s.printf("%v\n", s.table.Unreserve(s.key()))
		return
	}
	p, _ := s.table.Place(s.key())
	if err := s.table.Reserve(p.Scope, Reservation{s.key().Addr, s.arg("for", "")}); err != nil {
		s.printf("refused: %v\n", err)
	}
}

func (s *story) limitation() {
	s.printf("%d live\n", s.table.LimitationCount(s.arg("line", "")))
}

func (s *story) client() {
	c := s.who()
	for _, l := range s.table.ByClient(0, c.Key(), nil) {
		s.show(l)
	}
	if n := len(s.table.ByHardware(0, c.HW, nil)); s.d.HasArg("hardware") {
		s.printf("%d leases with its hardware address\n", n)
	}
}

func (s *story) place() {
	p, ok := s.table.Place(s.key())
	if !ok {
		s.printf("no scope\n")
		return
	}
	s.printf("scope %q, in range: %v", p.Name, p.InRange)
	if p.Reserved {
		s.printf(", reserved for %s", p.ReservedFor)
	}
	if p.Parked {
		s.printf(", parked")
	}
	s.printf("\n")
}

var stateNames = [...]string{"?", "available", "offered", "leased", "expired", "unavailable", "released", "other-available", "pending-available"}

func (s *story) show(l Lease) {
	s.printf("%v %s", l.Addr, stateNames[l.State])
	if l.HW.Len > 0 {
		s.printf(" client=%s", s.names[l.HW])
	}
	if l.ClientID != "" {
		s.printf(" id=%s", l.ClientID)
	}
	switch {
	case l.Expiration == Forever:
		s.printf(" forever")
	case l.Expiration > 0:
		s.printf(" until=%s", clock(l.Expiration))
	}
	for i, n := range []string{"reserved", "valid", "deactivated", "initialized", "failover-updated", "not-in-ranges", "dynamic", "backup"} {
		if l.Flags>>i&1 != 0 {
			s.printf(" %s", n)
		}
	}
	if l.Cause != "" {
		s.printf(" cause=%s", l.Cause)
	}
	s.printf("\n")
}
