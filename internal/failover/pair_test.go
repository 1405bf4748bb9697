package failover

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"leasehold/internal/packet"
	"leasehold/pkg/failover/wire"
)

// twoServers is the basic pair.
const twoServers = `dhcp log-settings=default,incoming-packets,failover-detail
scope lab subnet=$0/24 ranges=$100-$199
failover-pair blue main-server=$2 backup-server=$3 mclt=60s failover-poll-interval=1s failover-poll-timeout=5s
`

// pairUp starts a main and a backup and waits until both are in NORMAL.
func pairUp(t testing.TB, config string) (s *site, main, backup *node) {
	t.Helper()
	s = newSite(t)
	main, backup = s.node(2, config), s.node(3, config)
	main.start()
	backup.start()
	main.normal()
	backup.normal()
	main.log.skip()
	backup.log.skip()
	return s, main, backup
}

func (n *node) normal() {
	n.Helper()
	n.until("NORMAL", func() bool {
		r := n.related()
		return r.State == "NORMAL" && r.PartnerState == "NORMAL" && r.Communications == "OK"
	})
}

// balanced waits until the backup has its share of the free addresses.
func (n *node) balanced(own int) {
	n.Helper()
	n.until("the share of the free addresses", func() bool {
		p := n.related().Detail.Pools
		return len(p) == 1 && p[0].Own == own && p[0].Pending == 0 && n.related().Requests == 0
	})
}

func TestTwoServers(t *testing.T) {
	s, main, backup := pairUp(t, twoServers)
	main.balanced(90)
	backup.balanced(10)
	address, seconds := s.dora(1, main, backup)
	if address != s.addr(100) || seconds != 60 {
		t.Errorf("the first lease is %s for %d s, want %s for the maximum client lead time", address, seconds, s.addr(100))
	}
	backup.log.await(t, "drop-failover-partner (failover \"blue\" is in NORMAL state")
	backup.until("the lease on the backup", func() bool { return backup.lease(address)["state"] == "leased" })
	main.until("the partner's word", func() bool { return strings.Contains(main.lease(address)["flags"], "failover-updated") })
	a, b := main.lease(address), backup.lease(address)
	for _, attr := range []string{"expiration", "client-mac-addr", "client-last-transaction-time", "giaddr"} {
		if a[attr] != b[attr] || a[attr] == "" {
			t.Errorf("%s is %q on the main and %q on the backup", attr, a[attr], b[attr])
		}
	}
	if a["data-source"] != "main-main" || b["data-source"] != "main-backup" {
		t.Errorf("data-source is %q and %q", a["data-source"], b["data-source"])
	}
	// At the renewal the client gets all of its week.
	if got := s.renew(1, address, main); got != 7*24*3600 {
		t.Errorf("renewed for %d s", got)
	}
	for _, n := range []*node{main, backup} {
		if err := n.engine.Ready(); err != nil {
			t.Errorf("server %d is not ready: %v", n.host, err)
		}
		if h := n.engine.Health(); h.Value != 10 {
			t.Errorf("server %d: health %d: %v", n.host, h.Value, h.Reasons)
		}
	}
	main.log.await(t, "received DHCPBNDACK")
}

// The main ends in good order, the backup serves, the main returns and knows
// what happened meanwhile.
func TestTakeOverAndReturn(t *testing.T) {
	s, main, backup := pairUp(t, twoServers)
	backup.balanced(10)
	address, _ := s.dora(1, main, backup)
	backup.until("the lease", func() bool { return backup.lease(address)["state"] == "leased" })
	main.stop()
	backup.log.await(t, "communications with partner "+s.addr(2)+" are lost: the server stops serving clients")
	backup.log.await(t, "state COMMUNICATIONS-INTERRUPTED, was NORMAL")
	if h := backup.engine.Health(); h.Value != 7 || !strings.Contains(h.Reasons[0], "is not in touch") {
		t.Errorf("health %d %v, want the partner named", h.Value, h.Reasons)
	}
	if got := s.renew(1, address, backup); got != 7*24*3600 {
		t.Errorf("renewed for %d s; the main had promised a week", got)
	}
	other, seconds := s.dora(2, backup)
	backup.until("what waits for the main", func() bool { // the renewal and the new lease
		r := backup.related()
		return r.Requests == 2 && r.Detail.Status.Queued == 2 && backup.manager.Stats().Attrs["failover-updates-waiting"] == "2"
	})
	if other == s.addr(101) || seconds != 60 {
		t.Errorf("a new client got %s for %d s, want an address of the backup's for 60 s", other, seconds)
	}
	main.start()
	main.normal()
	backup.normal()
	main.until("what the backup gave", func() bool { return main.lease(other)["state"] == "leased" })
	if got := main.lease(other)["data-source"]; got != "backup-main" {
		t.Errorf("data-source is %q", got)
	}
	backup.until("nothing to wait any more", func() bool { return backup.related().Requests == 0 })
	main.until("the renewal", func() bool { return main.lease(address)["expiration"] == backup.lease(address)["expiration"] })
}

