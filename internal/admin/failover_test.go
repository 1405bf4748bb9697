package admin

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"leasehold/internal/failover"
	"leasehold/pkg/objects"
)

// declared stands for the running server's relationships and keeps what it was
// told.
type declared struct {
	rows []failover.Related
	is   failover.Member // in any pair
	told []string
	says *objects.Error
}

func (d *declared) Related() []failover.Related { return d.rows }

func (d *declared) Member(*objects.Config, *objects.Object) failover.Member { return d.is }

func (d *declared) PartnerDown(pair, partner string, since int64, force bool) ([]string, *objects.Error) {
	d.told = append(d.told, fmt.Sprintf("%s %s %d %t", pair, partner, since, force))
	return []string{pair + " is in PARTNER-DOWN"}, d.says
}

func (d *declared) Debug(level int) { d.told = append(d.told, fmt.Sprint("debug ", level)) }

func (d *declared) Rebalance(pair string) *objects.Error {
	d.told = append(d.told, "rebalance "+pair)
	return nil
}

func row(pair, role, name, address, communications string) failover.Related {
	return failover.Related{
		Pair: pair, Name: name, Address: address, Communications: communications, State: "NORMAL", PartnerState: "NORMAL",
		Detail: &failover.Detail{Role: role},
	}
}

func withPartners(t *testing.T, rows ...failover.Related) (*world, *declared) {
	t.Helper()
	w := newWorld(t)
	d := &declared{rows: rows}
	w.service.failover = d
	return w, d
}

func TestPartnerDownNamesThePartner(t *testing.T) {
	w, d := withPartners(t,
		row("one", "MAIN", "dhcpB.example.com", "10.0.0.2", "INTERRUPTED"),
		row("two", "BACKUP", "dhcpB.example.com", "10.0.0.2", "NONE"),
		row("three", "MAIN", "--", "10.0.0.3", "INTERRUPTED"),
		row("four", "MAIN", "dhcpD.example.com", "10.0.0.4", "OK"),
	)
	at := w.clock.Now().Unix()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"dhcpB.example.com"}, "one dhcpB.example.com 0 false, two dhcpB.example.com 0 false"},
		{[]string{"DHCPB.example.com."}, "one dhcpB.example.com 0 false, two dhcpB.example.com 0 false"},
		{[]string{"10.0.0.2", "-force"}, "one dhcpB.example.com 0 true, two dhcpB.example.com 0 true"},
		{[]string{"10.0.0.3", "-3d"}, fmt.Sprintf("three -- %d false", at-3*86400)},
		{[]string{"10.0.0.3", "-FORCE", "Oct", "31", "00:00:00", "2001"}, fmt.Sprintf("three -- %d true", time.Date(2001, 10, 31, 0, 0, 0, 0, w.clock.Now().Location()).Unix())},
		{[]string{"10.0.0.3", "1000000000", "-force"}, "three -- 1000000000 true"},
	} {
		d.told = nil
		err, _ := w.root.do("dhcp", "", "setPartnerDown", c.args...)
		w.ok(err)
		w.is(strings.Join(d.told, ", "), c.want)
	}
	d.told = nil
	for _, c := range []struct {
		args  []string
		code  objects.Code
		words []string
	}{
		{[]string{"dhcpE.example.com"}, objects.NotFound, []string{"dhcpE.example.com", "did you mean dhcpB.example.com?"}},
		{[]string{"dhcpb"}, objects.NotFound, []string{"did you mean dhcpB.example.com?"}},
		{[]string{"--"}, objects.NotFound, []string{"10.0.0.3"}},
		{[]string{"dhcpD.example.com"}, objects.GenericError, []string{"dhcpD.example.com answers"}},
		{[]string{"10.0.0.3", "someday"}, objects.Invalid, []string{"someday"}},
		{[]string{"10.0.0.3", "+1h"}, objects.Invalid, []string{"future"}},
		{[]string{"10.0.0.3", "forever"}, objects.Invalid, []string{"forever"}},
		{nil, objects.TooFewArguments, nil},
	} {
		err, _ := w.root.do("server", "", "setPartnerDown", c.args...)
		w.refused(err, c.code, c.words...)
	}
	if len(d.told) > 0 {
		t.Errorf("the server was told %q", d.told)
	}
}

