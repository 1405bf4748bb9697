package main

import (
	"errors"
	"flag"
	"log/slog"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

// defaults is what dhcpd without a flag works with.
func defaults() config {
	return config{data: "/var/lib/leasehold", rpc: "127.0.0.1:1234", dhcpPort: 67, failoverPort: 647, level: slog.LevelInfo}
}

func TestFlags(t *testing.T) {
	for _, c := range []struct {
		args string
		want func(*config)
	}{
		{"", func(*config) {}},
		{"-data /srv/dhcp", func(c *config) { c.data = "/srv/dhcp" }},
		{"-address 192.168.50.1", func(c *config) { c.address = netip.MustParseAddr("192.168.50.1") }},
		{"-rpc off", func(c *config) { c.rpc = "off" }},
		{"--rpc=0.0.0.0:9000", func(c *config) { c.rpc = "0.0.0.0:9000" }},
		{"-dhcp-port 1", func(c *config) { c.dhcpPort = 1 }},
		{"-dhcp-port 65534", func(c *config) { c.dhcpPort = 65534 }},
		{"-failover-port 65535", func(c *config) { c.failoverPort = 65535 }},
		{"-interface eth0 -interface eth1", func(c *config) { c.interfaces = []string{"eth0", "eth1"} }},
		{"-metrics :9100", func(c *config) { c.metrics = ":9100" }},
		{"-log debug", func(c *config) { c.level = slog.LevelDebug }},
		{"-log WARN", func(c *config) { c.level = slog.LevelWarn }},
		{"-user dhcp", func(c *config) { c.user = "dhcp" }},
		{"-version", func(c *config) { c.version = true }},
	} {
		t.Run(c.args, func(t *testing.T) {
			want := defaults()
			c.want(&want)
			got, err := parseFlags(strings.Fields(c.args))
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
			}
		})
	}
}

// A refusal names the flag, what was given and what may be.
func TestFlagsRefused(t *testing.T) {
	for _, c := range []struct {
		args string
		says []string
	}{
		{"extra", []string{`"extra"`, "flags only"}},
		{"-data /srv serve", []string{`"serve"`}},
		{"-nonsense", []string{"nonsense"}},
		{"-address 300.1.1.1", []string{"-address", "300.1.1.1", "IPv4"}},
		{"-address fe80::1", []string{"-address", "fe80::1", "IPv4"}},
		{"-log loud", []string{"-log", "loud", "debug, info, warn or error"}},
		{"-dhcp-port 0", []string{"-dhcp-port 0", "1 to 65534"}},
		{"-dhcp-port 65535", []string{"-dhcp-port 65535", "1 to 65534"}},
		{"-dhcp-port 65603", []string{"-dhcp-port 65603"}}, // 67, if cut to 16 bits
		{"-dhcp-port -1", []string{"dhcp-port", "-1"}},
		{"-failover-port 0", []string{"-failover-port 0", "1 to 65535"}},
		{"-failover-port 65536", []string{"-failover-port 65536"}},
	} {
		t.Run(c.args, func(t *testing.T) {
			_, err := parseFlags(strings.Fields(c.args))
			if err == nil {
				t.Fatal("taken")
			}
			for _, word := range c.says {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("says %q, without %q", err, word)
				}
			}
		})
	}
}

func TestHelpFlag(t *testing.T) {
	if _, err := parseFlags([]string{"-h"}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h gives %v", err)
	}
}
