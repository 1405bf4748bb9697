package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// dsn makes the data source name of a database file. With the VFS unix-excl
// the index of the write-ahead log is in memory that the connections of this
// process share, not in a mapped file: a mapped file raises SIGBUS, and ends the
// server, where the file system turns read-only under it. The price is that
// other programs cannot open the file meanwhile.
func dsn(path string, params url.Values) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find %s: %w", path, err)
	}
	params.Set("vfs", "unix-excl")
	u := url.URL{Scheme: "file", Path: abs, RawQuery: params.Encode()}
	return u.String(), nil
}

// conn is one connection of the lease database, used by one goroutine at a
// time. It goes past database/sql: at a hundred thousand rows a second the
// pool, its locks and its conversions would cost more than SQLite does.
type conn struct {
	*sqlite3.SQLiteConn
}

func dial(path string, params url.Values) (*conn, error) {
	name, err := dsn(path, params)
	if err != nil {
		return nil, err
	}
	c, err := (&sqlite3.SQLiteDriver{}).Open(name)
	if err != nil {
		return nil, err
	}
	return &conn{c.(*sqlite3.SQLiteConn)}, nil
}

// run executes statements that take nothing and give nothing.
func (c *conn) run(sql string) error {
	_, err := c.Exec(sql, nil)
	return err
}

// inTx runs fn in a write transaction.
func (c *conn) inTx(fn func() error) error {
	err := c.run("BEGIN IMMEDIATE")
	if err != nil {
		return err
	}
	if err = fn(); err == nil {
		err = c.run("COMMIT")
	}
	if err != nil && !c.AutoCommit() {
		err = errors.Join(err, c.run("ROLLBACK"))
	}
	return err
}

// stmt is a prepared statement with the space for its arguments.
type stmt struct {
	driver.Stmt
	query driver.StmtQueryContext
	args  []driver.NamedValue
}

func (c *conn) prepare(sql string) (*stmt, error) {
	s, err := c.Prepare(sql)
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", sql, err)
	}
	st := &stmt{Stmt: s, query: s.(driver.StmtQueryContext), args: make([]driver.NamedValue, s.NumInput())}
	for i := range st.args {
		st.args[i].Ordinal = i + 1
	}
	return st, nil
}

// start binds the arguments and takes the first step. The driver does both in
// one call into C on its query path only, so statements that return nothing go
// this way too.
func (s *stmt) start(args []driver.Value) (driver.Rows, error) {
	for i, a := range args {
		s.args[i].Value = a
	}
	return s.query.QueryContext(context.Background(), s.args)
}

// exec runs the statement to its end.
func (s *stmt) exec(args ...driver.Value) error {
	rows, err := s.start(args)
	if err != nil {
		return err
	}
	return rows.Close()
}

// row reads the one row that the statement returns.
func (s *stmt) row(dest []driver.Value, args ...driver.Value) error {
	rows, err := s.start(args)
	if err != nil {
		return err
	}
	return errors.Join(rows.Next(dest), rows.Close())
}

// each calls fn for every row; dest holds it until fn returns.
func (s *stmt) each(dest []driver.Value, fn func() error, args ...driver.Value) error {
	rows, err := s.start(args)
	if err != nil {
		return err
	}
	for {
		err := rows.Next(dest)
		if err == io.EOF {
			return rows.Close()
		}
		if err == nil {
			err = fn()
		}
		if err != nil {
			return errors.Join(err, rows.Close())
		}
	}
}
