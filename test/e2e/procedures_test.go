package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"leasehold/internal/packet"
	"leasehold/test/clients"
	"leasehold/test/holders"
)

// The procedures of the handbooks, each under client load: nobody may notice.

// TestFirstContact follows the states of a new pair (7.0, table 27-3).
func TestFirstContact(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	p := quick
	p.pair = []string{"backup-pct=25%"}
	a := s.startServer("a")
	a.nrcmd(p.office("a", "b")...)
	a.wantComm("b", "PARTNER-DOWN", "NONE")
	c := s.crowd("cli", clients.Config{Count: 20})
	c.bound()
	b := s.startServer("b")
	b.nrcmd(p.office("a", "b")...)
	s.normal(a, b)
	a.went("PARTNER-DOWN", "NORMAL")
	b.went("RECOVER", "RECOVER-DONE", "NORMAL")
	b.never("RECOVER-WAIT") // nothing can have been lost
	same(a, b)
	// 180 of 200 addresses are free: the backup gets 45 of them.
	b.eventually("the backup has its share", func() bool { n := len(b.leases("available")); return n >= 44 && n <= 46 },
		func() string { return fmt.Sprint(len(b.leases("available")), " addresses") })
	a.eventually("the main knows them for the backup's", func() bool { n := len(a.leases("other-available")); return n >= 44 && n <= 46 },
		func() string { return fmt.Sprint(len(a.leases("other-available")), " addresses") })
}

// TestDefectiveStorage replaces a partner whose disk is gone, configuration and
// all (5.0, "Replacing a partner with defective storage").
func TestDefectiveStorage(t *testing.T) {
	t.Parallel()
	for _, which := range []string{"main", "backup"} {
		t.Run(which, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "a", "b")
			a, b := s.startPair(quick)
			c := s.crowd("cli", clients.Config{Count: 20, ClientIDs: true})
			c.bound()
			same(a, b)
			lost, other := a, b
			if which == "backup" {
				lost, other = b, a
			}
			s.dark(lost.ns, lost.kill9)
			other.interrupted(lost.ns)
			other.nrcmd("server dhcp setPartnerDown " + own(lost.ns))
			other.wantComm(lost.ns, "PARTNER-DOWN", "INTERRUPTED")
			c.rebind()
			s.light(lost.ns)
			lost.data += "-new"
			lost.start()
			lost.nrcmd(append([]string{"dhcp set failover-recover=-10s"}, quick.office("a", "b")...)...)
			s.normal(a, b)
			lost.went("RECOVER", "RECOVER-DONE", "NORMAL")
			same(a, b)
			c.renew()
			c.unharmed()
		})
	}
}

// TestLostLeaseDatabase loses only the leases of a server: it notices by
// itself, fetches all of them, and waits for the lead time.
func TestLostLeaseDatabase(t *testing.T) {
	t.Parallel()
	for _, which := range []string{"main", "backup"} {
		t.Run(which, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "a", "b")
			a, b := s.startPair(quick)
			c := s.crowd("cli", clients.Config{Count: 20})
			c.bound()
			same(a, b)
			hurt := a
			if which == "backup" {
				hurt = b
			}
			hurt.kill9()
			hurt.lost()
			began := time.Now()
			c.Rebind(-1)
			hurt.start()
			s.normal(a, b)
			hurt.went("RECOVER", "RECOVER-WAIT", "RECOVER-DONE", "NORMAL")
			if waited := time.Since(began); waited < 10*time.Second {
				t.Errorf("NORMAL again after %v: the lead time is 10 s, and its clients may hold leases that nobody knows of", waited)
			}
			same(a, b)
			c.unharmed()
		})
	}
}

