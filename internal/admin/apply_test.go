package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// snapshot reads everything that the session may see.
func (c *client) snapshot(secrets bool) (version uint64, all []*adminv1.Object, err *objects.Error) {
	stream, e := c.Snapshot(context.Background(), connect.NewRequest(&adminv1.SnapshotRequest{Secrets: secrets}))
	if e != nil {
		return 0, nil, rpc.AsError(e)
	}
	defer func() { _ = stream.Close() }() // its error is that of the stream
	for stream.Receive() {
		version = stream.Msg().Version
		all = append(all, stream.Msg().Objects...)
	}
	return version, all, rpc.AsError(stream.Err())
}

func (c *client) apply(messages ...*adminv1.ApplyRequest) (*adminv1.ApplyResponse, *objects.Error) {
	stream := c.Apply(context.Background())
	for _, m := range messages {
		if err := stream.Send(m); err != nil {
			break // the answer says why
		}
	}
	answer, err := stream.CloseAndReceive()
	if err != nil {
		return nil, rpc.AsError(err)
	}
	return answer.Msg, rpc.ErrorOf(answer.Msg.Status)
}

func wire(class, name string, attrs ...string) *adminv1.Object {
	o := &adminv1.Object{Class: class, Name: name}
	for i := 0; i < len(attrs); i += 2 {
		o.Attributes = append(o.Attributes, &adminv1.Attribute{Name: attrs[i], Text: attrs[i+1]})
	}
	return o
}

func put(os ...*adminv1.Object) *adminv1.ApplyRequest { return &adminv1.ApplyRequest{Put: os} }

func named(class, name string) *adminv1.ObjectName {
	return &adminv1.ObjectName{Class: class, Name: name}
}

// applyWorld is a server with a little of everything.
func applyWorld(t *testing.T) *world {
	w := newWorld(t)
	r := w.root
	w.ok(r.create("policy", "guests", "grace-period=10m"))
	w.ok(r.create("vpn", "red", "7"))
	w.ok(r.create("scope", "office", "10.1.0.0", "255.255.255.0", "policy=guests"))
	err, _ := r.do("scope", "office", "addRange", "10.1.0.10", "10.1.0.200")
	w.ok(err)
	err, _ = r.do("scope-policy", "office", "setOption", "routers", "10.1.0.1")
	w.ok(err)
	err, _ = r.do("scope", "office", "addReservation", "10.1.0.20", "00:d0:ba:d3:bd:3b")
	w.ok(err)
	w.ok(r.create("client-class", "gold", "policy-name=guests"))
	w.ok(r.create("client", "1,6,00:d0:ba:d3:bd:3c", "client-class-name=gold"))
	w.ok(r.create("cluster", "boston", "10.9.9.9", "admin=admin", "password=hush-hush"))
	w.ok(r.set("dhcp", "", "client-class-lookup-id=\"gold\""))
	return w
}

// What a snapshot says can be applied again, and changes nothing.
func TestSnapshotIsWhatIsStored(t *testing.T) {
	w := applyWorld(t)
	version, all, err := w.root.snapshot(true)
	w.ok(err)
	if stored, err := w.store.Version(t.Context()); err != nil || version != stored {
		t.Errorf("the snapshot is of write %d, stored is write %d (%v)", version, stored, err)
	}
	cfg, e := w.store.Load(t.Context())
	if e != nil {
		t.Fatal(e)
	}
	n := 0
	for _, class := range objects.Classes() {
		n += cfg.Len(class)
	}
	if len(all) != n {
		t.Errorf("%d objects in the snapshot, %d stored", len(all), n)
	}
	own := slices.DeleteFunc(all, func(o *adminv1.Object) bool { return objects.ClassNamed(o.Class).LocalOnly })
	answer, err := w.root.apply(&adminv1.ApplyRequest{ExpectedVersion: version, Put: own})
	w.ok(err)
	if len(answer.Changes) != 0 || answer.Version != version {
		t.Errorf("applying it anew changed %v and led to write %d", answer.Changes, answer.Version)
	}
}

