package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"leasehold/internal/eventlog"
)

// The pages in docs are what the tables say now.
func TestPagesAreCurrent(t *testing.T) {
	for _, p := range pages {
		t.Run(filepath.Base(p.path), func(t *testing.T) {
			have, err := os.ReadFile(filepath.Join("../..", p.path))
			if err != nil {
				t.Fatal(err)
			}
			want := p.text()
			if bytes.Equal(have, want) {
				return
			}
			haveLines, wantLines := bytes.Split(have, []byte("\n")), bytes.Split(want, []byte("\n"))
			for i := range wantLines {
				if i >= len(haveLines) || !bytes.Equal(haveLines[i], wantLines[i]) {
					t.Fatalf("%s is stale from line %d, run make docs; that line is to be\n%s", p.path, i+1, wantLines[i])
				}
			}
			t.Fatalf("%s is stale: it goes on behind its end, run make docs", p.path)
		})
	}
}

// A package that declares messages is imported here, or its messages would be
// missing from the page without a word.
func TestEveryDeclaredMessageIsKnown(t *testing.T) {
	known := map[int]bool{}
	for _, m := range eventlog.Messages() {
		known[m.ID] = true
		if m.Help == "" || m.Category == "" {
			t.Errorf("message %05d has no help or no category", m.ID)
		}
	}
	declared := regexp.MustCompile(`eventlog\.Declare\(\s*(\d+)`)
	seen := 0
	for _, dir := range []string{"../../internal", "../../pkg", "../../cmd"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range declared.FindAllSubmatch(source, -1) {
				seen++
				id, err := strconv.Atoi(string(m[1]))
				if err != nil {
					return err
				}
				if !known[id] {
					t.Errorf("%s declares message %05d, but docgen does not import its package", path, id)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen != len(known) {
		t.Errorf("found %d declarations for %d messages: Declare is to be called with a plain number", seen, len(known))
	}
}
