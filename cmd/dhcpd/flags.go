package main

import (
	"flag"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
)

// config is what must be known before the database opens; everything else is
// configured with nrcmd.
type config struct {
	data         string
	address      netip.Addr // invalid: every local address
	rpc          string
	dhcpPort     uint16
	failoverPort uint16
	interfaces   []string
	metrics      string
	level        slog.Level
	record       string
	user         string
	version      bool
}

type names []string

func (n *names) String() string     { return strings.Join(*n, ",") }
func (n *names) Set(s string) error { *n = append(*n, s); return nil }

// parseFlags reads the command line. It returns flag.ErrHelp after -h.
func parseFlags(args []string) (config, error) {
	c := config{level: slog.LevelInfo}
	fs := flag.NewFlagSet("dhcpd", flag.ContinueOnError)
	fs.StringVar(&c.data, "data", "/var/lib/leasehold", "`folder` for everything the server keeps")
	fs.StringVar(&c.rpc, "rpc", "127.0.0.1:1234", "`address:port` of the admin service over TLS; DATA/rpc.sock is always there too; \"off\" for the socket alone")
	fs.StringVar(&c.metrics, "metrics", "", "`address:port` for Prometheus metrics and health (default off)")
	fs.StringVar(&c.record, "record", "", "`file` that the flight recorder of failover adds to; failover-replay shows it (default off)")
	fs.StringVar(&c.user, "user", "", "`name` of the account to become once the sockets are open (default: stay)")
	fs.BoolVar(&c.version, "version", false, "print the version and end")
	address := fs.String("address", "", "the server's own `IP` address: where it binds, and who it is in a failover pair (default: every local address)")
	level := fs.String("log", "info", "`level` of what goes to standard error: debug, info, warn or error")
	dhcpPort := fs.Uint("dhcp-port", 67, "`port` that requests come to; clients are answered at the next one")
	failoverPort := fs.Uint("failover-port", 647, "default `port` of failover pairs that name none")
	fs.Var((*names)(&c.interfaces), "interface", "`name` of an interface to serve, may be given several times (default: all, where discover-interfaces is on)")
	if err := fs.Parse(args); err != nil {
		return c, err
	}
	if fs.NArg() > 0 {
		return c, fmt.Errorf("unexpected argument %q: dhcpd takes flags only, see -h", fs.Arg(0))
	}
	if *address != "" {
		a, err := netip.ParseAddr(*address)
		if err != nil || !a.Is4() {
			return c, fmt.Errorf("-address %q is not an IPv4 address", *address)
		}
		c.address = a
	}
	if err := c.level.UnmarshalText([]byte(*level)); err != nil {
		return c, fmt.Errorf("-log %q: use debug, info, warn or error", *level)
	}
	if *dhcpPort < 1 || *dhcpPort > 65534 {
		return c, fmt.Errorf("-dhcp-port %d: use 1 to 65534 (the next port is the clients')", *dhcpPort)
	}
	if *failoverPort < 1 || *failoverPort > 65535 {
		return c, fmt.Errorf("-failover-port %d: use 1 to 65535", *failoverPort)
	}
	c.dhcpPort, c.failoverPort = uint16(*dhcpPort), uint16(*failoverPort)
	return c, nil
}