// One Apply is one write: objects made, replaced and deleted, and the change
// log says what it was part of.
func TestApplyIsOneWrite(t *testing.T) {
	w := applyWorld(t)
	version, _, err := w.root.snapshot(false)
	w.ok(err)
	answer, err := w.root.apply(
		&adminv1.ApplyRequest{ExpectedVersion: version, Reason: "sync exact of failover-pair lab", Put: []*adminv1.Object{
			wire("policy", "staff", "grace-period", "300"),
			wire("scope", "office", "subnet", "10.1.0.0/24", "policy", "STAFF"),
		}},
		&adminv1.ApplyRequest{Delete: []*adminv1.ObjectName{named("policy", "guests"), named("client-class", "gold")}, Put: []*adminv1.Object{
			wire("client", "1,6,00:d0:ba:d3:bd:3c"), wire("vpn", "red", "id", "8"),
		}},
	)
	w.ok(err)
	if answer.Version != version+1 {
		t.Errorf("write %d follows %d", answer.Version, version)
	}
	w.is(w.root.value("scope", "office", "policy"), "staff")
	w.is(w.root.value("scope", "office", "ranges"), "")
	w.is(w.root.value("scope-policy", "office", "option.3"), "10.1.0.1")
	w.is(w.root.value("vpn", "red", "id"), "8")
	if _, err := w.root.object("policy", "guests"); err == nil {
		t.Error("policy guests is still there")
	}
	changes, e := w.root.Changes(t.Context(), connect.NewRequest(&adminv1.ChangesRequest{Limit: 100}))
	if e != nil {
		t.Fatal(e)
	}
	n := 0
	for _, c := range changes.Msg.Changes {
		if c.Id == answer.Version {
			n++
			w.is(c.Reason, "sync exact of failover-pair lab")
		}
	}
	if n < len(answer.Changes) || n == 0 {
		t.Errorf("%d lines in the change log, %d in the answer", n, len(answer.Changes))
	}
	if !strings.Contains(w.log.String(), "sync exact of failover-pair lab: ") {
		t.Errorf("the log does not say why:\n%s", w.log.String())
	}
	w.ok(w.root.control("reload", false))
}

