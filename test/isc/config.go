package isc

import (
	"fmt"
	"strings"
)

// Peer is a failover peer block and the pools that use it, with the times that
// a test shortens.
type Peer struct {
	Name    string
	Primary bool
	Address string // own
	Port    int
	Partner string
	Remote  int // the partner's port

	Split              int    // primary only, as is MCLT
	HBA                string // in the place of Split: whose each hash bucket is
	MCLT               int    // seconds
	MaxResponseDelay   int
	MaxUnacked         int
	BalanceSeconds     int // load balance max seconds
	MinBalance         int // 0 leaves the default
	MaxBalance         int
	MaxLeaseMisbalance int
}

// String is the block.
func (p Peer) String() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, "    "+format+";\n", args...) }
	fmt.Fprintf(&b, "failover peer \"%s\" {\n", p.Name)
	line("%s", map[bool]string{true: "primary", false: "secondary"}[p.Primary])
	line("address %s", p.Address)
	line("port %d", p.Port)
	line("peer address %s", p.Partner)
	line("peer port %d", p.Remote)
	line("max-response-delay %d", p.MaxResponseDelay)
	line("max-unacked-updates %d", p.MaxUnacked)
	line("load balance max seconds %d", p.BalanceSeconds)
	if p.MinBalance > 0 {
		line("min-balance %d", p.MinBalance)
	}
	if p.MaxBalance > 0 {
		line("max-balance %d", p.MaxBalance)
	}
	if p.MaxLeaseMisbalance > 0 {
		line("max-lease-misbalance %d", p.MaxLeaseMisbalance)
	}
	if p.Primary {
		if p.HBA != "" {
			line("hba %s", p.HBA)
		} else {
			line("split %d", p.Split)
		}
		line("mclt %d", p.MCLT)
	}
	b.WriteString("}\n")
	return b.String()
}

// Subnet is a subnet with one pool of the peer.
type Subnet struct {
	Net, Mask, Router string
	Low, High         string
}

// Server is a whole configuration.
type Server struct {
	Peer      Peer
	Lease     int // default and maximum, seconds
	Subnets   []Subnet
	Bare      []string // subnets without a pool, "net mask": where its other interfaces are
	OMAPIPort int
	Extra     string
}

// OMAPI's key. It opens nothing but a server of a test.
const (
	OMAPIKey    = "omapi_key"
	OMAPISecret = "bGVhc2Vob2xkIGVuZC10by1lbmQgdGVzdCBrZXk="
)

// String is dhcpd.conf.
func (s Server) String() string {
	var b strings.Builder
	b.WriteString("authoritative;\nddns-update-style none;\nping-check off;\n")
	b.WriteString("dhcp-cache-threshold 0;\n") // else an early renewal causes no update
	fmt.Fprintf(&b, "default-lease-time %d;\nmax-lease-time %d;\nmin-lease-time 1;\n", s.Lease, s.Lease)
	if s.OMAPIPort > 0 {
		fmt.Fprintf(&b, "key %s {\n    algorithm hmac-md5;\n    secret %s;\n}\nomapi-port %d;\nomapi-key %s;\n",
			OMAPIKey, OMAPISecret, s.OMAPIPort, OMAPIKey)
	}
	b.WriteString(s.Extra)
	b.WriteString(s.Peer.String())
	for _, n := range s.Bare {
		net, mask, _ := strings.Cut(n, " ")
		fmt.Fprintf(&b, "subnet %s netmask %s { }\n", net, mask)
	}
	for _, n := range s.Subnets {
		fmt.Fprintf(&b, "subnet %s netmask %s {\n    option routers %s;\n    pool {\n        deny dynamic bootp clients;\n        failover peer \"%s\";\n        range %s %s;\n    }\n}\n",
			n.Net, n.Mask, n.Router, s.Peer.Name, n.Low, n.High)
	}
	return b.String()
}

// SetState is the script for omshell that puts a server's end of a peer into a
// state: 4 is partner-down.
func SetState(port int, peer string, state int) string {
	return fmt.Sprintf("server 127.0.0.1\nport %d\nkey %s %s\nconnect\nnew failover-state\nset name = \"%s\"\nopen\nset local-state = %d\nupdate\n",
		port, OMAPIKey, OMAPISecret, peer, state)
}

// SetControl is the script for omshell that sets the state of the server
// itself: 2 shuts it down in good order.
func SetControl(port, state int) string {
	return fmt.Sprintf("server 127.0.0.1\nport %d\nkey %s %s\nconnect\nnew control\nopen\nset state = %d\nupdate\n", port, OMAPIKey, OMAPISecret, state)
}
