// Command nrcmd is the admin shell of Leasehold.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/mattn/go-isatty"

	"leasehold/internal/clock"
	"leasehold/internal/shell"
	"leasehold/internal/version"
	"leasehold/pkg/rpc"
)

func main() {
	o, err := parse(os.Args[1:])
	if err != nil {
		os.Exit(int(fail(err)))
	}
	hideArguments(o)
	switch {
	case o.help:
		fmt.Print(usage)
	case o.version:
		fmt.Println("nrcmd " + version.Version)
	default:
		o.fill(os.Getenv)
		os.Exit(int(run(o)))
	}
}

// fail reports what kept the program from doing its work, as opposed to what a
// command answered.
func fail(err error) shell.Exit {
	fmt.Fprintf(os.Stderr, "nrcmd: %v\n", err)
	return shell.ExitUsage
}

func run(o *options) shell.Exit {
	ctx := context.Background()
	in, err := input(o)
	if err != nil {
		return fail(err)
	}
	defer in.Close()
	tty, _ := shell.OpenTTY() // nil: nobody to ask
	cfg := config(o, tty)
	sh := shell.New(cfg)
	if err := sh.Login(ctx); err != nil {
		return sh.Refuse(err)
	}
	defer sh.Close()
	if len(o.command) > 0 {
		return single(ctx, sh, shell.JoinArgs(o.command))
	}
	sh.Banner()
	var exit shell.Exit
	switch {
	case o.batch:
		exit, err = sh.Batch(ctx, in, shell.Batch{Name: o.batchFile, Stop: o.stop, Atomic: o.atomic, DryRun: o.dryRun})
	case isatty.IsTerminal(os.Stdin.Fd()):
		exit, err = interactive(ctx, sh)
	default:
		exit, err = sh.Piped(ctx, in)
	}
	if err != nil {
		return fail(err)
	}
	return exit
}

// single runs one command. The first Ctrl-C stops what it has under way, which
// it then tells; the second ends the program.
func single(ctx context.Context, sh *shell.Shell, line string) shell.Exit {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop)
	return sh.Single(ctx, line)
}

// input opens what commands are read from.
func input(o *options) (io.ReadCloser, error) {
	if o.batchFile == "" {
		return os.Stdin, nil
	}
	f, err := os.Open(o.batchFile)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = &os.PathError{Op: "read", Path: o.batchFile, Err: syscall.EISDIR}
	}
	if err != nil {
		_ = f.Close() // nothing was read
		return nil, err
	}
	return f, nil
}

func config(o *options, tty *shell.TTY) shell.Config {
	host, _ := os.Hostname() // for the change log; it may be empty
	cfg := shell.Config{
		Cluster: o.cluster, User: o.user, Password: o.password, ReadOnly: o.readOnly, Visibility: o.visibility,
		Host: host, Out: os.Stdout, Clock: clock.Real{},
	}
	dial := rpc.DialOptions{CACert: o.caCert, Known: shell.KnownServers()}
	if tty != nil {
		cfg.Prompt = tty
		dial.NewServer = func(address, fingerprint string) error {
			return tty.Print(fmt.Sprintf("First contact with %s. The fingerprint of its certificate, kept from now on, is\n%s\n", address, fingerprint))
		}
	}
	cfg.Dial = func(ctx context.Context) (*rpc.Client, error) { return shell.Reach(ctx, o.cluster, dial) }
	return cfg
}

// interactive runs the line editor. Ctrl-C is a signal only while a command
// runs; at the prompt the editor reads it as a key.
func interactive(ctx context.Context, sh *shell.Shell) (shell.Exit, error) {
	// Without its file the history still works, for this session.
	history, _ := shell.OpenHistory(filepath.Join(shell.StateFolder(), "nrcmd_history"))
	ed, err := shell.NewTerminal(history, func(head string) *shell.Completion { return sh.Complete(ctx, head) })
	if err != nil {
		return shell.ExitUsage, err
	}
	defer func() { _ = ed.Close() }() // the terminal is given back as far as it can be
	interrupts := make(chan struct{}, 1)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		for s := range signals {
			if s != os.Interrupt {
				ed.Restore()
				os.Exit(int(shell.ExitFailed))
			}
			select {
			case interrupts <- struct{}{}:
			default:
			}
		}
	}()
	return sh.Interactive(ctx, ed, interrupts)
}
