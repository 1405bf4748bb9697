package shell

import (
	"os"
	"strings"
	"testing"
)

func TestPrintable(t *testing.T) {
	for _, c := range []struct{ in, lines, line string }{
		{"desk 7, Büro", "desk 7, Büro", "desk 7, Büro"},
		{"h\033[31m", `h\x1b[31m`, `h\x1b[31m`},
		{"a\nb\tc", "a\nb\tc", `a\x0ab\x09c`},
		{"a\rb\x00\x7f", `a\x0db\x00\x7f`, `a\x0db\x00\x7f`},
		{"\xff\xc3\u009b31m", `\xff\xc3\u009b31m`, `\xff\xc3\u009b31m`},
		{"a\u202eb\u2066\u2028\ufffd", `a\u202eb\u2066\u2028` + "\ufffd", `a\u202eb\u2066\u2028` + "\ufffd"},
	} {
		if got := printable(c.in); got != c.lines {
			t.Errorf("printable(%q) = %q, want %q", c.in, got, c.lines)
		}
		if got := oneLine(c.in); got != c.line {
			t.Errorf("oneLine(%q) = %q, want %q", c.in, got, c.line)
		}
	}
}

// TestLeaseDataDoesNotActOnTheTerminal: what a client called itself is shown,
// and neither moves the cursor nor looks like a line of nrcmd's.
func TestLeaseDataDoesNotActOnTheTerminal(t *testing.T) {
	t.Chdir(t.TempDir())
	leases := "lease 192.168.50.20 {\n  starts 1 2013/11/18 22:00:00;\n  ends 1 2013/11/18 23:00:00;\n  binding state active;\n  hardware ethernet 00:d0:ba:d3:bd:20;\n" +
		"  set vendor-class-identifier = \"v\\033c\";\n  client-hostname \"h\\033[31m\\n100 Ok\\302\\233\";\n}\n"
	if err := os.WriteFile("dhcpd.leases", []byte(leases), 0o600); err != nil {
		t.Fatal(err)
	}
	_, do := importer(t)
	do("import leases -isc dhcpd.leases")
	shown := false
	for _, line := range []string{
		"lease 192.168.50.20 show", "lease 192.168.50.20", "lease list", "lease listbrief", "lease 192.168.50.20 get client-host-name", "scope office listLeases",
		"session set default-format=script", "lease 192.168.50.20 show", "lease list", "scope office listLeases", "export leases -client -", "export leases -isc -", "export leases -kea -", "session changes",
	} {
		got := do(line)
		if strings.ContainsAny(got, "\x1b\r") || strings.Contains(got, "\u009b") || strings.Contains(got[1:], "\n100 Ok") {
			t.Errorf("%s: %q", line, got)
		}
		shown = shown || strings.Contains(got, `h\x1b[31m\x0a100 Ok\u009b`)
	}
	if !shown {
		t.Error("the name is not shown as it was sent")
	}
}
