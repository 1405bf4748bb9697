package parity

import (
	"fmt"

	"leasehold/pkg/objects"
)

// Report writes a comparison for a person, and for grep: each attribute that
// must match and does not is a line with the word Mark, which is in no other.
type Report struct {
	Options
	Main, Backup string // what the two servers are called
	Verbose      bool   // print what is equal, too
	Note         string // something that the reader should know first
}

// Lines compares and returns the lines, and how many of them are differences.
func (r Report) Lines(main, backup *objects.Config) (lines []string, different int) {
	lines = append(lines, "# main server "+quote(r.Main)+", backup server "+quote(r.Backup))
	if r.Pair != "" {
		lines = append(lines, "# what belongs to failover-pair "+quote(r.Pair))
	}
	if r.Note != "" {
		lines = append(lines, "# "+oneLine(r.Note))
	}
	compared := 0
	Walk(main, backup, r.Options, func(d Difference, equal bool) {
		if d.Attr != "" {
			compared++
		}
		switch {
		case !equal:
			different++
			lines = append(lines, d.String()+" "+Mark)
		case r.Verbose:
			lines = append(lines, d.String())
		}
	})
	above := fmt.Sprintf("%d lines above tell", different)
	if different == 1 {
		above = "1 line above tells"
	}
	return append(lines, fmt.Sprintf("# %d attributes were compared, %s what does not match", compared, above)), different
}