// A scope in a VPN is the main server's alone: the backup does not give out the
// same addresses.
func TestScopeInVPN(t *testing.T) {
	s, main, backup := pairUp(t, "vpn red id=7\ndhcp vpn-communication=enabled\n"+twoServers+"scope far subnet=$0/24 ranges=$100-$199 vpn-id=7\n")
	red := func(r *packet.Reply) { r.Add(221, []byte("\x00red")) }
	if offer := s.ask(packet.Discover, 1, red, backup, main); offer.YIAddr.String() != s.addr(100) {
		t.Errorf("%s was offered", offer.YIAddr)
	}
	backup.log.await(t, `drop-failover-partner (scope "far" is in a VPN, only the main server serves it)`)
	for n, want := range map[*node]string{
		main:   `scope "far" is in the vpn "red", which failover cannot share: this server serves it alone, its partner does not`,
		backup: `scope "far" is in the vpn "red", which failover cannot share: this server does not serve it, only the main server does`,
	} {
		if w := n.reload(); len(w) != 1 || !strings.Contains(w[0].Msg, want) {
			t.Errorf("server %d: the reload says %v", n.host, w)
		}
		if d := n.related().Detail; len(d.Pools) != 1 || len(d.Problems) != 1 || !strings.Contains(d.Problems[0], want) {
			t.Errorf("server %d: %+v", n.host, d)
		}
	}
	backup.set("scope far failover=scope-disabled")
	if w := backup.reload(); len(w) > 0 {
		t.Errorf("where each is to serve the scope, the reload says %v", w)
	}
	s.ask(packet.Discover, 1, red, backup)
}

// Each level logs more than the one below, at once.
func TestDebugLevels(t *testing.T) {
	s, main, backup := pairUp(t, strings.ReplaceAll(twoServers, "failover-detail", "no-failover-activity"))
	main.balanced(90)
	backup.balanced(10)
	lines := []string{"sent DHCPBNDUPD xid=", "DHCPBNDUPD sent, ACTIVE", "binding-status=ACTIVE"}
	for level := range 5 {
		main.manager.Debug(level)
		if level > 0 {
			main.log.drain()
		}
		address, _ := s.dora(byte(1+level), main, backup)
		main.until("the answer", func() bool { return strings.Contains(main.lease(address)["flags"], "failover-updated") })
		for i, line := range lines {
			if got, want := main.log.has(line), level > i+1; got != want {
				t.Errorf("level %d: the log says %q: %t", level, line, got)
			}
		}
	}
	main.log.drain()
	for level, want := range []bool{false, true} {
		main.manager.Debug(level)
		p := main.manager.pairs["blue"]
		if p.logsActivity() != want || !p.logsConflict() {
			t.Errorf("level %d: activity is logged: %t", level, !want)
		}
	}
}

// What an operator may declare, and what not.
func TestPartnerDown(t *testing.T) {
	s, main, backup := pairUp(t, twoServers)
	if _, e := backup.manager.PartnerDown("", s.addr(2), 0, true); e == nil || !strings.Contains(e.Msg, "the partner answers, in state NORMAL") {
		t.Errorf("declared down while it answers: %v", e)
	}
	main.stop()
	backup.log.await(t, "state COMMUNICATIONS-INTERRUPTED")
	now := time.Now().Unix()
	for _, c := range []struct {
		partner string
		since   int64
		force   bool
		want    string
	}{
		{"", now - 3600, false, "-force takes that risk"},
		{"", now + 3600, true, "the time is in the future"},
		{"somebody", 0, false, `failover partner "somebody": no relationship`},
	} {
		if _, e := backup.manager.PartnerDown("blue", c.partner, c.since, c.force); e == nil || !strings.Contains(e.Msg, c.want) {
			t.Errorf("%+v: %v", c, e)
		}
	}
	lines, e := backup.manager.PartnerDown("BLUE", "", 0, false)
	if e != nil || !strings.Contains(strings.Join(lines, "\n"), "PARTNER-DOWN") {
		t.Fatalf("%v %v", lines, e)
	}
	if r := backup.related(); r.State != "PARTNER-DOWN" {
		t.Errorf("state %s", r.State)
	}
	// The main was down since then. It asks for what it missed and waits.
	main.start()
	main.log.await(t, "state RECOVER, was STARTUP")
	main.log.await(t, "state RECOVER-WAIT")
	main.until("silence", func() bool {
		s.send(packet.Discover, 10, nil, main)
		return main.log.has("drop-failover-state")
	})
	if why := main.manager.Troubles(); len(why) != 1 || why[0].Value != 3 || !strings.Contains(why[0].Reason, "RECOVER-WAIT") {
		t.Errorf("troubles: %v", why)
	}
}

