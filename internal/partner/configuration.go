package partner

import (
	"context"
	"fmt"
	"time"

	"connectrpc.com/connect"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// Snapshot is the whole stored configuration of a server as of one write.
type Snapshot struct {
	Version uint64 // number of that write, for Change.Expected
	Config  *objects.Config
}

// Snapshot reads the cluster's stored configuration. With secrets they are in
// clear, which the other server allows to full-admin only; without they are
// masked. Objects say who changed them when, on that server.
func (c *Conn) Snapshot(ctx context.Context, secrets bool) (*Snapshot, *objects.Error) {
	const doing = "reading its configuration"
	ctx, alive, done := c.watch(ctx)
	defer done()
	stream, err := c.client.Snapshot(ctx, connect.NewRequest(&adminv1.SnapshotRequest{Secrets: secrets}))
	if err != nil {
		return nil, c.Failed(doing, cause(ctx, err))
	}
	defer func() { _ = stream.Close() }() // its error is that of the stream
	s := &Snapshot{Config: objects.NewConfig()}
	messages := 0
	for stream.Receive() {
		alive()
		m := stream.Msg()
		if messages++; messages > 1 && m.Version != s.Version {
			return nil, c.errorf(objects.UnexpectedError, "", "%s: it is of write %d and of write %d", doing, s.Version, m.Version)
		}
		s.Version = m.Version
		for _, given := range m.Objects {
			o, err := c.object(given)
			if err != nil {
				return nil, err
			}
			s.Config.Put(o)
		}
	}
	if err := stream.Err(); err != nil {
		return nil, c.Failed(doing, cause(ctx, err))
	}
	if messages == 0 {
		return nil, c.errorf(objects.UnexpectedError, "", "%s: the server sent nothing", doing)
	}
	return s, nil
}

// object makes an object of its message.
func (c *Conn) object(m *adminv1.Object) (*objects.Object, *objects.Error) {
	class := objects.ClassNamed(m.Class)
	if class == nil || class.Runtime {
		return nil, c.unknownThing(fmt.Sprintf("an object of class %q", m.Class))
	}
	o := objects.New(class, m.Name)
	o.Version, o.ChangedBy, o.ChangedAt = m.Version, m.ChangedBy, m.ChangedAt
	for _, a := range m.Attributes {
		if class.Attr(a.Name) == nil && !class.Dynamic(a.Name) {
			return nil, c.unknownThing(fmt.Sprintf("%s with the attribute %q", o.Ref(), a.Name))
		}
		o.Attrs[a.Name] = a.Text
	}
	return o, nil
}

// Change is what Apply does to a server.
type Change struct {
	// Expected is the Version of the Snapshot that the change was made for:
	// where the server's is another, all is refused with code AlreadyLocked.
	// 0 is whatever it is.
	Expected uint64
	// Put holds objects as they are to be, whole.
	Put    []*objects.Object
	Delete []*objects.Object // only class and name count
	Reason string            // for the change log
	DryRun bool
	Force  bool // delete scopes although they hold live leases
	// Synchronous has the running server take the change at once.
	Synchronous bool
}

// Applied is what an Apply did, or with DryRun would do.
type Applied struct {
	Version uint64
	Changes []*adminv1.Change
	Warning *objects.Error // nil: 100 Ok
}

// applyPage is how many objects travel in one message.
const applyPage = 500

// Messages writes the change as the calls of Apply send it.
func (ch Change) Messages() []*adminv1.ApplyRequest {
	first := &adminv1.ApplyRequest{ExpectedVersion: ch.Expected, Reason: ch.Reason, DryRun: ch.DryRun, Force: ch.Force}
	if ch.Synchronous {
		first.EditMode = "synchronous"
	}
	for _, o := range ch.Delete {
		first.Delete = append(first.Delete, &adminv1.ObjectName{Class: o.Class.Name, Name: o.Name})
	}
	all := []*adminv1.ApplyRequest{first}
	for i, o := range ch.Put {
		if i > 0 && i%applyPage == 0 {
			all = append(all, &adminv1.ApplyRequest{})
		}
		m := &adminv1.Object{Class: o.Class.Name, Name: o.Name}
		for _, name := range o.Names() {
			m.Attributes = append(m.Attributes, &adminv1.Attribute{Name: name, Text: o.Attrs[name]})
		}
		last := all[len(all)-1]
		last.Put = append(last.Put, m)
	}
	return all
}

// Apply changes the cluster's stored configuration in one transaction: when it
// returns no error, all of it was done, and when the other server refuses,
// nothing. If the connection is lost it is not known which; the error says so.
func (c *Conn) Apply(ctx context.Context, change Change) (*Applied, *objects.Error) {
	const doing = "changing its configuration"
	ctx, alive, done := c.watch(ctx)
	defer done()
	stream := c.client.Apply(ctx)
	for _, m := range change.Messages() {
		if err := stream.Send(m); err != nil {
			break // the answer says why
		}
		alive()
	}
	answer, err := stream.CloseAndReceive()
	if err != nil {
		e := c.Failed(doing, cause(ctx, err))
		if e.Code == objects.ConnectionFailure && !change.DryRun {
			e.Detail = append(e.Detail, "It was done as a whole or not at all; which of the two is in that server's change log: nrcmd -C "+c.Cluster+" session changes")
		}
		return nil, e
	}
	return &Applied{Version: answer.Msg.Version, Changes: answer.Msg.Changes, Warning: rpc.ErrorOf(answer.Msg.Status)}, nil
}

// Reload makes the cluster's stored configuration its running one; lines are
// what the other server prints.
func (c *Conn) Reload(ctx context.Context, force bool) (lines []string, status *objects.Error) {
	ctx, _, done := c.watch(ctx)
	defer done()
	answer, err := c.client.Control(ctx, connect.NewRequest(&adminv1.ControlRequest{Action: "reload", Force: force}))
	if err != nil {
		return nil, c.Failed("reloading it", cause(ctx, err))
	}
	return answer.Msg.Lines, rpc.ErrorOf(answer.Msg.Status)
}

// patience is how many timeouts a call may take without a sign of life: a big
// change is validated and written before it is answered.
const patience = 6

// watch gives up a call whose other side says nothing any more. alive is
// called for each sign of life, done at the end.
func (c *Conn) watch(ctx context.Context) (watched context.Context, alive, done func()) {
	watched, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(patience*c.timeout, func() { cancel(errSilent) })
	return watched, func() { timer.Reset(patience * c.timeout) }, func() {
		timer.Stop()
		cancel(nil)
	}
}

// cause is why a call failed: silence, where it was given up for that.
func cause(ctx context.Context, err error) error {
	if context.Cause(ctx) == errSilent {
		return errSilent
	}
	return err
}
