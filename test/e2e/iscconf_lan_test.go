package e2e

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"leasehold/internal/packet"
)

// TestImportedConfigurationServesTheLAN: clients without a relay, on a network of
// the server's own, get from ours what they get from dhcpd.
func TestImportedConfigurationServesTheLAN(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"02-options", "09-subclass-mac", "12-known-unknown", "24-headers"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, err := filepath.Abs(filepath.Join(confDir, name+".conf"))
			if err != nil {
				t.Fatal(err)
			}
			l := newLab(t)
			s := readScript(t, path)
			clients := s.clients[:0:0]
			router, bits := firstSubnet(t, path)
			for _, c := range s.clients {
				if netip.PrefixFrom(router, bits).Masked().Contains(c.giaddr) {
					clients = append(clients, c)
				}
			}
			for _, side := range []string{"theirs", "ours"} {
				l.lan(side+"-lan", fmt.Sprintf("%s/eth0=%s/%d", side, router, bits))
			}
			l.bootTheirs("theirs", path, 67)
			l.bootOurs("ours", path, 67)
			for i, c := range clients {
				var got [2]bound
				var both sync.WaitGroup
				for j, side := range []string{"theirs", "ours"} {
					ns := fmt.Sprintf("%s-%d", side, i)
					l.plug(side+"-lan", ns+"/eth0")
					l.mac(ns, "eth0", net.HardwareAddr(c.mac[:]).String())
					real := l.dhclient(ns, "eth0", c.dhclient())
					both.Go(func() { got[j] = real.event("BOUND") })
				}
				both.Wait()
				for _, d := range s.differencesSeen(&c, got[0], got[1]) {
					t.Errorf("client %s: %s", c.name, d)
				}
			}
		})
	}
}

// firstSubnet is the server's address in the first subnet of a configuration.
func firstSubnet(t *testing.T, path string) (netip.Addr, int) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`subnet (10\.\d+\.\d+)\.0 netmask 255\.255\.(0|255)\.0`).FindStringSubmatch(string(text))
	if m == nil {
		t.Fatalf("%s has no subnet", path)
	}
	return netip.MustParseAddr(m[1] + ".1"), map[string]int{"0": 16, "255": 24}[m[2]]
}

// dhclient is the client as a dhclient.conf.
func (c *scripted) dhclient() string {
	var conf strings.Builder
	conf.WriteString("request subnet-mask, broadcast-address, routers, time-offset, domain-name, domain-name-servers, host-name, ntp-servers, " +
		"interface-mtu, log-servers, netbios-name-servers, netbios-node-type, root-path, static-routes, domain-search, smtp-server, nis-domain;\n")
	for _, o := range c.opts {
		switch o.Code {
		case packet.ClientIdentifier:
			fmt.Fprintf(&conf, "send dhcp-client-identifier %s;\n", strings.ReplaceAll(fmt.Sprintf("% x", o.Value), " ", ":"))
		case packet.VendorClass:
			fmt.Fprintf(&conf, "send vendor-class-identifier %q;\n", o.Value)
		}
	}
	return conf.String()
}

// differencesSeen compares what a real client told its script of either server.
func (s *script) differencesSeen(c *scripted, theirs, ours bound) []string {
	var all []string
	if a, b := s.pool(c, netip.MustParseAddr(theirs.Addr)), s.pool(c, netip.MustParseAddr(ours.Addr)); a != b {
		all = append(all, fmt.Sprintf("address: %s from dhcpd, %s from ours", a, b))
	}
	names := slices.Sorted(maps.Keys(theirs.Vars))
	for name := range ours.Vars {
		// Sent unasked (see differences).
		if _, in := theirs.Vars[name]; !in && !slices.Contains([]string{"new_dhcp_renewal_time", "new_dhcp_rebinding_time", "new_dhcp_client_identifier"}, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if name == "new_ip_address" || name == "new_expiry" {
			continue
		}
		if a, b := theirs.Vars[name], ours.Vars[name]; a != b {
			all = append(all, fmt.Sprintf("%s: %q from dhcpd, %q from ours", name, a, b))
		}
	}
	return all
}
