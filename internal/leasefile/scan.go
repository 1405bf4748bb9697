package leasefile

import (
	"fmt"
	"io"
	"slices"

	"leasehold/pkg/failover/wire"
)

// Form is a kind of lease file.
type Form uint8

// The forms.
const (
	Nrcmd Form = iota // nrcmd's own: one lease a line, see the package's text
	ISC               // dhcpd.leases of ISC dhcpd
	Kea               // the memfile of Kea, CSV
)

// Source is a file to read. It is read twice.
type Source struct {
	Name string
	R    io.ReadSeeker
}

// Scan is a lease file that was read to its end once and found good. The files
// of the other servers are logs: of an address, the last entry counts. Which one
// that is, is all that is kept of them: 8 bytes for each address.
type Scan struct {
	// Leases is how many Each hands out.
	Leases int
	// Notes tell what of the file is no lease, or was left out.
	Notes []string

	form    Form
	sources []Source
	last    map[uint32]uint32 // the entry of an address that counts
}

// sink takes what a reader of some form finds.
type sink struct {
	file  string
	lease func(r Record, gone bool) error
	bad   []*FieldError
	notes map[string]*note
}

// note is something that was found count times, the first time at line.
type note struct {
	text, file  string
	line, count int
}

// maxNotes bounds how many different notes are kept.
const maxNotes = 50

// refuse notes what is wrong with a line; false: that was one too many.
func (s *sink) refuse(line int, format string, args ...any) bool {
	s.bad = append(s.bad, &FieldError{File: s.file, Line: line, Msg: fmt.Sprintf(format, args...)})
	return len(s.bad) < maxErrors
}

func (s *sink) note(line int, text string) {
	if n := s.notes[text]; n != nil {
		n.count++
	} else if len(s.notes) < maxNotes {
		s.notes[text] = &note{text: text, file: s.file, line: line, count: 1}
	}
}

// errTooMany ends the reading of a file that is wrong everywhere.
var errTooMany = fmt.Errorf("more than %d lines are wrong", maxErrors)

// Read reads the files, which make one log together, to their end. With bad
// lines, or an error of reading, there is no Scan.
func Read(form Form, sources ...Source) (*Scan, []*FieldError, error) {
	s := &Scan{form: form, sources: sources, last: map[uint32]uint32{}}
	out := &sink{notes: map[string]*note{}}
	live := 0
	var entry uint32
	out.lease = func(r Record, gone bool) error {
		entry++
		if form == Nrcmd {
			s.Leases++
			return nil
		}
		k := key(&r)
		if s.last[k] != 0 {
			live--
		}
		s.last[k] = entry
		live++
		if gone {
			delete(s.last, k)
			live--
		}
		return nil
	}
	err := s.read(out)
	if len(out.bad) > 0 || err != nil {
		return nil, out.bad, err
	}
	if form != Nrcmd {
		s.Leases = live
	}
	s.Notes = listed(out.notes)
	return s, nil, nil
}

// Each hands out the leases in the order of the file.
func (s *Scan) Each(fn func(Record) error) error {
	var entry uint32
	out := &sink{notes: map[string]*note{}}
	out.lease = func(r Record, _ bool) error {
		entry++
		if s.form != Nrcmd && s.last[key(&r)] != entry {
			return nil
		}
		return fn(r)
	}
	err := s.read(out)
	if err == nil && len(out.bad) > 0 {
		return fmt.Errorf("the file changes while it is read: %w", out.bad[0])
	}
	return err
}

func key(r *Record) uint32 {
	a := r.Address.As4()
	return uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])
}

func (s *Scan) read(out *sink) error {
	read := map[Form]func(io.Reader, *sink) error{Nrcmd: readNrcmd, ISC: readISC, Kea: readKea}[s.form]
	for _, src := range s.sources {
		out.file = src.Name
		_, err := src.R.Seek(0, io.SeekStart)
		if err == nil {
			err = read(src.R, out)
		}
		if err == errTooMany {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func readNrcmd(r io.Reader, out *sink) error {
	bad, err := Each(r, func(rec Record) error {
		rec.File = out.file
		return out.lease(rec, false)
	})
	for _, b := range bad {
		b.File = out.file
	}
	out.bad = append(out.bad, bad...)
	return err
}

// listed writes the notes in the order of the file.
func listed(notes map[string]*note) []string {
	all := make([]*note, 0, len(notes))
	for _, n := range notes {
		all = append(all, n)
	}
	slices.SortFunc(all, func(a, b *note) int {
		if a.file != b.file {
			return len(a.file) - len(b.file)
		}
		return a.line - b.line
	})
	out := make([]string, len(all))
	for i, n := range all {
		if out[i] = fmt.Sprintf("%s, line %d: %s", n.file, n.line, n.text); n.count > 1 {
			out[i] += fmt.Sprintf(" (%d times, first here)", n.count)
		}
	}
	return out
}

// statusWords are the binding states as dhcpd writes them.
var statusWords = map[string]wire.BindingStatus{
	"free": wire.StatusFree, "active": wire.StatusActive, "expired": wire.StatusExpired, "released": wire.StatusReleased,
	"abandoned": wire.StatusAbandoned, "reset": wire.StatusReset, "backup": wire.StatusBackup,
}
