package admin

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	"leasehold/internal/clock"
	"leasehold/internal/engine"
	"leasehold/internal/eventlog"
	"leasehold/internal/lease"
	"leasehold/internal/netio"
	"leasehold/internal/packet"
	"leasehold/internal/store"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

var discard = slog.New(slog.DiscardHandler)

// waitClock tells the test that somebody waits.
type waitClock struct {
	*clock.Manual
	begun chan<- time.Duration
}

func (c waitClock) After(d time.Duration) <-chan time.Time {
	fires := c.Manual.After(d)
	c.begun <- d
	return fires
}

// world is a server as it stands in production, but for the network: a real
// configuration database, a real lease database, the real engine, and the
// admin service behind its sockets. The administration's clock is moved by the
// test.
type world struct {
	t       testing.TB
	data    string
	clock   *clock.Manual
	waits   chan time.Duration // what the administration waits for, as it begins to
	store   *store.ConfigDB
	leases  *store.LeaseDB
	engine  *engine.Server
	service *Service
	server  *rpc.Server
	log     strings.Builder
	root    *client // trusted, over the unix socket
	shut    func()
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, data: t.TempDir(), clock: clock.NewManual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)), waits: make(chan time.Duration, 1000)}
	w.open(nil)
	return w
}

// open starts the server on the data folder; wrap may put something between
// the administration and the engine.
func (w *world) open(wrap func(Runtime) Runtime) {
	w.t.Helper()
	must := func(err error) {
		if err != nil {
			w.t.Helper()
			w.t.Fatal(err)
		}
	}
	var err error
	w.store, err = openStore(w.data)
	must(err)
	w.leases, err = store.OpenLeases(filepath.Join(w.data, "leases.db"))
	must(err)
	table := lease.New()
	must(w.leases.Load(context.Background(), func(l lease.Lease) error { table.Load(l); return nil }))
	ctx, cancel := context.WithCancel(context.Background())
	w.engine = engine.New(engine.Deps{Clock: w.clock, Table: table, Store: w.leases, Net: netio.Silent{End: ctx.Done()}, Ports: packet.Ports{}, Workers: 1})
	var runtime Runtime = w.engine
	if wrap != nil {
		runtime = wrap(runtime)
	}
	w.service, err = New(context.Background(), Deps{
		Store: w.store, Runtime: runtime, Clock: waitClock{w.clock, w.waits}, Data: w.data, Cluster: "test",
		Log: eventlog.New(w.clock, discard, &w.log),
	})
	must(err)
	if report := w.service.Reload(context.Background(), false); len(report.Errors) > 0 {
		w.t.Fatalf("first reload: %v", report.Errors)
	}
	w.server, err = rpc.Listen(rpc.Config{Data: w.data, Address: "127.0.0.1:0", Admin: w.service, Guard: w.service, Clock: clock.Real{}})
	must(err)
	served := make(chan error, 1)
	go func() { served <- w.server.Serve() }()
	closed := false
	shut := func() {
		if closed {
			return
		}
		closed = true
		// Clients of the test may hold connections open.
		_ = w.server.Close()
		if err := <-served; err != nil {
			w.t.Error(err)
		}
		if err := w.engine.Stop(context.Background()); err != nil {
			w.t.Error(err)
		}
		cancel()
		if err := w.leases.Close(); err != nil {
			w.t.Error(err)
		}
		if err := w.store.Close(); err != nil {
			w.t.Error(err)
		}
	}
	w.shut = shut
	w.t.Cleanup(shut)
	w.root = w.connect("", "", false)
}

func openStore(data string) (*store.ConfigDB, error) {
	return store.OpenConfig(filepath.Join(data, "config.db"))
}

// reopen is a restart of the server.
func (w *world) reopen() {
	w.t.Helper()
	w.shut()
	w.open(nil)
}

// client is a session, with calls that fail the test.
type client struct {
	*rpc.Client
	t    testing.TB
	mode string
}

// dial connects over the unix socket or, with a password, over TLS.
func (w *world) dial(overTCP bool) *client {
	w.t.Helper()
	target := "unix:" + filepath.Join(w.data, rpc.SocketFile)
	if overTCP {
		target = w.server.Address().String()
	}
	c, err := rpc.Dial(context.Background(), target, rpc.DialOptions{CACert: filepath.Join(w.data, rpc.CertificateFile)})
	if err != nil {
		w.t.Fatal(err)
	}
	return &client{Client: c, t: w.t}
}

// connect opens a session: of root on the socket without a user, else over TLS.
func (w *world) connect(user, password string, readOnly bool) *client {
	w.t.Helper()
	c := w.dial(user != "")
	_, err := c.LogIn(context.Background(), &adminv1.LoginRequest{User: user, Password: password, ReadOnly: readOnly, ClientHost: "host"})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// firstPassword is that of the administrator admin.
func (w *world) firstPassword() string {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.data, initialPasswordFile))
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// The verbs, written as nrcmd writes them; the answer is the status.

func (c *client) create(class, name string, rest ...string) *objects.Error {
	r := &adminv1.CreateRequest{Class: class, Name: name, EditMode: c.mode}
	for _, word := range rest {
		attr, text, ok := strings.Cut(word, "=")
		switch {
		case !ok:
			r.Arguments = append(r.Arguments, word)
		case attr == "template" || attr == "clone":
			r.Clone = text
		default:
			r.Attributes = append(r.Attributes, &adminv1.Attribute{Name: attr, Text: text})
		}
	}
	a, err := c.Create(context.Background(), connect.NewRequest(r))
	return written(a, err)
}

