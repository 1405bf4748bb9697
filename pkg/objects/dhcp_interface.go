package objects

import (
	"fmt"
	"net/netip"
)

// DhcpInterface is a network interface that is served.
var DhcpInterface = class("dhcp-interface", "A network interface that DHCP is served on")

// What an interface object says.
var (
	InterfaceName    = DhcpInterface.named("Name of the interface, as the system has it")
	InterfaceAddress = DhcpInterface.text("address", "", Basic, "Address and mask bits of the interface, or 0.0.0.0/0 for the interface of this name whatever its address", checked(interfaceAddress))
	InterfaceIgnore  = DhcpInterface.boolean("ignore", "false", Basic, "Do not serve the interface")
)

func init() {
	DhcpInterface.Create = []string{"[address]"}
	DhcpInterface.LocalOnly = true
	for _, a := range DhcpInterface.Attrs {
		a.LocalOnly = true
	}
}

// interfaceAddress keeps the host bits: the address is one of the machine's.
func interfaceAddress(text string) error {
	if p, err := netip.ParsePrefix(text); err != nil || !p.Addr().Is4() {
		return fmt.Errorf("must be an address and mask bits such as 192.168.50.1/24")
	}
	return nil
}