// TestRestoredLeaseDatabase brings back an old copy of a lease database and
// says so with failover-recover.
func TestRestoredLeaseDatabase(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	a, b := s.startPair(quick)
	early := s.crowd("early", clients.Config{Count: 10})
	early.bound()
	same(a, b)
	b.stop()
	sh(t, "cp", "-a", b.data, b.data+".copy")
	copied := time.Now()
	b.start()
	s.normal(a, b)
	late := s.crowd("late", clients.Config{Count: 10, First: 100})
	late.bound()
	same(a, b)
	b.kill9()
	sh(t, "rm", "-r", b.data)
	sh(t, "cp", "-a", b.data+".copy", b.data)
	b.start()
	b.nrcmd(fmt.Sprintf("dhcp set failover-recover=-%ds", int(time.Since(copied).Seconds())+1), "dhcp reload")
	s.normal(a, b)
	same(a, b)
	b.went("RECOVER", "NORMAL")
	b.eventually("failover-recover is unset by itself", func() bool {
		out, _, _ := b.nrcmdRaw("", "dhcp get failover-recover")
		return strings.Contains(out, "is not set")
	}, func() string { return b.one("dhcp get failover-recover") })
	early.unharmed()
	late.unharmed()
}

// TestPartnerDownWhileDown has the survivor take over a dead partner's
// addresses; the partner, back, recovers without a conflict.
func TestPartnerDownWhileDown(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	p := quick
	p.low, p.high = 20, 59 // 40 addresses
	a, b := s.startPair(p)
	c := s.crowd("cli", clients.Config{Count: 10})
	c.bound()
	same(a, b)
	if out, _, status := b.nrcmdRaw("", "dhcp setPartnerDown "+own("a")); status == 0 {
		t.Errorf("the partner answers, and may be declared down:\n%s", out)
	}
	s.dark("a", a.kill9)
	b.interrupted("a")
	b.nrcmd("dhcp setPartnerDown " + own("a") + ".")
	b.wantComm("a", "PARTNER-DOWN", "INTERRUPTED")
	c.Add(28) // more than the backup's share: the lead time must pass first
	c.bound()
	s.light("a")
	a.start()
	s.normal(a, b)
	a.went("RECOVER", "RECOVER-DONE", "NORMAL")
	a.never("POTENTIAL-CONFLICT")
	same(a, b)
	c.unharmed()
}

// TestPartnerDownWhileUp is the operator's mistake: both serve while one takes
// the other for dead. They go through POTENTIAL-CONFLICT, also when the link is
// lost once more in the middle.
func TestPartnerDownWhileUp(t *testing.T) {
	t.Parallel()
	s, a, b, c := servingPair(t, 20)
	s.hub.Cut("a", "b")
	a.interrupted("b")
	b.interrupted("a")
	b.nrcmd("dhcp setPartnerDown " + own("a"))
	b.wantComm("a", "PARTNER-DOWN", "INTERRUPTED")
	c.rebind()
	c.Add(10)
	c.bound()
	s.hub.Join("a", "b")
	s.normal(a, b)
	a.went("POTENTIAL-CONFLICT", "NORMAL")
	b.went("POTENTIAL-CONFLICT", "NORMAL")
	same(a, b)
	c.unharmed()
}

// TestBackupRemoved ends failover (5.0, "Removing a backup server"): the main
// keeps every lease and has all addresses.
func TestBackupRemoved(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	p := quick
	p.low, p.high = 20, 49 // 30 addresses
	p.pair = []string{"backup-pct=50%"}
	a, b := s.startPair(p)
	c := s.crowd("cli", clients.Config{Count: 14})
	c.bound()
	same(a, b)
	b.nrcmd("failover-pair office delete", "scope office delete force", "dhcp reload")
	a.nrcmd("failover-pair office delete")
	a.endsFailover("b")
	b.stop()
	c.renew()
	c.Add(14)
	c.bound()
	if rows := a.related(); len(rows) > 0 {
		t.Errorf("the main still has partners: %v", rows)
	}
	c.unharmed()
}