// Whatever is wrong with one object, nothing of the others is done.
func TestApplyIsAllOrNothing(t *testing.T) {
	w := applyWorld(t)
	good := wire("policy", "staff", "grace-period", "300")
	version, before, err := w.root.snapshot(true)
	w.ok(err)
	for _, c := range []struct {
		name string
		m    *adminv1.ApplyRequest
		code objects.Code
		says string
	}{
		{"stale", &adminv1.ApplyRequest{ExpectedVersion: version - 1, Put: []*adminv1.Object{good}}, objects.AlreadyLocked, "in the meantime"},
		{"a name that leads nowhere", put(good, wire("client-class", "silver", "policy-name", "gusts")), objects.NoPolicyFound, `"guests"`},
		{"in use", &adminv1.ApplyRequest{Put: []*adminv1.Object{good}, Delete: []*adminv1.ObjectName{named("policy", "guests")}}, objects.GenericError, `scope "office"`},
		{"no such object", &adminv1.ApplyRequest{Put: []*adminv1.Object{good}, Delete: []*adminv1.ObjectName{named("policy", "gests")}}, objects.NotFound, "guests"},
		{"unknown class", put(good, wire("scoop", "x")), objects.UnknownCommand, "scoop"},
		{"unknown attribute", put(good, wire("policy", "x", "grase-period", "1")), objects.UnknownParameter, "grace-period"},
		{"bad value", put(good, wire("policy", "x", "grace-period", "soon")), objects.Invalid, "soon"},
		{"bad option", put(good, wire("policy", "x", "option.3", "there")), objects.Invalid, "there"},
		{"no option", put(good, wire("policy", "x", "option.", "1")), objects.UnknownParameter, "no option"},
		{"an option twice", put(good, wire("policy", "x", "option.routers", "10.0.0.1", "option.3", "10.0.0.2")), objects.Invalid, "option.3 is given twice"},
		{"no such vendor set", put(good, wire("policy", "x", "vendor-option.43.acme", "(1 01)")), objects.NotFound, "acme"},
		{"bad expression", put(good, wire("client-class", "x", "limitation-id", "(((")), objects.Invalid, "limitation-id"},
		{"derived", put(good, wire("policy", "x", "name", "y")), objects.ReadOnlyAttribute, "name"},
		{"reserved name", put(good, wire("vpn", "all", "id", "9")), objects.InvalidName, "reserved"},
		{"twice", put(good, good), objects.DuplicateObject, "twice"},
		{"attribute twice", put(wire("policy", "x", "grace-period", "1", "Grace-Period", "2")), objects.Invalid, "twice"},
		{"overlap", put(good, wire("scope", "x", "subnet", "10.1.0.0/25")), objects.RangeOverlap, "office"},
		{"an administrator", put(good, wire("admin", "eve", "password", "x")), objects.ReadOnlyProperty, "own"},
		{"a cluster goes", &adminv1.ApplyRequest{Put: []*adminv1.Object{good}, Delete: []*adminv1.ObjectName{named("cluster", "boston")}}, objects.ReadOnlyProperty, "own"},
		{"the server goes", &adminv1.ApplyRequest{Delete: []*adminv1.ObjectName{named("dhcp", "")}}, objects.ReadOnlyProperty, "dhcp"},
		{"a lease", put(good, wire("lease", "10.1.0.10")), objects.ReadOnlyProperty, "lease"},
		{"long reason", &adminv1.ApplyRequest{Put: []*adminv1.Object{good}, Reason: strings.Repeat("x", 300)}, objects.Invalid, "reason"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			defer func() { w.t = t }()
			_, err := w.root.apply(c.m)
			w.refused(err, c.code, c.says)
			after, all, err := w.root.snapshot(true)
			w.ok(err)
			if after != version || fmt.Sprint(all) != fmt.Sprint(before) {
				t.Errorf("the configuration changed: write %d, was %d", after, version)
			}
		})
	}
	w.t = t
	_, err = w.root.apply()
	w.refused(err, objects.TooFewArguments)
}

// TestApplyRenumbersNoVPNInUse: a VPN whose number is another one is another
// VPN, and what is in it relies on it.
func TestApplyRenumbersNoVPNInUse(t *testing.T) {
	w := applyWorld(t)
	renumbered := put(wire("vpn", "red", "id", "8"))
	w.ok(w.root.create("scope", "branch", "10.9.0.0", "255.255.255.0", "vpn-id=7"))
	w.ok(w.root.create("reservation", "red/10.9.0.9", "00:d0:ba:d3:bd:3b"))
	_, err := w.root.apply(renumbered)
	w.refused(err, objects.NotFound, `scope "branch" vpn-id: there is no vpn with the number 7`, `reservation "red/10.9.0.9"`)
	w.ok(w.root.delete("scope", "branch"))
	_, err = w.root.apply(renumbered)
	w.ok(err)
}

// What is stored is canonical, however it was given.
func TestApplyMakesCanonical(t *testing.T) {
	w := applyWorld(t)
	_, err := w.root.apply(put(wire("policy", "x", "option.routers", "10.0.0.1 , 10.0.0.2", "option.51", "1w", "Grace-Period", "3600", "v4-reply-options", "routers")))
	w.ok(err)
	w.is(w.root.value("policy", "x", "option.3"), "10.0.0.1,10.0.0.2")
	w.is(w.root.value("policy", "x", "option.51"), "604800")
	w.is(w.root.value("policy", "x", "grace-period"), "1h")
}

