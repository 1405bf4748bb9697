package e2e

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// confDir has the configurations, with their clients in comments.
const confDir = "../../internal/iscconf/testdata/site"

// TestImportedConfigurationServesAlike takes each configuration through dhcpd's
// own check, boots it in a dhcpd and, imported, in a server of ours, and lets
// the same clients ask both. They are given addresses of the same pool and the
// same options, or a comment of the configuration says what differs and why.
func TestImportedConfigurationServesAlike(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(confDir + "/*.conf")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d configurations, %v", len(files), err)
	}
	l := newLab(t)
	l.cable("srv", "eth0", "10.77.0.1/24", "net", "eth0", "10.77.0.2/24")
	sh(t, "ip", "-n", l.ns("srv"), "route", "add", "default", "via", "10.77.0.2")
	sh(t, "ip", "-n", l.ns("net"), "route", "add", "local", "10.0.0.0/10", "dev", "lo")
	room := make(chan bool, 3)
	var all sync.WaitGroup
	for i, f := range files {
		all.Go(func() {
			room <- true
			defer func() { <-room }()
			t.Run(strings.TrimSuffix(filepath.Base(f), ".conf"), func(t *testing.T) {
				sub := *l
				sub.t, sub.dir = t, t.TempDir()
				sub.serveAlike(t, f, uint16(20000+10*i))
			})
		})
	}
	all.Wait()
}

// serveAlike runs one configuration in both servers.
func (l *lab) serveAlike(t *testing.T, file string, port uint16) {
	path, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	s := readScript(t, path)
	theirs := l.bootTheirs("srv", path, port)
	ours := l.bootOurs("srv", path, port+4)
	server := netip.MustParseAddr("10.77.0.1")
	a, b := l.relays("net", s.clients, netip.AddrPortFrom(server, port)), l.relays("net", s.clients, netip.AddrPortFrom(server, port+4))
	defer a.close()
	defer b.close()
	for i := range s.clients {
		c := &s.clients[i]
		var got [2]answer
		var errs [2]error
		var both sync.WaitGroup
		both.Go(func() { got[0], errs[0] = a.lease(c) })
		both.Go(func() { got[1], errs[1] = b.lease(c) })
		both.Wait()
		if errs[0] != nil || errs[1] != nil {
			t.Fatalf("client %s: %v, %v", c.name, errs[0], errs[1])
		}
		t.Logf("%s: %s, %s", c.name, got[0], got[1])
		for _, d := range s.differences(c, got[0], got[1]) {
			if !s.announced(c.name, d) {
				t.Errorf("client %s: %s", c.name, d)
			}
		}
	}
	for _, e := range s.differs {
		if !e.seen {
			t.Errorf("client %s: the difference %q (%s) is announced and was not seen", e.client, e.what, e.why)
		}
	}
	if t.Failed() {
		t.Logf("dhcpd:\n%s\nours:\n%s", tail(theirs.out.text(), 30), tail(ours.proc.out.text(), 20))
	}
}

func (s *script) announced(client, difference string) bool {
	found := false
	for _, e := range s.differs {
		if (e.client == client || e.client == "*") && strings.HasPrefix(difference, e.what+":") {
			e.seen, found = true, true
		}
	}
	return found
}

// bootTheirs checks the configuration with dhcpd -t and starts dhcpd with it. It
// must know the subnet of its own interface.
func (l *lab) bootTheirs(ns, path string, port uint16) *process {
	l.t.Helper()
	check := exec.Command("dhcpd", "-4", "-t", "-cf", path)
	check.Dir = filepath.Dir(path)
	if out, err := check.CombinedOutput(); err != nil {
		l.t.Fatalf("dhcpd -t refuses %s: %v\n%s", path, err, out)
	}
	conf := l.file("dhcpd.conf", fmt.Sprintf("include %q;\nping-check off;\nddns-updates off;\nsubnet 10.77.0.0 netmask 255.255.255.0 { }\n", path), 0o644)
	leases := l.file("dhcpd.leases", "", 0o644)
	p := start(l.t, l.ns(ns), nil, "sh", "-c", fmt.Sprintf("cd %s && exec /usr/sbin/dhcpd -4 -f -d --no-pid -p %d -cf %s -lf %s eth0", filepath.Dir(path), port, conf, leases))
	p.expect(0, "Server starting service")
	return p
}

// bootOurs imports the configuration and serves with it.
func (l *lab) bootOurs(ns, path string, port uint16) *server {
	l.t.Helper()
	s := &server{t: l.t, lab: l, ns: ns, data: filepath.Join(l.dir, "data"), args: []string{"-rpc", "off", "-dhcp-port", fmt.Sprint(port), "-log", "warn"}}
	s.start()
	batch := filepath.Join(l.dir, "batch")
	out, errs, status := s.nrcmdRaw("", "import", "dhcpd-conf", path, "-o", batch)
	if status != 0 || !strings.HasPrefix(out, "100 ") {
		l.t.Fatalf("import ended with status %d:\n%s%s", status, out, errs)
	}
	lines, err := os.ReadFile(batch)
	if err != nil {
		l.t.Fatal(err)
	}
	s.nrcmd(string(lines), "dhcp disable ping-clients", "dhcp reload")
	return s
}

// TestGrammarOfDhcpdIsRead: a configuration with everything that dhcpd's
// grammar has, most of which has no counterpart, and oddly written ones are
// accepted by dhcpd and make a batch that a server of ours takes line by line.
func TestGrammarOfDhcpdIsRead(t *testing.T) {
	t.Parallel()
	odd, err := filepath.Glob(confDir + "/../odd/*.conf")
	if err != nil || len(odd) == 0 {
		t.Fatalf("%d odd configurations, %v", len(odd), err)
	}
	l := newLab(t)
	for i, f := range append(odd, confDir+"/../grammar/grammar.conf") {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".conf"), func(t *testing.T) {
			path, err := filepath.Abs(f)
			if err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command("dhcpd", "-4", "-t", "-cf", path).CombinedOutput(); err != nil {
				t.Fatalf("dhcpd -t refuses %s: %v\n%s", path, err, out)
			}
			sub := *l
			sub.t, sub.dir = t, t.TempDir()
			ns := fmt.Sprintf("srv%d", i)
			sub.ns(ns)
			sub.bootOurs(ns, path, 67)
		})
	}
}
