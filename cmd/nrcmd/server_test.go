package main

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
	"leasehold/internal/lease"
	"leasehold/internal/netio"
	"leasehold/internal/packet"
	"leasehold/internal/store"
	"leasehold/pkg/rpc"
)

// silence is a network on which nothing is ever heard.
type silence struct{ end chan struct{} }

func (s silence) Serve(func([]*netio.Packet)) error     { <-s.end; return nil }
func (s silence) Send([]netio.Datagram) int             { return 0 }
func (s silence) Interfaces() []netio.Interface         { return nil }
func (s silence) Interface(int) (netio.Interface, bool) { return netio.Interface{}, false }

// server is a whole server but for its network, for the real program to talk
// to.
type server struct {
	t       *testing.T
	data    string
	address string // of the TLS port
	rpc     *rpc.Server
	end     func()
}

func newServer(t *testing.T) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, data: t.TempDir(), address: l.Addr().String()}
	s.must(l.Close())
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *server) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) start() {
	s.t.Helper()
	ctx := context.Background()
	config, err := store.OpenConfig(filepath.Join(s.data, "config.db"))
	s.must(err)
	leases, err := store.OpenLeases(filepath.Join(s.data, "leases.db"))
	s.must(err)
	quiet := silence{make(chan struct{})}
	eng := engine.New(engine.Deps{Clock: clock.Real{}, Table: lease.New(), Store: leases, Net: quiet, Ports: packet.Ports{Server: 67, Client: 68}, Workers: 1})
	service, err := admin.New(ctx, admin.Deps{Store: config, Runtime: eng, Clock: clock.Real{}, Data: s.data})
	s.must(err)
	service.Reload(ctx, false)
	s.rpc, err = rpc.Listen(rpc.Config{Data: s.data, Address: s.address, Admin: service, Guard: service, Clock: clock.Real{}})
	s.must(err)
	served := make(chan error, 1)
	go func() { served <- s.rpc.Serve() }()
	s.end = func() {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		// Connections that a test left open are cut when the time is over.
		_ = s.rpc.Shutdown(ctx)
		<-served
		close(quiet.end)
		s.must(eng.Close())
		s.must(leases.Close())
		s.must(config.Close())
	}
}

func (s *server) stop() {
	if s.end != nil {
		s.end()
		s.end = nil
	}
}

func (s *server) cluster() string { return "unix:" + filepath.Join(s.data, rpc.SocketFile) }

func (s *server) password() string {
	b, err := os.ReadFile(filepath.Join(s.data, "initial-admin-password"))
	s.must(err)
	return strings.TrimSpace(string(b))
}
