package admin

import (
	"context"
	"fmt"

	"leasehold/pkg/objects"
)

// Recovered sets failover-recover of the dhcp object back, or recover of the
// named failover-pair, if it is still the time (Unix seconds) that was dealt
// with: the leases since then were fetched from the partner. Left where it is
// it would be carried out again by a server that loses its lease database.
func (s *Service) Recovered(ctx context.Context, pair string, since int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, attr := s.stored.cfg.Dhcp(), objects.DhcpFailoverRecover
	if pair != "" {
		o, attr = s.stored.cfg.Get(objects.FailoverPair, pair), objects.FailoverPairRecover
	}
	if o == nil || attr.Of(o) != since {
		return nil
	}
	d := newDraft(s.stored)
	o = o.Clone()
	delete(o.Attrs, attr.Name)
	d.put(o)
	self := &session{user: "server", host: s.cluster, source: "failover", trusted: true}
	if err := s.save(ctx, request{session: self}, d.changed()); err != nil {
		d.undo()
		return fmt.Errorf("unset %s %s: %w", o.Ref(), attr.Name, err)
	}
	s.log.Log(msgChange, self.who(), self.source, described(d.changed()))
	return nil
}
