package store

import (
	"context"
	"time"
)

// Change is one line of the change log. A secret's values are masked.
type Change struct {
	Version uint64 // the write it was part of
	At      time.Time
	Who     string
	Source  string
	Class   string
	Name    string
	Attr    string // "" where an object without attributes came or went
	Action  string // create, set, unset, delete
	Before  string
	After   string
	Reason  string // what it was part of; "" for a command of its own
}

// Changes lists the change log, newest first; class and name limit it where
// they are not empty (case does not matter), limit where it is above 0.
func (c *ConfigDB) Changes(ctx context.Context, limit int, class, name string) ([]Change, error) {
	changes, err := c.changes(ctx, limit, class, name)
	return changes, fileError("read change log", c.path, err)
}

func (c *ConfigDB) changes(ctx context.Context, limit int, class, name string) ([]Change, error) {
	if limit <= 0 {
		limit = -1 // SQLite's word for all
	}
	rows, err := c.db.QueryContext(ctx, `SELECT version, at, who, source, class, name, attribute, action, before, after, reason
		FROM change_log WHERE (?1 = '' OR class = lower(?1)) AND (?2 = '' OR name_key = ?2)
		ORDER BY id DESC LIMIT ?3`, class, nameKey(name), limit)
	if err != nil {
		return nil, err
	}
	var changes []Change
	err = eachRow(rows, func() error {
		var h Change
		var at int64
		err := rows.Scan(&h.Version, &at, &h.Who, &h.Source, &h.Class, &h.Name, &h.Attr, &h.Action, &h.Before, &h.After, &h.Reason)
		h.At = time.Unix(at, 0)
		changes = append(changes, h)
		return err
	})
	return changes, err
}
