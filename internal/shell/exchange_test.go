package shell

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"leasehold/pkg/rpc/adminv1"
)

// importer is a shell on a new server in import-mode with the scope office.
func importer(t *testing.T) (sh *Shell, do func(string) string) {
	t.Helper()
	var out bytes.Buffer
	sh = newServer(t).operator(&out)
	t.Cleanup(sh.Close)
	do = func(line string) string { t.Helper(); return run(t, sh, &out, line) }
	for _, line := range []string{
		"scope office create 192.168.50.0/24", "scope office addRange 10 100",
		"dhcp enable import-mode", "dhcp reload",
	} {
		if got := do(line); !strings.HasPrefix(got, "100 ") {
			t.Fatalf("%s: %s", line, got)
		}
	}
	return sh, do
}

// iscLeases are leases of a dhcpd at the time when the stories begin.
const iscLeases = `failover peer "lab" state {
  my state normal at 1 2013/11/18 20:00:00;
}
lease 192.168.50.20 {
  starts 1 2013/11/18 22:00:00;
  ends 1 2013/11/18 23:00:00;
  cltt 1 2013/11/18 22:00:00;
  binding state active;
  hardware ethernet 00:d0:ba:d3:bd:20;
  uid "\001\000\320\272\323\275 ";
  set vendor-class-identifier = "MSFT 5.0";
  option agent.circuit-id "Gi1/0/7";
  client-hostname "desk-20";
}
lease 192.168.50.21 {
  starts 1 2013/11/18 21:00:00;
  ends 1 2013/11/18 21:30:00;
  binding state backup;
  hardware ethernet 00:d0:ba:d3:bd:21;
}
lease 192.168.50.22 {
  starts 1 2013/11/18 22:00:00;
  ends 2 2013/11/19 22:00:00;
  binding state abandoned;
}
lease 192.168.50.23 {
  starts 1 2013/11/18 22:00:00;
  ends 1 2013/11/18 22:10:00;
  cltt 1 2013/11/18 22:00:00;
  binding state active;
  hardware ethernet 00:d0:ba:d3:bd:23;
}
lease 192.168.50.24 {
  ends never;
  binding state active;
  bootp;
  hardware token-ring 00:d0:ba:d3:bd:24;
}
lease 192.168.51.20 {
  ends never;
  binding state active;
  hardware ethernet 00:d0:ba:d3:bd:24;
}
lease 192.168.50.20 {
  starts 1 2013/11/18 22:00:00;
`

func TestImportOfISCLeases(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("dhcpd.leases", []byte(iscLeases), 0o600); err != nil {
		t.Fatal(err)
	}
	_, do := importer(t)
	want := `101 OK, with warnings - imported 5, refused 1
1 imported: backup, but scope "office" has no failover: available to this server
dhcpd.leases, line 1: the state of failover peer "lab": not carried, this server finds its own
dhcpd.leases, line 46: the last entry (lease 192.168.50.20) is cut off, as when dhcpd was killed: left out
dhcpd.leases, line 39: 192.168.51.20: in no range or reservation of any scope
`
	if got := do("import leases -isc dhcpd.leases"); got != want {
		t.Errorf(" got %s\nwant %s", got, want)
	}
	want = `100 Ok
00:d0:ba:d3:bd:20|1|6|192.168.50.20|1384812000|1384815600||1384812000||desk-20||x1-6-00-d0-ba-d3-bd-20|
00:d0:ba:d3:bd:23|1|6|192.168.50.23|1384812000|1384812600||1384812000|||||
00:d0:ba:d3:bd:24|6|6|192.168.50.24|1384812672|forever||1384812672|||||
`
	if got := do("export leases -server -time-numeric -"); got != want {
		t.Errorf(" got %s\nwant %s", got, want)
	}
	if got := do("lease 192.168.50.22 get unavailable-reason"); got != "100 Ok\nunavailable-reason=imported\n" {
		t.Errorf("the abandoned one: %s", got)
	}
}

// TestLeaseFormsRoundTrip: what a server writes in a form, a new one takes in
// and writes again just so.
func TestLeaseFormsRoundTrip(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("dhcpd.leases", []byte(iscLeases), 0o600); err != nil {
		t.Fatal(err)
	}
	_, do := importer(t)
	do("import leases -isc dhcpd.leases")
	for _, form := range []string{"-isc", "-kea", "-server", "-client"} {
		if got := do("export leases " + form + " one"); !strings.HasPrefix(got, "100 ") {
			t.Fatalf("%s: %s", form, got)
		}
		_, again := importer(t)
		in := "import leases "
		if _, other := leaseForm(form); other {
			in += form + " "
		}
		if got := again(in + "one"); !strings.HasPrefix(got, "100 ") {
			t.Errorf("%s: %s", form, got)
		}
		again("export leases " + form + " two")
		one, errOne := os.ReadFile("one")
		two, errTwo := os.ReadFile("two")
		if errOne != nil || errTwo != nil || len(one) == 0 || string(one) != string(two) {
			t.Errorf("%s: %v %v\n%s\nbecomes\n%s", form, errOne, errTwo, one, two)
		}
	}
}

// TestImportOfNothing: a bad file, a form that does not exist, and a sender that
// goes away in the middle change nothing.
func TestImportOfNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	good, _, _ := strings.Cut(iscLeases, "lease 192.168.50.21")
	for name, text := range map[string]string{"nul": good + "\x00\x00", "bad": good + "lease 10.0.0.1 { ends x; }", "kea.csv": "address\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sh, do := importer(t)
	for line, want := range map[string]string{
		"import leases -isc nul":           "315 Import Failure - nul, line 15: a nul byte: the file is damaged, as after a power failure, or is no dhcpd.leases; nothing was imported\n",
		"import leases -isc bad":           "315 Import Failure - bad, line 15: lease 10.0.0.1: \"x\" is no date such as 4 2026/01/29 09:00:00, epoch 1769677200 or never; nothing was imported\n",
		"import leases -kea kea.csv":       "315 Import Failure - kea.csv, line 1: the first line is no header of a Kea lease file: it has no column \"hwaddr\"; nothing was imported\n",
		"import leases -csv kea.csv":       "307 Unknown keyword - import leases does not know \"-csv\"; write -isc or -kea, or neither\n",
		"export leases -isc all x":         "316 Invalid - export leases -isc: such a file has no VPNs; write one file for each\n",
		"export leases -client -x y":       "307 Unknown keyword - export leases does not know \"-x\"; write -time-ascii or -time-numeric\n",
		"export leases -kea -time-ascii y": "309 Too many arguments - \"-time-ascii\": times are as the server has them that the file is for\n",
	} {
		if got := do(line); got != want {
			t.Errorf("%s:\n got %swant %s", line, got, want)
		}
	}
	stream := sh.client.ImportLeases(context.Background())
	err := stream.Send(&adminv1.ImportLeasesRequest{Leases: []*adminv1.ImportedLease{
		{Line: 1, Address: "192.168.50.20", Htype: 1, Hardware: []byte{0, 0xd0, 0xba, 0xd3, 0xbd, 0x20}, Expiration: -1},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.CloseAndReceive(); err == nil || !strings.Contains(err.Error(), "nothing was imported") {
		t.Errorf("leases without an end: %v", err)
	}
	if got := do("export leases -isc -"); strings.Contains(got, "lease ") && strings.Contains(got, "192.168") {
		t.Errorf("afterwards: %s", got)
	}
}
