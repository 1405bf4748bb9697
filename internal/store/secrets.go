package store

import (
	"errors"
	"fmt"
	"strings"

	"leasehold/pkg/objects"
)

// LostSecret is a secret that is stored and cannot be opened. It counts as not
// set; what is stored stays, until the attribute is set anew or its object
// goes, so that the right key brings it back.
type LostSecret struct {
	Class *objects.Class
	Name  string
	Attr  string
	Why   error
}

// The states of the meta value secretsKey.
const (
	secretsKey    = "secrets"
	secretsClear  = "clear"  // there may be secrets in clear
	secretsScrub  = "scrub"  // all are sealed, but free pages may hold the clear ones
	secretsSealed = "sealed" // nothing of them is in the file
)

// sealAll brings a file of before the time of sealing up to date: it seals all
// secrets in one transaction and then has the file written anew, so that
// nothing of what stood there in clear remains in pages that are free now.
// Whatever moment it is cut off at, the next start takes it up from there.
func (c *ConfigDB) sealAll() error {
	var state string
	if err := c.db.QueryRow("SELECT value FROM meta WHERE key = ?", secretsKey).Scan(&state); err != nil {
		return fmt.Errorf("whether secrets are sealed: %w", err)
	}
	if state == secretsClear {
		n, err := c.sealStored()
		if err != nil {
			return fmt.Errorf("seal the stored secrets: %w", err)
		}
		if state = secretsScrub; n == 0 {
			return c.noteSecrets(secretsSealed)
		}
	}
	if state != secretsScrub {
		return nil
	}
	if _, err := c.db.Exec("VACUUM"); err != nil {
		return fmt.Errorf("write the file anew without clear secrets: %w", err)
	}
	if err := c.emptyLog(); err != nil {
		return err
	}
	return c.noteSecrets(secretsSealed)
}

// emptyLog moves the write-ahead log into the file and cuts it to nothing.
func (c *ConfigDB) emptyLog() error {
	var busy, log, moved int
	if err := c.db.QueryRow("PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &moved); err != nil {
		return fmt.Errorf("empty the write-ahead log: %w", err)
	}
	if busy != 0 {
		return errors.New("empty the write-ahead log: the file is in use")
	}
	return nil
}

func (c *ConfigDB) noteSecrets(state string) error {
	_, err := c.db.Exec("UPDATE meta SET value = ? WHERE key = ?", state, secretsKey)
	return err
}

// sealStored seals the secrets that are stored in clear; it returns how many.
func (c *ConfigDB) sealStored() (n int, err error) {
	tx, err := c.db.Begin()
	if err != nil {
		return 0, err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing once committed
	type found struct {
		id          int64
		attr, value string
		of          *objects.Object
	}
	var all []found
	rows, err := tx.Query("SELECT o.id, o.class, o.name, a.name, a.value FROM object o JOIN attribute a ON a.object = o.id")
	if err != nil {
		return 0, err
	}
	err = eachRow(rows, func() error {
		var f found
		var class, name string
		if err := rows.Scan(&f.id, &class, &name, &f.attr, &f.value); err != nil {
			return err
		}
		// What this version does not know is an error when it is loaded.
		// What is sealed already was so before another attribute became secret.
		if c := objects.ClassNamed(class); c != nil && isSealed(c, f.attr) && !strings.HasPrefix(f.value, sealedPrefix) {
			f.of = objects.New(c, name)
			all = append(all, f)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, f := range all {
		sealed, err := c.sealer.seal(f.of, f.attr, f.value)
		if err != nil {
			return 0, err
		}
		if _, err := tx.Exec("UPDATE attribute SET value = ? WHERE object = ? AND name = ?", sealed, f.id, f.attr); err != nil {
			return 0, err
		}
	}
	if _, err := tx.Exec("UPDATE meta SET value = ? WHERE key = ?", secretsScrub, secretsKey); err != nil {
		return 0, err
	}
	return len(all), tx.Commit()
}

// Lost lists the secrets that the last Load could not open.
func (c *ConfigDB) Lost() []LostSecret {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lost
}

// openAttr gives the object the value of a row. A secret that cannot be opened
// is left out and reported.
func (c *ConfigDB) openAttr(o *objects.Object, attr, stored string) *LostSecret {
	if isSealed(o.Class, attr) {
		value, err := c.sealer.open(o, attr, stored)
		if err != nil {
			return &LostSecret{Class: o.Class, Name: o.Name, Attr: attr, Why: err}
		}
		stored = value
	}
	o.Attrs[attr] = stored
	return nil
}

// sealed returns the stored form of a value.
func (w *writer) sealed(o *objects.Object, attr, value string) (string, error) {
	if !isSealed(o.Class, attr) {
		return value, nil
	}
	return w.sealer.seal(o, attr, value)
}
