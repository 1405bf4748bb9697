package parity

import (
	"strings"

	"leasehold/pkg/objects"
)

// Mode is how much of the source's configuration a sync gives the target.
type Mode int

// The modes of failover-pair sync.
const (
	Update   Mode = iota // the default, the least radical
	Complete             // initial syncs; the target keeps what it alone has
	Exact                // the target becomes a mirror image; not for back offices
)

var modes = [...]string{Update: "update", Complete: "complete", Exact: "exact"}

// Modes returns the words for the modes.
func Modes() []string { return modes[:] }

func (m Mode) String() string { return modes[m] }

// ParseMode reads a mode's word, in any case.
func ParseMode(word string) (Mode, *objects.Error) {
	for i, w := range modes {
		if strings.EqualFold(w, word) {
			return Mode(i), nil
		}
	}
	msg := "sync is update, complete or exact"
	if near := objects.Nearest(word, modes[:]); near != "" {
		msg += "; did you mean " + near + "?"
	}
	return 0, objects.Errorf(objects.UnknownKeyword, "%q: %s", word, msg)
}

// Function is what a cell of Table 27-1 does with a list of named properties
// of the target. With Name1=A, Name2=C on the main server and Name2=B, Name3=D
// on the backup the result is
//
//	no change  Name2=B, Name3=D
//	ensure     Name1=A, Name2=B, Name3=D
//	replace    Name1=A, Name2=C, Name3=D
//	exact      Name1=A, Name2=C
type Function int

// The functions.
const (
	NoChange Function = iota
	Ensure
	Replace
	Mirror // exact, in the guide's words
)

var functions = [...]string{NoChange: "no change", Ensure: "ensure", Replace: "replace", Mirror: "exact"}

func (f Function) String() string { return functions[f] }

// adds, overwrites and removes tell what a function does with a name that only
// the source has, that both have, and that only the target has.
func (f Function) adds() bool       { return f != NoChange }
func (f Function) overwrites() bool { return f == Replace || f == Mirror }
func (f Function) removes() bool    { return f == Mirror }
