package rpc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"connectrpc.com/connect"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
	"leasehold/pkg/rpc/adminv1/adminv1connect"
)

// DefaultPort is the admin port of a server that names none; DefaultData the
// data folder that "localhost" means.
const (
	DefaultPort = "1234"
	DefaultData = "/var/lib/leasehold"
)

// DialOptions say how far a client trusts a server that it reaches over TCP.
type DialOptions struct {
	// Fingerprint pins the certificate: a server that shows another one is
	// refused, and nothing else below is asked.
	Fingerprint string
	// CACert is a file of certificates (PEM). A server must show one of them,
	// or one signed by one of them and made out to its name.
	CACert string
	// Known is the file of fingerprints for trust on first use, where no
	// CACert is given. It and its folder are made when needed.
	Known string
	// NewServer is told of a server that Known does not hold, and without
	// Known of any; an error refuses it. nil accepts.
	NewServer func(address, fingerprint string) error
	// Data is the data folder behind "localhost"; "" is DefaultData.
	Data string
	// Timeout bounds connecting; 0 is 10 seconds.
	Timeout time.Duration
}

// Client is a connection to a server, with the calls of the service. After
// LogIn every call carries the session's token; when the server has forgotten
// an idle session, the client logs in again by itself, unless a transaction
// was lost with it.
type Client struct {
	adminv1connect.AdminClient
	// Target is the address in full: unix:PATH or host:port.
	Target string
	// Fingerprint is that of the server's certificate; "" on a unix socket.
	Fingerprint string

	transport *http.Transport

	mu            sync.Mutex
	token         string
	login         *adminv1.LoginRequest // of the present session
	inTransaction bool
}

// Dial connects to unix:PATH, localhost (the unix socket of the default data
// folder; also ""), or host[:port] over TLS. Its errors are or wrap *objects.Error
// and name the address.
func Dial(ctx context.Context, target string, o DialOptions) (*Client, error) {
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Data == "" {
		o.Data = DefaultData
	}
	c := &Client{}
	dial, scheme, err := c.dialer(target, o)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	first, err := dial(ctx)
	if err != nil {
		return nil, err
	}
	c.transport = c.newTransport(first, dial, o.Timeout)
	c.AdminClient = adminv1connect.NewAdminClient(&http.Client{Transport: c.transport}, scheme+"://leasehold",
		connect.WithInterceptors(&sessionInterceptor{c}), connect.WithReadMaxBytes(64<<20))
	return c, nil
}

// LogIn opens the session. On a unix socket root and the server's own user may
// leave user and password empty.
func (c *Client) LogIn(ctx context.Context, r *adminv1.LoginRequest) (*adminv1.LoginResponse, error) {
	answer, err := c.Login(ctx, connect.NewRequest(r))
	if err != nil {
		return nil, AsError(err)
	}
	c.mu.Lock()
	c.token, c.login, c.inTransaction = answer.Msg.Token, r, false
	c.mu.Unlock()
	return answer.Msg, nil
}

// Close ends the session and the connection.
func (c *Client) Close() error {
	c.mu.Lock()
	open := c.token != ""
	c.mu.Unlock()
	var err error
	if open {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_, err = c.Logout(ctx, connect.NewRequest(&adminv1.LogoutRequest{}))
	}
	c.transport.CloseIdleConnections()
	if err != nil {
		return AsError(err)
	}
	return nil
}

type dialFunc func(context.Context) (net.Conn, error)

// dialer reads the target and returns how to reach it.
func (c *Client) dialer(target string, o DialOptions) (dialFunc, string, error) {
	if target == "" || strings.EqualFold(target, "localhost") {
		target = "unix:" + filepath.Join(o.Data, SocketFile)
	}
	if path, ok := strings.CutPrefix(target, "unix:"); ok {
		c.Target = target
		return func(ctx context.Context) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
			if err != nil {
				return nil, unreachable(target, err)
			}
			return conn, nil
		}, "http", nil
	}
	address, err := hostPort(target)
	if err != nil {
		return nil, "", err
	}
	c.Target = address
	check, err := newServerCheck(address, o)
	if err != nil {
		return nil, "", err
	}
	return func(ctx context.Context) (net.Conn, error) {
		conn, fingerprint, err := check.dial(ctx)
		if err != nil {
			return nil, err
		}
		c.mu.Lock()
		c.Fingerprint = fingerprint
		c.mu.Unlock()
		return conn, nil
	}, "https", nil
}

func hostPort(target string) (string, error) {
	host, port := target, DefaultPort
	if h, p, err := net.SplitHostPort(target); err == nil {
		host, port = h, p
	} else if strings.HasPrefix(target, "[") && strings.HasSuffix(target, "]") {
		host = target[1 : len(target)-1]
	} else if strings.Count(target, ":") == 1 {
		return "", objects.Errorf(objects.ConnectionFailure, "%s: %v", target, err)
	}
	if host == "" || strings.ContainsAny(host, " /\t[]") {
		return "", objects.Errorf(objects.ConnectionFailure, "%q is no host[:port]", target)
	}
	return net.JoinHostPort(host, port), nil
}

// unreachable says which address did not answer, and what could be done where
// the cause is common.
func unreachable(address string, err error) *objects.Error {
	var cause = err
	if op, ok := errors.AsType[*net.OpError](err); ok {
		cause = op.Err
	}
	hint := ""
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		switch {
		case isNotExist(err):
			hint = "; is the server running with another data folder? unix:PATH names its socket"
		case isPermission(err):
			hint = fmt.Sprintf("; %s is for root and the server's own user and group, others log in at 127.0.0.1", path)
		}
	}
	return objects.Errorf(objects.ConnectionFailure, "%s: %v%s", address, cause, hint)
}

func (c *Client) newTransport(first net.Conn, dial dialFunc, timeout time.Duration) *http.Transport {
	var once sync.Once
	next := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var conn net.Conn
		once.Do(func() { conn = first })
		if conn != nil {
			return conn, nil
		}
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		return dial(ctx)
	}
	return &http.Transport{
		DialContext:         next, // unix
		DialTLSContext:      next, // TCP: dial has done the handshake and its checks
		MaxIdleConnsPerHost: 2,
		IdleConnTimeout:     2 * time.Minute, // below the server's, so that it is us who closes
		DisableCompression:  true,            // the service compresses by itself
	}
}
