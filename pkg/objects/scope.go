package objects

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Scope is a set of addresses of one subnet.
var Scope = class("scope", "Addresses of one subnet and how to lease them")

// What the scope is.
var (
	ScopeName        = Scope.named("Name of the scope")
	ScopeSubnet      = Scope.subnet("subnet", "", Basic, "Network address and mask bits, from /8 to /30; scopes of one VPN have the same subnet or none of its addresses in common", required)
	ScopeAddr        = Scope.address("addr", "", Basic, "Network address of the subnet", derived(prefixAddr(ScopeSubnet)))
	ScopeMask        = Scope.address("mask", "", Basic, "Mask of the subnet", derived(prefixMask(ScopeSubnet)))
	ScopeRanges      = Scope.ranges("ranges", "", Hidden, "Ranges of addresses to lease; addRange and removeRange change them, listRanges shows them")
	ScopePrimary     = Scope.subnet("primary-subnet", "", Basic, "Subnet of the scope on the same link that this one is a secondary of")
	ScopePrimaryAddr = Scope.address("primary-addr", "", Basic, "Network address of the primary subnet", derived(prefixAddr(ScopePrimary)))
	ScopePrimaryMask = Scope.address("primary-mask", "", Basic, "Mask of the primary subnet", derived(prefixMask(ScopePrimary)))
	ScopeVPN         = Scope.integer("vpn-id", "0", Basic, "Number of the VPN that the addresses are in; 0 is none", immutable, alias("namespace-id"))
	ScopeDescription = Scope.text("description", "", Basic, "A remark")
	ScopePolicyName  = Scope.ref("policy", "default", Basic, "policy", "Policy of the scope's leases", required)
	ScopeTags        = Scope.list("selection-tag-list", "", Basic, "Tags that a client's selection criteria must all be among for it to be served here", alias("selection-tags"))
)

// Whom it serves.
var (
	ScopeDHCP                   = Scope.feature("dhcp", "enabled", Basic, "Serve DHCP clients")
	ScopeBOOTP                  = Scope.feature("bootp", "disabled", Basic, "Serve BOOTP clients")
	ScopeDynamicBOOTP           = Scope.feature("dynamic-bootp", "disabled", Basic, "Give BOOTP clients without a reservation an address too, if bootp is enabled")
	ScopeDeactivated            = Scope.feature("deactivated", "disabled", Basic, "Give no leases and extend none")
	ScopeRenewOnly              = Scope.feature("renew-only", "", Basic, "Extend leases but give no new ones")
	ScopeRestrictToReservations = Scope.feature("restrict-to-reservations", "disabled", Basic, "Serve only clients with a reservation")
	ScopeIgnoreDeclines         = Scope.boolean("ignore-declines", "false", Basic, "Do not make an address unavailable when a client declines it")
)

// Which address it gives.
var (
	ScopeAllocationPriority = Scope.integer("allocation-priority", "0", Basic, "Order among the scopes of a network, 1 is the first; 0 is none; unset, the server's priority-address-allocation decides")
	ScopeFirstAvailable     = Scope.feature("allocate-first-available", "", Basic, "Give the lowest free address, not the one that was free for the longest time")
	ScopePingClients        = Scope.feature("ping-clients", "", Basic, "Ping an address before it is offered; unset, the server's own setting holds")
	ScopePingTimeout        = Scope.millis("ping-timeout", "", Basic, "How long to wait for an answer to a ping; unset, the server's own setting holds", between(10, 10000))
	ScopeFreeAddressConfig  = Scope.ref("free-address-config", "", Basic, "addr-trap", "Free-address trap of the scope", inert(noTraps))
)

