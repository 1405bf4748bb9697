package engine

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"leasehold/internal/lease"
	"leasehold/pkg/objects"
)

// key reads the name of a lease, [vpn/]address.
func (s *Server) key(name string) (lease.Key, *objects.Error) {
	p := s.plan.Load()
	if p == nil {
		return lease.Key{}, objects.AsError(errNoPlan)
	}
	vpnName, text := objects.SplitVPN(name)
	v := p.vpns.byName[lower(vpnName)]
	if v == nil {
		return lease.Key{}, objects.Errorf(objects.NotFound, "vpn %q", vpnName)
	}
	a, err := netip.ParseAddr(text)
	if err != nil || !a.Is4() {
		return lease.Key{}, objects.Errorf(objects.Invalid, "lease %q: must be [<vpn>/]<address>", name)
	}
	return lease.Key{VPN: v.id, Addr: lease.AddrFrom(a)}, nil
}

// find reads a lease's name and looks where it stands.
func (s *Server) find(name string) (lease.Key, lease.Place, *objects.Error) {
	k, e := s.key(name)
	if e != nil {
		return k, lease.Place{}, e
	}
	place, ok := s.table.Place(k)
	if !ok || place.Parked || !place.InRange && !place.Reserved && !s.known(k) {
		return k, place, objects.Errorf(objects.NotFound, "lease %q: in no range or reservation of any scope", name)
	}
	return k, place, nil
}

func (s *Server) known(k lease.Key) bool {
	_, ok := s.table.Get(k)
	return ok
}

// at is the lease of an address, a free one if it was never given.
func (s *Server) at(k lease.Key) lease.Lease { return s.table.At(k) }

// Lease returns one lease as an object of class lease.
func (s *Server) Lease(name string) (*objects.Object, *objects.Error) {
	k, _, e := s.find(name)
	if e != nil {
		return nil, e
	}
	return s.object(s.at(k)), nil
}

// ListLeases calls fn with the leases that the filter chooses, scope by scope,
// in address order.
func (s *Server) ListLeases(ctx context.Context, f LeaseFilter, fn func(*objects.Object) error) error {
	return s.walk(ctx, f, "list leases", func(l lease.Lease, _ *scope) error {
		if !f.takes(&l) {
			return nil
		}
		return fn(s.object(l))
	})
}

// walk calls fn with the leases of the scopes that a filter names, until ctx
// ends, and with those that were never given if the filter says so.
func (s *Server) walk(ctx context.Context, f LeaseFilter, doing string, fn func(lease.Lease, *scope) error) error {
	p := s.plan.Load()
	if p == nil {
		return errNoPlan
	}
	scopes, err := p.chosen(f)
	if err != nil {
		return err
	}
	for _, sc := range scopes {
		for l := range s.table.Each(sc.id, f.WithAvailable) {
			if ctx.Err() != nil {
				return fmt.Errorf("%s: %w", doing, ctx.Err())
			}
			if err := fn(l, sc); err != nil {
				return err
			}
		}
	}
	return nil
}

// chosen lists the scopes that a filter names, in the order of VPN and subnet.
func (p *Plan) chosen(f LeaseFilter) ([]*scope, error) {
	if f.Scope != "" {
		sc := p.scopes[lower(f.Scope)]
		if sc == nil {
			return nil, objects.Errorf(objects.NotFound, "scope %q%s", f.Scope, suggest(f.Scope, p.scopeNames()))
		}
		return []*scope{sc}, nil
	}
	v := p.vpns.byName[lower(f.VPN)]
	if v == nil && lower(f.VPN) != objects.AllVPNs {
		return nil, objects.Errorf(objects.NotFound, "vpn %q", f.VPN)
	}
	var out []*scope
	for _, sc := range p.ordered {
		if (v == nil || sc.vpn == v) && (!f.Subnet.IsValid() || f.Subnet.Overlaps(sc.prefix)) {
			out = append(out, sc)
		}
	}
	slices.SortStableFunc(out, func(a, b *scope) int {
		if a.vpn.id != b.vpn.id {
			return int(a.vpn.id) - int(b.vpn.id)
		}
		return a.prefix.Addr().Compare(b.prefix.Addr())
	})
	return out, nil
}

func (p *Plan) scopeNames() []string {
	names := make([]string, 0, len(p.ordered))
	for _, s := range p.ordered {
		names = append(names, s.name)
	}
	return names
}

// takes tells whether the filter, its scopes apart, chooses the lease.
func (f *LeaseFilter) takes(l *lease.Lease) bool {
	switch {
	case f.Subnet.IsValid() && !f.Subnet.Contains(l.Addr.Netip()):
		return false
	case f.CommittedOnly && l.State == lease.Offered:
		return false
	case len(f.States) > 0 && !slices.Contains(f.States, l.State):
		return false
	case f.Client != "" && f.Client != macText(l.HW) && f.Client != objects.FormatBlob(l.ClientID):
		return false
	}
	return true
}

// Utilization counts the addresses of one scope, or of all for "".
func (s *Server) Utilization(name string) ([]Utilization, error) {
	p := s.plan.Load()
	if p == nil {
		return nil, errNoPlan
	}
	scopes, err := p.chosen(LeaseFilter{Scope: name, VPN: objects.AllVPNs})
	if err != nil {
		return nil, err
	}
	var out []Utilization
	for _, sc := range scopes {
		c := s.table.Counters(sc.id)
		out = append(out, Utilization{
			Scope: sc.name, VPN: sc.vpn.name, Subnet: sc.prefix,
			Total: c.Total, Reserved: c.Reserved, Available: c.Available, Offered: c.Offered, Leased: c.Leased,
			Expired: c.Expired, Released: c.Released, Unavailable: c.Unavailable, Deactivated: c.Deactivated,
			OtherAvailable: c.OtherAvailable, PendingAvailable: c.PendingAvailable, ReservedLeased: c.ReservedLeased, Outcomes: sc.counts.list(),
		})
	}
	return out, nil
}

// LimitationList returns the live leases that share a limitation-id: the
// given one, or that of the named lease.
func (s *Server) LimitationList(name, limitationID string) ([]*objects.Object, *objects.Error) {
	k, _, e := s.find(name)
	if e != nil {
		return nil, e
	}
	id := s.at(k).LimitationID
	if limitationID != "" {
		raw, err := objects.ParseBlob(limitationID)
		if err != nil {
			return nil, objects.Errorf(objects.Invalid, "limitation-id %q: must be octets, xx:xx:..", limitationID)
		}
		id = string(raw)
	}
	if id == "" {
		return nil, objects.Errorf(objects.NotFound, "lease %q has no limitation-id", name)
	}
	var out []*objects.Object
	for l := range s.table.All() {
		if l.Key.VPN == k.VPN && l.LimitationID == id && l.Live() {
			out = append(out, s.object(l))
		}
	}
	return out, nil
}
