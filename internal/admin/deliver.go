package admin

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"leasehold/internal/store"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
)

// Resume completes on this server what a crash has cut off: commands on leases
// that were to be done on both servers. It comes before clients and
// administrators are served.
func (s *Service) Resume(ctx context.Context) {
	self := &session{user: "server", host: s.cluster, source: "restart", trusted: true}
	ctx = context.WithValue(ctx, sessionKey{}, self)
	for _, entry := range s.outbox.list(func(e *store.Pending) bool { return e.Here }) {
		m := &adminv1.Command{}
		p, err := (*pairwide)(nil), objects.AsError(proto.Unmarshal(entry.Command, m))
		if err == nil {
			p, err = readPairwide(m)
		}
		if err == nil {
			_, err = s.leaseOnce(ctx, p, entry.At.Unix())
		}
		if err != nil && err.Code.Failed() {
			s.log.Log(msgPendingLost, entry.Seq, textOf(entry), err.Msg)
			s.keep(entry, s.store.PendingGone(ctx, entry.Seq))
			s.outbox.remove(entry)
			continue
		}
		entry.Here = false
		s.keep(entry, s.store.PendingHere(ctx, entry.Seq))
	}
}

// Deliver has partners do what is pending, until ctx ends: as soon as their
// failover link comes up, and every retryEvery.
func (s *Service) Deliver(ctx context.Context) {
	for ctx.Err() == nil {
		if len(s.outbox.list(waiting)) == 0 {
			select {
			case <-s.outbox.woken:
			case <-ctx.Done():
				return
			}
		}
		s.deliver(ctx)
		select {
		case <-s.clock.After(lookEvery):
		case <-ctx.Done():
		}
	}
}

// deliver tries each partner whose time has come.
func (s *Service) deliver(ctx context.Context) {
	cameUp := s.linksUp()
	seen := map[string]bool{}
	for _, entry := range s.outbox.list(waiting) {
		key := strings.ToLower(entry.Cluster)
		last := s.outbox.last(entry.Cluster)
		if seen[key] || last.why != nil && !cameUp[strings.ToLower(entry.Pair)] && s.clock.Now().Sub(last.at) < retryEvery {
			continue
		}
		seen[key] = true
		if why := s.deliverTo(ctx, entry); why != nil {
			s.outbox.putOff(entry.Cluster, why, s.clock.Now())
		}
	}
}

// deliverTo has the partner that an entry is for do all that waits for it.
func (s *Service) deliverTo(ctx context.Context, entry *store.Pending) *objects.Error {
	release, err := s.outbox.take(ctx)
	if err != nil {
		return err
	}
	defer release()
	s.mu.RLock()
	cluster, pair, cfg := s.stored.cfg.Get(objects.Cluster, entry.Cluster), s.stored.cfg.Get(objects.FailoverPair, entry.Pair), s.stored.cfg.Clone()
	s.mu.RUnlock()
	if cluster == nil {
		return objects.Errorf(objects.NotFound, "there is no cluster %q any more", entry.Cluster)
	}
	var b *both
	if pair != nil { // without it nobody can tell whose partner the server is
		b = &both{call: &call{service: s}, pair: pair, own: &member{cfg: cfg}}
		if _, err := b.takeRoles(); err != nil {
			return err
		}
	}
	conn, err := s.outbox.reach(ctx, s, cluster, b)
	if err != nil {
		return err
	}
	return s.catchUp(ctx, conn)
}

// linksUp tells which pairs' failover links have come up since it was asked
// last.
func (s *Service) linksUp() map[string]bool {
	came := map[string]bool{}
	for _, r := range s.partners() {
		key, up := strings.ToLower(r.Pair), r.Communications == "OK"
		s.outbox.mu.Lock()
		came[key] = came[key] || up && !s.outbox.up[key]
		s.outbox.up[key] = up
		s.outbox.mu.Unlock()
	}
	return came
}

// pendingOf lists what is pending for the partner of a pair, which may be gone
// since.
func (c *call) pendingOf() ([]*store.Pending, *objects.Error) {
	entries := c.service.outbox.list(func(e *store.Pending) bool { return strings.EqualFold(e.Pair, c.name) })
	if len(entries) > 0 {
		return entries, nil
	}
	return nil, c.object(func(*table, *objects.Object) *objects.Error { return nil })
}

// listPending lists the commands that the partner is still to do.
func listPending(c *call) *objects.Error {
	entries, err := c.pendingOf()
	if err != nil {
		return err
	}
	now := c.service.clock.Now()
	for _, e := range entries {
		c.line(fmt.Sprintf("%d: %s", e.Seq, textOf(e)))
		c.line(fmt.Sprintf("    given by %s on %s, %s ago", e.Who, e.At.Format(time.ANSIC), objects.FormatTime(now.Sub(e.At).Truncate(time.Second))))
		c.line("    " + c.service.stateOf(e, now))
	}
	if len(entries) == 0 {
		c.line("Nothing is pending on the partner.")
	}
	return nil
}

// stateOf says how an entry is: refused, or waiting for what.
func (s *Service) stateOf(e *store.Pending, now time.Time) string {
	s.outbox.mu.Lock()
	failed, last := e.Failed, s.outbox.tried[strings.ToLower(e.Cluster)]
	s.outbox.mu.Unlock()
	switch {
	case failed != "":
		return "refused: " + failed
	case last.why == nil:
		return fmt.Sprintf("waits for cluster %q", e.Cluster)
	}
	return fmt.Sprintf("waits, tried %s ago: %s", objects.FormatTime(now.Sub(last.at).Truncate(time.Second)), last.why.Msg)
}

// cancelPending gives up one of them, or all.
func cancelPending(c *call) *objects.Error {
	release, err := c.service.outbox.take(c.ctx)
	if err != nil {
		return err
	}
	defer release()
	entries, err := c.pendingOf()
	if err != nil {
		return err
	}
	if !strings.EqualFold(c.args[0], "all") {
		if entries, err = numbered(entries, c.args[0]); err != nil {
			return err
		}
	}
	for _, e := range entries {
		if err := c.service.store.PendingGone(c.ctx, e.Seq); err != nil {
			return objects.AsError(err)
		}
		c.service.outbox.remove(e)
		c.line(fmt.Sprintf("given up, and not done on cluster %q: %s", e.Cluster, textOf(e)))
	}
	if len(entries) == 0 {
		c.line("Nothing is pending on the partner.")
	}
	c.audit(nil)
	return nil
}

func numbered(entries []*store.Pending, text string) ([]*store.Pending, *objects.Error) {
	seq, e := strconv.ParseUint(text, 10, 64)
	if e != nil {
		return nil, objects.Errorf(objects.Invalid, "cancelPending: %q is neither a number that listPending shows nor all", text)
	}
	for _, p := range entries {
		if p.Seq == seq {
			return []*store.Pending{p}, nil
		}
	}
	return nil, objects.Errorf(objects.NotFound, "no command of the number %d is pending; listPending shows those that are", seq)
}
