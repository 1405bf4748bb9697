package rpc

import (
	"context"
	"errors"
	"net/http"

	"connectrpc.com/connect"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
	"leasehold/pkg/rpc/adminv1/adminv1connect"
)

// SessionUnknown is the detail line of the 401 that a server gives to a token
// it does not (or no longer) know; nothing of the call was done.
const SessionUnknown = "no such session"

// sessionInterceptor puts the token on each call, and replaces a session that
// the server has forgotten.
type sessionInterceptor struct{ client *Client }

func (i *sessionInterceptor) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
		procedure := req.Spec().Procedure
		if procedure == adminv1connect.AdminLoginProcedure {
			return next(ctx, req)
		}
		used := i.client.authorize(req.Header())
		answer, err := next(ctx, req)
		if forgotten(err) {
			if err := i.client.logInAgain(ctx, used, err); err != nil {
				return nil, err
			}
			i.client.authorize(req.Header())
			answer, err = next(ctx, req)
		}
		if err == nil {
			i.client.follow(procedure)
		}
		return answer, err
	}
}

// WrapStreamingClient makes sure of the session by a small call first: a
// stream cannot be sent twice.
func (i *sessionInterceptor) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return func(ctx context.Context, spec connect.Spec) connect.StreamingClientConn {
		if i.client.authorize(http.Header{}) != "" {
			// If it fails, the stream fails in the same way and says so.
			_, _ = i.client.Get(ctx, connect.NewRequest(&adminv1.GetRequest{Class: "session"}))
		}
		conn := next(ctx, spec)
		i.client.authorize(conn.RequestHeader())
		return conn
	}
}

func (i *sessionInterceptor) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return next
}

func (c *Client) authorize(h http.Header) (token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token != "" {
		h.Set("Authorization", "Bearer "+c.token)
	}
	return c.token
}

// follow keeps what the client must know about its session.
func (c *Client) follow(procedure string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch procedure {
	case adminv1connect.AdminBeginProcedure:
		c.inTransaction = true
	case adminv1connect.AdminCommitProcedure, adminv1connect.AdminRollbackProcedure:
		c.inTransaction = false
	case adminv1connect.AdminLogoutProcedure:
		c.token = ""
	}
}

// logInAgain replaces the session whose token was used; cause is what the call
// failed with.
func (c *Client) logInAgain(ctx context.Context, used string, cause error) error {
	c.mu.Lock()
	login, lost, now := c.login, c.inTransaction, c.token
	c.inTransaction = false
	c.mu.Unlock()
	if now != used {
		return nil // another call has done it
	}
	if login == nil {
		return cause
	}
	if lost {
		return Refusal(objects.Errorf(objects.LoginFailure, "the session has ended and its open transaction with it: nothing of the transaction was stored"))
	}
	answer, err := c.Login(ctx, connect.NewRequest(login))
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.token = answer.Msg.Token
	c.mu.Unlock()
	return nil
}

func forgotten(err error) bool {
	if err == nil {
		return false
	}
	var ce *connect.Error
	if !errors.As(err, &ce) || ce.Code() != connect.CodeUnauthenticated {
		return false
	}
	e := AsError(err)
	return len(e.Detail) == 1 && e.Detail[0] == SessionUnknown
}
