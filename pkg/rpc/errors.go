package rpc

import (
	"context"
	"errors"
	"strings"

	"connectrpc.com/connect"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
)

// Refusal makes the error that a handler returns from an object error: the
// status travels as error detail, beside the nearest code of the transport for
// callers that know nothing of nrcmd.
func Refusal(e *objects.Error) error {
	ce := connect.NewError(transportCode(e.Code), errors.New(e.Status()))
	if d, err := connect.NewErrorDetail(Status(e)); err == nil {
		ce.AddDetail(d)
	}
	return ce
}

// Status returns the message form of an object error; of nil, 100 Ok.
func Status(e *objects.Error) *adminv1.Status {
	if e == nil {
		return &adminv1.Status{Code: int32(objects.Ok)}
	}
	return &adminv1.Status{Code: int32(e.Code), Message: e.Msg, Detail: e.Detail}
}

// ErrorOf returns the object error that a status message holds; nil for 100.
func ErrorOf(s *adminv1.Status) *objects.Error {
	if s == nil || objects.Code(s.Code) == objects.Ok {
		return nil
	}
	return &objects.Error{Code: objects.Code(s.Code), Msg: s.Message, Detail: s.Detail}
}

// AsError returns what a call failed with as an object error: the status that
// the server sent, or 501 where there is no server to send one.
func AsError(err error) *objects.Error {
	if err == nil {
		return nil
	}
	if oe, ok := errors.AsType[*objects.Error](err); ok {
		return oe
	}
	var ce *connect.Error
	if !errors.As(err, &ce) {
		return &objects.Error{Code: objects.ConnectionFailure, Msg: err.Error()}
	}
	for _, d := range ce.Details() {
		if v, err := d.Value(); err == nil {
			if s, ok := v.(*adminv1.Status); ok {
				return &objects.Error{Code: objects.Code(s.Code), Msg: s.Message, Detail: s.Detail}
			}
		}
	}
	return withoutStatus(ce)
}

// withoutStatus translates the failures that the transport itself reports.
func withoutStatus(ce *connect.Error) *objects.Error {
	switch ce.Code() {
	case connect.CodeResourceExhausted:
		return objects.Errorf(objects.TooMany, "the server refuses the message: %s", ce.Message())
	case connect.CodeUnimplemented:
		return objects.Errorf(objects.NotSupported, "the server does not know this call; is it older than this program?")
	case connect.CodeUnauthenticated:
		return objects.Errorf(objects.LoginFailure, "%s", ce.Message())
	case connect.CodeCanceled:
		if errors.Is(ce, context.Canceled) {
			return objects.Errorf(objects.GenericError, "interrupted")
		}
	case connect.CodeDeadlineExceeded:
		return objects.Errorf(objects.ConnectionFailure, "no answer in time")
	case connect.CodeInternal, connect.CodeUnknown, connect.CodeInvalidArgument:
		// A transport that breaks in the middle of an answer comes as one of
		// these too.
		if !brokenTransport(ce) {
			return objects.Errorf(objects.UnexpectedError, "%s", ce.Message())
		}
	}
	return objects.Errorf(objects.ConnectionFailure, "%s", ce.Message())
}

func brokenTransport(ce *connect.Error) bool {
	m := ce.Message()
	return strings.Contains(m, "EOF") || strings.Contains(m, "connection") || strings.Contains(m, "broken pipe")
}

func transportCode(c objects.Code) connect.Code {
	switch c {
	case objects.LoginFailure:
		return connect.CodeUnauthenticated
	case objects.NotFound, objects.NoLeaseFound, objects.NoPolicyFound, objects.NoMatchFound, objects.NoServerFound:
		return connect.CodeNotFound
	case objects.DuplicateObject:
		return connect.CodeAlreadyExists
	case objects.AlreadyLocked:
		return connect.CodeAborted
	case objects.NotSupported:
		return connect.CodeUnimplemented
	case objects.TooMany:
		return connect.CodeResourceExhausted
	case objects.ConnectionFailure:
		return connect.CodeUnavailable
	case objects.UnexpectedError:
		return connect.CodeInternal
	case objects.GenericError:
		return connect.CodeFailedPrecondition
	}
	return connect.CodeInvalidArgument
}
