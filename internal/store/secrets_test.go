package store

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"leasehold/pkg/objects"
)

const clearSecret = "hush-hush-77"

// secretConfig is a database with a cluster that has a password.
func secretConfig(t *testing.T, dir string) *ConfigDB {
	t.Helper()
	db, err := OpenConfig(filepath.Join(dir, "config.db"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, db, []*objects.Object{object(objects.Cluster, "Boston", "ipaddr", "10.0.0.2", "password", clearSecret)}, nil)
	return db
}

func closeConfig(t *testing.T, db *ConfigDB) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// holds looks for a text in the raw bytes of all files of the folder.
func holds(t *testing.T, dir, text string) (files []string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(all) == 0 {
		t.Fatalf("files %q, %v", all, err)
	}
	for _, f := range all {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, []byte(text)) {
			files = append(files, filepath.Base(f))
		}
	}
	return files
}

func password(t *testing.T, db *ConfigDB, cluster string) string {
	t.Helper()
	return objects.ClusterPassword.Of(load(t, db).Get(objects.Cluster, cluster))
}

// A secret is in no file in clear, neither while the server runs nor after it,
// and in memory it is what it was.
func TestSecretsAreSealed(t *testing.T) {
	dir := t.TempDir()
	db := secretConfig(t, dir)
	if files := holds(t, dir, clearSecret); files != nil {
		t.Errorf("%q hold the secret in clear while the database is open", files)
	}
	if files := holds(t, dir, "10.0.0.2"); files == nil {
		t.Error("the test does not see what is written")
	}
	if got := password(t, db, "boston"); got != clearSecret {
		t.Errorf("the secret is %q", got)
	}
	o := load(t, db).Get(objects.Cluster, "boston").Clone()
	o.Attrs["password"] = clearSecret + "-too"
	o.Attrs["description"] = "x"
	write(t, db, []*objects.Object{o}, nil)
	closeConfig(t, db)
	db = configIn(t, dir)
	if got := password(t, db, "boston"); got != clearSecret+"-too" {
		t.Errorf("after another start the secret is %q", got)
	}
	write(t, db, nil, []*objects.Object{load(t, db).Get(objects.Cluster, "boston")})
	if files := holds(t, dir, clearSecret); files != nil {
		t.Errorf("%q hold the secret in clear", files)
	}
	info, err := os.Stat(filepath.Join(dir, SecretKeyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v, %v", info, err)
	}
}

// A write that changes nothing of a secret is no write, although its sealed
// form would be another each time.
func TestSealingAgainIsNoChange(t *testing.T) {
	db := secretConfig(t, t.TempDir())
	defer closeConfig(t, db)
	before, err := db.Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := write(t, db, []*objects.Object{load(t, db).Get(objects.Cluster, "boston").Clone()}, nil); n != before {
		t.Errorf("write %d follows %d", n, before)
	}
}

// No key is made as long as there is nothing to seal.
func TestKeyIsMadeAtFirstNeed(t *testing.T) {
	dir := t.TempDir()
	db := configIn(t, dir)
	write(t, db, []*objects.Object{object(objects.Admin, "ann", "password", "$2a$hash")}, nil)
	if _, err := os.Stat(filepath.Join(dir, SecretKeyFile)); !os.IsNotExist(err) {
		t.Errorf("there is a key: %v", err)
	}
}

// Without the right key the server starts; the secret counts as not set and is
// reported by name, other changes leave what is stored, and the right key
// brings it back.
func TestKeyIsLost(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(t *testing.T, path string)
		says  string
	}{
		"missing": {func(t *testing.T, path string) { remove(t, path) }, "there is no "},
		"another": {func(t *testing.T, path string) {
			remove(t, path)
			if _, err := makeKey(path); err != nil {
				t.Fatal(err)
			}
		}, "another key"},
		"damaged": {func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte("half a ke"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "holds no key"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			closeConfig(t, secretConfig(t, dir))
			path := filepath.Join(dir, SecretKeyFile)
			right, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			c.spoil(t, path)

			db := configIn(t, dir)
			o := load(t, db).Get(objects.Cluster, "boston").Clone()
			if _, set := o.Attrs["password"]; set || o.Attrs["ipaddr"] != "10.0.0.2" {
				t.Errorf("loaded %q", o.Attrs)
			}
			lost := db.Lost()
			if len(lost) != 1 || lost[0].Name != "Boston" || lost[0].Attr != "password" || !strings.Contains(lost[0].Why.Error(), c.says) || !strings.Contains(lost[0].Why.Error(), path) {
				t.Fatalf("lost: %+v", lost)
			}
			o.Attrs["description"] = "changed without the key"
			write(t, db, []*objects.Object{o}, nil)

			if err := os.WriteFile(path, right, 0o600); err != nil {
				t.Fatal(err)
			}
			again := configIn(t, dir)
			if got := password(t, again, "boston"); got != clearSecret || len(again.Lost()) != 0 {
				t.Errorf("with its key back the secret is %q; lost %v", got, again.Lost())
			}
		})
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// A secret that was lost is set anew, with a new key; with a key that is
// damaged nothing is written and the error says so.
func TestSecretIsSetAnew(t *testing.T) {
	dir := t.TempDir()
	closeConfig(t, secretConfig(t, dir))
	path := filepath.Join(dir, SecretKeyFile)
	if err := os.WriteFile(path, []byte("?"), 0o600); err != nil {
		t.Fatal(err)
	}
	db := configIn(t, dir)
	o := load(t, db).Get(objects.Cluster, "boston").Clone()
	o.Attrs["password"] = "another-secret"
	if _, err := db.Commit(t.Context(), Tx{Put: []*objects.Object{o}}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("sealed with a damaged key: %v", err)
	}
	if got := password(t, db, "boston"); got != "" {
		t.Errorf("the secret is %q", got)
	}
	remove(t, path)
	write(t, db, []*objects.Object{o}, nil)
	if got := password(t, db, "boston"); got != "another-secret" || len(db.Lost()) != 0 {
		t.Errorf("set anew the secret is %q; lost %v", got, db.Lost())
	}
}

// A sealed value opens only where it was sealed.
func TestSealedValueIsBoundToItsPlace(t *testing.T) {
	dir := t.TempDir()
	db := secretConfig(t, dir)
	write(t, db, []*objects.Object{object(objects.Cluster, "other", "ipaddr", "10.0.0.3", "password", "x")}, nil)
	closeConfig(t, db)
	alter(t, filepath.Join(dir, "config.db"), `UPDATE attribute SET value = (SELECT a.value FROM attribute a JOIN object o ON o.id = a.object
		WHERE a.name = 'password' AND o.name = 'Boston') WHERE name = 'password'`)
	db = configIn(t, dir)
	if got := password(t, db, "boston"); got != clearSecret {
		t.Errorf("the secret in its place is %q", got)
	}
	if got := password(t, db, "other"); got != "" || len(db.Lost()) != 1 {
		t.Errorf("in another place it is %q; lost %v", got, db.Lost())
	}
}

// The secrets of a database of before the time of sealing are sealed when it
// is opened, and nothing of them stays in the file; wherever that is cut off,
// the next start goes on.
func TestClearSecretsAreSealedAtStart(t *testing.T) {
	for _, cut := range []string{"", secretsClear, secretsScrub} {
		dir := copyOld(t, "config-v3.db", "config.db")
		path := filepath.Join(dir, "config.db")
		alter(t, path, `INSERT INTO object (id, class, name, name_key, version, changed_by, changed_at) VALUES (99, 'cluster', 'Boston', 'boston', 2, 'ann', 1);
			INSERT INTO attribute (object, name, value) VALUES (99, 'ipaddr', '10.0.0.2'), (99, 'password', '`+clearSecret+`')`)
		if files := holds(t, dir, clearSecret); len(files) != 1 {
			t.Fatalf("the old database has the secret in %q", files)
		}
		if cut != "" {
			cutOff(t, path, cut)
		}
		db := configIn(t, dir)
		if got := password(t, db, "boston"); got != clearSecret {
			t.Errorf("cut off at %q: the secret is %q", cut, got)
		}
		if files := holds(t, dir, clearSecret); files != nil {
			t.Errorf("cut off at %q: %q hold the secret in clear", cut, files)
		}
		if o := load(t, db).Get(objects.Cluster, "boston"); o.Version != 2 || o.ChangedBy != "ann" {
			t.Errorf("sealing counts as a change: %+v", o)
		}
	}
}

// cutOff leaves the file as a start does that ends in the named state.
func cutOff(t *testing.T, path, state string) {
	t.Helper()
	if err := configKind.ensure(path, nil); err != nil {
		t.Fatal(err)
	}
	if state == secretsClear {
		return
	}
	db, err := OpenConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	closeConfig(t, db)
	// The clear text is back in a free page, as before the file was written anew.
	alter(t, path, `CREATE TABLE scrap (text TEXT); INSERT INTO scrap VALUES ('`+clearSecret+`'); DROP TABLE scrap;
		UPDATE meta SET value = 'scrub' WHERE key = 'secrets'`)
	if files := holds(t, filepath.Dir(path), clearSecret); files == nil {
		t.Fatal("the test did not leave the secret behind")
	}
}

// Whatever stands in a database for a sealed value, opening it does no harm.
func FuzzOpenSealed(f *testing.F) {
	s := &sealer{path: filepath.Join(f.TempDir(), SecretKeyFile)}
	o := objects.New(objects.Cluster, "boston")
	good, err := s.seal(o, "password", clearSecret)
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{good, good[:len(good)-4], sealedPrefix, sealedPrefix + "AAAA", "clear", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if value, err := s.open(o, "password", text); err == nil && value != clearSecret {
			t.Errorf("%q opens as %q", text, value)
		}
	})
}
