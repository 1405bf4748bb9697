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

	"leasehold/internal/clock"
	"leasehold/pkg/rpc"
	testserver "leasehold/test/server"
)

// TestMain puts the tests into one time zone, before anything asks for it.
func TestMain(m *testing.M) {
	time.Local = time.UTC
	os.Exit(m.Run())
}

// began is when the stories begin: Mon Nov 18 22:11:12 2013 UTC.
var began = time.Date(2013, 11, 18, 22, 11, 12, 0, time.UTC)

// server is one of test/server whose time and partners the test says.
type server struct {
	*testserver.Server
	clock    *clock.Manual
	partners *partners
}

func newServer(t testing.TB) *server {
	t.Helper()
	c := clock.NewManual(began)
	p := &partners{clock: c}
	return &server{testserver.New(t, testserver.Options{Cluster: "test.example.com", Clock: c, Partners: p}), c, p}
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

// shell opens a shell for the administrator of that name on the server.
func (s *server) shell(out *bytes.Buffer, user, password string, prompts ...string) *Shell {
	cfg := Config{
		Cluster: "localhost", User: user, Password: password, Host: "desk", Out: out, Clock: s.clock,
		Dial: func(ctx context.Context) (*rpc.Client, error) { return rpc.Dial(ctx, s.Cluster(), rpc.DialOptions{}) },
	}
	if prompts != nil {
		cfg.Prompt = &answers{out, prompts}
	}
	return New(cfg)
}

// operator opens a shell that is logged in as the first administrator.
func (s *server) operator(out *bytes.Buffer) *Shell {
	s.T.Helper()
	sh := s.shell(out, "admin", s.adminPassword())
	if err := sh.Login(context.Background()); err != nil {
		s.T.Fatal(err)
	}
	return sh
}

// adminPassword is the first administrator's, also once its file is gone.
func (s *server) adminPassword() string {
	if b, err := os.ReadFile(filepath.Join(s.Data, "initial-admin-password")); err == nil {
		return strings.TrimSpace(string(b))
	}
	return "s3cret-enough"
}
