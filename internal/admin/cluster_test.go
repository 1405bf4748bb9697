package admin

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	"leasehold/internal/clock"
	"leasehold/internal/partner"
	"leasehold/internal/store"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
	"leasehold/pkg/rpc/adminv1/adminv1connect"
)

// knows gives here a cluster object for the server there.
func (here *world) knows(there *world, name string, more ...string) {
	here.t.Helper()
	host, port, err := net.SplitHostPort(there.server.Address().String())
	if err != nil {
		here.t.Fatal(err)
	}
	args := append([]string{host, "scp-port=" + port, "admin=admin", "password=" + there.firstPassword()}, more...)
	here.ok(here.root.create("cluster", name, args...))
}

// check is the command cluster <name> check.
func (here *world) check(name string) (*objects.Error, string) {
	return here.root.do("cluster", name, "check")
}

// dialled reaches a cluster as the server itself does.
func (here *world) dialled(name string) *partner.Conn {
	here.t.Helper()
	conn, err := here.service.reach(here.t.Context(), here.stored(name))
	if err != nil {
		here.t.Fatal(err)
	}
	here.t.Cleanup(conn.Close)
	return conn
}

func (here *world) stored(cluster string) *objects.Object {
	here.service.mu.RLock()
	defer here.service.mu.RUnlock()
	return here.service.stored.cfg.Get(objects.Cluster, cluster)
}

func fingerprintOf(t testing.TB, w *world) string {
	t.Helper()
	conn := w.dial(true)
	defer func() { _ = conn.Close() }()
	return conn.Fingerprint
}

// A cluster is reached with what its object says; the certificate that it
// shows first is kept and its name filled in.
func TestClusterCheck(t *testing.T) {
	here, there := newWorld(t), newWorld(t)
	here.knows(there, "boston")
	print := fingerprintOf(t, there)
	err, lines := here.check("Boston")
	here.ok(err)
	for _, want := range []string{"server: test", "fingerprint: " + print, "administrator: admin (full-admin)", "configuration: write "} {
		if !strings.Contains(lines, want) {
			t.Errorf("%s\ndoes not say %q", lines, want)
		}
	}
	here.is(here.root.value("cluster", "boston", "fingerprint"), print)
	here.is(here.root.value("cluster", "boston", "remote-id"), "test")
	if !strings.Contains(here.log.String(), print) {
		t.Errorf("the log does not tell the fingerprint that is kept:\n%s", here.log.String())
	}
	version, e := here.store.Version(t.Context())
	if e != nil {
		t.Fatal(e)
	}
	err, _ = here.check("boston")
	here.ok(err)
	if again, e := here.store.Version(t.Context()); e != nil || again != version {
		t.Errorf("the second contact wrote to the configuration: write %d, was %d (%v)", again, version, e)
	}
	there.ok(there.root.create("admin", "reader", "password=read-only-1", "roles=read-only"))
	here.ok(here.root.set("cluster", "boston", "admin=reader", "password=read-only-1"))
	err, _ = here.check("boston")
	here.refused(err, objects.OkWithWarnings, "full-admin")
}

// What keeps a cluster from being reached is told with its name, its address
// and the way out.
func TestClusterTroubles(t *testing.T) {
	here, there := newWorld(t), newWorld(t)
	here.knows(there, "boston")
	address := there.server.Address().String()
	err, _ := here.check("bosten")
	here.refused(err, objects.NotFound, "boston")

	here.ok(here.root.unset("cluster", "boston", "password"))
	err, _ = here.check("boston")
	here.refused(err, objects.LoginFailure, `"boston"`, address, "cluster boston set password=")
	here.ok(here.root.set("cluster", "boston", "password=not-this-one"))
	go func() { // the other server makes a guesser wait
		for range there.waits {
			there.clock.Advance(time.Minute)
		}
	}()
	err, _ = here.check("boston")
	here.refused(err, objects.LoginFailure, `"boston"`, address, `"admin"`, "cluster boston set admin=")
	if fingerprint := here.root.value("cluster", "boston", "fingerprint"); fingerprint != "" {
		t.Errorf("a server that refused us was pinned: %s", fingerprint)
	}

	other := "sha256:" + strings.Repeat("0a", 32)
	here.ok(here.root.set("cluster", "boston", "password="+there.firstPassword(), "fingerprint="+other))
	err, _ = here.check("boston")
	here.refused(err, objects.ConnectionFailure, `"boston"`, address, other, fingerprintOf(t, there), "cluster boston set fingerprint=")

	here.refused(here.root.unset("cluster", "boston", "fingerprint"), objects.OkWithWarnings, "password was dropped")
	here.ok(here.root.set("cluster", "boston", "password=x"))
	there.shut()
	err, _ = here.check("boston")
	here.refused(err, objects.ConnectionFailure, `"boston"`, address, "refused", "cluster boston set ipaddr=")
	if strings.Count(err.Msg, address) != 1 {
		t.Errorf("the address is there more than once: %s", err.Msg)
	}
}

