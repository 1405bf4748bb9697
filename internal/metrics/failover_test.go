package metrics

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"leasehold/internal/engine"
	"leasehold/internal/failover"
	"leasehold/pkg/failover/core"
	"leasehold/pkg/failover/wire"
	"leasehold/pkg/objects"
)

// pairs is a server with relationships, as its pages see it.
type pairs struct {
	figures []failover.Figure
	ready   error
}

func (p *pairs) Figures() []failover.Figure { return p.figures }
func (p *pairs) Health() engine.Health {
	return engine.Health{Value: 7, Reasons: []string{"the partner is down"}}
}
func (p *pairs) Running() bool                                       { return true }
func (p *pairs) Ready() error                                        { return p.ready }
func (p *pairs) Utilization(string) ([]engine.Utilization, error)    { return nil, nil }
func (p *pairs) Stats(categories []string, _ bool) []*objects.Object { return nil }

func page(t *testing.T, web *httptest.Server, path string) (int, string) {
	t.Helper()
	r, err := http.Get(web.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

func TestFailoverPages(t *testing.T) {
	p := &pairs{
		ready: errors.New(`failover "blue": the state is not known yet`),
		figures: []failover.Figure{{
			Pair: "blue", Partner: "b.example.com", Role: "MAIN", State: wire.StateCommunicationsInterrupted, PartnerState: wire.StateNormal,
			Since: 1000, Offset: -3, Unacked: 2, Queued: 5, Working: true, Compared: true, Drift: 3,
			Updates: core.Counters{UpdatesSent: 10, AcksReceived: 8, RefusalsReceived: 1, StateChanges: 4},
			Pools:   []failover.PoolStatus{{Scope: "lab", Own: 90, Other: 10, Pending: 1, Percent: 10}},
		}, {Pair: "red", Partner: "dhcpd", Role: "BACKUP", Working: true}},
	}
	web := httptest.NewServer(Handler(p, p))
	defer web.Close()
	if status, body := page(t, web, "/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "not known yet") {
		t.Errorf("/readyz in STARTUP: %d %s", status, body)
	}
	p.ready = nil
	if status, body := page(t, web, "/readyz"); status != http.StatusOK || body != "ready\n" {
		t.Errorf("/readyz: %d %s", status, body)
	}
	_, body := page(t, web, "/metrics")
	const of = `{pair="blue",partner="b.example.com",role="MAIN"`
	for _, want := range []string{
		`leasehold_failover_up` + of + `} 1`,
		`leasehold_failover_connected` + of + `} 0`,
		`leasehold_failover_state` + of + `,state="COMMUNICATIONS-INTERRUPTED"} 1`,
		`leasehold_failover_state` + of + `,state="NORMAL"} 0`,
		`leasehold_failover_partner_state` + of + `,state="NORMAL"} 1`,
		`leasehold_failover_clock_offset_seconds` + of + `} -3`,
		`leasehold_failover_updates_unacknowledged` + of + `} 2`,
		`leasehold_failover_updates_waiting` + of + `} 5`,
		`leasehold_failover_messages_total{message="update-sent",pair="blue",partner="b.example.com",role="MAIN"} 10`,
		`leasehold_failover_messages_total{message="refusal-received",pair="blue",partner="b.example.com",role="MAIN"} 1`,
		`leasehold_failover_state_changes_total` + of + `} 4`,
		`leasehold_failover_free_addresses{owner="own",pair="blue",partner="b.example.com",role="MAIN",scope="lab"} 90`,
		`leasehold_failover_free_addresses{owner="other",pair="blue",partner="b.example.com",role="MAIN",scope="lab"} 10`,
		`leasehold_failover_drift_classes` + of + `} 3`,
		`leasehold_failover_backup_share_ratio` + of + `,scope="lab"} 0.1`,
	} {
		if !strings.Contains(body, want+"\n") {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	if strings.Contains(body, `leasehold_failover_drift_classes{pair="red"`) {
		t.Error("/metrics tells of the drift of a partner that does not say what it has")
	}
}
