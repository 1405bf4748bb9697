package failover

import (
	"strings"
	"testing"
	"time"

	"leasehold/internal/packet"
)

// A server that stood still asks its partner before it answers anybody, also
// what has come meanwhile.
func TestStoodStill(t *testing.T) {
	s, main, backup := pairUp(t, twoServers)
	backup.balanced(10)
	p := main.manager.pairs["blue"]
	backup.stop()
	main.until("interruption", func() bool { return main.related().State == "COMMUNICATIONS-INTERRUPTED" })
	s.dora(1, main)
	if !p.Fresh(main.clock.Now()) {
		t.Error("not fresh although it serves")
	}
	main.clock.by.Add(int64(time.Minute))
	if s.answerIn(s.send(packet.Discover, 2, nil, main), time.Second) != nil {
		t.Error("a client is answered at once")
	}
	main.log.await(t, "this server stood still for")
	if got := main.related().State; got != "STARTUP" {
		t.Errorf("state %s", got)
	}
	backup.start()
	main.normal()
	backup.normal()
	s.dora(2, main, backup)
}

// A poll timeout that is longer than the lead time does not count: a partner that
// was told that this server is down has its addresses by then.
func TestStoodStillForTheLeadTime(t *testing.T) {
	s, main, backup := pairUp(t, strings.NewReplacer("mclt=60s", "mclt=10s", "failover-poll-timeout=5s", "failover-poll-timeout=60s").Replace(twoServers))
	backup.balanced(10)
	backup.stop()
	main.until("interruption", func() bool { return main.related().State == "COMMUNICATIONS-INTERRUPTED" })
	s.dora(1, main)
	main.clock.by.Add(int64(11 * time.Second))
	if s.answerIn(s.send(packet.Discover, 2, nil, main), time.Second) != nil {
		t.Error("a client is answered at once")
	}
	main.log.await(t, "this server stood still for")
}
