package admin

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	"leasehold/internal/engine"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// leases imports n leases from the address on, and leaves import-mode again.
func (w *world) lease(first string, n int) {
	w.t.Helper()
	w.ok(w.root.set("dhcp", "", "import-mode=enabled"))
	w.ok(w.root.control("reload", false))
	answer := w.imported(first, n)
	if answer.Imported != uint64(n) {
		w.t.Fatalf("import: %v", answer)
	}
	w.ok(w.root.set("dhcp", "", "import-mode=disabled"))
	w.ok(w.root.control("reload", false))
}

func (w *world) imported(first string, n int) *adminv1.ImportLeasesResponse {
	w.t.Helper()
	answer, err := w.tryImport(first, n)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer
}

func (w *world) tryImport(first string, n int) (*adminv1.ImportLeasesResponse, *objects.Error) {
	w.t.Helper()
	stream := w.root.ImportLeases(context.Background())
	addr := netip.MustParseAddr(first)
	now := w.clock.Now().Unix()
	for i := 0; i < n; {
		m := &adminv1.ImportLeasesRequest{}
		for ; i < n && len(m.Leases) < 1000; i++ {
			mac := binary.BigEndian.AppendUint32([]byte{2, 0}, uint32(i))
			m.Leases = append(m.Leases, &adminv1.ImportedLease{
				Line: uint32(i + 1), Htype: 1, Hardware: mac, Address: addr.String(),
				Start: now - 60, Expiration: now + 3600, LastTransaction: now - 60,
			})
			addr = addr.Next()
		}
		m.Complete = i == n
		if err := stream.Send(m); err != nil {
			break // the answer says why
		}
	}
	answer, err := stream.CloseAndReceive()
	if err != nil {
		return nil, rpc.AsError(err)
	}
	return answer.Msg, nil
}

func (w *world) leaseNames(r *adminv1.ListLeasesRequest) []string {
	w.t.Helper()
	l, err := w.root.ListLeases(context.Background(), connect.NewRequest(r))
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // its error is that of the stream
	var names []string
	for l.Receive() {
		if n := len(l.Msg().Objects); n > page {
			w.t.Errorf("a page of %d leases", n)
		}
		for _, o := range l.Msg().Objects {
			names = append(names, o.Name)
		}
	}
	if l.Err() != nil {
		w.t.Fatal(rpc.AsError(l.Err()))
	}
	return names
}

func TestReloadTakesTheStoredConfiguration(t *testing.T) {
	w := newWorld(t)
	w.ok(w.root.create("scope", "a", "10.1.0.0/24"))
	difference := func() string {
		a, err := w.root.Difference(context.Background(), connect.NewRequest(&adminv1.DifferenceRequest{}))
		if err != nil {
			t.Fatal(rpc.AsError(err))
		}
		return lines(a.Msg.Changes)
	}
	w.is(difference(), `create scope a subnet "">"10.1.0.0/24"`)
	w.is(w.printed("scope", "", "report-staged-edits"), "a")
	_, err := w.root.object("lease", "10.1.0.5")
	w.refused(err, objects.NotFound)
	w.ok(w.root.control("reload", false))
	w.is(difference(), "")
	w.is(w.printed("scope", "", "report-staged-edits"), "")
	w.ok(w.root.set("scope", "a", "bootp=true"))
	w.is(difference(), `set scope a bootp "">"true"`)
	w.ok(w.root.unset("scope", "a", "bootp"))
	// An embedded policy that holds nothing is none.
	w.ok(w.root.set("scope-policy", "a", "grace-period=1h"))
	w.is(difference(), `create scope-policy a grace-period "">"1h"`)
	w.ok(w.root.unset("scope-policy", "a", "grace-period"))
	w.is(difference(), "")
	w.ok(w.root.set("scope", "a", "bootp=true"))
	w.ok(w.root.delete("scope", "a"))
	w.is(difference(), `delete scope a subnet "10.1.0.0/24">""`)
	w.refused(w.root.control("relaod", false), objects.UnknownKeyword, "relaod")
}

