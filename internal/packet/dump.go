package packet

import (
	"fmt"
	"strings"

	"github.com/insomniacslk/dhcp/dhcpv4"
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
	fmt.Fprintf(&sb, "  chaddr = %s\n", hex(m.HW()))
	if len(m.SName) > 0 {
		fmt.Fprintf(&sb, "  sname = %q\n", m.SName)
	}
	if len(m.File) > 0 {
		fmt.Fprintf(&sb, "  file = %q\n", m.File)
	}
	if len(m.Vendor) > 0 {
		fmt.Fprintf(&sb, "  vend = %s\n", hex(m.Vendor))
	}
	for _, o := range m.opts {
		sb.WriteString("  ")
		sb.WriteString(dumpOption(o))
		sb.WriteByte('\n')
	}
	return sb.String()
}

// dumpOption has the library name and explain one option.
func dumpOption(o Opt) string {
	s := dhcpv4.Options{o.Code: o.Value}.Summary(nil)
	return fmt.Sprintf("(%d) %s", o.Code, strings.TrimSpace(s))
}

func hex(b []byte) string { return strings.ReplaceAll(fmt.Sprintf("% x", b), " ", ":") }
