package leasefile

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func keaText(rs []Record) string {
	var b strings.Builder
	for i := range rs {
		b.WriteString(rs[i].Kea(1))
	}
	return b.String()
}

// TestKeaFile reads a memfile with all that Kea writes, and writes it.
func TestKeaFile(t *testing.T) {
	in, err := os.ReadFile("testdata/kea.csv")
	if err != nil {
		t.Fatal(err)
	}
	leases, notes, bad := scan(t, Kea, string(in))
	want := `192.168.50.21,00:d0:ba:d3:bd:3c,,4294967295,6064644495,1,0,0,,0,,0
192.168.50.22,,,86400,1769763600,1,0,0,,1,,0
192.168.50.23,00:d0:ba:d3:bd:3e,,1800,1769679000,1,0,0,a&#x2cb,2,,0
192.168.50.20,00:d0:ba:d3:bd:3b,01:00:d0:ba:d3:bd:3b,1800,1769679900,1,0,0,desk-1.example.com,0,{ "ISC": { "relay-agent-info": { "sub-options": "0x010747692F302F37" } } },0
`
	if d := cmp.Diff(want, keaText(leases)); d != "" || bad != nil {
		t.Errorf("%v (-want +got):\n%s", bad, d)
	}
	if d := cmp.Diff([]string{"f0, line 9: the last row is cut off, as when Kea was killed: left out"}, notes); d != "" {
		t.Errorf("notes (-want +got):\n%s", d)
	}
	again, _, bad := scan(t, Kea, KeaHeader()+keaText(leases))
	if d := cmp.Diff(want, keaText(again)); d != "" || bad != nil {
		t.Errorf("what was written is read differently: %v\n%s", bad, d)
	}
}

// TestKeaSiblings: the files that a lease file cleanup has left are one log, and
// may be of an older version.
func TestKeaSiblings(t *testing.T) {
	const older = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state\n"
	leases, _, bad := scan(t, Kea,
		older+"10.0.0.1,00:01,,60,1000,1,0,0,,0\n10.0.0.2,00:02,,60,1000,1,0,0,,0\n",
		KeaHeader()+"10.0.0.1,00:01,,60,2000,1,0,0,,0,,0\n10.0.0.2,00:02,,0,2000,1,0,0,,0,,0\n",
	)
	if d := cmp.Diff("10.0.0.1,00:01,,60,2000,1,0,0,,0,,0\n", keaText(leases)); d != "" || bad != nil {
		t.Errorf("%v (-want +got):\n%s", bad, d)
	}
}

func TestKeaRefusals(t *testing.T) {
	row := func(address, hwaddr, lifetime, expire, state, context string) string {
		return KeaHeader() + strings.Join([]string{address, hwaddr, "", lifetime, expire, "1", "0", "0", "", state, context, "0"}, ",") + "\n"
	}
	for _, c := range []struct{ in, want string }{
		{"hello\n", `line 1: the first line is no header of a Kea lease file: it has no column "address"`},
		{"address,duid,valid_lifetime\n", `line 1: these are leases of DHCPv6`},
		{row("fe80::1", "", "1", "1", "0", ""), `line 2: address "fe80::1" is not an IPv4 address`},
		{row("10.0.0.1", "xx", "1", "1", "0", ""), `line 2: hwaddr "xx" is not up to 16 octets such as 00:d0:ba:d3:bd:3b`},
		{row("10.0.0.1", "", "-1", "1", "0", ""), `line 2: valid_lifetime "-1" is not a number of seconds`},
		{row("10.0.0.1", "", "1", "soon", "0", ""), `line 2: expire "soon" is not a time in seconds since 1970`},
		{row("10.0.0.1", "", "1", "1", "9", ""), `line 2: there is no state "9" of a lease`},
		{row("10.0.0.1", "", "1", "1", "0", `{"ISC":{"relay-agent-info":"0xzz"}}`), `line 2: relay-agent-info "0xzz" is not up to 255 octets in hex`},
		{KeaHeader() + "10.0.0.1,1\n", `line 2: 2 columns, the header has 12`},
		{KeaHeader() + "10.0.0.1\x00\n", `line 2: a nul byte: the file is damaged, as after a power failure, or is no lease file of Kea`},
		{KeaHeader() + strings.Repeat("a", 1<<20), `line 2: longer than 65536 bytes`},
	} {
		if leases, _, bad := scan(t, Kea, c.in); len(bad) == 0 || bad[0] != c.want || leases != nil {
			t.Errorf("%.60q:\n got %q\nwant %q", c.in, bad, c.want)
		}
	}
}
