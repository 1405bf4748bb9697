package shell

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBatchesOfConfigurationsLoad: the batch that is made of any configuration
// is loaded by a server without configuration to its last line.
func TestBatchesOfConfigurationsLoad(t *testing.T) {
	files, err := filepath.Glob("../iscconf/testdata/*/*.conf")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d configurations, %v", len(files), err)
	}
	for _, f := range files {
		t.Run(strings.TrimPrefix(f, "../iscconf/testdata/"), func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			var out bytes.Buffer
			batch := filepath.Join(t.TempDir(), "dhcpd.batch")
			sh := s.operator(&out)
			defer sh.Close()
			if exit := sh.Single(context.Background(), "import dhcpd-conf "+f+" -o "+batch); exit != ExitOk {
				t.Fatalf("import ended with %d:\n%s", exit, out.String())
			}
			in, err := os.Open(batch)
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			out.Reset()
			if exit, err := sh.Batch(context.Background(), in, Batch{Stop: true}); exit != ExitOk || err != nil {
				text := out.String()
				t.Fatalf("the batch ended with %d, %v:\n%s", exit, err, text[max(0, len(text)-600):])
			}
		})
	}
}
