package shell

import (
	"errors"
	"io"
	"os"
	"strings"

	"leasehold/internal/iscconf"
	"leasehold/pkg/objects"
)

// This file makes a batch of the configuration of an ISC dhcpd.

const importConfUsage = "import dhcpd-conf <file> [-o <batch>]"

// runImportOf is the command import with all that it takes.
func runImportOf(c *call) *objects.Error {
	if len(c.words) < 2 {
		return c.tooFew(importUsage + ", or " + importConfUsage)
	}
	what := c.words[1].Text
	switch {
	case same(what, "dhcpd-conf"):
		return runImportConf(c)
	case strings.EqualFold(what, "leases") || noSuchFile("import", what) != nil:
		return runImport(c)
	}
	return objects.Errorf(objects.UnknownKeyword, "import does not know %q%s; write import leases or %s",
		shorten(what, 60), nearest(what, []string{"leases", "dhcpd-conf"}), importConfUsage)
}

// runImportConf reads a dhcpd.conf and prints or writes what it is here. Nothing
// is sent to the server.
func runImportConf(c *call) *objects.Error {
	c.at, c.verb = 2, "dhcpd-conf"
	if err := c.need(1, 3, importConfUsage); err != nil {
		return err
	}
	path, to := "", ""
	for args := c.args(); len(args) > 0; args = args[1:] {
		switch text := args[0].Text; {
		case same(text, "-o") && len(args) == 1:
			return objects.Errorf(objects.TooFewArguments, "-o takes the name of a file; write %s", importConfUsage)
		case same(text, "-o"):
			to, args = args[1].Text, args[1:]
		case path == "":
			path = text
		default:
			return objects.Errorf(objects.TooManyArguments, "import dhcpd-conf does not know what %q is; write %s", shorten(text, 60), importConfUsage)
		}
	}
	if path == "" {
		return c.tooFew(importConfUsage)
	}
	var inputs []string
	r, err := iscconf.Import(path, func(name string) ([]byte, error) {
		inputs = append(inputs, name)
		return readConf(name)
	})
	if err != nil {
		return objects.Errorf(objects.ImportFailure, "%v; nothing was written", err)
	}
	if of := sameFile(to, inputs); to != "" && of != "" {
		return objects.Errorf(objects.Invalid, "-o %s is %s, which was read: the batch would take its place; name another file. Nothing was written", shorten(to, 200), shorten(of, 200))
	}
	if to == "" {
		for _, l := range r.Lines {
			c.println(l)
		}
		return nil
	}
	if c.tx == txDryRun {
		return c.wouldWrite(to, "the batch")
	}
	if err := writeFile(to, func(w io.Writer) *objects.Error {
		_, err := io.WriteString(w, strings.Join(r.Lines, "\n")+"\n")
		return writeFailed(to, err)
	}); err != nil {
		return err
	}
	c.println(count(len(r.Lines), "line") + " written to " + to)
	for _, l := range r.Summary() {
		c.println(l)
	}
	return nil
}

// sameFile finds the one among the names that is the same file as another, by
// whatever links; "" if there is none. /dev/null may be both.
func sameFile(name string, among []string) string {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	for _, other := range among {
		if i, err := os.Stat(other); err == nil && os.SameFile(info, i) {
			return other
		}
	}
	return ""
}

// mostConf is how large a file of a configuration may be.
const mostConf = 64 << 20

// readConf reads a file of a configuration. A device or a pipe is none, since it
// may have no end, but for the one that includes are pointed at to be empty.
func readConf(path string) ([]byte, error) {
	if path == os.DevNull {
		return nil, nil
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, cause(err)
	case !info.Mode().IsRegular():
		return nil, errors.New("it is no plain file")
	case info.Size() > mostConf:
		return nil, errors.New("it is larger than 64 MiB")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, cause(err)
	}
	return data, nil
}
