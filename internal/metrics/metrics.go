// Package metrics shows a running server to monitoring: Prometheus text at
// /metrics, health at /healthz, readiness at /readyz. The numbers of failover
// are in failover.go.
package metrics

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"leasehold/internal/engine"
	"leasehold/pkg/objects"
)

// Source is what the pages are made from.
type Source interface {
	Health() engine.Health
	Running() bool
	// Ready is nil once the server serves and knows what it may serve.
	Ready() error
	Utilization(scope string) ([]engine.Utilization, error)
	Stats(categories []string, sample bool) []*objects.Object
}

// Handler serves the three pages. A server is ready once its leases are loaded,
// it answers packets, and the state of its failover relationships is known. p
// may be nil.
func Handler(s Source, p Partners) http.Handler {
	reg := prometheus.NewRegistry()
	if p != nil {
		reg.MustRegister(partners{p})
	}
	reg.MustRegister(collector{s}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		h := s.Health()
		if h.Value == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		fmt.Fprintf(w, "health = %d\n%s", h.Value, reasons(h))
	})
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := s.Ready(); err != nil {
			http.Error(w, "not ready: "+err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	return mux
}

func reasons(h engine.Health) string {
	if len(h.Reasons) == 0 {
		return ""
	}
	return strings.Join(h.Reasons, "\n") + "\n"
}

var (
	health  = prometheus.NewDesc("leasehold_health", "0 is out of service, 10 is in full service.", nil, nil)
	up      = prometheus.NewDesc("leasehold_packet_service_up", "1 while packets are answered.", nil, nil)
	packets = prometheus.NewDesc("leasehold_packets_total", "Packets by outcome, since the last reset.", []string{"outcome"}, nil)
	addrs   = prometheus.NewDesc("leasehold_scope_addresses", "Addresses of a scope by what they are.", []string{"scope", "vpn", "state"}, nil)
	size    = prometheus.NewDesc("leasehold_scope_size", "Addresses in the ranges and reservations of a scope.", []string{"scope", "vpn"}, nil)
	// Packets that ended before a scope was found are in no scope's numbers.
	inScope = prometheus.NewDesc("leasehold_scope_packets_total", "Packets by scope and outcome, since the last reset.", []string{"scope", "vpn", "outcome"}, nil)
)

type collector struct{ s Source }

func (c collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{health, up, packets, addrs, size, inScope} {
		ch <- d
	}
}

func (c collector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	gauge(health, float64(c.s.Health().Value))
	running := 0.0
	if c.s.Running() {
		running = 1
	}
	gauge(up, running)
	for _, stats := range c.s.Stats([]string{"server"}, false) {
		for _, o := range engine.Outcomes() {
			n, _ := strconv.ParseUint(stats.Attrs[o.Name], 10, 64) // an outcome that never was is not there: 0
			counter(packets, float64(n), o.Name)
		}
	}
	scopes, err := c.s.Utilization("")
	if err != nil {
		return // no configuration in service, so no scopes; health tells why
	}
	for _, u := range scopes {
		gauge(size, float64(u.Total), u.Scope, u.VPN)
		for _, s := range []struct {
			state string
			n     int
		}{
			{"available", u.Available}, {"offered", u.Offered}, {"leased", u.Leased}, {"expired", u.Expired},
			{"released", u.Released}, {"unavailable", u.Unavailable}, {"deactivated", u.Deactivated},
			{"other-available", u.OtherAvailable}, {"pending-available", u.PendingAvailable}, {"reserved", u.Reserved}, {"reserved-leased", u.ReservedLeased},
		} {
			gauge(addrs, float64(s.n), u.Scope, u.VPN, s.state)
		}
		for _, o := range u.Outcomes {
			counter(inScope, float64(o.N), u.Scope, u.VPN, o.Outcome)
		}
	}
}
