package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"leasehold/test/clients"
)

// pairSettings are the times of a pair that tests wait for.
type pairSettings struct {
	lease, mclt int // seconds
	low, high   int // of 192.168.50.
	pair        []string
}

var quick = pairSettings{lease: 24, mclt: 10, low: 20, high: 219}

// office configures the scope of a site, and a failover pair for it of the two
// servers, all of it the same on both.
func (p pairSettings) office(main, backup string) []string {
	return append(p.scope(),
		strings.Join(append([]string{fmt.Sprintf("failover-pair office create %s %s mclt=%ds", own(main), own(backup), p.mclt)}, p.pair...), " "),
		"dhcp reload")
}

// scope is the scope alone.
func (p pairSettings) scope() []string {
	return []string{
		"dhcp set failover-poll-interval=1s failover-poll-timeout=3s",
		"policy office create",
		"policy office setOption routers 192.168.50.254",
		fmt.Sprintf("policy office setLeaseTime %d", p.lease),
		"policy office set grace-period=0",
		"scope office create 192.168.50.0 255.255.255.0 policy=office",
		fmt.Sprintf("scope office addRange 192.168.50.%d 192.168.50.%d", p.low, p.high),
	}
}

// startPair starts two servers and configures them, the main one first, and
// waits until both are NORMAL.
func (s *site) startPair(p pairSettings) (a, b *server) {
	s.t.Helper()
	a, b = s.startServer("a"), s.startServer("b")
	a.nrcmd(p.office("a", "b")...)
	b.nrcmd(p.office("a", "b")...)
	s.normal(a, b)
	return a, b
}

// servingPair is two servers in NORMAL that both have the leases of so many clients.
func servingPair(t *testing.T, count int) (s *site, a, b *server, c *crowd) {
	t.Helper()
	s = newSite(t, "a", "b")
	a, b = s.startPair(quick)
	c = s.crowd("cli", clients.Config{Count: count})
	c.bound()
	same(a, b)
	return s, a, b, c
}

// normal waits until both are NORMAL and know it of each other.
func (s *site) normal(a, b *server) {
	s.t.Helper()
	a.wantPair(b.ns, "NORMAL", "NORMAL")
	b.wantPair(a.ns, "NORMAL", "NORMAL")
}

// interrupted waits until a server has noticed that its partner is gone.
func (s *server) interrupted(partner string) {
	s.t.Helper()
	s.wantComm(partner, "COMMUNICATIONS-INTERRUPTED", "INTERRUPTED")
}

// wantComm waits for the server's own state and that of its communications.
func (s *server) wantComm(partner, state, comm string) {
	s.t.Helper()
	var last related
	s.eventually(fmt.Sprintf("%s is %s, communications %s", s.ns, state, comm), func() bool {
		last = s.partner(own(partner))
		return last.State == state && last.Communications == comm
	}, func() string { return last.String() })
}

var stateLine = regexp.MustCompile(`Failover '([^']*)': state ([A-Z-]+), was ([A-Z-]+)`)

// states are those that the server's log tells it went through, in this run and
// since fromHere.
func (s *server) states() []string {
	var way []string
	lines := strings.Split(s.proc.out.text(), "\n")
	for _, line := range lines[min(s.here[s.pid()], len(lines)):] {
		if m := stateLine.FindStringSubmatch(line); m != nil {
			way = append(way, m[2])
		}
	}
	return way
}

// fromHere forgets the states that the server went through so far.
func (s *server) fromHere() {
	s.here = map[int]int{s.pid(): len(strings.Split(s.proc.out.text(), "\n"))}
}

// went fails the test if the server did not pass through these states, in this
// order, in this run.
func (s *server) went(states ...string) {
	s.t.Helper()
	way := s.states()
	rest := way
	for _, want := range states {
		i := slices.Index(rest, want)
		if i < 0 {
			s.t.Errorf("%s went %v, want %v", s.ns, way, states)
			return
		}
		rest = rest[i+1:]
	}
}

// never fails the test if the server was in one of these states in this run.
func (s *server) never(states ...string) {
	s.t.Helper()
	for _, was := range s.states() {
		if slices.Contains(states, was) {
			s.t.Errorf("%s went %v: it must not be %s", s.ns, s.states(), was)
		}
	}
}

// lost removes the server's lease database, as a broken disk does.
func (s *server) lost() {
	s.t.Helper()
	files, err := filepath.Glob(filepath.Join(s.data, "leases.db*"))
	if err != nil || len(files) == 0 {
		s.t.Fatalf("no lease database in %s: %v", s.data, err)
	}
	for _, f := range files {
		if err := os.Remove(f); err != nil {
			s.t.Fatal(err)
		}
	}
}

// leases returns the leases of the server in a state: who has which address.
func (s *server) leases(state string) map[string]string {
	s.t.Helper()
	got := map[string]string{}
	for line := range strings.SplitSeq(s.one("lease list"), "\n") {
		a, m := leaseAddr.FindStringSubmatch(line), leaseMAC.FindStringSubmatch(line)
		if a == nil || !strings.Contains(line, "state="+state) {
			continue
		}
		got[a[1]] = ""
		if m != nil {
			got[a[1]] = m[1]
		}
	}
	return got
}

// count is how many leases the server has in each state.
func (s *server) count() map[string]int {
	s.t.Helper()
	n := map[string]int{}
	for line := range strings.SplitSeq(s.one("lease list"), "\n") {
		if m := leaseState.FindStringSubmatch(line); m != nil {
			n[m[1]]++
		}
	}
	return n
}

var leaseState = regexp.MustCompile(` state=(\S+)`)

// same waits until two servers have the same leases, of the same clients.
func same(a, b *server) {
	a.t.Helper()
	var ofA, ofB map[string]string
	a.eventually("both servers have the same leases", func() bool {
		ofA, ofB = a.leases("leased"), b.leases("leased")
		return fmt.Sprint(ofA) == fmt.Sprint(ofB)
	}, func() string { return fmt.Sprintf("%s: %v\n%s: %v", a.ns, ofA, b.ns, ofB) })
}

// expiry is the end of a lease as the server has it.
func (s *server) expiry(addr string) time.Time {
	s.t.Helper()
	text := s.attr(addr, "expiration")
	end, err := time.ParseInLocation("Mon Jan _2 15:04:05 2006", text, time.Local)
	if err != nil {
		s.t.Fatalf("%s has the expiration %q for %s: %v", s.ns, text, addr, err)
	}
	return end
}
