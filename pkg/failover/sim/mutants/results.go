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
)

// Result is what became of one mutant, as a line of the file of results.
type Result struct {
	Name string
	Key  string // of the code that was run
	Verdict
}

// Missed tells whether another checker found the fault than those expected.
func (m *Mutant) Missed(v *Verdict) bool {
	return v.Caught() && !slices.Contains(m.Expect, v.Check)
}

// rules are the packages that a result depends on.
var rules = []string{coreDir, bindingDir, leaseDir, "pkg/failover/wire/", "pkg/failover/sim/"}

// Key is a fingerprint of the code with a mutant: a result counts for as long
// as it is the same.
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
func Table(results map[string]Result, sound Verdict) string {
	var b strings.Builder
	caught, all := 0, All()
	b.WriteString("| mutant | the rule without it | found by | schedules |\n| --- | --- | --- | --- |\n")
	for i := range all {
		m := &all[i]
		what := m.What
		if m.Notes != "" {
			what += " (dhcpd: " + m.Notes + ")"
		}
		r, ok := results[m.Name]
		found := "**SURVIVED**"
		switch {
		case !ok:
			found = "not run"
		case r.Caught():
			caught++
			found = r.Check
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %d |\n", m.Name, what, found, r.Runs)
	}
	fmt.Fprintf(&b, "| none | everything as it is | %s | %d |\n", soundness(&sound), sound.Runs)
	return fmt.Sprintf("%d of %d faults found.\n\n%s", caught, len(all), b.String())
}

func soundness(v *Verdict) string {
	if v.Caught() {
		return fmt.Sprintf("%s, seed %d", v.Check, v.Seed)
	}
	return "nothing"
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
