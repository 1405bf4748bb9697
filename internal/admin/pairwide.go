package admin

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"leasehold/internal/partner"
	"leasehold/internal/store"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// This file does a command on both servers of a pair. The order is:
//
//  1. it is tried here, without a change;
//  2. the partner does what it still has to do, and is asked whether it would
//     do the command; what it refuses is refused, and nothing was changed;
//  3. it is done here, and in the same transaction stands on the list of what
//     the partner is to do (a lease is in another database: the list says
//     first that it is to be done here, too, and a restart sees to it);
//  4. the partner does it, which it keeps under the command's ID in the
//     transaction of its change, and it goes off the list.
//
// Whichever server is killed wherever: before 3 nothing was done, after it the
// list has the command until the partner has it, and the partner does nothing
// twice that it has the ID of. Without an answer of the partner in 2 it stays
// on the list.

// target is a partner that a command goes to.
type target struct {
	of      *both
	pair    string
	cluster *objects.Object
	conn    *partner.Conn
	entry   *store.Pending
	delivered
}

func (t *target) called() string {
	return fmt.Sprintf("cluster %q at %s", t.cluster.Name, partner.Address(t.cluster))
}

// Both does a command on this server and on the failover partner.
func (s *Service) Both(ctx context.Context, r *connect.Request[adminv1.BothRequest]) (*connect.Response[adminv1.InvokeResponse], error) {
	p, err := readPairwide(r.Msg.Command)
	if err != nil {
		return nil, rpc.Refusal(err)
	}
	release, err := s.outbox.take(ctx)
	if err != nil {
		return nil, rpc.Refusal(err)
	}
	defer release()
	answer, err := s.both(ctx, p)
	if err != nil && err.Code.Failed() {
		return nil, rpc.Refusal(err)
	}
	answer.Status = rpc.Status(err)
	return connect.NewResponse(answer), nil
}

func (s *Service) both(ctx context.Context, p *pairwide) (*adminv1.InvokeResponse, *objects.Error) {
	who := sessionFrom(ctx)
	if err := s.mayBoth(who, p); err != nil {
		return nil, err
	}
	if _, err := s.carryOut(ctx, p, request{dry: true}); err != nil && err.Code.Failed() {
		return nil, err
	}
	targets, err := s.targetsOf(p)
	if err != nil {
		return nil, err
	}
	for _, t := range targets {
		if err := s.ready(ctx, who, p, t); err != nil {
			return nil, err
		}
	}
	answer, status := s.doHere(ctx, who, p, targets)
	if status != nil && status.Code.Failed() {
		return nil, status
	}
	for _, t := range targets {
		if t.later == nil {
			// It is done here: whoever gave it need not wait for it any more.
			t.delivered = s.send(context.WithoutCancel(ctx), t.conn, t.entry, false)
		}
		if t.later != nil {
			s.outbox.putOff(t.cluster.Name, t.later, s.clock.Now())
			s.log.Log(msgPending, who.who(), who.source, p.text(), t.cluster.Name, t.later.Msg)
		}
	}
	return answer, concluded(answer, status, targets)
}

// mayBoth asks for the right to what the command changes. The partner is asked
// with the right of the cluster's administrator.
func (s *Service) mayBoth(who *session, p *pairwide) *objects.Error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if who.transaction != nil {
		return objects.Errorf(objects.NotSupported, "%s: a command with %s is done on two servers and cannot be part of a transaction; commit or roll back first, or give it without %s", p.what(), objects.BothFlag, objects.BothFlag)
	}
	return s.mayEdit(who, p.class)
}

