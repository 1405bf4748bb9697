package e2e

import (
	"strings"
	"testing"
)

// TestRelayReservationVendorAndClassOptions has a client behind a real relay
// agent, on a subnet where the server has no interface.
func TestRelayReservationVendorAndClassOptions(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.cable("srv", "eth0", "10.1.0.1/24", "relay", "up0", "10.1.0.2/24")
	l.cable("relay", "down0", "192.168.70.1/24", "cli", "eth0", "")
	l.mac("cli", "eth0", "02:00:00:00:00:70")
	sh(t, "ip", "-n", l.ns("srv"), "route", "add", "192.168.70.0/24", "via", "10.1.0.2")
	sh(t, "ip", "netns", "exec", l.ns("relay"), "sysctl", "-qw", "net.ipv4.ip_forward=1")
	s := l.startServer("srv")
	s.nrcmd(
		"policy far create",
		"policy far setOption routers 192.168.70.1",
		"policy far setLeaseTime 60",
		"scope far create 192.168.70.0 255.255.255.0 policy=far",
		"scope far addRange 192.168.70.100 192.168.70.199",
		"scope far addReservation 192.168.70.7 02:00:00:00:00:70",
		"option-set acme create 8-bit vendor-option-string=acme-phone",
		"option 1 create acme config-url AT_NSTRING",
		`policy far setVendorOption 43 acme "(1 tftp://10.9.0.1/cfg)"`,
		"policy phones create",
		"policy phones setOption tftp-server boot.example.com",
		"client-class phone create policy-name=phones",
		`dhcp set client-class-lookup-id="(if (starts-with (request option \"dhcp-class-identifier\") \"acme\") \"phone\" \"<none>\")"`,
		"dhcp enable client-class",
		"dhcp reload",
	)
	wire := l.capture("srv", "eth0")
	r := l.dhcrelay("relay", "-a", "-id", "down0", "-iu", "up0", "10.1.0.1")
	r.expect(0, "Sending on")
	c := l.dhclient("cli", "eth0", `send vendor-class-identifier "acme-phone-7";
option acme-encap code 43 = string;
also request vendor-encapsulated-options, tftp-server-name;`)
	got := c.event("BOUND")
	if got.Addr != "192.168.70.7" {
		t.Errorf("the client got %s, its reservation is 192.168.70.7", got.Addr)
	}
	if v := got.Vars["new_routers"]; v != "192.168.70.1" {
		t.Errorf("routers arrived as %q", v)
	}
	if v := got.Vars["new_tftp_server_name"]; v != "boot.example.com" {
		t.Errorf("the class's tftp-server arrived as %q", v)
	}
	if flags := s.attr("192.168.70.7", "flags"); !strings.Contains(flags, "reserved") {
		t.Errorf("the lease's flags are %q", flags)
	}
	acks := wire.fields("dhcp.option.dhcp == 5", "dhcp.option.vendor.value", "dhcp.option.type", "dhcp.ip.relay")
	if len(acks) == 0 {
		t.Fatal("no DHCPACK on the wire")
	}
	// (1 tftp://10.9.0.1/cfg): code 1, length 19
	if v := strings.ReplaceAll(acks[0][0], ":", ""); !strings.Contains(strings.Join(acks[0], ";"), "746674703a2f2f") && !strings.Contains(v, "746674703a2f2f31302e392e302e312f636667") {
		t.Errorf("the vendor option is not in the ACK: %v", acks[0])
	}
	// tshark shows the end option and padding as types, too.
	if types := strings.TrimSuffix(strings.TrimSuffix(acks[0][1], ",0"), ",255"); !strings.HasSuffix(types, ",82") {
		t.Errorf("option 82 is not the last option of the ACK: %s", acks[0][1])
	}
	if remote := s.attr("192.168.70.7", "relay-agent-circuit-id"); remote == "" {
		t.Error("the lease does not show the relay's circuit-id")
	}
	wire.wellFormed()
}