// A time that is not true has its price: addresses are given that the partner
// may have given, and the two servers have a conflict to resolve.
func TestPartnerDownTooEarly(t *testing.T) {
	s, main, backup := pairUp(t, twoServers)
	backup.balanced(10)
	main.stop()
	backup.log.await(t, "state COMMUNICATIONS-INTERRUPTED")
	since := time.Now().Unix() - 3600
	if _, e := backup.manager.PartnerDown("", s.addr(2), since, true); e != nil {
		t.Fatal(e)
	}
	if got := backup.related().Detail.Status.Snapshot.Down; got != since {
		t.Errorf("down since %d, want %d", got, since)
	}
	offer := s.ask(packet.Discover, 9, func(r *packet.Reply) { r.AddAddr(packet.RequestedAddress, mustAddr(s.addr(100))) }, backup)
	if got := offer.YIAddr.String(); got != s.addr(100) {
		t.Errorf("offered %s, want the partner's address that was asked for", got)
	}
	main.start()
	main.log.await(t, "state POTENTIAL-CONFLICT")
	main.normal()
	backup.normal()
}

// A reload leaves alone what it does not change.
func TestReload(t *testing.T) {
	_, main, backup := pairUp(t, twoServers)
	before := main.manager.pairs["blue"]
	connects := before.peer.Status().Connects
	main.set("scope more subnet=10.77.0.0/24 ranges=10.77.0.10-10.77.0.20 failover=scope-disabled\npolicy default grace-period=10m")
	main.reload()
	main.set("failover-pair blue backup-pct=30%")
	main.reload()
	if p := main.manager.pairs["blue"]; p != before || p.peer.Status().Connects != connects {
		t.Error("the relationship was disturbed")
	}
	main.log.await(t, "backup-pct = 30")
	backup.balanced(30)
	if main.log.has("state COMMUNICATIONS-INTERRUPTED") || backup.log.has("state COMMUNICATIONS-INTERRUPTED") {
		t.Error("communications were interrupted")
	}
	// What the link is made with changes the link, and no more.
	main.set("failover-pair blue failover-poll-timeout=7s")
	main.reload()
	backup.log.await(t, "state COMMUNICATIONS-INTERRUPTED")
	main.normal()
	backup.normal()
	if p := main.manager.pairs["blue"]; p != before {
		t.Error("the endpoint was made anew")
	}
}

// Failover is switched off on one server and on again: it has served alone
// meanwhile, and says so.
func TestSuspended(t *testing.T) {
	s, main, backup := pairUp(t, twoServers)
	backup.balanced(10)
	main.set("failover-pair blue failover=false")
	main.reload()
	main.log.await(t, "is not configured any more")
	backup.log.await(t, "failover is configured otherwise now")
	if rs := main.manager.Related(); len(rs) != 0 {
		t.Errorf("still related: %v", rs)
	}
	address, seconds := s.dora(1, main)
	if seconds != 7*24*3600 {
		t.Errorf("a server that is alone gave %d s", seconds)
	}
	main.set("failover-pair blue failover=true")
	main.reload()
	main.log.await(t, "state POTENTIAL-CONFLICT")
	main.normal()
	backup.normal()
	backup.until("the lease given meanwhile", func() bool { return backup.lease(address)["state"] == "leased" })
}

