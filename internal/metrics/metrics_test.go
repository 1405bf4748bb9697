package metrics

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"leasehold/internal/clock"
	"leasehold/internal/engine"
	"leasehold/internal/lease"
	"leasehold/internal/netio"
	"leasehold/internal/packet"
	"leasehold/internal/store"
	"leasehold/pkg/objects"
)

// The test is a relay of the loopback: the answers come to its own address, on
// the port that the server listens on at 127.0.0.1.
var (
	relay  = netip.MustParseAddr("127.0.0.2")
	server = netip.MustParseAddr("127.0.0.1")
)

// world is a server with its own sockets and lease database, and its pages.
type world struct {
	*testing.T
	relay  *net.UDPConn
	port   uint16
	engine *engine.Server
	cfg    *objects.Config
	web    *httptest.Server
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, cfg: objects.NewConfig()}
	var err error
	w.relay, err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(relay, 0)))
	w.must(err)
	t.Cleanup(func() { w.relay.Close() })
	w.port = w.relay.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	conn, _, err := netio.Listen(netio.Config{Address: server, Port: w.port})
	w.must(err)
	leases, err := store.OpenLeases(filepath.Join(t.TempDir(), "leases.db"))
	w.must(err)
	w.engine = engine.New(engine.Deps{
		Clock: clock.Real{}, Table: lease.New(), Store: leases, Net: conn,
		Ports: packet.Ports{Server: w.port, Client: w.port + 1},
	})
	t.Cleanup(func() {
		conn.Close()
		w.must(w.engine.Close())
		w.must(leases.Close())
	})
	for _, o := range objects.Builtins() {
		w.cfg.Put(o)
	}
	w.web = httptest.NewServer(Handler(w.engine, nil))
	t.Cleanup(w.web.Close)
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// reload takes scope "lab" into service: three addresses, one of them reserved.
func (w *world) reload() {
	w.Helper()
	now := clock.Real{}.Now()
	for _, o := range []struct {
		class *objects.Class
		name  string
		attrs map[string]string
	}{
		{objects.Scope, "lab", map[string]string{"subnet": "127.0.0.0/24", "ranges": "127.0.0.10-127.0.0.12"}},
		{objects.Reservation, "127.0.0.12", map[string]string{"lookup-key": "1,6,02:00:00:00:00:99"}},
	} {
		obj := objects.New(o.class, o.name)
		for name, text := range o.attrs {
			if e := o.class.SetAttr(obj, name, text, now); e != nil {
				w.Fatal(e)
			}
		}
		w.cfg.Put(obj)
	}
	if r := w.engine.Reload(w.cfg, false); len(r.Errors) > 0 {
		w.Fatal(r.Errors)
	}
}

// page fetches one page.
func (w *world) page(path string) (status int, text string) {
	w.Helper()
	answer, err := http.Get(w.web.URL + path)
	w.must(err)
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	w.must(err)
	return answer.StatusCode, string(b)
}

// wantPage checks status and whole text of a page.
func (w *world) wantPage(path string, status int, text string) {
	w.Helper()
	if s, got := w.page(path); s != status || got != text {
		w.Errorf("%s: status %d, text %q; want %d, %q", path, s, got, status, text)
	}
}

// wantMetrics checks that the page of metrics has these lines.
func (w *world) wantMetrics(lines ...string) {
	w.Helper()
	status, text := w.page("/metrics")
	if status != http.StatusOK {
		w.Fatalf("/metrics: status %d\n%s", status, text)
	}
	for _, l := range lines {
		if strings.Contains("\n"+text, "\n"+l+"\n") {
			continue
		}
		w.Errorf("/metrics lacks %q", l)
		name, _, _ := strings.Cut(l, "{")
		for have := range strings.Lines(text) {
			if strings.HasPrefix(have, name) {
				w.Log("has", strings.TrimSpace(have))
			}
		}
	}
}

