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

// Server is one at work.
type Server struct {
	T       *testing.T
	Data    string // its folder
	Address string // of the TLS port
	Service *admin.Service
	Pairs   *failover.Manager // nil: it speaks no failover
	RPC     *rpc.Server

	speak func(failover.Deps) (*failover.Manager, error)
	end   func()
}

// New starts a server on a free port of 127.0.0.1; the end of the test stops it.
func New(t *testing.T) *Server {
	t.Helper()
	return NewAt(t, "127.0.0.1", nil)
}

// NewAt starts a server with an IP address of its own, which speaks failover
// where speak is not nil.
func NewAt(t *testing.T, address string, speak func(failover.Deps) (*failover.Manager, error)) *Server {
	t.Helper()
	l, err := net.Listen("tcp", address+":0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{T: t, Data: t.TempDir(), Address: l.Addr().String(), speak: speak}
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
	quiet := make(chan struct{})
	of := engine.Deps{Clock: clock.Real{}, Table: lease.New(), Store: leases, Net: netio.Silent{End: quiet}, Ports: packet.Ports{Server: 67, Client: 68}, Workers: 1}
	on := admin.Deps{Store: config, Clock: clock.Real{}, Data: s.Data}
	if s.speak != nil {
		s.Pairs, err = s.speak(failover.Deps{Clock: clock.Real{}, Table: of.Table, Records: leases, Marks: config, Resolver: net.DefaultResolver})
		s.Must(err)
		of.Failover, on.Failover, on.Drift = s.Pairs, s.Pairs, s.Pairs
	}
	eng := engine.New(of)
	on.Runtime = eng
	s.Service, err = admin.New(ctx, on)
	s.Must(err)
	s.Service.Reload(ctx, false)
	if s.Pairs != nil {
		s.Must(eng.Start())
	}
	s.RPC, err = rpc.Listen(rpc.Config{Data: s.Data, Address: s.Address, Admin: s.Service, Guard: s.Service, Clock: clock.Real{}})
	s.Must(err)
	listening, served := s.RPC, make(chan error, 1)
	go func() { served <- listening.Serve() }()
	s.end = func() {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		// Connections that a test left open are cut when the time is over.
		_ = listening.Shutdown(ctx)
		s.Must(<-served)
		if s.Pairs != nil {
			s.Must(eng.Stop(ctx))
		}
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
