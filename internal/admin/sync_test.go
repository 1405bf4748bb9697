package admin

import (
	"context"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"testing"

	"leasehold/internal/failover"
	"leasehold/internal/parity"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
	"leasehold/pkg/rpc/adminv1/adminv1connect"
)

// couple is two servers that are a pair, the main and the backup. They know
// each other as the clusters main and backup.
func couple(t *testing.T) (main, backup *world) {
	t.Helper()
	main, backup = newWorld(t), newWorld(t)
	main.service.failover = &declared{is: failover.Member{Role: roleMain, Fingerprint: main.server.Fingerprint()}}
	backup.service.failover = &declared{is: failover.Member{Role: roleBackup, Fingerprint: backup.server.Fingerprint()}}
	main.reaches(backup, "backup")
	backup.reaches(main, "main")
	main.ok(main.root.create("cluster", "main", "10.0.0.1"))
	backup.ok(backup.root.create("cluster", "backup", "10.0.0.2"))
	for _, w := range []*world{main, backup} {
		w.ok(w.root.create("failover-pair", "office", "10.0.0.1", "10.0.0.2", "main=main", "backup=backup"))
		w.check("main") // at the first contact the fingerprint is stored
		w.check("backup")
	}
	return main, backup
}

// reaches gives w a cluster object for the server there, at an address that
// a server of a pair may have.
func (w *world) reaches(tw *world, name string) {
	w.t.Helper()
	at := newCutter(w.t, "127.0.0.2", tw.server.Address().String(), plenty)
	w.ok(w.root.create("cluster", name, "127.0.0.2", "scp-port="+at.port(), "admin=admin", "password="+tw.firstPassword()))
}

func (w *world) sync(words ...string) (*objects.Error, string) {
	return w.root.do("failover-pair", "office", "sync", words...)
}

func (w *world) storedVersion() uint64 {
	w.service.mu.RLock()
	defer w.service.mu.RUnlock()
	return w.service.version
}

// listedChanges are the lines of a report that are changes.
func listedChanges(lines string) string {
	var all []string
	for l := range strings.SplitSeq(lines, "\n") {
		if strings.HasPrefix(l, "  ") {
			all = append(all, l)
		}
	}
	return strings.Join(all, "\n")
}

// The three modes in both directions, each asked on either server: the report
// lists what the run then does, and the run is one write of the target, told in
// its change log.
func TestSyncModes(t *testing.T) {
	for _, c := range []struct{ mode, direction, asked string }{
		{"update", mainToBackup, roleMain}, {"update", backupToMain, roleBackup},
		{"complete", mainToBackup, roleBackup}, {"complete", backupToMain, roleMain},
		{"exact", mainToBackup, roleMain}, {"exact", backupToMain, roleMain},
	} {
		t.Run(c.mode+" "+c.direction+" on "+c.asked, func(t *testing.T) { syncMode(t, c.mode, c.direction, c.asked) })
	}
}

