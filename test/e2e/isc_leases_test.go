package e2e

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"leasehold/test/clients"
	"leasehold/test/isc"
)

// vast is a subnet with room for very many leases, as dhcpd has it and as ours
// has it.
func (p *iscPair) vast(high string) (conf func(server string) isc.Server, ours []string) {
	p.lease, p.mclt, p.unacked = 7200, 7200, 100
	conf = func(server string) isc.Server {
		c := p.conf(server)
		c.Subnets = append(c.Subnets, isc.Subnet{Net: "10.96.0.0", Mask: "255.252.0.0", Router: "10.99.0.1", Low: "10.96.1.0", High: high})
		return c
	}
	return conf, []string{
		"policy vast create",
		"policy vast setOption routers 10.99.0.1",
		"policy vast setLeaseTime 2h",
		"policy vast set grace-period=0",
		"scope vast create 10.96.0.0 255.252.0.0 policy=vast",
		"scope vast addRange 10.96.1.0 " + high,
	}
}

// vastLoad has many new clients lease from the subnet, so many at a time that the
// server is done with them in the time that a test waits.
func (s *site) vastLoad(many int, servers ...string) map[string]held {
	s.t.Helper()
	g := s.relay(servers...)
	g.pool, g.spread = "10.96.0.0/14", min(many, 10000)
	all := map[string]held{}
	began := time.Now()
	for len(all) < many*99/100 && time.Since(began) < 5*time.Minute {
		res, have := g.load(patience-10*time.Second, "-mode", "dora", "-count", fmt.Sprint(g.spread), "-inflight", "64", "-timeout", "2s", "-retries", "5").result()
		if res.Run.Wrong+res.Run.Duplicates > 0 {
			s.t.Errorf("%d wrong answers, %d duplicates: %v", res.Run.Wrong, res.Run.Duplicates, res.Run.Notes)
		}
		maps.Copy(all, have)
	}
	if len(all) < many*99/100 {
		s.t.Errorf("%d of %d clients have a lease", len(all), many)
	}
	s.t.Logf("%d leases given in %v", len(all), time.Since(began).Round(time.Second))
	return all
}

// takeIn imports a lease file of dhcpd into the server, which must be told what
// the file says of every address.
func (s *server) takeIn(file string, from isc.File) {
	s.t.Helper()
	s.nrcmd("dhcp enable import-mode", "dhcp reload")
	began := time.Now()
	out := s.nrcmd("import leases -isc " + file)
	took := time.Since(began)
	if !strings.Contains(out, fmt.Sprintf("%d leases imported", len(from.Leases))) {
		s.t.Errorf("of %d leases: %s", len(from.Leases), tail(out, 20))
	}
	s.t.Logf("%d leases imported in %v", len(from.Leases), took.Round(10*time.Millisecond))
	if took > 10*time.Second {
		s.t.Errorf("the import took %v", took)
	}
	wrong := 0
	states := s.statesOf()
	for addr, l := range from.Leases {
		want := map[string]string{"active": "leased " + l.Hardware, "free": "available", "backup": "other-available"}[l.State]
		got := states[addr]
		if !strings.HasPrefix(got, want) && (got != "" || l.State != "free") {
			if wrong++; wrong < 10 {
				s.t.Errorf("%s is %q here, and %s of %q there", addr, got, l.State, l.Hardware)
			}
		}
	}
}

// statesOf is "state mac" of every address that the server has a record of.
func (s *server) statesOf() map[string]string {
	s.t.Helper()
	got := map[string]string{}
	for line := range strings.SplitSeq(s.one("lease list"), "\n") {
		a, st, m := leaseAddr.FindStringSubmatch(line), leaseState.FindStringSubmatch(line), leaseMAC.FindStringSubmatch(line)
		if a == nil || st == nil {
			continue
		}
		got[a[1]] = st[1]
		if m != nil {
			got[a[1]] += " " + strings.TrimPrefix(m[1], "1,6,")
		}
	}
	return got
}

// TestISCLeasesImported takes the lease file of the primary of a pair of dhcpd
// into a server of ours in its place, and has that join the secondary, which is
// still a dhcpd. Clients go on all the time.
func TestISCLeasesImported(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	p := labPair("a", "b")
	conf, vast := p.vast("10.96.16.255") // 4,096 addresses that are only shared
	p.lease, p.mclt = 60, 10
	old := map[string]*iscServer{}
	for _, n := range []string{"a", "b"} {
		old[n] = s.startISC(n, conf(n))
	}
	for _, d := range old {
		d.wantState("normal")
	}
	c := s.crowd("cli", clients.Config{Count: 20, ClientIDs: true})
	c.bound()
	c.renew()
	had := c.Addresses()
	old["a"].kill9()
	old["b"].wantState("communications-interrupted")

	m := &mixed{site: s, pair: p, primary: true, isc: old["b"]}
	m.ours = s.startServer("a")
	m.ours.nrcmd("dhcp enable import-mode", "dhcp reload")
	m.ours.nrcmd(append(vast, m.config()...)...)
	file := old["a"].file()
	m.ours.takeIn(old["a"].leases, file)
	m.ours.nrcmd("dhcp disable import-mode", "dhcp reload")
	c.rebind()
	m.normal()
	m.agree()
	c.renew()
	for n, addr := range c.Addresses() {
		if had[n] != addr {
			t.Errorf("client %d had %v of dhcpd and has %v", n, had[n], addr)
		}
	}
	c.unharmed()
	t.Logf("dhcpd: %v, ours: %v", old["b"], m.ours.count())
}

