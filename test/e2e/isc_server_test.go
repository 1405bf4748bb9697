package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"leasehold/test/isc"
)

// iscPair is what two ends of a failover relationship share when one of them is
// ISC's dhcpd: the lab's text, with shorter times.
type iscPair struct {
	primary, secondary string // servers of the site
	lease, mclt        int
	low, high          string // the pool in 192.168.50.0/24
	unacked            int
	minBalance         int
	wide               bool // a second subnet, 10.99.0.0/16, for the load generator
}

// labPair is the pair of most tests.
func labPair(primary, secondary string) iscPair {
	return iscPair{primary: primary, secondary: secondary, lease: 20, mclt: 10, low: "192.168.50.20", high: "192.168.50.59", unacked: 10}
}

const peerName = "classroom-1-6"

// conf is the dhcpd.conf of one end.
func (p iscPair) conf(server string) isc.Server {
	peer := isc.Peer{
		Name: peerName, Primary: server == p.primary, Split: 128, MCLT: p.mclt, MaxResponseDelay: 6, MaxUnacked: p.unacked, BalanceSeconds: 3,
		MinBalance: p.minBalance, MaxBalance: p.minBalance,
		Address: own(p.primary), Port: 519, Partner: own(p.secondary), Remote: 520,
	}
	if !peer.Primary {
		peer.Address, peer.Port, peer.Partner, peer.Remote = own(p.secondary), 520, own(p.primary), 519
	}
	conf := isc.Server{
		Peer: peer, Lease: p.lease, OMAPIPort: 7911, Bare: []string{"10.77.0.0 255.255.255.0"},
		Subnets: []isc.Subnet{{Net: "192.168.50.0", Mask: "255.255.255.0", Router: "192.168.50.254", Low: p.low, High: p.high}},
	}
	if p.wide {
		conf.Subnets = append(conf.Subnets, isc.Subnet{Net: "10.99.0.0", Mask: "255.255.0.0", Router: "10.99.0.1", Low: "10.99.1.0", High: "10.99.99.255"})
	}
	return conf
}

// iscServer is an ISC dhcpd in a server's namespace.
type iscServer struct {
	*process
	site         *site
	name         string
	conf, leases string
	env          []string
	logs         string // of the runs before this one
}

// startISC writes the configuration and starts dhcpd on the lease file that it
// left, an empty one the first time.
func (s *site) startISC(name string, conf isc.Server, env ...string) *iscServer {
	s.t.Helper()
	d := &iscServer{site: s, name: name, env: env, leases: filepath.Join(s.dir, name+"-isc.leases")}
	d.conf = s.file(name+"-isc.conf", conf.String(), 0o644)
	if _, err := os.Stat(d.leases); err != nil {
		s.file(name+"-isc.leases", "", 0o644)
	}
	d.start()
	return d
}

func (d *iscServer) start() {
	d.site.t.Helper()
	if d.process != nil {
		d.logs += d.out.text() + "\n"
	}
	d.process = start(d.site.t, d.site.ns(d.name), d.env, "/usr/sbin/dhcpd", "-4", "-f", "-d", "--no-pid",
		"-cf", d.conf, "-lf", d.leases, "eth0", "fo0")
	d.expect(0, "Server starting service")
}

// kill9 ends dhcpd; its kernel closes its connections.
func (d *iscServer) kill9() {
	d.t.Helper()
	d.signal(syscall.SIGKILL)
	d.wait()
}

// forget takes the lease file away from a dhcpd that is not running.
func (d *iscServer) forget() {
	d.t.Helper()
	for _, f := range []string{d.leases, d.leases + "~"} {
		if err := os.Remove(f); err != nil && !os.IsNotExist(err) {
			d.t.Fatal(err)
		}
	}
	d.site.file(filepath.Base(d.leases), "", 0o644)
}

// state is dhcpd's own state, and that of its partner as far as it knows.
func (d *iscServer) state() (mine, partner string) {
	for _, c := range isc.Changes(d.out.text()) {
		if c.Partner {
			partner = c.To
		} else {
			mine = c.To
		}
	}
	return mine, partner
}

// wantState waits until dhcpd has moved to one of the states in this run.
func (d *iscServer) wantState(states ...string) {
	d.t.Helper()
	if !within(patience, 50*time.Millisecond, func() bool { mine, _ := d.state(); return slices.Contains(states, mine) }) {
		d.t.Fatalf("dhcpd %s is not %v:\n%s", d.name, states, tail(d.out.text(), 60))
	}
}

// went tells the states that dhcpd went through in this run.
func (d *iscServer) went() []string {
	var way []string
	for _, c := range isc.Changes(d.out.text()) {
		if !c.Partner {
			way = append(way, c.To)
		}
	}
	return way
}

// file reads the lease file.
func (d *iscServer) file() isc.File {
	d.t.Helper()
	r, err := os.Open(d.leases)
	if err != nil {
		d.t.Fatal(err)
	}
	defer r.Close()
	f, err := isc.ReadLeases(r)
	if err != nil {
		d.t.Fatal(err)
	}
	return f
}

// wantLease waits until dhcpd has the lease in one of the states.
func (d *iscServer) wantLease(addr string, states ...string) isc.Lease {
	d.t.Helper()
	var l isc.Lease
	if !within(patience, 100*time.Millisecond, func() bool { l = d.file().Leases[addr]; return slices.Contains(states, l.State) }) {
		d.t.Fatalf("dhcpd %s has %s as %+v, not %v:\n%s", d.name, addr, l, states, tail(d.out.text(), 40))
	}
	return l
}

// count is how many leases dhcpd has in each state.
func (d *iscServer) count() map[string]int {
	n := map[string]int{}
	for _, l := range d.file().Leases {
		n[l.State]++
	}
	return n
}

// omshell puts dhcpd's end of the peer into a state: 4 is partner-down.
func (d *iscServer) omshell(state int) {
	d.t.Helper()
	cmd := d.site.in(d.name, "omshell")
	cmd.Stdin = strings.NewReader(isc.SetState(7911, peerName, state))
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Contains(string(out), "can't") {
		d.t.Fatalf("omshell: %v\n%s", err, out)
	}
}

// content fails the test if dhcpd found fault with its partner or the partner
// with it, in any run.
func (d *iscServer) content(allowed ...string) {
	d.t.Helper()
	log := d.logs + d.out.text()
	for _, line := range append(isc.Faults(log), isc.Rejections(log)...) {
		if !slices.ContainsFunc(allowed, func(w string) bool { return strings.Contains(line, w) }) {
			d.t.Errorf("dhcpd %s complains: %s", d.name, line)
		}
	}
}

func (d *iscServer) String() string { return fmt.Sprintf("dhcpd %s: %v", d.name, d.count()) }

// control sets the state of dhcpd's control object: 2 shuts it down.
func (d *iscServer) control(state int) {
	d.t.Helper()
	cmd := d.site.in(d.name, "omshell")
	cmd.Stdin = strings.NewReader(isc.SetControl(7911, state))
	if out, err := cmd.CombinedOutput(); err != nil {
		d.t.Fatalf("omshell: %v\n%s", err, out)
	}
}
