package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"leasehold/test/clients"
)

// TestISCKilledInEachState kills ours, then dhcpd, in each state that a loss of
// leases and a conflict lead through: both come to NORMAL all the same, and no
// client notices.
func TestISCKilledInEachState(t *testing.T) {
	t.Parallel()
	bothRoles(t, nil, func(t *testing.T, m *mixed) {
		_, isc := m.names()
		c := m.crowd("cli", clients.Config{Count: 10, ClientIDs: true})
		c.bound()
		m.agree()

		// Ours forgets its leases, and is killed again while it waits.
		m.ours.kill9()
		m.ours.lost()
		m.isc.wantState("communications-interrupted")
		c.rebind()
		m.ours.start()
		m.ours.reaches("RECOVER")
		m.ours.kill9()
		m.ours.start()
		m.ours.reaches("RECOVER-WAIT")
		m.ours.kill9()
		m.ours.start()
		m.normal()
		m.agree()

		// dhcpd forgets its leases, and is killed while it recovers.
		m.isc.kill9()
		m.isc.forget()
		m.interrupted()
		c.rebind()
		m.isc.start()
		m.isc.wantState("recover", "recover-wait", "recover-done", "normal")
		m.isc.kill9()
		m.isc.start()
		m.isc.wantState("recover", "recover-wait", "recover-done", "normal")
		m.normal()
		m.agree()

		// A conflict, in which each of the two is killed in turn.
		for _, victim := range []string{"ours", "dhcpd"} {
			m.hub.Cut("a", "b")
			m.interrupted()
			m.ours.nrcmd("dhcp setPartnerDown " + own(isc))
			m.ours.wantComm(isc, "PARTNER-DOWN", "INTERRUPTED")
			m.isc.wantState("communications-interrupted")
			m.hub.Delay("a", "b", 300*time.Millisecond)
			m.ours.fromHere()
			m.hub.Join("a", "b")
			m.ours.reaches("POTENTIAL-CONFLICT")
			if victim == "ours" {
				m.ours.kill9()
				m.ours.start()
			} else {
				m.isc.kill9()
				m.isc.start()
			}
			m.hub.Delay("a", "b", 0)
			m.normal()
			m.agree()
		}
		c.unharmed()
		if way := m.isc.went(); slices.Contains(way, "shutdown") {
			t.Errorf("dhcpd went %v", way)
		}
	})
}

// reaches waits until the server has been in one of the states in this run.
func (s *server) reaches(states ...string) {
	s.t.Helper()
	if !within(patience, 20*time.Millisecond, func() bool {
		return slices.ContainsFunc(s.states(), func(was string) bool { return slices.Contains(states, was) })
	}) {
		s.t.Fatalf("%s was in none of %v, but in %v:\n%s", s.ns, states, fmt.Sprint(s.states()), tail(s.proc.out.text(), 40))
	}
}
