package shell

import (
	"bytes"
	"context"
	"fmt"
	"io"
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

// TestMain puts the tests into one time zone, before anything asks for it.
func TestMain(m *testing.M) {
	time.Local = time.UTC
	os.Exit(m.Run())
}

// began is when the stories begin: Mon Nov 18 22:11:12 2013 UTC.
var began = time.Date(2013, 11, 18, 22, 11, 12, 0, time.UTC)

// server is a whole server but for its network: real databases, the real
// engine and administration, on a real socket.
type server struct {
	t      testing.TB
	data   string
	clock  *clock.Manual
	config *store.ConfigDB
	leases *store.LeaseDB
	engine *engine.Server
	// partners are the relationships that the test says there are.
	partners *partners
	rpc      *rpc.Server
	quiet    chan struct{} // closed, the network ends
	served   chan error
}

func newServer(t testing.TB) *server {
	t.Helper()
	s := &server{t: t, data: t.TempDir(), clock: clock.NewManual(began)}
	s.partners = &partners{clock: s.clock}
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
	var err error
	s.config, err = store.OpenConfig(filepath.Join(s.data, "config.db"))
	s.must(err)
	s.leases, err = store.OpenLeases(filepath.Join(s.data, "leases.db"))
	s.must(err)
	table := lease.New()
	s.must(s.leases.Load(context.Background(), func(l lease.Lease) error { table.Load(l); return nil }))
	s.quiet = make(chan struct{})
	s.engine = engine.New(engine.Deps{
		Clock: s.clock, Table: table, Store: s.leases, Net: netio.Silent{End: s.quiet}, Ports: packet.Ports{Server: 67, Client: 68}, Workers: 1,
	})
	service, err := admin.New(context.Background(), admin.Deps{
		Store: s.config, Runtime: s.engine, Clock: s.clock, Data: s.data, Cluster: "test.example.com",
		Failover: s.partners,
	})
	s.must(err)
	if r := service.Reload(context.Background(), false); len(r.Errors) > 0 {
		s.t.Fatal(r.Errors)
	}
	s.must(s.engine.Start())
	s.rpc, err = rpc.Listen(rpc.Config{Data: s.data, Address: "127.0.0.1:0", Admin: service, Guard: service, Clock: clock.Real{}})
	s.must(err)
	s.served = make(chan error, 1)
	go func() { s.served <- s.rpc.Serve() }()
}

// stop ends the server as a signal would; what is on disk stays.
func (s *server) stop() {
	if s.rpc == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	s.must(s.rpc.Shutdown(ctx))
	s.must(<-s.served)
	close(s.quiet)
	s.must(s.engine.Close())
	s.must(s.leases.Close())
	s.must(s.config.Close())
	s.rpc = nil
}

func (s *server) password() string {
	b, err := os.ReadFile(filepath.Join(s.data, "initial-admin-password"))
	s.must(err)
	return strings.TrimSpace(string(b))
}

// answers is a Prompter that has its answers ready and shows what a terminal
// would.
type answers struct {
	out   io.Writer
	ready []string
}

func (a *answers) Ask(prompt string) (string, error) {
	text, err := a.next(prompt)
	fmt.Fprintln(a.out, text)
	return text, err
}

func (a *answers) AskSecret(prompt string) (string, error) {
	text, err := a.next(prompt)
	fmt.Fprintln(a.out)
	return text, err
}

func (a *answers) next(prompt string) (string, error) {
	fmt.Fprint(a.out, prompt)
	if len(a.ready) == 0 {
		return "", io.EOF
	}
	text := a.ready[0]
	a.ready = a.ready[1:]
	return text, nil
}

// typist is an Editor that types the lines of a story.
type typist struct {
	out    io.Writer
	prompt string
	lines  []string
}

func (e *typist) SetPrompt(p string) { e.prompt = p }
func (e *typist) Close() error       { return nil }
func (e *typist) ReadLine() (string, error) {
	if len(e.lines) == 0 {
		return "", io.EOF
	}
	line := e.lines[0]
	e.lines = e.lines[1:]
	fmt.Fprintln(e.out, e.prompt+line)
	return line, nil
}

func (s *server) socket() string { return "unix:" + filepath.Join(s.data, rpc.SocketFile) }

// shell opens a shell for the administrator of that name on the server.
func (s *server) shell(out *bytes.Buffer, user, password string, prompts ...string) *Shell {
	cfg := Config{
		Cluster: "localhost", User: user, Password: password, Host: "desk", Out: out, Clock: s.clock,
		Dial: func(ctx context.Context) (*rpc.Client, error) { return rpc.Dial(ctx, s.socket(), rpc.DialOptions{}) },
	}
	if prompts != nil {
		cfg.Prompt = &answers{out, prompts}
	}
	return New(cfg)
}

// operator opens a shell that is logged in as the first administrator.
func (s *server) operator(out *bytes.Buffer) *Shell {
	s.t.Helper()
	sh := s.shell(out, "admin", s.adminPassword())
	if err := sh.Login(context.Background()); err != nil {
		s.t.Fatal(err)
	}
	return sh
}

// adminPassword is the first administrator's, also once its file is gone.
func (s *server) adminPassword() string {
	if b, err := os.ReadFile(filepath.Join(s.data, "initial-admin-password")); err == nil {
		return strings.TrimSpace(string(b))
	}
	return "s3cret-enough"
}
