package mutants

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"leasehold/pkg/failover/sim"
)

// Result is what became of one mutant, as a line of the file of results.
type Result struct {
	Name string
	Key  string // of the code that was run
	Tale string // of the stories, see Told
	Verdict
}

// None is the name of the result without a fault.
const None = "none"

// Missed tells whether another checker found the fault than those expected.
func (m *Mutant) Missed(v *Verdict) bool {
	return v.Caught() && !slices.Contains(m.Expect, v.Check)
}

// rules are the packages that a result depends on.
var rules = []string{coreDir, bindingDir, leaseDir, "pkg/failover/wire/", "pkg/failover/sim/"}

// Key is a fingerprint of the code with a mutant: a result counts for as long
// as it is the same, and Told.
func Key(root string, m *Mutant) (string, error) {
	h := sha256.New()
	for _, dir := range rules {
		files, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
		if err != nil {
			return "", err
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				return "", fmt.Errorf("read the rules: %w", err)
			}
			fmt.Fprintf(h, "%s %d\n%s", filepath.Base(file), len(text), text)
		}
	}
	fmt.Fprintf(h, "%q", m.Edits)
	return hex.EncodeToString(h.Sum(nil)[:12]), nil
}

// Told is a fingerprint of what the result says of the stories: of the one that
// found the fault, or of all where none did. More stories change nothing about
// what was found.
func (r *Result) Told(root string) (string, error) {
	name := "*"
	switch {
	case r.Story != "":
		name = r.Story
	case r.Caught():
		return "", nil
	}
	files, err := filepath.Glob(filepath.Join(root, stories, "*", name))
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("read the stories: %w", err)
		}
		fmt.Fprintf(h, "%s %q", filepath.Base(file), sim.Stories(string(text)))
	}
	return hex.EncodeToString(h.Sum(nil)[:12]), nil
}

// Load reads a file of results; there may be none.
func Load(file string) (map[string]Result, error) {
	all := map[string]Result{}
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	} else if err != nil {
		return nil, err
	}
	for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
		var r Result
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all[r.Name] = r
	}
	return all, nil
}

// Add appends a result to the file.
func Add(file string, r Result) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	return errors.Join(err, f.Close())
}

// Table is the results as Markdown.
func Table(results map[string]Result) string {
	var b strings.Builder
	told, drawn, all := 0, 0, All()
	b.WriteString("| mutant | the rule without it | found by | in |\n| --- | --- | --- | --- |\n")
	for i := range all {
		m := &all[i]
		what := m.What
		if m.Notes != "" {
			what += " (dhcpd: " + m.Notes + ")"
		}
		r, ok := results[m.Name]
		switch {
		case r.Caught() && r.Story != "":
			told++
		case r.Caught():
			drawn++
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", m.Name, what, where(&r.Verdict, ok))
	}
	sound, ok := results[None]
	at := where(&sound.Verdict, ok)
	if ok && !sound.Caught() {
		at = fmt.Sprintf("nothing | all stories, %d schedules", sound.Runs)
	}
	fmt.Fprintf(&b, "| %s | everything as it is | %s |\n", None, at)
	return fmt.Sprintf("%d of %d faults found: %d by stories, %d by drawn schedules.\n\n%s", told+drawn, len(all), told, drawn, b.String())
}

// where is the checker that found a fault, and in which run.
func where(v *Verdict, ok bool) string {
	switch {
	case !ok:
		return "not run | "
	case !v.Caught():
		return fmt.Sprintf("**SURVIVED** | %d schedules", v.Runs)
	case v.Stories > 1:
		return fmt.Sprintf("%s | story %s, and %d more", v.Check, v.Story, v.Stories-1)
	case v.Story != "":
		return fmt.Sprintf("%s | story %s", v.Check, v.Story)
	}
	return fmt.Sprintf("%s | %d schedules", v.Check, v.Runs)
}

// The table stands between these lines of the documentation.
const (
	tableBegin = "<!-- mutants -->\n"
	tableEnd   = "<!-- end of mutants -->\n"
)

// WriteTable puts the table into a document.
func WriteTable(file, table string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(b), tableBegin)
	_, after, closed := strings.Cut(rest, tableEnd)
	if !ok || !closed {
		return fmt.Errorf("%s has no place for the table: lines %q and %q", file, tableBegin, tableEnd)
	}
	return os.WriteFile(file, []byte(before+tableBegin+"\n"+table+"\n"+tableEnd+after), 0o644)
}
