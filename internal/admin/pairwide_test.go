package admin

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"connectrpc.com/connect"

	"leasehold/internal/failover"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// gate is the way to a partner, which may be shut, and lead elsewhere after the
// partner was started anew.
type gate struct {
	l  net.Listener
	mu sync.Mutex
	to string // "" is shut
	on map[net.Conn]bool
}

func newGate(t *testing.T, to string) *gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{l: l, to: to, on: map[net.Conn]bool{}}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go g.pass(c)
		}
	}()
	t.Cleanup(func() { _ = l.Close(); g.lead("") })
	return g
}

func (g *gate) pass(c net.Conn) {
	g.mu.Lock()
	to := g.to
	g.mu.Unlock()
	far, err := net.Dial("tcp", to)
	if err != nil {
		_ = c.Close()
		return
	}
	g.mu.Lock()
	g.on[c], g.on[far] = true, true
	g.mu.Unlock()
	go func() { _, _ = io.Copy(far, c); _ = far.Close() }()
	_, _ = io.Copy(c, far)
	_ = c.Close()
}

// lead ends all connections; new ones go there.
func (g *gate) lead(to string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.to = to
	for c := range g.on {
		_ = c.Close()
	}
	clear(g.on)
}

// duet is a pair in service, of one scope, with a gate from the main to the
// backup.
type duet struct {
	main, backup *world
	gate         *gate
}

