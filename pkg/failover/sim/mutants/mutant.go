package mutants

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Mutant is one seeded fault.
type Mutant struct {
	Name  string
	What  string // the fault, for the table
	Edits []Edit
	// Expect are the checkers that should find it.
	Expect []string
	// Notes names the release of ISC dhcpd whose notes report such a fault
	// as mended, "" where none does.
	Notes string
}

// Edit is a change of one file. Rules that stand in two places need two.
type Edit struct {
	File string // from the module's root
	Old  string // occurs exactly once
	New  string
}

// All are the seeded faults, in the order of the table.
func All() []Mutant {
	return slices.Concat(stateFaults, exchangeFaults, addressFaults, mendedFaults, pastFaults)
}

// Find is the mutant of a name.
func Find(name string) (Mutant, bool) {
	for _, m := range All() {
		if m.Name == name {
			return m, true
		}
	}
	return Mutant{}, false
}

// The files with rules.
const (
	coreDir    = "pkg/failover/core/"
	bindingDir = "pkg/failover/binding/"
	leaseDir   = "internal/lease/"
)

// change is the edit of a mutant that has one.
func change(file, old, text string) []Edit { return []Edit{{file, old, text}} }

// Apply returns the files of the mutant as they are with the fault, by their
// paths from the module's root. It fails where the code has changed so that a
// fault does not apply any more.
func (m *Mutant) Apply(root string) (map[string]string, error) {
	files := map[string]string{}
	for _, e := range m.Edits {
		text, ok := files[e.File]
		if !ok {
			b, err := os.ReadFile(filepath.Join(root, e.File))
			if err != nil {
				return nil, fmt.Errorf("mutant %s: %w", m.Name, err)
			}
			text = string(b)
		}
		if n := strings.Count(text, e.Old); n != 1 {
			return nil, fmt.Errorf("mutant %s: %s has the text %d times, not once: %q", m.Name, e.File, n, e.Old)
		}
		files[e.File] = strings.Replace(text, e.Old, e.New, 1)
	}
	return files, nil
}
