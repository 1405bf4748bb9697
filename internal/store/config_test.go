package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"leasehold/pkg/objects"

	"github.com/google/go-cmp/cmp"
)

func configIn(t testing.TB, dir string) *ConfigDB {
	t.Helper()
	db, err := OpenConfig(filepath.Join(dir, "config.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

func load(t testing.TB, db *ConfigDB) *objects.Config {
	t.Helper()
	cfg, err := db.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func object(c *objects.Class, name string, attrs ...string) *objects.Object {
	o := objects.New(c, name)
	for i := 0; i < len(attrs); i += 2 {
		o.Attrs[attrs[i]] = attrs[i+1]
	}
	return o
}

var testTime = time.Unix(1_700_000_000, 0)

func write(t testing.TB, db *ConfigDB, put, remove []*objects.Object) uint64 {
	t.Helper()
	version, err := db.Commit(t.Context(), Tx{Who: "admin", Source: "unix uid 0", At: testTime, Put: put, Delete: remove})
	if err != nil {
		t.Fatal(err)
	}
	return version
}

// dump writes a configuration out, object by object.
func dump(cfg *objects.Config) string {
	var b strings.Builder
	for _, c := range objects.Classes() {
		for _, o := range cfg.All(c) {
			fmt.Fprintf(&b, "%s v%d by %q at %d\n", o.Ref(), o.Version, o.ChangedBy, o.ChangedAt)
			for _, name := range o.Names() {
				fmt.Fprintf(&b, "  %s = %q\n", name, o.Attrs[name])
			}
		}
	}
	return b.String()
}

func TestNewConfigurationHasBuiltins(t *testing.T) {
	dir := t.TempDir()
	db := configIn(t, dir)
	cfg := load(t, db)
	want := objects.NewConfig()
	for _, o := range objects.Builtins() {
		o.Version = 1
		want.Put(o)
	}
	if diff := cmp.Diff(dump(want), dump(cfg)); diff != "" {
		t.Error(diff)
	}
	if changes, err := db.Changes(t.Context(), 0, "", ""); err != nil || len(changes) != 0 {
		t.Errorf("the change log of a new configuration has %v, %v", changes, err)
	}
	// They are put in once: what was deleted stays deleted.
	write(t, db, nil, []*objects.Object{cfg.Get(objects.Policy, "default")})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if o := load(t, configIn(t, dir)).Get(objects.Policy, "default"); o != nil {
		t.Errorf("%s is back", o.Ref())
	}
}

func TestCommittedObjectsAreLoaded(t *testing.T) {
	dir := t.TempDir()
	db := configIn(t, dir)
	office := object(objects.Scope, "Office", "subnet", "10.1.0.0/16", "ranges", "10.1.0.10-10.1.0.200")
	guests := object(objects.Policy, "guests", "option.51", "3600", "grace-period", "5m")
	version := write(t, db, []*objects.Object{office, guests}, nil)
	if version != 2 || office.Version != 2 || office.ChangedBy != "admin" || office.ChangedAt != testTime.Unix() {
		t.Errorf("write %d stamped %+v", version, office)
	}
	changed := load(t, db).Get(objects.Scope, "OFFICE").Clone()
	changed.Attrs["policy"] = "guests"
	delete(changed.Attrs, "ranges")
	write(t, db, []*objects.Object{changed}, []*objects.Object{guests})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	cfg := load(t, configIn(t, dir))
	if cfg.Get(objects.Policy, "guests") != nil {
		t.Error("the deleted policy is there")
	}
	want := changed.Clone()
	want.Version, want.ChangedBy, want.ChangedAt = 3, "admin", testTime.Unix()
	if diff := cmp.Diff(dump(configOf(want)), dump(configOf(cfg.Get(objects.Scope, "office")))); diff != "" {
		t.Error(diff)
	}
}

func configOf(os ...*objects.Object) *objects.Config {
	cfg := objects.NewConfig()
	for _, o := range os {
		cfg.Put(o)
	}
	return cfg
}

func TestWriteOfNothingNewIsNoWrite(t *testing.T) {
	db := configIn(t, t.TempDir())
	o := object(objects.Policy, "a", "option.51", "60")
	write(t, db, []*objects.Object{o}, nil)
	same := o.Clone()
	version, err := db.Commit(t.Context(), Tx{Who: "other", At: testTime.Add(time.Hour), Put: []*objects.Object{same}})
	if err != nil || version != 2 || same.Version != 2 || same.ChangedBy != "admin" {
		t.Errorf("write %d, %v, object by %q", version, err, same.ChangedBy)
	}
	if changes, err := db.Changes(t.Context(), 0, "", ""); err != nil || len(changes) != 1 {
		t.Errorf("%d lines of change log, %v", len(changes), err)
	}
}

func TestChangeLog(t *testing.T) {
	db := configIn(t, t.TempDir())
	p := object(objects.Policy, "guests", "option.51", "3600", "grace-period", "5m")
	write(t, db, []*objects.Object{p}, nil)
	p = p.Clone()
	p.Attrs["option.51"] = "7200"
	delete(p.Attrs, "grace-period")
	write(t, db, []*objects.Object{p}, nil)
	admin := object(objects.Admin, "ann", "password", "$2a$hash")
	write(t, db, []*objects.Object{admin, object(objects.ClientClass, "empty")}, nil)
	admin = admin.Clone()
	admin.Attrs["password"] = "$2a$other"
	write(t, db, []*objects.Object{admin}, nil)
	write(t, db, nil, []*objects.Object{admin, p})

	list := func(limit int, class, name string) string {
		t.Helper()
		changes, err := db.Changes(t.Context(), limit, class, name)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, h := range changes {
			if h.Who != "admin" || h.Source != "unix uid 0" || !h.At.Equal(testTime) {
				t.Errorf("by %q from %q at %v", h.Who, h.Source, h.At)
			}
			fmt.Fprintf(&b, "%d %s %s/%s %s: %q -> %q\n", h.Version, h.Action, h.Class, h.Name, h.Attr, h.Before, h.After)
		}
		return b.String()
	}
	want := `6 delete policy/guests option.51: "7200" -> ""
6 delete admin/ann password: "********" -> ""
5 set admin/ann password: "********" -> "********"
4 create client-class/empty : "" -> ""
4 create admin/ann password: "" -> "********"
3 set policy/guests option.51: "3600" -> "7200"
3 unset policy/guests grace-period: "5m" -> ""
2 create policy/guests option.51: "" -> "3600"
2 create policy/guests grace-period: "" -> "5m"
`
	if diff := cmp.Diff(want, list(0, "", "")); diff != "" {
		t.Error(diff)
	}
	lines := strings.SplitAfter(want, "\n")
	if diff := cmp.Diff(lines[0]+lines[1], list(2, "", "")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(lines[0]+strings.Join(lines[5:], ""), list(0, "Policy", "GUESTS")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(lines[3], list(0, "client-class", "")); diff != "" {
		t.Error(diff)
	}
}

func TestStaleWriteIsRefused(t *testing.T) {
	db := configIn(t, t.TempDir())
	o := object(objects.Policy, "a", "option.51", "60")
	write(t, db, []*objects.Object{o}, nil)
	read := load(t, db).Get(objects.Policy, "a")
	mine, theirs := read.Clone(), read.Clone()
	theirs.Attrs["option.51"] = "120"
	if _, err := db.Commit(t.Context(), Tx{Who: "bob", At: testTime, Put: []*objects.Object{theirs}}); err != nil {
		t.Fatal(err)
	}
	at := testTime.Format(time.ANSIC)
	mine.Attrs["option.51"] = "240"
	fresh := object(objects.Policy, "fresh")
	for _, c := range []struct {
		name string
		tx   Tx
		want string
	}{
		{"change of an old version", Tx{Put: []*objects.Object{fresh, mine}},
			`policy "a" was changed meanwhile by administrator "bob" at ` + at},
		{"delete of an old version", Tx{Put: []*objects.Object{fresh}, Delete: []*objects.Object{mine}},
			`policy "a" was changed meanwhile by administrator "bob" at ` + at},
		{"create of one that exists", Tx{Put: []*objects.Object{fresh, object(objects.Policy, "A")}},
			`policy "A" was created meanwhile by administrator "bob" at ` + at},
		{"change of one that is gone", Tx{Put: []*objects.Object{fresh, {Class: objects.Policy, Name: "b", Version: 2}}},
			`policy "b" was deleted meanwhile`},
		{"delete of one that is gone", Tx{Delete: []*objects.Object{{Class: objects.Policy, Name: "b", Version: 2}}},
			`policy "b" was deleted meanwhile`},
	} {
		before := dump(load(t, db))
		_, err := db.Commit(t.Context(), c.tx)
		var stale *StaleError
		if !errors.As(err, &stale) || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
		if diff := cmp.Diff(before, dump(load(t, db))); diff != "" {
			t.Errorf("%s changed:\n%s", c.name, diff)
		}
	}
	if fresh.Version != 0 || mine.Version != 2 {
		t.Errorf("a refused write stamped %+v %+v", fresh, mine)
	}
	// Replacing in one write is no conflict, nor is writing twice.
	a := load(t, db).Get(objects.Policy, "a")
	again := object(objects.Policy, "a", "option.51", "1")
	last := again.Clone()
	last.Attrs["option.51"] = "2"
	write(t, db, []*objects.Object{again, last}, []*objects.Object{a})
	if got := load(t, db).Get(objects.Policy, "a").Attrs["option.51"]; got != "2" {
		t.Errorf("option.51 is %s", got)
	}
}

func TestUnknownIsRefused(t *testing.T) {
	for _, c := range []struct{ name, damage, want string }{
		{"class", `INSERT INTO object (class, name, name_key, version, changed_by, changed_at) VALUES ('wormhole', 'x', 'x', 1, '', 0)`,
			`object "x" is of class "wormhole"`},
		{"runtime class", `INSERT INTO object (class, name, name_key, version, changed_by, changed_at) VALUES ('lease', 'x', 'x', 1, '', 0)`,
			`object "x" is of class "lease"`},
		{"attribute", `INSERT INTO attribute SELECT id, 'warp-factor', '9' FROM object WHERE name = 'default'`,
			`policy "default" has attribute "warp-factor"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			db := configIn(t, dir)
			if _, err := db.db.Exec(c.damage); err != nil {
				t.Fatal(err)
			}
			_, err := db.Load(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), filepath.Join(dir, "config.db")) {
				t.Errorf("got %v, want it to say %s and to name the file", err, c.want)
			}
		})
	}
	db := configIn(t, t.TempDir())
	for _, o := range []*objects.Object{
		object(objects.Policy, "a", "warp-factor", "9"),
		object(objects.Lease, "10.0.0.1"),
	} {
		if _, err := db.Commit(t.Context(), Tx{Put: []*objects.Object{o}}); err == nil {
			t.Errorf("%s %v was accepted", o.Ref(), o.Attrs)
		}
	}
}

func TestMeta(t *testing.T) {
	dir := t.TempDir()
	db := configIn(t, dir)
	ctx := t.Context()
	if v, found, err := db.Meta(ctx, "cluster-id"); v != "" || found || err != nil {
		t.Errorf("got %q, %v, %v for a value never set", v, found, err)
	}
	for _, v := range []string{"1", ""} {
		if err := db.SetMeta(ctx, "cluster-id", v); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.SetMeta(ctx, "version", "7"); err == nil {
		t.Error("the store's own value was set")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if v, found, err := configIn(t, dir).Meta(ctx, "cluster-id"); v != "" || !found || err != nil {
		t.Errorf("got %q, %v, %v", v, found, err)
	}
}

// Many administrators at once: every write is in the log once, none is lost.
func TestConcurrentWrites(t *testing.T) {
	db := configIn(t, t.TempDir())
	var all sync.WaitGroup
	for k := range 8 {
		all.Go(func() {
			o := object(objects.Policy, fmt.Sprint("p", k))
			for i := range 20 {
				o.Attrs["option.51"] = fmt.Sprint(i + 1)
				if _, err := db.Commit(context.Background(), Tx{Who: "admin", At: testTime, Put: []*objects.Object{o}}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	version, err := db.Version(t.Context())
	if err != nil || version != 1+8*20 {
		t.Errorf("version %d, %v", version, err)
	}
	changes, err := db.Changes(t.Context(), 0, "", "")
	if err != nil || len(changes) != 8*20 {
		t.Errorf("%d lines of change log, %v", len(changes), err)
	}
}

func TestEndedContextWritesNothing(t *testing.T) {
	db := configIn(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := db.Commit(ctx, Tx{Put: []*objects.Object{object(objects.Policy, "a")}}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if load(t, db).Get(objects.Policy, "a") != nil {
		t.Error("the policy was written")
	}
}

// BenchmarkConfigCommit is a batch file's command: one attribute of one object.
func BenchmarkConfigCommit(b *testing.B) {
	db := configIn(b, b.TempDir())
	o := object(objects.Policy, "a")
	for i := range b.N {
		o.Attrs["option.51"] = fmt.Sprint(i + 1)
		write(b, db, []*objects.Object{o}, nil)
	}
}