// targetsOf finds the partners.
func (s *Service) targetsOf(p *pairwide) ([]*target, *objects.Error) {
	pairs, cfg, err := s.pairsOf(p)
	if err != nil {
		return nil, err
	}
	var all []*target
	known := map[string]bool{}
	for _, pair := range pairs {
		b := &both{call: &call{service: s}, pair: pair, own: &member{cfg: cfg}}
		fingerprint, err := b.takeRoles()
		if err != nil {
			return nil, err
		}
		cluster, err := b.partnerCluster()
		if err != nil {
			return nil, err
		}
		if fingerprint != "" && objects.ClusterFingerprint.Of(cluster) == fingerprint {
			return nil, itself(pair, cluster.Ref())
		}
		if key := strings.ToLower(cluster.Name); !known[key] {
			known[key] = true
			all = append(all, &target{of: b, pair: pair.Name, cluster: cluster})
		}
	}
	return all, nil
}

// pairsOf finds the failover pairs that a command concerns, and what of the
// configuration tells who is in them.
func (s *Service) pairsOf(p *pairwide) ([]*objects.Object, *objects.Config, *objects.Error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	of := objects.NewConfig()
	of.Put(s.stored.cfg.Dhcp())
	for _, o := range s.stored.cfg.All(objects.Cluster) {
		of.Put(o)
	}
	var pairs []*objects.Object
	if p.class == objects.Client || p.class == objects.ClientPolicy {
		for _, o := range s.stored.cfg.All(objects.FailoverPair) {
			if objects.FailoverPairOn.Of(o) {
				pairs = append(pairs, o)
			}
		}
		if len(pairs) == 0 {
			return nil, nil, objects.Errorf(objects.Invalid, "%s: there is no failover-pair in use, so %s has no partner to do it on; leave it out", p.what(), objects.BothFlag)
		}
		return pairs, of, nil
	}
	scope, err := s.scopeOf(p)
	if err != nil {
		return nil, nil, err
	}
	pair := s.stored.cfg.PairOf(scope)
	if pair == nil {
		return nil, nil, objects.Errorf(objects.Invalid, "%s: %s is in no failover-pair in use, so %s has no partner to do it on; leave it out, or have a failover-pair match the scope's subnet (addMatch)", p.what(), scope.Ref(), objects.BothFlag)
	}
	return []*objects.Object{pair}, of, nil
}

// scopeOf finds the scope of a lease, a reservation or a scope's own command.
// The caller holds s.mu.
func (s *Service) scopeOf(p *pairwide) (*objects.Object, *objects.Error) {
	cfg := s.stored.cfg
	switch p.class {
	case objects.Scope:
		return find(s.stored, objects.Scope, p.name)
	case objects.Lease:
		o, err := s.runtime.Lease(p.name)
		if err != nil {
			return nil, err
		}
		if scope := cfg.Get(objects.Scope, objects.LeaseScopeName.Of(o)); scope != nil {
			return scope, nil
		}
		return nil, objects.Errorf(objects.NotFound, "%s: its scope %q is in service, but is stored no longer", p.what(), objects.LeaseScopeName.Of(o))
	}
	name, err := canonical(s.stored, p.class, p.name)
	if err != nil {
		return nil, err
	}
	vpn, addr := objects.ReservationAddress(objects.New(p.class, name))
	number, err := cfg.VPNNumber(vpn)
	if err != nil {
		return nil, err
	}
	if scope := cfg.ScopeAt(number, addr); scope != nil {
		return scope, nil
	}
	return nil, objects.Errorf(objects.Invalid, "%s: the address is in no scope, so %s has no partner to do it on", p.what(), objects.BothFlag)
}

// ready has a partner catch up and asks whether it would do the command. It
// returns a refusal; that the partner cannot be reached is none.
func (s *Service) ready(ctx context.Context, who *session, p *pairwide, t *target) *objects.Error {
	if t.later = s.outbox.unreachable(t.cluster.Name, s.clock.Now()); t.later != nil {
		return nil
	}
	var err *objects.Error
	if t.conn, err = s.outbox.reach(ctx, s, t.cluster, t.of); err == nil {
		if t.later = s.catchUp(ctx, t.conn); t.later != nil {
			return nil
		}
		m := p.request(who.who())
		m.DryRun = true
		_, err = s.outbox.follow(ctx, t.conn, m)
	}
	switch {
	case err == nil:
		return nil
	case err.Code == objects.ConnectionFailure:
		t.later = err
		return nil
	}
	e := *err
	e.Detail = append(slices.Clip(e.Detail), fmt.Sprintf("Nothing was changed, neither here nor there. Without %s the command is for this server alone.", objects.BothFlag))
	return &e
}

