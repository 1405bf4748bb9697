package wire

import (
	"errors"
	"net/netip"
	"strings"
)

// Severity is how far an Error reaches.
type Severity uint8

const (
	// Close means that what follows on this connection cannot be trusted.
	// Send DISCONNECT with the error's reason, close.
	Close Severity = iota + 1
	// Refuse means that the CONNECT or CONNECTACK is not acceptable, while its
	// form is. Send CONNECTACK or DISCONNECT with the error's reason, close.
	Refuse
	// Reject means that one binding update is not acceptable. Answer that
	// address with the error's reason.
	Reject
)

// Error is what is wrong with a message that was received.
type Error struct {
	Severity Severity
	Reason   Reason
	Type     Type       // 0 before the type is known
	Option   Code       // 0 if it is no single option
	Address  netip.Addr // of the binding update, where it is one
	Problem  string
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.Type != 0 {
		b.WriteString(e.Type.String())
	} else {
		b.WriteString("failover message")
	}
	if e.Address.IsValid() {
		b.WriteString(" for " + e.Address.String())
	}
	b.WriteString(": ")
	if e.Option != 0 {
		b.WriteString(e.Option.String() + " ")
	}
	b.WriteString(e.Problem)
	return b.String()
}

// ErrTooLong is returned for a message that would be longer than MaxMessage.
var ErrTooLong = errors.New("message is longer than 2048 octets")

func broken(t Type, c Code, problem string) *Error {
	return &Error{Severity: Close, Reason: ReasonUnknown, Type: t, Option: c, Problem: problem}
}
