package e2e

import (
	"strings"
	"testing"
)

// TestSyncBackOffice has two mains give one backup their configurations by
// complete syncs with match lists: what the backup has for itself and for the
// other main stays, in reports, in runs, and in what differs.
func TestSyncBackOffice(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "c")
	s.spoke("b")
	s.hosts("b")
	s.segment("lan2", 60, "b", "c")
	all := s.coupled("a", "b", "c")
	a, b, c := all["a"], all["b"], all["c"]
	a.batch(labTimes, scopes(1, 50), "policy mains create grace-period=1h\n", "client-class phones create\n")
	b.batch(labTimes, scopes(4, 60), "policy mains create grace-period=2h packet-file-name=b\n", "client 1,6,02:00:00:00:00:0b create\n")
	c.batch("policy unique create\n", "client 1,6,02:00:00:00:00:0c create\n",
		"scope own create 192.168.90.0 255.255.255.0 policy=unique\n", "scope own addReservation 192.168.90.7 1,6,02:00:00:00:00:0c\n")
	a.pairOf("first", "a", "c", "addMatch", "192.168.50.0/24")
	b.pairOf("second", "b", "c", "addMatch", "192.168.60.0/24")
	unique := func() string {
		return c.one("scope own") + c.one("policy unique") + c.one("client 1,6,02:00:00:00:00:0c") + c.one("reservation 192.168.90.7") + c.one("cluster listnames")
	}
	before := unique()

	for _, main := range []struct {
		*server
		pair, mode string
	}{{a, "first", "complete"}, {b, "second", "complete"}} {
		report := main.says("failover-pair " + main.pair + " sync " + main.mode + " -report")
		golden(t, "office-"+main.pair+"-report", report)
		run := main.says("failover-pair " + main.pair + " sync " + main.mode)
		if changes(report) != changes(run) {
			t.Errorf("the report lists\n%s\nand the run did\n%s", changes(report), changes(run))
		}
		golden(t, "office-"+main.pair+"-reload", main.says("failover-pair "+main.pair+" reload"))
	}
	s.normal(a, c)
	s.normal(b, c)
	if after := unique(); after != before {
		t.Errorf("what was the backup's own is\n%s\nand was\n%s", after, before)
	}
	// The second sync has brought the policy that both mains have; the first
	// main's pair tells so.
	golden(t, "office-differs", a.says("failover-pair first diff"))
	if got := b.says("failover-pair second diff"); !strings.Contains(got, "Nothing differs") {
		t.Errorf("the second pair: %s", got)
	}
	// A scope of the second main's that was deleted there goes from the
	// backup, too; the first main's and the backup's own stay.
	b.nrcmd("scope scope6 delete force")
	golden(t, "office-update", b.says("failover-pair second sync"))
	if got := c.one("scope listnames"); got != "own\nscope1\nscope2\nscope3\nscope4\nscope5\n" {
		t.Errorf("the backup has the scopes\n%s", got)
	}
	golden(t, "office-exact", b.says("failover-pair second sync exact -report"))
	golden(t, "office-checklist", a.says("failover-pair first checklist"))

	// The backup is not in a pair of its two mains, and knows its own clusters
	// only.
	golden(t, "office-no-cluster", c.says("failover-pair first sync"))
}
