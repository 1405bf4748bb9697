// Dhcpclient is a DHCP client that needs no privilege: it speaks to a server's
// address and port, as a relay that answers can be sent to or directly, changes
// nothing on the machine, and prints the exchange.
//
//	dhcpclient -server 127.0.0.1:6767 -giaddr 127.0.0.2 -subnet 192.168.50.1 lease renew release
//
// The commands are carried out in turn and share one lease:
//
//	lease        DISCOVER, OFFER, REQUEST, ACK (what is done without a command)
//	discover     DISCOVER, OFFER only
//	init-reboot  REQUEST the address of -request again, as after a restart
//	renew        REQUEST of the address in use, to its server
//	rebind       the same, to any server
//	decline      give the address back because somebody else uses it
//	release      give the address back
//	inform       ask for options only, with -ciaddr
//
// The exit status is 0 if all went well, 1 if the server refused or did not
// answer, 2 for bad use.
package main

import (
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"leasehold/internal/clock"
	"leasehold/internal/packet"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	cfg, commands, err := parseArgs(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintf(stderr, "dhcpclient: %v\n", err)
		return 2
	}
	c, err := newClient(cfg, clock.Real{}, stdout)
	if err != nil {
		fmt.Fprintf(stderr, "dhcpclient: %v\n", err)
		return 2
	}
	defer c.close()
	for _, command := range commands {
		if err := actions[command](c); err != nil {
			fmt.Fprintf(stderr, "dhcpclient: %s: %v\n", command, err)
			return 1
		}
	}
	return 0
}

// config is what the flags say.
type config struct {
	server    netip.AddrPort
	giaddr    netip.Addr // relay through this address; zero: direct
	subnet    netip.Addr // link selection
	ciaddr    netip.Addr
	request   netip.Addr
	hw        [6]byte
	clientID  []byte
	relayInfo []byte
	options   []packet.Opt // beyond what every message has
	list      []uint8      // parameter request list
	broadcast bool
	timeout   time.Duration
	tries     int
	dump      bool
}

var defaultList = []uint8{1, 3, 6, 12, 15, 28, 42, 51, 54, 58, 59}

func parseArgs(args []string, stderr io.Writer) (cfg config, commands []string, err error) {
	cfg = config{list: defaultList, hw: [6]byte{2, 0, 0, 0, 0, 1}}
	fs := flag.NewFlagSet("dhcpclient", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprintln(stderr, "usage: dhcpclient -server ADDRESS:PORT [flags] [lease|discover|init-reboot|renew|rebind|decline|release|inform ...]")
		fs.PrintDefaults()
	}
	option := func(code uint8) func(string) error {
		return func(s string) error {
			cfg.options = append(cfg.options, packet.Opt{Code: code, Value: []byte(s)})
			return nil
		}
	}
	sub := func(code uint8) func(string) error {
		return func(s string) error {
			cfg.relayInfo = append(append(cfg.relayInfo, code, byte(len(s))), s...)
			return nil
		}
	}
	fs.Func("server", "the server's `address:port`", func(s string) (err error) { cfg.server, err = netip.ParseAddrPort(s); return err })
	fs.Func("giaddr", "be a relay with this local `address`, answered at the server's port", addrFlag(&cfg.giaddr))
	fs.Func("subnet", "the client's subnet, an `address` in it (link selection in option 82)", addrFlag(&cfg.subnet))
	fs.Func("ciaddr", "the `address` that inform speaks for; it must be local", addrFlag(&cfg.ciaddr))
	fs.Func("request", "ask for this `address`", addrFlag(&cfg.request))
	fs.Func("mac", "hardware `address`", func(s string) error { return macFlag(&cfg.hw, s) })
	fs.Func("client-id", "option 61 as `hex` octets", func(s string) (err error) {
		cfg.clientID, err = hex.DecodeString(strings.ReplaceAll(s, ":", ""))
		return err
	})
	fs.Func("hostname", "option 12, a `name`", option(packet.HostName))
	fs.Func("class", "option 60, a vendor class `identifier`", option(packet.VendorClass))
	fs.Func("circuit-id", "sub-option 1 of option 82, `text`", sub(packet.RelayCircuitID))
	fs.Func("remote-id", "sub-option 2 of option 82, `text`", sub(packet.RelayRemoteID))
	fs.Func("option", "one more option, `code=hex` (may be repeated)", func(s string) error { return optionFlag(&cfg.options, s) })
	fs.Func("list", "the options to ask for, `codes` with commas", func(s string) error { return listFlag(&cfg.list, s) })
	fs.BoolVar(&cfg.broadcast, "broadcast", false, "set the broadcast flag")
	fs.DurationVar(&cfg.timeout, "timeout", time.Second, "how long to wait for an answer before sending again")
	fs.IntVar(&cfg.tries, "tries", 4, "how often to send")
	fs.BoolVar(&cfg.dump, "v", false, "print whole messages")
	if err := fs.Parse(args); err != nil {
		return cfg, nil, err
	}
	if commands = fs.Args(); len(commands) == 0 {
		commands = []string{"lease"}
	}
	return cfg, commands, cfg.check(commands)
}

func (cfg *config) check(commands []string) error {
	if !cfg.server.Addr().Is4() {
		return errors.New("-server must give an IPv4 address and a port")
	}
	if cfg.giaddr == cfg.server.Addr() {
		return fmt.Errorf("-giaddr %s is the server's own address: the relay needs one of its own to be answered at, such as 127.0.0.2", cfg.giaddr)
	}
	for _, c := range commands {
		if actions[c] == nil {
			return fmt.Errorf("no such command %q", c)
		}
		if c == "inform" && !cfg.ciaddr.IsValid() {
			return errors.New("inform needs -ciaddr")
		}
		if c == "init-reboot" && !cfg.request.IsValid() {
			return errors.New("init-reboot needs -request")
		}
	}
	if cfg.subnet.IsValid() {
		a := cfg.subnet.As4()
		cfg.relayInfo = append(append(cfg.relayInfo, packet.RelayLinkSelection, 4), a[:]...)
	}
	return nil
}

func addrFlag(to *netip.Addr) func(string) error {
	return func(s string) error {
		a, err := netip.ParseAddr(s)
		if err == nil && !a.Is4() {
			err = errors.New("not an IPv4 address")
		}
		*to = a
		return err
	}
}

func macFlag(to *[6]byte, s string) error {
	hw, err := net.ParseMAC(s)
	if err == nil && len(hw) != 6 {
		err = errors.New("not an Ethernet address")
	}
	if err == nil {
		*to = [6]byte(hw)
	}
	return err
}

func optionFlag(to *[]packet.Opt, s string) error {
	code, value, _ := strings.Cut(s, "=")
	n, err := strconv.ParseUint(code, 10, 8)
	if err != nil {
		return err
	}
	v, err := hex.DecodeString(strings.ReplaceAll(value, ":", ""))
	*to = append(*to, packet.Opt{Code: uint8(n), Value: v})
	return err
}

func listFlag(to *[]uint8, s string) error {
	*to = nil
	for code := range strings.SplitSeq(s, ",") {
		n, err := strconv.ParseUint(code, 10, 8)
		if err != nil {
			return err
		}
		*to = append(*to, uint8(n))
	}
	return nil
}
