package netio

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// Interface is a network interface as it was when it was looked at.
type Interface struct {
	Index    int
	Name     string
	HW       net.HardwareAddr // empty on loopback and tunnels
	MTU      int
	Up       bool
	Loopback bool
	Ethernet bool           // takes Ethernet frames: clients can be reached by hardware address
	Addrs    []netip.Prefix // IPv4, the primary one first
}

// Primary is the interface's first address, the zero Addr if it has none.
func (i *Interface) Primary() netip.Addr {
	if len(i.Addrs) == 0 {
		return netip.Addr{}
	}
	return i.Addrs[0].Addr()
}

// Has says whether the address is the interface's own.
func (i *Interface) Has(a netip.Addr) bool {
	return slices.ContainsFunc(i.Addrs, func(p netip.Prefix) bool { return p.Addr() == a })
}

// Interfaces lists the machine's interfaces by index.
func Interfaces() ([]Interface, error) {
	found, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list network interfaces: %w", err)
	}
	list := make([]Interface, 0, len(found))
	for _, f := range found {
		i := Interface{
			Index: f.Index, Name: f.Name, HW: f.HardwareAddr, MTU: f.MTU,
			Up:       f.Flags&net.FlagUp != 0,
			Loopback: f.Flags&net.FlagLoopback != 0,
		}
		i.Ethernet = len(i.HW) == 6 && !i.Loopback && f.Flags&net.FlagBroadcast != 0
		addrs, err := f.Addrs()
		if err != nil {
			continue // gone since it was listed
		}
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil {
				ones, _ := n.Mask.Size()
				i.Addrs = append(i.Addrs, netip.PrefixFrom(netip.AddrFrom4([4]byte(n.IP.To4())), ones))
			}
		}
		list = append(list, i)
	}
	return list, nil
}

func join(list []Interface) string {
	var all []string
	for _, i := range list {
		all = append(all, i.Name)
	}
	return strings.Join(all, ", ")
}