func TestInvalidConfigurationIsNotLoaded(t *testing.T) {
	w := newWorld(t)
	w.ok(w.root.create("scope", "a", "10.1.0.0/24"))
	w.ok(w.root.create("client", "odd-name"))
	w.ok(w.root.create("client", "other-name"))
	w.ok(w.root.set("dhcp", "", "validate-client-name-as-mac=true"))
	running := w.engine.Config()
	e := w.root.control("reload", false)
	w.refused(e, objects.InvalidName, "2 reasons", "odd-name", "other-name", "the running one stays")
	if w.engine.Config() != running {
		t.Error("the running configuration has changed")
	}
	err, _ := w.root.do("server", "", "reload")
	w.refused(err, objects.InvalidName, "odd-name")
	if !strings.Contains(w.log.String(), "odd-name") || !strings.Contains(w.log.String(), "other-name") {
		t.Error("the log does not say every reason")
	}
	w.ok(w.root.unset("dhcp", "", "validate-client-name-as-mac"))
	w.ok(w.root.control("reload", false))
}

func TestScopesWithLiveLeases(t *testing.T) {
	w := newWorld(t)
	w.ok(w.root.create("scope", "a", "10.1.0.0/24"))
	err, _ := w.root.do("scope", "a", "addRange", "10", "100")
	w.ok(err)
	w.lease("10.1.0.10", 5)
	w.is(w.root.value("lease", "10.1.0.12", "state"), "leased")
	w.refused(w.root.delete("scope", "a"), objects.GenericError, `scope "a" holds 5 live leases`, "force")
	// Reshaping is refused where it happens, at the reload.
	err, _ = w.root.do("scope", "a", "removeRange", "10", "12")
	w.ok(err)
	e := w.root.control("reload", false)
	if e == nil || !e.Code.Failed() || !strings.Contains(e.Error(), `"a"`) {
		t.Errorf("reload without addresses that are leased: %v", e)
	}
	err, _ = w.root.do("scope", "a", "addRange", "10", "12")
	w.ok(err)
	w.ok(w.root.deleteForced("scope", "a"))
	e = w.root.control("reload", false)
	w.refused(e, objects.OkWithWarnings)
	_, e = w.root.object("lease", "10.1.0.12")
	w.refused(e, objects.NotFound)
	// The leases come back with the scope.
	w.ok(w.root.create("scope", "again", "10.1.0.0/24"))
	err, _ = w.root.do("scope", "again", "addRange", "10", "100")
	w.ok(err)
	w.ok(w.root.control("reload", false))
	w.is(w.root.value("lease", "10.1.0.12", "state"), "leased")
	// And by force of the reload.
	w.ok(w.root.deleteForced("scope", "again"))
	w.ok(w.root.create("scope", "again", "10.1.0.0/24"))
	w.refused(w.root.control("reload", true), objects.OkWithWarnings)
}

// stubborn is a running server that refuses configurations on demand.
type stubborn struct {
	Runtime
	check, reload *objects.Error
	risk          *objects.Error // of a configuration without a pair, that force takes
}

func (s *stubborn) Check(cfg *objects.Config, force bool) engine.Report {
	if s.check != nil {
		return engine.Report{Errors: []*objects.Error{s.check}}
	}
	if s.risk != nil && !force && len(cfg.All(objects.FailoverPair)) == 0 {
		return engine.Report{Errors: []*objects.Error{s.risk}, Risks: 1}
	}
	return s.Runtime.Check(cfg, force)
}

func (s *stubborn) Reload(cfg *objects.Config, force bool) engine.Report {
	if s.reload != nil {
		return engine.Report{Errors: []*objects.Error{s.reload}}
	}
	return s.Runtime.Reload(cfg, force)
}

