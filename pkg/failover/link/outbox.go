package link

import (
	"encoding/binary"
	"errors"
	"sync"

	"leasehold/pkg/failover/wire"
)

const (
	// maxWaiting is how many octets may wait for a partner that does not take
	// them: several windows of updates and their answers.
	maxWaiting = 4 << 20
	// maxWrite is how many are written at once: what is written together
	// bears one time.
	maxWrite = 64 << 10
)

var errOverflow = errors.New("the partner does not take what is sent to it")

// outbox holds messages that are to be written. Adding never waits; what comes
// while a write is under way goes out together with the next.
type outbox struct {
	mu   sync.Mutex
	buf  []byte
	over bool
	wake chan struct{}
}

func newOutbox() *outbox { return &outbox{wake: make(chan struct{}, 1)} }

// add takes one message. Its time is set when it is written.
func (b *outbox) add(p *wire.Profile, m wire.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return ErrClosed
	}
	if len(b.buf) > maxWaiting {
		return errOverflow
	}
	buf, err := p.Append(b.buf, m)
	if err != nil {
		return err
	}
	b.buf = buf
	b.signal()
	return nil
}

// finish lets out what is there, and nothing after it.
func (b *outbox) finish() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
	b.signal()
}

// discard drops what is there.
func (b *outbox) discard() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over, b.buf = true, nil
	b.signal()
}

func (b *outbox) signal() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// take waits for messages and returns them; the next ones are put into spare.
// last is true when no more will come.
func (b *outbox) take(spare []byte) (buf []byte, last bool) {
	for {
		b.mu.Lock()
		if len(b.buf) > 0 || b.over {
			buf, last = b.buf, b.over
			b.buf = spare[:0]
			b.mu.Unlock()
			return buf, last
		}
		b.mu.Unlock()
		<-b.wake
	}
}

// portion is how much of whole messages is written at once, and puts the time
// into each.
func portion(buf []byte, now wire.Time) int {
	n := 0
	for n < len(buf) && n < maxWrite {
		binary.BigEndian.PutUint32(buf[n+4:], uint32(now))
		n += int(binary.BigEndian.Uint16(buf[n:]))
	}
	return n
}