// TestRolesSwapped makes the backup the main and the main the backup, by a
// reload of both.
func TestRolesSwapped(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	a, b := s.startPair(quick)
	c := s.crowd("cli", clients.Config{Count: 20})
	c.bound()
	c.renew()
	same(a, b)
	for _, n := range []*server{b, a} {
		n.nrcmd("failover-pair office set main-server="+own("b")+" backup-server="+own("a"), "dhcp reload")
	}
	s.normal(a, b)
	if r := a.partner(own("b")); r.Type != "MAIN" {
		t.Errorf("the former main shows %v", r)
	}
	same(a, b)
	c.Add(5)
	c.bound()
	if acks := s.watch.Events(func(e holders.Event) bool { return e.Type == packet.Offer && e.Client == clients.MAC(24) }); len(acks) != 1 || acks[0].Server.String() != lanAddr("b") {
		t.Errorf("a new client heard %v, the main is %s now", acks, lanAddr("b"))
	}
	c.rebind()
	c.unharmed()
}

// endsFailover reloads a server that is to serve without its partner: that is
// refused until the partner was declared down and the lead time has passed.
func (s *server) endsFailover(partner string) {
	s.t.Helper()
	reload := func() (string, bool) {
		out, errs, status := s.nrcmdRaw("", "dhcp reload")
		return out + errs, status == 0
	}
	s.interrupted(partner)
	if text, ok := reload(); ok || !strings.Contains(text, "both give the same addresses") {
		s.t.Errorf("the partner may serve, and the reload says %q", text)
	}
	s.nrcmd("dhcp setPartnerDown " + own(partner))
	text, ok := "", false
	s.eventually("the server takes the configuration without a partner", func() bool { text, ok = reload(); return ok }, func() string { return text })
}

// TestMCLTChanged changes the lead time in the order that the handbook gives.
func TestMCLTChanged(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	a, b := s.startPair(quick)
	c := s.crowd("cli", clients.Config{Count: 20})
	c.bound()
	b.nrcmd("dhcp reload")
	s.normal(a, b)
	same(a, b)
	for _, n := range []*server{a, b} {
		n.nrcmd("failover-pair office set mclt=15s")
	}
	b.stop()
	a.nrcmd("dhcp reload")
	b.start()
	s.normal(a, b)
	late := s.crowd("late", clients.Config{Count: 1, First: 100})
	late.bound()
	_, _, end := late.Lease(100)
	if d := time.Until(end); d < 11*time.Second || d > 16*time.Second {
		t.Errorf("a new client has its lease for %v, the lead time is 15 s now", d)
	}
	if out := b.one("dhcp getRelatedServers full-format"); !strings.Contains(out, "15s") && !strings.Contains(out, "15") {
		t.Errorf("the backup does not show the main's lead time:\n%s", out)
	}
	c.unharmed()
}

// TestMainAddedToBackup makes a back office of a pair (5.0, "Adding a main
// server to an existing backup server").
func TestMainAddedToBackup(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b", "c")
	s.segment("lan2", 60, "b", "c")
	enable := func(scope, main string) []string {
		return []string{
			"scope " + scope + " set failover=scope-enabled",
			"scope " + scope + " set failover-main-server=" + main + "server.example.com",
			"scope " + scope + " set failover-backup-server=Cserver.example.com",
		}
	}
	lead := "dhcp set failover-maximum-client-lead-time=10s"
	second := far(quick.scope()[1:], "192.168.60.", "second")
	a, backup := s.startServer("a"), s.startServer("c")
	for _, n := range []*server{a, backup} {
		n.nrcmd(append(append(quick.scope(), enable("office", "A")...), lead, "dhcp reload")...)
	}
	s.normal(a, backup)
	c := s.crowd("cli", clients.Config{Count: 10})
	c.bound()

	b := s.startServer("b")
	b.nrcmd(append(append(append(second, quick.scope()[0]), enable("second", "B")...), lead, "dhcp reload")...)
	b.wantComm("c", "PARTNER-DOWN", "NONE")
	backup.nrcmd(append(append(second, enable("second", "B")...), "dhcp reload")...)
	s.normal(b, backup)
	s.normal(a, backup)
	if way := a.states(); way[len(way)-1] != "NORMAL" || len(way) > 3 {
		t.Errorf("the first pair was disturbed: %v", way)
	}
	d := s.crowdOn("lan2", "cli2", clients.Config{Count: 10, First: 100})
	d.bound()
	same2 := backup.leases("leased")
	if len(same2) < 10 {
		backup.eventually("the backup knows both mains' leases", func() bool { return len(backup.leases("leased")) == 20 },
			func() string { return fmt.Sprint(backup.leases("leased")) })
	}
	c.unharmed()
	d.unharmed()
}

