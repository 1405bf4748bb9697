package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"leasehold/test/clients"
)

// The batch files of the 5.0 handbook, as written.
const (
	basicFile = `dhcp enable failover
dhcp set failover-main-server=dhcpA.example.com
dhcp set failover-backup-server=dhcpB.example.com
`
	fileA = `scope scope1 set failover=scope-enabled
scope scope1 set failover-main-server=Aserver.example.com
scope scope1 set failover-backup-server=Cserver.example.com

scope scope2 set failover=scope-enabled
scope scope2 set failover-main-server=Aserver.example.com
scope scope2 set failover-backup-server=Cserver.example.com

scope scope3 set failover=scope-enabled
scope scope3 set failover-main-server=Aserver.example.com
scope scope3 set failover-backup-server=Cserver.example.com
`
	symmetricalFile = `dhcp enable failover
scope scope1 set failover-main-server=Aserver.example.com
scope scope1 set failover-backup-server=Bserver.example.com
scope scope2 set failover-main-server=Aserver.example.com
scope scope2 set failover-backup-server=Bserver.example.com
scope scope3 set failover-main-server=Aserver.example.com
scope scope3 set failover-backup-server=Bserver.example.com
scope scope4 set failover-main-server=Bserver.example.com
scope scope4 set failover-backup-server=Aserver.example.com
scope scope5 set failover-main-server=Bserver.example.com
scope scope5 set failover-backup-server=Aserver.example.com
scope scope6 set failover-main-server=Bserver.example.com
scope scope6 set failover-backup-server=Aserver.example.com
`
)

// fileB is "a similar FileB".
var fileB = strings.NewReplacer("scope1", "scope4", "scope2", "scope5", "scope3", "scope6", "Aserver", "Bserver").Replace(fileA)

// labTimes are set beside the files, so that a test need not wait for hours.
const labTimes = `dhcp set failover-poll-interval=1s failover-poll-timeout=3s failover-maximum-client-lead-time=10s
policy default setLeaseTime 24
policy default set grace-period=0
`

// scopes are three of one LAN segment: 192.168.NN.0/24 and the two after it.
func scopes(first, subnet int) string {
	var b strings.Builder
	for i := range 3 {
		fmt.Fprintf(&b, "scope scope%d create 192.168.%d.0 255.255.255.0\n", first+i, subnet+i)
		fmt.Fprintf(&b, "scope scope%d addRange 192.168.%d.20 192.168.%d.29\n", first+i, subnet+i, subnet+i)
		if i > 0 {
			fmt.Fprintf(&b, "scope scope%d set primary-subnet=192.168.%d.0/24\n", first+i, subnet)
		}
	}
	return b.String()
}

// batch runs a file as nrcmd -b < file does.
func (s *server) batch(files ...string) {
	s.t.Helper()
	for _, f := range files {
		if out, errs, status := s.nrcmdRaw(f, "-b", "--stop"); status != 0 {
			s.t.Fatalf("nrcmd -b on %s ended with status %d for\n%s--- output\n%s%s", s.ns, status, f, out, errs)
		}
	}
}

// segment adds a LAN of its own, 192.168.NN.0/24, that some servers are on with
// another interface.
func (s *site) segment(lan string, subnet int, servers ...string) {
	s.t.Helper()
	s.lan(lan)
	for _, name := range servers {
		s.plug(lan, fmt.Sprintf("%s/%s=192.168.%d.%d/24", name, lan, subnet, number(name)))
	}
	s.watchLAN(lan)
}

// secondaries gives a server routes to the secondary subnets of a LAN.
func (s *site) secondaries(server, ifc string, subnets ...int) {
	s.t.Helper()
	for _, n := range subnets {
		sh(s.t, "ip", "-n", s.ns(server), "route", "add", fmt.Sprintf("192.168.%d.0/24", n), "dev", ifc)
	}
}

