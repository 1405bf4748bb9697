package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Lock is the hold on a data folder.
type Lock struct{ f *os.File }

// LockData takes the data folder for this process: one server, one folder. The
// error wraps ErrLocked and names the other process. The system drops the lock
// when the process ends, however it ends.
func LockData(dir string) (*Lock, error) {
	const op = "lock data folder"
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fileError(op, path, err)
	}
	switch err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); {
	case errors.Is(err, unix.EWOULDBLOCK):
		err = &FileError{Op: op, File: path, Kind: ErrLocked, Err: fmt.Errorf("held by %s", holder(f))}
		return nil, errors.Join(err, f.Close())
	case err != nil:
		return nil, errors.Join(fileError(op, path, err), f.Close())
	}
	if err := errors.Join(f.Truncate(0), writePID(f)); err != nil {
		return nil, errors.Join(fileError(op, path, err), f.Close())
	}
	return &Lock{f}, nil
}

func writePID(f *os.File) error {
	_, err := f.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	return err
}

// holder names the process that wrote its number into the lock file.
func holder(f *os.File) string {
	text, err := io.ReadAll(io.LimitReader(f, 20))
	pid := strings.TrimSpace(string(text))
	if err != nil || pid == "" {
		return "a process that did not write its number"
	}
	return "process " + pid
}

// Unlock gives the folder back. The file stays: removing it could take the
// lock from under a server that is just starting.
func (l *Lock) Unlock() error { return l.f.Close() }
