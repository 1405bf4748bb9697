package sim_test

import (
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"leasehold/pkg/failover/sim"
)

// TestFound runs the stories of testdata/found: each is a schedule that failed
// once, made small. The name of the file is that of the seed, its comment says
// what was wrong.
func TestFound(t *testing.T) {
	datadriven.Walk(t, "testdata/found", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			return verdict(sim.Run(parse(t, d), nil))
		})
	})
}

// TestScenarios runs the stories of testdata/scenarios, which every simulator of
// failover should know, and shows through which states they lead. `-rewrite`
// writes these anew.
func TestScenarios(t *testing.T) {
	datadriven.Walk(t, "testdata/scenarios", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var told strings.Builder
			r := sim.Run(parse(t, d), func(line string) {
				if _, what, ok := strings.Cut(strings.TrimSpace(line), "  "); ok && shows(what) {
					told.WriteString(what + "\n")
				}
			})
			return told.String() + verdict(r)
		})
	})
}

// shows tells whether a line of an account is about a state, a risk or what was
// done.
func shows(what string) bool {
	return strings.HasPrefix(what, "-- ") || strings.HasPrefix(what, "** ") || strings.Contains(what, " -> ")
}

func parse(t *testing.T, d *datadriven.TestData) *sim.Schedule {
	if d.Cmd != "sim" {
		d.Fatalf(t, "no such command: %s", d.Cmd)
	}
	s, err := sim.Parse(d.Input)
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	return s
}

func verdict(r sim.Result) string {
	if r.Failure != nil {
		return r.Failure.String() + "\n"
	}
	return "ok\n"
}