// discover sends a client's DHCPDISCOVER by way of a relay.
func (w *world) discover(client byte, giaddr netip.Addr) {
	w.Helper()
	m := packet.Reply{}
	m.Reset()
	m.Op, m.Type, m.XID = packet.BootRequest, packet.Discover, 1
	m.HType, m.HLen, m.GIAddr, m.Hops = 1, 6, giaddr, 1
	copy(m.CHAddr[:], []byte{2, 0, 0, 0, 0, client})
	b, _ := m.Append(nil, 1500)
	_, err := w.relay.WriteToUDPAddrPort(b, netip.AddrPortFrom(server, w.port))
	w.must(err)
}

// offered waits for an offer and returns its address.
func (w *world) offered() netip.Addr {
	w.Helper()
	w.must(w.relay.SetReadDeadline(time.Now().Add(10 * time.Second)))
	buf := make([]byte, 1500)
	n, _, err := w.relay.ReadFromUDPAddrPort(buf)
	w.must(err)
	m, err := packet.Parse(buf[:n])
	w.must(err)
	if m.Type != packet.Offer {
		w.Fatalf("got %v, want an offer", m.Type)
	}
	return m.YIAddr
}

func TestLifeOfAServer(t *testing.T) {
	w := newWorld(t)
	w.wantPage("/readyz", http.StatusServiceUnavailable, "not ready: the packet service does not run\n")
	w.wantPage("/healthz", http.StatusServiceUnavailable, "health = 0\nno configuration was loaded yet\nthe packet service is stopped\n")
	w.wantMetrics("leasehold_health 0", "leasehold_packet_service_up 0", `leasehold_packets_total{outcome="offered"} 0`)

	w.reload()
	w.wantPage("/readyz", http.StatusServiceUnavailable, "not ready: the packet service does not run\n")
	w.wantPage("/healthz", http.StatusServiceUnavailable, "health = 0\nthe packet service is stopped\n")

	w.must(w.engine.Start())
	w.wantPage("/readyz", http.StatusOK, "ready\n")
	w.wantPage("/healthz", http.StatusOK, "health = 10\n")
	w.wantMetrics("leasehold_health 10", "leasehold_packet_service_up 1")

	// One packet from a network that no scope serves, one that is answered.
	w.discover(1, netip.MustParseAddr("192.0.2.1"))
	w.discover(2, relay)
	if a := w.offered(); a != netip.MustParseAddr("127.0.0.10") && a != netip.MustParseAddr("127.0.0.11") {
		t.Errorf("offered %s, which is not free", a)
	}
	w.must(w.engine.Stop(context.Background())) // every packet has ended then
	w.wantMetrics(
		"# TYPE leasehold_packets_total counter",
		`leasehold_packets_total{outcome="offered"} 1`,
		`leasehold_packets_total{outcome="drop-no-scope"} 1`,
		`leasehold_packets_total{outcome="acked"} 0`,
		`leasehold_scope_packets_total{outcome="offered",scope="lab",vpn=""} 1`,
		"# TYPE leasehold_scope_size gauge",
		`leasehold_scope_size{scope="lab",vpn=""} 3`,
		`leasehold_scope_addresses{scope="lab",state="reserved",vpn=""} 1`,
		`leasehold_scope_addresses{scope="lab",state="offered",vpn=""} 1`,
		`leasehold_scope_addresses{scope="lab",state="leased",vpn=""} 0`,
		"leasehold_health 0",
	)
	w.wantPage("/readyz", http.StatusServiceUnavailable, "not ready: the packet service does not run\n")

	w.engine.ResetStats()
	w.wantMetrics(`leasehold_packets_total{outcome="offered"} 0`)
}

func TestPartlyInService(t *testing.T) {
	w := newWorld(t)
	dhcp := w.cfg.Get(objects.Dhcp, "").Clone()
	if e := objects.Dhcp.SetAttr(dhcp, "import-mode", "true", clock.Real{}.Now()); e != nil {
		t.Fatal(e)
	}
	w.cfg.Put(dhcp)
	w.reload()
	w.must(w.engine.Start())
	w.wantPage("/healthz", http.StatusOK, "health = 5\nimport-mode is enabled: no client is answered\n")
	w.wantMetrics("leasehold_health 5")
}
