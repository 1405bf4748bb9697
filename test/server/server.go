// Package server runs a whole server but for its network inside a test, for
// programs that administer one: real databases, the real engine and
// administration, on real sockets.
package server

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"leasehold/internal/admin"
	"leasehold/internal/clock"
	"leasehold/internal/engine"
	"leasehold/internal/failover"
	"leasehold/internal/lease"
	"leasehold/internal/netio"
	"leasehold/internal/packet"
	"leasehold/internal/store"
	"leasehold/pkg/rpc"
)

// Options say what a server differs in; each may be left out.
type Options struct {
	Address string      // an IP address of its own; 127.0.0.1
	Cluster string      // its name in answers
	Clock   clock.Clock // of all but its connections; the real one
	// Speak makes the server speak failover.
	Speak func(failover.Deps) (*failover.Manager, error)
	// Partners are relationships that the test says there are.
	Partners failover.Operator
}

// Server is one at work.
type Server struct {
	T       testing.TB
	Data    string // its folder
	Address string // of the TLS port
	Service *admin.Service
	Pairs   *failover.Manager // nil: it speaks no failover
	RPC     *rpc.Server

	options Options
	end     func()
}

// New starts a server on a free port; the end of the test stops it.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	if o.Address == "" {
		o.Address = "127.0.0.1"
	}
	if o.Clock == nil {
		o.Clock = clock.Real{}
	}
	l, err := net.Listen("tcp", o.Address+":0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{T: t, Data: t.TempDir(), Address: l.Addr().String(), options: o}
	s.Must(l.Close())
	s.Start()
	t.Cleanup(s.Stop)
	return s
}

// Must ends the test with an error.
func (s *Server) Must(err error) {
	s.T.Helper()
	if err != nil {
		s.T.Fatal(err)
	}
}

// Start brings up the server on what is in its folder.
func (s *Server) Start() {
	s.T.Helper()
	ctx := context.Background()
	config, err := store.OpenConfig(filepath.Join(s.Data, "config.db"))
	s.Must(err)
	leases, err := store.OpenLeases(filepath.Join(s.Data, "leases.db"))
	s.Must(err)
	table := lease.New()
	s.Must(leases.Load(ctx, func(l lease.Lease) error { table.Load(l); return nil }))
	o, quiet := s.options, make(chan struct{})
	of := engine.Deps{Clock: o.Clock, Table: table, Store: leases, Net: netio.Silent{End: quiet}, Ports: packet.Ports{Server: 67, Client: 68}, Workers: 1}
	on := admin.Deps{Store: config, Clock: o.Clock, Data: s.Data, Cluster: o.Cluster, Failover: o.Partners}
	if o.Speak != nil {
		s.Pairs, err = o.Speak(failover.Deps{Clock: o.Clock, Table: table, Records: leases, Marks: config, Resolver: net.DefaultResolver})
		s.Must(err)
		of.Failover, on.Failover, on.Drift = s.Pairs, s.Pairs, s.Pairs
	}
	eng := engine.New(of)
	on.Runtime = eng
	s.Service, err = admin.New(ctx, on)
	s.Must(err)
	s.Service.Reload(ctx, false)
	s.Must(eng.Start())
	s.RPC, err = rpc.Listen(rpc.Config{Data: s.Data, Address: s.Address, Admin: s.Service, Guard: s.Service, Clock: clock.Real{}})
	s.Must(err)
	listening, served := s.RPC, make(chan error, 1)
	go func() { served <- listening.Serve() }()
	s.end = func() {
		patience, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		// Connections that a test left open are cut when the time is over.
		_ = listening.Shutdown(patience)
		s.Must(<-served)
		s.Must(eng.Stop(ctx))
		close(quiet)
		s.Must(eng.Close())
		if s.Pairs != nil {
			s.Must(s.Pairs.Close())
		}
		s.Must(leases.Close())
		s.Must(config.Close())
	}
}

// Stop ends the server as a signal would; what is on disk stays.
func (s *Server) Stop() {
	if s.end != nil {
		s.end()
		s.end = nil
	}
}

// Cluster is the address of the unix socket, as nrcmd -C takes it.
func (s *Server) Cluster() string { return "unix:" + filepath.Join(s.Data, rpc.SocketFile) }

// Password is that of the first administrator.
func (s *Server) Password() string {
	s.T.Helper()
	b, err := os.ReadFile(filepath.Join(s.Data, "initial-admin-password"))
	s.Must(err)
	return strings.TrimSpace(string(b))
}
