package mutants

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func root(t *testing.T) string {
	t.Helper()
	dir, err := Root(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestApply holds every fault against the code as it is: a text that occurs
// no more, or twice, is a fault that has to be written anew.
func TestApply(t *testing.T) {
	dir := root(t)
	names := map[string]bool{}
	past := 0
	for _, m := range All() {
		if names[m.Name] {
			t.Errorf("two mutants are called %s", m.Name)
		}
		names[m.Name] = true
		if len(m.Edits) == 0 || len(m.Expect) == 0 || m.What == "" {
			t.Errorf("mutant %s is not told whole", m.Name)
		}
		if m.Notes != "" {
			past++
		}
		if _, err := m.Apply(dir); err != nil {
			t.Error(err)
		}
		for _, e := range m.Edits {
			if strings.HasPrefix(e.File, "pkg/failover/sim/") {
				t.Errorf("mutant %s changes the simulator", m.Name)
			}
		}
	}
	if len(names) < 48 || past < 8 {
		t.Errorf("there are %d mutants, %d of them from release notes", len(names), past)
	}
}

// quick are faults that show within a few schedules, each by a checker of its
// own.
var quick = []string{
	"lead-unbounded", "ack-counts-for-current", "ack-before-written", "serves-in-startup", "state-before-saved", "echo",
}

// TestQuickFaults is `make mutants` in small.
func TestQuickFaults(t *testing.T) {
	dir, work := root(t), t.TempDir()
	sound, err := Build(t.Context(), dir, work, &Mutant{Name: None})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range quick {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, ok := Find(name)
			if !ok {
				t.Fatal("there is no such mutant")
			}
			exe, err := Build(t.Context(), dir, work, &m)
			if err != nil {
				t.Fatal(err)
			}
			v, err := Hunt(t.Context(), exe, sound, m.Expect, Budget{Seeds: 500, Time: time.Minute, Workers: 1})
			switch {
			case err != nil:
				t.Fatal(err)
			case !v.Caught():
				t.Errorf("%d schedules do not show that this rule is broken: %s", v.Runs, m.What)
			case !slices.Contains(m.Expect, v.Check):
				t.Errorf("%s finds it at seed %d (%s); expected %v", v.Check, v.Seed, v.Text, m.Expect)
			}
		})
	}
}

// TestPanic: a fault that ends the core is found like others.
func TestPanic(t *testing.T) {
	dir, work := root(t), t.TempDir()
	m := Mutant{Name: "panic", Edits: change(coreDir+"boot.go", `m.fire(expiry, "the partner does not answer")`, `panic("seeded")`)}
	exe, err := Build(t.Context(), dir, work, &m)
	if err != nil {
		t.Fatal(err)
	}
	v, err := Run(t.Context(), exe, 1, 500, 1)
	if err != nil || v.Check != Panicked || v.Text != "seeded" {
		t.Errorf("got %+v, %v", v, err)
	}
}

func TestApplyOnce(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte("a b b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		edits []Edit
		want  string // "" is an error
	}{
		{change("a.go", "a", "c"), "c b b\n"},
		{[]Edit{{"a.go", "a", "c"}, {"a.go", "c b", "d"}}, "d b\n"},
		{change("a.go", "b", "c"), ""},
		{change("a.go", "x", "c"), ""},
		{change("b.go", "x", "c"), ""},
	} {
		m := Mutant{Name: "m", Edits: c.edits}
		files, err := m.Apply(dir)
		if (err == nil) != (c.want != "") || files["a.go"] != c.want {
			t.Errorf("%q: got %q, %v; want %q", c.edits, files["a.go"], err, c.want)
		}
	}
}

func TestResults(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "d", "results")
	first := All()[0].Name
	for _, r := range []Result{
		{Name: first, Key: "k", Verdict: Verdict{Runs: 9}},
		{Name: None, Key: "n", Verdict: Verdict{Runs: 3}},
		{Name: All()[1].Name, Key: "k", Verdict: Verdict{Story: "x", Stories: 3, Check: "S2"}},
		{Name: first, Key: "k", Verdict: Verdict{Runs: 4, Seed: 4, Check: "S1"}},
	} {
		if err := Add(file, r); err != nil {
			t.Fatal(err)
		}
	}
	known, err := Load(file)
	if err != nil || len(known) != 3 || known[first].Check != "S1" {
		t.Fatalf("got %v, %v", known, err)
	}
	doc := filepath.Join(dir, "doc.md")
	if err := os.WriteFile(doc, []byte("before\n"+tableBegin+"yesterday\n"+tableEnd+"after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := WriteTable(doc, Table(known)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"before\n", "after\n", "| S1 | 4 schedules |", "| S2 | story x, and 2 more |", "not run", "| nothing | all stories, 3 schedules |"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the document does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "yesterday") {
		t.Error("the old table is still there")
	}
	if err := WriteTable(file, ""); err == nil {
		t.Error("a table went into a document without a place for it")
	}
}