func syncMode(t *testing.T, mode, direction, asked string) {
	main, backup := couple(t)
	source, target := main, backup
	if direction == backupToMain {
		source, target = backup, main
	}
	at := main
	if asked == roleBackup {
		at = backup
	}
	for w, n := range map[*world]string{source: "1", target: "2"} {
		w.ok(w.root.create("policy", "both", "server-lease-time="+n+"00", "packet-file-name=file"+n))
		w.ok(w.root.create("policy", "only"+n))
		w.ok(w.root.create("client-class", "phones", "host-name=phone"+n))
		w.ok(w.root.create("scope", "office", "10.1.0.0", "255.255.255.0", "policy=both", "ranges=10.1.0."+n+"0-10.1.0.99"))
		w.ok(w.root.set("dhcp", "", "ping-timeout="+n+"00", "dns-timeout="+n+"0000"))
	}
	before := target.storedVersion()
	err, report := at.sync(mode, direction, "-report")
	at.ok(err)
	if v := target.storedVersion(); v != before {
		t.Fatalf("the report is write %d of the target, which was at %d", v, before)
	}
	err, run := at.sync(mode, direction)
	at.ok(err)
	at.is(listedChanges(run), listedChanges(report))
	if v := target.storedVersion(); v != before+1 {
		t.Errorf("the target is at write %d, was %d", v, before)
	}
	want := map[string][4]string{ // server-lease-time, packet-file-name, ping-timeout, the target's own policy
		"update":   {"1m40s", "file2", "200", "only2"},
		"complete": {"1m40s", "file1", "100", "only2"},
		"exact":    {"1m40s", "file1", "100", ""},
	}[mode]
	unique := ""
	for _, n := range target.root.names("policy", "") {
		if n == "only2" {
			unique = n
		}
	}
	got := [4]string{target.root.value("policy", "both", "server-lease-time"), target.root.value("policy", "both", "packet-file-name"),
		target.root.value("dhcp", "", "ping-timeout"), unique}
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	at.is(target.root.value("dhcp", "", "dns-timeout"), "10000")
	at.is(target.root.value("scope", "office", "ranges"), "10.1.0.10-10.1.0.99")
	log, e := target.store.Changes(context.Background(), 1, "", "")
	if e != nil || len(log) != 1 || log[0].Reason != fmt.Sprintf(`sync %s %s of failover-pair "office"`, mode, direction) {
		t.Errorf("the target's change log says %+v, %v", log, e)
	}
	err, again := at.sync(mode, direction)
	at.ok(err)
	if !strings.Contains(again, "There is nothing that this sync would change.") {
		t.Errorf("again: %s", again)
	}
}

func TestSyncWords(t *testing.T) {
	main, _ := couple(t)
	for _, c := range []struct {
		words string
		code  objects.Code
		says  string
	}{
		{"exakt", objects.UnknownKeyword, "did you mean exact?"},
		{"exact update", objects.TooManyArguments, "exact and update"},
		{"main-to-backup backup-to-main", objects.TooManyArguments, "one direction"},
		{"-reprot", objects.UnknownKeyword, "did you mean -report?"},
	} {
		err, _ := main.sync(strings.Fields(c.words)...)
		main.refused(err, c.code, c.says)
	}
	err, lines := main.sync("-REPORT") // update, main to backup
	main.ok(err)
	if !strings.Contains(lines, "sync update main-to-backup") {
		t.Errorf("without words: %s", lines)
	}
}

