package shell

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"connectrpc.com/connect"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
)

// reportWords are what report takes behind it, with = where a value follows.
var reportWords = []string{"column-separator=", "file=", "vpn=", "dhcp-only", "dhcpv4", "dhcpv6"}

// reportHeader: scripts find the total by its address, 0.0.0.0, and read the
// number of leases from the sixth column. The scope's name is last because it
// may have blanks.
var reportHeader = []string{"Subnet", "Bits", "%Free", "Total", "Reserved", "Leased", "Available", "Offered", "Unavailable", "Deactivated", "Other", "Scope"}

func runReport(c *call) *objects.Error {
	req := &adminv1.UtilizationRequest{}
	separator, path := "", ""
	named := false
	for _, w := range c.args() {
		name, value, _ := strings.Cut(w.Text, "=")
		switch strings.ToLower(name) {
		case "column-separator":
			separator = value
		case "file":
			path = value
		case "vpn":
			req.Vpn, named = value, true
		case "dhcp-only", "dhcpv4": // all there is
		case "dhcpv6":
			return objects.Errorf(objects.NotSupported, "report dhcpv6: DHCPv6 is not served")
		default:
			return objects.Errorf(objects.UnknownKeyword, "report does not know %q%s", shorten(w.Text, 60), nearest(name, reportWords))
		}
	}
	if !named {
		vpn, err := c.currentVPN()
		if err != nil {
			return err
		}
		req.Vpn = vpn
	}
	answer, err := c.client.Utilization(c.ctx, connect.NewRequest(req))
	if err != nil {
		return asError(err)
	}
	lines, err := table(separator, reportHeader, reportRows(answer.Msg.Scopes))
	if err != nil {
		return objects.Errorf(objects.UnexpectedError, "lay out the report: %v", err)
	}
	if path == "" {
		for _, l := range lines {
			c.println(l)
		}
		return nil
	}
	if c.tx == txDryRun {
		return c.wouldWrite(path, "the report")
	}
	return writeFile(path, func(w io.Writer) *objects.Error {
		// writeFile keeps what goes wrong.
		_, _ = io.WriteString(w, strings.Join(lines, "\n")+"\n")
		return nil
	})
}

// reportRows makes a row of each scope, and the total.
func reportRows(scopes []*adminv1.ScopeUtilization) [][]string {
	total := &adminv1.ScopeUtilization{Subnet: "0.0.0.0/0", Scope: "total"}
	var rows [][]string
	for _, s := range scopes {
		rows = append(rows, reportRow(s))
		total.Total += s.Total
		total.Reserved += s.Reserved
		total.Leased += s.Leased
		total.Available += s.Available
		total.Offered += s.Offered
		total.Unavailable += s.Unavailable
		total.Deactivated += s.Deactivated
		total.OtherAvailable += s.OtherAvailable
	}
	return append(rows, reportRow(total))
}

func reportRow(s *adminv1.ScopeUtilization) []string {
	addr, bits, _ := strings.Cut(s.Subnet, "/")
	name := s.Scope
	if s.Vpn != "" {
		name = s.Vpn + "/" + name
	}
	row := []string{addr, bits, percentFree(s)}
	for _, n := range []uint64{s.Total, s.Reserved, s.Leased, s.Available, s.Offered, s.Unavailable, s.Deactivated, s.OtherAvailable} {
		row = append(row, strconv.FormatUint(n, 10))
	}
	return append(row, name)
}

func percentFree(s *adminv1.ScopeUtilization) string {
	if s.Total == 0 {
		return "0%"
	}
	return fmt.Sprintf("%d%%", s.Available*100/s.Total)
}

// runUtilization shows one scope: its addresses by state, then what became of
// the packets that got no lease.
func runUtilization(c *call) *objects.Error {
	answer, err := c.client.Utilization(c.ctx, connect.NewRequest(&adminv1.UtilizationRequest{Scope: c.name}))
	if err != nil {
		return c.suggest(c.class, c.name, asError(err))
	}
	for _, s := range answer.Msg.Scopes {
		if err := c.utilization(s); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) utilization(s *adminv1.ScopeUtilization) *objects.Error {
	counts := []struct {
		name string
		n    uint64
	}{
		{"total", s.Total}, {"reserved", s.Reserved}, {"available", s.Available}, {"offered", s.Offered},
		{"leased", s.Leased}, {"reserved-leased", s.ReservedLeased}, {"expired", s.Expired}, {"released", s.Released},
		{"unavailable", s.Unavailable}, {"deactivated", s.Deactivated}, {"other-available", s.OtherAvailable},
		{"pending-available", s.PendingAvailable},
	}
	if c.session.format == formatScript {
		var b strings.Builder
		b.WriteString(s.Scope + ":")
		for _, n := range counts {
			fmt.Fprintf(&b, " %s=%d", n.name, n.n)
		}
		for _, d := range s.Drops {
			fmt.Fprintf(&b, " packets-%s=%d", d.Reason, d.Count) // offered is an address's state, too
		}
		c.println(b.String())
		return nil
	}
	var rows [][]string
	for _, n := range counts {
		rows = append(rows, []string{n.name, strconv.FormatUint(n.n, 10)})
	}
	if err := c.table([]string{"Addresses", s.Subnet}, rows); err != nil || len(s.Drops) == 0 {
		return err
	}
	rows = nil
	for _, d := range s.Drops {
		rows = append(rows, []string{d.Reason, strconv.FormatUint(d.Count, 10)})
	}
	return c.table([]string{"Outcome", "Packets"}, rows)
}

func (c *call) table(header []string, rows [][]string) *objects.Error {
	lines, err := table("", header, rows)
	if err != nil {
		return objects.Errorf(objects.UnexpectedError, "lay out the table: %v", err)
	}
	for _, l := range lines {
		c.println(l)
	}
	return nil
}