func newDuet(t *testing.T) *duet {
	t.Helper()
	main, backup := couple(t)
	d := &duet{main, backup, newGate(t, backup.server.Address().String())}
	_, port, err := net.SplitHostPort(d.gate.l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	main.ok(main.root.set("cluster", "backup", "scp-port="+port, "password="+backup.firstPassword()))
	for _, w := range []*world{main, backup} {
		w.ok(w.root.create("scope", "office", "10.1.0.0", "255.255.255.0", "ranges=10.1.0.10-10.1.0.99"))
		w.ok(w.root.control("reload", false))
	}
	return d
}

// open opens the way to the backup, wherever it is now.
func (d *duet) open() { d.gate.lead(d.backup.server.Address().String()) }

// deliver is one round of the loop that the main would go, retryEvery later.
func (d *duet) deliver() {
	d.main.clock.Advance(retryEvery)
	d.main.service.deliver(context.Background())
}

// both gives one of the commands to both servers.
func (c *client) both(m *adminv1.Command) (*objects.Error, string) {
	a, err := c.Both(context.Background(), connect.NewRequest(&adminv1.BothRequest{Command: m}))
	if err != nil {
		return rpc.AsError(err), ""
	}
	return rpc.ErrorOf(a.Msg.Status), strings.Join(a.Msg.Lines, "\n")
}

func attributesOf(words []string) (as []*adminv1.Attribute) {
	for _, w := range words {
		name, text, _ := strings.Cut(w, "=")
		as = append(as, &adminv1.Attribute{Name: name, Text: text})
	}
	return as
}

// command makes one of its words: class name verb argument ...
func command(line string) *adminv1.Command {
	w := strings.Fields(line)
	class, name, verb, rest := w[0], w[1], w[2], w[3:]
	switch verb {
	case "create":
		r := &adminv1.CreateRequest{Class: class, Name: name}
		for _, word := range rest {
			if strings.Contains(word, "=") {
				r.Attributes = append(r.Attributes, attributesOf([]string{word})...)
			} else {
				r.Arguments = append(r.Arguments, word)
			}
		}
		return &adminv1.Command{Does: &adminv1.Command_Create{Create: r}}
	case "set":
		return &adminv1.Command{Does: &adminv1.Command_Set{Set: &adminv1.SetRequest{Class: class, Name: name, Attributes: attributesOf(rest)}}}
	case "unset":
		return &adminv1.Command{Does: &adminv1.Command_Unset{Unset: &adminv1.UnsetRequest{Class: class, Name: name, Attributes: rest}}}
	case "delete":
		return &adminv1.Command{Does: &adminv1.Command_Delete{Delete: &adminv1.DeleteRequest{Class: class, Name: name}}}
	}
	return &adminv1.Command{Does: &adminv1.Command_Invoke{Invoke: &adminv1.InvokeRequest{Class: class, Name: name, Method: verb, Arguments: rest}}}
}

func (d *duet) pending() string {
	err, lines := d.main.root.do("failover-pair", "office", "listPending")
	d.main.ok(err)
	return lines
}

const mac = "1,6,02:00:00:00:00:07"

// what holds on a server of all that the commands of the tests change.
func (w *world) holds() string {
	var all []string
	for _, class := range []string{"reservation", "client"} {
		for _, n := range w.root.names(class, "") {
			all = append(all, fmt.Sprintf("%s %s %s%s", class, n, w.root.value(class, n, "description"), w.root.value(class, n, "host-name")))
		}
	}
	if flags := w.root.value("lease", "10.1.0.20", "flags"); strings.Contains(flags, "deactivated") {
		all = append(all, "10.1.0.20 deactivated")
	}
	return strings.Join(all, "\n")
}

var script = []struct{ line, leaves string }{
	{"reservation 10.1.0.10 create " + mac + " description=printer", "reservation 10.1.0.10 printer"},
	{"reservation 10.1.0.10 set description=plotter", "reservation 10.1.0.10 plotter"},
	{"reservation 10.1.0.10 unset description", "reservation 10.1.0.10 "},
	{"reservation 10.1.0.10 delete", ""},
	{"scope office addReservation 10.1.0.11 " + mac, "reservation 10.1.0.11 "},
	{"scope office removeReservation " + mac, ""},
	{"client " + mac + " create host-name=one", "client " + mac + " one"},
	{"client " + mac + " set host-name=two", "client " + mac + " two"},
	{"client " + mac + " delete", ""},
	{"lease 10.1.0.20 deactivate", "10.1.0.20 deactivated"},
	{"lease 10.1.0.20 activate", ""},
	{"lease 10.1.0.20 force-available", ""},
}

// Each command is done on both servers before it is answered.
func TestBoth(t *testing.T) {
	d := newDuet(t)
	for _, c := range script {
		err, lines := d.main.root.both(command(c.line))
		d.main.ok(err)
		if want := `done on this server and on cluster "backup" at 127.0.0.2:`; !strings.HasPrefix(lines, want) {
			t.Errorf("%s: %s", c.line, lines)
		}
		d.main.is(d.main.holds(), c.leaves)
		d.main.is(d.backup.holds(), c.leaves)
	}
	d.main.is(d.pending(), "Nothing is pending on the partner.")
	log, err := d.backup.store.Changes(context.Background(), 1, "client", "")
	if err != nil || len(log) == 0 || log[0].Reason != "delete -both, given by root@host" || !strings.HasPrefix(log[0].Who, "admin@") {
		t.Errorf("the backup's change log says %+v, %v", log, err)
	}
	// An address outside the ranges, as the reservation alone makes it a lease.
	e, _ := d.main.root.both(command("scope office addReservation 10.1.0.200 " + mac))
	d.main.refused(e, objects.LeaseCreated)
	// The backup does it just as well.
	e, _ = d.backup.root.both(command("scope office removeReservation 10.1.0.200"))
	d.main.refused(e, objects.LeaseDeleted)
	d.main.is(d.main.holds(), "")
}

// While the partner is away everything is done here and listed; it is done
// there in order when it is back, also by a server that was started anew.
func TestBothPending(t *testing.T) {
	d := newDuet(t)
	d.gate.lead("")
	for i, c := range script[:11] {
		err, _ := d.main.root.both(command(c.line))
		d.main.refused(err, objects.OkWithWarnings, `done on this server; pending on cluster "backup" at 127.0.0.2:`, "failover-pair office listPending")
		d.main.is(d.main.holds(), c.leaves)
		if want := fmt.Sprintf("%d: %s\n    given by root@host on Sun Mar  1 ", i+1, c.line); !strings.Contains(d.pending(), want) {
			t.Errorf("the list is\n%s\nwithout %s", d.pending(), want)
		}
	}
	d.main.is(d.backup.holds(), "")
	d.deliver()
	if l := d.pending(); !strings.Contains(l, "1: reservation 10.1.0.10 create") || !strings.Contains(l, "waits, tried 0s ago: ") {
		t.Errorf("after a vain attempt: %s", l)
	}
	was := d.main.service.failover
	d.main.reopen()
	d.main.service.failover = was
	d.main.service.Resume(context.Background())
	if n := strings.Count(d.pending(), "given by root@host"); n != 11 {
		t.Errorf("%d are pending after a restart:\n%s", n, d.pending())
	}
	d.open()
	var order []string
	watched := d.backup.store
	d.deliver()
	d.main.is(d.pending(), "Nothing is pending on the partner.")
	d.main.is(d.backup.holds(), "")
	log, err := watched.Changes(context.Background(), 0, "", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range log {
		if verb, _, ok := strings.Cut(c.Reason, " -both"); ok && (len(order) == 0 || order[0] != verb) {
			order = append([]string{verb}, order...)
		}
	}
	d.main.is(strings.Join(order, " "), "create set unset delete addReservation removeReservation create set delete")
	if !strings.Contains(d.main.log.String(), "Pending command 11, lease 10.1.0.20 activate, is done on cluster 'backup', too") {
		t.Errorf("the log says\n%s", d.main.log.String())
	}
}

// A new command comes behind those that wait, and takes them along.
func TestBothInOrder(t *testing.T) {
	d := newDuet(t)
	d.gate.lead("")
	err, _ := d.main.root.both(command("reservation 10.1.0.10 create " + mac))
	d.main.refused(err, objects.OkWithWarnings)
	d.open()
	// Within the next seconds the partner is not asked: a batch would wait for
	// it line by line.
	err, _ = d.main.root.both(command("reservation 10.1.0.10 set description=a"))
	d.main.refused(err, objects.OkWithWarnings, "pending on")
	d.main.clock.Advance(putOffFor)
	err, _ = d.main.root.both(command("reservation 10.1.0.10 set description=b"))
	d.main.ok(err)
	d.main.is(d.backup.holds(), "reservation 10.1.0.10 b")
	d.main.is(d.pending(), "Nothing is pending on the partner.")
}

// The link's coming up is the moment at which it is tried again.
func TestBothAtReconnect(t *testing.T) {
	d := newDuet(t)
	link := d.main.service.failover.(*declared)
	link.rows = []failover.Related{{Pair: "office", Communications: "INTERRUPTED"}}
	d.gate.lead("")
	err, _ := d.main.root.both(command("reservation 10.1.0.10 create " + mac))
	d.main.refused(err, objects.OkWithWarnings)
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); d.main.service.Deliver(ctx) }()
	defer func() { end(); <-ended }()
	idle := func() { // until the loop waits again
		for waits := range d.main.waits {
			if waits == lookEvery {
				return
			}
		}
	}
	look := func() { d.main.clock.Advance(lookEvery); idle() }
	idle()
	look()
	d.open()
	look()
	d.main.is(d.backup.holds(), "")
	link.rows = []failover.Related{{Pair: "office", Communications: "OK"}}
	look()
	d.main.is(d.backup.holds(), "reservation 10.1.0.10 ")
}

