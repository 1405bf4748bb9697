package failover

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"leasehold/internal/parity"
	"leasehold/pkg/failover/wire"
	"leasehold/pkg/objects"
)

// kept is what a server has stored, and the way to what its partner has.
type kept struct {
	mu      sync.Mutex
	cfg     *objects.Config
	version uint64
	partner *kept
	main    bool
	deaf    bool // the partner cannot be asked
	asked   int
	after   time.Duration // 0: the usual
}

func (k *kept) Stored() (*objects.Config, uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.cfg.Clone(), k.version
}

func (k *kept) Differences(_ context.Context, pair string, classes []string) (lines []string, err *objects.Error) {
	k.mu.Lock()
	k.asked++
	deaf := k.deaf
	k.mu.Unlock()
	if deaf {
		return nil, objects.Errorf(objects.Invalid, "it names no cluster")
	}
	a, _ := k.Stored()
	b, _ := k.partner.Stored()
	if !k.main {
		a, b = b, a
	}
	for _, d := range parity.Compare(a, b, parity.Options{Pair: pair}) {
		if slices.Contains(classes, d.Class) {
			lines = append(lines, d.String())
		}
	}
	return lines, nil
}

// stores changes what the server has stored.
func (n *node) stores(config string) {
	n.Helper()
	n.kept.mu.Lock()
	text := configure(n.kept.cfg, strings.ReplaceAll(config, "$", n.net+"."))
	n.kept.version++
	n.kept.mu.Unlock()
	if text != "" {
		n.Fatal(text)
	}
	n.manager.Wrote()
}

// watched is a pair whose stored configurations are held against each other.
func watched(t *testing.T, config string) (main, backup *node) {
	t.Helper()
	s := newSite(t)
	main, backup = s.node(2, config), s.node(3, config)
	for _, n := range []*node{main, backup} {
		n.kept = &kept{cfg: n.cfg.Clone(), version: 1, main: n == main}
	}
	main.kept.partner, backup.kept.partner = backup.kept, main.kept
	main.start()
	backup.start()
	main.normal()
	backup.normal()
	for _, n := range []*node{main, backup} {
		n.until("the partner's sums", func() bool { return n.manager.Figures()[0].Compared })
	}
	return main, backup
}

const theyDiffer = "the stored configurations of the two servers differ in "

// drift is what the node shows of it: the short line, the long ones, the number.
func (n *node) drift() (problem string, named []string, classes int) {
	n.Helper()
	d := n.related().Detail
	for _, p := range d.Problems {
		if strings.HasPrefix(p, theyDiffer) {
			problem = p
		}
	}
	return problem, d.Drift, n.manager.Figures()[0].Drift
}

// A difference shows on both servers within two poll intervals of its making:
// in the log, in what operators see, in the figures; and not longer than it is.
func TestDrift(t *testing.T) {
	main, backup := watched(t, twoServers)
	began := time.Now()
	backup.stores("policy office grace-period=3h")
	main.stores("policy office grace-period=1h")
	for _, n := range []*node{main, backup} {
		n.log.await(t, "Failover 'blue': "+theyDiffer+"policy.")
		n.log.await(t, "Failover 'blue': configured differently: policy office grace-period: main=1h backup=3h.")
		if took := time.Since(began); took < time.Second || took > 2*time.Second+time.Second { // a second for a slow machine
			t.Errorf("it was told after %s; the poll interval is 1 s", took)
		}
		problem, named, classes := n.drift()
		if problem != theyDiffer+"policy: 'failover-pair blue diff' names what, and who changed it when" || classes != 1 ||
			!slices.Equal(named, []string{"policy office grace-period: main=1h backup=3h"}) {
			t.Errorf("shown: %q %q %d", problem, named, classes)
		}
	}
	// Another difference joins it, of another class.
	main.stores("client-class phones host-name=phone")
	for _, n := range []*node{main, backup} {
		n.log.await(t, theyDiffer+"client-class, policy.")
		n.log.await(t, "client-class phones: main=(present) backup=(missing).")
		n.until("both", func() bool { _, named, classes := n.drift(); return len(named) == 2 && classes == 2 })
	}
	backup.stores("client-class phones host-name=phone\npolicy office grace-period=1h")
	for _, n := range []*node{main, backup} {
		n.log.await(t, "the stored configurations of the two servers are alike again")
		n.until("nothing", func() bool { p, named, classes := n.drift(); return p == "" && named == nil && classes == 0 })
	}
}

// Where the partner cannot be asked, the classes are named and why no more is.
func TestDriftUnnamed(t *testing.T) {
	main, backup := watched(t, twoServers)
	main.kept.mu.Lock()
	main.kept.deaf = true
	main.kept.mu.Unlock()
	main.stores("scope lab ping-timeout=500")
	main.log.await(t, theyDiffer+"scope.")
	main.log.await(t, "what differs cannot be named here: it names no cluster.")
	backup.log.await(t, "scope lab ping-timeout: main=500 backup=")
	if problem, named, classes := main.drift(); !strings.HasPrefix(problem, theyDiffer+"scope:") || named != nil || classes != 1 {
		t.Errorf("shown: %q %q %d", problem, named, classes)
	}
}