// What stands against a sync is told by name, and nothing is changed.
func TestSyncRefused(t *testing.T) {
	main, backup := couple(t)
	main.ok(main.root.create("policy", "new"))
	before := backup.storedVersion()
	d := main.service.failover.(*declared)
	is := d.is
	for _, c := range []struct {
		name string
		with func() (undo func())
		code objects.Code
		says []string
	}{
		{"no cluster", func() func() {
			main.ok(main.root.unset("failover-pair", "office", "backup"))
			return func() { main.ok(main.root.set("failover-pair", "office", "backup=backup")) }
		}, objects.Invalid, []string{"backup", "failover-pair office set backup=<name>"}},
		{"a stranger", func() func() {
			d.is = failover.Member{Problem: "neither main nor backup is this server"}
			return func() { d.is = is }
		}, objects.Invalid, []string{`failover-pair "office"`, "neither main nor backup"}},
		{"the server itself", func() func() {
			d.is.Fingerprint = backup.server.Fingerprint()
			return func() { d.is = is }
		}, objects.Invalid, []string{`cluster "backup"`, "this server itself"}},
		{"another server", func() func() {
			there := backup.service.failover.(*declared)
			was := there.is
			there.is = failover.Member{Problem: "neither 10.0.0.1 nor 10.0.0.2 is an address of this server"}
			return func() { there.is = was }
		}, objects.Invalid, []string{`cluster "backup" at 127.0.0.2`, "is not the backup of the pair, whose main is 10.0.0.1", "neither 10.0.0.1 nor 10.0.0.2", "set backup=<cluster>"}},
		{"another main", func() func() {
			there := backup.service.failover.(*declared)
			was := there.is
			there.is.Role = roleMain
			return func() { there.is = was }
		}, objects.Invalid, []string{"is not the backup of the pair", "it takes itself for the main"}},
		{"both are main", func() func() {
			backup.ok(backup.root.set("failover-pair", "office", "main-server=10.0.0.2", "backup-server=10.0.0.1"))
			before = backup.storedVersion()
			return func() {
				backup.ok(backup.root.set("failover-pair", "office", "main-server=10.0.0.1", "backup-server=10.0.0.2"))
				before = backup.storedVersion()
			}
		}, objects.Invalid, []string{"both servers are configured as its main"}},
		{"unreachable", func() func() {
			port := main.root.value("cluster", "backup", "scp-port")
			main.ok(main.root.set("cluster", "backup", "scp-port=1", "password=x"))
			return func() {
				main.ok(main.root.set("cluster", "backup", "scp-port="+port, "password="+backup.firstPassword()))
			}
		}, objects.ConnectionFailure, []string{`cluster "backup" at 127.0.0.2:1`}},
		{"bad password", func() func() {
			main.ok(main.root.set("cluster", "backup", "password=wrong"))
			return func() { main.ok(main.root.set("cluster", "backup", "password="+backup.firstPassword())) }
		}, objects.LoginFailure, []string{`cluster "backup"`, `"admin"`}},
		{"few rights there", func() func() {
			backup.ok(backup.root.create("admin", "reader", "password=secret99", "roles=read-only"))
			before = backup.storedVersion()
			main.ok(main.root.set("cluster", "backup", "admin=reader", "password=secret99"))
			return func() { main.ok(main.root.set("cluster", "backup", "admin=admin", "password="+backup.firstPassword())) }
		}, objects.GenericError, []string{`cluster "backup"`, "permission denied"}},
		{"a transaction", func() func() {
			main.ok(main.root.begin())
			return func() { main.ok(main.root.rollback()) }
		}, objects.AlreadyLocked, []string{"transaction"}},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			defer c.with()()
			runs := [][]string{{"exact", "-report"}, {"exact"}}
			if c.code == objects.LoginFailure {
				runs = runs[1:] // whoever guesses is made to wait, and this clock stands
			}
			for _, words := range runs {
				err, _ := main.sync(words...)
				main.refused(err, c.code, c.says...)
			}
			if v := backup.storedVersion(); v != before {
				t.Errorf("the backup is at write %d, was %d", v, before)
			}
		})
	}
	if !strings.Contains(main.log.String(), "failover-pair office sync: 401 Login Failure") {
		t.Errorf("the refused runs are not in the log:\n%s", main.log.String())
	}
}

// Of the two servers only those who may do everything are served; to look is
// free.
func TestSyncRights(t *testing.T) {
	main, _ := couple(t)
	main.ok(main.root.create("admin", "pairs", "password=secret99", "roles=edit-failover-pair"))
	pairs := main.connect("pairs", "secret99", false)
	for _, method := range []string{"sync", "reload", "confirm"} {
		err, _ := pairs.do("failover-pair", "office", method)
		main.refused(err, objects.GenericError, "permission denied", `"pairs"`)
	}
	err, _ := pairs.do("failover-pair", "office", "sync", "-report")
	main.ok(err)
	reader := main.connect("pairs", "secret99", true)
	for _, method := range []string{"diff", "checklist"} {
		err, _ = reader.do("failover-pair", "office", method)
		main.ok(err)
	}
	err, _ = reader.do("failover-pair", "office", "sync", "-report")
	main.refused(err, objects.GenericError, "read-only")
}

// A partner of a version before there was sync is told by its version.
func TestSyncWithAnOlderServer(t *testing.T) {
	main, _ := couple(t)
	_, handler := adminv1connect.NewAdminHandler(olderAdmin{})
	old := httptest.NewUnstartedServer(handler)
	old.StartTLS()
	defer old.Close()
	_, port, _ := net.SplitHostPort(old.Listener.Addr().String())
	main.refused(main.root.unset("cluster", "backup", "fingerprint"), objects.OkWithWarnings, "password was dropped")
	main.ok(main.root.set("cluster", "backup", "scp-port="+newCutter(t, "127.0.0.2", "127.0.0.1:"+port, plenty).port(), "password=x"))
	for _, method := range []string{"sync", "reload", "diff", "checklist", "confirm"} {
		err, _ := main.root.do("failover-pair", "office", method)
		main.refused(err, objects.NotSupported, `cluster "backup"`, "version 0.1", "older")
	}
}

