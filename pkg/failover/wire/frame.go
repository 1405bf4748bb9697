package wire

import (
	"encoding/binary"
	"fmt"
)

// Sizes of a message in octets. The draft's text gives a payload offset of 8,
// its own header has 12.
const (
	MinMessage = 12
	MaxMessage = 2048
)

// Splitter cuts a byte stream into messages. It keeps at most one partial
// message, and is done with after an error.
type Splitter struct {
	part []byte
	err  error
}

// Feed takes what was read and calls each for every message that is whole,
// in order. A frame belongs to the callee until it returns. Feed returns the
// first error: each's, or that of a length that cannot be; the stream is
// lost then and every later call returns the same.
func (s *Splitter) Feed(b []byte, each func(frame []byte) error) error {
	for s.err == nil && len(b) > 0 {
		if len(s.part) == 0 {
			n, whole, err := measure(b)
			switch {
			case err != nil:
				s.err = err
			case whole:
				s.err = each(b[:n])
				b = b[n:]
			default:
				s.part, b = append(s.part, b...), nil
			}
			continue
		}
		b = s.complete(b, each)
	}
	return s.err
}

// complete adds to the partial message what it lacks and hands it out when it
// is whole; it returns the rest of b.
func (s *Splitter) complete(b []byte, each func([]byte) error) []byte {
	if len(s.part) == 1 { // half a length
		s.part, b = append(s.part, b[0]), b[1:]
	}
	n, _, err := measure(s.part)
	if err != nil {
		s.err = err
		return nil
	}
	take := min(n-len(s.part), len(b))
	s.part, b = append(s.part, b[:take]...), b[take:]
	if len(s.part) == n {
		s.err = each(s.part)
		s.part = s.part[:0]
	}
	return b
}

// Partial is the number of octets of a message that is not whole yet. At the
// end of a stream it shows whether the stream broke inside a message.
func (s *Splitter) Partial() int { return len(s.part) }

// measure tells the length of the message at the start of b, and whether it
// is all there.
func measure(b []byte) (n int, whole bool, err error) {
	if len(b) < 2 {
		return 0, false, nil
	}
	n = int(binary.BigEndian.Uint16(b))
	if n < MinMessage || n > MaxMessage {
		return 0, false, broken(0, 0, fmt.Sprintf("length %d is not within %d to %d", n, MinMessage, MaxMessage))
	}
	return n, len(b) >= n, nil
}