// A dry run says what the run does, and does nothing.
func TestApplyDryRun(t *testing.T) {
	w := applyWorld(t)
	m := put(wire("policy", "guests", "grace-period", "60"), wire("client-class", "gold"))
	m.DryRun = true
	version, before, err := w.root.snapshot(true)
	w.ok(err)
	would, err := w.root.apply(m)
	w.ok(err)
	after, all, err := w.root.snapshot(true)
	w.ok(err)
	if after != version || fmt.Sprint(all) != fmt.Sprint(before) {
		t.Error("the dry run changed something")
	}
	m.DryRun = false
	did, err := w.root.apply(m)
	w.ok(err)
	lines := func(changes []*adminv1.Change) string {
		var text []string
		for _, c := range changes {
			text = append(text, c.Class+" "+c.Name+" "+c.Attribute+" "+c.Action+" "+c.Before+" "+c.After)
		}
		return strings.Join(text, "\n")
	}
	w.is(lines(did.Changes), lines(would.Changes))
	if len(did.Changes) != 2 {
		t.Errorf("%d changes:\n%s", len(did.Changes), lines(did.Changes))
	}
}

// A read-only administrator applies nothing, one with the role for a class
// only what is of that class, and secrets are for those with every right.
func TestRolesOfSnapshotAndApply(t *testing.T) {
	w := applyWorld(t)
	w.ok(w.root.create("admin", "guest", "password=pw-guest", "roles=read-only"))
	w.ok(w.root.create("admin", "ann", "password=pw-ann", "roles=edit-policy"))
	w.ok(w.root.create("admin", "full", "password=pw-full"))
	guest, ann, full := w.connect("guest", "pw-guest", false), w.connect("ann", "pw-ann", false), w.connect("full", "pw-full", false)
	reader := w.connect("full", "pw-full", true)
	policy := put(wire("policy", "guests", "grace-period", "60"))
	for who, c := range map[string]*client{"guest": guest, "read-only session": reader} {
		if _, err := c.apply(policy); err == nil || !strings.Contains(err.Msg, "permission denied") {
			t.Errorf("%s may Apply: %v", who, err)
		}
	}
	_, err := ann.apply(put(wire("policy", "guests", "grace-period", "60"), wire("client-class", "gold")))
	w.refused(err, objects.GenericError, "permission denied", "client-class")
	_, err = ann.apply(&adminv1.ApplyRequest{Delete: []*adminv1.ObjectName{named("client-class", "gold")}})
	w.refused(err, objects.GenericError, "permission denied", "client-class")
	_, err = ann.apply(policy)
	w.ok(err)
	for who, c := range map[string]*client{"guest": guest, "ann": ann, "read-only session": reader} {
		_, _, err := c.snapshot(true)
		if err == nil || !strings.Contains(err.Msg, "permission denied") {
			t.Errorf("%s reads secrets: %v", who, err)
		}
		_, all, err := c.snapshot(false)
		w.ok(err)
		if text := fmt.Sprint(all); strings.Contains(text, "hush-hush") || !strings.Contains(text, hidden) {
			t.Errorf("%s: the snapshot shows a secret or hides that there is one", who)
		}
	}
	_, all, err := full.snapshot(true)
	w.ok(err)
	text := fmt.Sprint(all)
	if !strings.Contains(text, "hush-hush") || strings.Contains(text, "$argon2") {
		t.Error("the snapshot for a full administrator lacks a secret, or has the hash of a password")
	}
}

// A session with a transaction open applies nothing beside it.
func TestApplyBesideATransaction(t *testing.T) {
	w := applyWorld(t)
	w.ok(w.root.begin())
	_, err := w.root.apply(put(wire("policy", "staff")))
	w.refused(err, objects.AlreadyLocked, "transaction")
	w.ok(w.root.rollback())
}

