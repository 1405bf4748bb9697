package store

import (
	"database/sql/driver"
	"errors"
)

// The snapshots of the failover endpoints stand beside the leases: whoever
// loses the one loses the other, so that an endpoint without a snapshot knows
// that it has no leases either.

// endpoints are the statements for the snapshots, on the connection that
// commits leases: they are as durable, and in one order with the leases.
type endpoints struct {
	save, drop, list *stmt
}

func (e *endpoints) prepare(c *conn) (err error) {
	for _, p := range []struct {
		s   **stmt
		sql string
	}{
		{&e.save, "REPLACE INTO endpoint (name, snapshot) VALUES (?, ?)"},
		{&e.drop, "DELETE FROM endpoint WHERE name = ?"},
		{&e.list, "SELECT name, snapshot FROM endpoint"},
	} {
		if *p.s, err = c.prepare(p.sql); err != nil {
			return err
		}
	}
	return nil
}

func (e *endpoints) all() []*stmt { return []*stmt{e.save, e.drop, e.list} }

// SaveEndpoint keeps what a failover endpoint must know after a restart; when
// it returns nil, that survives a power loss, and so does every lease that was
// committed before.
func (db *LeaseDB) SaveEndpoint(name string, snapshot []byte) error {
	if snapshot == nil {
		snapshot = []byte{} // not NULL
	}
	return db.changeEndpoint("save failover endpoint "+name, len(name)+len(snapshot), func() error {
		return db.endpoints.save.exec(name, snapshot)
	})
}

// DeleteEndpoint forgets an endpoint; one that is not there is no error.
func (db *LeaseDB) DeleteEndpoint(name string) error {
	return db.changeEndpoint("delete failover endpoint "+name, len(name), func() error {
		return db.endpoints.drop.exec(name)
	})
}

func (db *LeaseDB) changeEndpoint(op string, size int, change func() error) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return &FileError{Op: op, File: db.path, Kind: ErrClosed}
	}
	err := change()
	if err != nil && errors.Is(kindOf(err), ErrFull) && db.reclaim() {
		err = change()
	}
	if err != nil {
		return fileError(op, db.path, err)
	}
	db.unseen += size + 2*pageSize
	db.watch()
	return nil
}

// Endpoints returns the snapshots of all endpoints by name.
func (db *LeaseDB) Endpoints() (map[string][]byte, error) {
	const op = "load failover endpoints"
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return nil, &FileError{Op: op, File: db.path, Kind: ErrClosed}
	}
	found := map[string][]byte{}
	dest := make([]driver.Value, 2)
	err := db.endpoints.list.each(dest, func() error {
		name, okName := dest[0].(string)
		snapshot, okSnapshot := dest[1].([]byte)
		if !okName || !okSnapshot {
			return corrupt("the endpoint table holds a row that is not an endpoint: %v", dest)
		}
		found[name] = append([]byte{}, snapshot...)
		return nil
	})
	if err != nil {
		return nil, fileError(op, db.path, err)
	}
	return found, nil
}
