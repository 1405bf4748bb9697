package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// mark is the number of the last batch that a lease database took, in a file
// beside it. It is written behind each batch and not forced to disk: it may be
// behind the database after a power failure, and is never ahead of it, unless
// somebody put an older copy of the database in its place.
type mark struct {
	f    *os.File
	last uint64 // as it was found
}

// markPath is the file of a database's mark. Its name does not begin with that
// of the database, so that a copy of the one is not a copy of the other.
func markPath(path string) string { return strings.TrimSuffix(path, ".db") + ".mark" }

func openMark(path string) (*mark, error) {
	f, err := os.OpenFile(markPath(path), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	var b [8]byte
	if _, err := f.ReadAt(b[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(fmt.Errorf("read %s: %w", f.Name(), err), f.Close())
	}
	return &mark{f: f, last: binary.BigEndian.Uint64(b[:])}, nil
}

// set notes a batch. A mark that cannot be written stays behind, which does no
// harm but that a copy may go unnoticed.
func (m *mark) set(batch uint64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], batch)
	m.f.WriteAt(b[:], 0) //nolint:errcheck // see above
}
