package admin

import (
	"context"
	"strings"

	"connectrpc.com/connect"

	"leasehold/internal/engine"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// page is how many objects travel in one message of a listing.
const page = 500

// List sends the objects of a class in order of name.
func (s *Service) List(ctx context.Context, r *connect.Request[adminv1.ListRequest], stream *connect.ServerStream[adminv1.ListResponse]) error {
	m := r.Msg
	class, err := classOf(m.Class)
	if err != nil {
		return rpc.Refusal(err)
	}
	if class == objects.Lease {
		return s.sendLeases(ctx, engine.LeaseFilter{VPN: objects.AllVPNs}, stream)
	}
	if err := configured(class); err != nil {
		return rpc.Refusal(err)
	}
	who := sessionFrom(ctx)
	s.mu.RLock()
	all := s.listed(s.view(who), class, m)
	s.mu.RUnlock()
	for len(all) > 0 {
		n := min(page, len(all))
		if err := stream.Send(&adminv1.ListResponse{Objects: all[:n]}); err != nil {
			return err
		}
		all = all[n:]
	}
	return nil
}

// listed makes the messages of a listing. The caller holds s.mu.
func (s *Service) listed(t *table, class *objects.Class, m *adminv1.ListRequest) []*adminv1.Object {
	os := t.cfg.All(class)
	switch class {
	case objects.OptionSet:
		os = withBuiltinSets(t, os)
	case objects.Option:
		if m.Owner != "" {
			os = definitions(t, m.Owner)
		}
	}
	prefix := strings.ToLower(m.Prefix)
	var all []*adminv1.Object
	for _, o := range os {
		if !strings.HasPrefix(strings.ToLower(o.Name), prefix) {
			continue
		}
		if m.NamesOnly {
			all = append(all, &adminv1.Object{Class: class.Name, Name: o.Name})
		} else {
			all = append(all, message(t, o))
		}
		if m.Limit > 0 && len(all) == int(m.Limit) {
			break
		}
	}
	return all
}
