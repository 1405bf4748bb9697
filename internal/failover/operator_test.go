package failover

import (
	"fmt"
	"strings"
	"testing"
)

// statesOf are the addresses of the scope by state.
func (n *node) statesOf() map[string][]string {
	n.Helper()
	found := map[string][]string{}
	for i := 100; i < 200; i++ {
		a := n.addr(i)
		state := n.lease(a)["state"]
		found[state] = append(found[state], a)
	}
	return found
}

// An address that is the partner's cannot be freed: it is free. That is said,
// with what an operator may want instead.
func TestForceAvailableOfThePartners(t *testing.T) {
	_, main, backup := pairUp(t, twoServers)
	backup.balanced(10)
	main.balanced(90)
	theirs := main.statesOf()["other-available"][0]
	if _, e := main.engine.LeaseAction(theirs, "force-available"); e == nil || !strings.Contains(e.Msg, "lease "+theirs+" is free already, and its partner's to give (failover \"blue\"") || !strings.Contains(e.Msg, "setPartnerDown") {
		t.Errorf("%v", e)
	}
	if _, e := backup.engine.LeaseAction(theirs, "force-available"); e != nil {
		t.Errorf("where it is this server's: %v", e)
	}
}

// Addresses that are reserved in operation are no longer shares: the backup gets
// others in their place, and not only after an hour.
func TestReservationsInOperation(t *testing.T) {
	_, main, backup := pairUp(t, twoServers)
	backup.balanced(10)
	main.balanced(90)
	for i, a := range main.statesOf()["other-available"][:5] {
		for _, n := range []*node{main, backup} {
			if _, e := n.engine.LeaseAction(a, "send-reservation", fmt.Sprintf("1,6,02:00:00:00:01:%02x", i), "mac"); e != nil {
				t.Fatal(e)
			}
		}
	}
	backup.until("new addresses in their place", func() bool { return backup.related().Detail.Pools[0].Own == 10 })
}
