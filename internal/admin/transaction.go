package admin

import (
	"context"

	"connectrpc.com/connect"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// maxTransactions bounds how many sessions may hold a copy of the
// configuration to change.
const maxTransactions = 32

// transaction is the changes of a session that are not stored yet: a copy of
// the configuration with the changes in it, and the draft that collects them.
type transaction struct {
	draft *draft
}

// write makes one more change. What it does is undone alone if it is refused:
// a batch may go on behind a bad line.
func (t *transaction) write(build func(*draft) *objects.Error) *objects.Error {
	step := newDraft(t.draft.table)
	warning, err := finish(step, build)
	if err != nil {
		step.undo()
		return err
	}
	t.draft.absorb(step)
	return warning
}

// absorb takes over what a later draft of the same table has done.
func (d *draft) absorb(step *draft) {
	for _, e := range step.edits {
		o := pick(e.before, e.after)
		if o == nil {
			continue
		}
		known := d.at[refOf(o)]
		if known == nil {
			d.at[refOf(o)] = e
			d.edits = append(d.edits, e)
			continue
		}
		known.remade = known.before != nil && (known.remade || e.remade || known.after == nil && e.after != nil)
		known.after = e.after
	}
}

// Begin opens the session's transaction.
func (s *Service) Begin(ctx context.Context, _ *connect.Request[adminv1.BeginRequest]) (*connect.Response[adminv1.BeginResponse], error) {
	who := sessionFrom(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.mayEditAnything(who); err != nil {
		return nil, rpc.Refusal(err)
	}
	if who.transaction != nil {
		return nil, rpc.Refusal(objects.Errorf(objects.AlreadyLocked, "the session has a transaction open; commit it or roll it back first"))
	}
	if n := s.sessions.transactions(); n >= maxTransactions {
		return nil, rpc.Refusal(objects.Errorf(objects.TooMany, "%d transactions are open, more than that would take too much memory", n))
	}
	who.transaction = &transaction{draft: newDraft(s.stored.branch())}
	return connect.NewResponse(&adminv1.BeginResponse{}), nil
}

// Rollback drops the session's transaction.
func (s *Service) Rollback(ctx context.Context, _ *connect.Request[adminv1.RollbackRequest]) (*connect.Response[adminv1.RollbackResponse], error) {
	who := sessionFrom(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if who.transaction == nil {
		return nil, rpc.Refusal(noTransaction())
	}
	who.transaction = nil
	return connect.NewResponse(&adminv1.RollbackResponse{}), nil
}

// Commit stores all changes of the transaction, or none if one of the objects
// was changed by somebody else since the transaction first touched it, or if
// they no longer fit to what is stored. A refused transaction stays open, to
// be looked at and rolled back.
func (s *Service) Commit(ctx context.Context, r *connect.Request[adminv1.CommitRequest]) (*connect.Response[adminv1.WriteResponse], error) {
	who := sessionFrom(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	tx := who.transaction
	if tx == nil {
		return nil, rpc.Refusal(noTransaction())
	}
	err := s.commitAll(ctx, request{session: who, mode: r.Msg.EditMode}, tx.draft.changed())
	if err != nil && err.Code.Failed() {
		return nil, rpc.Refusal(err)
	}
	who.transaction = nil
	return connect.NewResponse(&adminv1.WriteResponse{Status: rpc.Status(err)}), nil
}

// commitAll repeats the edits of a transaction on the stored configuration.
func (s *Service) commitAll(ctx context.Context, r request, edits []*edit) *objects.Error {
	d := newDraft(s.stored)
	err := replay(d, edits)
	if err == nil {
		err = d.check()
	}
	if err == nil {
		err = s.commit(ctx, r, d)
	}
	if err != nil && err.Code.Failed() {
		d.undo()
	}
	return err
}

func replay(d *draft, edits []*edit) *objects.Error {
	for _, e := range edits {
		o := pick(e.before, e.after)
		now := d.get(o.Class, o.Name)
		if e.before == nil && now != nil || e.before != nil && (now == nil || now.Version != e.before.Version) {
			return conflict(o.Class.Name, o.Name, now)
		}
	}
	for _, e := range edits {
		if e.before != nil && (e.after == nil || e.remade) {
			d.drop(e.before)
		}
	}
	for _, e := range edits {
		if e.after != nil {
			d.put(e.after.Clone())
		}
	}
	return nil
}

func noTransaction() *objects.Error {
	return objects.Errorf(objects.GenericError, "the session has no transaction open")
}
