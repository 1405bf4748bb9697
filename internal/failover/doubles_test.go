package failover

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"leasehold/pkg/failover/wire"
)

// alone waits until the server serves without its partner.
func (n *node) alone() {
	n.Helper()
	n.until("to serve alone", func() bool {
		return n.manager.pairs["blue"].Authority().State == wire.StateCommunicationsInterrupted
	})
}

// A client that got an address from each server while the other was away keeps
// the one that it got last. The main ends the other, once; the backup leaves it
// to it.
func TestOneClientTwoAddresses(t *testing.T) {
	t.Parallel()
	for _, last := range []string{"main", "backup"} {
		t.Run("from the "+last+" last", func(t *testing.T) {
			t.Parallel()
			s, main, backup := pairUp(t, twoServers)
			backup.balanced(10)
			first, second := main, backup
			if last == "main" {
				first, second = backup, main
			}
			second.stop()
			first.alone()
			left, _ := s.dora(1, first)
			given, err := strconv.ParseInt(first.lease(left)["client-last-transaction-time"], 10, 64)
			s.must(err)
			first.stop()
			second.start()
			second.alone()
			second.until("a later second", func() bool { return time.Now().Unix() > given })
			kept, _ := s.dora(1, second)
			if kept == left {
				t.Fatalf("both servers gave %s", kept)
			}
			first.start()
			main.normal()
			backup.normal()

			main.log.await(t, "Lease "+left+" of 1,6,02:00:00:00:00:01 is ended: the client has "+kept+" since.")
			state := map[*node]string{main: "available", backup: "other-available"}
			for _, n := range []*node{main, backup} {
				n.until("the end of "+left, func() bool { return n.lease(left)["state"] == state[n] && n.lease(kept)["state"] == "leased" })
				n.until("agreement", func() bool {
					return n.related().Requests == 0 && strings.Contains(n.lease(kept)["flags"], "failover-updated")
				})
			}
			if main.log.has("is ended: the client has") || backup.log.has("is ended: the client has") {
				t.Error("a lease was ended twice, or by both")
			}
		})
	}
}
