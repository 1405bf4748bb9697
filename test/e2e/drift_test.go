package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// drifts is what the server says of drift, below the table of
// getRelatedServers.
func (s *server) drifts() string {
	s.t.Helper()
	for line := range strings.Lines(s.one("dhcp getRelatedServers")) {
		if strings.Contains(line, "stored configurations") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// eventLog is the server's log file.
func (s *server) eventLog() string {
	s.t.Helper()
	b, err := os.ReadFile(filepath.Join(s.data, "logs", "name_dhcp_1_log"))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}

// TestDrift has an administrator change one server of a pair: both tell of it
// before two poll intervals are over, by object, attribute, both values and the
// author; not so while a change is made on both, a sync runs, or they are
// reloaded and restarted. It is over when it is mended.
func TestDrift(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	all := s.coupled("a", "b")
	a, b := all["a"], all["b"]
	a.nrcmd(quick.scope()...)
	a.pairOf("office", "a", "b", "failover-poll-interval=3s", "failover-poll-timeout=20s")
	a.nrcmd("failover-pair office sync exact", "failover-pair office reload")
	b.nrcmd("failover-pair office set main=a") // each server names the other
	s.normal(a, b)

	a.nrcmd("policy office set grace-period=1h", "client-class phones create", "dhcp reload")
	b.nrcmd("client-class phones create", "policy office set grace-period=1h", "dhcp reload")
	a.nrcmd("policy office set packet-siaddr=192.168.50.9")
	a.nrcmd("failover-pair office sync update", "failover-pair office reload")
	b.stop()
	b.start()
	s.normal(a, b)

	b.nrcmd("policy office set grace-period=3h")
	changed := time.Now()
	const want = "policy office grace-period: main=1h backup=3h (main: set by "
	var shown string
	for _, n := range []*server{a, b} {
		n.eventually("the drift on "+n.ns, func() bool {
			shown = n.one("dhcp getRelatedServers full-format")
			return strings.Contains(n.drifts(), `failover "office": the stored configurations of the two servers differ in policy: 'failover-pair office diff'`) &&
				strings.Contains(shown, want)
		}, func() string { return shown })
	}
	if took := time.Since(changed); took > 10*time.Second { // two intervals are 6 s; the machine may be busy
		t.Errorf("it took %s", took)
	}
	if got := a.says("failover-pair office diff"); !strings.Contains(got, "policy office grace-period: main=1h backup=3h") || !strings.Contains(got, "1 difference between") {
		t.Errorf("diff:\n%s", got)
	}
	for _, n := range []*server{a, b} {
		log := n.eventLog()
		for _, line := range []string{"06040 Failover 'office': the stored configurations of the two servers differ in policy.", "06041 Failover 'office': configured differently: " + want} {
			if strings.Count(log, line) != 1 {
				t.Errorf("%s: the log has %q %d times", n.ns, line, strings.Count(log, line))
			}
		}
		for _, line := range []string{"differ in policy,", "differ in client", ", policy."} {
			if strings.Contains(log, line) {
				t.Errorf("%s: the log has %q:\n%s", n.ns, line, log)
			}
		}
	}
	a.nrcmd("failover-pair office sync")
	for _, n := range []*server{a, b} {
		n.eventually("the end of it on "+n.ns, func() bool { return n.drifts() == "" }, n.drifts)
		if log := n.eventLog(); strings.Count(log, "06043 Failover 'office': the stored configurations of the two servers are alike again.") != 1 {
			t.Errorf("%s: the log does not tell the end:\n%s", n.ns, log)
		}
	}
}

// TestISCSeesNoDrift changes what a dhcpd's partner has stored: the dhcpd is sent
// nothing but what the draft knows, and nothing is said of drift.
func TestISCSeesNoDrift(t *testing.T) {
	t.Parallel()
	bothRoles(t, nil, func(t *testing.T, m *mixed) {
		ours, _ := m.names()
		file := filepath.Join(m.dir, "failover.pcap")
		watch := start(t, m.ns(ours), nil, "tcpdump", "-i", "fo0", "-U", "--immediate-mode", "-Z", "root", "-w", file, "tcp port 519 or tcp port 520")
		watch.expect(0, "listening on")
		m.ours.nrcmd("policy lab set grace-period=5m", "client-class phones create")
		m.isc.kill9() // at a new connection everything is told once more
		m.interrupted()
		m.isc.start()
		m.normal()
		m.ours.nrcmd("policy lab set grace-period=6m", "dhcp reload")
		before := len(contacts(t, file, own(ours)))
		var sent []string
		m.ours.eventually("three poll intervals in which nothing is to happen", func() bool {
			sent = contacts(t, file, own(ours))
			return len(sent) >= before+3
		}, func() string { return strings.Join(sent, " ") })
		if got := m.ours.drifts() + m.ours.one("failover-pair "+peerName+" getStatus"); strings.Contains(got, "stored configurations") || strings.Contains(got, "drift") {
			t.Errorf("ours says\n%s", got)
		}
		if log := m.ours.eventLog(); strings.Contains(log, " 0604") {
			t.Errorf("the log tells of drift:\n%s", log)
		}
		for _, octets := range sent {
			if octets != "12" { // a header and nothing behind it
				t.Errorf("a CONTACT of %s octets was sent", octets)
			}
		}
	})
}

// contacts are the lengths of the CONTACTs that a server has sent by now. The
// last packet of the file may not be whole yet.
func contacts(t *testing.T, file, from string) []string {
	t.Helper()
	argv := []string{"-r", file, "-d", "tcp.port==519,dhcpfo", "-d", "tcp.port==520,dhcpfo", "-Y", "dhcpfo.type == 11 && ip.src == " + from, "-T", "fields", "-e", "dhcpfo.length"}
	out, err := exec.Command("tshark", argv...).Output()
	if _, cut := err.(*exec.ExitError); err != nil && !cut {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}