// Failover.
var (
	ScopeFailover           = Scope.enum("failover", "use-server-settings", Basic, "use-server-settings=0 scope-enabled=1 scope-disabled=2", "Whether the scope is in failover as the server's settings say, by its own, or not at all; a failover-pair that has the scope goes before its servers")
	ScopeFailoverMain       = Scope.dname("failover-main-server", "", Basic, "Name or address of the scope's main server")
	ScopeFailoverBackup     = Scope.dname("failover-backup-server", "", Basic, "Name or address of the scope's backup server")
	ScopeFailoverBackupPct  = Scope.percent("failover-backup-percentage", "", Basic, "Share of the available addresses that the main server gives to the backup")
	ScopeFailoverBootpPct   = Scope.percent("failover-dynamic-bootp-backup-percentage", "", Basic, "The same share if dynamic-bootp is enabled")
	ScopeBackupPct          = Scope.percent("backup-pct", "", Basic, "Share of the available addresses for the backup, in place of the pair's; 0 counts as set")
	ScopeAllocationBoundary = Scope.address("failover-backup-allocation-boundary", "", Basic, "Where the backup begins to allocate, downwards; unset or 0, halfway between the first and the last address of the ranges; needs allocate-first-available", orZero)
)

// The words of failover.
const (
	FailoverUseServerSettings = 0
	FailoverScopeEnabled      = 1
	FailoverScopeDisabled     = 2
)

// DNS update as it was set on scopes before release 6.2.
var (
	ScopeDNSHostBytes         = Scope.integer("dns-host-bytes", "", Basic, "How many bytes of the address are in the host part of its reverse name; unset, the subnet's size decides", between(1, 4), inert(noDNS))
	ScopeDNSReverseZone       = Scope.dname("dns-reverse-zone-name", "", Basic, "Zone of the reverse names", inert(noDNS))
	ScopeDNSZone              = Scope.dname("dns-zone-name", "", Basic, "Zone of the names", inert(noDNS))
	ScopeDNSServerAddr        = Scope.address("dns-server-addr", "", Basic, "DNS server of the zone", inert(noDNS))
	ScopeDNSReverseServerAddr = Scope.address("dns-reverse-server-addr", "", Basic, "DNS server of the reverse zone", inert(noDNS))
	ScopeUpdateDNS            = Scope.feature("update-dns", "", Basic, "Update DNS for the scope's leases", inert(noDNS))
	ScopeTwoPhaseDNSUpdate    = Scope.feature("two-phase-dns-update", "", Basic, "Ask before a name is updated", inert(noDNS))
	ScopeDynamicDNS           = Scope.enum("dynamic-dns", "", Basic, dynamicDNSWords, "Which DNS records are updated", inert(noDNS))
	ScopeEmbeddedPolicy       = Scope.embeds(ScopePolicy, "Policy of this scope alone, changed by scope-policy")
)

func init() {
	Scope.Create = []string{"subnet"}
	Scope.CreateUsage = "(<addr> <mask> | <addr>/<bits>) [template=<scope-template>]"
	Scope.Positional = scopeArguments
	Scope.Methods = scopeMethods
	Scope.Check = checkScope
}

var scopeMethods = []Method{
	{Name: "addRange", Usage: "<start> <end>", Min: 2, Max: 2, Help: "Add a range of addresses; full addresses, or host numbers within the subnet"},
	{Name: "removeRange", Usage: "<start> <end>", Min: 2, Max: 2, Help: "Remove a range of addresses, or a part of one"},
	{Name: "listRanges", ReadOnly: true, Help: "List the ranges of addresses"},
	{Name: "addReservation", Usage: "<ipaddr> (<macaddr> | <lookup-key>) [-mac | -blob | -string]", Min: 2, Max: 3, Both: true, Help: "Reserve an address for a client; with -both on the failover partner, too"},
	{Name: "removeReservation", Usage: "(<ipaddr> | <macaddr> | <lookup-key>) [-mac | -blob | -string]", Min: 1, Max: 2, Both: true, Help: "Remove a reservation, named by its address or its client; with -both on the failover partner, too"},
	{Name: "listReservations", ReadOnly: true, Help: "List the reservations"},
	{Name: "listLeases", ReadOnly: true, Help: "List the leases of the scope from the running server"},
	{Name: "clearUnavailable", Help: "Make all unavailable leases of the scope available"},
	{Name: "getUtilization", ReadOnly: true, Help: "Show how many addresses are in which state"},
	{Name: "changeSubnet", Usage: "<addr> <mask>", Min: 1, Max: 2, Help: "Give the scope another subnet; ranges and reservations must fit into it"},
	{Name: "report-staged-edits", ReadOnly: true, Help: "List the scopes that were changed since the last reload"},
}