// A warning of the server's goes on to the next relationship, a refusal ends
// it and says what was done.
func TestPartnerDownInSeveral(t *testing.T) {
	w, d := withPartners(t, row("one", "MAIN", "b", "10.0.0.2", "NONE"), row("two", "BACKUP", "b", "10.0.0.2", "NONE"))
	d.says = objects.Errorf(objects.OkWithWarnings, "a risk")
	err, lines := w.root.do("dhcp", "", "setPartnerDown", "b")
	w.refused(err, objects.OkWithWarnings, "a risk")
	w.is(lines, "one is in PARTNER-DOWN\ntwo is in PARTNER-DOWN")

	d.told, d.says = nil, objects.Errorf(objects.Invalid, "it was heard since")
	err, _ = w.root.do("dhcp", "", "setPartnerDown", "b", "-1h")
	w.refused(err, objects.Invalid, "heard")
	if len(d.told) != 1 {
		t.Errorf("after a refusal the server was told %q", d.told)
	}
	if !strings.Contains(w.log.String(), "dhcp setPartnerDown b (one) b (two) since Sun Mar  1 11:00:00 2026: 316 Invalid - it was heard since") {
		t.Errorf("the audit says\n%s", w.log.String())
	}
}

func TestPairsOfTheRunningServer(t *testing.T) {
	w, d := withPartners(t, row("p", "MAIN", "--", "10.0.0.2", "INTERRUPTED"))
	c := w.root
	w.ok(c.create("failover-pair", "P", "10.0.0.1", "10.0.0.2"))
	w.ok(c.create("failover-pair", "q", "10.0.0.1", "10.0.0.2", "failover=false"))
	err, _ := c.do("failover-pair", "P", "setPartnerDown", "-1h", "-force")
	w.ok(err)
	err, _ = c.do("failover-pair", "p", "rebalancePool")
	w.ok(err)
	w.is(strings.Join(d.told, ", "), fmt.Sprintf("p -- %d true, rebalance p", w.clock.Now().Unix()-3600))
	err, _ = c.do("failover-pair", "p", "getStatus")
	w.ok(err)
	err, _ = c.do("failover-pair", "q", "getStatus")
	w.refused(err, objects.NotFound, `"q"`, "failover is false")
	w.ok(c.unset("failover-pair", "q", "description"))
	err, _ = c.do("failover-pair", "r", "setPartnerDown")
	w.refused(err, objects.NotFound, `failover-pair "r"`, "did you mean P?")
	err, _ = c.do("failover-pair", "office", "setPartnerDown")
	w.refused(err, objects.NotFound, `failover-pair "office"; the pairs of the running server are `)
	for _, words := range []string{"failover-pair P setPartnerDown 10.0.0.2 (p) since", "-force: Ok", "failover-pair p rebalancePool: Ok"} {
		if !strings.Contains(w.log.String(), words) {
			t.Errorf("the audit lacks %q:\n%s", words, w.log.String())
		}
	}

	reader := w.connect("admin", w.firstPassword(), true)
	err, _ = reader.do("dhcp", "", "getRelatedServers")
	w.ok(err)
	err, _ = reader.do("failover-pair", "p", "getStatus")
	w.ok(err)
	err, _ = reader.do("dhcp", "", "setPartnerDown", "10.0.0.2")
	w.refused(err, objects.GenericError, "read-only")
}

func TestDebug(t *testing.T) {
	w, d := withPartners(t)
	for _, args := range [][]string{{"Y=1", "MLOG"}, {"y=4", "mlog"}, {"Y=3"}} {
		err, _ := w.root.do("server", "", "setDebug", args...)
		w.ok(err)
	}
	err, _ := w.root.do("dhcp", "", "unsetDebug")
	w.ok(err)
	w.is(strings.Join(d.told, ", "), "debug 1, debug 4, debug 3, debug 0")
	d.told = nil
	for _, c := range []struct {
		args []string
		code objects.Code
		text string
	}{
		{[]string{"X=1"}, objects.NotSupported, `no debugging category "X", only Y, failover; dhcp log-settings`},
		{[]string{"Y"}, objects.Invalid, "levels 1 to 4"},
		{[]string{"Y=0"}, objects.Invalid, "unsetDebug"},
		{[]string{"Y=5"}, objects.Invalid, "levels 1 to 4"},
		{[]string{"Y=1,X=2"}, objects.Invalid, "levels 1 to 4"},
		{[]string{"Y=1", "/tmp/log"}, objects.NotSupported, `"/tmp/log" is no output`},
	} {
		err, _ := w.root.do("dhcp", "", "setDebug", c.args...)
		w.refused(err, c.code, c.text)
	}
	err, _ = w.connect("admin", w.firstPassword(), true).do("dhcp", "", "setDebug", "Y=1")
	w.refused(err, objects.GenericError, "read-only")
	if len(d.told) > 0 {
		t.Errorf("the server was told %q", d.told)
	}
	if !strings.Contains(w.log.String(), "server setDebug: Ok") {
		t.Errorf("the audit says\n%s", w.log.String())
	}
}