// Whoever may edit clusters may point one at a machine of theirs; the password
// that is stored for the server meant before does not go there.
func TestClusterPasswordStaysWithItsServer(t *testing.T) {
	here, there := newWorld(t), newWorld(t)
	here.knows(there, "my boston")
	err, _ := here.check("my boston")
	here.ok(err)
	password := "password=" + there.firstPassword()
	here.ok(here.root.create("admin", "limited", "password=secret99", "roles=edit-cluster"))
	limited := here.connect("limited", "secret99", false)
	for _, change := range []func() *objects.Error{
		func() *objects.Error { return limited.set("cluster", "my boston", "ipaddr=127.0.0.3") },
		func() *objects.Error { return limited.set("cluster", "my boston", "scp-port=4321") },
		func() *objects.Error {
			return limited.set("cluster", "my boston", "fingerprint=sha256:"+strings.Repeat("0a", 32))
		},
		func() *objects.Error { return limited.unset("cluster", "my boston", "fingerprint") },
		func() *objects.Error { return limited.unset("cluster", "my boston", "scp-port") },
	} {
		here.ok(here.root.set("cluster", "my boston", "scp-port=77", "fingerprint=sha256:"+strings.Repeat("0b", 32), password))
		here.refused(change(), objects.OkWithWarnings, `cluster "my boston": its password was dropped`, `'cluster "my boston" set password=<password>'`)
		here.is(here.root.value("cluster", "my boston", "password"), "")
		err, _ := limited.do("cluster", "my boston", "check")
		here.refused(err, objects.LoginFailure, "is missing")
	}
	here.ok(here.root.set("cluster", "my boston", password))
	here.ok(limited.set("cluster", "my boston", "description=x", "ipaddr="+here.root.value("cluster", "my boston", "ipaddr")))
	here.is(here.root.value("cluster", "my boston", "password"), hidden)
	here.ok(here.root.begin())
	here.refused(here.root.set("cluster", "my boston", "scp-port=99"), objects.OkWithWarnings, "password was dropped")
	here.ok(here.root.commit())
	here.is(here.root.value("cluster", "my boston", "password"), "")
}

// olderAdmin is a server that knows only how to log in.
type olderAdmin struct {
	adminv1connect.UnimplementedAdminHandler
}

func (olderAdmin) Login(context.Context, *connect.Request[adminv1.LoginRequest]) (*connect.Response[adminv1.LoginResponse], error) {
	return connect.NewResponse(&adminv1.LoginResponse{Token: "x", ServerVersion: "0.1", Cluster: "old"}), nil
}

// A server that does not know the call is told from one that fails.
func TestClusterOfOlderVersion(t *testing.T) {
	here := newWorld(t)
	_, handler := adminv1connect.NewAdminHandler(olderAdmin{})
	for name, h := range map[string]http.Handler{
		"a service without the call": handler,
		"no such path": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != adminv1connect.AdminLoginProcedure {
				http.NotFound(w, r)
				return
			}
			handler.ServeHTTP(w, r)
		}),
	} {
		t.Run(name, func(t *testing.T) {
			here.t = t
			server := httptest.NewUnstartedServer(h)
			server.StartTLS()
			defer server.Close()
			_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
			here.ok(here.root.create("cluster", "old", "127.0.0.1", "scp-port="+port, "admin=a", "password=b"))
			err, _ := here.check("old")
			here.refused(err, objects.NotSupported, `cluster "old" at 127.0.0.1:`+port, "version 0.1", "older")
			conn := here.dialled("old")
			_, err = conn.Apply(t.Context(), partner.Change{})
			here.refused(err, objects.NotSupported, "older")
			here.ok(here.root.delete("cluster", "old"))
		})
	}
	here.t = t
}

// newerAdmin has objects that this program knows nothing of.
type newerAdmin struct {
	olderAdmin
	object *adminv1.Object
}

func (n newerAdmin) Snapshot(_ context.Context, _ *connect.Request[adminv1.SnapshotRequest], stream *connect.ServerStream[adminv1.SnapshotResponse]) error {
	return stream.Send(&adminv1.SnapshotResponse{Version: 1, Objects: []*adminv1.Object{n.object}})
}

