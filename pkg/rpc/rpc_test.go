package rpc

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"

	"leasehold/internal/clock"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
	"leasehold/pkg/rpc/adminv1/adminv1connect"
)

// echo is a service small enough to see the transport: tokens are numbers, and
// Get answers with the class that was asked for.
type echo struct {
	adminv1connect.UnimplementedAdminHandler
	mu     sync.Mutex
	tokens map[string]bool
	logins int
	peers  []Peer
}

func newEcho() *echo { return &echo{tokens: map[string]bool{}} }

func (e *echo) Authorize(ctx context.Context, _, token string) (context.Context, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.peers = append(e.peers, PeerFrom(ctx))
	if !e.tokens[token] {
		return nil, &objects.Error{Code: objects.LoginFailure, Msg: "log in first", Detail: []string{SessionUnknown}}
	}
	return ctx, nil
}

func (e *echo) Login(ctx context.Context, _ *connect.Request[adminv1.LoginRequest]) (*connect.Response[adminv1.LoginResponse], error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.logins++
	token := fmt.Sprint("token", e.logins)
	e.tokens[token] = true
	return connect.NewResponse(&adminv1.LoginResponse{Token: token, User: PeerFrom(ctx).Source}), nil
}

func (e *echo) forgetSessions() {
	e.mu.Lock()
	defer e.mu.Unlock()
	clear(e.tokens)
}

func (e *echo) Get(_ context.Context, r *connect.Request[adminv1.GetRequest]) (*connect.Response[adminv1.GetResponse], error) {
	switch r.Msg.Class {
	case "refuse":
		return nil, Refusal(&objects.Error{Code: objects.NotFound, Msg: `scope "x"`, Detail: []string{"did you mean y?"}})
	case "panic":
		panic("a bug")
	}
	return connect.NewResponse(&adminv1.GetResponse{Object: &adminv1.Object{Class: r.Msg.Class}}), nil
}

func (e *echo) List(_ context.Context, r *connect.Request[adminv1.ListRequest], stream *connect.ServerStream[adminv1.ListResponse]) error {
	for range r.Msg.Limit {
		if err := stream.Send(&adminv1.ListResponse{Objects: []*adminv1.Object{{Class: r.Msg.Class}}}); err != nil {
			return err
		}
	}
	return nil
}

func (e *echo) Begin(context.Context, *connect.Request[adminv1.BeginRequest]) (*connect.Response[adminv1.BeginResponse], error) {
	return connect.NewResponse(&adminv1.BeginResponse{}), nil
}

func (e *echo) Logout(context.Context, *connect.Request[adminv1.LogoutRequest]) (*connect.Response[adminv1.LogoutResponse], error) {
	return connect.NewResponse(&adminv1.LogoutResponse{}), nil
}

func serve(t *testing.T, data string, service *echo, limits Limits) *Server {
	t.Helper()
	s, err := Listen(Config{Data: data, Address: "127.0.0.1:0", Admin: service, Guard: service, Clock: clock.Real{}, Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve() }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		// Connections that tests hold open on purpose outlast the deadline.
		_ = s.Shutdown(ctx)
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return s
}

func dial(t *testing.T, target string, o DialOptions) *Client {
	t.Helper()
	c, err := Dial(t.Context(), target, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.transport.CloseIdleConnections() })
	return c
}