// TestBasicScenario runs the handbook's one file on both servers.
func TestBasicScenario(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	a, b := s.startServer("a"), s.startServer("b")
	for _, n := range []*server{a, b} {
		s.secondaries(n.ns, "eth0", 51, 52)
		n.batch(labTimes, scopes(1, 50), basicFile, "dhcp reload\n")
	}
	s.normal(a, b)
	if out := a.proc.out.text(); !strings.Contains(out, "Failover is enabled server-wide. Main server name: 'dhcpA.example.com', backup server name: 'dhcpB.example.com', mclt = 10, backup-pct = 10, dynamic-bootp-backup-pct = 0, use-safe-period: disabled, safe-period = 0.") {
		t.Errorf("the log lacks the line 04092:\n%s", tail(out, 30))
	}
	if r := a.partner(own("b")); r.Type != "BACKUP" || r.PartnerRole != "BACKUP" || r.Name != "dhcpB.example.com" {
		t.Errorf("the main shows %v", r)
	}
	if r := b.partner(own("a")); r.Type != "MAIN" || r.PartnerRole != "MAIN" || r.Name != "dhcpA.example.com" {
		t.Errorf("the backup shows %v", r)
	}
	c := s.crowd("cli", clients.Config{Count: 24})
	c.bound()
	for _, n := range []*server{a, b} {
		other := map[*server]*server{a: b, b: a}[n]
		same(a, b)
		n.kill9()
		other.interrupted(n.ns)
		c.rebind()
		n.start()
		s.normal(a, b)
	}
	same(a, b)
	c.unharmed()
}

// TestBackOfficeScenario has two mains with one backup, by the handbook's FileA
// and FileB, and kills each of the three.
func TestBackOfficeScenario(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "c")
	s.spoke("b")
	s.hosts("b")
	s.segment("lan2", 60, "b", "c")
	a, b, c := s.startServer("a"), s.startServer("b"), s.startServer("c")
	s.secondaries("a", "eth0", 51, 52)
	s.secondaries("b", "lan2", 61, 62)
	s.secondaries("c", "eth0", 51, 52)
	s.secondaries("c", "lan2", 61, 62)
	a.batch(labTimes, scopes(1, 50), fileA, "dhcp reload\n")
	b.batch(labTimes, scopes(4, 60), fileB, "dhcp reload\n")
	c.batch(labTimes, scopes(1, 50), scopes(4, 60), fileA, fileB, "dhcp reload\n")
	s.normal(a, c)
	s.normal(b, c)
	if rows := c.related(); len(rows) != 2 || rows[0].Type != "MAIN" || rows[1].Type != "MAIN" {
		t.Errorf("the backup of two shows %v", rows)
	}
	one := s.crowd("cli", clients.Config{Count: 20})
	two := s.crowdOn("lan2", "cli2", clients.Config{Count: 20, First: 100})
	one.bound()
	two.bound()
	a.quiet("c")
	b.quiet("c")

	a.kill9()
	c.interrupted("a")
	if r := c.partner(own("b")); r.State != "NORMAL" {
		t.Errorf("one main died, and the other's relationship is disturbed: %v", r)
	}
	one.rebind()
	two.renew()
	a.start()
	s.normal(a, c)

	b.kill9()
	c.interrupted("b")
	two.rebind()
	b.start()
	s.normal(b, c)

	c.kill9()
	a.interrupted("c")
	b.interrupted("c")
	one.renew()
	two.renew()
	c.start()
	s.normal(a, c)
	s.normal(b, c)
	one.unharmed()
	two.unharmed()
}

// TestSymmetricalScenario has two servers back each other up for three scopes
// each, by the handbook's script.
func TestSymmetricalScenario(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	s.segment("lan2", 60, "a", "b")
	a, b := s.startServer("a"), s.startServer("b")
	for _, n := range []*server{a, b} {
		s.secondaries(n.ns, "eth0", 51, 52)
		s.secondaries(n.ns, "lan2", 61, 62)
		n.batch(labTimes, scopes(1, 50), scopes(4, 60), symmetricalFile, "dhcp reload\n")
	}
	both := func(n *server, state string) {
		t.Helper()
		var rows []related
		n.eventually("both relationships of "+n.ns+" are "+state, func() bool {
			rows = n.related()
			return len(rows) == 2 && rows[0].Type != rows[1].Type && rows[0].State == state && rows[1].State == state &&
				(state != "NORMAL" || rows[0].PartnerState == state && rows[1].PartnerState == state)
		}, func() string { return fmt.Sprint(rows) })
	}
	both(a, "NORMAL")
	both(b, "NORMAL")
	one := s.crowd("cli", clients.Config{Count: 20})
	two := s.crowdOn("lan2", "cli2", clients.Config{Count: 20, First: 100})
	one.bound()
	two.bound()
	if len(one.Report().Acks) != 1 || len(two.Report().Acks) != 1 {
		t.Errorf("each LAN has one main: %v, %v", one.Report().Acks, two.Report().Acks)
	}
	for _, n := range []*server{a, b} {
		other := map[*server]*server{a: b, b: a}[n]
		same(a, b)
		n.kill9()
		both(other, "COMMUNICATIONS-INTERRUPTED")
		one.rebind()
		two.rebind()
		n.start()
		both(a, "NORMAL")
		both(b, "NORMAL")
	}
	same(a, b)
	one.unharmed()
	two.unharmed()
}

