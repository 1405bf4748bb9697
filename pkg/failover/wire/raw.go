package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Option is one option as it stands on the wire.
type Option struct {
	Code Code
	Data string
}

// Raw is a message as it stands on the wire, in order and with everything that
// nobody understands: Append gives back the octets that Parse read.
type Raw struct {
	Type    Type
	Time    Time
	XID     uint32
	Extra   string // additional header octets, before the options
	Options []Option
}

// Parse reads one whole message, and keeps nothing of frame. It checks the form: header,
// lengths of all options of the draft, none of them twice. After an error r
// holds what was read before. Types of 128 and more have no form.
func (r *Raw) Parse(frame []byte) error {
	*r = Raw{Options: r.Options[:0]}
	if len(frame) < MinMessage || len(frame) > MaxMessage {
		return broken(0, 0, fmt.Sprintf("length %d is not within %d to %d", len(frame), MinMessage, MaxMessage))
	}
	r.Type = Type(frame[2])
	r.Time = Time(binary.BigEndian.Uint32(frame[4:]))
	r.XID = binary.BigEndian.Uint32(frame[8:])
	if n := int(binary.BigEndian.Uint16(frame)); n != len(frame) {
		return broken(r.Type, 0, fmt.Sprintf("has %d octets and says %d", len(frame), n))
	}
	offset := int(frame[3])
	if offset < MinMessage || offset > len(frame) {
		return broken(r.Type, 0, fmt.Sprintf("payload offset %d is not within %d to %d", offset, MinMessage, len(frame)))
	}
	body := string(frame[MinMessage:]) // one copy that all options share
	r.Extra = body[:offset-MinMessage]
	return r.options(body[offset-MinMessage:])
}

func (r *Raw) options(payload string) error {
	var seen uint32 // bit per code of the draft
	for len(payload) > 0 {
		if len(payload) < 4 {
			return broken(r.Type, 0, fmt.Sprintf("ends with %d octets of an option header", len(payload)))
		}
		c := Code(payload[0])<<8 | Code(payload[1])
		n := int(payload[2])<<8 | int(payload[3])
		if n > len(payload)-4 {
			return broken(r.Type, c, fmt.Sprintf("has length %d where %d octets are left", n, len(payload)-4))
		}
		if row := c.row(); row != nil {
			if n < row.Min || n > row.Max {
				return broken(r.Type, c, fmt.Sprintf("has length %d, not %s", n, row.lengths()))
			}
			if c == AssignedIPAddress && batches(r.Type) {
				seen &^= eachMask
			}
			if seen&(1<<c) != 0 {
				return broken(r.Type, c, "stands twice")
			}
			seen |= 1 << c
		}
		r.Options = append(r.Options, Option{c, payload[4 : 4+n]})
		payload = payload[4+n:]
	}
	return nil
}

// batches tells whether a message of type t may hold several binding updates.
func batches(t Type) bool { return t == TypeBNDUPD || t == TypeBNDACK }

// eachMask has the bits of the options that belong to one binding update.
var eachMask = func() (mask uint32) {
	for _, row := range codeTable {
		if row.Each {
			mask |= 1 << row.Code
		}
	}
	return mask
}()

// Append writes the message. It fails only where the lengths have no room.
func (r *Raw) Append(b []byte) ([]byte, error) {
	start := len(b)
	if len(r.Extra) > 255-MinMessage {
		return b, errors.New("encode failover message: additional header octets have no room before offset 255")
	}
	b = append(b, 0, 0, byte(r.Type), byte(MinMessage+len(r.Extra)))
	b = binary.BigEndian.AppendUint32(b, uint32(r.Time))
	b = binary.BigEndian.AppendUint32(b, r.XID)
	b = append(b, r.Extra...)
	for _, o := range r.Options {
		if len(o.Data) > MaxMessage {
			return b[:start], fmt.Errorf("encode %s: %w", r.Type, ErrTooLong)
		}
		b = appendOption(b, o.Code, o.Data)
	}
	if len(b)-start > MaxMessage {
		return b[:start], fmt.Errorf("encode %s: %w", r.Type, ErrTooLong)
	}
	binary.BigEndian.PutUint16(b[start:], uint16(len(b)-start))
	return b, nil
}

func appendOption(b []byte, c Code, data string) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(c))
	b = binary.BigEndian.AppendUint16(b, uint16(len(data)))
	return append(b, data...)
}