// What the partner refuses is refused here, and nothing is done.
func TestBothRefused(t *testing.T) {
	d := newDuet(t)
	d.backup.ok(d.backup.root.create("reservation", "10.1.0.10", "1,6,02:00:00:00:00:99"))
	before := d.main.storedVersion()
	err, _ := d.main.root.both(command("reservation 10.1.0.10 create " + mac))
	d.main.refused(err, objects.DuplicateObject, `cluster "backup" at 127.0.0.2:`, "not what is to be made", "neither here nor there")
	err, _ = d.main.root.both(command("client " + mac + " create client-class-name=phones"))
	d.main.refused(err, objects.NotFound, "phones")
	d.main.ok(d.main.root.create("client-class", "phones"))
	err, _ = d.main.root.both(command("client " + mac + " create client-class-name=phones"))
	d.main.refused(err, objects.NotFound, `cluster "backup"`, "phones")
	if v := d.main.storedVersion(); v != before+1 {
		t.Errorf("write %d, was %d", v, before)
	}
	d.main.is(d.pending(), "Nothing is pending on the partner.")
	// The same object there is no hindrance, nor is that there is none to
	// delete.
	d.backup.ok(d.backup.root.set("reservation", "10.1.0.10", "lookup-key="+mac))
	err, _ = d.main.root.both(command("reservation 10.1.0.10 create " + mac))
	d.main.ok(err)
	d.backup.ok(d.backup.root.delete("reservation", "10.1.0.10"))
	err, _ = d.main.root.both(command("reservation 10.1.0.10 delete"))
	d.main.ok(err)
}

