package store

import (
	"errors"
)

// What can be wrong with a database file. Errors of this package wrap one of
// these where a caller branches, and name the file in their text.
var (
	ErrNewerVersion = errors.New("written by a newer version")
	ErrCorrupt      = errors.New("database is corrupt")
	ErrLocked       = errors.New("in use by another server")
	ErrFull         = errors.New("disk is full")
	ErrReadOnly     = errors.New("database is read-only")
	ErrIO           = errors.New("input/output error")
	// ErrClosed is what a lease submitted after Close hears.
	ErrClosed = errors.New("store is closed")
)

// FileError is a failure of one of the store's files.
type FileError struct {
	Op   string // what was being done: "commit 12 leases"
	File string
	Kind error // one of the errors above, or nil
	Err  error // the cause as SQLite or the system gave it
}

func (e *FileError) Error() string {
	if e.Kind == nil {
		return e.Op + ": " + e.File + ": " + e.Err.Error()
	}
	return e.Op + ": " + e.File + ": " + e.Kind.Error() + ": " + e.Err.Error()
}

// Unwrap lets errors.Is and errors.As find the kind and the cause.
func (e *FileError) Unwrap() []error { return []error{e.Kind, e.Err} }