// TestMatchLists makes the back office with failover pairs and match lists.
func TestMatchLists(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "c")
	s.spoke("b")
	s.hosts("b")
	s.segment("lan2", 60, "b", "c")
	a, b, c := s.startServer("a"), s.startServer("b"), s.startServer("c")
	s.secondaries("c", "eth0", 51, 52)
	pairs := fmt.Sprintf("failover-pair first create %s %s mclt=10s addMatch 192.168.50.0/24\n", own("a"), own("c")) +
		fmt.Sprintf("failover-pair second create %s %s mclt=10s addMatch 192.168.60.0/24\nfailover-pair second addMatch 192.168.61.0/24\nfailover-pair second removeMatch 192.168.61.0/24\n", own("b"), own("c"))
	first, second, _ := strings.Cut(pairs, "\n")
	a.batch(labTimes, scopes(1, 50), first+"\n", "dhcp reload\n")
	b.batch(labTimes, scopes(4, 60), second, "dhcp reload\n")
	c.batch(labTimes, scopes(1, 50), scopes(4, 60), pairs, "dhcp reload\n")
	s.normal(a, c)
	s.normal(b, c)
	if out := c.one("failover-pair second listMatches"); !strings.Contains(out, "192.168.60.0/24") {
		t.Errorf("listMatches: %s", out)
	}
	out := c.one("failover-pair first getStatus")
	for _, scope := range []string{"scope1", "scope2", "scope3"} { // the secondaries follow their primary
		if !strings.Contains(out, scope) {
			t.Errorf("getStatus does not show %s:\n%s", scope, out)
		}
	}
	if strings.Contains(out, "scope4") {
		t.Errorf("getStatus shows another pair's scope:\n%s", out)
	}
}

// TestMultipleInterfaces has servers with several addresses: the failover
// servers are named by those that are meant.
func TestMultipleInterfaces(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	s.segment("lan2", 60, "a", "b")
	a, b := s.startServer("a"), s.startServer("b")
	for _, n := range []*server{a, b} {
		n.batch(labTimes, scopes(1, 50), "dhcp enable failover\n"+
			"dhcp set failover-main-server=serverA\ndhcp set failover-backup-server=serverB\n", "dhcp reload\n")
	}
	s.normal(a, b)                      // over the hub, which serverA and serverB are names on
	for _, n := range []*server{a, b} { // another address might be another server: that it is not, only the operator knows
		n.batch("dhcp set failover-main-server=192.168.60.1\ndhcp set failover-backup-server=192.168.60.2\n", "dhcp reload force\n")
	}
	var last related
	for n, partner := range map[*server]string{a: "192.168.60.2", b: "192.168.60.1"} {
		n.eventually("the pair speaks over the second LAN", func() bool {
			last = n.partner(partner)
			return last.State == "NORMAL" && last.PartnerState == "NORMAL"
		}, func() string { return last.String() })
	}
}

// TestWrongPairs configures pairs wrongly in every way that the handbooks warn
// of: each is logged and shown by name. Where the server cannot tell what it is
// in the pair it answers nobody: served as if it were alone, the scope would give
// out addresses that the partner gives out, too.
func TestWrongPairs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, config, shows string
		silent              bool
	}{
		{"no backup", "dhcp enable failover\ndhcp set failover-main-server=dhcpA.example.com\n",
			`there is no partner: failover-main-server "dhcpA.example.com" is this server and failover-backup-server is not set`, false},
		{"the same server twice", "dhcp enable failover\ndhcp set failover-main-server=dhcpA.example.com\ndhcp set failover-backup-server=serverA\n",
			`main "dhcpA.example.com" and backup "serverA" are the same host, 10.77.0.1`, true},
		{"neither is here", "failover-pair office create 10.77.0.2 10.77.0.3\n",
			`neither main "10.77.0.2" (10.77.0.2) nor backup "10.77.0.3" (10.77.0.3) is this server (`, true},
		{"no such name", "failover-pair office create 10.77.0.1 nowhere.example.com\n",
			`"nowhere.example.com" cannot be resolved`, false},
		{"neither name known", "failover-pair office create elsewhere.example.com nowhere.example.com\n",
			`"elsewhere.example.com" cannot be resolved`, true},
		{"two addresses", "failover-pair office create 10.77.0.1 robin.example.com\n",
			`"robin.example.com" has several addresses (10.77.0.2, 10.77.0.3)`, false},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "a")
			s.hosts("a", "10.77.0.2 robin.example.com", "10.77.0.3 robin.example.com")
			a := s.startServer("a")
			out, errs, _ := a.nrcmdRaw(labTimes+scopes(1, 50)+c.config+"dhcp reload\n", "-b")
			for _, command := range []string{"dhcp getRelatedServers", "dhcp getRelatedServers full-format"} {
				if shown := unquoted(a.one(command)); !strings.Contains(shown, c.shows) {
					t.Errorf("%s does not show %q:\n%s\n--- nrcmd\n%s%s", command, c.shows, shown, out, errs)
				}
			}
			if !strings.Contains(out+errs, c.shows) {
				t.Errorf("the reload does not tell %q:\n%s%s", c.shows, out, errs)
			}
			if !a.warned(c.shows) {
				t.Errorf("no warning in the log tells %q:\n%s", c.shows, tail(a.proc.out.text(), 20))
			}
			if !c.silent {
				return
			}
			crowd := s.crowd("cli", clients.Config{Count: 1, Retry: 200 * time.Millisecond})
			if within(2*time.Second, 50*time.Millisecond, func() bool { return crowd.Report().Bound > 0 }) {
				t.Error("a scope whose pair is wrong is served as if it were alone")
			}
		})
	}
}

