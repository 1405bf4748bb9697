package shell

import (
	"net/netip"
	"strings"

	"connectrpc.com/connect"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
)

// runListLeases lists every address of a scope's ranges and reservations.
func runListLeases(c *call) *objects.Error {
	return c.leases(&adminv1.ListLeasesRequest{Scope: c.name, WithAvailable: true}, func(o *adminv1.Object) { c.object(fromProto(o)) })
}

func (c *call) leases(req *adminv1.ListLeasesRequest, show func(*adminv1.Object)) *objects.Error {
	l, err := c.client.ListLeases(c.ctx, connect.NewRequest(req))
	if err != nil {
		return c.suggest(objects.Scope, req.Scope, asError(err))
	}
	return c.suggest(objects.Scope, req.Scope, c.receive(l, show))
}

const leaseListUsage = "[-macaddr <macaddr>] [-subnet <addr>/<bits>] [-vpn <vpn>]"

// runLeaseList does lease list, listnames and listbrief, with their filters.
func runLeaseList(c *call) *objects.Error {
	req := &adminv1.ListLeasesRequest{}
	named := false
	words := c.args()
	for ; len(words) > 0; words = words[2:] {
		flag := words[0].Text
		if len(words) == 1 {
			return objects.Errorf(objects.TooFewArguments, "%q needs a value; write lease %s %s", flag, c.verb, leaseListUsage)
		}
		value := words[1].Text
		switch strings.ToLower(flag) {
		case "-macaddr":
			mac, err := objects.ParseMAC(value)
			if err != nil {
				return objects.Errorf(objects.Invalid, "-macaddr: %q %v", value, err)
			}
			req.Client = mac
		case "-subnet":
			p, err := netip.ParsePrefix(value)
			if err != nil || !p.Addr().Is4() {
				return objects.Errorf(objects.Invalid, "-subnet: %q is not a subnet such as 10.1.0.0/16", value)
			}
			req.Subnet = p.Masked().String()
		case "-vpn":
			req.Vpn, named = value, true
		default:
			return objects.Errorf(objects.UnknownKeyword, "lease %s does not know %q%s", c.verb, flag, nearest(flag, []string{"-macaddr", "-subnet", "-vpn"}))
		}
	}
	if !named {
		vpn, err := c.currentVPN()
		if err != nil {
			return err
		}
		req.Vpn = vpn
	}
	return c.leases(req, func(p *adminv1.Object) {
		o := fromProto(p)
		switch c.verb {
		case "listnames":
			c.println(o.Name)
		case "listbrief":
			c.println(scriptLine(&c.session, o, func(a *objects.Attr) bool {
				return a == objects.LeaseState.Attr || a == objects.LeaseClientMAC.Attr || a == objects.LeaseExpiration.Attr
			}))
		default:
			c.object(o)
		}
	})
}

// runReservationList does reservation list [[<vpn>/][<addr>/<bits>]].
func runReservationList(c *call) *objects.Error {
	if err := c.need(0, 1, "reservation list [[<vpn>/]<addr>/<bits>]"); err != nil {
		return err
	}
	within, vpn, err := reservationFilter(c.arg(0), c.session.vpn())
	if err == nil && c.arg(0) != "" && vpn == c.session.vpn() {
		_, err = c.currentVPN()
	}
	if err != nil {
		return err
	}
	return c.stream(&adminv1.ListRequest{Class: c.class.Name}, func(p *adminv1.Object) {
		o := fromProto(p)
		in, addr := objects.ReservationAddress(o)
		if c.arg(0) != "" && !strings.EqualFold(in, vpn) || within.IsValid() && !within.Contains(addr) {
			return
		}
		c.remember(p)
		c.object(o)
	})
}

// reservationFilter reads [<vpn>/][<addr>/<bits>].
func reservationFilter(text, current string) (netip.Prefix, string, *objects.Error) {
	if text == "" {
		return netip.Prefix{}, "", nil
	}
	vpn, subnet := current, text
	if strings.Count(text, "/") != 1 {
		vpn, subnet, _ = strings.Cut(text, "/")
	} else if _, err := netip.ParseAddr(text[:strings.IndexByte(text, '/')]); err != nil {
		vpn, subnet, _ = strings.Cut(text, "/")
	}
	if strings.EqualFold(vpn, objects.GlobalVPN) {
		vpn = ""
	}
	if subnet == "" {
		return netip.Prefix{}, vpn, nil
	}
	if a, err := netip.ParseAddr(subnet); err == nil && a.Is4() {
		return netip.PrefixFrom(a, 32), vpn, nil
	}
	p, err := netip.ParsePrefix(subnet)
	if err != nil || !p.Addr().Is4() {
		return p, "", objects.Errorf(objects.Invalid, "%q is not [<vpn>/]<addr>/<bits>", shorten(text, 60))
	}
	return p.Masked(), vpn, nil
}
