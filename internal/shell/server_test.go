package shell

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	"leasehold/internal/clock"
	"leasehold/internal/leasefile"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
	"leasehold/pkg/rpc/adminv1/adminv1connect"
)

// TestPeerNeedsNoPassword: on the unix socket root and the server's own user
// are known already; a name that is given is checked all the same.
func TestPeerNeedsNoPassword(t *testing.T) {
	s := newServer(t)
	me, err := user.Current()
	s.Must(err)
	var out bytes.Buffer
	sh := s.shell(&out, "", "", "must not be asked")
	if err := sh.Login(context.Background()); err != nil {
		t.Fatal(err)
	}
	sh.Banner()
	if !strings.Contains(out.String(), "user-name = "+me.Username+"\n") || strings.Contains(out.String(), "username:") {
		t.Errorf("got %s", out.String())
	}
	sh.Close()
	out.Reset()
	sh = s.shell(&out, "admin", "wrong")
	if err := sh.Login(context.Background()); err == nil || err.Code != objects.LoginFailure {
		t.Errorf("a wrong password of a known peer: %v", err)
	}
	sh.Close()
}

// brokenReader fails after its text.
type brokenReader struct {
	text io.Reader
	err  error
}

func (b brokenReader) Read(p []byte) (int, error) {
	n, err := b.text.Read(p)
	if err == io.EOF {
		err = b.err
	}
	return n, err
}

func TestUnreadableBatchFile(t *testing.T) {
	s := newServer(t)
	for _, b := range []Batch{{Name: "conf"}, {Name: "conf", Atomic: true}} {
		var out bytes.Buffer
		sh := s.operator(&out)
		_, err := sh.Batch(context.Background(), brokenReader{strings.NewReader("scope a create 10.0.0.0/24\ndhcp"), errors.New("bad sector")}, b)
		if err == nil || err.Error() != "conf: line 2: bad sector" {
			t.Errorf("%+v: got %v", b, err)
		}
		out.Reset()
		sh.Run(context.Background(), "scope listnames")
		if there := strings.Contains(out.String(), "\na\n"); there == b.Atomic {
			t.Errorf("%+v: afterwards\n%s", b, out.String())
		}
		sh.Run(context.Background(), "scope a delete")
		sh.Close()
	}
}

func TestLineTooLongInABatch(t *testing.T) {
	s := newServer(t)
	var out bytes.Buffer
	sh := s.operator(&out)
	defer sh.Close()
	in := io.MultiReader(strings.NewReader("scope "), io.LimitReader(zeros{}, 64<<20), strings.NewReader("\nscope listnames\n"))
	exit, err := sh.Batch(context.Background(), in, Batch{})
	s.Must(err)
	want := "nrcmd> \n316 Invalid - invalid command line: longer than 1048576 bytes\nline 1: \nnrcmd> \n100 Ok\nnrcmd> \n"
	if exit != ExitFailed || out.String() != want {
		t.Errorf("exit status %d,\n got %q\nwant %q", exit, out.String(), want)
	}
}

