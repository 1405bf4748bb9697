package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"leasehold/internal/clock"
	"leasehold/internal/shell"
	"leasehold/pkg/rpc"
	testserver "leasehold/test/server"
)

// testServer is one for the real program to talk to.
type testServer struct{ *testserver.Server }

func newServer(t *testing.T) *testServer {
	t.Helper()
	return &testServer{testserver.New(t, testserver.Options{})}
}

// nrcmd loads a batch file as nrcmd -b does and returns what it prints.
func (s *testServer) nrcmd(batch string) (string, shell.Exit) {
	s.T.Helper()
	ctx := context.Background()
	var out bytes.Buffer
	sh := shell.New(shell.Config{
		Cluster: s.Cluster(), Out: &out, Clock: clock.Real{},
		Dial: func(ctx context.Context) (*rpc.Client, error) { return rpc.Dial(ctx, s.Cluster(), rpc.DialOptions{}) },
	})
	if err := sh.Login(ctx); err != nil {
		s.T.Fatal(err)
	}
	defer sh.Close()
	exit, err := sh.Batch(ctx, strings.NewReader(batch), shell.Batch{})
	if err != nil {
		s.T.Fatal(err)
	}
	return out.String(), exit
}

// load is nrcmd where every line must be good.
func (s *testServer) load(batch string) {
	s.T.Helper()
	if out, exit := s.nrcmd(batch); exit != 0 {
		s.T.Fatalf("loading failed with %d:\n%s", exit, failures(out))
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
func program(t testing.TB, args ...string) *exec.Cmd {
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
func result(t testing.TB, cmd *exec.Cmd) (status int, out, errs string) {
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
	s.T.Helper()
	file := filepath.Join(s.T.TempDir(), "config_file")
	status, out, errs := result(s.T, program(s.T, "-clone", "-mc", s.Cluster(), "-o", file))
	if status != 0 || out != "" || errs != "" {
		s.T.Fatalf("clone: status %d, output %q, errors %q", status, out, errs)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		s.T.Fatal(err)
	}
	return string(b)
}