// What no operator would call a difference is none: values set to their default,
// what is each server's own, a reload, a restart of either, a change that the
// other server has before long.
func TestNoDrift(t *testing.T) {
	main, backup := watched(t, twoServers)
	main.stores("scope lab failover=use-server-settings\ndhcp ping-timeout=300\ncluster main ipaddr=$2\nfailover-pair blue main=main")
	backup.stores("admin carol\ndhcp import-mode=enabled\ncluster backup ipaddr=$3")
	for range 3 {
		main.stores("policy office grace-period=7m\nclient-class phones host-name=phone")
		main.reload()
		backup.stores("client-class phones host-name=phone")
		backup.stop()
		backup.start()
		backup.stores("policy office grace-period=7m")
		main.stores("policy office grace-period=-")
		main.stop()
		main.start()
		backup.stores("policy office grace-period=-\ndelete client-class phones")
		main.stores("delete client-class phones")
	}
	main.normal()
	backup.normal()
	for _, n := range []*node{main, backup} {
		n.until("the partner's sums", func() bool { return n.manager.Figures()[0].Compared })
		if p, named, classes := n.drift(); p != "" || named != nil || classes != 0 || n.log.has(theyDiffer) {
			t.Errorf("server %d: %q %q %d", n.host, p, named, classes)
		}
	}
	// The comparison is at work: the next thing to differ is found.
	main.stores("policy office grace-period=9m")
	backup.log.await(t, theyDiffer+"policy.")
}

// Drift that was there before the link broke is there after it, and is not told
// once more; what was mended meanwhile is over.
func TestDriftAcrossTheLink(t *testing.T) {
	main, backup := watched(t, twoServers)
	main.stores("policy office grace-period=9m")
	main.log.await(t, theyDiffer+"policy.")
	main.log.await(t, "configured differently")
	backup.stop()
	main.log.await(t, "are lost")
	if p, _, classes := main.drift(); p == "" || classes != 1 {
		t.Errorf("while the partner is away: %q", p)
	}
	main.stores("client-class phones host-name=phone") // nobody can tell
	backup.start()
	backup.normal()
	main.log.await(t, theyDiffer+"client-class, policy.")
	backup.stop()
	backup.start()
	backup.stores("client-class phones host-name=phone\npolicy office grace-period=9m")
	main.log.await(t, "are alike again")
	if main.log.has(theyDiffer) {
		t.Error("it is told again")
	}
}

// A partner that does not tell what it has stored, as one of an older version:
// nothing is compared, and nothing said. What was said before is forgotten, when
// one that told comes back as such.
func TestDriftWithOlder(t *testing.T) {
	main, backup := watched(t, twoServers)
	main.stop()
	main.kept.after = 100 * time.Millisecond
	main.start()
	main.normal()
	main.stores("policy office grace-period=9m")
	main.log.await(t, theyDiffer+"policy.")
	main.until("it to be named", func() bool { _, named, _ := main.drift(); return len(named) == 1 })
	backup.stop()
	backup.kept = nil
	backup.start()
	main.normal()
	main.until("to forget", func() bool { p, named, classes := main.drift(); return p == "" && named == nil && classes == 0 })
	main.log.skip()
	main.stores("policy office grace-period=10m")
	for range 3 { // poll intervals
		main.log.await(t, "received DHCPCONTACT")
	}
	if main.manager.Figures()[0].Compared || main.log.has(theyDiffer) || backup.log.has(theyDiffer) || main.log.has("alike again") {
		t.Error("it is compared with one that tells nothing")
	}
}

// Two servers that are changed at random, each change on both within the time
// that is allowed, never drift; a change that only one has is found in that time.
// The time is virtual.
func TestDriftSoak(t *testing.T) {
	t.Parallel()
	const patience = 17500 * time.Millisecond
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 1))
		s := &soak{T: t, Rand: r}
		for i := range s.cfgs {
			s.cfgs[i] = objects.NewConfig()
			for _, o := range objects.Builtins() {
				s.cfgs[i].Put(o)
			}
			s.tell(i)
		}
		for range 120 {
			s.now += time.Duration(r.Int64N(int64(4 * time.Second)))
			s.settle(patience)
			s.change(patience)
			s.quiet(patience)
		}
		s.now += patience
		s.settle(patience)
		// Now one that is not made on the other.
		s.make(r.IntN(2), "policy lost grace-period=77m")
		s.quiet(patience)
		began := s.now
		s.now += patience - 1
		s.quiet(patience)
		if at, ok := s.comparisons[0].deadline(patience); !ok || at != began+patience {
			t.Errorf("seed %d: the difference is told at %s %v", seed, at-began, ok)
		}
		s.now++
		for i := range s.comparisons {
			if began := s.comparisons[i].look(s.now, patience); !slices.Equal(began, []string{"policy"}) {
				t.Errorf("seed %d: server %d finds %q", seed, i, began)
			}
		}
		if t.Failed() {
			return
		}
	}
}