// A server without relationships answers as one that has none.
func TestNoFailover(t *testing.T) {
	w := newWorld(t)
	err, lines := w.root.do("dhcp", "", "getRelatedServers")
	w.ok(err)
	w.is(lines, "")
	err, _ = w.root.do("dhcp", "", "setPartnerDown", "b")
	w.refused(err, objects.NotFound, "no failover relationship")
	w.ok(w.root.create("failover-pair", "p", "10.0.0.1", "10.0.0.2"))
	err, _ = w.root.do("failover-pair", "p", "rebalancePool")
	w.refused(err, objects.NotFound, "reload")
	err, _ = w.root.do("dhcp", "", "getRelatedServers", "full-fromat")
	w.refused(err, objects.UnknownKeyword, "did you mean full-format?")
}

// What clusters and VPNs that pairs name are changed to is checked with them.
func TestPairsHoldTheirReferences(t *testing.T) {
	w := newWorld(t)
	c := w.root
	w.ok(c.create("cluster", "Boston", "10.0.0.2"))
	w.ok(c.create("vpn", "Red", "7"))
	w.refused(c.create("failover-pair", "p", "10.0.0.1", "boston", "addMatch", "red/10.9.9.9/8"), objects.Invalid, "red/10.0.0.0/8", "no VPNs")
	w.ok(c.create("failover-pair", "p", "10.0.0.1", "boston", "addMatch", "10.9.9.9/8"))
	w.is(c.value("failover-pair", "p", "backup"), "Boston")
	w.is(c.value("failover-pair", "p", "backup-server"), "")
	err, _ := c.do("failover-pair", "p", "addMatch", "RED/10.0.0.0/8")
	w.refused(err, objects.Invalid, "Red/10.0.0.0/8", "no VPNs")
	w.refused(c.delete("cluster", "boston"), objects.GenericError, `failover-pair "p"`)
	w.refused(c.set("cluster", "boston", "ipaddr=10.0.0.1"), objects.Invalid, "same server as the main")
	w.refused(c.set("cluster", "boston", "ipaddr=127.0.0.1"), objects.Invalid, "127.0.0.1")
	w.ok(c.set("cluster", "boston", "ipaddr=10.0.0.9"))
	w.ok(c.set("failover-pair", "p", "failover-poll-timeout=20"))
	w.refused(c.set("dhcp", "", "failover-poll-interval=30", "failover-poll-timeout=90"), objects.Invalid, `failover-pair "p"`, "20s is not longer")
	w.ok(c.set("dhcp", "", "failover-poll-interval=15"))
	w.refused(c.set("dhcp", "", "failover-safe-period=0", "failover-use-safe-period=on"), objects.Invalid, "failover-safe-period")
	w.ok(c.delete("failover-pair", "p"))
	w.ok(c.delete("cluster", "boston"))
	w.ok(c.delete("vpn", "red"))
}

// The last match of a pair beside another one does not go, and the refusal names
// the ways that are open.
func TestLastMatch(t *testing.T) {
	w := newWorld(t)
	c := w.root
	w.ok(c.create("failover-pair", "p", "10.0.0.1", "10.0.0.2", "addMatch", "10.1.0.0/16"))
	w.ok(c.create("failover-pair", "q", "10.0.0.2", "10.0.0.1", "addMatch", "10.2.0.0/16"))
	remove := func() *objects.Error { err, _ := c.do("failover-pair", "p", "removeMatch", "10.1.0.0/16"); return err }
	w.refused(remove(), objects.DuplicateObject, `those of failover-pair "q" too`, "addMatch or match-list= (before the last one goes)", "disable failover")
	w.ok(c.set("failover-pair", "p", "match-list=10.3.0.0/16"))
	w.ok(c.set("failover-pair", "p", "match-list=10.1.0.0/16"))
	w.ok(c.set("failover-pair", "p", "failover=disabled"))
	if err := remove(); err == nil || err.Code.Failed() {
		t.Errorf("of a pair that is off: %v", err)
	}
}