// A target that is changed between the look and the write is left alone, and
// the refusal says who was there.
func TestSyncTargetChangedMeanwhile(t *testing.T) {
	main, backup := couple(t)
	main.ok(main.root.create("policy", "new"))
	for _, reversed := range []bool{false, true} {
		target := backup
		if reversed {
			target = main
			backup.ok(backup.root.create("policy", "newer"))
		}
		c, e := main.service.newCall(context.WithValue(context.Background(), sessionKey{}, &session{user: "x", host: "y", trusted: true}),
			&adminv1.InvokeRequest{Class: "failover-pair", Name: "office", Method: "sync"})
		main.ok(e)
		b, e := c.together()
		main.ok(e)
		defer b.close()
		main.ok(b.read())
		target.ok(target.root.create("client-class", "elsewhere"+fmt.Sprint(reversed)))
		before := target.storedVersion()
		e = b.sync(syncing{mode: parity.Complete, reversed: reversed})
		main.refused(e, objects.AlreadyLocked, "was changed while", "run it again", `client-class "elsewhere`)
		if v := target.storedVersion(); v != before {
			t.Errorf("the target is at write %d, was %d", v, before)
		}
	}
}

// The network goes at any point of a sync: the target is old or new, and a
// second run makes it new.
func TestSyncNetworkCutAnywhere(t *testing.T) {
	main, backup := couple(t)
	const policies = 40
	for i := range policies {
		main.ok(main.root.create("policy", fmt.Sprint("p", i), "packet-file-name=old"))
	}
	err, _ := main.sync("exact")
	main.ok(err)
	through := func(octets int64) *cutter {
		p := newCutter(t, "127.0.0.2", backup.server.Address().String(), octets)
		main.ok(main.root.set("cluster", "backup", "scp-port="+p.port(), "password="+backup.firstPassword()))
		return p
	}
	paint := func(colour string) {
		main.ok(main.root.begin())
		for i := range policies {
			main.ok(main.root.set("policy", fmt.Sprint("p", i), "packet-file-name="+colour))
		}
		main.ok(main.root.commit())
	}
	found := func() map[string]int {
		seen := map[string]int{}
		for i := range policies {
			seen[backup.root.value("policy", fmt.Sprint("p", i), "packet-file-name")]++
		}
		return seen
	}
	paint("first")
	p := through(plenty)
	err, _ = main.sync("exact")
	main.ok(err)
	whole := plenty - p.left.Load()
	old, lost, made := "first", 0, 0
	for n := range 40 {
		colour := fmt.Sprint("colour", n)
		paint(colour)
		through(whole * int64(n) / 39)
		err, _ := main.sync("exact")
		seen := found()
		switch {
		case seen[old] == policies:
			lost++
			if err == nil {
				t.Fatalf("after %d of 40 parts the backup is as it was, and the sync went well", n)
			}
		case seen[colour] == policies:
			made++
			if err != nil && !strings.Contains(err.Error(), "as a whole or not at all") {
				t.Errorf("done, and the error is %v", err)
			}
			old = colour
		default:
			t.Fatalf("after %d of 40 parts the backup has %v", n, seen)
		}
		if err != nil {
			main.refused(err, objects.ConnectionFailure, `cluster "backup"`)
		}
	}
	if lost < 5 || made == 0 {
		t.Errorf("of 40 syncs that were cut %d did nothing and %d all: the cuts are badly spread", lost, made)
	}
	through(plenty)
	err, _ = main.sync("exact")
	main.ok(err)
	if seen := found(); seen["colour39"] != policies {
		t.Errorf("at the end the backup has %v", seen)
	}
}

