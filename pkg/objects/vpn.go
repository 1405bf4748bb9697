package objects

// Vpn is an address space of its own.
var Vpn = class("vpn", "An address space of its own, told apart by relays")

// What a VPN says.
var (
	VpnName        = Vpn.named("Name of the VPN")
	VpnID          = Vpn.integer("id", "", Basic, "Number of the VPN, which scopes name it by", required, immutable, between(1, 1<<31-1))
	VpnVRFName     = Vpn.text("vrf-name", "", Basic, "Name that relays send for the VPN in the text form")
	VpnVpnID       = Vpn.vpnIdentifier("vpn-id", "", Basic, "Identifier of RFC 2685 that relays send for the VPN: organization:index in hex, 3 and 4 bytes")
	VpnDescription = Vpn.text("description", "", Basic, "A remark")
)

// GlobalVPN is the word for no VPN, AllVPNs the one for every VPN.
const (
	GlobalVPN = "global"
	AllVPNs   = "all"
)

func init() {
	Vpn.Create = []string{"id"}
	Vpn.Reserved = []string{GlobalVPN, AllVPNs}
	Vpn.Key = vpnKey
	Vpn.Check = checkVpn
}
