package iscconf

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// TestGolden converts every configuration in testdata and compares the batch
// with the file beside it.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.conf")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d configurations, %v", len(files), err)
	}
	for _, f := range files {
		t.Run(strings.TrimPrefix(f, "testdata/"), func(t *testing.T) {
			r, err := Import(f, os.ReadFile)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(r.Lines, "\n") + "\n"
			golden := strings.TrimSuffix(f, ".conf") + ".batch"
			if *rewrite {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s is not as in %s; go test ./internal/iscconf -run Golden -rewrite and look at the difference\n%s", f, golden, got)
			}
		})
	}
}
