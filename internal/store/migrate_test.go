package store

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"leasehold/internal/lease"
	"leasehold/pkg/objects"

	"github.com/google/go-cmp/cmp"
)

// copyOld puts an old file of testdata into a folder of the test.
func copyOld(t *testing.T, old, name string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	file, err := os.ReadFile(filepath.Join("testdata", old))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), file, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Every version of the file that there ever was opens and means what it meant.
func TestOldConfigurationIsUpgraded(t *testing.T) {
	for version := 1; version <= 6; version++ {
		t.Run(fmt.Sprint("version ", version), func(t *testing.T) {
			db := configIn(t, copyOld(t, fmt.Sprintf("config-v%d.db", version), "config.db"))
			cfg := load(t, db)
			want := `dhcp v1 by "" at 0
policy "guests" v2 by "ann" at 1700000000
  option.51 = "3600"
scope "Office" v2 by "ann" at 1700000000
  policy = "guests"
  subnet = "10.1.0.0/16"
`
			if diff := cmp.Diff(want, dump(cfg)); diff != "" {
				t.Error(diff)
			}
			o := cfg.Get(objects.Scope, "office").Clone()
			o.Attrs["ranges"] = "10.1.0.10-10.1.0.20"
			if n := write(t, db, []*objects.Object{o}, nil); n != 3 {
				t.Errorf("write %d follows write 2", n)
			}
			changes, err := db.Changes(t.Context(), 0, "scope", "office")
			if err != nil || len(changes) == 0 || changes[0].Attr != "ranges" {
				t.Errorf("change log %v, %v", changes, err)
			}
		})
	}
}

func TestOldLeasesAreUpgraded(t *testing.T) {
	for version := 1; version <= 3; version++ {
		t.Run(fmt.Sprint("version ", version), func(t *testing.T) {
			db := leasesIn(t, copyOld(t, fmt.Sprintf("leases-v%d.db", version), "leases.db"))
			m := model{}
			endpoints := map[string][]byte{}
			if version >= 3 {
				m.put([]lease.Lease{sharedLease(10<<24|4, 2)}, 2)
				endpoints["blue-red"] = []byte("normal")
			}
			m.put([]lease.Lease{testLease(10<<24|1, 1), testLease(10<<24|2, 1)}, 1)
			m.put([]lease.Lease{testLease(10<<24|2, 2)}, 2)
			m.check(t, "upgraded", loaded(t, db))
			l := testLease(10<<24|3, 3)
			m.put([]lease.Lease{l}, commit(t, db, l))
			if m[l.Key].Commit != 3 {
				t.Errorf("commit %d follows commit 2", m[l.Key].Commit)
			}
			m.check(t, "with one more lease", loaded(t, db))
			saveEndpoint(t, db, "green", "startup")
			endpoints["green"] = []byte("startup")
			checkEndpoints(t, db, endpoints)
		})
	}
}

// The files of testdata are of each version once; a new migration adds one.
func TestEveryVersionIsInTestdata(t *testing.T) {
	for name, k := range map[string]kind{"config": configKind, "leases": leaseKind} {
		texts, err := k.migrations()
		if err != nil {
			t.Fatal(err)
		}
		for version := 1; version <= len(texts); version++ {
			path := filepath.Join("testdata", fmt.Sprintf("%s-v%d.db", name, version))
			if got := selectText(t, path, "PRAGMA user_version"); got != fmt.Sprintf("%d\n", version) {
				t.Errorf("%s is of version %s", path, got)
			}
		}
	}
}

func alter(t *testing.T, path, query string) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(query); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// A file that cannot be what it should be is refused by its name and left as
// it is: never a fresh start over it.
func TestBadFileIsRefused(t *testing.T) {
	overwrite := func(offset int64, text string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
			if err != nil {
				t.Fatal(err)
			}
			_, err = f.WriteAt([]byte(text), offset)
			if err := errors.Join(err, f.Close()); err != nil {
				t.Fatal(err)
			}
		}
	}
	query := func(q string) func(*testing.T, string) {
		return func(t *testing.T, path string) { alter(t, path, q) }
	}
	for _, c := range []struct {
		name   string
		damage func(*testing.T, string)
		kind   error
		want   string
	}{
		{"not a database", overwrite(0, strings.Repeat("hello, world ", 1000)), ErrCorrupt, "not a database"},
		{"header overwritten", overwrite(0, strings.Repeat("\x00", 100)), ErrCorrupt, "not a database"},
		{"first page overwritten", overwrite(100, strings.Repeat("\xff", 3000)), ErrCorrupt, ""},
		{"empty", func(t *testing.T, path string) {
			if err := os.Truncate(path, 0); err != nil {
				t.Fatal(err)
			}
		}, ErrCorrupt, "the file is empty"},
		{"cut in the middle", func(t *testing.T, path string) {
			if err := os.Truncate(path, 2*pageSize); err != nil {
				t.Fatal(err)
			}
		}, ErrCorrupt, ""},
		{"another program's", query("PRAGMA application_id = 7"), ErrCorrupt, "is not a Leasehold"},
		{"newer", query("PRAGMA user_version = 99"), ErrNewerVersion, "of version 99, this program knows versions up to "},
		{"gone, with its log left", func(t *testing.T, path string) {
			if err := os.Rename(path, path+"-wal"); err != nil {
				t.Fatal(err)
			}
		}, ErrCorrupt, "the file is missing"},
	} {
		for name, open := range map[string]func(string) (io.Closer, error){
			"config.db": func(path string) (io.Closer, error) { return OpenConfig(path) },
			"leases.db": func(path string) (io.Closer, error) { return OpenLeases(path) },
		} {
			t.Run(c.name+" "+name, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), name)
				db, err := open(path)
				if err != nil {
					t.Fatal(err)
				}
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
				c.damage(t, path)
				before, _ := os.ReadFile(path)
				_, err = open(path)
				if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %v with %q and the file's name", err, c.kind, c.want)
				}
				if after, _ := os.ReadFile(path); string(after) != string(before) {
					t.Error("the file was changed")
				}
			})
		}
	}
}

func TestConfigurationIsNotLeases(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.db")
	db, err := OpenConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenLeases(path); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "is not a Leasehold lease database") {
		t.Errorf("got %v", err)
	}
}

// A page in the middle is read at load only; the rows are refused as a whole.
func TestDamagedPageIsFoundAtLoad(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "leases.db")
	db := leasesIn(t, dir)
	var batch []lease.Lease
	for i := range uint32(5000) {
		batch = append(batch, testLease(i, 1))
	}
	commit(t, db, batch...)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	for offset := info.Size() / 2; offset < info.Size(); offset += pageSize {
		if _, err := f.WriteAt([]byte(strings.Repeat("\xee", pageSize)), offset/pageSize*pageSize); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	db = leasesIn(t, dir)
	err = db.Load(t.Context(), func(lease.Lease) error { return nil })
	if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want ErrCorrupt with the file's name", err)
	}
}

// A start that was cut off leaves a draft, never half a database.
func TestStartThatWasCutOff(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.db.new"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	db := configIn(t, dir)
	if load(t, db).Get(objects.Policy, "default") == nil {
		t.Error("the built-in objects are missing")
	}
	if _, err := os.Stat(filepath.Join(dir, "config.db.new")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the draft is still there: %v", err)
	}
}

func TestFilesArePrivate(t *testing.T) {
	dir := t.TempDir()
	configIn(t, dir)
	commit(t, leasesIn(t, dir), testLease(1, 1))
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) < 4 {
		t.Fatalf("files %q, %v", files, err)
	}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", f, info.Mode())
		}
	}
}