func TestSynchronousMode(t *testing.T) {
	w := &world{t: t, data: t.TempDir(), clock: newWorld(t).clock}
	runtime := &stubborn{}
	w.open(func(r Runtime) Runtime { runtime.Runtime = r; return runtime })
	c := w.root
	w.ok(c.create("policy", "staged"))
	c.mode = "synchronous"
	w.ok(c.create("scope", "a", "10.1.0.0/24"))
	if running := w.engine.Config(); running.Get(objects.Scope, "a") == nil || running.Get(objects.Policy, "staged") != nil {
		t.Error("the running server must have the scope, and not what is staged")
	}
	err, _ := c.do("scope", "a", "addRange", "10", "20")
	w.ok(err)
	w.is(c.value("lease", "10.1.0.10", "state"), "available")
	err, _ = c.do("scope", "a", "addReservation", "10.1.0.99", "00:11:22:33:44:55")
	w.refused(err, objects.LeaseCreated)
	w.is(c.value("lease", "10.1.0.99", "reservation-lookup-key"), "1,6,00:11:22:33:44:55")

	runtime.check = objects.Errorf(objects.Invalid, "the server does not like it")
	w.refused(c.create("scope", "b", "10.2.0.0/24"), objects.Invalid, "does not like it", "nothing was stored")
	_, missing := c.object("scope", "b")
	w.refused(missing, objects.NotFound)
	w.ok(c.begin())
	w.ok(c.create("scope", "b", "10.2.0.0/24"))
	w.refused(c.commit(), objects.Invalid, "does not like it")
	w.ok(c.rollback())
	runtime.check = nil
	runtime.reload = objects.Errorf(objects.Invalid, "changed its mind")
	w.refused(c.create("scope", "b", "10.2.0.0/24"), objects.OkWithWarnings, "stored", "changed its mind")
	runtime.reload = nil
	w.is(c.value("scope", "b", "subnet"), "10.2.0.0/24")
	w.ok(c.begin())
	w.ok(c.create("scope", "c", "10.3.0.0/24"))
	if w.engine.Config().Get(objects.Scope, "c") != nil {
		t.Error("a change of an open transaction runs")
	}
	w.ok(c.commit())
	if w.engine.Config().Get(objects.Scope, "c") == nil {
		t.Error("the committed transaction does not run")
	}
	w.ok(c.delete("scope", "c"))
	if w.engine.Config().Get(objects.Scope, "c") != nil {
		t.Error("the deleted scope still runs")
	}
	c.mode = "staged"
	w.lease("10.1.0.10", 2)
	c.mode = "synchronous"
	w.refused(c.delete("scope", "a"), objects.GenericError, "2 live leases")
	w.ok(c.deleteForced("scope", "a"))
	if w.engine.Config().Get(objects.Scope, "a") != nil {
		t.Error("the scope that was deleted by force still runs")
	}
}

// A scope that is deleted by force with other changes forces nothing but the loss
// of its leases.
func TestForceOfAScopeTakesNoOtherRisk(t *testing.T) {
	w := &world{t: t, data: t.TempDir(), clock: newWorld(t).clock}
	runtime := &stubborn{}
	w.open(func(r Runtime) Runtime { runtime.Runtime = r; return runtime })
	c := w.root
	c.mode = "synchronous"
	w.ok(c.create("scope", "a", "10.1.0.0/24"))
	err, _ := c.do("scope", "a", "addRange", "10", "20")
	w.ok(err)
	w.ok(c.create("failover-pair", "p", "10.0.0.1", "10.0.0.2", "addMatch", "10.9.0.0/16"))
	w.lease("10.1.0.10", 2)
	runtime.risk = objects.Errorf(objects.Invalid, "both give the same addresses")
	w.ok(c.begin())
	w.ok(c.deleteForced("scope", "a"))
	w.ok(c.delete("failover-pair", "p"))
	w.refused(c.commit(), objects.Invalid, "both give the same addresses", "nothing was stored")
	w.ok(c.rollback())
	w.ok(c.deleteForced("scope", "a"))
}

func TestStoreFailureChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.ok(w.root.create("policy", "before"))
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	w.refused(w.root.create("policy", "after"), objects.GenericError, "could not be stored")
	w.refused(w.root.set("policy", "before", "grace-period=1h"), objects.GenericError)
	_, err := w.root.object("policy", "after")
	w.refused(err, objects.NotFound)
	w.is(w.root.value("policy", "before", "grace-period"), "")
	if !strings.Contains(w.log.String(), "could not be stored") {
		t.Error("the log does not say so")
	}
	// For the world's end.
	again, e := openStore(w.data)
	if e != nil {
		t.Fatal(e)
	}
	w.store = again
}

