package e2e

import (
	"fmt"
	"testing"

	"leasehold/test/clients"
)

// TestISCPair has two dhcpd and none of ours: it shows that the harness works,
// and what the others are measured by.
func TestISCPair(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	p := labPair("a", "b")
	a, b := s.startISC("a", p.conf("a")), s.startISC("b", p.conf("b"))
	a.wantState("normal")
	b.wantState("normal")
	c := s.crowd("cli", clients.Config{Count: 10, ClientIDs: true})
	c.bound()
	c.renew()
	a.kill9()
	b.wantState("communications-interrupted")
	c.rebind()
	a.start()
	a.wantState("normal")
	b.wantState("normal")
	b.kill9()
	a.wantState("communications-interrupted")
	a.omshell(4)
	a.wantState("partner-down")
	c.rebind()
	b.start()
	b.wantState("normal")
	a.wantState("normal")
	c.unharmed()
	if n := a.count(); n["active"] != 10 || n["backup"] < 10 || n["free"] < 10 {
		t.Errorf("of 40 addresses, %v", a)
	}
}

// mixed is a pair of one of ours and a dhcpd.
type mixed struct {
	*site
	pair    iscPair
	ours    *server
	isc     *iscServer
	primary bool // ours is the primary
}

// bothRoles runs a test with ours as the primary and as the secondary.
func bothRoles(t *testing.T, change func(*iscPair), test func(t *testing.T, m *mixed)) {
	t.Helper()
	for _, role := range []string{"primary", "secondary"} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			m := &mixed{site: newSite(t, "a", "b"), pair: labPair("a", "b"), primary: role == "primary"}
			if change != nil {
				change(&m.pair)
			}
			m.begin()
			test(t, m)
		})
	}
}

// names are the servers of the site that are ours and dhcpd's.
func (m *mixed) names() (ours, isc string) {
	if m.primary {
		return "a", "b"
	}
	return "b", "a"
}

// begin starts both for the first time and waits until they are NORMAL.
func (m *mixed) begin() {
	m.t.Helper()
	ours, isc := m.names()
	m.ours = m.startServer(ours)
	m.ours.nrcmd(m.config()...)
	m.isc = m.startISC(isc, m.pair.conf(isc))
	m.normal()
}

// config is dhcpd's configuration in our words.
func (m *mixed) config() []string {
	lines := []string{
		"dhcp set failover-poll-interval=1s failover-poll-timeout=6s",
		"policy lab create",
		"policy lab setOption routers 192.168.50.254",
		fmt.Sprintf("policy lab setLeaseTime %d", m.pair.lease),
		"policy lab set grace-period=0",
		"scope lab create 192.168.50.0 255.255.255.0 policy=lab",
		fmt.Sprintf("scope lab addRange %s %s", m.pair.low, m.pair.high),
		fmt.Sprintf("failover-pair %s create %s %s main-port=519 backup-port=520 mclt=%ds", peerName, own("a"), own("b"), m.pair.mclt),
	}
	if m.pair.wide {
		lines = append(lines, wideScope...)
	}
	return append(lines, "dhcp reload")
}

// normal waits until both are NORMAL.
func (m *mixed) normal() {
	m.t.Helper()
	_, isc := m.names()
	m.isc.wantState("normal")
	m.ours.wantPair(isc, "NORMAL", "NORMAL")
}

// interrupted waits until ours has noticed that dhcpd is gone.
func (m *mixed) interrupted() {
	m.t.Helper()
	_, isc := m.names()
	m.ours.interrupted(isc)
}

// agree waits until both have the same leases of the same clients.
func (m *mixed) agree() {
	m.t.Helper()
	var ours map[string]string
	theirs := map[string]string{}
	m.ours.eventually("both servers have the same leases", func() bool {
		ours = m.ours.leases("leased")
		clear(theirs)
		for addr, l := range m.isc.file().Leases {
			if l.State == "active" {
				theirs[addr] = "1,6," + l.Hardware
			}
		}
		return fmt.Sprint(ours) == fmt.Sprint(theirs)
	}, func() string { return fmt.Sprintf("ours:   %v\ndhcpd's: %v", ours, theirs) })
}
