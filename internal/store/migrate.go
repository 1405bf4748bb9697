package store

import (
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

//go:embed schema
var schemaFS embed.FS

// kind is a kind of database file: what it is called, the number that marks
// such a file, and its migrations.
type kind struct {
	what string
	dir  string
	mark int // PRAGMA application_id
}

var (
	configKind = kind{"configuration database", "schema/config", 0x4c48_4346} // LHCF
	leaseKind  = kind{"lease database", "schema/leases", 0x4c48_4c53}         // LHLS
)

// migrations returns the texts of the numbered migrations, the first one's
// number being 1. The number of a file's last migration is its version (PRAGMA
// user_version).
func (k kind) migrations() ([]string, error) {
	entries, err := schemaFS.ReadDir(k.dir)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	var texts []string
	for i, e := range entries {
		if !strings.HasPrefix(e.Name(), fmt.Sprintf("%04d_", i+1)) {
			return nil, fmt.Errorf("read migrations: %s/%s stands where number %d should", k.dir, e.Name(), i+1)
		}
		text, err := schemaFS.ReadFile(k.dir + "/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("read migrations: %w", err)
		}
		texts = append(texts, string(text))
	}
	return texts, nil
}

// ensure makes sure that path is a database of this kind and of the present
// version that takes writes. Where there is none it makes one, with what fill
// (may be nil) puts into it: under another name first, so that a file of that
// name is always a whole database and an empty one is never mistaken for a
// new one.
func (k kind) ensure(path string, fill func(*sql.Tx) error) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(path + "-wal"); err == nil {
			return &FileError{Op: "open " + k.what, File: path, Kind: ErrCorrupt,
				Err: fmt.Errorf("the file is missing, but its log %s-wal is there", path)}
		}
		return k.create(path, fill)
	case err != nil:
		return fileError("open "+k.what, path, err)
	case info.Size() == 0:
		return &FileError{Op: "open " + k.what, File: path, Kind: ErrCorrupt, Err: errors.New("the file is empty")}
	}
	// Of a file that it may not write, or whose log it may not make, SQLite
	// would only say that it cannot open it.
	for _, p := range []string{path, filepath.Dir(path)} {
		if err := unix.Faccessat(unix.AT_FDCWD, p, unix.W_OK, unix.AT_EACCESS); err != nil {
			return fileError("open "+k.what, path, err)
		}
	}
	return k.upgrade(path, nil)
}

func (k kind) create(path string, fill func(*sql.Tx) error) error {
	draft := path + ".new"
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(draft + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fileError("create "+k.what, path, err)
		}
	}
	// What SQLite makes beside the file gets the file's mode: passwords' hashes
	// and who is where are nobody else's business.
	f, err := os.OpenFile(draft, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fileError("create "+k.what, path, err)
	}
	if err := errors.Join(f.Close(), k.upgrade(draft, fill)); err != nil {
		return fileError("create "+k.what, path, err)
	}
	if err := os.Rename(draft, path); err != nil {
		return fileError("create "+k.what, path, err)
	}
	return fileError("create "+k.what, path, syncDir(filepath.Dir(path)))
}

// syncDir makes a rename in the folder survive a power loss.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// upgrade carries out the migrations that the file has not seen, each in a
// transaction of its own, and then fill.
func (k kind) upgrade(path string, fill func(*sql.Tx) error) (err error) {
	op := "open " + k.what
	name, err := dsn(path, url.Values{"_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_txlock": {"immediate"}})
	if err != nil {
		return err
	}
	texts, err := k.migrations()
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite3", name)
	if err != nil {
		return fileError(op, path, err)
	}
	db.SetMaxOpenConns(1)
	defer func() { err = fileError(op, path, errors.Join(err, db.Close())) }()

	version, err := k.version(db, path, len(texts))
	if err != nil {
		return err
	}
	for i, text := range texts {
		if i >= version {
			if err := k.migrate(db, i+1, text); err != nil {
				return err
			}
		}
	}
	return finish(db, fill)
}

// version checks what kind of file it is and returns its version, 0 for one
// just made.
func (k kind) version(db *sql.DB, path string, known int) (int, error) {
	var mark, version, tables int
	err := db.QueryRow(`SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
		FROM pragma_application_id, pragma_user_version`).Scan(&mark, &version, &tables)
	if err != nil {
		return 0, err
	}
	fault := func(kind error, format string, args ...any) error {
		return &FileError{Op: "open " + k.what, File: path, Kind: kind, Err: fmt.Errorf(format, args...)}
	}
	switch {
	case tables == 0 && version == 0:
		return 0, nil
	case mark != k.mark:
		return 0, fault(ErrCorrupt, "the file is not a Leasehold %s", k.what)
	case version > known:
		return 0, fault(ErrNewerVersion, "the file is of version %d, this program knows versions up to %d", version, known)
	case version < 1:
		return 0, fault(ErrCorrupt, "the file has no version")
	}
	return version, nil
}

func (k kind) migrate(db *sql.DB, version int, text string) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing once committed
	for _, q := range []string{
		text,
		fmt.Sprintf("PRAGMA application_id = %d", k.mark),
		fmt.Sprintf("PRAGMA user_version = %d", version),
	} {
		if _, err := tx.Exec(q); err != nil {
			return fmt.Errorf("migrate to version %d: %w", version, err)
		}
	}
	return tx.Commit()
}

// finish fills a new file. For one that was there, the transaction is the
// proof that it can be written to: a server that could only read would find
// out at its first client.
func finish(db *sql.DB, fill func(*sql.Tx) error) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing once committed
	if fill != nil {
		if err := fill(tx); err != nil {
			return err
		}
	} else if _, err := tx.Exec("UPDATE meta SET value = value WHERE key IN ('version', 'folded')"); err != nil {
		return err
	}
	return tx.Commit()
}
