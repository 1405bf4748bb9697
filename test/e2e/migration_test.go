package e2e

import (
	"testing"

	"leasehold/test/clients"
)

// TestMigrationFromISC replaces a pair of dhcpd that serves clients by a pair of
// ours, one server at a time, the secondary first and the other way round: no
// client changes its address, and none is left without.
func TestMigrationFromISC(t *testing.T) {
	t.Parallel()
	for _, order := range [][2]string{{"b", "a"}, {"a", "b"}} {
		t.Run(order[0]+" first", func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "a", "b")
			p := labPair("a", "b")
			old := map[string]*iscServer{}
			for _, n := range []string{"a", "b"} {
				old[n] = s.startISC(n, p.conf(n))
			}
			for _, n := range []string{"a", "b"} {
				old[n].wantState("normal")
			}
			c := s.crowd("cli", clients.Config{Count: 20, ClientIDs: true})
			c.bound()
			c.renew()
			before := c.Addresses()

			m := &mixed{site: s, pair: p, primary: order[0] == "a", isc: old[order[1]]}
			old[order[0]].kill9()
			m.isc.wantState("communications-interrupted")
			m.ours = s.startServer(order[0])
			m.ours.nrcmd(m.config()...)
			c.rebind()
			m.normal()
			m.agree()

			m.isc.kill9()
			m.interrupted()
			second := s.startServer(order[1])
			second.nrcmd(m.config()...)
			c.rebind()
			s.normal(m.ours, second)
			same(m.ours, second)
			c.renew()

			for n, addr := range c.Addresses() {
				if before[n] != addr {
					t.Errorf("client %d had %v before the migration and has %v", n, before[n], addr)
				}
			}
			c.unharmed()
		})
	}
}