// What the partner refuses when it is back stays on the list with the reason
// until it is cancelled; what came after it is done.
func TestBothRefusedLater(t *testing.T) {
	d := newDuet(t)
	d.gate.lead("")
	for _, line := range []string{"reservation 10.1.0.10 create " + mac, "reservation 10.1.0.11 create 1,6,02:00:00:00:00:08"} {
		err, _ := d.main.root.both(command(line))
		d.main.refused(err, objects.OkWithWarnings)
	}
	d.backup.ok(d.backup.root.create("reservation", "10.1.0.10", "1,6,02:00:00:00:00:99", "description=mine"))
	d.open()
	d.deliver()
	says := func() {
		t.Helper()
		if l := d.pending(); !strings.Contains(l, "1: reservation 10.1.0.10 create") || !strings.Contains(l, "refused: ") || !strings.Contains(l, "exists already") || strings.Contains(l, "2: ") {
			t.Errorf("the list is\n%s", l)
		}
	}
	says()
	d.main.is(d.backup.holds(), "reservation 10.1.0.10 mine\nreservation 10.1.0.11 ")
	was := d.main.service.failover
	d.main.reopen()
	d.main.service.failover = was
	says()
	d.deliver()
	says()
	err, _ := d.main.root.do("failover-pair", "office", "cancelPending", "2")
	d.main.refused(err, objects.NotFound, "2", "listPending")
	err, _ = d.main.root.do("failover-pair", "office", "cancelPending", "one")
	d.main.refused(err, objects.Invalid, "one", "all")
	err, lines := d.main.root.do("failover-pair", "office", "cancelPending", "1")
	d.main.ok(err)
	if !strings.Contains(lines, "given up, and not done on cluster \"backup\": reservation 10.1.0.10 create") {
		t.Error(lines)
	}
	d.main.is(d.pending(), "Nothing is pending on the partner.")
}

// An answer that was lost is no reason to do a command twice: not a change
// that somebody has changed again, nor the end of a lease that was given anew.
func TestFollowOnce(t *testing.T) {
	d := newDuet(t)
	conn := d.main.dialled("backup")
	follow := func(id, line string, given int64) *objects.Error {
		t.Helper()
		status, err := conn.Follow(t.Context(), &adminv1.FollowRequest{Command: command(line), Id: id, Who: "root@host", Given: given})
		d.main.ok(err)
		return status
	}
	d.backup.ok(d.backup.root.create("reservation", "10.1.0.10", mac))
	follow("a", "reservation 10.1.0.10 set description=ours", 0)
	d.backup.ok(d.backup.root.set("reservation", "10.1.0.10", "description=theirs"))
	follow("a", "reservation 10.1.0.10 set description=ours", 0)
	d.main.is(d.backup.holds(), "reservation 10.1.0.10 theirs")
	follow("b", "lease 10.1.0.20 deactivate", 0)
	err, _ := d.backup.root.do("lease", "10.1.0.20", "activate")
	d.main.refused(err, objects.OkWithWarnings, "on this server only", "'lease 10.1.0.20 activate -both' does it on both")
	d.backup.reopen()
	d.open()
	conn = d.main.dialled("backup")
	follow("a", "reservation 10.1.0.10 delete", 0)
	follow("b", "lease 10.1.0.20 deactivate", 0)
	d.main.is(d.backup.holds(), "reservation 10.1.0.10 theirs")
}