// doHere does the command on this server, and keeps what partners are to do.
func (s *Service) doHere(ctx context.Context, who *session, p *pairwide, targets []*target) (*adminv1.InvokeResponse, *objects.Error) {
	command, e := proto.Marshal(p.forPartner())
	if e != nil {
		return nil, objects.AsError(e)
	}
	var entries []*store.Pending
	for _, t := range targets {
		var id [16]byte
		rand.Read(id[:]) // never fails
		t.entry = &store.Pending{ID: hex.EncodeToString(id[:]), Pair: t.pair, Cluster: t.cluster.Name, At: s.clock.Now(), Who: who.who(), Command: command, Here: p.class == objects.Lease}
		entries = append(entries, t.entry)
	}
	if p.class != objects.Lease {
		answer, status := s.carryOut(ctx, p, request{pending: entries})
		if status == nil || !status.Code.Failed() {
			s.outbox.add(entries)
		}
		return answer, status
	}
	ctx = context.WithoutCancel(ctx)
	if _, err := s.store.Commit(ctx, store.Tx{At: s.clock.Now(), Pending: entries}); err != nil {
		s.log.Log(msgStoreFailed, who.who(), err)
		return nil, objects.Errorf(objects.GenericError, "the command could not be stored for the partner: %v; nothing was changed", err)
	}
	answer, status := s.carryOut(ctx, p, request{})
	for _, entry := range entries {
		if status != nil && status.Code.Failed() {
			s.keep(entry, s.store.PendingGone(ctx, entry.Seq))
			continue
		}
		s.keep(entry, s.store.PendingHere(ctx, entry.Seq))
		entry.Here = false
		s.outbox.add([]*store.Pending{entry})
	}
	return answer, status
}

// concluded says what came of it: the status of what was done here, where the
// partners have done it, too.
func concluded(answer *adminv1.InvokeResponse, status *objects.Error, targets []*target) *objects.Error {
	var done, open, way, says []string
	for _, t := range targets {
		switch {
		case t.refused != nil:
			open = append(open, fmt.Sprintf("%s refused it meanwhile (%s)", t.called(), t.refused.Msg))
			way = append(way, fmt.Sprintf("The two servers differ in this now. failover-pair %s listPending shows it until it is cancelled.", objects.QuoteWord(t.pair)))
		case t.later != nil:
			open = append(open, "pending on "+t.called())
			way = append(way, t.later.Msg, fmt.Sprintf("It is done there when that server answers again; failover-pair %s listPending shows what waits.", objects.QuoteWord(t.pair)))
		default:
			done = append(done, t.called())
			if t.status != nil && t.status.Code == objects.OkWithWarnings {
				says = append(append(says, t.called()+": "+t.status.Msg), t.status.Detail...)
			}
		}
	}
	if len(open) == 0 {
		answer.Lines = append(answer.Lines, "done on this server and on "+listed(done))
		answer.Lines = append(answer.Lines, says...)
		return status
	}
	way = append(way, says...)
	e := &objects.Error{Code: objects.OkWithWarnings, Msg: "done on " + listed(append([]string{"this server"}, done...)) + "; " + listed(open), Detail: way}
	if status != nil && status.Code != objects.OkWithWarnings {
		e.Detail = append([]string{status.Status()}, e.Detail...)
	} else if status != nil {
		e.Detail = append(e.Detail, append([]string{status.Msg}, status.Detail...)...)
	}
	return e
}
