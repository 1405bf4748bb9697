package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

// bound is what a client's script printed when something happened to its lease.
type bound struct {
	Event string            // BOUND, RENEW, REBIND, REBOOT, NAK, EXPIRE, deconfig, ... in the client's own word
	Addr  string            // the address given
	Vars  map[string]string // everything else the script saw
}

// script prints what a client tells its script, as one line "EVENT word k=v|k=v",
// and puts the address on the interface.
const udhcpcScript = `#!/bin/sh
case $1 in
bound|renew) ip addr replace $ip/$mask dev $interface ;;
deconfig) ip addr flush dev $interface ;;
esac
echo "EVENT $1 addr=$ip|$(env | grep -v '^[A-Z]' | tr '\n' '|')"
`

const dhclientScript = `#!/bin/sh
case $reason in
BOUND|RENEW|REBIND|REBOOT) ip addr replace $new_ip_address/24 dev $interface ;;
EXPIRE|FAIL|RELEASE|STOP) ip addr flush dev $interface ;;
esac
echo "EVENT $reason addr=$new_ip_address|$(env | grep -E '^(new|old)_' | tr '\n' '|')"
exit 0
`

const dhcpcdHook = `echo "EVENT $reason addr=$new_ip_address|$(env | grep -E '^(new|old)_' | tr '\n' '|')"
`

var eventLine = regexp.MustCompile(`EVENT (\S+) addr=([0-9.]*)\|(.*)`)

func parseEvent(line string) bound {
	m := eventLine.FindStringSubmatch(line)
	if m == nil {
		return bound{}
	}
	b := bound{Event: m[1], Addr: m[2], Vars: map[string]string{}}
	for kv := range strings.SplitSeq(m[3], "|") {
		if k, v, ok := strings.Cut(kv, "="); ok {
			b.Vars[k] = v
		}
	}
	return b
}

// client is a real DHCP client at work on an interface.
type client struct {
	*process
	from int // events before this line were taken
}

// event waits for the client's next event of that name.
func (c *client) event(name string) bound {
	c.t.Helper()
	return c.next("EVENT " + name + " ")
}

// next waits for the client's next event whose line holds the words.
func (c *client) next(words string) bound {
	c.t.Helper()
	line := c.expect(c.from, words)
	for i, s := range strings.Split(c.out.text(), "\n") {
		if i >= c.from && s == line {
			c.from = i + 1
			break
		}
	}
	return parseEvent(line)
}

// script writes a script of clients, once: another client may be running it.
func (l *lab) script(name, text string) string {
	l.t.Helper()
	path := filepath.Join(l.dir, name)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	return l.file(name, text, 0o755)
}

// udhcpc runs busybox's client in the foreground. USR1 renews, USR2 releases.
func (l *lab) udhcpc(ns, ifc string, args ...string) *client {
	l.t.Helper()
	script := l.script("udhcpc.script", udhcpcScript)
	argv := append([]string{"udhcpc", "-i", ifc, "-f", "-t", "8", "-T", "1", "-A", "1", "-s", script}, args...)
	return &client{process: start(l.t, l.ns(ns), nil, argv...)}
}

// dhclient runs ISC's client in the foreground on a lease file of its own.
// config is its dhclient.conf.
func (l *lab) dhclient(ns, ifc, config string, args ...string) *client {
	l.t.Helper()
	argv := append(l.dhclientArgs(ns, ifc, config), "-d")
	argv = append(append(argv, args...), ifc)
	return &client{process: start(l.t, l.ns(ns), nil, argv...)}
}

// dhclientArgs are the files that a client of this interface keeps.
func (l *lab) dhclientArgs(ns, ifc, config string) []string {
	l.t.Helper()
	script := l.script("dhclient.script", dhclientScript)
	base := "dhclient-" + ns + "-" + ifc
	conf := l.file(base+".conf", config+"\nretry 3; reboot 4; timeout 20; initial-interval 1; backoff-cutoff 2;\n", 0o644)
	leases := filepath.Join(l.dir, base+".leases")
	if _, err := os.Stat(leases); err != nil {
		l.file(base+".leases", "", 0o644)
	}
	return []string{"dhclient", "-4", "-cf", conf, "-sf", script, "-lf", leases, "-pf", filepath.Join(l.dir, base+".pid")}
}

// dhcpcd runs Roy Marples' client in the foreground. Its lease file is that of
// the given client name, whichever namespace it runs in; the state folder is a
// private mount, so that several tests do not meet.
func (l *lab) dhcpcd(name, ns, ifc string) *client {
	l.t.Helper()
	hook := l.script("dhcpcd.hook", "#!/bin/sh\n"+dhcpcdHook)
	conf := l.file("dhcpcd.conf", "allowinterfaces "+ifc+"\nipv4only\nnoipv6rs\noption subnet_mask, routers, domain_name_servers, domain_name\n", 0o644)
	state := filepath.Join(l.dir, "dhcpcd-"+name)
	if err := os.MkdirAll(state, 0o755); err != nil {
		l.t.Fatal(err)
	}
	sh(l.t, "mkdir", "-p", "/var/lib/dhcpcd")
	inner := fmt.Sprintf("mount --bind %s /var/lib/dhcpcd && mount -t tmpfs tmpfs /run && exec dhcpcd -B -4 -f %s -c %s %s", state, conf, hook, ifc)
	return &client{process: start(l.t, l.ns(ns), nil, "unshare", "-m", "sh", "-c", inner)}
}

// tell gives a running dhcpcd a command (-n rebinds, -k releases, -x ends it)
// through its control socket, which is in its private mount.
func (c *client) tell(command, ifc string) {
	c.t.Helper()
	sh(c.t, "nsenter", "-t", fmt.Sprint(c.cmd.Process.Pid), "-m", "-n", "dhcpcd", "-4", command, ifc)
}

// dhcrelay runs ISC's relay agent in the foreground.
func (l *lab) dhcrelay(ns string, args ...string) *process {
	l.t.Helper()
	return start(l.t, l.ns(ns), nil, append([]string{"dhcrelay", "-4", "-d", "--no-pid"}, args...)...)
}

// quit ends a client and waits until it is gone.
func (c *client) quit() {
	c.t.Helper()
	c.signal(syscall.SIGTERM)
	c.wait()
}