// A command that a crash cut off between its list and the lease is completed at
// the start.
func TestBothCutOff(t *testing.T) {
	d := newDuet(t)
	d.gate.lead("")
	err, _ := d.main.root.both(command("lease 10.1.0.20 deactivate"))
	d.main.refused(err, objects.OkWithWarnings)
	err, _ = d.main.root.do("lease", "10.1.0.20", "activate")
	d.main.refused(err, objects.OkWithWarnings)
	entries, e := d.main.store.Pending(t.Context())
	if e != nil || len(entries) != 1 || entries[0].Here {
		t.Fatalf("%+v, %v", entries, e)
	}
	d.main.service.outbox.entries[0].Here = true // as it stands on disk until the lease does
	d.deliver()
	d.open()
	d.deliver()
	d.main.is(d.backup.holds(), "")
	d.main.service.Resume(context.Background())
	d.main.is(d.main.holds(), "10.1.0.20 deactivated")
	d.deliver()
	d.main.is(d.backup.holds(), "10.1.0.20 deactivated")
}

// What stands against it is told with the way out.
func TestBothTroubles(t *testing.T) {
	d := newDuet(t)
	create := "reservation 10.1.0.10 create " + mac
	refused := func(line string, code objects.Code, words ...string) {
		t.Helper()
		err, _ := d.main.root.both(command(line))
		d.main.refused(err, code, words...)
		d.main.is(d.main.holds(), "")
		d.main.is(d.pending(), "Nothing is pending on the partner.")
	}
	refused("policy default set grace-period=1h", objects.NotSupported, "policy set takes no -both", "sync")
	refused("scope office addRange 10.1.0.100 10.1.0.101", objects.NotSupported, "addRange")
	refused("reservation 10.9.0.1 create "+mac, objects.NotInSubnet)
	refused("lease 10.9.0.1 deactivate", objects.NotFound)
	d.main.ok(d.main.root.begin())
	refused(create, objects.NotSupported, "two servers", "transaction")
	d.main.ok(d.main.root.rollback())
	d.main.ok(d.main.root.unset("failover-pair", "office", "backup"))
	refused(create, objects.Invalid, "failover-pair office set backup=<name>")
	d.main.ok(d.main.root.set("failover-pair", "office", "backup=backup"))
	there := d.backup.service.failover.(*declared)
	there.is.Role = ""
	refused(create, objects.Invalid, `cluster "backup"`, "is not the backup of the pair", "Nothing was changed")
	there.is.Role = roleBackup
	d.main.ok(d.main.root.set("cluster", "backup", "password=wrong"))
	refused(create, objects.LoginFailure, `cluster "backup"`)
	d.main.ok(d.main.root.set("cluster", "backup", "password="+d.backup.firstPassword()))
	d.main.ok(d.main.root.set("failover-pair", "office", "match-list=10.2.0.0/16"))
	refused(create, objects.Invalid, `scope "office" is in no failover-pair`, "addMatch")
	d.main.ok(d.main.root.delete("failover-pair", "office"))
	err, _ := d.main.root.both(command("client " + mac + " create"))
	d.main.refused(err, objects.Invalid, "no failover-pair in use")
	reader := d.main
	d.main.ok(d.main.root.create("admin", "reader", "password=read-only-1", "roles=read-only"))
	err, _ = reader.connect("reader", "read-only-1", false).both(command(create))
	d.main.refused(err, objects.GenericError, "permission denied")
}

