package admin

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"connectrpc.com/connect"

	"leasehold/internal/engine"
	"leasehold/internal/lease"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// maxLeases bounds the answer of a method; ListLeases has no bound.
const maxLeases = 100000

// ListLeases sends leases of the running server page by page.
func (s *Service) ListLeases(ctx context.Context, r *connect.Request[adminv1.ListLeasesRequest], stream *connect.ServerStream[adminv1.ListResponse]) error {
	f, err := leaseFilter(r.Msg)
	if err != nil {
		return rpc.Refusal(err)
	}
	return s.sendLeases(ctx, f, stream)
}

func (s *Service) sendLeases(ctx context.Context, f engine.LeaseFilter, stream *connect.ServerStream[adminv1.ListResponse]) error {
	var batch []*adminv1.Object
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := stream.Send(&adminv1.ListResponse{Objects: batch})
		batch = nil
		return err
	}
	err := s.runtime.ListLeases(ctx, f, func(o *objects.Object) error {
		batch = append(batch, message(nil, o))
		if len(batch) < page {
			return nil
		}
		return flush()
	})
	if err != nil {
		return rpc.Refusal(objects.AsError(err))
	}
	return flush()
}

func leaseFilter(m *adminv1.ListLeasesRequest) (engine.LeaseFilter, *objects.Error) {
	f := engine.LeaseFilter{Scope: m.Scope, VPN: m.Vpn, Client: m.Client, WithAvailable: m.WithAvailable, CommittedOnly: m.CommittedOnly}
	if m.Subnet != "" {
		p, err := netip.ParsePrefix(m.Subnet)
		if err != nil || !p.Addr().Is4() {
			return f, objects.Errorf(objects.Invalid, "subnet %q must be <addr>/<bits>", m.Subnet)
		}
		f.Subnet = p.Masked()
	}
	for _, word := range m.States {
		state, err := objects.LeaseState.Parse(word, time.Time{})
		if err != nil {
			return f, err
		}
		for _, w := range objects.LeaseState.Words {
			if w.Name == state {
				f.States = append(f.States, lease.State(w.Number))
			}
		}
	}
	return f, nil
}

// leases answers a method with leases.
func (c *call) leases(f engine.LeaseFilter) *objects.Error {
	err := c.service.runtime.ListLeases(c.ctx, f, func(o *objects.Object) error {
		if len(c.answer.Objects) == maxLeases {
			return objects.Errorf(objects.TooMany, "there are more than %d leases; list them in parts", maxLeases)
		}
		c.answer.Objects = append(c.answer.Objects, message(nil, o))
		return nil
	})
	return objects.AsError(err)
}

// leaseAction is a method that the running server does.
func leaseAction(c *call) *objects.Error {
	err := c.lease(c.method.Name)
	// That a lease is ended goes to the partner by itself.
	if err == nil && c.method.Both && !c.request.pairwide && c.method.Name != "force-available" {
		err = c.onlyHere()
	}
	return err
}

func (c *call) lease(action string, args ...string) *objects.Error {
	o, err := c.service.runtime.LeaseAction(c.name, action, args...)
	c.audit(err)
	if err != nil && err.Code.Failed() {
		return err
	}
	if o != nil {
		c.answer.Object = message(nil, o)
	}
	return err
}

// sendReservation tells the running server of the reservation that is stored.
func sendReservation(c *call) *objects.Error {
	var key, kind string
	err := c.look(func(t *table) *objects.Error {
		o, err := find(t, objects.Reservation, c.name)
		if err != nil {
			return err
		}
		key, kind = o.Attrs[objects.ReservationLookupKey.Name], o.Text(objects.ReservationLookupKeyType.Attr)
		return nil
	})
	if err != nil {
		return err
	}
	return c.lease(c.method.Name, key, kind)
}

func getScopeName(c *call) *objects.Error {
	o, err := c.service.runtime.Lease(c.name)
	if err != nil {
		return err
	}
	c.line(objects.LeaseScopeName.Of(o))
	return nil
}

