package shell

import (
	"context"
	"net/netip"
	"strings"

	"connectrpc.com/connect"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
)

// addresses offers the addresses of leases or reservations, as they are typed:
// one of the session's VPN without the VPN's name.
func (c *completion) addresses(class *objects.Class) {
	current := c.session.vpn()
	vpn, typed, named := strings.Cut(c.typed, "/")
	if !named {
		vpn, typed = current, c.typed
	}
	var found []string
	if class == objects.Lease {
		found = c.leased(vpn, typed)
	} else {
		found = c.names(c.ctx, class, objects.JoinVPN(vpn, typed), "")
	}
	for _, name := range found {
		of, address := objects.SplitVPN(name)
		if !named && strings.EqualFold(objects.JoinVPN(of, ""), objects.JoinVPN(current, "")) {
			name = address
		}
		c.offer(name)
	}
}

// leased fetches addresses of leases that begin so. There may be millions: the
// octets that are there already limit what the server looks at, and the rest
// is not waited for.
func (c *completion) leased(vpn, typed string) []string {
	if c.client == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.ctx, nameWait)
	defer cancel()
	l, err := c.client.ListLeases(ctx, connect.NewRequest(&adminv1.ListLeasesRequest{Vpn: vpn, Subnet: within(typed)}))
	if err != nil {
		return nil
	}
	defer func() { _ = l.Close() }() // what did not come is not offered
	var found []string
	for len(found) < maxNames && l.Receive() {
		for _, o := range l.Msg().Objects {
			if _, address := objects.SplitVPN(o.Name); strings.HasPrefix(address, typed) {
				found = append(found, o.Name)
			}
		}
	}
	return found
}

// within is the subnet of the addresses whose first octets were typed.
func within(typed string) string {
	n := min(strings.Count(typed, "."), 3)
	if n == 0 {
		return ""
	}
	whole := typed[:strings.LastIndexByte(typed, '.')]
	a, err := netip.ParseAddr(whole + strings.Repeat(".0", 4-n))
	if err != nil {
		return ""
	}
	return netip.PrefixFrom(a, 8*n).String()
}

// reservedIn fetches the addresses of a scope's reservations.
func (c *completion) reservedIn(scope string) []string {
	if c.client == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.ctx, nameWait)
	defer cancel()
	answer, err := c.client.Invoke(ctx, connect.NewRequest(&adminv1.InvokeRequest{
		Class: objects.Scope.Name, Name: scope, Method: "listReservations",
	}))
	if err != nil {
		return nil
	}
	var found []string
	for _, l := range answer.Msg.Lines {
		if address, _, ok := strings.Cut(l, ": "); ok && len(found) < maxNames {
			found = append(found, address)
		}
	}
	return found
}
