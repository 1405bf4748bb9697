package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"leasehold/internal/packet"
)

// printSent prints a line for a message that is sent.
func (c *client) printSent(b []byte) {
	m := &c.msg
	var facts []string
	if m.CIAddr.IsValid() {
		facts = append(facts, "for "+m.CIAddr.String())
	}
	for _, o := range m.Options() {
		switch o.Code {
		case packet.RequestedAddress:
			facts = append(facts, "wants "+addrs(o.Value))
		case packet.ServerIdentifier:
			facts = append(facts, "server "+addrs(o.Value))
		case packet.HostName:
			facts = append(facts, fmt.Sprintf("name %q", o.Value))
		}
	}
	facts = append(facts, "from "+net.HardwareAddr(m.HW()).String())
	if m.GIAddr.IsValid() {
		facts = append(facts, "through relay "+m.GIAddr.String())
	}
	if c.cfg.subnet.IsValid() {
		facts = append(facts, "on the link of "+c.cfg.subnet.String())
	}
	c.print("-->", m.Type, facts, b)
}

// printHeard prints a line for a message that was received.
func (c *client) printHeard(b []byte, m *packet.Message, from net.Addr, after time.Duration) {
	var facts []string
	if m.YIAddr != packet.Unspecified {
		facts = append(facts, m.YIAddr.String()+bits(m.Get(packet.SubnetMask)))
	}
	for _, o := range m.Options() {
		if s := say(o); s != "" {
			facts = append(facts, s)
		}
	}
	if len(m.File) > 0 {
		facts = append(facts, fmt.Sprintf("boot file %q from %s", m.File, m.SIAddr))
	}
	facts = append(facts, fmt.Sprintf("from %s after %v", from, after.Round(100*time.Microsecond)))
	c.print("<--", m.Type, facts, b)
}

func (c *client) print(arrow string, t packet.MessageType, facts []string, b []byte) {
	name := strings.TrimPrefix(packet.TypeName(t), "DHCP")
	fmt.Fprintf(c.out, "%s %-8s  %s\n", arrow, name, strings.Join(facts, ", "))
	if c.cfg.dump {
		for line := range strings.Lines(packet.Dump(b)) {
			fmt.Fprint(c.out, "      ", line)
		}
	}
}

// say is what a client finds worth telling of an option.
func say(o packet.Opt) string {
	switch o.Code {
	case packet.Routers:
		return "router " + addrs(o.Value)
	case 6:
		return "name servers " + addrs(o.Value)
	case packet.HostName:
		return fmt.Sprintf("name %q", o.Value)
	case packet.DomainName:
		return fmt.Sprintf("domain %s", o.Value)
	case packet.LeaseTime:
		return "lease " + seconds(o.Value)
	case packet.RenewalTime:
		return "renew after " + seconds(o.Value)
	case packet.RebindingTime:
		return "rebind after " + seconds(o.Value)
	case packet.ErrorMessage:
		return fmt.Sprintf("%q", o.Value)
	case packet.VendorOptions:
		return fmt.Sprintf("vendor options % x", o.Value)
	case packet.ServerIdentifier:
		return "server " + addrs(o.Value)
	}
	return ""
}

func addrs(v []byte) string {
	var all []string
	for ; len(v) >= 4; v = v[4:] {
		all = append(all, netip.AddrFrom4([4]byte(v[:4])).String())
	}
	return strings.Join(all, " ")
}

func bits(mask []byte) string {
	if len(mask) != 4 {
		return ""
	}
	ones, _ := net.IPMask(mask).Size()
	return fmt.Sprintf("/%d", ones)
}

func seconds(v []byte) string {
	if len(v) != 4 {
		return "?"
	}
	n := binary.BigEndian.Uint32(v)
	if n == 0xffffffff {
		return "forever"
	}
	return (time.Duration(n) * time.Second).String()
}
