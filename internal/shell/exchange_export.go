package shell

import (
	"io"
	"net/netip"
	"slices"
	"strings"

	"connectrpc.com/connect"

	"leasehold/internal/leasefile"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
)

const exportUsage = "export leases -client | -server | -isc | -kea [-time-ascii | -time-numeric] [<vpn>] <file | ->"

// exporting is what an export command asks for.
type exporting struct {
	form    leasefile.Form
	numeric bool
	req     *adminv1.ListLeasesRequest
	path    string
	// subnets number the subnets for Kea.
	subnets []netip.Prefix
	at      int
	without int // leases that the form has no words for
}

// runExport writes leases: -client the current ones, -server the expired ones
// too, -isc and -kea all that those servers keep.
func runExport(c *call) *objects.Error {
	if len(c.words) < 2 {
		return c.tooFew(exportUsage)
	}
	if what := c.words[1].Text; !strings.EqualFold(what, "leases") {
		if err := noSuchFile("export", what); err != nil {
			return err
		}
		return objects.Errorf(objects.UnknownKeyword, "export does not know %q; write %s", shorten(what, 60), exportUsage)
	}
	c.at, c.verb = 2, "leases"
	x, err := c.exportArguments()
	if err != nil {
		return err
	}
	if x.path != "-" && c.tx == txDryRun {
		return c.wouldWrite(x.path, "the leases")
	}
	if err := c.numberSubnets(x); err != nil {
		return err
	}
	if x.path == "-" {
		if text := x.header(); text != "" {
			c.println(strings.TrimRight(text, "\n"))
		}
		return c.exportLeases(x, func(text string) { c.println(strings.TrimSuffix(text, "\n")) })
	}
	n, err := c.exportFile(x)
	if err == nil {
		c.println(count(n, "lease") + " written to " + x.path)
		if x.without > 0 {
			c.println(count(x.without, "free address") + " of the failover partner left out: Kea knows of none")
		}
	}
	return err
}

func (c *call) exportArguments() (*exporting, *objects.Error) {
	if err := c.need(2, 4, exportUsage); err != nil {
		return nil, err
	}
	x := &exporting{req: &adminv1.ListLeasesRequest{CommittedOnly: true}}
	args := c.args()
	x.path, args = args[len(args)-1].Text, args[:len(args)-1]
	what := args[0].Text
	form, other := leaseForm(what)
	switch {
	case other:
		x.form = form
	case strings.EqualFold(what, "-client"):
		x.req.States = []string{"leased"}
	case strings.EqualFold(what, "-server"):
		x.req.States = []string{"leased", "expired"}
	default:
		return nil, objects.Errorf(objects.UnknownKeyword, "export leases does not know %q; write -client, -server, -isc or -kea", shorten(what, 60))
	}
	args = args[1:]
	if len(args) > 0 && strings.HasPrefix(args[0].Text, "-") {
		switch word := args[0].Text; {
		case other:
			return nil, objects.Errorf(objects.TooManyArguments, "%q: times are as the server has them that the file is for", shorten(word, 60))
		case strings.EqualFold(word, "-time-numeric"):
			x.numeric = true
		case !strings.EqualFold(word, "-time-ascii"):
			return nil, objects.Errorf(objects.UnknownKeyword, "export leases does not know %q; write -time-ascii or -time-numeric", shorten(word, 60))
		}
		args = args[1:]
	}
	var err *objects.Error
	switch len(args) {
	case 0:
		x.req.Vpn, err = c.currentVPN()
	case 1:
		x.req.Vpn = args[0].Text
	default:
		return nil, c.tooMany(args[1], exportUsage)
	}
	if err == nil && other && strings.EqualFold(x.req.Vpn, objects.AllVPNs) {
		err = objects.Errorf(objects.Invalid, "export leases %s: such a file has no VPNs; write one file for each", what)
	}
	return x, err
}

// header is what stands above the leases.
func (x *exporting) header() string {
	switch x.form {
	case leasefile.ISC:
		return leasefile.ISCHeader
	case leasefile.Kea:
		return leasefile.KeaHeader()
	}
	return ""
}

// text is a lease in the form that was asked for; "" if it has none there.
func (x *exporting) text(r *leasefile.Record) string {
	switch {
	case x.form == leasefile.ISC:
		return r.ISC()
	case x.form == leasefile.Kea:
		text := r.Kea(x.subnetOf(r.Address))
		if text == "" {
			x.without++
		}
		return text
	case x.numeric:
		return r.Numeric() + "\n"
	}
	return r.String() + "\n"
}

// numberSubnets gives Kea's subnet-ids: the subnets in the order of their
// addresses, from 1.
func (c *call) numberSubnets(x *exporting) *objects.Error {
	if x.form != leasefile.Kea {
		return nil
	}
	answer, err := c.client.Utilization(c.ctx, connect.NewRequest(&adminv1.UtilizationRequest{Vpn: x.req.Vpn}))
	if err != nil {
		return asError(err)
	}
	for _, s := range answer.Msg.Scopes {
		if p, err := netip.ParsePrefix(s.Subnet); err == nil {
			x.subnets = append(x.subnets, p)
		}
	}
	slices.SortFunc(x.subnets, func(a, b netip.Prefix) int {
		if n := a.Addr().Compare(b.Addr()); n != 0 {
			return n
		}
		return a.Bits() - b.Bits()
	})
	x.subnets = slices.Compact(x.subnets)
	return nil
}

// subnetOf is the number of the smallest subnet with the address. Leases come
// subnet by subnet, so it is mostly that of the one before.
func (x *exporting) subnetOf(a netip.Addr) int {
	if x.at < len(x.subnets) && x.subnets[x.at].Contains(a) && (x.at+1 == len(x.subnets) || !x.subnets[x.at+1].Contains(a)) {
		return x.at + 1
	}
	for i, p := range slices.Backward(x.subnets) {
		if p.Contains(a) {
			x.at = i
			return i + 1
		}
	}
	return 0
}

// exportLeases calls write with the text of each lease.
func (c *call) exportLeases(x *exporting, write func(string)) *objects.Error {
	stream, err := c.client.ExportLeases(c.ctx, connect.NewRequest(x.req))
	if err != nil {
		return asError(err)
	}
	defer func() { _ = stream.Close() }() // what matters was said by Err
	for stream.Receive() {
		for _, l := range stream.Msg().Leases {
			if text := x.text(exported(l)); text != "" {
				write(text)
			}
		}
		if c.ctx.Err() != nil || c.out.err != nil {
			break
		}
	}
	if err := c.ctx.Err(); err != nil {
		return asError(err)
	}
	return asError(stream.Err())
}

func (c *call) exportFile(x *exporting) (n int, err *objects.Error) {
	return n, writeFile(x.path, func(w io.Writer) *objects.Error {
		// writeFile keeps what goes wrong.
		_, _ = io.WriteString(w, x.header())
		return c.exportLeases(x, func(text string) {
			_, _ = io.WriteString(w, text)
			n++
		})
	})
}