// soak is two servers in virtual time.
type soak struct {
	*testing.T
	*rand.Rand
	now         time.Duration
	cfgs        [2]*objects.Config
	comparisons [2]comparison
	owed        []owed
}

// owed is a change that one server has and the other is to have.
type owed struct {
	on     int
	at     time.Duration
	change string
}

func (s *soak) make(on int, change string) {
	if e := configure(s.cfgs[on], change); e != "" {
		s.Fatal(e)
	}
	s.tell(on)
}

func (s *soak) tell(on int) {
	sums := sumsOf(s.cfgs[on], "blue")
	s.comparisons[on].own.take(s.now, sums)
	heard, ok := readSums(sumsMessage(sums))
	if !ok || !slices.Equal(heard, sums) {
		s.Fatalf("%v was sent and %v heard", sums, heard)
	}
	s.comparisons[1-on].theirs.take(s.now, heard)
}

// change makes a change on a server, and owes it to the other.
func (s *soak) change(patience time.Duration) {
	n := s.IntN(1000)
	change := []string{
		fmt.Sprintf("policy p%d grace-period=%dm", n%5, 1+n),
		fmt.Sprintf("scope s%d subnet=10.0.%d.0/24 ping-timeout=%d", n%9, n%9, 10+n),
		fmt.Sprintf("client-class c%d host-name=h%d", n%3, n),
		fmt.Sprintf("dhcp ping-timeout=%d", 10+n),
	}[s.IntN(4)]
	on := s.IntN(2)
	// Nobody changes one attribute to two values: then it depends on who is last.
	key, _, _ := strings.Cut(change, "=")
	if slices.ContainsFunc(s.owed, func(o owed) bool { return strings.HasPrefix(o.change, key) }) {
		return
	}
	s.make(on, change)
	s.owed = append(s.owed, owed{1 - on, s.now + 1 + time.Duration(s.Int64N(int64(patience-1))), change})
}

// settle makes the changes that are due by now, and looks.
func (s *soak) settle(patience time.Duration) {
	now := s.now
	slices.SortFunc(s.owed, func(a, b owed) int { return int(a.at - b.at) })
	for len(s.owed) > 0 && s.owed[0].at <= now {
		o := s.owed[0]
		s.owed = s.owed[1:]
		s.now = o.at
		s.quiet(patience)
		s.make(o.on, o.change)
		s.quiet(patience)
	}
	s.now = now
	s.quiet(patience)
}

func (s *soak) quiet(patience time.Duration) {
	for i := range s.comparisons {
		if began := s.comparisons[i].look(s.now, patience); len(began) > 0 {
			s.Fatalf("server %d takes %q for drift at %s", i, began, s.now)
		}
	}
}

// The sums of another version, or of attributes that only the partner knows, are
// not compared, and those that are cut off are none.
func TestSumsOfOthers(t *testing.T) {
	good := string(sumsMessage([]parity.ClassDigest{{Class: "policy", Sum: [8]byte{1}}}).Vendor)
	text, _ := wire.VendorOptions(good).Get(optionSums)
	with := func(s string) wire.CONTACT {
		return wire.CONTACT{Vendor: wire.VendorOptions("").With(optionSums, s)}
	}
	for name, c := range map[string]struct {
		contact wire.CONTACT
		sums    int
		told    bool
	}{
		"as sent":       {with(text), 1, true},
		"no option":     {wire.CONTACT{}, 0, false},
		"only terms":    {(&terms{}).pages()[0], 0, false},
		"empty":         {with(""), 0, false},
		"next version":  {with("\x02" + text[1:]), 0, false},
		"other schema":  {with(text[:2] + "x" + text[3:]), 0, true},
		"cut off":       {with(text[:len(text)-1]), 0, false},
		"nothing of it": {with(text[:2+len(schema())]), 0, true},
	} {
		if sums, told := readSums(c.contact); len(sums) != c.sums || told != c.told {
			t.Errorf("%s: %v %v", name, sums, told)
		}
	}
}

// Whatever a partner sends, its sums are read within bounds.
func FuzzSums(f *testing.F) {
	f.Add(string(sumsMessage(parity.Digest(objects.NewConfig(), "")).Vendor))
	f.Add("\x00\x03\x00\x01\x01")
	ours := parity.Digest(objects.NewConfig(), "")
	f.Fuzz(func(t *testing.T, vendor string) {
		sums, told := readSums(wire.CONTACT{Vendor: wire.VendorOptions(vendor)})
		if len(sums) > maxSums || sums != nil && !told {
			t.Fatalf("%d sums, %v", len(sums), told)
		}
		var s side
		s.take(0, sums)
		s.take(1, ours)
	})
}
