package partner

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"connectrpc.com/connect"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
)

// errSilent is the cause of a call that was given up because the other server
// said nothing any more.
var errSilent = errors.New("no answer in time")

// Failed explains what a call to the cluster failed with; doing says what was
// under way ("reading its configuration"). A refusal of the other server keeps
// its code and details.
func (c *Conn) Failed(doing string, err error) *objects.Error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled) && !errors.Is(err, errSilent):
		return c.errorf(objects.GenericError, "", "interrupted while %s", doing)
	case unknownCall(err):
		way := "Bring both servers to the same version, this one's if it is the newer; until then the one that is older cannot take part."
		return c.errorf(objects.NotSupported, way, "the server, version %s, is older and does not know the call that %s takes", orUnknown(c.Version), doing)
	}
	e := rpc.AsError(err)
	if e.Code == objects.ConnectionFailure || errors.Is(err, errSilent) || errors.Is(err, context.DeadlineExceeded) {
		return c.errorf(objects.ConnectionFailure, "", "the connection was lost while %s: %s", doing, e.Msg)
	}
	more := c.errorf(e.Code, "", "%s: %s", doing, e.Msg)
	more.Detail = e.Detail
	return more
}

// unknownCall tells a server that does not have the procedure from one that
// has it and refuses: a refusal carries a status.
func unknownCall(err error) bool {
	var ce *connect.Error
	return errors.As(err, &ce) && ce.Code() == connect.CodeUnimplemented && len(ce.Details()) == 0
}

func orUnknown(version string) string {
	if version == "" {
		return "unknown"
	}
	return version
}

// withoutAddress drops the address that a message begins with: it stands
// before it already.
func withoutAddress(msg, address string) string {
	return strings.TrimPrefix(msg, address+": ")
}

// unknownThing is the error for an object that this program has no table for.
func (c *Conn) unknownThing(what string) *objects.Error {
	way := fmt.Sprintf("Its version is %s; both servers must run versions that know the same objects.", orUnknown(c.Version))
	return c.errorf(objects.NotSupported, way, "its configuration has %s, which this server does not know", what)
}
