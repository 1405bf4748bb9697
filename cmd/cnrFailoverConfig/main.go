// Command cnrFailoverConfig clones the configuration of a server into a batch
// file of nrcmd, and compares the configurations of two servers.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"leasehold/internal/parity"
	"leasehold/internal/shell"
	"leasehold/internal/version"
	"leasehold/pkg/objects"
)

// The exit status of the program.
const (
	exitEqual     = 0
	exitDifferent = 1
	exitTrouble   = 2
)

func main() {
	o, err := parse(os.Args[1:])
	if err != nil {
		os.Exit(trouble(err))
	}
	for _, i := range o.secrets {
		shell.BlankArgument(os.Args[i+1])
	}
	switch {
	case o.help:
		fmt.Print(usage)
		return
	case o.version:
		fmt.Println("cnrFailoverConfig " + version.Version)
		return
	}
	o.fill(os.Getenv)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	run := compare
	if o.clone {
		run = clone
	}
	status, err := run(ctx, o)
	if err != nil {
		status = trouble(err)
	}
	os.Exit(status)
}

// trouble reports what kept the program from its work.
func trouble(err error) int {
	fmt.Fprintf(os.Stderr, "cnrFailoverConfig: %v\n", err)
	if e, ok := err.(*objects.Error); ok {
		for _, line := range e.Detail {
			fmt.Fprintln(os.Stderr, line)
		}
	}
	return exitTrouble
}

func clone(ctx context.Context, o *options) (int, error) {
	r := newReader(o)
	defer r.close()
	main, err := r.open(ctx, "main", o.main)
	if err != nil {
		return 0, err
	}
	cfg, err := main.configuration(ctx, false)
	if err != nil {
		return 0, err
	}
	return exitEqual, write(o.output, parity.Clone(cfg, o.main.cluster))
}

func compare(ctx context.Context, o *options) (int, error) {
	r := newReader(o)
	defer r.close()
	main, err := r.open(ctx, "main", o.main)
	if err != nil {
		return 0, err
	}
	backup, err := r.open(ctx, "backup", o.backup)
	if err != nil {
		return 0, err
	}
	if main.same(backup) {
		return 0, fmt.Errorf("-mc %s and -bc %s are the same server, %s", o.main.cluster, o.backup.cluster, main.client.Target)
	}
	report := parity.Report{Main: o.main.cluster, Backup: o.backup.cluster, Verbose: o.verbose, Options: parity.Options{Pair: o.pair}}
	secrets := main.full && backup.full
	if !secrets {
		report.Note = "secrets were not compared: that needs an administrator with the role " + objects.RoleFull + " on both servers"
	}
	a, err := main.configuration(ctx, secrets)
	if err != nil {
		return 0, err
	}
	b, err := backup.configuration(ctx, secrets)
	if err != nil {
		return 0, err
	}
	if o.pair != "" && a.Get(objects.FailoverPair, o.pair) == nil && b.Get(objects.FailoverPair, o.pair) == nil {
		return 0, fmt.Errorf("-pair: neither server has a %s", objects.Ref(objects.FailoverPair, o.pair))
	}
	lines, different := report.Lines(a, b)
	if err := write(o.output, lines); err != nil {
		return 0, err
	}
	if different > 0 {
		return exitDifferent, nil
	}
	if report.Note != "" && masked(a, b) {
		return 0, errors.New(report.Note + "; all else matches")
	}
	return exitEqual, nil
}

// masked tells whether one of the configurations has secrets that travel.
func masked(cfgs ...*objects.Config) bool {
	for _, cfg := range cfgs {
		for _, class := range objects.Classes() {
			for _, a := range class.Attrs {
				if !a.Secret || !parity.Travels(class) {
					continue
				}
				for _, o := range cfg.All(class) {
					if o.Attrs[a.Name] != "" {
						return true
					}
				}
			}
		}
	}
	return false
}
