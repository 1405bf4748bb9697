// Command dhcpd is the DHCPv4 server: packets, leases, configuration store and
// admin service. See docs/operator-guide.md.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"leasehold/internal/version"
)

// Exit statuses: 0 after a stop in good order, 1 when the server could not
// start or had to end, 2 for bad use.
func main() {
	cfg, err := parseFlags(os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	case err != nil:
		fmt.Fprintln(os.Stderr, "dhcpd:", err)
		os.Exit(2)
	case cfg.version:
		fmt.Println("dhcpd", version.Version)
		os.Exit(0)
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	if err := run(cfg, signals); err != nil {
		fmt.Fprintln(os.Stderr, "dhcpd:", err)
		os.Exit(1)
	}
}

// run starts everything, serves until a signal says stop, and ends everything
// in the opposite order.
func run(cfg config, signals <-chan os.Signal) (err error) {
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: cfg.level}))
	s := &service{config: cfg, logger: logger}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.open(); err != nil {
		return err
	}
	if err := s.serve(); err != nil {
		return err
	}
	notify("READY=1")
	for {
		select {
		case sig := <-signals:
			if sig == syscall.SIGHUP {
				notify("RELOADING=1")
				s.reload()
				notify("READY=1")
				continue
			}
			notify("STOPPING=1")
			logger.Info("stopping", "signal", sig.String())
			return nil
		case <-s.conn.Changed():
			s.rescan()
		case err := <-s.failed:
			return err
		}
	}
}