// Who is asked for a reload is asked first whether it would take it.
func TestReloadBoth(t *testing.T) {
	main, backup := couple(t)
	for _, w := range []*world{main, backup} {
		w.ok(w.root.create("scope", "office", "10.1.0.0", "255.255.255.0"))
	}
	err, lines := backup.root.do("failover-pair", "office", "reload")
	backup.ok(err)
	if i, k := strings.Index(lines, "backup, this server: 100 Ok"), strings.Index(lines, "main, cluster"); i != 0 || k < i {
		t.Errorf("the order is\n%s", lines)
	}
	for _, w := range []*world{main, backup} {
		if w.engine.Config().Get(objects.Scope, "office") == nil {
			t.Error("a server was not reloaded")
		}
	}
	main.ok(main.root.control("stop", false))
	err, _ = main.root.do("failover-pair", "office", "reload")
	main.ok(err)
	if !main.engine.Running() {
		t.Error("a reload starts a server that was stopped")
	}
}

// What differs is told with who did it, from the change log of either server.
func TestDiffTellsWho(t *testing.T) {
	main, backup := couple(t)
	main.ok(main.root.create("policy", "office", "grace-period=1h"))
	backup.ok(backup.root.create("policy", "office", "grace-period=2h"))
	backup.ok(backup.root.set("dhcp", "", "ping-timeout=500"))
	main.ok(main.root.create("client-class", "gone"))
	err, _ := main.sync()
	main.ok(err)
	backup.ok(backup.root.set("policy", "office", "grace-period=3h"))
	backup.ok(backup.root.delete("client-class", "gone"))
	for _, w := range []*world{main, backup} {
		err, lines := w.root.do("failover-pair", "office", "diff")
		w.ok(err)
		for _, want := range []string{
			"policy office grace-period: main=1h backup=3h\n    main: created by root@host on Sun Mar  1 12:00:00 2026\n    backup: set by root@host on Sun Mar  1 12:00:00 2026\n",
			"client-class gone: main=(present) backup=(missing)\n    main: created by root@host on Sun Mar  1 12:00:00 2026\n    backup: deleted by root@host on ",
			"dhcp ping-timeout: main=300 backup=500\n    main: never changed\n    backup: set by root@host",
			"3 differences between the main, ",
		} {
			if !strings.Contains(lines, want) {
				t.Errorf("%s\ndoes not say\n%s", lines, want)
			}
		}
	}
}

// Secrets go from one server to the other and into no list: neither of
// reports, runs and differences nor of the change logs.
func TestSyncSecrets(t *testing.T) {
	main, backup := couple(t)
	main.ok(main.root.create("key", "names", "c2VjcmV0LTEx"))
	main.ok(main.root.create("ldap", "directory", "ldap.example.com", "password=secret-2"))
	secrets := []string{"c2VjcmV0LTEx", "secret-2", "c2VjcmV0LTMz"}
	silent := func(what, text string) {
		t.Helper()
		for _, s := range secrets {
			if strings.Contains(text, s) {
				t.Errorf("%s tells %q:\n%s", what, s, text)
			}
		}
	}
	for _, words := range []string{"exact -report", "exact"} {
		err, lines := main.sync(strings.Fields(words)...)
		main.ok(err)
		silent("sync "+words, lines)
		if !strings.Contains(lines, `ldap "directory" password: (not set) -> ********`) {
			t.Errorf("the secret's change is not listed:\n%s", lines)
		}
	}
	there := func(class, name, attr string) string {
		return backup.service.stored.cfg.Get(objects.ClassNamed(class), name).Attrs[attr]
	}
	backup.is(there("key", "names", "secret"), "c2VjcmV0LTEx")
	backup.is(there("ldap", "directory", "password"), "secret-2")
	backup.ok(backup.root.set("key", "names", "secret=c2VjcmV0LTMz"))
	err, lines := main.root.do("failover-pair", "office", "diff")
	main.ok(err)
	silent("diff", lines)
	if !strings.Contains(lines, "key names secret: main=******** backup=********") {
		t.Errorf("the difference of the secrets is not listed:\n%s", lines)
	}
	err, lines = main.sync()
	main.ok(err)
	silent("sync update", lines)
	backup.is(there("key", "names", "secret"), "c2VjcmV0LTEx")
	for _, w := range []*world{main, backup} {
		silent("the log", w.log.String())
		log, e := w.store.Changes(context.Background(), 100, "", "")
		if e != nil {
			t.Fatal(e)
		}
		silent("the change log", fmt.Sprint(log))
	}
}
