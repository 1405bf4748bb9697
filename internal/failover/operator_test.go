package failover

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"leasehold/internal/packet"
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

// An address that a client declined at the partner comes back by itself, also
// if the partner never does.
func TestAbandonedByThePartner(t *testing.T) {
	s, main, backup := pairUp(t, twoServers+"policy default unavailable-timeout=10m")
	backup.balanced(10)
	address, _ := s.dora(1, main, backup)
	backup.until("the lease", func() bool { return backup.lease(address)["state"] == "leased" })
	s.send(packet.Decline, 1, func(r *packet.Reply) {
		r.AddAddr(packet.RequestedAddress, mustAddr(address))
		r.AddAddr(packet.ServerIdentifier, mustAddr(s.addr(2)))
	}, main)
	backup.until("the decline", func() bool { return backup.lease(address)["state"] == "unavailable" })
	began, err := strconv.ParseInt(backup.lease(address)["start-time-of-state"], 10, 64)
	s.must(err)
	end, err := strconv.ParseInt(backup.lease(address)["expiration"], 10, 64)
	s.must(err)
	if left := end - began; left < 660 || left > 680 {
		t.Errorf("it ends %d s after it was declined, want the unavailable-timeout and a minute", left)
	}
}

// A scope that moves to a pair with another partner is still served by the
// former one: the reload is refused.
func TestScopeMovesToAnotherPartner(t *testing.T) {
	s, main, _ := pairUp(t, twoServers)
	main.set("failover-pair blue match-list=10.9.0.0/16\nfailover-pair red main-server=$2 backup-server=$4 mclt=60s match-list=$0/24")
	main.refuses(`failover "blue" is in NORMAL and would not have scopes lab any more, which this server would then share with another partner`, s.addr(3), "'dhcp reload force' takes the risk")
	// To another pair of the same partner it may go.
	main.set("failover-pair red backup-server=$3")
	if text := main.tryReload(); text != "" {
		t.Error(text)
	}
}