// The lease database of a server that was in service is gone.
func TestLostDatabase(t *testing.T) {
	s, main, backup := pairUp(t, twoServers)
	address, _ := s.dora(1, main, backup)
	backup.until("the lease", func() bool { return backup.lease(address)["state"] == "leased" })
	backup.stop()
	files, err := filepath.Glob(filepath.Join(backup.dir, "leases.db*"))
	s.must(err)
	for _, f := range files {
		s.must(os.Remove(f))
	}
	backup.start()
	backup.log.await(t, "was in service before but the lease database knows nothing of it")
	backup.log.await(t, "sent DHCPUPDREQALL")
	backup.log.await(t, "state RECOVER-WAIT")
	if got := backup.lease(address)["state"]; got != "leased" {
		t.Errorf("the lease is %s", got)
	}
}

// The lease database of a server that was killed is replaced by a copy of some
// seconds before: that is noticed, although no minute has passed.
func TestRestoredAtOnce(t *testing.T) {
	s, main, backup := pairUp(t, twoServers)
	backup.balanced(10)
	main.until("quiet", func() bool { return main.related().Requests == 0 })
	copied := backup.files("leases.db*")
	address, _ := s.dora(1, main, backup)
	backup.until("the lease", func() bool { return backup.lease(address)["state"] == "leased" })
	killed := backup.files("*") // as a kill -9 leaves it: nothing is written at the end
	backup.stop()
	for name := range backup.files("*") {
		s.must(os.Remove(filepath.Join(backup.dir, name)))
	}
	maps.DeleteFunc(killed, func(name string, _ []byte) bool { return strings.HasPrefix(name, "leases.db") })
	maps.Copy(killed, copied)
	for name, b := range killed {
		s.must(os.WriteFile(filepath.Join(backup.dir, name), b, 0o600))
	}
	backup.start()
	backup.log.await(t, "the lease database is older than it was, leases are missing")
	backup.log.await(t, "sent DHCPUPDREQALL")
	backup.log.await(t, "state RECOVER-WAIT")
	if got := backup.lease(address)["state"]; got != "leased" {
		t.Errorf("the lease is %s", got)
	}
	// It is dealt with: the next start is a usual one.
	backup.stop()
	backup.start()
	if backup.log.has("is older than it was") {
		t.Error("it is noticed twice")
	}
}

// The whole folder of a server that was killed is put back as it was seconds
// before. Nothing on that machine shows it; the partner has heard of more.
func TestRestoredFolderAtOnce(t *testing.T) {
	for _, c := range []struct {
		name    string
		which   func(main, backup *node) (victim, other *node)
		unheard bool // the partner is killed, too, and goes on from its own disk
	}{
		{"backup", func(main, backup *node) (victim, other *node) { return backup, main }, false},
		{"main", func(main, backup *node) (victim, other *node) { return main, backup }, false},
		{"main, both stopped", func(main, backup *node) (victim, other *node) { return main, backup }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, main, backup := pairUp(t, twoServers)
			backup.balanced(10)
			s.dora(1, main, backup)
			main.until("quiet", func() bool { return main.related().Requests == 0 })
			victim, other := c.which(main, backup)
			copied := victim.files("*")
			address, _ := s.dora(2, main, backup)
			for _, n := range []*node{main, backup} {
				n.until("the lease", func() bool { return n.lease(address)["state"] == "leased" })
			}
			main.until("quiet again", func() bool { return main.related().Requests == 0 })
			killed := victim.files("*") // nothing is written between this and the stop
			victim.stop()
			other.log.await(t, "state COMMUNICATIONS-INTERRUPTED")
			if c.unheard {
				other.stop()
			}
			// A kill alone is no loss.
			victim.put(killed)
			victim.start()
			if c.unheard {
				other.start()
			}
			victim.normal()
			other.normal()
			victim.stop()
			victim.put(copied)
			victim.start()
			victim.log.await(t, "06025")
			victim.log.await(t, "sent DHCPUPDREQALL")
			victim.log.await(t, "state RECOVER-WAIT")
			if got := victim.lease(address)["state"]; got != "leased" {
				t.Errorf("the lease is %s", got)
			}
			if !victim.problem("the lease database was an older copy") {
				t.Errorf("problems: %v", victim.related().Detail.Problems)
			}
			// It is dealt with: the next start is a usual one.
			victim.stop()
			victim.start()
			victim.log.await(t, "communications with partner")
			victim.log.await(t, "state RECOVER-WAIT")
			if victim.log.said("06025") {
				t.Error("it is noticed twice")
			}
		})
	}
}

// put replaces the files of the data folder.
func (n *node) put(files map[string][]byte) {
	n.Helper()
	for name := range n.files("*") {
		n.must(os.Remove(filepath.Join(n.dir, name)))
	}
	for name, b := range files {
		n.must(os.WriteFile(filepath.Join(n.dir, name), b, 0o600))
	}
}

