package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"leasehold/pkg/objects"
)

// ConfigDB is the configuration database. It is safe for concurrent use.
type ConfigDB struct {
	path   string
	db     *sql.DB
	sealer *sealer

	mu   sync.Mutex
	lost []LostSecret // of the last Load
}

// Tx is one change of the configuration: all of it happens or nothing.
type Tx struct {
	Who    string // administrator
	Source string // from where: "unix uid 0", "10.0.0.9"
	At     time.Time
	// Reason is what the change is part of, for the change log; "" for a
	// command of its own.
	Reason string
	// Delete is carried out before Put, so that an object may be replaced by
	// a new one of its name. The Version of each object must be the one it
	// was read at, 0 for an object that must not exist yet; otherwise the
	// whole Tx is refused with a *StaleError.
	Delete []*objects.Object
	Put    []*objects.Object
	// Pending are commands that are left to be done on failover partners, and
	// Followed is the ID of the one of a partner's that this Tx is, "" for none.
	Pending  []*Pending
	Followed string
}

// StaleError refuses a write that was prepared on something else than what
// is stored now.
type StaleError struct {
	Class *objects.Class
	Name  string
	Read  uint64 // the version that the write was prepared on
	// Stored is the object as it is now, without its attributes; nil if it is
	// gone.
	Stored *objects.Object
}

func (e *StaleError) Error() string {
	if e.Stored == nil {
		return objects.Ref(e.Class, e.Name) + " was deleted meanwhile"
	}
	what := "changed"
	if e.Read == 0 {
		what = "created"
	}
	text := e.Stored.Ref() + " was " + what + " meanwhile"
	if e.Stored.ChangedBy != "" {
		text += fmt.Sprintf(" by administrator %q at %s", e.Stored.ChangedBy,
			time.Unix(e.Stored.ChangedAt, 0).Format(time.ANSIC))
	}
	return text
}

// versionKey is where the number of the last write is kept among the metas.
const versionKey = "version"

// OpenConfig opens the configuration database, creates it with the built-in
// objects where there is none, and brings one of an older version up to date.
// The built-in objects are of version 1 and were changed by nobody.
//
// Secrets are sealed with the key in SecretKeyFile beside the database; the
// file is made when there is the first one to seal.
func OpenConfig(path string) (*ConfigDB, error) {
	sealer := &sealer{path: filepath.Join(filepath.Dir(path), SecretKeyFile)}
	err := configKind.ensure(path, func(tx *sql.Tx) error {
		w := &writer{ctx: context.Background(), tx: tx, sealer: sealer, silent: true}
		_, err := w.write(Tx{Put: objects.Builtins()})
		return err
	})
	if err != nil {
		return nil, err
	}
	name, err := dsn(path, url.Values{"mode": {"rw"}, "_synchronous": {"FULL"}, "_foreign_keys": {"1"},
		"_busy_timeout": {"5000"}, "_txlock": {"immediate"}, "_stmt_cache_size": {"32"}})
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite3", name)
	if err != nil {
		return nil, fileError("open configuration database", path, err)
	}
	db.SetMaxOpenConns(1)
	c := &ConfigDB{path: path, db: db, sealer: sealer}
	err = c.check()
	if err == nil {
		err = c.sealAll()
	}
	if err != nil {
		return nil, fileError("open configuration database", path, errors.Join(err, db.Close()))
	}
	return c, nil
}

// check reads every page: a configuration is small, and one that is damaged
// must be known before the server runs by it.
func (c *ConfigDB) check() error {
	var verdict string
	if err := c.db.QueryRow("PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return corrupt("%s", verdict)
	}
	return nil
}

