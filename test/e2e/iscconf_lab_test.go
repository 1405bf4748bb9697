package e2e

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"leasehold/test/isc"
)

// classroom is the lab of the exercise: a router with four subnets for clients
// and two for servers, which it relays to.
type classroom struct {
	*lab
	conf map[string]string // dhcpd.conf, by role
	ours map[string]*server
	isc  *process
}

// The servers of the classroom, by role.
var classroomAddr = map[string]string{"primary": "192.168.10.253", "secondary": "192.168.60.253"}

func newClassroom(t *testing.T) *classroom {
	c := &classroom{lab: newLab(t), conf: map[string]string{}, ours: map[string]*server{}}
	for role, addr := range classroomAddr {
		gateway := strings.Replace(addr, ".253", ".254", 1)
		link := "to" + role[:3]
		c.cable(role, "eth0", addr+"/24", "net", link, gateway+"/24")
		sh(t, "ip", "-n", c.ns(role), "route", "add", "default", "via", gateway)
	}
	sh(t, "ip", "netns", "exec", c.ns("net"), "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
	for _, n := range []int{20, 30, 40} {
		sh(t, "ip", "-n", c.ns("net"), "addr", "add", fmt.Sprintf("192.168.%d.254/32", n), "dev", "lo")
	}
	// The text as it is, but for the time that a test would wait.
	from := "../../internal/iscconf/testdata/lab"
	files, err := filepath.Glob(from + "/*conf*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		path := c.file(filepath.Base(f), strings.Replace(string(text), "mclt 300;", "mclt 10;", 1), 0o644)
		if role, ok := strings.CutSuffix(filepath.Base(f), ".conf"); ok {
			c.conf[role] = path
		}
	}
	return c
}

// load starts a server of ours in a role, with the configuration of a role.
func (c *classroom) load(role, conf string) {
	c.t.Helper()
	s := c.startServer(role, "-rpc", "off")
	c.ours[role] = s
	batch := filepath.Join(c.dir, role+".batch")
	out := s.one("import dhcpd-conf " + c.conf[conf] + " -o " + batch)
	if !strings.Contains(out, "\n0 constructs not carried:") {
		c.t.Errorf("the lab's file is not carried whole:\n%s", out)
	}
	lines, err := os.ReadFile(batch)
	if err != nil {
		c.t.Fatal(err)
	}
	s.nrcmd(string(lines), "dhcp disable ping-clients", "dhcp reload")
}

func (c *classroom) startISC(role string) {
	c.t.Helper()
	leases := c.file(role+".leases", "", 0o644)
	c.isc = start(c.t, c.ns(role), nil, "sh", "-c", fmt.Sprintf("cd %s && exec /usr/sbin/dhcpd -4 -f -d --no-pid -cf %s -lf %s eth0", c.dir, c.conf[role], leases))
	c.isc.expect(0, "Server starting service")
}

// normal waits until every server shows NORMAL.
func (c *classroom) normal() {
	c.t.Helper()
	for role, s := range c.ours {
		var last related
		s.eventually(role+" is NORMAL", func() bool {
			last = s.partner(classroomAddr[other(role)])
			return last.State == "NORMAL" && last.PartnerState == "NORMAL"
		}, func() string { return last.String() })
	}
	if c.isc == nil {
		return
	}
	eventually(c.t, "dhcpd is normal", func() bool {
		for _, ch := range slices.Backward(isc.Changes(c.isc.out.text())) {
			if !ch.Partner {
				return ch.To == "normal"
			}
		}
		return false
	})
}

func other(role string) string {
	if role == "primary" {
		return "secondary"
	}
	return "primary"
}

// lease has a new client on each of the four subnets get an address of the pool.
func (c *classroom) lease(given map[netip.Addr]bool, clients []scripted) {
	c.t.Helper()
	r := c.relays("net", clients, netip.MustParseAddrPort(classroomAddr["primary"]+":67"), netip.MustParseAddrPort(classroomAddr["secondary"]+":67"))
	defer r.close()
	for i := range clients {
		cl := &clients[i]
		got, err := r.lease(cl)
		if err != nil || got.silent {
			c.t.Errorf("%s is not served: %v", cl.name, err)
			continue
		}
		a := got.m.YIAddr.As4()
		net := cl.giaddr.As4()
		if a[2] != net[2] || a[3] < 32 || a[3] > 63 || given[got.m.YIAddr] {
			c.t.Errorf("%s was given %v", cl.name, got.m.YIAddr)
		}
		given[got.m.YIAddr] = true
		if router := got.m.Get(3); string(router) != string(net[:]) {
			c.t.Errorf("%s was given the router %v", cl.name, router)
		}
	}
}

// newcomers are clients of the four subnets that nobody has heard of.
func newcomers(generation, each int) []scripted {
	var all []scripted
	for i := range each {
		for _, n := range []int{10, 20, 30, 40} {
			all = append(all, scripted{
				name: fmt.Sprintf("client %d on 192.168.%d.0", i, n), mac: [6]byte{2, 0, byte(generation), byte(i), 0, byte(n)},
				giaddr: netip.AddrFrom4([4]byte{192, 168, byte(n), 254}), prl: []byte{1, 3, 6, 15}, secs: 60,
			})
		}
	}
	return all
}

// TestClassroomOfTheLab boots the configuration of the exercise: ours in either
// role beside a dhcpd, and two of ours with the one batch. All of them come to
// NORMAL, and clients get addresses on all four subnets from both, and from the
// one that is left.
func TestClassroomOfTheLab(t *testing.T) {
	t.Parallel()
	for _, ours := range [][]string{{"primary"}, {"secondary"}, {"primary", "secondary"}} {
		t.Run(strings.Join(ours, "+"), func(t *testing.T) {
			t.Parallel()
			c := newClassroom(t)
			for _, role := range ours {
				conf := role
				if len(ours) == 2 {
					conf = "primary" // the batch of one file serves both
				}
				c.load(role, conf)
			}
			if len(ours) == 1 {
				c.startISC(other(ours[0]))
			}
			c.normal()
			given := map[netip.Addr]bool{}
			c.lease(given, newcomers(1, 3))
			if len(ours) == 1 {
				c.isc.signal(15)
				c.isc.wait()
			} else {
				c.ours["primary"].stop()
			}
			left := ours[len(ours)-1]
			c.ours[left].eventually("the partner's end is noticed", func() bool {
				return c.ours[left].partner(classroomAddr[other(left)]).State == "COMMUNICATIONS-INTERRUPTED"
			}, func() string { return "" })
			c.lease(given, newcomers(2, 1))
		})
	}
}