// files are those of the data folder, as they stand on disk.
func (n *node) files(pattern string) map[string][]byte {
	n.Helper()
	paths, err := filepath.Glob(filepath.Join(n.dir, pattern))
	n.must(err)
	found := map[string][]byte{}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		n.must(err)
		found[filepath.Base(p)] = b
	}
	return found
}

// Nothing is done that would not be remembered; service resumes by itself.
func TestUnsaved(t *testing.T) {
	s, main, backup := pairUp(t, twoServers)
	main.broken.set(errors.New("disk is full"))
	backup.stop()
	main.log.await(t, "is out of service, its state cannot be written: disk is full")
	if why := main.manager.Troubles(); len(why) != 1 || why[0].Value != 3 || !strings.Contains(why[0].Reason, "disk is full") {
		t.Errorf("troubles: %v", why)
	}
	if r := main.related(); r.State != "--" || r.Communications != "INTERRUPTED" || !main.problem("out of service, its state cannot be written: disk is full") {
		t.Errorf("shown as %+v", r)
	}
	s.send(packet.Discover, 1, nil, main)
	main.log.await(t, "drop-failover-state")
	main.broken.set(nil)
	main.log.await(t, "is in service again")
	backup.start()
	main.normal()
	backup.normal()
}

// Wrong configurations are told by name, and not served as if the server were
// alone.
func TestWrong(t *testing.T) {
	s := newSite(t)
	n := s.node(2, `dhcp failover=enabled failover-main-server=ghost.example.com failover-backup-server=phantom.example.com
scope lab subnet=$0/24 ranges=$100-$199
`)
	n.start()
	n.log.await(t, "Failover 'ghost.example.com-phantom.example.com' is wrong: failover-main-server \"ghost.example.com\" cannot be resolved")
	r := n.related()
	if r.State != "--" || len(r.Detail.Problems) == 0 || !slices.Equal(r.Detail.Scopes, []string{"lab"}) {
		t.Errorf("%+v %+v", r, r.Detail)
	}
	s.send(packet.Discover, 1, nil, n)
	n.log.await(t, "drop-failover-config")
	if h := n.engine.Health(); h.Value != 3 {
		t.Errorf("health %d", h.Value)
	}
	s.names.set("ghost.example.com", s.addr(2))
	s.names.set("phantom.example.com", s.addr(3))
	if ws := n.reload(); len(ws) != 0 {
		t.Errorf("warnings: %v", ws)
	}
	if r := n.related(); r.Type != "BACKUP" || r.Name != "phantom.example.com" || r.Address != s.addr(3) || len(r.Detail.Problems) != 0 {
		t.Errorf("%+v %+v", r, r.Detail)
	}
}

// What differs between the two servers is told on the one that finds out.
func TestDifferences(t *testing.T) {
	s := newSite(t)
	main, backup := s.node(2, twoServers), s.node(3, twoServers)
	main.set("scope extra subnet=10.78.0.0/24 ranges=10.78.0.10-10.78.0.20")
	backup.set("failover-pair blue mclt=2m")
	main.start()
	backup.start()
	backup.log.await(t, "the maximum client lead time is 120 s here and 60 s on the main server")
	main.log.await(t, "configured differently: scope \"extra\" is configured on this server only")
	main.log.await(t, "refuses 10.78.0.")
	main.until("the problems", func() bool {
		return main.problem(`scope "extra" is configured on this server only`) && main.problem(`refuses an address of scope "extra", 10.78.0.`)
	})
	backup.until("the problem", func() bool { return backup.problem("a scope of 10.78.0.0/24 is configured on the partner only") })
	if p := backup.related().Detail; len(p.Problems) != 2 || !strings.Contains(p.Problems[0], "60 s") || p.MCLT != 60 {
		t.Errorf("mclt %d, problems %v", p.MCLT, p.Problems)
	}
	// A scope that goes takes with it what was said of its addresses, also when it
	// is there again, on both.
	main.set("delete scope extra")
	main.reload()
	main.until("nothing to be refused", func() bool { return len(main.related().Detail.Problems) == 0 })
	for _, n := range []*node{backup, main} {
		n.set("scope extra subnet=10.78.0.0/24 ranges=10.78.0.10-10.78.0.20")
		n.reload()
	}
	main.until("nothing to be refused", func() bool { return len(main.related().Detail.Problems) == 0 && main.related().Requests == 0 })
	backup.set("delete scope extra")
	backup.reload()
	backup.until("the problem", func() bool {
		return !backup.problem("it leaves new clients to this server") && backup.problem("a scope of 10.78.0.0/24 is configured on the partner only")
	})
	main.until("the problem", func() bool { return main.problem(`scope "extra" is configured on this server only`) })
	// Mended on one server by a reload, it is told to both.
	main.set("delete scope extra")
	main.reload()
	main.until("agreement", func() bool { return !main.problem("configured on this server only") })
	backup.until("agreement", func() bool { return !backup.problem("configured on the partner only") })
	// One that only the backup has is served by nobody at first, and it says so.
	main.set("delete scope lab")
	main.reload()
	backup.until("the problem", func() bool {
		return backup.problem(`scope "lab" is configured on this server only`) && backup.problem("new clients, which this server leaves to the main, are served by nobody")
	})
	main.until("the problem", func() bool { return main.problem("and it leaves new clients to this server, the main") })
}

