package shell

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"leasehold/internal/clock"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
)

// offline returns a shell that has no server, and what it prints.
func offline(t *testing.T) (*Shell, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	s := New(Config{Out: &out, Clock: clock.NewManual(time.Date(2013, 11, 18, 22, 11, 12, 0, time.UTC))})
	return s, &out
}

// run runs lines and returns what is printed.
func run(t *testing.T, s *Shell, out *bytes.Buffer, lines ...string) string {
	t.Helper()
	out.Reset()
	for _, l := range lines {
		s.Run(context.Background(), l)
	}
	return out.String()
}

func TestTyposBeforeAnyServer(t *testing.T) {
	s, out := offline(t)
	for _, tc := range []struct{ line, want string }{
		{"scop list", `306 Unknown command - "scop", did you mean scope?`},
		{"frobnicate", `306 Unknown command - "frobnicate"`},
		{"sc list", `306 Unknown command - "sc"`},
		{"dns reload", `322 Feature not supported - dns: DNS is not served`},
		{"scope", `310 Too few arguments - write scope <name> <verb>, or scope list | listnames | listbrief | report-staged-edits`},
		{"scope enable dynamic-bootp", `310 Too few arguments - the name of the scope is missing: write scope <name> enable <attribute>`},
		{"scope office sett policy=x", `307 Unknown keyword - scope has no command "sett", did you mean set?`},
		{"scope office addrange 1", `310 Too few arguments - write scope <name> addRange <start> <end>`},
		{"scope office addRange 1 2 3", `309 Too many arguments - "3" is too much; write scope <name> addRange <start> <end>`},
		{"scope office set polcy=default", `308 Unknown parameter - scope has no attribute "polcy", did you mean policy?`},
		{"scope office set policy", `310 Too few arguments - policy has no value; write policy=<value>`},
		{"scope office set policy=a -both", `322 Feature not supported - scope set takes no -both; failover-pair <name> sync copies such changes to the partner`},
		{"scope office set policy=a bootp", `310 Too few arguments - "bootp" has no value; write bootp=<value>`},
		{"scope office set policy a b", `309 Too many arguments - "b" is too much; a value with blanks stands in quotes`},
		{"scope office set", `310 Too few arguments - write scope <name> set <attribute>=<value> ...`},
		{"scope office enable policy", `316 Invalid - scope policy is of type nameref(policy), not bool; write set policy=<value>`},
		{"scope office enable dhcp=true", `316 Invalid - "dhcp=true": enable takes a name; set takes name=value`},
		{"scope office get", `310 Too few arguments - write scope <name> get <attribute>`},
		{"scope office delete forse", `307 Unknown keyword - delete does not know "forse", did you mean force?`},
		{"scope office list", `307 Unknown keyword - "list" stands without a name: scope list`},
		{"lease 10.1.1 show", `316 Invalid - lease "10.1.1": must be an IPv4 address such as 192.168.50.1`},
		{"server", `310 Too few arguments - write server dhcp <verb> ...`},
		{"server dns reload", `322 Feature not supported - server dns: only dhcp is served`},
		{"server dhpc reload", `307 Unknown keyword - no server is of type "dhpc", did you mean dhcp?`},
		{"server dhcp relaod", `307 Unknown keyword - dhcp has no command "relaod", did you mean reload?`},
		{"dhcp getStats servr", `307 Unknown keyword - getStats does not know "servr", did you mean server?`},
		{"dhcp reload now", `307 Unknown keyword - reload does not know "now", did you mean force?`},
		{"dhcp stop now", `309 Too many arguments - "now" is too much; write dhcp stop`},
		{"save now", `309 Too many arguments - "now" is too much; write save`},
		{"session set default-format=html", `316 Invalid - session default-format: there is no word "html", they are user, script`},
		{"session set user-name=root", `385 Read-only attribute cannot be modified - session user-name`},
		{"session cache drop", `307 Unknown keyword - session cache does not know "drop"; write refresh or clear`},
		{"session get", `310 Too few arguments - write session get <attribute>`},
		{"export leases -all x", `307 Unknown keyword - export leases does not know "-all"; write -client, -server, -isc or -kea`},
		{"export zone x", `322 Feature not supported - export zone: DNS is not served`},
		{"export addresses file=x dhcp-only", `322 Feature not supported - export addresses: report shows how many addresses are in use, lease list which`},
		{"Option-DataType list", `322 Feature not supported - option-datatype: option listtypes lists the types`},
		{"dhcp set drop-old-packets=1", `308 Unknown parameter - dhcp has drop-old-packets at visibility 3; write session set visibility=3`},
		{"dhcp set drop-old-packet=1", `308 Unknown parameter - dhcp has no attribute "drop-old-packet", did you mean drop-old-packets, at visibility 3?`},
		{"scope office get ranges", `308 Unknown parameter - scope has ranges at visibility 1; write session set visibility=1`},
		{"help scope ranges", `307 Unknown keyword - scope has ranges at visibility 1; write session set visibility=1`},
		{"policy x delete force", `309 Too many arguments - "force" is too much; write policy <name> delete`},
		{"help tftp", `322 Feature not supported - tftp: TFTP is not served`},
		{"export lease x", `307 Unknown keyword - export does not know "lease"; write export leases -client | -server | -isc | -kea [-time-ascii | -time-numeric] [<vpn>] <file | ->`},
		{"import", `310 Too few arguments - write import leases [-isc | -kea] <file>, or import dhcpd-conf <file> [-o <batch>]`},
		{"import leases -kea -isc F", `309 Too many arguments - -kea and -isc do not go together: a file has one form; write import leases [-isc | -kea] <file>`},
		{"import leases F G", `307 Unknown keyword - import leases does not know "F"; write -isc or -kea, or neither`},
		{"help import zone", `307 Unknown keyword - import has no verbs or attributes; write help import`},
		{"import leases /no/such/file", `317 Open failed - open /no/such/file: no such file or directory`},
		{"import named.boot x", `322 Feature not supported - import named.boot: DNS is not served`},
		{"report colum-separator=|", `307 Unknown keyword - report does not know "colum-separator=|", did you mean column-separator=?`},
		{"help scop", `306 Unknown command - "scop", did you mean scope?`},
		{"help scope polcy", `307 Unknown keyword - scope has no verb or attribute "polcy", did you mean policy?`},
		{"client-class x set client-lookup-id=@/no/such/file", `317 Open failed - client-lookup-id: open /no/such/file: no such file or directory`},
		{"option 150", `310 Too few arguments - write option <name | id> <verb> <option-set> ..., or option list <option-set>`},
		{"option 150 delete", `310 Too few arguments - write option <name | id> delete <option-set>`},
		{"option list", `310 Too few arguments - write option list <option-set>`},
		{"scope office addRange 1 \"2", "316 Invalid - invalid command line: the quote opened at column 25 is never closed"},
	} {
		got := strings.TrimSuffix(run(t, s, out, tc.line), "\n")
		if got != tc.want {
			t.Errorf("%s\n got %s\nwant %s", tc.line, got, tc.want)
		}
	}
}

