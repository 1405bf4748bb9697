package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"leasehold/internal/clock"
	"leasehold/internal/eventlog"
	"leasehold/internal/lease"
	"leasehold/internal/netio"
	"leasehold/internal/option"
	"leasehold/internal/packet"
	"leasehold/pkg/objects"
)

// start is the time that stories begin at: Mon Nov 18 22:11:12 2013 UTC.
var start = time.Unix(1384812672, 0)

// memNet is a network in memory: one interface, 10.0.0.1/24.
type memNet struct {
	mu      sync.Mutex
	deliver func([]*netio.Packet)
	ready   chan struct{}
	done    chan struct{}
	sent    []netio.Datagram
	broken  error
	quiet   bool // sent packets are not kept
}

func newMemNet() *memNet { return &memNet{ready: make(chan struct{}), done: make(chan struct{})} }

func (n *memNet) Serve(deliver func([]*netio.Packet)) error {
	n.deliver = deliver
	close(n.ready)
	<-n.done
	return nil
}

func (n *memNet) Send(ds []netio.Datagram) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	failed := 0
	for i := range ds {
		if ds[i].Err = n.broken; n.broken != nil {
			failed++
			continue
		}
		if !n.quiet {
			d := ds[i]
			d.Data = append([]byte(nil), d.Data...)
			n.sent = append(n.sent, d)
		}
	}
	return failed
}

func (n *memNet) Interface(index int) (netio.Interface, bool) {
	for _, i := range n.Interfaces() {
		if i.Index == index {
			return i, true
		}
	}
	return netio.Interface{}, false
}

func (n *memNet) Interfaces() []netio.Interface {
	return []netio.Interface{
		{Index: 1, Name: "eth0", Up: true, Ethernet: true, Addrs: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24")}},
		{Index: 2, Name: "eth1", Up: true, Ethernet: true, Addrs: []netip.Prefix{netip.MustParsePrefix("192.168.7.1/24")}},
	}
}

// take returns what was sent since the last call.
func (n *memNet) take() []netio.Datagram {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.sent
	n.sent = nil
	return s
}

// memStore is a store in memory that can be told to fail, or to wait.
type memStore struct {
	mu        sync.Mutex
	rows      map[lease.Key]lease.Lease
	number    uint64
	forgetful bool // rows are not kept
	err       error
	hold      chan struct{} // commits wait until it is closed
	held      chan struct{} // told when a commit begins to wait
}

func newMemStore() *memStore { return &memStore{rows: map[lease.Key]lease.Lease{}} }

func (m *memStore) Load(context.Context, func(lease.Lease) error) error { return nil }
func (m *memStore) Snapshot(_ context.Context, fn func(lease.Lease) error) error {
	return nil
}
func (m *memStore) Close() error { return nil }

func (m *memStore) Commit(_ context.Context, batch []lease.Lease) (uint64, error) {
	m.mu.Lock()
	hold, held := m.hold, m.held
	m.mu.Unlock()
	if hold != nil && len(batch) > 0 {
		select {
		case held <- struct{}{}:
		default:
		}
		<-hold
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return 0, m.err
	}
	m.number++
	for _, l := range batch {
		if m.forgetful {
			break
		}
		l.Commit = m.number
		m.rows[l.Key] = l
	}
	return m.number, nil
}

// Note takes acknowledgements at once.
func (m *memStore) Note(acks []lease.Ack) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range acks {
		if l, ok := m.rows[acks[i].Key]; ok {
			m.rows[acks[i].Key] = acks[i].To(l)
		}
	}
}

func (m *memStore) fail(err error) {
	m.mu.Lock()
	m.err = err
	m.mu.Unlock()
}

var (
	errDiskFull = errors.New("disk is full")
	errCable    = errors.New("no cable")
)

// memPinger answers pings at once, or when told.
type memPinger struct {
	mu      sync.Mutex
	answers map[string]netio.Answer
	holding bool
	held    []func()
	asked   []string
}

func (p *memPinger) Ping(to netip.Addr, _ time.Duration, done func(netio.Answer)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a, ok := p.answers[to.String()]
	if !ok {
		a = netio.TimedOut
	}
	p.asked = append(p.asked, to.String())
	if p.holding {
		p.held = append(p.held, func() { done(a) })
		return
	}
	go done(a)
}

// world is a server and all around it.
type world struct {
	t        testing.TB
	clock    *clock.Manual
	net      *memNet
	store    *memStore
	pinger   *memPinger
	table    *lease.Table
	fo       *fakeFailover
	server   *Server
	cfg      *objects.Config
	log      *strings.Builder
	logMu    sync.Mutex
	xid      uint32
	last     map[string]netip.Addr // by client: what it was last offered or given
	catalog  *option.Catalog
	before   [numOutcomes]uint64
	packets  []*netio.Packet
	scratch  packet.Message
	ofClient []lease.Lease
	raw      bool // answers are shown option by option
}

type logWriter struct{ w *world }

