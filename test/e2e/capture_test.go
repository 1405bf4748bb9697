package e2e

import (
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// capture keeps the DHCP packets that pass an interface.
type capture struct {
	lab  *lab
	file string
	proc *process
}

// capture starts to listen and returns once tcpdump does; packets reach the
// file at once, so that none is missing when the test ends it.
func (l *lab) capture(ns, ifc string) *capture {
	l.t.Helper()
	c := &capture{lab: l, file: filepath.Join(l.dir, ns+"-"+ifc+".pcap")}
	c.proc = start(l.t, l.ns(ns), nil, "tcpdump", "-i", ifc, "-U", "--immediate-mode", "-Z", "root", "-w", c.file, "udp port 67 or udp port 68 or arp or icmp")
	c.proc.expect(0, "listening on")
	return c
}

// fields ends the capture and returns, for each packet that the display filter
// lets through, the given fields.
func (c *capture) fields(filter string, names ...string) [][]string {
	c.lab.t.Helper()
	c.end()
	argv := []string{"-r", c.file, "-Y", filter, "-T", "fields", "-E", "separator=;", "-E", "occurrence=a"}
	for _, n := range names {
		argv = append(argv, "-e", n)
	}
	out, err := exec.Command("tshark", argv...).Output()
	if err != nil {
		c.lab.t.Fatalf("tshark %v: %v", argv, err)
	}
	var rows [][]string
	for line := range strings.SplitSeq(strings.TrimRight(string(out), "\n"), "\n") {
		if line != "" {
			rows = append(rows, strings.Split(line, ";"))
		}
	}
	return rows
}

func (c *capture) end() {
	c.proc.signal(syscall.SIGINT)
	c.proc.wait()
}

// wellFormed ends the capture and fails the test if tshark finds fault with a
// packet of a server, or if there is none at all.
func (c *capture) wellFormed() {
	c.lab.t.Helper()
	all := c.fields("dhcp.type == 2", "frame.number", "dhcp.option.dhcp")
	if len(all) == 0 {
		c.lab.t.Error("the capture holds no packet of a server")
	}
	bad := c.fields("dhcp.type == 2 && (_ws.malformed || _ws.expert.severity >= 6291456)", "frame.number", "_ws.expert.message")
	for _, row := range bad {
		c.lab.t.Errorf("tshark finds fault with server packet %s: %s", row[0], strings.Join(row[1:], ";"))
	}
}
