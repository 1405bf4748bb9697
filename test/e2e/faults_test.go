package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"leasehold/pkg/failover/binding"
	"leasehold/test/clients"
)

// TestPartition cuts the servers off from each other while clients reach both,
// then joins them again.
func TestPartition(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	a, b := s.startPair(quick)
	c := s.crowd("cli", clients.Config{Count: 30, ClientIDs: true})
	c.bound()
	same(a, b)
	a.fromHere()
	b.fromHere()
	s.hub.Cut("a", "b")
	a.interrupted("b")
	b.interrupted("a")
	c.rebind()
	c.Add(10) // both offer
	c.bound()
	c.Release(3)
	s.hub.Join("a", "b")
	s.normal(a, b)
	same(a, b)
	for _, n := range []*server{a, b} {
		n.never("PARTNER-DOWN", "POTENTIAL-CONFLICT", "RECOVER")
	}
	c.unharmed()
}

// TestPartitionOfTheNetwork has each server keep a part of the clients while
// neither sees the other.
func TestPartitionWithClients(t *testing.T) {
	t.Parallel()
	s, a, b, c := servingPair(t, 20)
	s.hub.Cut("a", "b")
	s.unplug("a") // all clients are on b's side
	b.interrupted("a")
	c.rebind()
	there := s.crowd("there", clients.Config{Count: 5, First: 100}) // only b ever hears of these
	there.bound()
	there.Stop()
	s.replug("a")
	s.unplug("b") // and now on a's
	c.rebind()
	here := s.crowd("here", clients.Config{Count: 5, First: 200})
	here.bound()
	s.replug("b")
	s.hub.Join("a", "b")
	s.normal(a, b)
	same(a, b)
	c.unharmed()
	here.unharmed()
}

// TestAsymmetricLoss loses what the main sends and nothing of what the backup
// sends: the link must count as lost on both sides, and come back.
func TestAsymmetricLoss(t *testing.T) {
	t.Parallel()
	s, a, b, c := servingPair(t, 20)
	s.hub.Lose("a", "b", 1)
	a.interrupted("b")
	b.interrupted("a")
	c.rebind()
	s.hub.Join("a", "b")
	s.normal(a, b)
	same(a, b)
	// Loss that TCP mends is not even noticed.
	s.hub.Lose("a", "b", 0.1)
	s.hub.Lose("b", "a", 0.1)
	c.renew()
	same(a, b)
	c.unharmed()
}

// TestDistantPartner has 200 ms between the servers each way: updates are lazy,
// so clients wait no longer than with a near one.
func TestDistantPartner(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	s.hub.Delay("a", "b", 200*time.Millisecond)
	a, b := s.startPair(quick)
	c := s.crowd("cli", clients.Config{Count: 50, ClientIDs: true})
	c.bound()
	if median := c.Report().Median(); median > 200*time.Millisecond {
		t.Errorf("half of the clients waited %v and more for their leases: the partner's answer takes 400 ms, and must not count", median)
	}
	same(a, b)
	a.kill9()
	b.interrupted("a")
	c.rebind()
	a.start()
	s.normal(a, b)
	same(a, b)
	c.unharmed()
}

// TestStoppedServer stops a server's process for longer than its partner
// waits; when it goes on it must not act on what it believed before.
func TestStoppedServer(t *testing.T) {
	t.Parallel()
	for _, which := range []string{"main", "backup"} {
		t.Run(which, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "a", "b")
			a, b := s.startPair(quick)
			c := s.crowd("cli", clients.Config{Count: 20})
			c.bound()
			same(a, b)
			stopped, other := a, b
			if which == "backup" {
				stopped, other = b, a
			}
			stopped.proc.signal(syscall.SIGSTOP)
			other.interrupted(stopped.ns)
			c.rebind()
			c.Add(5)
			c.bound()
			stopped.proc.signal(syscall.SIGCONT)
			s.normal(a, b)
			same(a, b)
			c.unharmed()
		})
	}
}