// In synchronous mode the running server takes the change at once.
func TestApplySynchronously(t *testing.T) {
	w := applyWorld(t)
	w.ok(w.root.control("reload", false))
	m := put(wire("policy", "guests", "grace-period", "60"))
	m.EditMode = synchronous
	_, err := w.root.apply(m)
	w.ok(err)
	w.is(w.engine.Config().Get(objects.Policy, "guests").Attrs["grace-period"], w.root.value("policy", "guests", "grace-period"))
}

// A caller whose connection breaks before the end has changed nothing.
func TestApplyCutOff(t *testing.T) {
	w := applyWorld(t)
	w.ok(w.root.create("admin", "full", "password=pw-full"))
	through := newCutter(t, "127.0.0.1", w.server.Address().String(), plenty)
	dialled, e := rpc.Dial(t.Context(), through.address(), rpc.DialOptions{CACert: w.data + "/" + rpc.CertificateFile})
	if e != nil {
		t.Fatal(e)
	}
	c := &client{Client: dialled, t: t}
	if _, err := c.LogIn(t.Context(), &adminv1.LoginRequest{User: "full", Password: "pw-full"}); err != nil {
		t.Fatal(err)
	}
	before, _, err := w.root.snapshot(false)
	w.ok(err)
	stream := c.Apply(t.Context())
	for i := range 50 {
		if err := stream.Send(put(wire("policy", fmt.Sprint("p", i), "grace-period", "60"))); err != nil {
			t.Fatal(err)
		}
	}
	through.cut()
	_, err2 := stream.CloseAndReceive()
	w.refused(rpc.AsError(err2), objects.ConnectionFailure)
	// The server has noticed when it answers the next one, which waits for it.
	after, _, err := w.root.snapshot(false)
	w.ok(err)
	if after != before {
		t.Errorf("write %d, was %d: half an Apply was carried out", after, before)
	}
}

// Whatever an Apply says, the server answers, and what it stores is valid.
func FuzzApply(f *testing.F) {
	for _, m := range []*adminv1.ApplyRequest{
		put(wire("policy", "x", "option.51", "3600", "vendor-option.43.acme", "(1 01)")),
		put(wire("scope-policy", "s", "option.", "1"), wire("scope", "s", "subnet", "10.77.0.0/16")),
		put(wire("option", "dhcp-custom/150.1", "name", "n", "type", "AT_TYPECNT"), wire("option-set", "acme")),
		put(wire("reservation", "red/10.77.0.9", "lookup-key", "x", "lookup-key-type", "string"), wire("vpn", "red", "id", "7")),
		put(wire("extension-point", "INIT-ENTRY", "extension", "e"), wire("extension", "e", "lang", "Dex", "file", "f", "entry", "g")),
		put(wire("key", "k", "secret", hidden), wire("dhcp", "", "traps-enabled", "all")),
		{Delete: []*adminv1.ObjectName{named("scope", "s"), named("scope-policy", "s"), named("policy", "default")}, Force: true, EditMode: synchronous},
	} {
		b, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	w := newWorld(f)
	w.ok(w.root.create("scope", "s", "10.77.0.0/24"))
	w.ok(w.root.create("option-set", "acme", "8-bit", "vendor-option-string=acme"))
	w.ok(w.root.control("reload", false))
	who := &session{user: "root", host: "fuzz", source: "test", trusted: true}
	f.Fuzz(func(t *testing.T, message []byte) {
		m := &adminv1.ApplyRequest{}
		if proto.Unmarshal(message, m) != nil {
			return
		}
		if _, err := w.service.apply(context.Background(), who, m); err != nil && err.Code == objects.UnexpectedError {
			t.Error(err)
		}
		if errs := w.service.stored.cfg.Validate(); len(errs) > 0 {
			t.Fatalf("what is stored is not valid: %v", errs)
		}
		if report := w.service.Reload(context.Background(), true); len(report.Errors) > 0 {
			t.Fatalf("what is stored cannot be taken into service: %v", report.Errors)
		}
	})
}
