package option

import (
	"time"

	"leasehold/pkg/objects"
)

// layout is how the bytes of an option with an inner structure are arranged.
type layout uint8

const (
	plain      layout = iota
	tlv               // children as code, length, value
	flagsTLV          // one byte (child 0), then as tlv
	tagged            // one byte that chooses a child, then that child's value
	flagged           // one byte, then the value of the child it chooses, written (0)(value)
	packed            // children in order, no code, no length
	searchList        // domain names (RFC 3397)
	routes            // destination and router pairs (RFC 3442)
)

// Def is the definition of an option or sub-option.
type Def struct {
	Code   int
	Name   string
	Type   Type
	Repeat Repeat
	// Min and Max bound a number; both 0 is the range of the type.
	Min, Max int64
	// NonModifiable definitions cannot be changed, replaced or deleted.
	NonModifiable bool
	// ServerMade options are written by the server or sent by clients only:
	// no policy sets their value.
	ServerMade bool
	Desc       string
	Aliases    []string
	Children   []*Def // sub-options, by code

	layout layout
	sets   func() []*Set // the enterprise sets that 125 is written with; nil is none
}

// Parse makes canonical text of what an operator typed. The error is 316 and
// names the option, its type and the rule; 303 for options that only the
// server or a client writes.
func (d *Def) Parse(text string) (string, *objects.Error) { return d.ParseAt(text, time.Time{}) }

// ParseAt is Parse with the moment that relative dates count from, whose
// location is the zone of absolute ones.
func (d *Def) ParseAt(text string, now time.Time) (string, *objects.Error) { return text, nil }

// Encode returns the bytes of a canonical text.
func (d *Def) Encode(canonical string) ([]byte, error) { return nil, nil }

// Decode returns the canonical text of bytes from the wire. Bytes that are no
// value of the option's type are shown as AT_BLOB.
func (d *Def) Decode(wire []byte) string { return "" }