// TestExportAndImportRoundTrip moves leases to another server and back into a
// file: the two files are the same.
func TestExportAndImportRoundTrip(t *testing.T) {
	t.Chdir(t.TempDir())
	lines := `00:d0:ba:d3:bd:3b|1|6|192.168.50.101|Mon Nov 18 21:00:00 2013|Tue Nov 19 22:00:00 2013||Mon Nov 18 21:00:00 2013||desk|example.com||
00:d0:ba:d3:bd:3c|1|6|192.168.50.102|Mon Nov 18 21:00:00 2013|forever||Mon Nov 18 21:10:00 2013||a b\x7c\xc3\xbc|||
00:d0:ba:d3:bd:3d:01:02|32|8|192.168.50.103|Mon Nov 18 21:00:00 2013|Tue Nov 19 22:00:00 2013||Mon Nov 18 21:00:00 2013||||x255-4-00-01-02-03|
00:d0:ba:d3:bd:3e|1|6|192.168.50.101|Mon Nov 18 21:00:00 2013|Tue Nov 19 22:00:00 2013||Mon Nov 18 21:00:00 2013||||red/x1-6-00-d0-ba-d3-bd-3e|
`
	if err := os.WriteFile("before", []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newServer(t)
	var out bytes.Buffer
	sh := s.operator(&out)
	defer sh.Close()
	for _, l := range []string{
		"vpn red create 77", "scope office create 192.168.50.0/24", "scope office addRange 101 110",
		"scope redone create 192.168.50.0/24 vpn-id=77", "scope redone addRange 101 110",
		"dhcp enable import-mode", "dhcp reload", "import leases before", "dhcp disable import-mode", "dhcp reload",
		"export leases -server all after",
	} {
		if got := run(t, sh, &out, l); !strings.HasPrefix(got, "100 ") {
			t.Fatalf("%s: %s", l, got)
		}
	}
	after, err := os.ReadFile("after")
	s.Must(err)
	if string(after) != lines {
		t.Errorf(" got\n%s\nwant\n%s", after, lines)
	}
	bad, err := leasefile.Each(bytes.NewReader(after), func(leasefile.Record) error { return nil })
	if err != nil || len(bad) > 0 {
		t.Errorf("the exported file is not read: %v, %v", bad, err)
	}
}

// stuck is a server that answers no listing.
type stuck struct {
	adminv1connect.UnimplementedAdminHandler
	asked chan struct{}
}

func (stuck) Authorize(ctx context.Context, _, _ string) (context.Context, error) { return ctx, nil }

func (stuck) Login(context.Context, *connect.Request[adminv1.LoginRequest]) (*connect.Response[adminv1.LoginResponse], error) {
	return connect.NewResponse(&adminv1.LoginResponse{Token: "t", User: "admin"}), nil
}

func (stuck) Logout(context.Context, *connect.Request[adminv1.LogoutRequest]) (*connect.Response[adminv1.LogoutResponse], error) {
	return connect.NewResponse(&adminv1.LogoutResponse{}), nil
}

func (stuck) Get(context.Context, *connect.Request[adminv1.GetRequest]) (*connect.Response[adminv1.GetResponse], error) {
	return connect.NewResponse(&adminv1.GetResponse{Object: &adminv1.Object{Class: "session"}}), nil
}

func (s stuck) List(ctx context.Context, _ *connect.Request[adminv1.ListRequest], _ *connect.ServerStream[adminv1.ListResponse]) error {
	select {
	case s.asked <- struct{}{}:
	default:
	}
	<-ctx.Done()
	return ctx.Err()
}

// stuckShell is a shell on a server that hangs.
func stuckShell(t *testing.T, out *bytes.Buffer) (*Shell, stuck) {
	t.Helper()
	data := t.TempDir()
	handler := stuck{asked: make(chan struct{}, 1)}
	server, err := rpc.Listen(rpc.Config{Data: data, Admin: handler, Guard: handler, Clock: clock.Real{}})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve() }()
	sh := New(Config{Out: out, Clock: clock.Real{}, Dial: func(ctx context.Context) (*rpc.Client, error) {
		return rpc.Dial(ctx, "unix:"+filepath.Join(data, rpc.SocketFile), rpc.DialOptions{})
	}})
	t.Cleanup(func() {
		sh.Close()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = server.Shutdown(ctx) // the hanging call is cut
		<-served
	})
	if err := sh.Login(context.Background()); err != nil {
		t.Fatal(err)
	}
	return sh, handler
}

func TestCompletionDoesNotWaitForASlowServer(t *testing.T) {
	var out bytes.Buffer
	sh, _ := stuckShell(t, &out)
	began := time.Now()
	c := sh.Complete(context.Background(), "scope li")
	if took := time.Since(began); took > 20*nameWait {
		t.Errorf("completion took %v", took)
	}
	if strings.Join(c.Found, " ") != "list listbrief listnames" {
		t.Errorf("offered %q", c.Found)
	}
}

func TestInterruptEndsACommandThatHangs(t *testing.T) {
	var out bytes.Buffer
	sh, handler := stuckShell(t, &out)
	interrupts := make(chan struct{})
	done := make(chan objects.Code)
	go func() { done <- sh.runInterruptible(context.Background(), "scope list", interrupts) }()
	<-handler.asked
	interrupts <- struct{}{}
	if code := <-done; code != objects.GenericError {
		t.Errorf("status %d", code)
	}
	if got := out.String(); got != "320 Generic error - interrupted\n" {
		t.Errorf("got %q", got)
	}
}

// TestStatistics: which counters there are is the engine's business; here it is
// their form.
func TestStatistics(t *testing.T) {
	s := newServer(t)
	var out bytes.Buffer
	sh := s.operator(&out)
	defer sh.Close()
	for _, line := range []string{"dhcp getStats", "dhcp getStats all total", "server dhcp getStats server,failover", "dhcp getStats server , failover total"} {
		lines := strings.Split(strings.TrimSpace(run(t, sh, &out, line)), "\n")
		if len(lines) < 10 || lines[0] != "100 Ok" || lines[1] != "server:" {
			t.Errorf("%s: %q", line, lines)
			continue
		}
		for _, l := range lines[2:] {
			name, value, ok := strings.Cut(l, " = ")
			if !ok || !strings.HasPrefix(name, "    ") || value == "" {
				t.Errorf("%s: %q", line, l)
			}
		}
	}
	sh.session.format = formatScript
	got := run(t, sh, &out, "dhcp getStats server")
	if !strings.HasPrefix(got, "100 Ok\nserver: ") || !strings.Contains(got, " total-acks=0 ") || strings.Count(got, "\n") != 2 {
		t.Errorf("in script format: %q", got)
	}
}
