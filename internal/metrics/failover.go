package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"leasehold/internal/failover"
	"leasehold/pkg/failover/wire"
)

// Partners is where the numbers of failover come from.
type Partners interface {
	Figures() []failover.Figure
}

var (
	pairLabels = []string{"pair", "partner", "role"}

	pairUp = prometheus.NewDesc("leasehold_failover_up",
		"1 while the relationship does its work; 0 is wrongly configured or unable to write its state.", pairLabels, nil)
	pairConnected = prometheus.NewDesc("leasehold_failover_connected",
		"1 while communications with the partner are OK.", pairLabels, nil)
	pairState = prometheus.NewDesc("leasehold_failover_state",
		"1 for the state that this server is in.", append(pairLabels[:3:3], "state"), nil)
	partnerState = prometheus.NewDesc("leasehold_failover_partner_state",
		"1 for the state that the partner reported last.", append(pairLabels[:3:3], "state"), nil)
	pairSince = prometheus.NewDesc("leasehold_failover_state_since_seconds",
		"When this server came into its state, Unix time.", pairLabels, nil)
	pairOffset = prometheus.NewDesc("leasehold_failover_clock_offset_seconds",
		"The partner's clock less this server's.", pairLabels, nil)
	pairUnacked = prometheus.NewDesc("leasehold_failover_updates_unacknowledged",
		"Lease updates under way to the partner.", pairLabels, nil)
	pairQueued = prometheus.NewDesc("leasehold_failover_updates_waiting",
		"Lease updates that wait to be sent.", pairLabels, nil)
	pairUpdates = prometheus.NewDesc("leasehold_failover_messages_total",
		"Lease updates and their answers, by direction.", append(pairLabels[:3:3], "message"), nil)
	pairChanges = prometheus.NewDesc("leasehold_failover_state_changes_total",
		"Changes of this server's state.", pairLabels, nil)
	pairPool = prometheus.NewDesc("leasehold_failover_free_addresses",
		"Free addresses of a scope by who may give them: own, other, or pending.", append(pairLabels[:3:3], "scope", "owner"), nil)
	pairDrift = prometheus.NewDesc("leasehold_failover_drift_classes",
		"Classes of objects in which the stored configurations of the two servers have differed for two poll intervals; absent where the partner does not tell what it has.", pairLabels, nil)
	pairShare = prometheus.NewDesc("leasehold_failover_backup_share_ratio",
		"Share of the free addresses that the backup should have.", append(pairLabels[:3:3], "scope"), nil)
)

// states are those that a server shows.
var states = []wire.ServerState{
	wire.StateStartup, wire.StateNormal, wire.StateCommunicationsInterrupted, wire.StatePartnerDown, wire.StatePotentialConflict,
	wire.StateRecover, wire.StatePaused, wire.StateShutdown, wire.StateRecoverDone, wire.StateResolutionInterrupted,
	wire.StateConflictDone, wire.StateRecoverWait,
}

// partners collects the numbers of all relationships.
type partners struct{ p Partners }

func (c partners) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		pairUp, pairConnected, pairState, partnerState, pairSince, pairOffset, pairUnacked, pairQueued, pairUpdates, pairChanges,
		pairPool, pairShare, pairDrift,
	} {
		ch <- d
	}
}

func (c partners) Collect(ch chan<- prometheus.Metric) {
	for _, f := range c.p.Figures() {
		collectPair(ch, &f)
	}
}

func collectPair(ch chan<- prometheus.Metric, f *failover.Figure) {
	labels := []string{f.Pair, f.Partner, f.Role}
	put := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, more ...string) {
		ch <- prometheus.MustNewConstMetric(d, kind, v, append(labels[:3:3], more...)...)
	}
	put(pairUp, prometheus.GaugeValue, one(f.Working))
	put(pairConnected, prometheus.GaugeValue, one(f.Connected))
	for _, s := range states {
		put(pairState, prometheus.GaugeValue, one(s == f.State), s.String())
		put(partnerState, prometheus.GaugeValue, one(s == f.PartnerState), s.String())
	}
	put(pairSince, prometheus.GaugeValue, float64(f.Since))
	put(pairOffset, prometheus.GaugeValue, float64(f.Offset))
	put(pairUnacked, prometheus.GaugeValue, float64(f.Unacked))
	put(pairQueued, prometheus.GaugeValue, float64(f.Queued))
	for _, m := range []struct {
		name string
		n    uint64
	}{
		{"update-sent", f.Updates.UpdatesSent}, {"update-received", f.Updates.UpdatesReceived},
		{"ack-sent", f.Updates.AcksSent}, {"ack-received", f.Updates.AcksReceived},
		{"refusal-sent", f.Updates.RefusalsSent}, {"refusal-received", f.Updates.RefusalsReceived},
		{"pool-request", f.Updates.PoolRequests},
	} {
		put(pairUpdates, prometheus.CounterValue, float64(m.n), m.name)
	}
	put(pairChanges, prometheus.CounterValue, float64(f.Updates.StateChanges))
	if f.Compared {
		put(pairDrift, prometheus.GaugeValue, float64(f.Drift))
	}
	for _, p := range f.Pools {
		put(pairPool, prometheus.GaugeValue, float64(p.Own), p.Scope, "own")
		put(pairPool, prometheus.GaugeValue, float64(p.Other), p.Scope, "other")
		put(pairPool, prometheus.GaugeValue, float64(p.Pending), p.Scope, "pending")
		put(pairShare, prometheus.GaugeValue, float64(p.Percent)/100, p.Scope)
	}
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