func logIn(t *testing.T, c *Client) *adminv1.LoginResponse {
	t.Helper()
	answer, err := c.LogIn(t.Context(), &adminv1.LoginRequest{User: "admin", Password: "x"})
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func get(t *testing.T, c *Client, class string) error {
	t.Helper()
	answer, err := c.Get(t.Context(), connect.NewRequest(&adminv1.GetRequest{Class: class}))
	if err == nil && answer.Msg.Object.Class != class {
		t.Fatalf("Get(%q) = %q", class, answer.Msg.Object.Class)
	}
	return err
}

func TestUnixSocketAndTLS(t *testing.T) {
	data := t.TempDir()
	service := newEcho()
	s := serve(t, data, service, Limits{})
	known := filepath.Join(t.TempDir(), "deep", "known")
	for _, c := range []*Client{
		dial(t, "unix:"+filepath.Join(data, SocketFile), DialOptions{}),
		dial(t, "localhost", DialOptions{Data: data}),
		dial(t, s.Address().String(), DialOptions{Known: known}),
		dial(t, s.Address().String(), DialOptions{CACert: filepath.Join(data, CertificateFile)}),
	} {
		if code := AsError(get(t, c, "scope")).Code; code != objects.LoginFailure {
			t.Errorf("%s: before login: code %d, want 401", c.Target, code)
		}
		want := "127.0.0.1"
		if strings.HasPrefix(c.Target, "unix:") {
			want = "unix"
		}
		if got := logIn(t, c).User; got != want {
			t.Errorf("%s: the peer is %q, want %q", c.Target, got, want)
		}
		if err := get(t, c, "scope"); err != nil {
			t.Errorf("%s: after login: %v", c.Target, err)
		}
		stream, err := c.List(t.Context(), connect.NewRequest(&adminv1.ListRequest{Class: "scope", Limit: 3}))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for stream.Receive() {
			n++
		}
		if stream.Err() != nil || n != 3 {
			t.Errorf("%s: stream: %d messages, error %v; want 3", c.Target, n, stream.Err())
		}
	}
	for _, name := range []string{KeyFile, CertificateFile} {
		info, err := os.Stat(filepath.Join(data, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o, want 600", name, info.Mode().Perm())
		}
	}
	info, err := os.Stat(filepath.Join(data, SocketFile))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o660 {
		t.Errorf("socket has mode %o, want 660", info.Mode().Perm())
	}
}

func TestPeerOfOwnUserIsTrusted(t *testing.T) {
	data := t.TempDir()
	service := newEcho()
	s := serve(t, data, service, Limits{})
	_ = get(t, dial(t, "unix:"+filepath.Join(data, SocketFile), DialOptions{}), "scope")
	_ = get(t, dial(t, s.Address().String(), DialOptions{Known: filepath.Join(data, "known")}), "scope")
	service.mu.Lock()
	defer service.mu.Unlock()
	if p := service.peers[0]; !p.Trusted || p.Source != "unix" || p.UID != uint32(os.Geteuid()) || p.PID != int32(os.Getpid()) {
		t.Errorf("unix peer: %+v", p)
	}
	if p := service.peers[1]; p.Trusted {
		t.Errorf("TCP peer: %+v, must not be trusted", p)
	}
}

func TestRefusalsAndPanicsReachTheCaller(t *testing.T) {
	data := t.TempDir()
	serve(t, data, newEcho(), Limits{})
	c := dial(t, "localhost", DialOptions{Data: data})
	logIn(t, c)
	e := AsError(get(t, c, "refuse"))
	if e.Status() != `302 Not Found - scope "x"` || len(e.Detail) != 1 || e.Detail[0] != "did you mean y?" {
		t.Errorf("refusal: %v", e)
	}
	if e := AsError(get(t, c, "panic")); e.Code != objects.UnexpectedError || strings.Contains(e.Msg, "a bug") {
		t.Errorf("panic: %v, want 300 without the cause", e)
	}
	if err := get(t, c, "scope"); err != nil {
		t.Errorf("after the panic: %v", err)
	}
	if AsError(nil) != nil {
		t.Error("AsError(nil) is not nil")
	}
	if e := ErrorOf(Status(e)); e.Code != objects.NotFound || ErrorOf(Status(nil)) != nil {
		t.Errorf("status does not come back: %v", e)
	}
}

func TestDialNamesWhatDoesNotAnswer(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := free.Addr().String()
	closes(t, free)
	dir := t.TempDir()
	notTLS := httpServer(t)
	empty := filepath.Join(dir, "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	known := DialOptions{Known: filepath.Join(dir, "known")}
	for _, test := range []struct {
		target string
		o      DialOptions
		code   objects.Code
		says   string
	}{
		{closed, known, 501, closed + ": connect: connection refused"},
		{"unix:" + dir + "/none", known, 501, dir + "/none: connect: no such file or directory; is the server running"},
		{"localhost", DialOptions{Data: dir}, 501, "unix:" + dir + "/rpc.sock"},
		{notTLS, known, 501, notTLS + ": no admin service answers there"},
		{"no.such.host.invalid", known, 501, "no.such.host.invalid:1234"},
		{"a b", known, 501, `"a b" is no host[:port]`},
		{closed, DialOptions{}, 501, "neither a file of authorities nor one of known servers"},
		{closed, DialOptions{CACert: filepath.Join(dir, "absent")}, 317, "absent"},
		{closed, DialOptions{CACert: empty}, 323, "holds no certificate"},
	} {
		_, err := Dial(t.Context(), test.target, test.o)
		e := AsError(err)
		if e == nil || e.Code != test.code || !strings.Contains(e.Msg, test.says) {
			t.Errorf("Dial(%q) = %v, want %d with %q", test.target, e, test.code, test.says)
		}
	}
}

// httpServer is something else that listens.
func httpServer(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		if err := http.Serve(l, http.NotFoundHandler()); !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { closes(t, l) })
	return l.Addr().String()
}

func TestTrustOnFirstUse(t *testing.T) {
	data, service := t.TempDir(), newEcho()
	first := serve(t, data, service, Limits{})
	address := first.Address().String()
	known := filepath.Join(t.TempDir(), "known")
	var met []string
	o := DialOptions{Known: known, NewServer: func(address, fingerprint string) error {
		met = append(met, address+" "+fingerprint)
		return nil
	}}
	for range 3 {
		dial(t, address, o)
	}
	if len(met) != 1 || met[0] != address+" "+first.Fingerprint() {
		t.Fatalf("told of %q, want %s once", met, first.Fingerprint())
	}
	if got, err := os.ReadFile(known); err != nil || string(got) != met[0]+"\n" {
		t.Errorf("known servers: %q, %v", got, err)
	}

	second := serve(t, t.TempDir(), service, Limits{})
	if err := os.WriteFile(known, []byte(second.Address().String()+" "+first.Fingerprint()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Dial(t.Context(), second.Address().String(), o)
	e := AsError(err)
	if e == nil || e.Code != objects.ConnectionFailure {
		t.Fatalf("changed certificate: %v, want 501", err)
	}
	for _, want := range []string{first.Fingerprint(), second.Fingerprint(), second.Address().String(), known} {
		if !strings.Contains(e.Error(), want) {
			t.Errorf("the refusal does not name %s:\n%v", want, e)
		}
	}

	o.NewServer = func(string, string) error { return errors.New("the operator says no") }
	o.Known = filepath.Join(t.TempDir(), "known")
	if _, err := Dial(t.Context(), address, o); AsError(err) == nil {
		t.Error("a server that the operator refused was dialled")
	}
	if text, err := os.ReadFile(o.Known); err != nil || len(text) != 0 {
		t.Errorf("a refused server is kept: %q, %v", text, err)
	}
	if _, err := Dial(t.Context(), address, DialOptions{CACert: filepath.Join(filepath.Dir(data), "..", "x")}); err == nil {
		t.Error("an absent file of authorities was accepted")
	}
}

// A pinned certificate is the only one that is taken, however its fingerprint
// is written; another one is refused with both named.
func TestPinnedFingerprint(t *testing.T) {
	s := serve(t, t.TempDir(), newEcho(), Limits{})
	address := s.Address().String()
	var shown string
	c := dial(t, address, DialOptions{NewServer: func(at, fingerprint string) error {
		if at != address {
			t.Errorf("asked about %s, dialled %s", at, address)
		}
		shown = fingerprint
		return nil
	}})
	if shown == "" || shown != c.Fingerprint {
		t.Fatalf("the server shows %q, the client has %q", shown, c.Fingerprint)
	}
	for _, pin := range []string{shown, strings.ToUpper(strings.TrimPrefix(shown, "sha256:"))} {
		logIn(t, dial(t, address, DialOptions{Fingerprint: pin, CACert: "/nowhere"}))
	}
	other := "sha256:" + strings.Repeat("0a", 32)
	_, err := Dial(t.Context(), address, DialOptions{Fingerprint: other})
	if e := objects.AsError(err); e == nil || e.Code != objects.ConnectionFailure || !strings.Contains(e.Error(), other) || !strings.Contains(e.Error(), shown) {
		t.Errorf("another certificate: %v", err)
	}
	_, err = Dial(t.Context(), address, DialOptions{Fingerprint: "sha256:0a"})
	if e := objects.AsError(err); e == nil || e.Code != objects.Invalid {
		t.Errorf("a fingerprint that is none: %v", err)
	}
	_, err = Dial(t.Context(), address, DialOptions{NewServer: func(string, string) error { return errors.New("no") }})
	if e := objects.AsError(err); e == nil || !strings.Contains(e.Error(), "no") {
		t.Errorf("a refused new server: %v", err)
	}
}

func TestForeignAuthorityIsRefused(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	serve(t, a, newEcho(), Limits{})
	other := serve(t, b, newEcho(), Limits{})
	_, err := Dial(t.Context(), other.Address().String(), DialOptions{CACert: filepath.Join(a, CertificateFile)})
	if e := AsError(err); e == nil || !strings.Contains(e.Msg, other.Fingerprint()) {
		t.Errorf("certificate of another server: %v", e)
	}
}

func TestIdentityOutlivesRestart(t *testing.T) {
	data := t.TempDir()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	first, err := Certificate(data, now)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Certificate(data, now.AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	if Fingerprint(first.Certificate[0]) != Fingerprint(again.Certificate[0]) {
		t.Error("the certificate changed with a restart")
	}
	if err := os.Remove(filepath.Join(data, KeyFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := Certificate(data, now); err == nil || !strings.Contains(err.Error(), KeyFile) {
		t.Errorf("certificate without key: %v", err)
	}
	if err := os.WriteFile(filepath.Join(data, KeyFile), []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Certificate(data, now); err == nil || !strings.Contains(err.Error(), data) {
		t.Errorf("rubbish as key: %v", err)
	}
}

func TestSocketFileOfADeadServerIsTakenOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), SocketFile)
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := listenUnix(path); err == nil || !strings.Contains(err.Error(), "another server answers") {
		t.Errorf("a live server's socket: %v", err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	closes(t, l)
	again, err := listenUnix(path)
	if err != nil {
		t.Fatalf("a dead server's socket: %v", err)
	}
	closes(t, again)
	if _, err := listenUnix(filepath.Join(t.TempDir(), strings.Repeat("x", 120))); err == nil || !strings.Contains(err.Error(), "107") {
		t.Errorf("long path: %v", err)
	}
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer closes(t, l)
	_, err = Listen(Config{Data: t.TempDir(), Address: l.Addr().String(), Admin: newEcho(), Guard: newEcho(), Clock: clock.Real{}})
	if err == nil || !strings.Contains(err.Error(), l.Addr().String()) || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("port in use: %v", err)
	}
}

func TestSessionIsReplacedWhenForgotten(t *testing.T) {
	data, service := t.TempDir(), newEcho()
	serve(t, data, service, Limits{})
	c := dial(t, "localhost", DialOptions{Data: data})
	logIn(t, c)
	service.forgetSessions()
	if err := get(t, c, "scope"); err != nil {
		t.Errorf("call after the session was forgotten: %v", err)
	}
	service.forgetSessions()
	stream, err := c.List(t.Context(), connect.NewRequest(&adminv1.ListRequest{Class: "scope", Limit: 1}))
	if err != nil {
		t.Fatal(err)
	}
	if !stream.Receive() {
		t.Errorf("stream after the session was forgotten: %v", stream.Err())
	}
	if service.logins != 3 {
		t.Errorf("%d logins, want 3", service.logins)
	}
	if _, err := c.Begin(t.Context(), connect.NewRequest(&adminv1.BeginRequest{})); err != nil {
		t.Fatal(err)
	}
	service.forgetSessions()
	if e := AsError(get(t, c, "scope")); e == nil || !strings.Contains(e.Msg, "transaction") {
		t.Errorf("call in a lost transaction: %v", e)
	}
	if err := get(t, c, "scope"); err != nil {
		t.Errorf("the call after that: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestGarbageLeavesTheServerUnharmed(t *testing.T) {
	data := t.TempDir()
	s := serve(t, data, newEcho(), Limits{MessageBytes: 1 << 20, HeaderWait: time.Second, BodyWait: time.Second, IdleWait: time.Second})
	known := DialOptions{Known: filepath.Join(data, "known")}
	dialRaw := func() net.Conn {
		conn, err := net.Dial("tcp", s.Address().String())
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	dialTLS := func() net.Conn {
		return tls.Client(dialRaw(), &tls.Config{InsecureSkipVerify: true})
	}
	dialUnix := func() net.Conn {
		conn, err := net.Dial("unix", filepath.Join(data, SocketFile))
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	big := bytes.Repeat([]byte("x"), 1<<20)
	path := adminv1connect.AdminLoginProcedure
	for _, attack := range []struct {
		name  string
		dial  func() net.Conn
		parts [][]byte
	}{
		{"random bytes instead of TLS", dialRaw, [][]byte{{0, 1, 2, 3, 255}, big}},
		{"plain HTTP on the TLS port", dialRaw, [][]byte{[]byte("GET / HTTP/1.1\r\n\r\n")}},
		{"garbage inside TLS", dialTLS, [][]byte{big[:1000], {0}, []byte("\r\n\r\n")}},
		{"endless header", dialTLS, repeat(append([]byte("GET / HTTP/1.1\r\nA: "), big...), 3)},
		{"64 MB login", dialUnix, repeat([]byte("POST "+path+" HTTP/1.1\r\nHost: x\r\nContent-Type: application/proto\r\nContent-Length: 67108864\r\n\r\n"), 1, repeat(big, 64)...)},
		{"64 MB call without a token", dialTLS, repeat([]byte("POST "+adminv1connect.AdminSetProcedure+" HTTP/1.1\r\nHost: x\r\nContent-Type: application/proto\r\nContent-Length: 67108864\r\n\r\n"), 1, repeat(big, 64)...)},
		{"wrong content", dialUnix, [][]byte{[]byte("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/proto\r\nContent-Length: 4\r\n\r\n\xff\xff\xff\xff")}},
		{"half a request", dialUnix, [][]byte{[]byte("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Le")}},
	} {
		t.Run(attack.name, func(t *testing.T) {
			// A session of its own: one from before may be idle for as long as
			// the server waits, and be closed just now.
			c := dial(t, s.Address().String(), known)
			logIn(t, c)
			conn := attack.dial()
			defer func() { _ = conn.Close() }() // the server may have closed it first
			expire(t, conn)
			for _, p := range attack.parts {
				if _, err := conn.Write(p); err != nil {
					break // the server has had enough
				}
			}
			if err := get(t, c, "scope"); err != nil {
				t.Errorf("another session during the attack: %v", err)
			}
			answer, _ := io.ReadAll(io.LimitReader(conn, 1<<20))
			if bytes.Contains(answer, []byte(" 200 ")) {
				t.Errorf("answered with success: %.200q", answer)
			}
		})
	}
	fresh := dial(t, "localhost", DialOptions{Data: data})
	logIn(t, fresh)
	if err := get(t, fresh, "scope"); err != nil {
		t.Errorf("a new session afterwards: %v", err)
	}
}

func closes(t *testing.T, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// expire lets waits on the connection end with the test's own deadline.
func expire(t *testing.T, c net.Conn) {
	t.Helper()
	deadline, ok := t.Deadline()
	if !ok {
		return
	}
	if err := c.SetDeadline(deadline); err != nil {
		t.Error(err)
	}
}

func repeat(first []byte, n int, more ...[]byte) [][]byte {
	var all [][]byte
	for range n {
		all = append(all, first)
	}
	return append(all, more...)
}

func TestMessageBeyondTheLimit(t *testing.T) {
	data := t.TempDir()
	serve(t, data, newEcho(), Limits{MessageBytes: 1 << 20})
	c := dial(t, "localhost", DialOptions{Data: data})
	logIn(t, c)
	err := get(t, c, strings.Repeat("x", 64<<20))
	if e := AsError(err); e == nil || e.Code != objects.TooMany && e.Code != objects.ConnectionFailure {
		t.Errorf("64 MB message: %v", e)
	}
	if err := get(t, c, "scope"); err != nil {
		t.Errorf("the session afterwards: %v", err)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	data := t.TempDir()
	s := serve(t, data, newEcho(), Limits{Connections: 4, PerSource: 2})
	var held []net.Conn
	for range 3 {
		conn, err := net.Dial("tcp", s.Address().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }() // some are closed below
		held = append(held, conn)
	}
	expire(t, held[2])
	if n, err := held[2].Read(make([]byte, 1)); err == nil {
		t.Fatalf("read %d bytes from a connection too many", n)
	}
	// The socket counts for itself.
	logIn(t, dial(t, "localhost", DialOptions{Data: data}))
	// A place that is given back is free again.
	closes(t, held[0])
	for {
		c, err := Dial(t.Context(), s.Address().String(), DialOptions{Known: filepath.Join(data, "known")})
		if err == nil {
			logIn(t, c)
			return
		}
		if t.Context().Err() != nil {
			t.Fatal(err)
		}
	}
}

func TestServerGone(t *testing.T) {
	data := t.TempDir()
	s, err := Listen(Config{Data: data, Admin: newEcho(), Guard: newEcho(), Clock: clock.Real{}})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve() }()
	c := dial(t, "localhost", DialOptions{Data: data})
	logIn(t, c)
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	e := AsError(get(t, c, "scope"))
	if e == nil || e.Code != objects.ConnectionFailure || !strings.Contains(e.Msg, data) {
		t.Errorf("call to a server that is gone: %v, want 501 naming the socket", e)
	}
}