// prefixAddr and prefixMask derive the older two-address form of a subnet.
func prefixAddr(of Handle[netip.Prefix]) func(*Object) string {
	return func(o *Object) string {
		if p := of.Of(o); p.IsValid() {
			return p.Addr().String()
		}
		return ""
	}
}

func prefixMask(of Handle[netip.Prefix]) func(*Object) string {
	return func(o *Object) string {
		if p := of.Of(o); p.IsValid() {
			return Mask(p.Bits()).String()
		}
		return ""
	}
}

// Mask returns the dotted form of a number of mask bits.
func Mask(bits int) netip.Addr {
	m := uint32(uint64(maxUint32) << (32 - bits))
	return netip.AddrFrom4([4]byte{byte(m >> 24), byte(m >> 16), byte(m >> 8), byte(m)})
}

// SubnetOf makes a subnet of <addr> <mask> or of <addr>/<bits>.
func SubnetOf(args []string) (netip.Prefix, *Error) {
	switch {
	case len(args) == 0:
		return netip.Prefix{}, Errorf(TooFewArguments, "a subnet is <addr> <mask> or <addr>/<bits>")
	case len(args) > 2:
		return netip.Prefix{}, Errorf(TooManyArguments, "a subnet is <addr> <mask> or <addr>/<bits>; %q is too much", shorten(args[2]))
	case len(args) == 2 && strings.Contains(args[0], "/"):
		return netip.Prefix{}, Errorf(TooManyArguments, "a subnet is <addr> <mask> or <addr>/<bits>; %q is too much", shorten(args[1]))
	}
	text := args[0]
	if len(args) == 2 {
		bits, ok := maskBits(args[1])
		if !ok {
			return netip.Prefix{}, Errorf(Invalid, "%q must be a mask such as 255.255.255.0", shorten(args[1]))
		}
		text += "/" + strconv.Itoa(bits)
	}
	p, err := ParseSubnet(text)
	if err != nil {
		return p, Errorf(Invalid, "%q %v", shorten(text), err)
	}
	return p, nil
}

func maskBits(text string) (int, bool) {
	ip, err := netip.ParseAddr(text)
	if err != nil || !ip.Is4() {
		return 0, false
	}
	for bits := range 33 {
		if Mask(bits) == ip {
			return bits, true
		}
	}
	return 0, false
}

func scopeArguments(args []string) ([]Assignment, *Error) {
	p, err := SubnetOf(args)
	if err != nil {
		err.Msg = "scope create: " + err.Msg
		return nil, err
	}
	return []Assignment{{"subnet", p.String()}}, nil
}

// RangeOf reads the start and end of a range in the subnet: full addresses or
// host numbers counted from the network address.
func RangeOf(subnet netip.Prefix, start, end string) (Range, *Error) {
	var r Range
	for _, side := range []struct {
		text string
		into *netip.Addr
	}{{start, &r.First}, {end, &r.Last}} {
		ip, err := hostOf(subnet, side.text)
		if err != nil {
			return r, Errorf(Invalid, "%q %v", shorten(side.text), err)
		}
		if !subnet.Contains(ip) {
			return r, Errorf(NotInSubnet, "%s is not in %s", ip, subnet)
		}
		*side.into = ip
	}
	if r.Last.Less(r.First) {
		return r, Errorf(InvalidRange, "the range %s ends before it begins", r)
	}
	return r, nil
}

func hostOf(subnet netip.Prefix, text string) (netip.Addr, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return ParseIPv4(text)
	}
	if n >= 1<<(32-subnet.Bits()) {
		return netip.Addr{}, fmt.Errorf("is not a host number of %s", subnet)
	}
	b := subnet.Addr().As4()
	host := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	host += uint32(n)
	return netip.AddrFrom4([4]byte{byte(host >> 24), byte(host >> 16), byte(host >> 8), byte(host)}), nil
}
