package leasefile

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestISCIsReadByDhcpd has a real dhcpd read what is written for it: no
// statement may be strange to it: it drops a lease that has one.
func TestISCIsReadByDhcpd(t *testing.T) {
	in, err := os.ReadFile("testdata/dhcpd.leases")
	if err != nil {
		t.Fatal(err)
	}
	leases, _, _ := scan(t, ISC, string(in))
	dir := t.TempDir()
	conf, file := filepath.Join(dir, "dhcpd.conf"), filepath.Join(dir, "dhcpd.leases")
	put := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// Without a failover peer its addresses are in state free.
	text := strings.ReplaceAll(iscText(leases), "binding state backup", "binding state free")
	put(conf, "subnet 192.168.50.0 netmask 255.255.255.0 { range 192.168.50.20 192.168.50.30; }\n")
	put(file, ISCHeader+text)
	out, err := exec.Command("dhcpd", "-4", "-T", "-cf", conf, "-lf", file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for l := range strings.Lines(string(out)) {
		if strings.Contains(l, "orrupt") || strings.Contains(l, ".leases line ") {
			t.Errorf("dhcpd stumbles:\n%s\n%s", out, text)
			break
		}
	}
}
