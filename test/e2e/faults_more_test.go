package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"leasehold/test/clients"
)

// TestConflictInterrupted loses the link again while both servers find out what
// the other gave: they serve on, and end the conflict when it is back.
func TestConflictInterrupted(t *testing.T) {
	t.Parallel()
	s, a, b, c := servingPair(t, 20)
	s.hub.Cut("a", "b")
	a.interrupted("b")
	b.interrupted("a")
	b.nrcmd("dhcp setPartnerDown " + own("a"))
	b.wantComm("a", "PARTNER-DOWN", "INTERRUPTED")
	c.Add(10)
	c.bound()
	// A link so slow that what is told in the conflict takes some seconds.
	s.hub.Delay("a", "b", 500*time.Millisecond)
	a.fromHere()
	b.fromHere()
	s.hub.Join("a", "b")
	for _, n := range []*server{a, b} {
		eventually(t, n.ns+" is in POTENTIAL-CONFLICT", func() bool { return slices.Contains(n.states(), "POTENTIAL-CONFLICT") })
	}
	s.hub.Cut("a", "b")
	for n, partner := range map[*server]string{a: "b", b: "a"} {
		n.wantComm(partner, "RESOLUTION-INTERRUPTED", "INTERRUPTED")
	}
	c.rebind() // nobody goes without for that
	s.hub.Delay("a", "b", 0)
	s.hub.Join("a", "b")
	s.normal(a, b)
	for _, n := range []*server{a, b} {
		n.went("POTENTIAL-CONFLICT", "RESOLUTION-INTERRUPTED", "POTENTIAL-CONFLICT", "NORMAL")
	}
	same(a, b)
	c.unharmed()
}

// TestBackupIsNotHeard loses what the backup sends and nothing of what the main
// sends: TestAsymmetricLoss the other way round.
func TestBackupIsNotHeard(t *testing.T) {
	t.Parallel()
	s, a, b, c := servingPair(t, 20)
	a.fromHere()
	b.fromHere()
	s.hub.Lose("b", "a", 1)
	a.interrupted("b")
	b.interrupted("a")
	c.rebind()
	c.Add(5)
	c.bound()
	s.hub.Join("a", "b")
	s.normal(a, b)
	same(a, b)
	for _, n := range []*server{a, b} {
		n.never("PARTNER-DOWN", "POTENTIAL-CONFLICT", "RECOVER")
	}
	c.unharmed()
}

// TestFullDiskOfTheBackup fills the disk of the backup: it acknowledges nothing
// that it cannot keep, says so, and the main serves on.
func TestFullDiskOfTheBackup(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	folder := filepath.Join(s.dir, "b-data")
	smallDisk(t, folder)
	a, b := s.startPair(quick)
	c := s.crowd("cli", clients.Config{Count: 20})
	c.bound()
	same(a, b)
	filler := filepath.Join(folder, "filler")
	fillUp(t, filler)
	c.Add(120) // more than fits where SQLite has room already
	eventually(t, "the backup's getHealth names the file", func() bool { return strings.Contains(b.one("dhcp getHealth"), "leases.db") })
	c.bound() // the main gives new leases without the backup's word
	c.renew()
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	s.normal(a, b)
	same(a, b)
	// What it acknowledged is on its disk: alone, it has every lease.
	b.kill9()
	b.start()
	s.normal(a, b)
	a.kill9()
	b.interrupted("a")
	c.rebind()
	a.start()
	s.normal(a, b)
	same(a, b)
	c.unharmed()
}

// TestClockOffsetIsShown has the backup's clock an hour off: each server shows
// by how much the other's differs, with its sign, and until when a lease lasts
// by its own clock.
func TestClockOffsetIsShown(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	a := s.startServer("a")
	b := s.skewed("b", "3600")
	for _, n := range []*server{a, b} {
		n.nrcmd(quick.office("a", "b")...)
	}
	s.normal(a, b)
	for n, want := range map[*server]int{a: 3600, b: -3600} {
		n.eventually(fmt.Sprintf("%s shows an offset of %d s", n.ns, want), func() bool {
			m := clockOffset.FindStringSubmatch(n.one("failover-pair office getStatus"))
			if m == nil {
				return false
			}
			got, err := strconv.Atoi(m[1])
			return err == nil && got >= want-2 && got <= want+2
		}, func() string { return n.one("failover-pair office getStatus") })
		if !strings.Contains(n.proc.out.text(), "clock") {
			t.Errorf("the log of %s does not tell of the clocks:\n%s", n.ns, tail(n.proc.out.text(), 20))
		}
	}
	c := s.crowd("cli", clients.Config{Count: 5})
	c.bound()
	c.renew()
	same(a, b)
	for _, addr := range c.Addresses() {
		var off time.Duration
		a.eventually("the backup has the same end by its clock", func() bool {
			off = b.expiry(addr.String()).Sub(a.expiry(addr.String()))
			return (off - time.Hour).Abs() <= 3*time.Second
		}, func() string { return off.String() })
	}
	c.unharmed()
}

var clockOffset = regexp.MustCompile(`partner-clock-offset ?= ?(-?\d+)`)

// TestMultipleInterfacesServe has servers with two client LANs and a third wire
// for failover: the pair is named by addresses of that, and both LANs go on
// when either server dies.
func TestMultipleInterfacesServe(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	s.segment("lan2", 60, "a", "b")
	a, b := s.startServer("a"), s.startServer("b")
	for _, n := range []*server{a, b} {
		s.secondaries(n.ns, "eth0", 51, 52)
		s.secondaries(n.ns, "lan2", 61, 62)
		n.batch(labTimes, scopes(1, 50), scopes(4, 60), "dhcp enable failover\n"+
			"dhcp set failover-main-server=serverA\ndhcp set failover-backup-server=serverB\n", "dhcp reload\n")
	}
	s.normal(a, b)
	one := s.crowd("cli", clients.Config{Count: 12})
	two := s.crowdOn("lan2", "cli2", clients.Config{Count: 12, First: 100})
	one.bound()
	two.bound()
	// No lease goes over a client LAN: the wire between the servers is the hub's.
	s.hub.Cut("a", "b")
	a.interrupted("b")
	b.interrupted("a")
	s.hub.Join("a", "b")
	s.normal(a, b)
	for n, other := range map[*server]*server{a: b, b: a} {
		same(a, b)
		n.kill9()
		other.interrupted(n.ns)
		one.rebind()
		two.rebind()
		n.start()
		s.normal(a, b)
	}
	same(a, b)
	one.unharmed()
	two.unharmed()
}
