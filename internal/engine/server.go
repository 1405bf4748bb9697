package engine

import (
	"context"
	"errors"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"leasehold/internal/clock"
	"leasehold/internal/eventlog"
	"leasehold/internal/lease"
	"leasehold/internal/netio"
	"leasehold/internal/packet"
	"leasehold/internal/store"
	"leasehold/pkg/objects"
)

// Net is how packets come and go; *netio.Conn is the real one.
type Net interface {
	Serve(deliver func([]*netio.Packet)) error
	Send([]netio.Datagram) (failed int)
	Interface(index int) (netio.Interface, bool)
	Interfaces() []netio.Interface
}

// Pinger asks whether an address is in use; *netio.Pinger is the real one.
type Pinger interface {
	Ping(to netip.Addr, timeout time.Duration, done func(netio.Answer))
}

// Deps is what a Server works with.
type Deps struct {
	Clock  clock.Clock
	Table  *lease.Table
	Store  lease.Store // the engine commits to it; loading it into Table is the caller's
	Net    Net
	Pinger Pinger // nil: addresses are offered unasked
	Ports  packet.Ports
	Log    *eventlog.Log // nil: nowhere
	// Failover has the relationships with partners; nil is a server that is
	// alone, whatever is configured.
	Failover Failover
	// Workers is how many packets are worked on at once; 0 is one per CPU.
	Workers int
}

// Server is a running DHCP server.
type Server struct {
	clock  clock.Clock
	table  *lease.Table
	net    Net
	pinger Pinger
	ports  packet.Ports
	log    *eventlog.Log

	partners Failover

	plan    atomic.Pointer[Plan]
	stats   *statistics
	commits *store.Committer
	claims  claims
	shards  []*shard
	acks    outbox // of the committer's goroutine

	running  atomic.Bool
	inFlight *gauge // packets received and not finished
	pending  *gauge // leases on their way to disk that a packet waits for
	changes  *gauge // leases on their way to disk that none waits for
	pings    atomic.Int64

	locals    atomic.Pointer[[]netio.Interface]
	localsAt  atomic.Int64
	netErr    atomic.Pointer[error]
	storeErr  atomic.Pointer[error]
	sendErrAt atomic.Int64
	reloaded  atomic.Int64 // Unix seconds
	servedAt  atomic.Int64 // Unix seconds: the last Start

	mu         sync.Mutex // reload, start, stop
	started    int64      // process, Unix seconds
	serving    bool
	expiry     chan struct{} // there is an earlier deadline
	nextExpiry atomic.Int64
	stop       chan struct{}
	closed     bool
	workers    sync.WaitGroup
	reads      sync.WaitGroup
}

var (
	_ API    = (*Server)(nil)
	_ Keeper = (*Server)(nil)
)

// New starts a server without configuration: Reload gives it one, Start lets
// it answer.
func New(d Deps) *Server {
	s := &Server{
		clock: d.Clock, table: d.Table, net: d.Net, pinger: d.Pinger, ports: d.Ports, log: d.Log, partners: d.Failover,
		stats: newStatistics(), stop: make(chan struct{}), expiry: make(chan struct{}, 1),
		inFlight: newGauge(), pending: newGauge(), changes: newGauge(),
		started: d.Clock.Now().Unix(),
	}
	s.stats.resetAt.Store(s.started)
	s.commits = store.NewCommitter(d.Store, d.Clock, s.batchDone)
	n := d.Workers
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	for range n {
		sh := newShard(s)
		s.shards = append(s.shards, sh)
		s.workers.Go(sh.work)
	}
	s.workers.Go(s.expire)
	return s
}

// Start lets the server answer packets.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return errors.New("start packet service: the server is shut down")
	case s.plan.Load() == nil:
		return errNoPlan
	}
	if !s.serving {
		s.serving = true
		s.reads.Go(func() {
			if err := s.net.Serve(s.deliver); err != nil {
				s.netErr.Store(&err)
				s.logf(msgNetFailed, err)
			}
		})
	}
	if !s.running.Swap(true) {
		s.servedAt.Store(s.clock.Now().Unix())
		s.logf(msgStarted, len(s.plan.Load().ordered))
		s.keepTouch(s.plan.Load())
	}
	return nil
}

// Stop ends answering. Packets that were received before are answered first.
func (s *Server) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running.Swap(false) {
		s.logf(msgStopped)
		s.keepTouch(s.plan.Load())
	}
	done := make(chan struct{})
	go func() {
		s.inFlight.wait()
		s.changes.wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return errors.New("stop packet service: packets are still being answered")
	}
}

// keepTouch tells the partners whether this server serves: not in import-mode,
// where the partner is to serve all, and where leases come that it may know
// better.
func (s *Server) keepTouch(p *Plan) {
	if s.partners != nil {
		s.partners.Serving(s.running.Load() && !p.settings.importMode)
	}
}

// Running tells whether packets are answered.
func (s *Server) Running() bool { return s.running.Load() }

// Config is the configuration in service, nil before the first Reload.
func (s *Server) Config() *objects.Config {
	if p := s.plan.Load(); p != nil {
		return p.config
	}
	return nil
}

// Close ends everything the server started. Net must have been closed before:
// its Serve is waited for.
func (s *Server) Close() error {
	err := s.Stop(context.Background())
	s.mu.Lock()
	already := s.closed
	s.closed = true
	s.mu.Unlock()
	if already {
		return err
	}
	s.reads.Wait()
	close(s.stop)
	for _, sh := range s.shards {
		sh.close()
	}
	s.workers.Wait()
	s.commits.Close()
	return err
}

// release gives an address up and lets the first in line for it go on.
func (s *Server) release(k lease.Key) {
	w, waited := s.claims.release(k)
	switch {
	case !waited:
	case w.ex != nil:
		w.ex.claimed = append(w.ex.claimed, k)
		w.ex.shard.resume(w.ex)
	default:
		w.held()
	}
}

// interfaces are those that are served, looked at again every few seconds.
func (s *Server) interfaces() *[]netio.Interface {
	const fresh = 5
	now := s.clock.Now().Unix()
	if l := s.locals.Load(); l != nil && now-s.localsAt.Load() < fresh {
		return l
	}
	l := s.net.Interfaces()
	s.locals.Store(&l)
	s.localsAt.Store(now)
	return &l
}

// ownAddress tells whether an address is one of the server's own.
func (s *Server) ownAddress(a lease.Addr) bool { return s.isLocal(a.Netip()) }
