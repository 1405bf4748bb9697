package partner

import (
	"context"

	"connectrpc.com/connect"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// Follow has the cluster do its part of a command that is given to both servers
// of a pair. status is what it answers beside an error: nil, or a 1xx.
func (c *Conn) Follow(ctx context.Context, m *adminv1.FollowRequest) (status, err *objects.Error) {
	ctx, _, done := c.watch(ctx)
	defer done()
	doing := "doing the command there"
	if m.DryRun {
		doing = "asking whether it would do the command"
	}
	answer, e := c.client.Follow(ctx, connect.NewRequest(m))
	if e != nil {
		return nil, c.Failed(doing, cause(ctx, e))
	}
	return rpc.ErrorOf(answer.Msg.Status), nil
}