// TestPendingIsForThePartnerOnly: what is pending is not done by another server
// that the cluster leads to meanwhile.
func TestPendingIsForThePartnerOnly(t *testing.T) {
	d := newDuet(t)
	d.gate.lead("")
	err, _ := d.main.root.both(command("reservation 10.1.0.10 create " + mac))
	d.main.refused(err, objects.OkWithWarnings, "pending on")
	there := d.backup.service.failover.(*declared)
	there.is.Role = ""
	d.open()
	d.deliver()
	d.main.is(d.backup.holds(), "")
	if l := d.pending(); !strings.Contains(l, "is not the backup of the pair") {
		t.Errorf("the list is\n%s", l)
	}
	there.is.Role = roleBackup
	d.deliver()
	d.main.is(d.pending(), "Nothing is pending on the partner.")
	d.main.is(d.backup.holds(), d.main.holds())
}

// TestSyncComesBehindWhatIsPending: what was given before a sync is done before
// it, and does not undo a part of it later.
func TestSyncComesBehindWhatIsPending(t *testing.T) {
	d := newDuet(t)
	err, _ := d.main.root.both(command("reservation 10.1.0.10 create " + mac))
	d.main.ok(err)
	d.gate.lead("")
	for _, line := range []string{"reservation 10.1.0.10 set description=old", "reservation 10.1.0.11 create 1,6,02:00:00:00:00:08", "reservation 10.1.0.11 delete"} {
		err, _ = d.main.root.both(command(line))
		d.main.refused(err, objects.OkWithWarnings, "pending on")
	}
	d.main.ok(d.main.root.set("reservation", "10.1.0.10", "description=new"))
	d.main.ok(d.main.root.create("reservation", "10.1.0.11", "1,6,02:00:00:00:00:08"))
	d.open()
	err, lines := d.main.sync("update", "-report")
	d.main.ok(err)
	if !strings.Contains(lines, "3 commands with -both pending on the backup") {
		t.Errorf("the report says\n%s", lines)
	}
	err, _ = d.main.sync("update")
	d.main.ok(err)
	d.deliver()
	d.main.is(d.pending(), "Nothing is pending on the partner.")
	d.main.is(d.backup.root.value("reservation", "10.1.0.10", "description"), "new")
	d.main.is(d.backup.holds(), d.main.holds())
}

// In synchronous mode both running servers have it at once, or neither does.
func TestBothSynchronous(t *testing.T) {
	d := newDuet(t)
	m := command("reservation 10.1.0.10 create " + mac)
	m.GetCreate().EditMode = "synchronous"
	err, _ := d.main.root.both(m)
	d.main.ok(err)
	for _, w := range []*world{d.main, d.backup} {
		if w.engine.Config().Get(objects.Reservation, "10.1.0.10") == nil {
			t.Error("a running server has not got it")
		}
	}
	d.backup.ok(d.backup.root.control("stop", false))
}

// The list tells nobody who reads the file what it holds.
func TestPendingIsSealed(t *testing.T) {
	d := newDuet(t)
	d.gate.lead("")
	err, _ := d.main.root.both(command("client " + mac + " create user-defined=between-us"))
	d.main.refused(err, objects.OkWithWarnings)
	d.main.ok(d.main.root.delete("client", mac))
	entries, e := d.main.store.Pending(t.Context())
	if e != nil || len(entries) != 1 || !bytes.Contains(entries[0].Command, []byte("between-us")) {
		t.Fatalf("%v, %v", entries, e)
	}
	d.main.shut()
	for _, name := range []string{"config.db", "config.db-wal"} {
		file, e := os.ReadFile(filepath.Join(d.main.data, name))
		if e != nil && !os.IsNotExist(e) {
			t.Fatal(e)
		}
		if at := bytes.Index(file, []byte("between-us")); at >= 0 && bytes.Contains(file, entries[0].Command) {
			t.Errorf("%s has the command in clear at %d", name, at)
		}
	}
	if e := os.Remove(filepath.Join(d.main.data, "secret.key")); e != nil {
		t.Fatal(e)
	}
	d.main.open(nil)
	if l := d.pending(); !strings.Contains(l, "1: (unreadable)") || !strings.Contains(l, "refused: the command cannot be read: ") {
		t.Errorf("without the key: %s", l)
	}
}
