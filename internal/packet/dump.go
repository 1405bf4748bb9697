package packet

import (
	"fmt"
	"strings"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"leasehold/pkg/objects"
)

// Dump is a message in readable form, a line for each field and option in wire
// order, for packet-detail logs. It works on what cannot be decoded too.
func Dump(b []byte) string {
	var m Message
	err := m.Decode(b)
	var sb strings.Builder
	if len(b) < headerLen {
		fmt.Fprintf(&sb, "%v (%d octets)\n", err, len(b))
		return sb.String()
	}
	name := TypeName(m.Type)
	if err != nil {
		name = err.Error()
	}
	fmt.Fprintf(&sb, "%s (%d octets)\n", name, len(b))
	fmt.Fprintf(&sb, "  op = %d, htype = %d, hlen = %d, hops = %d, xid = 0x%08x, secs = %d, flags = 0x%04x\n",
		m.Op, m.HType, m.HLen, m.Hops, m.XID, m.Secs, m.Flags)
	fmt.Fprintf(&sb, "  ciaddr = %s, yiaddr = %s, siaddr = %s, giaddr = %s\n", m.CIAddr, m.YIAddr, m.SIAddr, m.GIAddr)
	fmt.Fprintf(&sb, "  chaddr = %s\n", objects.FormatBlob(m.HW()))
	if len(m.SName) > 0 {
		fmt.Fprintf(&sb, "  sname = %q\n", m.SName)
	}
	if len(m.File) > 0 {
		fmt.Fprintf(&sb, "  file = %q\n", m.File)
	}
	if len(m.Vendor) > 0 {
		fmt.Fprintf(&sb, "  vend = %s\n", objects.FormatBlob(m.Vendor))
	}
	for _, o := range m.opts {
		sb.WriteString("  ")
		sb.WriteString(dumpOption(o))
		sb.WriteByte('\n')
	}
	return sb.String()
}

// dumpOption has the library name and explain one option. What the library
// shows as a list of decimal octets is shown as it is written everywhere else,
// and no client puts control characters into a log.
func dumpOption(o Opt) string {
	if o.Code == DHCPMessageType && len(o.Value) == 1 {
		return fmt.Sprintf("(%d) DHCP Message Type: %s", o.Code, TypeName(MessageType(o.Value[0])))
	}
	s := strings.TrimSpace(dhcpv4.Options{o.Code: o.Value}.Summary(nil))
	if octets := fmt.Sprintf("%d", o.Value); strings.HasSuffix(s, octets) {
		s = strings.TrimSuffix(s, octets) + objects.FormatBlob(o.Value)
	}
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r == '\n' && o.Code != RelayAgentInfo || r == 0x7f {
			return '?'
		}
		return r
	}, s)
	return fmt.Sprintf("(%d) %s", o.Code, s)
}
