package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// keaServer starts a Kea on a site's LAN, with the lease file.
func (s *site) keaServer(name, leases string) *process {
	s.t.Helper()
	conf := s.file(name+"-kea.conf", fmt.Sprintf(`{"Dhcp4": {
 "interfaces-config": {"interfaces": ["eth0"], "dhcp-socket-type": "udp"},
 "lease-database": {"type": "memfile", "persist": true, "name": %q, "lfc-interval": 0},
 "valid-lifetime": 7200,
 "subnet4": [{"id": 1, "subnet": "10.96.0.0/14", "pools": [{"pool": "10.96.1.0-10.96.16.255"}]}],
 "loggers": [{"name": "kea-dhcp4", "severity": "INFO", "output_options": [{"output": "stdout"}]}]
}}`, leases), 0o644)
	p := start(s.t, s.ns(name), []string{"KEA_PIDFILE_DIR=" + s.dir, "KEA_LOCKFILE_DIR=" + s.dir, "KEA_LOGGER_DESTINATION=stdout"}, "kea-dhcp4", "-c", conf)
	p.expect(0, "DHCP4_STARTED")
	return p
}

// end asks a program to end, and waits for it.
func end(p *process) {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	p.wait()
}

// TestKeaLeases takes the leases of a Kea into a server of ours, and has a Kea
// go on with the file that it writes.
func TestKeaLeases(t *testing.T) {
	t.Parallel()
	s := newSite(t, "a", "b")
	var p iscPair
	_, vast := p.vast("10.96.16.255")
	const many = 1000
	leases := filepath.Join(s.dir, "leases.csv")
	kea := s.keaServer("a", leases)
	have := s.vastLoad(many, "a")
	end(kea)

	ours := s.startServer("a")
	ours.nrcmd(append(vast, "dhcp enable import-mode", "dhcp reload")...)
	if out := ours.nrcmd("import leases -kea " + leases); !strings.Contains(out, fmt.Sprintf("%d leases imported", len(have))) {
		t.Errorf("of %d leases: %s", len(have), tail(out, 10))
	}
	ours.wantAll(have)
	back := filepath.Join(s.dir, "back.csv")
	ours.nrcmd("export leases -kea " + back)
	ours.stop()

	text, err := os.ReadFile(back)
	if err != nil || strings.Count(string(text), "\n") != len(have)+1 {
		t.Errorf("our file has %d lines, %v", strings.Count(string(text), "\n"), err)
	}

	// A Kea older than the form of our file converts it.
	kea = s.keaServer("a", back)
	kea.expect(0, "DHCPSRV_MEMFILE_LEASE_FILE_LOAD", back)
	for line := range strings.SplitSeq(kea.out.text(), "\n") {
		if strings.Contains(line, "ERROR") || strings.Contains(line, "WARN") && strings.Contains(line, "LOAD") {
			t.Errorf("Kea says of our file: %s", line)
		}
	}
	end(kea)
}