func TestSessionWithoutServer(t *testing.T) {
	s, out := offline(t)
	s.session.opened(&adminv1.LoginResponse{User: "admin", Roles: []string{"full-admin"}, DefaultEditMode: "staged"})
	got := run(t, s, out, "session", "session set default-format = script visibility=3", "session", "session get visibility", "force-lock", "save")
	want := `100 Ok
session:
    cluster = localhost
    current-vpn = 
    default-format = user
    dhcp-edit-mode = staged
    dns-edit-mode = staged
    groups = 
    roles = full-admin
    user-name = admin
    visibility = 5
100 Ok
100 Ok
session: cluster=localhost default-format=script dhcp-edit-mode=staged roles=full-admin user-name=admin visibility=3
100 Ok
visibility=3
100 Ok
100 Ok
`
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestBannerOfTheSeeds(t *testing.T) {
	s, out := offline(t)
	s.session.opened(&adminv1.LoginResponse{User: "admin", Roles: []string{"full-admin"}})
	s.Banner()
	want := `100 Ok
session:
    cluster = localhost
    default-format = user
    user-name = admin
    visibility = 5
`
	if d := cmp.Diff(want, out.String()); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestScriptFormat(t *testing.T) {
	o := objects.New(objects.Scope, "second floor")
	o.Attrs["subnet"] = "192.168.50.0/24"
	o.Attrs["description"] = `the "big" room`
	o.Attrs["dhcp"] = "true"
	o.Attrs["policy"] = "default"
	o.Attrs["ranges"] = "192.168.50.10-192.168.50.20"
	s, _ := offline(t)
	want := `second floor: addr=192.168.50.0 description="the \"big\" room" dhcp=enabled mask=255.255.255.0 name="second floor" policy=default subnet=192.168.50.0/24`
	if got := scriptLine(&s.session, o, nil); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestScriptFormatOfDates(t *testing.T) {
	o := objects.New(objects.Lease, "192.168.50.101")
	o.Attrs["lease-renewal-time"] = "1386022272"
	o.Attrs["address"] = "192.168.50.101"
	o.Attrs["state"] = "leased"
	s, _ := offline(t)
	want := `192.168.50.101: address=192.168.50.101 lease-renewal-time="Mon Dec  2 22:11:12 2013" state=leased`
	if got := scriptLine(&s.session, o, nil); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestVisibilityHidesAttributes(t *testing.T) {
	s, out := offline(t)
	if got := run(t, s, out, "dhcp set drop-old-packets=x"); !strings.HasPrefix(got, "308 ") {
		t.Errorf("an expert attribute at visibility 5: %s", got)
	}
	run(t, s, out, "session set visibility=3")
	c := &call{Shell: s, class: objects.Dhcp}
	if _, err := c.attr("drop-old-packets"); err != nil {
		t.Errorf("an expert attribute at visibility 3: %v", err)
	}
}

func TestAbbreviations(t *testing.T) {
	s, out := offline(t)
	s.interactive = true
	for _, tc := range []struct{ line, want string }{
		{"sess", "100 Ok"},
		{"session sh", "100 Ok"},
		{"se", `306 Unknown command - "se" may be server, session`},
		{"session s", `307 Unknown keyword - "s" may be show, set`},
		{"sess get vis", "100 Ok"},
	} {
		got, _, _ := strings.Cut(run(t, s, out, tc.line), "\n")
		if got != tc.want {
			t.Errorf("%s\n got %s\nwant %s", tc.line, got, tc.want)
		}
	}
}

func TestAssignments(t *testing.T) {
	s, _ := offline(t)
	s.session.put("visibility", "3")
	zone := time.FixedZone("CET", 3600)
	s.cfg.Clock = clock.NewManual(time.Date(2013, 11, 18, 22, 11, 12, 0, zone))
	for _, tc := range []struct {
		class *objects.Class
		line  string
		want  string
	}{
		{objects.Scope, "policy=a bootp=true", "policy=a bootp=true"},
		{objects.Scope, "policy a", "policy=a"},
		{objects.Scope, "policy = a", "policy=a"},
		{objects.Scope, "policy= a bootp =on", "policy=a bootp=on"},
		{objects.Scope, `description="a b" policy=x`, "description=a b policy=x"},
		{objects.Scope, `"description=a b" policy=x`, "description=a b policy=x"},
		{objects.Scope, "description= policy=x", "description= policy=x"},
		{objects.Scope, `description="" policy=x`, "description= policy=x"},
		{objects.ClientClass, `add-to-environment-dictionary "a=1,b=2"`, "add-to-environment-dictionary=a=1,b=2"},
		{objects.Dhcp, "failover-recover=Oct 31 00:00:00 2001", "failover-recover=1004482800"},
		{objects.Dhcp, "failover-recover Oct 31 00:00:00 2001", "failover-recover=1004482800"},
		{objects.Dhcp, "failover-recover=-3d ping-timeout=5", "failover-recover=1384549872 ping-timeout=5"},
		{objects.Dhcp, "failover-recover=0", "failover-recover=0"},
		{objects.Dhcp, `client-class-lookup-id=(if (equal "a b" "b)") "x" "y") ping-timeout=5`, `client-class-lookup-id=(if (equal "a b" "b)") "x" "y") ping-timeout=5`},
		{objects.Dhcp, `client-class-lookup-id="\"gold\""`, `client-class-lookup-id="gold"`},
		{objects.Dhcp, `client-class-lookup-id (request chaddr)`, `client-class-lookup-id=(request chaddr)`},
	} {
		words, err := Split(tc.line)
		if err != nil {
			t.Fatal(err)
		}
		c := &call{Shell: s, class: tc.class, line: tc.line, words: words}
		sets, err := c.assignments(words)
		if err != nil {
			t.Errorf("%s: %v", tc.line, err)
			continue
		}
		var got []string
		for _, a := range sets {
			got = append(got, a.name+"="+a.text)
		}
		if g := strings.Join(got, " "); g != tc.want {
			t.Errorf("%s\n got %s\nwant %s", tc.line, g, tc.want)
		}
	}
}

func TestReportTable(t *testing.T) {
	scopes := []*adminv1.ScopeUtilization{
		{Scope: "second floor", Subnet: "192.168.50.0/24", Total: 100, Reserved: 2, Leased: 12, Available: 85, Unavailable: 1},
		{Scope: "b", Vpn: "red", Subnet: "10.0.0.0/8", Total: 7, Leased: 7},
	}
	for _, tc := range []struct {
		separator string
		want      string
	}{
		{"", `Subnet        Bits  %Free  Total  Reserved  Leased  Available  Offered  Unavailable  Deactivated  Other  Scope
192.168.50.0  24    85%    100    2         12      85         0        1            0            0      second floor
10.0.0.0      8     0%     7      0         7       0          0        0            0            0      red/b
0.0.0.0       0     79%    107    2         19      85         0        1            0            0      total`},
		{"|", `Subnet       | Bits | %Free | Total | Reserved | Leased | Available | Offered | Unavailable | Deactivated | Other | Scope
192.168.50.0 | 24   | 85%   | 100   | 2        | 12     | 85        | 0       | 1           | 0           | 0     | second floor
10.0.0.0     | 8    | 0%    | 7     | 0        | 7      | 0         | 0       | 0           | 0           | 0     | red/b
0.0.0.0      | 0    | 79%   | 107   | 2        | 19     | 85        | 0       | 1           | 0           | 0     | total`},
	} {
		lines, err := table(tc.separator, reportHeader, reportRows(scopes))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(tc.want, strings.Join(lines, "\n")); d != "" {
			t.Errorf("separator %q (-want +got):\n%s", tc.separator, d)
		}
	}
}

// TestEveryWordOfTheProduct: what the product's command language begins lines
// with is a command or known not to be one here, and never both.
func TestEveryWordOfTheProduct(t *testing.T) {
	s, out := offline(t)
	words := "acl address-block address-block-policy admin client client-class client-class-policy client-policy custom-option dhcp dhcp-interface " +
		"dns exit export extension force-lock help import key ldap lease lease-notification license namespace option-datatype policy quit " +
		"remote-dns report save scope scope-policy scope-selection-tag server session subnet tftp trap vendor-option zone " +
		"addr-trap ccm cluster dhcp-address-block dhcp-address-block-policy dhcp-dns-update dhcp-link dhcp-link-policy dhcp-prefix " +
		"dhcp-prefix-policy dhcp-subnet dns-interface dns-update-map failover-pair group ha-dns-pair lease6 option option-set owner region " +
		"reservation role router router-interface router-type scope-template scope-template-policy snmp snmp-interface trap-recipient " +
		"update-policy vpn zone-dist zone-template link prefix link-template prefix-template reservation6"
	for w := range strings.FieldsSeq(words) {
		if !IsCommand(w) {
			t.Errorf("%s is not known", w)
		}
		_, err := s.findCommand(w)
		if here := notHere(w); (err == nil) == (here != nil) {
			t.Errorf("%s: %v, %v", w, err, here)
		} else if err != nil && !strings.HasPrefix(run(t, s, out, w+" list"), "322 Feature not supported - "+w+": ") {
			t.Errorf("%s list: %s", w, out)
		}
	}
	if IsCommand("scop") {
		t.Error("scop is a command")
	}
}

// TestHelpNamesOthers: every page names the commands beside it.
func TestHelpNamesOthers(t *testing.T) {
	for _, cmd := range commandTable() {
		if len(related(cmd)) == 0 {
			t.Errorf("%s: no other command is named", cmd.name)
		}
		for name := range strings.FieldsSeq(seeAlso[cmd.name]) {
			if !IsCommand(name) {
				t.Errorf("%s: %s is no command", cmd.name, name)
			}
		}
	}
}
