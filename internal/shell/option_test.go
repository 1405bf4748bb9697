package shell

import (
	"bytes"
	"strings"
	"testing"
)

// TestBlanksOfOptionsAreKept: what stands in quotes is the value, with the
// blanks at its ends where the option is text.
func TestBlanksOfOptionsAreKept(t *testing.T) {
	var out bytes.Buffer
	s := newServer(t).operator(&out)
	defer s.Close()
	run(t, s, &out, "policy p create")
	for _, c := range []struct{ typed, want string }{
		{`boot-file " a "`, `" a "`},
		{`boot-file " a  b"  `, `" a  b"`},
		{`boot-file "a b"`, `a b`},
		{`boot-file a b `, `a b`},
		{`root-path "\"x"`, `"x`},
		{`routers " 10.0.0.1 "`, `10.0.0.1`},
		{`routers " 10.0.0.1, 10.0.0.2 "`, `10.0.0.1,10.0.0.2`},
		{`dhcp-lease-time " 5m "`, `300`},
		{`domain-name " example.com "`, `" example.com "`},
	} {
		name, _, _ := strings.Cut(c.typed, " ")
		if got := run(t, s, &out, "policy p setOption "+c.typed); !strings.HasPrefix(got, "100 Ok") {
			t.Errorf("%s: %s", c.typed, got)
			continue
		}
		if got := run(t, s, &out, "policy p getOption "+name); got != "100 Ok\n"+c.want+"\n" {
			t.Errorf("%s: got %swant %s", c.typed, got, c.want)
		}
	}
	if got := run(t, s, &out, "help import leases"); !strings.Contains(got, "import dhcpd-conf <file>") || got != run(t, s, &out, "help import dhcpd-conf") {
		t.Errorf("help import leases: %s", got)
	}
}
