package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"leasehold/test/holders"
	"leasehold/test/hub"
)

// site is some servers on one client LAN, 192.168.50.0/24: server a has .1, b
// .2, c .3. Among themselves they speak over a hub, 10.77.0.1 and so on, that
// can be cut and delayed without the clients noticing. Everything on the LAN is
// watched for addresses given to two clients.
type site struct {
	*lab
	hub   *hub.Hub
	watch *holders.Ledger   // of all LANs
	ports map[string]string // of the bridge, by server
}

const lanName = "lan"

func newSite(t *testing.T, servers ...string) *site {
	t.Helper()
	s := &site{lab: newLab(t), hub: hub.New(), watch: holders.NewLedger(false), ports: map[string]string{}}
	t.Cleanup(s.hub.Close)
	s.lan(lanName)
	for _, name := range servers {
		n := number(name)
		s.ports[name] = s.plug(lanName, fmt.Sprintf("%s/eth0=192.168.50.%d/24", name, n))
		s.spoke(name)
		s.hosts(name)
	}
	s.watchLAN(lanName)
	t.Cleanup(s.judge)
	return s
}

// watchLAN looks at a LAN for addresses given to two clients.
func (s *site) watchLAN(lan string) {
	s.t.Helper()
	w, err := holders.Watch(s.ns(lan), "br0", s.watch)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(w.Stop)
}

// number is a server's place among the servers: 1 for a.
func number(server string) int { return int(server[0]-'a') + 1 }

// own is the address that a server speaks failover with.
func own(server string) string { return fmt.Sprintf("10.77.0.%d", number(server)) }

// lanAddr is what clients know a server by.
func lanAddr(server string) string { return fmt.Sprintf("192.168.50.%d", number(server)) }

// spoke connects a server to the hub.
func (s *site) spoke(server string) {
	s.t.Helper()
	ns := s.ns(server)
	if err := s.hub.Add(server, ns, "fo0"); err != nil {
		s.t.Fatal(err)
	}
	sh(s.t, "ip", "-n", ns, "addr", "add", own(server)+"/24", "dev", "fo0")
	sh(s.t, "ip", "-n", ns, "link", "set", "fo0", "up")
}

// hosts gives a server a hosts file that knows the names of the seeds.
func (s *site) hosts(server string, more ...string) {
	s.t.Helper()
	lines := []string{"127.0.0.1 localhost"}
	for _, n := range []string{"a", "b", "c"} {
		upper := strings.ToUpper(n)
		lines = append(lines, fmt.Sprintf("%s dhcp%s.example.com dhcp%s %sserver.example.com server%s", own(n), upper, upper, upper, upper))
	}
	s.etc(server, "hosts", strings.Join(append(lines, more...), "\n")+"\n")
	// No name server answers: a name that the hosts file lacks fails at once.
	s.etc(server, "resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
}

// etc gives the programs in a namespace a file of their own in /etc, as
// ip-netns(8) offers.
func (l *lab) etc(ns, name, content string) {
	l.t.Helper()
	dir := filepath.Join("/etc/netns", l.ns(ns))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
		l.t.Fatal(err)
	}
}

// judge fails the test if an address had two holders.
func (s *site) judge() {
	for _, d := range s.watch.Duplicates() {
		s.t.Errorf("DUPLICATE: %s", d)
	}
}

// unplug takes a server off the client LAN; its cable to the partner stays.
func (s *site) unplug(server string) { s.port(server, "down") }

// replug puts it back.
func (s *site) replug(server string) { s.port(server, "up") }

func (s *site) port(server, state string) {
	s.t.Helper()
	sh(s.t, "ip", "-n", s.ns(lanName), "link", "set", s.ports[server], state)
}

// dark ends all of a server at once as a power cut does: no process says
// goodbye and no kernel resets its connections.
func (s *site) dark(server string, kill func()) {
	s.t.Helper()
	for _, other := range []string{"a", "b", "c"} {
		if other != server {
			s.hub.Cut(server, other)
		}
	}
	s.unplug(server)
	kill()
}

// light undoes dark, but for starting the server.
func (s *site) light(server string) {
	s.t.Helper()
	for _, other := range []string{"a", "b", "c"} {
		if other != server {
			s.hub.Join(server, other)
		}
	}
	s.replug(server)
}

// in runs a command in a server's namespace.
func (s *site) in(server string, argv ...string) *exec.Cmd {
	return exec.Command("ip", append([]string{"netns", "exec", s.ns(server)}, argv...)...)
}
