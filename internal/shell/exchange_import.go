package shell

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"leasehold/internal/leasefile"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// importBatch is how many leases go into one message.
const importBatch = 1000

const importUsage = "import leases [-isc | -kea] <file>"

// runImport reads the whole file first: nothing is sent if a line is bad.
func runImport(c *call) *objects.Error {
	if what := c.words[1].Text; !strings.EqualFold(what, "leases") {
		if err := noSuchFile("import", what); err != nil {
			return err
		}
		return objects.Errorf(objects.UnknownKeyword, "import does not know %q; write %s", shorten(what, 60), importUsage)
	}
	c.at, c.verb = 2, "leases"
	if args := c.args(); len(args) > 1 {
		first, one := leaseForm(args[0].Text)
		if second, two := leaseForm(args[1].Text); one && two && first != second {
			return objects.Errorf(objects.TooManyArguments, "%s and %s do not go together: a file has one form; write %s", args[0].Text, args[1].Text, importUsage)
		}
	}
	if err := c.need(1, 2, importUsage); err != nil {
		return err
	}
	in := &importing{call: c, path: c.arg(len(c.args()) - 1)}
	if len(c.args()) == 2 {
		var ok bool
		if in.form, ok = leaseForm(c.arg(0)); !ok {
			return objects.Errorf(objects.UnknownKeyword, "import leases does not know %q; write -isc or -kea, or neither", shorten(c.arg(0), 60))
		}
	}
	if ok, err := c.inTransaction(&classVerb{name: "import leases"}); !ok || err != nil {
		return err
	}
	if in.form != leasefile.Nrcmd {
		var err *objects.Error
		if in.vpn, err = c.currentVPN(); err != nil {
			return err
		}
	}
	defer in.close()
	if err := in.open(); err != nil {
		return err
	}
	if err := in.scan(); err != nil {
		return err
	}
	return in.send()
}

// importing is the import of one file.
type importing struct {
	*call
	form  leasefile.Form
	path  string
	vpn   string // of files that know of none
	files []*os.File
	leases,
	sent int
	notes []string
	read  *leasefile.Scan
}

func (in *importing) close() {
	for _, f := range in.files {
		_ = f.Close() // it was only read
	}
}

// open opens the file and, for Kea, those that hold the older part of its log
// while its lease file cleanup is under way or was interrupted: what the
// cleanup has finished, or else what it began with.
func (in *importing) open() *objects.Error {
	names := []string{in.path}
	if in.form == leasefile.Kea {
		older := []string{in.path + ".2", in.path + ".1"}
		if exists(in.path + ".completed") {
			older = []string{in.path + ".completed"}
		}
		names = nil
		for _, n := range append(older, in.path) {
			if n == in.path || exists(n) {
				names = append(names, n)
			}
		}
	}
	for _, n := range names {
		f, err := os.Open(n)
		if err != nil {
			return openFailed(n, err)
		}
		in.files = append(in.files, f)
	}
	if len(names) > 1 {
		in.notes = append(in.notes, "read as one: "+strings.Join(names, ", "))
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// scan reads the file to its end.
func (in *importing) scan() *objects.Error {
	sources := make([]leasefile.Source, len(in.files))
	for i, f := range in.files {
		sources[i] = leasefile.Source{Name: f.Name(), R: f}
	}
	read, bad, err := leasefile.Read(in.form, sources...)
	if len(bad) > 0 {
		e := objects.Errorf(objects.ImportFailure, "%s, %s; nothing was imported", bad[0].File, bad[0])
		for _, b := range bad[1:] {
			e.Detail = append(e.Detail, fmt.Sprintf("%s, %s", b.File, b))
		}
		return e
	}
	if err != nil {
		return objects.Errorf(objects.ReadError, "read %s: %v", in.path, cause(err))
	}
	in.read, in.leases, in.notes = read, read.Leases, append(in.notes, read.Notes...)
	return nil
}

// send hands the leases to the server, which does nothing before it has them
// all.
func (in *importing) send() *objects.Error {
	stream := in.client.ImportLeases(in.ctx)
	req := &adminv1.ImportLeasesRequest{}
	send := func() error {
		err := stream.Send(req)
		req = &adminv1.ImportLeasesRequest{}
		return err
	}
	err := in.read.Each(func(r leasefile.Record) error {
		if in.form != leasefile.Nrcmd {
			r.VPN = in.vpn
		}
		req.Leases = append(req.Leases, imported(&r))
		if in.sent++; len(req.Leases) == importBatch {
			return send()
		}
		return in.ctx.Err()
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
	return in.tell(answer.Msg)
}

// tell prints what became of the leases.
func (in *importing) tell(answer *adminv1.ImportLeasesResponse) *objects.Error {
	e := rpc.ErrorOf(answer.Status)
	if e == nil && answer.Imported+answer.RefusedCount != uint64(in.sent) {
		return objects.Errorf(objects.ImportFailure, "the server took %d of %d leases: it is of another version than this nrcmd", answer.Imported, in.sent)
	}
	in.say(e)
	if e == nil {
		in.println(count(int(answer.Imported), "lease") + " imported")
	}
	for _, r := range answer.Remarks {
		in.println(r)
	}
	for _, n := range in.notes {
		in.println(n)
	}
	for _, r := range answer.Refused {
		in.println(in.path + ", " + r)
	}
	if more := answer.RefusedCount - uint64(len(answer.Refused)); more > 0 && answer.RefusedCount > 0 {
		in.println(fmt.Sprintf("and %d more lines", more))
	}
	return nil
}
