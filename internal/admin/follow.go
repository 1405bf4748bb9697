package admin

import (
	"context"
	"fmt"
	"strings"
	"time"

	"connectrpc.com/connect"

	"leasehold/internal/store"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// Follow does this server's part of a command that the failover partner was
// given for both. What it changes says in the change log what it is part of.
func (s *Service) Follow(ctx context.Context, r *connect.Request[adminv1.FollowRequest]) (*connect.Response[adminv1.InvokeResponse], error) {
	answer, err := s.followed(ctx, r.Msg)
	if err != nil && err.Code.Failed() {
		return nil, rpc.Refusal(err)
	}
	answer.Status = rpc.Status(err)
	return connect.NewResponse(answer), nil
}

func (s *Service) followed(ctx context.Context, m *adminv1.FollowRequest) (*adminv1.InvokeResponse, *objects.Error) {
	who := sessionFrom(ctx)
	p, err := readPairwide(m.Command)
	if err != nil {
		return nil, err
	}
	if len(m.Id) > maxReason || m.Id == "" && !m.DryRun {
		return nil, objects.Errorf(objects.Invalid, "the ID of the command is missing or has more than %d bytes", maxReason)
	}
	if err := s.mayBoth(who, p); err != nil {
		return nil, err
	}
	user, host, _ := strings.Cut(m.Who, "@")
	reason := fmt.Sprintf("%s %s, given by %s@%s", p.verb, objects.BothFlag, hostWord(user), hostWord(host))
	if p.class != objects.Lease || m.DryRun {
		r := request{dry: m.DryRun, again: true, reason: reason}
		if !m.DryRun {
			r.followed = m.Id
		}
		return s.carryOut(ctx, p, r)
	}
	done, err := s.wasFollowed(ctx, m.Id)
	if done || err != nil {
		return &adminv1.InvokeResponse{}, err
	}
	answer, err := s.leaseOnce(ctx, p, m.Given)
	if err == nil || !err.Code.Failed() {
		if _, e := s.store.Commit(context.WithoutCancel(ctx), store.Tx{At: s.clock.Now(), Followed: m.Id}); e != nil {
			s.log.Log(msgStoreFailed, who.who(), e)
			return nil, objects.Errorf(objects.ConnectionFailure, "that the command was done could not be stored: %v", e)
		}
	}
	return answer, err
}

// wasFollowed tells whether a command of a partner was done here.
func (s *Service) wasFollowed(ctx context.Context, id string) (bool, *objects.Error) {
	if id == "" {
		return false, nil
	}
	done, err := s.store.Followed(ctx, id)
	return done, objects.AsError(err)
}

// leaseOnce does a command on a lease that may have been done before. That is
// of no harm but to a lease that was ended and given anew since: given is when
// the command was given, if that is some time ago.
func (s *Service) leaseOnce(ctx context.Context, p *pairwide, given int64) (*adminv1.InvokeResponse, *objects.Error) {
	o, err := s.runtime.Lease(p.name)
	if err != nil {
		return nil, err
	}
	if p.verb == "force-available" {
		last := objects.LeaseLastTransaction.Of(o)
		switch state := o.Text(objects.LeaseState.Attr); {
		case state == "available", state == "other-available", state == "pending-available":
			return &adminv1.InvokeResponse{}, nil
		case given > 0 && last > given:
			return &adminv1.InvokeResponse{}, objects.Errorf(objects.OkWithWarnings, "lease %s was left alone: its client came at %s, after the command", p.name, time.Unix(last, 0).Format(time.ANSIC))
		}
	}
	return s.carryOut(ctx, p, request{})
}
