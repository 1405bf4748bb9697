package core

import (
	"net/netip"
	"strings"
	"testing"

	"leasehold/internal/lease"
)

// A backup that lost its leases gets all of them, also those that a message has
// no room for when it is made: they go with the next.
func TestUPDREQALLOfLargeBindings(t *testing.T) {
	const leases = 100
	w := newWorld()
	w.quiet, w.quieter = true, true
	p, s := w.add("main", lease.Primary), w.add("backup", lease.Secondary)
	first := lease.AddrFrom(netip.MustParseAddr("10.77.0.1"))
	for _, n := range w.nodes {
		n.scope.Ranges = []lease.Range{{First: first, Last: first + leases}}
		n.wipe()
	}
	for i := range leases {
		l := p.table.At(lease.Key{Addr: first + lease.Addr(i)})
		c := lease.Client{
			HW:       lease.HardwareFrom(1, []byte{2, 0, 0, 0, 0, byte(i)}),
			HostName: strings.Repeat("n", i), RelayInfo: strings.Repeat("r", i),
		}
		l = lease.Acknowledge(l, c, worldStart, worldStart+86400)
		l.Failover.Told, l.Failover.SentPE = true, worldStart+2*86400
		l.Flags |= lease.FailoverUpdated
		p.table.Update(l)
	}
	p.start()
	s.start()
	w.settle()
	if s.m.snap.All {
		t.Fatalf("not done: %s", s.m.state())
	}
	for i := range leases {
		k := lease.Key{Addr: first + lease.Addr(i)}
		if ours, theirs := p.table.At(k), s.table.At(k); theirs.State != lease.Leased || theirs.HostName != ours.HostName || theirs.RelayInfo != ours.RelayInfo {
			t.Errorf("%v has not come: %+v", k.Addr, theirs)
		}
	}
}