// Load reads the whole configuration. A class or an attribute that this
// version does not know is an error that names it; secrets that cannot be
// opened are left out, and Lost has them.
func (c *ConfigDB) Load(ctx context.Context) (*objects.Config, error) {
	cfg, lost, err := c.load(ctx)
	if err != nil {
		return nil, fileError("load configuration", c.path, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lost = lost
	return cfg, nil
}

func (c *ConfigDB) load(ctx context.Context) (cfg *objects.Config, lost []LostSecret, err error) {
	rows, err := c.db.QueryContext(ctx, `SELECT o.id, o.class, o.name, o.version, o.changed_by, o.changed_at,
		a.name, a.value FROM object o LEFT JOIN attribute a ON a.object = o.id ORDER BY o.id`)
	if err != nil {
		return nil, nil, err
	}
	cfg = objects.NewConfig()
	var o *objects.Object
	last := int64(-1)
	err = eachRow(rows, func() error {
		var id int64
		var class, name string
		var attr, value sql.NullString
		var st stamp
		if err := rows.Scan(&id, &class, &name, &st.version, &st.who, &st.at, &attr, &value); err != nil {
			return err
		}
		if id != last {
			last = id
			if o, err = newObject(class, name); err != nil {
				return err
			}
			st.put(o)
			cfg.Put(o)
		}
		if !attr.Valid {
			return nil
		}
		if l := c.openAttr(o, attr.String, value.String); l != nil {
			lost = append(lost, *l)
		}
		return checkAttr(o, attr.String)
	})
	return cfg, lost, err
}

// eachRow calls scan for every row and closes them.
func eachRow(rows *sql.Rows, scan func() error) (err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(); err != nil {
			return err
		}
	}
	return rows.Err()
}

func newObject(class, name string) (*objects.Object, error) {
	c := objects.ClassNamed(class)
	if c == nil || c.Runtime {
		return nil, fmt.Errorf("object %q is of class %q, which this version does not know", name, class)
	}
	return objects.New(c, name), nil
}

// checkAttr refuses what could not be shown, validated or removed again.
func checkAttr(o *objects.Object, attr string) error {
	if o.Class.Attr(attr) == nil && !o.Class.Dynamic(attr) {
		return fmt.Errorf("%s has attribute %q, which this version does not know", o.Ref(), attr)
	}
	return nil
}

// Commit writes tx in one transaction, with its change log; when it returns
// nil, the change is on disk, otherwise nothing of it is. It returns the
// number of the write and stamps number, who and when on the objects of
// tx.Put. Where tx changes nothing, nothing is written and the number is that
// of the last write. A ctx that ends before the transaction begins stops it,
// later it does not.
func (c *ConfigDB) Commit(ctx context.Context, tx Tx) (uint64, error) {
	version, err := c.commit(ctx, tx)
	if stale, ok := errors.AsType[*StaleError](err); ok {
		return 0, stale
	}
	return version, fileError("commit configuration", c.path, err)
}

func (c *ConfigDB) commit(ctx context.Context, tx Tx) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	ctx = context.WithoutCancel(ctx)
	t, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer t.Rollback() //nolint:errcheck // does nothing once committed
	w := &writer{ctx: ctx, tx: t, sealer: c.sealer}
	version, err := w.write(tx)
	if err != nil {
		return 0, err
	}
	if err := t.Commit(); err != nil {
		return 0, err
	}
	for _, o := range tx.Put {
		w.stamps[o].put(o)
	}
	return version, nil
}

// Version returns the number of the last write.
func (c *ConfigDB) Version(ctx context.Context) (uint64, error) {
	text, _, err := c.Meta(ctx, versionKey)
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(text, 10, 64)
}

// Meta returns a value that SetMeta kept; found is false where there is none.
func (c *ConfigDB) Meta(ctx context.Context, key string) (value string, found bool, err error) {
	err = c.db.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = ?", key).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return value, err == nil, fileError("read configuration", c.path, err)
}

// SetMeta keeps a small value that is not configuration, durably.
func (c *ConfigDB) SetMeta(ctx context.Context, key, value string) error {
	if key == versionKey || key == secretsKey {
		return fmt.Errorf("keep a value: %q is the store's own", key)
	}
	_, err := c.db.ExecContext(context.WithoutCancel(ctx), "REPLACE INTO meta (key, value) VALUES (?, ?)", key, value)
	return fileError("commit configuration", c.path, err)
}

// commissionedKey is where it is kept that a failover relationship was in
// service.
const commissionedKey = "failover-commissioned "

// Commissioned tells whether SetCommissioned was called for a failover
// relationship: if so, and the lease database has no snapshot of it, the lease
// database was lost.
func (c *ConfigDB) Commissioned(ctx context.Context, relationship string) (bool, error) {
	_, found, err := c.Meta(ctx, commissionedKey+relationship)
	return found, err
}

// SetCommissioned keeps, durably, that a failover relationship was in service.
// A relationship that is configured away and comes back is a new one only
// after it was set to false.
func (c *ConfigDB) SetCommissioned(ctx context.Context, relationship string, is bool) error {
	if is {
		return c.SetMeta(ctx, commissionedKey+relationship, "yes")
	}
	_, err := c.db.ExecContext(context.WithoutCancel(ctx), "DELETE FROM meta WHERE key = ?", commissionedKey+relationship)
	return fileError("commit configuration", c.path, err)
}

// generationKey is where the generation of a relationship's record is kept.
const generationKey = "failover-generation "

// Generation is what SetGeneration kept for a failover relationship, 0 if it
// kept none: if the lease database has a record of an earlier one, the lease
// database was restored.
func (c *ConfigDB) Generation(ctx context.Context, relationship string) (uint64, error) {
	value, found, err := c.Meta(ctx, generationKey+relationship)
	if err != nil || !found {
		return 0, err
	}
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read configuration: the generation of failover %q: %w", relationship, err)
	}
	return n, nil
}

// SetGeneration keeps the generation, durably, once the lease database has it;
// 0 forgets it.
func (c *ConfigDB) SetGeneration(ctx context.Context, relationship string, generation uint64) error {
	if generation > 0 {
		return c.SetMeta(ctx, generationKey+relationship, strconv.FormatUint(generation, 10))
	}
	_, err := c.db.ExecContext(context.WithoutCancel(ctx), "DELETE FROM meta WHERE key = ?", generationKey+relationship)
	return fileError("commit configuration", c.path, err)
}

// Close closes the database.
func (c *ConfigDB) Close() error {
	return fileError("close configuration database", c.path, c.db.Close())
}

// nameKey is what names are compared by, as objects.Config does.
func nameKey(name string) string { return strings.ToLower(name) }
