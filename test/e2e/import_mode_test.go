package e2e

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"leasehold/test/clients"
)

var inVain = regexp.MustCompile(`drop-import-mode[ =]+[1-9]`)

// TestImportInSevenSteps imports leases into the main server of a pair while
// clients ask: the backup is stopped, import-mode is on, the leases come, and
// all is undone. Nobody is answered in import-mode, and afterwards both servers
// have the leases.
func TestImportInSevenSteps(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	p := quick
	p.lease = 120
	a, b := s.startPair(p)
	c := s.crowd("cli", clients.Config{Count: 30, ClientIDs: true})
	c.bound()
	same(a, b)
	had := c.Addresses()
	file := filepath.Join(s.dir, "leases")
	b.nrcmd("export leases -server " + file)
	elsewhere := map[string]string{} // leases of a third server, that goes
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 10 {
		addr := fmt.Sprintf("192.168.50.%d", 210+n)
		elsewhere[addr] = fmt.Sprintf("1,6,02:11:22:33:44:%02x", n)
		if _, err := fmt.Fprintf(f, "%s|1|6|%s||forever|||||||\n", elsewhere[addr][4:], addr); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}

	b.stop()
	a.nrcmd("dhcp enable import-mode", "dhcp reload")
	acks := func() int { return c.Report().Acks[netip.MustParseAddr(lanAddr("a"))] }
	before := acks()
	c.Add(5)
	for n := range 30 {
		c.Rebind(n)
	}
	a.eventually("clients asked in vain", func() bool { return inVain.MatchString(a.one("dhcp getStats server")) },
		func() string { return a.one("dhcp getStats server") })
	if out := a.nrcmd("import leases " + file); !strings.Contains(out, "40 leases imported") {
		t.Errorf("import: %s", out)
	}
	if after := acks(); after != before {
		t.Errorf("%d clients were answered in import-mode", after-before)
	}
	a.nrcmd("dhcp disable import-mode", "dhcp reload")
	b.start()
	s.normal(a, b)
	c.bound()
	c.rebind()
	same(a, b)
	for addr, mac := range elsewhere {
		if got := b.leases("leased")[addr]; got != mac {
			t.Errorf("%s is leased to %q at the backup, want %q", addr, got, mac)
		}
	}
	for n, addr := range had {
		if now := c.Addresses()[n]; now != addr {
			t.Errorf("client %d had %v and has %v", n, addr, now)
		}
	}
	c.unharmed()
}