// TestReleaseAtAStoppedServer has a DHCPRELEASE lie in the queue of a server that
// is stopped. It is too old when the server goes on: the client may have its lease
// again from a partner.
func TestReleaseAtAStoppedServer(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a")
	a := s.startServer("a")
	p := quick
	p.lease = 300
	a.nrcmd(append(p.scope(), "dhcp reload")...)
	c := s.crowd("cli", clients.Config{Count: 2})
	c.bound()
	late, _, _ := c.Lease(0)
	fresh, _, _ := c.Lease(1)
	a.proc.signal(syscall.SIGSTOP)
	eventually(t, "all of the server stands still", a.standsStill)
	c.Release(0)
	eventually(t, "the DHCPRELEASE is in the queue", func() bool { return s.queued("a") })
	<-time.After(binding.LongestQueued + 500*time.Millisecond)
	a.proc.signal(syscall.SIGCONT)
	a.eventually("the DHCPRELEASE is dropped", func() bool { return lateOne.MatchString(a.one("dhcp getStats server")) },
		func() string { return a.one("dhcp getStats server") })
	a.wantState(late.String(), "leased")
	c.Release(1)
	a.wantState(fresh.String(), "available")
	a.wantState(late.String(), "leased")
	c.unharmed()
}

var lateOne = regexp.MustCompile(`\bdrop-late=1\b`)

// standsStill tells whether all threads of the server are stopped.
func (s *server) standsStill() bool {
	s.t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", s.pid()))
	if err != nil || len(threads) == 0 {
		s.t.Fatalf("no threads of %s: %v", s.ns, err)
	}
	for _, status := range threads {
		text, err := os.ReadFile(status)
		if err != nil || !strings.Contains(string(text), "State:\tT") {
			return false
		}
	}
	return true
}

// queued tells whether a packet of a client waits for a server to read it.
func (s *site) queued(server string) bool {
	s.t.Helper()
	out, err := s.in(server, "cat", "/proc/net/udp").Output()
	if err != nil {
		s.t.Fatal(err)
	}
	return portAndQueue.Match(out)
}

// portAndQueue is a socket on port 67 in /proc/net/udp, with octets to be read.
var portAndQueue = regexp.MustCompile(`(?m)^\s*\d+: [0-9A-F]{8}:0043 [0-9A-F:]+ [0-9A-F]+ [0-9A-F]{8}:0*[1-9A-F]`)

// TestStoppedMainInPartnerDown has the survivor take the stopped main's
// addresses, which is a mistake of the operator: when the main goes on, both
// find out.
func TestStoppedMainInPartnerDown(t *testing.T) {
	t.Parallel()
	s, a, b, c := servingPair(t, 10)
	a.proc.signal(syscall.SIGSTOP)
	b.interrupted("a")
	b.nrcmd("dhcp setPartnerDown " + own("a"))
	b.wantComm("a", "PARTNER-DOWN", "INTERRUPTED")
	c.rebind()
	a.proc.signal(syscall.SIGCONT)
	s.normal(a, b)
	same(a, b)
	c.unharmed()
}

// TestFullDiskInAPair fills the disk of the main: it can promise nothing any
// more, says so, and recovers by itself.
func TestFullDiskInAPair(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	folder := filepath.Join(s.dir, "a-data")
	smallDisk(t, folder)
	a, b := s.startPair(quick)
	c := s.crowd("cli", clients.Config{Count: 20})
	c.bound()
	filler := filepath.Join(folder, "filler")
	fillUp(t, filler)
	c.Add(120) // more than fits where SQLite has room already
	eventually(t, "getHealth names the file", func() bool { return strings.Contains(a.one("dhcp getHealth"), "leases.db") })
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	s.normal(a, b)
	c.bound()
	c.rebind()
	same(a, b)
	c.unharmed()
}

// TestClockSkew has the backup's clock an hour ahead, then an hour behind: the
// servers correct each other's times, and show the difference.
func TestClockSkew(t *testing.T) {
	t.Parallel()
	for _, skew := range []string{"3600", "-3600"} {
		t.Run(skew, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "a", "b")
			a := s.startServer("a")
			b := s.skewed("b", skew)
			a.nrcmd(quick.office("a", "b")...)
			b.nrcmd(quick.office("a", "b")...)
			s.normal(a, b)
			c := s.crowd("cli", clients.Config{Count: 20})
			c.bound()
			c.renew()
			same(a, b)
			if out := a.one("dhcp getRelatedServers full-format"); !strings.Contains(out, "offset") {
				t.Errorf("the clocks' difference is not shown:\n%s", out)
			}
			a.kill9()
			b.interrupted("a")
			c.rebind()
			c.Add(3)
			c.bound()
			a.start()
			s.normal(a, b)
			same(a, b)
			c.unharmed()
		})
	}
}