// TestISCHundredThousandLeases takes in a lease file with 100,000 leases and the
// partner's free addresses, written by a dhcpd: it gave the last 20,000 itself,
// and had the others and the state of the pool from before, which it writes
// anew when it starts.
func TestISCHundredThousandLeases(t *testing.T) {
	const before, live, backup = 80000, 20000, 20000
	s := newSite(t, "a", "b")
	p := labPair("a", "b")
	conf, vast := p.vast("10.97.213.191") // 120,000 addresses
	// In memory: dhcpd waits for the disk with every lease.
	shm := fmt.Sprintf("/dev/shm/leasehold-e2e-%d", os.Getpid())
	if err := os.Mkdir(shm, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(shm) })
	leases := filepath.Join(shm, "dhcpd.leases")
	seedPool(t, leases, before, live, backup)
	d := &iscServer{site: s, name: "a", leases: leases, conf: s.file("a-isc.conf", conf("a").String(), 0o644)}
	d.start()
	d.wantState("communications-interrupted")
	have := s.vastLoad(live, "a")
	d.kill9()
	file := d.file()
	if n := d.count(); n["active"] < (before+live)*99/100 || n["backup"] < backup {
		t.Errorf("dhcpd has %v", n)
	}
	ours := s.startServer("a")
	m := &mixed{site: s, pair: p, primary: true}
	ours.nrcmd("dhcp enable import-mode", "dhcp reload")
	ours.nrcmd(append(vast, m.config()...)...)
	ours.takeIn(leases, file)
	ours.wantAll(have)
	for _, form := range []string{"-isc", "-kea"} {
		out := []string{filepath.Join(s.dir, "first"+form), filepath.Join(s.dir, "second"+form)}
		began := time.Now()
		ours.nrcmd("export leases "+form+" "+out[0], "import leases "+form+" "+out[0], "export leases "+form+" "+out[1])
		t.Logf("out, in and out with %s in %v", form, time.Since(began).Round(10*time.Millisecond))
		one, errOne := os.ReadFile(out[0])
		two, errTwo := os.ReadFile(out[1])
		if errOne != nil || errTwo != nil || string(one) != string(two) {
			t.Errorf("%s: the two files differ: %v, %v", form, errOne, errTwo)
		}
	}
	// dhcpd takes back what it gave.
	ours.stop()
	mine := d.count()
	d.leases = filepath.Join(s.dir, "first-isc")
	d.start()
	d.kill9()
	if back := d.count(); fmt.Sprint(back) != fmt.Sprint(mine) {
		t.Errorf("dhcpd had %v, and has %v from our file", mine, back)
	}
}

// seedPool writes the lease file of a primary that has shared a pool with a
// secondary: dhcpd balances some hundred addresses a second by protocol.
func seedPool(t *testing.T, path string, active, free, backup int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintf(w, "failover peer \"%s\" state {\n  my state communications-interrupted at 4 2026/01/29 09:00:00;\n  partner state normal at 4 2026/01/29 09:00:00;\n}\n", peerName)
	ends := time.Now().Add(24 * time.Hour).UTC().Format("2006/01/02 15:04:05")
	for i := range active + free + backup {
		n := 0x0a600100 + i
		fmt.Fprintf(w, "lease %d.%d.%d.%d {\n  starts 4 2026/01/29 08:00:00;\n", n>>24, n>>16&255, n>>8&255, n&255)
		switch {
		case i < active:
			fmt.Fprintf(w, "  ends 4 %s;\n  tstp 4 %s;\n  tsfp 4 %s;\n  atsfp 4 %s;\n  cltt 4 2026/01/29 08:00:00;\n  binding state active;\n  next binding state expired;\n"+
				"  hardware ethernet 02:0a:%02x:%02x:%02x:%02x;\n  uid \"\\001\\002\\012%s\";\n  client-hostname \"desk-%d\";\n", ends, ends, ends, ends, byte(n>>24), byte(n>>16), byte(n>>8), byte(n), fmt.Sprintf("%07d", i), i)
		default:
			state := "free"
			if i >= active+free {
				state = "backup"
			}
			fmt.Fprintf(w, "  ends 4 2026/01/29 08:30:00;\n  tstp 4 2026/01/29 08:30:00;\n  tsfp 4 2026/01/29 08:30:00;\n  atsfp 4 2026/01/29 08:30:00;\n  binding state %s;\n", state)
		}
		fmt.Fprint(w, "}\n")
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
