package core

import (
	"net/netip"
	"testing"

	"leasehold/internal/lease"
)

// BenchmarkUPDREQALL has a backup that lost its leases ask for all 50,000 of
// them: both cores, both tables, no wire and no disk. What is reported is the
// cost of one lease.
func BenchmarkUPDREQALL(b *testing.B) {
	const leases = 50_000
	for b.Loop() {
		b.StopTimer()
		w := newWorld()
		w.quiet, w.quieter, w.once = true, true, true
		p, s := w.add("main", lease.Primary), w.add("backup", lease.Secondary)
		first := lease.AddrFrom(netip.MustParseAddr("10.0.0.1"))
		for _, n := range w.nodes {
			n.scope.Prefix = netip.MustParsePrefix("10.0.0.0/8")
			n.scope.Ranges = []lease.Range{{First: first, Last: first + 2*leases}}
			n.cfg.MaxUnacked = 100
			n.wipe()
		}
		for i := range leases {
			l := p.table.At(lease.Key{Addr: first + lease.Addr(i)})
			c := lease.Client{HW: lease.HardwareFrom(1, []byte{2, 0, 0, byte(i >> 16), byte(i >> 8), byte(i)}), HostName: "host"}
			l = lease.Acknowledge(l, c, worldStart, worldStart+86400)
			l.Failover.Told, l.Failover.SentPE = true, worldStart+2*86400
			p.table.Update(l)
		}
		p.start()
		s.start()
		b.StartTimer()
		w.settle()
		if s.m.snap.All || s.m.jobs.Len() > 0 {
			b.Fatalf("not done: %s", s.m.state())
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/leases, "ns/lease")
}