func TestClusterWithUnknownObjects(t *testing.T) {
	here := newWorld(t)
	for object, says := range map[*adminv1.Object]string{
		wire("wormhole", "x"):                  `"wormhole"`,
		wire("policy", "x", "colour", "green"): `policy "x" with the attribute "colour"`,
	} {
		_, handler := adminv1connect.NewAdminHandler(newerAdmin{object: object})
		server := httptest.NewUnstartedServer(handler)
		server.StartTLS()
		defer server.Close()
		_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
		here.ok(here.root.create("cluster", "new", "127.0.0.1", "scp-port="+port, "admin=a", "password=b"))
		err, _ := here.check("new")
		here.refused(err, objects.NotSupported, `cluster "new"`, says, "0.1")
		here.ok(here.root.delete("cluster", "new"))
	}
}

// Two servers: what one reads of the other, changed and applied, is there.
func TestClusterSnapshotAndApply(t *testing.T) {
	here, there := newWorld(t), applyWorld(t)
	here.knows(there, "boston")
	conn := here.dialled("boston")
	if conn.Cluster != "boston" || conn.Address != there.server.Address().String() {
		t.Errorf("connected to %q at %s", conn.Cluster, conn.Address)
	}
	snapshot, err := conn.Snapshot(t.Context(), true)
	here.ok(err)
	if got := objects.ClusterPassword.Of(snapshot.Config.Get(objects.Cluster, "boston")); got != "hush-hush" {
		t.Errorf("the secret came as %q", got)
	}
	guests := snapshot.Config.Get(objects.Policy, "guests").Clone()
	guests.Attrs["grace-period"] = "77s"
	change := partner.Change{Expected: snapshot.Version, Put: []*objects.Object{guests}, Delete: []*objects.Object{objects.New(objects.Vpn, "red")}, Reason: "a test", DryRun: true}
	would, err := conn.Apply(t.Context(), change)
	here.ok(err)
	change.DryRun = false
	did, err := conn.Apply(t.Context(), change)
	here.ok(err)
	if len(did.Changes) != len(would.Changes) || len(did.Changes) == 0 || did.Version != snapshot.Version+1 {
		t.Errorf("did %v\nwould have done %v", did, would)
	}
	here.is(there.root.value("policy", "guests", "grace-period"), "1m17s")
	_, err = conn.Apply(t.Context(), change)
	here.refused(err, objects.AlreadyLocked, `cluster "boston"`, "in the meantime", "policy")
	lines, err := conn.Reload(t.Context(), false)
	here.ok(err)
	if running := there.engine.Config().Get(objects.Vpn, "red"); running != nil {
		t.Errorf("the reload, %q, did not take it", lines)
	}
	// Who did it is in the other server's change log.
	changes, e := there.root.Changes(t.Context(), connect.NewRequest(&adminv1.ChangesRequest{Limit: 1}))
	if e != nil || changes.Msg.Changes[0].Who != "admin@test" || changes.Msg.Changes[0].Reason != "a test" {
		t.Errorf("the change log says %v (%v)", changes, e)
	}
}

// A large configuration comes in several messages.
func TestClusterWithMuch(t *testing.T) {
	here, there := newWorld(t), newWorld(t)
	here.knows(there, "boston")
	conn := here.dialled("boston")
	var put []*objects.Object
	for i := range 1700 {
		o := objects.New(objects.Policy, "p"+strings.Repeat("x", i%7)+string(rune('a'+i%26))+time.Duration(i).String())
		o.Attrs["grace-period"] = "60s"
		put = append(put, o)
	}
	_, err := conn.Apply(t.Context(), partner.Change{Put: put})
	here.ok(err)
	snapshot, err := conn.Snapshot(t.Context(), false)
	here.ok(err)
	if n := snapshot.Config.Len(objects.Policy); n != 1702 {
		t.Errorf("%d policies came", n)
	}
}

// The network goes in the middle: both calls end with what was under way.
func TestClusterLostInTheMiddle(t *testing.T) {
	here := newWorld(t)
	gone := make(chan func(), 1)
	_, handler := adminv1connect.NewAdminHandler(stallingAdmin{gone: gone})
	server := httptest.NewUnstartedServer(handler)
	server.StartTLS()
	defer server.Close()
	through := newCutter(t, "127.0.0.1", server.Listener.Addr().String(), plenty)
	_, port, _ := net.SplitHostPort(through.address())
	here.ok(here.root.create("cluster", "far", "127.0.0.1", "scp-port="+port, "admin=a", "password=b"))
	conn := here.dialled("far")
	gone <- through.cut
	_, err := conn.Snapshot(t.Context(), true)
	here.refused(err, objects.ConnectionFailure, `cluster "far"`, "lost while reading its configuration")
	_, err = conn.Apply(t.Context(), partner.Change{})
	here.refused(err, objects.ConnectionFailure, `cluster "far"`)
}

// stallingAdmin sends the beginning of a snapshot; then the network goes.
type stallingAdmin struct {
	olderAdmin
	gone chan func()
}

