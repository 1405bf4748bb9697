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

// TestBatchDoesNotTakeTheInputsPlace: a file that was read is not written,
// whatever it is called.
func TestBatchDoesNotTakeTheInputsPlace(t *testing.T) {
	t.Chdir(t.TempDir())
	const main, part = "include \"part.conf\";\n", "subnet 10.1.0.0 netmask 255.255.255.0 { range 10.1.0.10; }\n"
	for name, text := range map[string]string{"dhcpd.conf": main, "part.conf": part} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"link.conf": "dhcpd.conf", "link.part": "part.conf"} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link("part.conf", "hard.part"); err != nil {
		t.Fatal(err)
	}
	s, out := offline(t)
	for _, c := range []struct{ line, of string }{
		{"import dhcpd-conf dhcpd.conf -o dhcpd.conf", "dhcpd.conf"},
		{"import dhcpd-conf dhcpd.conf -o ./link.conf", "dhcpd.conf"},
		{"import dhcpd-conf link.conf -o dhcpd.conf", "link.conf"},
		{"import dhcpd-conf dhcpd.conf -o link.part", "part.conf"},
		{"import dhcpd-conf dhcpd.conf -o hard.part", "part.conf"},
		{"import dhcpd-conf dhcpd.conf -o part.conf", "part.conf"},
	} {
		got := run(t, s, out, c.line)
		if !strings.HasPrefix(got, "316 Invalid - -o ") || !strings.Contains(got, " is "+c.of+", which was read") || !strings.HasSuffix(got, "Nothing was written\n") {
			t.Errorf("%s: %s", c.line, got)
		}
	}
	for name, text := range map[string]string{"dhcpd.conf": main, "part.conf": part} {
		if got, err := os.ReadFile(name); err != nil || string(got) != text {
			t.Errorf("%s is now %q, %v", name, got, err)
		}
	}
	if got := run(t, s, out, "import dhcpd-conf dhcpd.conf -o dhcpd.batch"); !strings.HasPrefix(got, "100 Ok") {
		t.Error(got)
	}
}
