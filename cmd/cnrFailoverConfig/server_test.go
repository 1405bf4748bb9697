package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
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
	"leasehold/internal/shell"
	"leasehold/internal/store"
	"leasehold/pkg/rpc"
)

// silence is a network on which nothing is ever heard.
type silence struct{ end chan struct{} }

func (s silence) Serve(func([]*netio.Packet)) error     { <-s.end; return nil }
func (s silence) Send([]netio.Datagram) int             { return 0 }
func (s silence) Interfaces() []netio.Interface         { return nil }
func (s silence) Interface(int) (netio.Interface, bool) { return netio.Interface{}, false }

// testServer is a whole server but for its network.
type testServer struct {
	t       *testing.T
	data    string
	address string // of the TLS port
	service *admin.Service
	pairs   *failover.Manager // nil: it speaks no failover
}

func newServer(t *testing.T) *testServer {
	t.Helper()
	return newServerAt(t, "127.0.0.1", nil)
}

// newServerAt makes a server with an address of its own, which speaks failover
// where speak is not nil.
func newServerAt(t *testing.T, address string, speak func(failover.Deps) (*failover.Manager, error)) *testServer {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", address+":0")
	must(err)
	s := &testServer{t: t, data: t.TempDir(), address: l.Addr().String()}
	must(l.Close())
	ctx := context.Background()
	config, err := store.OpenConfig(filepath.Join(s.data, "config.db"))
	must(err)
	leases, err := store.OpenLeases(filepath.Join(s.data, "leases.db"))
	must(err)
	quiet := silence{make(chan struct{})}
	of := engine.Deps{Clock: clock.Real{}, Table: lease.New(), Store: leases, Net: quiet, Ports: packet.Ports{Server: 67, Client: 68}, Workers: 1}
	on := admin.Deps{Store: config, Clock: clock.Real{}, Data: s.data}
	if speak != nil {
		s.pairs, err = speak(failover.Deps{Clock: clock.Real{}, Table: of.Table, Records: leases, Marks: config, Resolver: net.DefaultResolver})
		must(err)
		of.Failover, on.Failover, on.Drift = s.pairs, s.pairs, s.pairs
	}
	eng := engine.New(of)
	on.Runtime = eng
	service, err := admin.New(ctx, on)
	must(err)
	s.service = service
	service.Reload(ctx, false)
	if s.pairs != nil {
		must(eng.Start())
	}
	server, err := rpc.Listen(rpc.Config{Data: s.data, Address: s.address, Admin: service, Guard: service, Clock: clock.Real{}})
	must(err)
	served := make(chan error, 1)
	go func() { served <- server.Serve() }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		// Connections that a test left open are cut when the time is over.
		_ = server.Shutdown(ctx)
		<-served
		if s.pairs != nil {
			must(eng.Stop(ctx))
		}
		close(quiet.end)
		must(eng.Close())
		if s.pairs != nil {
			must(s.pairs.Close())
		}
		must(leases.Close())
		must(config.Close())
	})
	return s
}

func (s *testServer) cluster() string { return "unix:" + filepath.Join(s.data, rpc.SocketFile) }

func (s *testServer) password() string {
	s.t.Helper()
	b, err := os.ReadFile(filepath.Join(s.data, "initial-admin-password"))
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

// nrcmd loads a batch file as nrcmd -b does and returns what it prints.
func (s *testServer) nrcmd(batch string) (string, shell.Exit) {
	s.t.Helper()
	ctx := context.Background()
	var out bytes.Buffer
	sh := shell.New(shell.Config{
		Cluster: s.cluster(), Out: &out, Clock: clock.Real{},
		Dial: func(ctx context.Context) (*rpc.Client, error) { return rpc.Dial(ctx, s.cluster(), rpc.DialOptions{}) },
	})
	if err := sh.Login(ctx); err != nil {
		s.t.Fatal(err)
	}
	defer sh.Close()
	exit, err := sh.Batch(ctx, strings.NewReader(batch), shell.Batch{})
	if err != nil {
		s.t.Fatal(err)
	}
	return out.String(), exit
}

// load is nrcmd where every line must be good.
func (s *testServer) load(batch string) {
	s.t.Helper()
	if out, exit := s.nrcmd(batch); exit != 0 {
		s.t.Fatalf("loading failed with %d:\n%s", exit, failures(out))
	}
}

// failures picks the answers that are none of the good ones.
func failures(out string) string {
	var bad []string
	for line := range strings.Lines(out) {
		if len(line) > 3 && line[0] >= '3' && line[0] <= '5' && line[3] == ' ' || strings.HasPrefix(line, "line ") {
			bad = append(bad, line)
		}
	}
	return strings.Join(bad, "")
}

// TestMain lets the test binary be the program, so that tests run the real one.
func TestMain(m *testing.M) {
	if os.Getenv("BE_CNRFAILOVERCONFIG") != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// program makes a command that runs the program with a home of its own and no
// terminal.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, args...)
	home := t.TempDir()
	cmd.Env = []string{"BE_CNRFAILOVERCONFIG=1", "HOME=" + home, "XDG_STATE_HOME=" + home, "TZ=UTC"}
	return cmd
}

// result runs a command to its end.
func result(t *testing.T, cmd *exec.Cmd) (status int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	err := cmd.Run()
	if _, isExit := err.(*exec.ExitError); err != nil && !isExit {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), o.String(), e.String()
}

// clone runs -clone and returns the file.
func (s *testServer) clone() string {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), "config_file")
	status, out, errs := result(s.t, program(s.t, "-clone", "-mc", s.cluster(), "-o", file))
	if status != 0 || out != "" || errs != "" {
		s.t.Fatalf("clone: status %d, output %q, errors %q", status, out, errs)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}