func TestImport(t *testing.T) {
	w := newWorld(t)
	w.ok(w.root.create("scope", "a", "10.1.0.0/16"))
	err, _ := w.root.do("scope", "a", "addRange", "10.1.0.1", "10.1.255.254")
	w.ok(err)
	w.ok(w.root.control("reload", false))
	_, e := w.tryImport("10.1.0.1", 1)
	w.refused(e, objects.ImportFailure, "import-mode")
	w.ok(w.root.set("dhcp", "", "import-mode=true"))
	_, e = w.tryImport("10.1.0.1", 1)
	w.refused(e, objects.ImportFailure, "import-mode") // not before the reload
	w.ok(w.root.control("reload", false))
	const n = 2500
	if a := w.imported("10.1.0.1", n); a.Imported != n || a.Status.Code != 100 {
		t.Errorf("import: %v", a)
	}
	a := w.imported("10.9.0.1", 3)
	if a.Imported != 0 || len(a.Refused) != 3 || !strings.HasPrefix(a.Refused[1], "line 2: 10.9.0.2: ") || a.Status.Code != int32(objects.ImportFailure) {
		t.Errorf("import of addresses in no scope: %v", a)
	}
	names := w.leaseNames(&adminv1.ListLeasesRequest{Scope: "a"})
	if len(names) != n || names[0] != "10.1.0.1" || names[n-1] != "10.1.9.196" {
		t.Errorf("%d leases from %s to %s", len(names), names[0], names[len(names)-1])
	}
	if got := w.leaseNames(&adminv1.ListLeasesRequest{Vpn: "all", Subnet: "10.1.0.0/28", States: []string{"leased"}}); len(got) != 15 {
		t.Errorf("leases of the subnet: %q", got)
	}
	if got := w.leaseNames(&adminv1.ListLeasesRequest{Client: "1,6,02:00:00:00:00:07"}); fmt.Sprint(got) != "[10.1.0.8]" {
		t.Errorf("leases of the client: %q", got)
	}
	w.reopen()
	if got := w.leaseNames(&adminv1.ListLeasesRequest{Scope: "a"}); len(got) != n {
		t.Errorf("%d leases after a restart", len(got))
	}
}

func TestLeaseMethods(t *testing.T) {
	w := newWorld(t)
	c := w.root
	w.ok(c.create("scope", "a", "10.1.0.0/24"))
	err, _ := c.do("scope", "a", "addRange", "10", "20")
	w.ok(err)
	w.lease("10.1.0.10", 3)
	w.is(w.printed("lease", "10.1.0.10", "get-scope-name"), "a")
	act := func(address, method string) *objects.Error {
		err, _ := c.do("lease", address, method)
		return err
	}
	w.ok(act("10.1.0.10", "deactivate"))
	if flags := c.value("lease", "10.1.0.10", "flags"); !strings.Contains(flags, "deactivated") {
		t.Errorf("flags of a deactivated lease: %q", flags)
	}
	w.ok(act("10.1.0.10", "activate"))
	w.refused(act("10.1.0.10", "forceAvailable"), objects.OkWithWarnings, "lease 10.1.0.10 has ended, but its client, 1,6,02:00:00:00:00:00, was not told", "until Sun Mar  1 13:00:00 2026")
	w.is(c.value("lease", "10.1.0.10", "state"), "available")
	w.refused(act("10.9.0.1", "force-available"), objects.NotFound)
	w.refused(act("10.1.0.15", "send-reservation"), objects.NotFound, "reservation")
	w.ok(c.create("reservation", "10.1.0.15", "00:11:22:33:44:55"))
	w.ok(act("10.1.0.15", "send-reservation"))
	w.is(c.value("lease", "10.1.0.15", "reservation-lookup-key"), "1,6,00:11:22:33:44:55")
	w.ok(act("10.1.0.15", "delete-reservation"))
	w.is(c.value("lease", "10.1.0.15", "reservation-lookup-key"), "")
	if out := w.printed("scope", "a", "getUtilization"); !strings.Contains(out, "total = 11\n") || !strings.Contains(out, "leased = 2\n") {
		t.Errorf("getUtilization:\n%s", out)
	}
	a, e := c.Invoke(context.Background(), connect.NewRequest(&adminv1.InvokeRequest{Class: "scope", Name: "a", Method: "listLeases"}))
	if e != nil || len(a.Msg.Objects) != 11 {
		t.Errorf("listLeases: %v, %v", a, e)
	}
	err, _ = c.do("scope", "a", "clearUnavailable")
	w.ok(err)
	if !strings.Contains(w.log.String(), "lease 10.1.0.10 force-available: 101 OK, with warnings") {
		t.Errorf("the log does not tell of the lease commands:\n%s", w.log.String())
	}
	u, e := c.Utilization(context.Background(), connect.NewRequest(&adminv1.UtilizationRequest{Scope: "a"}))
	if e != nil || len(u.Msg.Scopes) != 1 || u.Msg.Scopes[0].Leased != 2 {
		t.Errorf("Utilization: %v, %v", u, e)
	}
	err, _ = c.do("dhcp", "", "limitationList", "10.1.0.11", "zz", "show")
	w.refused(err, objects.Invalid, "zz")
}