// far rewrites the lines of a scope for another subnet and name.
func far(lines []string, prefix, name string) []string {
	r := strings.NewReplacer("192.168.50.", prefix, "office", name)
	var out []string
	for _, l := range lines {
		out = append(out, r.Replace(l))
	}
	return out
}

// TestFailoverOffAndOn suspends a pair and takes it up again with a new backup
// (7.0, "After the operational server had failover disabled").
func TestFailoverOffAndOn(t *testing.T) {
	t.Parallel()
	s, a, b, c := servingPair(t, 20)
	b.stop()
	a.nrcmd("failover-pair office disable failover")
	a.endsFailover("b")
	c.renew()
	c.Add(10)
	c.bound()
	a.nrcmd("failover-pair office enable failover", "dhcp reload")
	c.renew()
	b.data += "-new"
	b.start()
	b.nrcmd(append([]string{"dhcp set failover-recover=-10s"}, quick.office("a", "b")...)...)
	s.normal(a, b)
	same(a, b)
	c.unharmed()
}

// TestScopeLeftOut reloads a server without a scope that has leases, and with it
// again: they are kept meanwhile.
func TestScopeLeftOut(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	a, b := s.startPair(quick)
	c := s.crowd("cli", clients.Config{Count: 10})
	c.bound()
	c.renew()
	same(a, b)
	before := b.leases("leased")
	b.nrcmd("scope office delete force", "dhcp reload")
	if got := b.leases("leased"); len(got) != 0 {
		t.Errorf("leases of a scope that is not configured: %v", got)
	}
	scope := quick.scope()
	b.nrcmd(append(scope[len(scope)-2:], "dhcp reload")...)
	s.normal(a, b)
	same(a, b)
	for addr, client := range b.leases("leased") {
		if was, ok := before[addr]; ok && was != client {
			t.Errorf("%s was %s's and is %s's", addr, was, client)
		}
	}
	c.unharmed()
}

// TestAloneBecomesMain turns a server that serves alone into the main of a pair
// (5.0, "Making a nonfailover server a failover main").
func TestAloneBecomesMain(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	a := s.startServer("a")
	a.nrcmd(append(quick.scope(), "dhcp reload")...)
	c := s.crowd("cli", clients.Config{Count: 30, ClientIDs: true})
	c.bound()

	failover := []string{
		"dhcp enable failover",
		"dhcp set failover-main-server=dhcpA.example.com",
		"dhcp set failover-backup-server=dhcpB.example.com",
		"dhcp set failover-maximum-client-lead-time=10s",
		"dhcp reload",
	}
	a.nrcmd(failover...)
	a.wantComm("b", "PARTNER-DOWN", "NONE")
	c.Add(5)
	c.renew()

	b := s.startServer("b")
	b.nrcmd(append(quick.scope(), failover...)...)
	s.normal(a, b)
	b.went("RECOVER", "RECOVER-DONE", "NORMAL")
	same(a, b)
	a.kill9()
	b.interrupted("a")
	c.rebind()
	a.start()
	s.normal(a, b)
	c.unharmed()
}