// unquoted is a text without the backslashes that quotes have in the log and in
// the full format.
func unquoted(text string) string { return strings.ReplaceAll(text, `\"`, `"`) }

// warned tells whether a warning or an error in the log says so.
func (s *server) warned(words string) bool {
	return slices.ContainsFunc(strings.Split(unquoted(s.proc.out.text()), "\n"), func(line string) bool {
		return (strings.Contains(line, "level=WARN") || strings.Contains(line, "level=ERROR")) && strings.Contains(line, words)
	})
}

// TestPairsThatDisagree configures the two servers differently.
func TestPairsThatDisagree(t *testing.T) {
	t.Parallel()
	// The table names the pair and what is wrong, and so does the log.
	shows := func(n *server, words, logged string) {
		t.Helper()
		var shown string
		n.eventually(fmt.Sprintf("%s shows %q", n.ns, words), func() bool {
			shown = n.one("dhcp getRelatedServers")
			return strings.Contains(unquoted(shown), words)
		}, func() string { return shown })
		if !n.warned(logged) {
			t.Errorf("no warning in the log of %s tells %q:\n%s", n.ns, logged, tail(n.proc.out.text(), 20))
		}
	}
	start := func(t *testing.T, configA, configB []string) (s *site, a, b *server) {
		t.Helper()
		t.Parallel()
		s = newSite(t, "a", "b")
		a, b = s.startServer("a"), s.startServer("b")
		a.nrcmd(configA...)
		b.nrcmd(configB...)
		return s, a, b
	}
	t.Run("both-main", func(t *testing.T) {
		s, a, b := start(t, quick.office("a", "b"), quick.office("b", "a"))
		for _, n := range []*server{a, b} {
			shows(n, "both servers are configured as main", "both servers are configured as main")
		}
		// Longer than a main waits for a partner that is not there yet.
		c := s.crowd("cli", clients.Config{Count: 6})
		if within(35*time.Second, time.Second, func() bool { return c.Report().Bound > 0 }) {
			t.Error("two mains serve the same clients")
		}
	})
	t.Run("scope-missing", func(t *testing.T) {
		more := append(far(quick.scope()[1:], "192.168.60.", "second"), quick.office("a", "b")...)
		s, a, b := start(t, more, quick.office("a", "b"))
		s.normal(a, b)
		shows(a, `failover "office": scope "second" is configured on this server only`, `scope "second" is configured on this server only`)
		shows(b, `failover "office": a scope of 192.168.60.0/24 is configured on the partner only`, "a scope of 192.168.60.0/24 is configured on the partner only")
	})
	t.Run("different-mclt", func(t *testing.T) {
		other := quick
		other.mclt = 20
		s, a, b := start(t, quick.office("a", "b"), other.office("a", "b"))
		s.normal(a, b)
		shows(b, `failover "office": the main server's maximum client lead time, 10 s, is in force; here it is 20 s`,
			"the maximum client lead time is 20 s here and 10 s on the main server")
	})
	t.Run("different-names", func(t *testing.T) {
		_, a, b := start(t, quick.office("a", "b"), append(quick.scope(), "failover-pair branch create 10.77.0.1 10.77.0.2 mclt=10s", "dhcp reload"))
		for _, n := range []*server{a, b} {
			shows(n, `there is no relationship "office"`, `there is no relationship "office"`)
		}
	})
}