func written(a *connect.Response[adminv1.WriteResponse], err error) *objects.Error {
	if err != nil {
		return rpc.AsError(err)
	}
	return rpc.ErrorOf(a.Msg.Status)
}

func (c *client) set(class, name string, rest ...string) *objects.Error {
	return c.setAt(0, class, name, rest...)
}

func (c *client) setAt(version uint64, class, name string, rest ...string) *objects.Error {
	r := &adminv1.SetRequest{Class: class, Name: name, EditMode: c.mode, ExpectedVersion: version}
	for _, word := range rest {
		attr, text, _ := strings.Cut(word, "=")
		r.Attributes = append(r.Attributes, &adminv1.Attribute{Name: attr, Text: text})
	}
	return written(c.Set(context.Background(), connect.NewRequest(r)))
}

func (c *client) unset(class, name string, attrs ...string) *objects.Error {
	return written(c.Unset(context.Background(), connect.NewRequest(&adminv1.UnsetRequest{Class: class, Name: name, Attributes: attrs, EditMode: c.mode})))
}

func (c *client) delete(class, name string) *objects.Error {
	return written(c.Delete(context.Background(), connect.NewRequest(&adminv1.DeleteRequest{Class: class, Name: name, EditMode: c.mode})))
}

func (c *client) deleteForced(class, name string) *objects.Error {
	return written(c.Delete(context.Background(), connect.NewRequest(&adminv1.DeleteRequest{Class: class, Name: name, EditMode: c.mode, Force: true})))
}

func (c *client) object(class, name string) (*adminv1.Object, *objects.Error) {
	a, err := c.Get(context.Background(), connect.NewRequest(&adminv1.GetRequest{Class: class, Name: name}))
	if err != nil {
		return nil, rpc.AsError(err)
	}
	return a.Msg.Object, nil
}

// value returns an attribute that was set; "" if it was not, or there is no
// such object.
func (c *client) value(class, name, attr string) string {
	o, err := c.object(class, name)
	if err != nil {
		return ""
	}
	for _, a := range o.Attributes {
		if a.Name == attr {
			return a.Text
		}
	}
	return ""
}

// text returns what holds for an attribute: its value or its default.
func (c *client) text(class *objects.Class, name string, a *objects.Attr) string {
	if text := c.value(class.Name, name, a.Name); text != "" {
		return text
	}
	return a.Default
}

// do runs a method; the answer is the status and the printed lines.
func (c *client) do(class, name, method string, args ...string) (*objects.Error, string) {
	a, err := c.Invoke(context.Background(), connect.NewRequest(&adminv1.InvokeRequest{Class: class, Name: name, Method: method, Arguments: args, EditMode: c.mode}))
	if err != nil {
		return rpc.AsError(err), ""
	}
	return rpc.ErrorOf(a.Msg.Status), strings.Join(a.Msg.Lines, "\n")
}

func (c *client) names(class, owner string) []string {
	c.t.Helper()
	l, err := c.List(context.Background(), connect.NewRequest(&adminv1.ListRequest{Class: class, Owner: owner, NamesOnly: true}))
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // its error is that of the stream
	var names []string
	for l.Receive() {
		for _, o := range l.Msg().Objects {
			names = append(names, o.Name)
		}
	}
	if l.Err() != nil {
		c.t.Fatal(l.Err())
	}
	return names
}

func (c *client) control(action string, force bool) *objects.Error {
	a, err := c.Control(context.Background(), connect.NewRequest(&adminv1.ControlRequest{Action: action, Force: force}))
	if err != nil {
		return rpc.AsError(err)
	}
	return rpc.ErrorOf(a.Msg.Status)
}

func (c *client) begin() *objects.Error {
	_, err := c.Begin(context.Background(), connect.NewRequest(&adminv1.BeginRequest{}))
	return rpc.AsError(err)
}

func (c *client) commit() *objects.Error {
	return written(c.Commit(context.Background(), connect.NewRequest(&adminv1.CommitRequest{EditMode: c.mode})))
}

func (c *client) rollback() *objects.Error {
	_, err := c.Rollback(context.Background(), connect.NewRequest(&adminv1.RollbackRequest{}))
	return rpc.AsError(err)
}

// ok fails the test unless the status is 100.
func (w *world) ok(e *objects.Error) {
	w.t.Helper()
	if e != nil {
		w.t.Fatalf("%v, want 100 Ok", e)
	}
}

// refused fails the test unless the status has the code and says the words.
func (w *world) refused(e *objects.Error, code objects.Code, words ...string) {
	w.t.Helper()
	if e == nil {
		w.t.Errorf("100 Ok, want %d with %q", code, words)
		return
	}
	if e.Code != code {
		w.t.Errorf("%v, want %d", e, code)
	}
	for _, word := range words {
		if !strings.Contains(e.Error(), word) {
			w.t.Errorf("%v\ndoes not say %q", e, word)
		}
	}
}

// is fails the test unless the two texts are the same.
func (w *world) is(got, want string) {
	w.t.Helper()
	if got != want {
		w.t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
