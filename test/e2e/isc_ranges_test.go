package e2e

import (
	"strings"
	"testing"
)

// TestISCOtherRanges has ranges that a dhcpd does not have, and a dhcpd with
// addresses that are in no range of ours: getRelatedServers says so, with the
// scope and an address.
func TestISCOtherRanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, theirs, want string }{
		{"ours are more", "192.168.50.29", `of scope "lab", 192.168.50.`},
		{"ours are fewer", "192.168.50.69", `in no range of scope "lab" on this server`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := &mixed{site: newSite(t, "a", "b"), pair: labPair("a", "b"), primary: c.theirs < "192.168.50.5"}
			ours, isc := m.names()
			m.ours = m.startServer(ours)
			m.ours.nrcmd(m.config()...)
			m.pair.high = c.theirs
			m.isc = m.startISC(isc, m.pair.conf(isc))
			m.normal()
			var status string
			m.ours.eventually("the difference is shown", func() bool {
				status = m.ours.one("failover-pair " + peerName + " getStatus")
				return strings.Contains(strings.ReplaceAll(status, `\"`, `"`), c.want)
			}, func() string { return status })
		})
	}
}
