package main

import (
	"net"
	"net/netip"
	"strings"

	"leasehold/internal/netio"
)

// ownAddresses tells the server's own addresses: the one of -address, or every
// local one.
type ownAddresses struct{ only netip.Addr }

// Own tells whether the address is one of the server's.
func (o ownAddresses) Own(a netip.Addr) bool {
	if o.only.IsValid() {
		return a == o.only
	}
	for _, i := range local() {
		if i.Has(a) {
			return true
		}
	}
	return false
}

// Towards is the address that a partner sees. Nothing is sent: the route is
// looked up.
func (o ownAddresses) Towards(partner netip.Addr) netip.Addr {
	if o.only.IsValid() {
		return o.only
	}
	const discard = 9
	c, err := net.Dial("udp4", netip.AddrPortFrom(partner, discard).String())
	if err != nil {
		return netip.Addr{}
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
}

// String lists the addresses.
func (o ownAddresses) String() string {
	if o.only.IsValid() {
		return o.only.String()
	}
	var all []string
	for _, i := range local() {
		for _, p := range i.Addrs {
			if !i.Loopback {
				all = append(all, p.Addr().String())
			}
		}
	}
	return strings.Join(all, ", ")
}

// local are the machine's interfaces; one that cannot be asked has none.
func local() []netio.Interface {
	all, err := netio.Interfaces()
	if err != nil {
		return nil
	}
	return all
}
