package store

import (
	"errors"
	"fmt"
	"syscall"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// What can be wrong with a database file. Errors of this package wrap one of
// these where a caller branches, and name the file in their text.
var (
	ErrNewerVersion = errors.New("written by a newer version")
	ErrCorrupt      = errors.New("database is corrupt")
	ErrLocked       = errors.New("in use by another process")
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
	Err  error // the cause as SQLite or the system gave it, or nil
}

func (e *FileError) Error() string {
	text := e.Op + ": " + e.File
	if e.Kind != nil {
		text += ": " + e.Kind.Error()
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap lets errors.Is and errors.As find the kind and the cause.
func (e *FileError) Unwrap() []error {
	var errs []error
	for _, err := range []error{e.Kind, e.Err} {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// fileError wraps a failure of SQLite or the system with the file and its
// kind; nil stays nil, and an error that names its file already stays as it
// is.
func fileError(op, file string, err error) error {
	var named *FileError
	if err == nil || errors.As(err, &named) {
		return err
	}
	return &FileError{Op: op, File: file, Kind: kindOf(err), Err: err}
}

// kindOf finds what a caller may branch on in an error of SQLite or the
// system. The system's own reason counts first: SQLite calls a write to a
// read-only file system an I/O error.
func kindOf(err error) error {
	if _, ok := errors.AsType[*corruptError](err); ok {
		return ErrCorrupt
	}
	var errno syscall.Errno
	var s sqlite3.Error
	if errors.As(err, &s) {
		errno = s.SystemErrno
	} else if !errors.As(err, &errno) {
		return nil
	}
	switch errno {
	case syscall.ENOSPC, syscall.EDQUOT:
		return ErrFull
	case syscall.EROFS, syscall.EACCES, syscall.EPERM:
		return ErrReadOnly
	}
	switch s.Code {
	case sqlite3.ErrFull:
		return ErrFull
	case sqlite3.ErrReadonly:
		return ErrReadOnly
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB, sqlite3.ErrFormat:
		return ErrCorrupt
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return ErrLocked
	case sqlite3.ErrIoErr:
		return ErrIO
	}
	if errno != 0 {
		return ErrIO
	}
	return nil
}

// corrupt is an error about what a file contains.
func corrupt(format string, args ...any) error {
	return &corruptError{fmt.Errorf(format, args...)}
}

type corruptError struct{ error }

func (e *corruptError) Unwrap() error { return e.error }
