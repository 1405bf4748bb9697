package failover

import (
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"leasehold/internal/lease"
)

// BenchmarkPair grants leases on a main in NORMAL as packets do, and waits until
// the partner has all of them and this server its acknowledgements: two servers
// with their databases and the link between them, without the packets. What is
// reported is of one lease, CPU of both servers together.
func BenchmarkPair(b *testing.B) {
	const leases, batch = 20_000, 50
	s, main, backup := pairUp(b, `dhcp log-settings=default,no-failover-activity
scope lab subnet=10.0.0.0/9 ranges=10.0.0.1-10.63.255.254
failover-pair blue main-server=$2 backup-server=$3 mclt=1h backup-pct=1%
`)
	main.until("the backup's share", func() bool { return main.related().Requests == 0 && main.table.Counters(1).OtherAvailable > 0 })
	pair := main.manager.sorted()[0]
	next := uint32(10<<24 | 1)
	grant := func(n int) {
		keys, written := make([]lease.Lease, n), make(chan struct{})
		for i := range keys {
			k := lease.Key{Addr: lease.Addr(next)}
			next++
			for !main.engine.Try(k) || main.table.At(k).State != lease.Available {
				k.Addr = lease.Addr(next) // it is the backup's
				next++
			}
			l := main.table.At(k)
			c := lease.Client{HW: lease.HardwareFrom(1, []byte{2, 0, byte(next >> 24), byte(next >> 16), byte(next >> 8), byte(next)})}
			now := pair.m.now().Wall
			end, potential := pair.Authority().Grant(&l, now, 7*86400)
			keys[i] = pair.Authority().Given(lease.Acknowledge(l, c, now, end), potential)
		}
		main.engine.Write(keys, false, func(_ int, err error) {
			s.must(err)
			for i := range keys {
				pair.Changed(keys[i])
			}
			close(written)
		})
		<-written
	}
	var before, after runtime.MemStats
	var cpu float64
	var mallocs, octets uint64
	for b.Loop() {
		runtime.ReadMemStats(&before)
		cpu -= cpuSeconds()
		for range leases / batch {
			grant(batch)
		}
		main.until("acknowledgements", func() bool { return main.related().Requests == 0 })
		cpu += cpuSeconds()
		runtime.ReadMemStats(&after)
		mallocs, octets = mallocs+after.Mallocs-before.Mallocs, octets+after.TotalAlloc-before.TotalAlloc
	}
	all := float64(b.N) * leases
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/all, "ns/lease")
	b.ReportMetric(cpu*1e9/all, "cpu-ns/lease")
	b.ReportMetric(float64(mallocs)/all, "allocs/lease")
	b.ReportMetric(float64(octets)/all, "B/lease")
	if got, want := backup.table.Counters(1).Leased, main.table.Counters(1).Leased; got != want {
		b.Errorf("the backup has %d leases of %d", got, want)
	}
}

// cpuSeconds is what the process has used.
func cpuSeconds() float64 {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
}

// BenchmarkReloadShared reloads a server whose partner serves the same 3,000
// scopes: what would be a risk is found out each time.
func BenchmarkReloadShared(b *testing.B) {
	var config strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&config, "scope s%d subnet=10.%d.%d.0/24 ranges=10.%[2]d.%[3]d.10-10.%[2]d.%[3]d.20\n", i, i/250, i%250)
	}
	_, main, _ := pairUp(b, config.String()+"failover-pair blue main-server=$2 backup-server=$3 mclt=60s\n")
	for b.Loop() {
		main.reload()
	}
}
