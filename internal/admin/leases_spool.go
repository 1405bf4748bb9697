package admin

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"google.golang.org/protobuf/proto"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
)

// maxSpool bounds what an import may lay down: some four million leases.
const maxSpool = 1 << 30

// spool keeps messages in a file without a name until all have come, so that
// an import of any length takes little memory.
type spool struct {
	file *os.File
	out  *bufio.Writer
	size int
	buf  []byte
}

func newSpool() (*spool, error) {
	f, err := os.CreateTemp("", "leases-*")
	if err == nil {
		err = os.Remove(f.Name())
	}
	if err != nil {
		return nil, fmt.Errorf("hold leases: %w", err)
	}
	return &spool{file: f, out: bufio.NewWriterSize(f, 1<<18)}, nil
}

func (s *spool) Close() { _ = s.file.Close() }

func (s *spool) add(m *adminv1.ImportLeasesRequest) error {
	var err error
	if s.buf, err = (proto.MarshalOptions{}).MarshalAppend(s.buf[:0], m); err != nil {
		return fmt.Errorf("hold leases: %w", err)
	}
	if s.size += len(s.buf); s.size > maxSpool {
		return objects.Errorf(objects.TooMany, "more than %d MiB of leases at once; import them in parts", maxSpool>>20)
	}
	_, err = s.out.Write(binary.AppendUvarint(nil, uint64(len(s.buf))))
	if err == nil {
		_, err = s.out.Write(s.buf)
	}
	if err != nil {
		return fmt.Errorf("hold leases: %w", err)
	}
	return nil
}

// each calls fn with the messages in their order.
func (s *spool) each(fn func(*adminv1.ImportLeasesRequest) error) error {
	err := s.out.Flush()
	if err == nil {
		_, err = s.file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("hold leases: %w", err)
	}
	in := bufio.NewReaderSize(s.file, 1<<18)
	for {
		n, err := binary.ReadUvarint(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			if uint64(cap(s.buf)) < n {
				s.buf = make([]byte, n)
			}
			_, err = io.ReadFull(in, s.buf[:n])
		}
		m := &adminv1.ImportLeasesRequest{}
		if err == nil {
			err = proto.Unmarshal(s.buf[:n], m)
		}
		if err != nil {
			return fmt.Errorf("read held leases: %w", err)
		}
		if err := fn(m); err != nil {
			return err
		}
	}
}