func TestServerCommands(t *testing.T) {
	w := newWorld(t)
	c := w.root
	for _, class := range []string{"dhcp", "server"} {
		err, _ := c.do(class, "", "start")
		w.ok(err)
		if out := w.printed(class, "", "getHealth"); !strings.HasPrefix(out[strings.LastIndex(out, "\n")+1:], "health = ") {
			t.Errorf("getHealth: %q", out)
		}
		err, _ = c.do(class, "", "stop")
		w.ok(err)
		err, _ = c.do(class, "", "reload") // starts it again
		w.ok(err)
		if !w.engine.Running() {
			t.Error("the server does not run after a reload")
		}
		err, _ = c.do(class, "", "resetStats")
		w.ok(err)
		err, _ = c.do(class, "", "getStats", "server, failvoer total")
		w.refused(err, objects.UnknownKeyword, "failover")
	}
	a, err := c.Stats(context.Background(), connect.NewRequest(&adminv1.StatsRequest{}))
	if err != nil || len(a.Msg.Categories) == 0 {
		t.Errorf("Stats: %v, %v", a, err)
	}
	h, err := c.Health(context.Background(), connect.NewRequest(&adminv1.HealthRequest{}))
	if err != nil || h.Msg.Health > 10 {
		t.Errorf("Health: %v, %v", h, err)
	}
}

// A start over a first start that was killed between the password's file and
// the database makes both anew.
func TestHalfDoneFirstStart(t *testing.T) {
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, initialPasswordFile), []byte("stale\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, data: data, clock: newWorld(t).clock}
	w.open(nil)
	if w.firstPassword() == "stale" {
		t.Error("the file of the start that was killed is still there")
	}
	w.ok(w.try("admin", w.firstPassword()))
}

func TestNewFailsOnABrokenStore(t *testing.T) {
	w := newWorld(t)
	s, err := openStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = New(context.Background(), Deps{Store: s, Runtime: w.engine, Clock: w.clock, Data: t.TempDir()})
	if err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("New on a closed store: %v", err)
	}
}

// Many commands must cost the same each, however many went before.
func BenchmarkCreate10000(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		w := newWorld(b)
		b.StartTimer()
		start := time.Now()
		fill(w, 0, 2500)
		first := time.Since(start)
		fill(w, 2500, 7500)
		start = time.Now()
		fill(w, 7500, 10000)
		b.ReportMetric(float64(time.Since(start))/float64(first), "last/first")
	}
}

func BenchmarkAtomic10000(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		w := newWorld(b)
		b.StartTimer()
		start := time.Now()
		w.ok(w.root.begin())
		fill(w, 0, 10000)
		w.ok(w.root.commit())
		b.ReportMetric(time.Since(start).Seconds(), "s/10000")
	}
}

// fill runs the commands of those numbers: scopes with a range and a
// reservation each, and clients.
func fill(w *world, from, to int) {
	for i := from / 4; i < to/4; i++ {
		name := fmt.Sprint("scope", i)
		w.ok(w.root.create("scope", name, fmt.Sprintf("10.%d.%d.0/24", i/256, i%256)))
		err, _ := w.root.do("scope", name, "addRange", "10", "200")
		w.ok(err)
		w.ok(w.root.create("reservation", fmt.Sprintf("10.%d.%d.50", i/256, i%256), fmt.Sprintf("1,6,02:00:00:00:%02x:%02x", i/256, i%256)))
		w.ok(w.root.create("client", fmt.Sprintf("1,6,02:00:00:01:%02x:%02x", i/256, i%256), "host-name=pc"))
	}
}

func TestWhatIsNotCountedIsSaid(t *testing.T) {
	w := newWorld(t)
	c := w.root
	err, _ := c.do("dhcp", "", "getStats", "server", "sample")
	w.refused(err, objects.NotSupported, "no samples")
	_, e := c.Stats(context.Background(), connect.NewRequest(&adminv1.StatsRequest{Sample: true}))
	w.refused(rpc.AsError(e), objects.NotSupported, "no samples")
	w.ok(c.create("vpn", "red", "7"))
	w.ok(c.control("reload", false))
	for vpn, known := range map[string]bool{"": true, "global": true, "all": true, "red": true, "nosuch": false} {
		_, e := c.Utilization(context.Background(), connect.NewRequest(&adminv1.UtilizationRequest{Vpn: vpn}))
		if known {
			w.ok(rpc.AsError(e))
		} else {
			w.refused(rpc.AsError(e), objects.NotFound, `vpn "nosuch"`)
		}
	}
}
