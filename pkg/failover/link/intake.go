package link

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"leasehold/pkg/failover/wire"
)

// readSize is what is read at once: eight of the longest messages.
const readSize = 8 * wire.MaxMessage

// intake turns the octets of a connection into messages.
type intake struct {
	r     io.Reader
	split wire.Splitter
	dec   wire.Decoder
	buf   []byte
	msgs  []wire.Message // read and not yet given out
	next  int
	err   error // what comes after msgs
}

func newIntake(r io.Reader) *intake { return &intake{r: r, buf: make([]byte, readSize)} }

// receive returns the next message. A CONNECT or CONNECTACK that lacks
// something comes as it is, for whoever judges it; what cannot be read at all
// is the last thing of a connection, and a *wire.Error.
func (in *intake) receive() (wire.Message, error) {
	for in.next == len(in.msgs) {
		if in.err != nil {
			return wire.Message{}, in.err
		}
		in.msgs, in.next = in.msgs[:0], 0
		in.read()
	}
	m := in.msgs[in.next]
	in.msgs[in.next] = wire.Message{} // the queue must not hold on to it
	in.next++
	return m, nil
}

func (in *intake) read() {
	n, err := in.r.Read(in.buf)
	in.err = in.split.Feed(in.buf[:n], in.frame)
	if in.err != nil || err == nil {
		return
	}
	in.err = err
	if errors.Is(err, io.EOF) && in.split.Partial() > 0 {
		in.err = io.ErrUnexpectedEOF
	}
}

func (in *intake) frame(frame []byte) error {
	m, err := in.dec.Decode(frame)
	if e, ok := errors.AsType[*wire.Error](err); ok && e.Severity == wire.Close {
		return explain(frame, err)
	}
	in.msgs = append(in.msgs, m)
	return nil
}

// The dhcpd 3.0 had other option numbers: its vendor class stands where a
// hash-bucket-assignment is expected.
var oldDhcpd = []byte("isc-V3")

func explain(frame []byte, err error) error {
	if bytes.Contains(frame, oldDhcpd) {
		return fmt.Errorf("the partner is a dhcpd 3.0, whose failover protocol is older: %w", err)
	}
	return err
}

// empty tells whether nothing was received beyond what was given out: TLS must
// begin on a clean connection, or words spoken before it would count.
func (in *intake) empty() bool {
	return in.next == len(in.msgs) && in.err == nil && in.split.Partial() == 0
}

// lossText says in words how a connection ended.
func lossText(err error) string {
	switch {
	case errors.Is(err, io.EOF):
		return "the partner closed the connection"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the partner closed the connection inside a message"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the partner reset the connection"
	}
	if op, ok := errors.AsType[*net.OpError](err); ok { // without the addresses, which are known
		return op.Err.Error()
	}
	return err.Error()
}

// stale tells whether the partner has closed a connection and nothing that it
// sent is left to be read. A server that was stopped for a while finds
// connections that its partner has tried and given up.
func stale(nc net.Conn) bool {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return true
	}
	over := false
	err = raw.Control(func(fd uintptr) { // Read would wait for who is reading
		var b [1]byte
		n, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		over = n == 0 && err == nil || err != nil && err != syscall.EAGAIN && err != syscall.EINTR
	})
	return over || err != nil
}