// limitationList is dhcp limitationList <ipaddr> [<limitation-id>] show.
func limitationList(c *call) *objects.Error {
	args := c.args
	if len(args) > 1 && args[len(args)-1] == "show" {
		args = args[:len(args)-1]
	}
	id := ""
	switch len(args) {
	case 1:
	case 2:
		b, err := objects.ParseBlob(args[1])
		if err != nil {
			return objects.Errorf(objects.Invalid, "limitation-id: %q %v", args[1], err)
		}
		id = objects.FormatBlob(b)
	default:
		return objects.Errorf(objects.TooManyArguments, "%s %s takes %s", c.class.Name, c.method.Name, c.method.Usage)
	}
	name, err := objects.Lease.Canonical(args[0])
	if err != nil {
		return err
	}
	os, err := c.service.runtime.LimitationList(name, id)
	for _, o := range os {
		c.answer.Objects = append(c.answer.Objects, message(nil, o))
	}
	return err
}

// Utilization counts the addresses of scopes by their states.
func (s *Service) Utilization(ctx context.Context, r *connect.Request[adminv1.UtilizationRequest]) (*connect.Response[adminv1.UtilizationResponse], error) {
	if running := s.runtime.Config(); running != nil && r.Msg.Vpn != objects.AllVPNs {
		if _, err := running.VPNNumber(r.Msg.Vpn); err != nil {
			return nil, rpc.Refusal(err)
		}
	}
	of, err := s.runtime.Utilization(r.Msg.Scope)
	if err != nil {
		return nil, rpc.Refusal(objects.AsError(err))
	}
	answer := &adminv1.UtilizationResponse{}
	for _, u := range of {
		if r.Msg.Vpn != "" && r.Msg.Vpn != objects.AllVPNs && objects.JoinVPN(r.Msg.Vpn, "") != objects.JoinVPN(u.VPN, "") {
			continue
		}
		answer.Scopes = append(answer.Scopes, utilizationMessage(u))
	}
	return connect.NewResponse(answer), nil
}

func utilizationMessage(u engine.Utilization) *adminv1.ScopeUtilization {
	m := &adminv1.ScopeUtilization{
		Scope: u.Scope, Vpn: u.VPN, Subnet: u.Subnet.String(),
		Total: uint64(u.Total), Reserved: uint64(u.Reserved), Available: uint64(u.Available), Offered: uint64(u.Offered),
		Leased: uint64(u.Leased), Expired: uint64(u.Expired), Released: uint64(u.Released), Unavailable: uint64(u.Unavailable),
		Deactivated: uint64(u.Deactivated), OtherAvailable: uint64(u.OtherAvailable), PendingAvailable: uint64(u.PendingAvailable), ReservedLeased: uint64(u.ReservedLeased),
	}
	for _, c := range u.Outcomes {
		m.Drops = append(m.Drops, &adminv1.DropCount{Reason: c.Outcome, Count: c.N})
	}
	return m
}

func utilizationLines(u engine.Utilization) []string {
	lines := []string{"subnet = " + u.Subnet.String()}
	for _, c := range []struct {
		name string
		n    int
	}{
		{"total", u.Total}, {"reserved", u.Reserved}, {"available", u.Available}, {"offered", u.Offered},
		{"leased", u.Leased}, {"expired", u.Expired}, {"released", u.Released}, {"unavailable", u.Unavailable},
		{"deactivated", u.Deactivated}, {"other-available", u.OtherAvailable}, {"pending-available", u.PendingAvailable}, {"reserved-leased", u.ReservedLeased},
	} {
		lines = append(lines, c.name+" = "+strconv.Itoa(c.n))
	}
	for _, c := range u.Outcomes {
		lines = append(lines, c.Outcome+" = "+strconv.FormatUint(c.N, 10))
	}
	return lines
}

func sortByName(os []*objects.Object) {
	slices.SortFunc(os, func(a, b *objects.Object) int { return objects.CompareNames(a.Name, b.Name) })
}
