package shell

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"leasehold/pkg/objects"
)

// offered returns what completion finds without a server.
func offered(s *Shell, head string) []string {
	return s.Complete(context.Background(), head).Found
}

func TestCompleteWithoutServer(t *testing.T) {
	s, _ := offline(t)
	for _, tc := range []struct{ head, want string }{
		{"sc", "scope scope-policy scope-selection-tag scope-template scope-template-policy"},
		{"SCOPE-P", "scope-policy"},
		{"scope li", "list listbrief listnames"},
		{"scope office addR", "addRange addReservation"},
		{"scope office set allocate", "allocate-first-available="},
		{"scope office set allocate-first-available=", "disabled enabled"},
		{"scope office set allocate-first-available=e", "enabled"},
		{"scope office set allocate-first-available ", "disabled enabled"},
		{"dhcp set defer-lease-extensions=", "false true"},
		{"dhcp set one-lease-per-client=", "disabled first-client-preferred last-client-preferred"},
		{"dhcp set log-settings=default,inc", "incoming-packet-detail incoming-packets"},
		{"dhcp enable disc", "discover-interfaces"},
		{"dhcp enable max-dhcp", ""},
		{"dhcp unset max-dhcp", ""}, // required
		{"dhcp get max-dhcp-req", "max-dhcp-requests"},
		{"dhcp get drop-old", ""}, // expert
		{"server ", "dhcp"},
		{"server dhcp rel", "reload"},
		{"server dhcp enable start", "start-on-reboot"},
		{"policy p setOption rout", "router-discovery router-solicitation-address routers"},
		{"policy p setVendorOption ", "124 125 43 v-i-vendor-class v-i-vendor-info vendor-encapsulated-options"},
		{"policy p getVendorOption vend", "vendor-encapsulated-options"},
		{"policy p getVendorOption 43 ", ""}, // there is no server to name one
		{"policy p setVendorOption routers ", ""},
		{"session set default-format=", "script user"},
		{"session cache ", "clear refresh"},
		{"session assert ", "locked"},
		{"session changes lim", "limit="},
		{"scope office addReservation 10.0.0.1 -", "-blob -both -mac -string"},
		{"lease 10.0.0.1 deactivate ", "-both"},
		{"reservation 10.0.0.1 delete ", "-both"},
		{"client a set -b", "-both"},
		{"client a set host-name=a -b", "-both"},
		{"policy a set -b", ""},
		{"scope office delete ", "force"},
		{"export ", "leases"},
		{"export leases ", "-client -isc -kea -server"},
		{"lease list -", "-macaddr -subnet -vpn"},
		{"option 150 create dhcp-", "dhcp-config dhcp-custom"},
		{"option 150 create dhcp-custom a AT_STRING rep", "repeat="},
		{"option 150 dhcp-custom sh", "show"},
		{"option list ", "dhcp-config dhcp-custom"},
		{"help sco", "scope scope-policy scope-selection-tag scope-template scope-template-policy"},
		{"help scope listL", "listLeases"},
		{"report col", "column-separator="},
		{"dhcp getStats ", "all dhcpv6 failover sample server total"},
		{"# sc", ""},
		{"frob li", ""},
		{"scope office set nothing=", ""},
	} {
		if got := strings.Join(offered(s, tc.head), " "); got != tc.want {
			t.Errorf("%q: offered %q, want %q", tc.head, got, tc.want)
		}
	}
}

func TestCompleteEveryAttribute(t *testing.T) {
	s, _ := offline(t)
	for _, class := range objects.Classes() {
		if withoutCommand[class.Name] || class == objects.Option || class == objects.Server || class == objects.Lease {
			continue
		}
		name := " x"
		if class.Singleton {
			name = ""
		}
		var want []string
		for _, a := range class.Attrs {
			if s.session.visible(a.Visibility) && settableNow(a) {
				want = append(want, a.Name+"=")
			}
		}
		if d := cmp.Diff(sorted(want), offered(s, class.Name+name+" set ")); d != "" {
			t.Errorf("%s set (-want +got):\n%s", class.Name, d)
		}
		for _, a := range class.Attrs {
			for _, w := range a.Words {
				if !s.session.visible(a.Visibility) || !settableNow(a) {
					continue
				}
				if got := offered(s, class.Name+name+" set "+a.Name+"="+w.Name); len(got) == 0 || got[0] != w.Name {
					t.Errorf("%s set %s=%s: offered %q", class.Name, a.Name, w.Name, got)
				}
			}
		}
	}
}

func TestSuffixes(t *testing.T) {
	for _, tc := range []struct {
		c    Completion
		only bool
		want string
	}{
		{Completion{Typed: "li", Found: []string{"list"}}, true, "st "},
		{Completion{Typed: "li", Found: []string{"list"}}, false, "st"},
		{Completion{Typed: "LI", Found: []string{"list"}}, true, "st "},
		{Completion{Typed: "sec", Found: []string{"second floor"}}, true, `ond\ floor `},
		{Completion{Typed: "sec", Found: []string{"second floor"}, Open: true}, true, `ond floor" `},
		{Completion{Typed: "pol", Found: []string{"policy="}, end: map[string]string{"policy=": ""}}, true, "icy="},
		{Completion{Typed: "", Found: []string{`a"b`}}, true, `a\"b `},
	} {
		if got := tc.c.Suffix(0, tc.only); got != tc.want {
			t.Errorf("%q to %q: %q, want %q", tc.c.Typed, tc.c.Found[0], got, tc.want)
		}
	}
}

func TestCompleteSuffixGivesTheWord(t *testing.T) {
	// What completion inserts must read back as what it offered.
	s, _ := offline(t)
	for _, head := range []string{"scope li", `scope "li`, "dhcp set log-settings=default,incoming-packe", "dhcp set one-lease-per-client=la"} {
		c := s.Complete(context.Background(), head)
		for i := range c.Found {
			line := head + strings.TrimRight(c.Suffix(i, true), " ")
			ws, err := Split(line)
			if err != nil {
				t.Errorf("%q: %v", line, err)
				continue
			}
			if last := ws[len(ws)-1].Text; !strings.HasSuffix(last, c.Found[i]) {
				t.Errorf("%q with %q reads as %q", head, c.Suffix(i, true), last)
			}
		}
	}
}

func TestLiterals(t *testing.T) {
	got := literals("<ipaddr> (<macaddr> | <lookup-key>) [-mac | -blob | -string] [limit=<n>] [[all | server [,] failover]]")
	want := []string{"-mac", "-blob", "-string", "limit=", "all", "server", "failover"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func FuzzComplete(f *testing.F) {
	for _, s := range []string{"scope li", `scope "a b" set pol`, "dhcp set log-settings=default,", "option 150 create ", `export leases "`, "help scope ", "report file="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, head string) {
		s := New(Config{Out: nil})
		s.interactive = true
		c := s.Complete(context.Background(), head)
		for i := range c.Found {
			c.Suffix(i, true)
		}
	})
}
