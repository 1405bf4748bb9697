package engine

import (
	"errors"
	"sync"
	"sync/atomic"

	"leasehold/pkg/objects"
)

// statistics counts packets, in total and by scope. A scope's counters live
// on through reloads.
type statistics struct {
	received atomic.Uint64
	kinds    [querying + 1]atomic.Uint64 // packets by what they ask for
	sent     atomic.Uint64
	total    counts
	resetAt  atomic.Int64

	mu     sync.Mutex
	scopes map[string]*counts
}

func newStatistics() *statistics { return &statistics{scopes: map[string]*counts{}} }

// scope returns the counters of a scope.
func (s *statistics) scope(name string) *counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.scopes[name]
	if c == nil {
		c = new(counts)
		s.scopes[name] = c
	}
	return c
}

// keep forgets the counters of scopes that the plan does not have.
func (s *statistics) keep(p *Plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name := range s.scopes {
		if p.scopes[lower(name)] == nil {
			delete(s.scopes, name)
		}
	}
}

func (s *statistics) count(sc *scope, why Outcome) {
	s.total[why].Add(1)
	if sc != nil {
		sc.counts[why].Add(1)
	}
}

// ResetStats sets the counters to zero.
func (s *Server) ResetStats() {
	s.stats.received.Store(0)
	s.stats.sent.Store(0)
	for i := range s.stats.kinds {
		s.stats.kinds[i].Store(0)
	}
	s.stats.total.reset()
	s.stats.mu.Lock()
	for _, c := range s.stats.scopes {
		c.reset()
	}
	s.stats.mu.Unlock()
	if s.partners != nil {
		s.partners.ResetStats()
	}
	s.stats.resetAt.Store(s.clock.Now().Unix())
}

// Stats returns the counters as objects of class statistics, one per category.
// Nothing is sampled: sample gives the totals.
func (s *Server) Stats(categories []string, _ bool) []*objects.Object {
	want := func(name string) bool {
		if len(categories) == 0 {
			return true
		}
		for _, c := range categories {
			if lower(c) == name || lower(c) == "all" {
				return true
			}
		}
		return false
	}
	var out []*objects.Object
	if want("server") {
		out = append(out, s.serverStats())
	}
	if p := s.plan.Load(); p != nil && p.shared && want("failover") {
		out = append(out, s.partners.Stats())
	}
	return out
}

func (s *Server) serverStats() *objects.Object {
	o := objects.New(objects.Statistics, "server")
	set := func(name string, n int64) { o.Attrs[name] = itoa(n) }
	t := &s.stats.total
	set(objects.StatsStartProcess.Name, s.started)
	set(objects.StatsStartServer.Name, s.servedAt.Load())
	set(objects.StatsReloadTime.Name, s.reloaded.Load())
	set(objects.StatsResetTime.Name, s.stats.resetAt.Load())
	set("total-packets-received", int64(s.stats.received.Load()))
	set("total-packets-sent", int64(s.stats.sent.Load()))
	set("total-offers", int64(t[Offered].Load()))
	acks := uint64(0)
	for _, o := range [...]Outcome{Acked, Renewed, RenewDeferred, Rebooted, Repeated, Informed} {
		acks += t[o].Load()
	}
	set("total-acks", int64(acks))
	set("total-naks", int64(t.sum(naked)))
	s.kindStats(set)
	set("total-dropped", int64(t.sum(drops)+t.sum(failed)))
	set("request-buffers-in-use", int64(s.inFlight.value()))
	set("response-buffers-in-use", int64(s.pending.value()))
	if p := s.plan.Load(); p != nil {
		set("total-scopes", int64(len(p.ordered)))
		set("request-buffers-allocated", int64(p.settings.maxRequests))
		set("response-buffers-allocated", int64(p.settings.maxResponses))
	}
	records, parked := s.table.Len()
	set("total-leases", int64(records))
	set("parked-leases", int64(parked))
	for _, c := range t.list() {
		o.Attrs[c.Outcome] = itoa(int64(c.N))
	}
	return o
}

// kindStats shows how many packets of each kind were received.
func (s *Server) kindStats(set func(string, int64)) {
	of := func(kinds ...kind) (n int64) {
		for _, k := range kinds {
			n += int64(s.stats.kinds[k].Load())
		}
		return n
	}
	set("total-discovers", of(discover))
	set("total-requests", of(selecting, rebooting, renewing, rebinding))
	set("total-declines", of(declining))
	set("total-releases", of(releasing))
	set("total-leasequeries", of(querying))
	set("total-informs", of(informing))
	set("total-bootp-requests", of(bootp))
}

// Health says how far the server is in service.
func (s *Server) Health() Health {
	h := Health{Value: 10}
	worse := func(value int, reason string) {
		h.Value = min(h.Value, value)
		h.Reasons = append(h.Reasons, reason)
	}
	if s.plan.Load() == nil {
		worse(0, errNoPlan.Error())
	}
	if !s.running.Load() {
		worse(0, "the packet service is stopped")
	}
	if e := s.netErr.Load(); e != nil {
		worse(0, "network: "+(*e).Error())
	}
	if err := s.commits.Err(); err != nil {
		worse(1, "leases cannot be written, so none are given: "+err.Error())
	}
	if p := s.plan.Load(); p != nil && p.settings.importMode {
		worse(5, "import-mode is enabled: no client is answered")
	}
	if s.partners != nil {
		for _, t := range s.partners.Troubles() {
			worse(t.Value, t.Reason)
		}
	}
	return h
}

// Ready is nil once the server serves, and knows what it may serve.
func (s *Server) Ready() error {
	if !s.Running() {
		return errors.New("the packet service does not run")
	}
	if s.partners != nil {
		return s.partners.Ready()
	}
	return nil
}
