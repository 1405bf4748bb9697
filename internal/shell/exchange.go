package shell

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"leasehold/internal/leasefile"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

const exportUsage = "export leases -client | -server [<vpn>] <file | ->"

// runExport writes leases: -client the current ones, -server the expired ones
// too.
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
	if err := c.need(2, 3, exportUsage); err != nil {
		return err
	}
	req := &adminv1.ListLeasesRequest{CommittedOnly: true, States: []string{"leased"}}
	switch strings.ToLower(c.arg(0)) {
	case "-client":
	case "-server":
		req.States = append(req.States, "expired")
	default:
		return objects.Errorf(objects.UnknownKeyword, "export leases does not know %q; write -client or -server", shorten(c.arg(0), 60))
	}
	path := c.args()[len(c.args())-1].Text
	if len(c.args()) == 3 {
		req.Vpn = c.arg(1)
	} else {
		vpn, err := c.currentVPN()
		if err != nil {
			return err
		}
		req.Vpn = vpn
	}
	if path != "-" && c.tx == txDryRun {
		return c.wouldWrite(path, "the leases")
	}
	if path == "-" {
		return c.leases(req, func(o *adminv1.Object) { c.println(leaseRecord(fromProto(o)).String()) })
	}
	n, err := c.exportFile(path, req)
	if err == nil {
		c.println(count(n, "lease") + " written to " + path)
	}
	return err
}

func (c *call) exportFile(path string, req *adminv1.ListLeasesRequest) (n int, err *objects.Error) {
	return n, writeFile(path, func(w io.Writer) *objects.Error {
		return c.leases(req, func(o *adminv1.Object) {
			// writeFile keeps what goes wrong.
			_, _ = io.WriteString(w, leaseRecord(fromProto(o)).String()+"\n")
			n++
		})
	})
}

// leaseRecord makes a line of the lease file from a lease.
func leaseRecord(o *objects.Object) *leasefile.Record {
	r := &leasefile.Record{
		Start:           seconds(objects.LeaseStart.Of(o)),
		Expiration:      seconds(objects.LeaseExpiration.Of(o)),
		LastTransaction: seconds(objects.LeaseLastTransaction.Of(o)),
		Host:            objects.LeaseClientHostName.Of(o),
		Domain:          objects.LeaseClientDomain.Of(o),
		ClientID:        objects.LeaseClientID.Of(o),
	}
	vpn, addr := objects.SplitVPN(o.Name)
	r.VPN = vpn
	r.Address, _ = netip.ParseAddr(addr)
	// type,length,octets
	f := strings.SplitN(objects.LeaseClientMAC.Of(o), ",", 3)
	if len(f) == 3 {
		r.HType, _ = strconv.Atoi(f[0])
		r.Hardware, _ = hex.DecodeString(strings.ReplaceAll(f[2], ":", ""))
	}
	return r
}

func seconds(date int64) int64 {
	if date == objects.Forever {
		return leasefile.Forever
	}
	return date
}

// importBatch is how many leases go into one message.
const importBatch = 500

// runImport reads the whole file first: nothing is sent if a line is bad.
func runImport(c *call) *objects.Error {
	const usage = "import leases <file>"
	if len(c.words) < 2 {
		return c.tooFew(usage)
	}
	if what := c.words[1].Text; !strings.EqualFold(what, "leases") {
		if err := noSuchFile("import", what); err != nil {
			return err
		}
		return objects.Errorf(objects.UnknownKeyword, "import does not know %q; write %s", shorten(what, 60), usage)
	}
	c.at, c.verb = 2, "leases"
	if err := c.need(1, 1, usage); err != nil {
		return err
	}
	if ok, err := c.inTransaction(&classVerb{name: "import leases"}); !ok || err != nil {
		return err
	}
	path := c.arg(0)
	f, err := os.Open(path)
	if err != nil {
		return openFailed(path, err)
	}
	defer f.Close()
	if err := checkLeaseFile(f, path); err != nil {
		return err
	}
	return c.importFile(f, path)
}

// checkLeaseFile reads the file to its end and goes back to its beginning.
func checkLeaseFile(f *os.File, path string) *objects.Error {
	bad, err := leasefile.Each(f, func(leasefile.Record) error { return nil })
	if err == nil && len(bad) == 0 {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return objects.Errorf(objects.ReadError, "read %s: %v", path, cause(err))
	}
	if len(bad) == 0 {
		return nil
	}
	e := objects.Errorf(objects.ImportFailure, "%s, %s; nothing was imported", path, bad[0])
	for _, b := range bad[1:] {
		e.Detail = append(e.Detail, fmt.Sprintf("%s, %s", path, b))
	}
	return e
}

func (c *call) importFile(f io.Reader, path string) *objects.Error {
	stream := c.client.ImportLeases(c.ctx)
	req := &adminv1.ImportLeasesRequest{}
	send := func() error {
		err := stream.Send(req)
		req = &adminv1.ImportLeasesRequest{}
		return err
	}
	_, err := leasefile.Each(f, func(r leasefile.Record) error {
		req.Leases = append(req.Leases, imported(&r))
		if len(req.Leases) == importBatch {
			return send()
		}
		return c.ctx.Err()
	})
	if err == nil {
		req.Complete = true
		err = send()
	}
	// io.EOF: the server has answered already, and its answer says why.
	if err != nil && !errors.Is(err, io.EOF) {
		_, _ = stream.CloseAndReceive()
		return asError(err)
	}
	answer, err := stream.CloseAndReceive()
	if err != nil {
		return asError(err)
	}
	e := rpc.ErrorOf(answer.Msg.Status)
	if e == nil && len(answer.Msg.Refused) > 0 {
		e = objects.Errorf(objects.ImportFailure, "%s of %s refused", count(len(answer.Msg.Refused), "line"), path)
	}
	c.say(e)
	if e == nil {
		c.println(count(int(answer.Msg.Imported), "lease") + " imported")
	}
	for _, r := range answer.Msg.Refused {
		c.println(path + ", " + r)
	}
	return nil
}

func imported(r *leasefile.Record) *adminv1.ImportedLease {
	return &adminv1.ImportedLease{
		Line: uint32(r.Line), Htype: uint32(r.HType), Hardware: r.Hardware, Address: r.Address.String(),
		Start: r.Start, Expiration: r.Expiration, LastTransaction: r.LastTransaction,
		HostName: r.Host, DomainName: r.Domain, Vpn: r.VPN, ClientId: r.ClientID,
	}
}