// problem tells whether getRelatedServers says so.
func (n *node) problem(text string) bool {
	n.Helper()
	return slices.ContainsFunc(n.related().Detail.Problems, func(p string) bool { return strings.Contains(p, text) })
}

// Ranges, subnet masks and load balancing that differ are told on both servers,
// by name, and no more once they are alike.
func TestDifferentTerms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, other, onMain, onBackup string }{
		{
			"ranges", "scope lab ranges=$100-$149", `scope "lab" has the ranges $100-$199 on this server and $100-$149 on its partner`,
			`scope "lab" has the ranges $100-$149 on this server and $100-$199 on its partner`,
		},
		{
			"mask", "scope lab subnet=$0/25 ranges=$100-$120", `scope "lab" has the subnet $0/24 on this server and $0/25 on its partner`,
			`scope "lab" has the subnet $0/25 on this server and $0/24 on its partner`,
		},
		{
			"load balancing", "failover-pair blue load-balancing=enabled", "load-balancing is enabled on its partner and not on this server",
			"load-balancing is enabled on this server and not on its partner: what the main server has is in force",
		},
		{
			"dynamic BOOTP", "scope lab bootp=enabled dynamic-bootp=enabled", `scope "lab" has dynamic-bootp disabled on this server and enabled on its partner`,
			`scope "lab" has dynamic-bootp enabled on this server and disabled on its partner`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			main, backup := s.node(2, twoServers), s.node(3, twoServers)
			backup.set(c.other)
			main.start()
			backup.start()
			for n, want := range map[*node]string{main: c.onMain, backup: c.onBackup} {
				want = strings.ReplaceAll(want, "$", s.net+".")
				n.log.await(t, "the two servers are configured differently: "+want)
				n.until("the difference", func() bool { return n.problem(want) })
			}
			main.normal()
			// The wrong one is mended without the link being disturbed.
			backup.set(twoServers + "failover-pair blue load-balancing=disabled\nscope lab bootp=disabled dynamic-bootp=disabled")
			backup.reload()
			for _, n := range []*node{main, backup} {
				n.until("agreement", func() bool { return len(n.related().Detail.Problems) == 0 })
				if c.name != "load balancing" && n.log.has("COMMUNICATIONS-INTERRUPTED") { // that is told with CONNECT
					t.Error("communications were interrupted")
				}
			}
		})
	}
}

// Both servers say that they are the main.
func TestSameRole(t *testing.T) {
	s := newSite(t)
	main, other := s.node(2, twoServers), s.node(3, twoServers)
	other.set("failover-pair blue main-server=$3 backup-server=$2")
	main.start()
	other.start()
	for _, n := range []*node{main, other} {
		n.until("a refusal", func() bool { return len(n.related().Detail.Refusals) > 0 })
	}
}

// Two relationships between the same two servers, one in each role.
func TestSymmetrical(t *testing.T) {
	s := newSite(t)
	const config = `dhcp failover=enabled failover-maximum-client-lead-time=60
scope one subnet=$0/25 ranges=$100-$119 failover-main-server=$2 failover-backup-server=$3
scope two subnet=$128/25 ranges=$200-$219 failover-main-server=$3 failover-backup-server=$2
`
	a, b := s.node(2, config), s.node(3, config)
	a.start()
	b.start()
	for _, n := range []*node{a, b} {
		n.until("NORMAL in both", func() bool {
			rs := n.manager.Related()
			return len(rs) == 2 && rs[0].State == wire.StateNormal.String() && rs[1].State == wire.StateNormal.String()
		})
	}
}