func (l logWriter) Write(b []byte) (int, error) {
	l.w.logMu.Lock()
	defer l.w.logMu.Unlock()
	return l.w.log.Write(b)
}

// newWorld makes a world without configuration. With logged its server log is
// kept.
func newWorld(t testing.TB, logged bool) *world {
	w := &world{
		t: t, clock: clock.NewManual(start), net: newMemNet(), store: newMemStore(),
		pinger: &memPinger{answers: map[string]netio.Answer{}}, table: lease.New(),
		fo:  &fakeFailover{pairs: map[string]*fakePair{}},
		cfg: objects.NewConfig(), log: &strings.Builder{}, last: map[string]netip.Addr{}, catalog: option.Builtin(),
	}
	for _, o := range objects.Builtins() {
		w.cfg.Put(o)
	}
	var log *eventlog.Log
	if logged {
		log = eventlog.New(w.clock, slog.New(slog.DiscardHandler), logWriter{w})
	}
	w.server = New(Deps{
		Clock: w.clock, Table: w.table, Store: w.store, Net: w.net, Pinger: w.pinger, Log: log,
		Ports: packet.Ports{Server: 67, Client: 68}, Workers: 2, Failover: w.fo,
	})
	t.Cleanup(w.close)
	return w
}

func (w *world) close() {
	close(w.net.done)
	if err := w.server.Close(); err != nil {
		w.t.Error(err)
	}
}

func (w *world) begin() {
	if err := w.server.Start(); err != nil {
		w.t.Fatal(err)
	}
	<-w.net.ready
}

// takeLog returns the server log's texts since the last call.
func (w *world) takeLog() string {
	w.logMu.Lock()
	defer w.logMu.Unlock()
	out := ""
	for line := range strings.Lines(w.log.String()) {
		// date, time, name/dhcp/1, then severity, category, 0, number, text
		f := strings.SplitN(line, "name/dhcp/1 ", 2)
		out += f[len(f)-1]
	}
	w.log.Reset()
	return out
}

// put enters an object of the configuration: attributes as name=text.
func (w *world) put(class, name string, attrs ...string) error {
	c := objects.ClassNamed(class)
	if c == nil {
		return fmt.Errorf("no class %q", class)
	}
	if c.Key != nil {
		key, err := c.Key(name)
		if err != nil {
			return err
		}
		name = key
	}
	o := objects.New(c, name)
	if old := w.cfg.Get(c, name); old != nil {
		o = old.Clone()
	}
	for _, a := range attrs {
		attr, text, _ := strings.Cut(a, "=")
		if err := w.set(o, attr, text); err != nil {
			return err
		}
	}
	w.cfg.Put(o)
	return nil
}

func (w *world) set(o *objects.Object, attr, text string) error {
	if text == "-" {
		delete(o.Attrs, attr)
		return nil
	}
	if name, ok := strings.CutPrefix(attr, "option."); ok {
		d, e := w.catalog.Lookup(name)
		if e != nil {
			return e
		}
		canonical, e := d.Parse(text)
		if e != nil {
			return e
		}
		o.Attrs["option."+itoa(int64(d.Code))] = canonical
		return nil
	}
	if o.Class.Dynamic(attr) {
		o.Attrs[attr] = text
		return nil
	}
	if e := o.Class.SetAttr(o, attr, text, w.clock.Now()); e != nil {
		return e
	}
	return nil
}

// inject delivers a packet as if it came from the network.
func (w *world) inject(p *netio.Packet) { w.net.deliver([]*netio.Packet{p}) }

// settle waits until every packet has ended.
func (w *world) settle() {
	w.server.inFlight.wait()
	w.server.changes.wait()
}

// advance moves the clock and lets what is due happen.
func (w *world) advance(d time.Duration) {
	w.clock.Advance(d)
	for {
		w.server.expireDue()
		if len(w.table.Due(w.clock.Now().Unix(), 1)) == 0 || w.server.commits.Err() != nil {
			return
		}
		runtime.Gosched() // the server's own expiry holds it
	}
}

// ended is how many packets have ended since the last call of outcomes.
func (w *world) ended() int {
	n := uint64(0)
	for i := noOutcome + 1; i < numOutcomes; i++ {
		n += w.server.stats.total[i].Load() - w.before[i]
	}
	return int(n)
}

// outcomes returns what packets ended in since the last call.
func (w *world) outcomes() []string {
	var out []string
	for i := noOutcome + 1; i < numOutcomes; i++ {
		n := w.server.stats.total[i].Load()
		for range n - w.before[i] {
			out = append(out, outcomes[i].name)
		}
		w.before[i] = n
	}
	return out
}

// await waits until something that goes on by itself has come about.
func (w *world) await(cond func() bool) {
	for deadline := (clock.Real{}).Now().Add(10 * time.Second); !cond(); runtime.Gosched() {
		if (clock.Real{}).Now().After(deadline) {
			w.t.Fatalf("it did not come about; outcomes so far: %v", w.server.stats.total.list())
		}
	}
}