func (s stallingAdmin) Snapshot(ctx context.Context, _ *connect.Request[adminv1.SnapshotRequest], stream *connect.ServerStream[adminv1.SnapshotResponse]) error {
	if err := stream.Send(&adminv1.SnapshotResponse{Version: 1}); err != nil {
		return err
	}
	(<-s.gone)()
	<-ctx.Done()
	return ctx.Err()
}

// A partner that is silent without its connection breaking is given up.
func TestClusterFallsSilent(t *testing.T) {
	here := newWorld(t)
	release := make(chan func(), 1)
	_, handler := adminv1connect.NewAdminHandler(stallingAdmin{gone: release})
	server := httptest.NewUnstartedServer(handler)
	server.StartTLS()
	defer server.Close()
	release <- func() {}
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	here.ok(here.root.create("cluster", "far", "127.0.0.1", "scp-port="+port, "admin=a", "password=b"))
	conn, err := partner.Dialer{Timeout: 50 * time.Millisecond}.Dial(t.Context(), here.stored("far"))
	here.ok(err)
	defer conn.Close()
	_, err = conn.Snapshot(t.Context(), true)
	here.refused(err, objects.ConnectionFailure, "no answer in time")
}

// A cluster that was pinned and set up anew is not logged in to.
func TestClusterSetUpAnew(t *testing.T) {
	here, there := newWorld(t), newWorld(t)
	here.knows(there, "boston")
	err, _ := here.check("boston")
	here.ok(err)
	before := fingerprintOf(t, there)
	address := there.server.Address().String()
	there.shut()
	for _, name := range []string{rpc.CertificateFile, rpc.KeyFile} {
		if err := os.Remove(filepath.Join(there.data, name)); err != nil {
			t.Fatal(err)
		}
	}
	anew, e := rpc.Listen(rpc.Config{Data: there.data, Address: address, Admin: olderAdmin{}, Guard: there.service, Clock: clock.Real{}})
	if e != nil {
		t.Fatal(e)
	}
	served := make(chan error, 1)
	go func() { served <- anew.Serve() }()
	defer func() {
		_ = anew.Close()
		<-served
	}()
	err, _ = here.check("boston")
	here.refused(err, objects.ConnectionFailure, before, "set up anew")
}

// A server whose key of secrets is gone says which secret it has lost, and
// goes on without it.
func TestSecretIsLost(t *testing.T) {
	w := applyWorld(t)
	w.shut()
	if err := os.Remove(filepath.Join(w.data, store.SecretKeyFile)); err != nil {
		t.Fatal(err)
	}
	w.open(nil)
	if !strings.Contains(w.log.String(), `The secret password of cluster "boston" cannot be read: `) {
		t.Errorf("the log does not name it:\n%s", w.log.String())
	}
	w.is(w.root.value("cluster", "boston", "password"), "")
	err, _ := w.check("boston")
	w.refused(err, objects.LoginFailure, `the password of administrator`, "is missing", "cluster boston set password=")
	w.ok(w.root.set("cluster", "boston", "password=hush-again"))
	w.reopen()
	w.is(w.root.value("cluster", "boston", "password"), hidden)
}

// A key of which the secret is lost keeps no server from serving; it is told by
// name at each reload.
func TestLostSecretOfAKeyStopsNothing(t *testing.T) {
	w := newWorld(t)
	w.ok(w.root.create("key", "names", "c2VjcmV0LTEx"))
	w.ok(w.root.create("key", "other", "c2VjcmV0LTEx"))
	w.ok(w.root.create("dhcp-dns-update", "zone", "dynamic-dns=update-all", "server-key=names"))
	w.ok(w.root.create("scope", "office", "10.1.0.0", "255.255.255.0", "ranges=10.1.0.10-10.1.0.20"))
	w.shut()
	if err := os.Remove(filepath.Join(w.data, store.SecretKeyFile)); err != nil {
		t.Fatal(err)
	}
	w.open(nil)
	err, lines := w.root.do("dhcp", "", "reload")
	if err == nil || err.Code != objects.OkWithWarnings || !strings.Contains(lines, `key "names" has no secret`) || !strings.Contains(lines, "'key other set secret=<secret>'") {
		t.Fatalf("reload: %v\n%s", err, lines)
	}
	if !w.engine.Running() || w.engine.Config().Get(objects.Scope, "office") == nil {
		t.Error("the server does not serve")
	}
	w.refused(w.root.unset("key", "names", "secret"), objects.RequiredAttribute)
	w.refused(w.root.create("key", "third"), objects.TooFewArguments, "secret")
	w.ok(w.root.set("key", "names", "secret=c2VjcmV0LTEy"))
	w.ok(w.root.set("key", "other", "secret=c2VjcmV0LTEy"))
	w.ok(w.root.control("reload", false))
}
