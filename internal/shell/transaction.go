package shell

import (
	"context"
	"fmt"

	"connectrpc.com/connect"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
)

// txMode is what a batch does with its changes.
type txMode int

const (
	txNone   txMode = iota // each command for itself
	txAtomic               // all or none
	txDryRun               // none: only tell what would change
)

// What a command does to the running server cannot be taken back by a
// rollback.
type effect int

const (
	effectNone   effect = iota // reads, or changes the stored configuration
	effectLater                // makes sense after the commit: start, stop, reload
	effectAtOnce               // acts on leases or counters now
)

func (c *call) effect(v *classVerb) effect {
	switch {
	case v.name == "import leases":
		return effectAtOnce
	case v.method == nil || v.method.ReadOnly || c.class == objects.Session:
		return effectNone
	case v.name == "start" || v.name == "stop" || v.name == "reload" || v.name == "sync":
		return effectLater
	case c.class == objects.Lease || contains([]string{"resetStats", "clearUnavailable", "setPartnerDown", "rebalancePool", "setDebug", "unsetDebug", "confirm", "probe"}, v.name):
		return effectAtOnce
	}
	return effectNone
}

// inTransaction decides whether a verb runs now. Outside --atomic and
// --dry-run every verb does.
func (c *call) inTransaction(v *classVerb) (now bool, err *objects.Error) {
	e := c.effect(v)
	if c.tx == txNone || e == effectNone {
		return true, nil
	}
	if c.tx == txDryRun {
		c.println("not run: --dry-run")
		return false, nil
	}
	if e == effectAtOnce {
		return false, objects.Errorf(objects.NotSupported, "%s cannot be taken back and has no place in a batch with --atomic", v.name)
	}
	c.deferred = append(c.deferred, c.line)
	c.println("runs when the batch is committed")
	return false, nil
}

func (s *Shell) begin(ctx context.Context, mode txMode) *objects.Error {
	if mode == txNone {
		return nil
	}
	if _, err := s.client.Begin(ctx, connect.NewRequest(&adminv1.BeginRequest{})); err != nil {
		return asError(err)
	}
	s.tx = mode
	return nil
}

// end commits an atomic batch, or takes it back if a line failed; a dry run
// prints what it would have changed and takes it back.
func (s *Shell) end(ctx context.Context, failures []failure) {
	mode := s.tx
	s.tx = txNone
	c := &call{Shell: s, ctx: ctx}
	var err *objects.Error
	switch {
	case mode == txDryRun:
		err = c.pending()
		c.rollback()
	case mode == txAtomic && len(failures) > 0:
		c.rollback()
		err = objects.Errorf(objects.GenericError, "nothing was changed: %s failed", count(len(failures), "line"))
		for _, f := range failures {
			err.Detail = append(err.Detail, f.String())
		}
	case mode == txAtomic:
		err = c.commit()
	}
	code := c.finish(err)
	s.failed = s.failed || code.Failed()
	s.lost = s.lost || code == objects.ConnectionFailure
	if !code.Failed() {
		for _, line := range s.deferred {
			s.out.line(line + " runs now")
			s.out.line(prompt)
			s.Run(ctx, line)
		}
	}
	s.deferred = nil
	s.out.flush()
}

func (c *call) commit() *objects.Error {
	answer, err := c.client.Commit(c.ctx, connect.NewRequest(&adminv1.CommitRequest{EditMode: c.session.editMode()}))
	if err != nil {
		return asError(err)
	}
	if err := c.answer(answer.Msg.Status, nil); err != nil {
		return err
	}
	c.println("committed")
	return c.renewLogin(c.ctx)
}

func (c *call) pending() *objects.Error {
	answer, err := c.client.PendingChanges(c.ctx, connect.NewRequest(&adminv1.PendingChangesRequest{}))
	if err != nil {
		return asError(err)
	}
	for _, ch := range answer.Msg.Changes {
		c.println("would change: " + changeText(ch))
	}
	c.println(fmt.Sprintf("%s would be made; nothing was changed: --dry-run", count(len(answer.Msg.Changes), "change")))
	return nil
}

// rollback drops the transaction. The server drops it with the session too, so
// a failure is of no consequence.
func (c *call) rollback() {
	_, _ = c.client.Rollback(c.ctx, connect.NewRequest(&adminv1.RollbackRequest{}))
	clear(c.versions)
	c.newPassword = ""
}
