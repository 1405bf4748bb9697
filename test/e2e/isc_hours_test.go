package e2e

import (
	"fmt"
	"testing"
	"time"

	"leasehold/test/clients"
)

// TestISCHours has clients come, renew and go for twelve times the length of a
// lease, as in half a day of leases of an hour: dhcpd finds nothing to complain
// about, and every address is somebody's in the end.
func TestISCHours(t *testing.T) {
	t.Parallel()
	const lease, pool = 10, 200
	bothRoles(t, func(p *iscPair) { p.high, p.lease, p.unacked = "192.168.50.219", lease, 100 }, func(t *testing.T, m *mixed) {
		began := time.Now()
		staying := m.crowd("staying", clients.Config{Count: 40, ClientIDs: true})
		passing := m.crowd("passing", clients.Config{Count: 60, First: 1000, ClientIDs: true, Stay: lease * 3 / 4 * time.Second})
		staying.bound()
		had := staying.Addresses()
		if !within(3*time.Minute, time.Second, func() bool {
			return time.Since(began) > 12*lease*time.Second && passing.Report().Released > 600 && staying.Report().Extended > 800
		}) {
			t.Errorf("too little happened: %+v, %+v", staying.Report(), passing.Report())
		}
		for n, addr := range staying.Addresses() {
			if had[n] != addr {
				t.Errorf("client %d had %v and has %v", n, had[n], addr)
			}
		}
		passing.Stop()
		passing.unharmed()
		m.agree()
		staying.unharmed()
		t.Logf("%d clients came and went, %d leases were extended", passing.Report().Released, staying.Report().Extended)
		// On a busy machine a client asks again, has its lease from both servers, and
		// may give it back before they have told each other.
		m.isc.content(append(known, "answering negatively", "the client was here since")...)
		m.normal()
		var theirs, ours map[string]int
		m.ours.eventually("every address is leased or free", func() bool {
			theirs, ours = m.isc.count(), m.ours.count()
			return theirs["active"]+theirs["free"]+theirs["backup"] == pool && ours["leased"]+ours["available"]+ours["other-available"] == pool &&
				min(theirs["free"], theirs["backup"]) > pool/5
		}, func() string { return fmt.Sprint(theirs, ours) })
	})
}
