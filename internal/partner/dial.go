package partner

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// DefaultTimeout is how long a cluster may take to answer, where a Dialer says
// nothing else: to connect, to log in, and for each further piece.
const DefaultTimeout = 10 * time.Second

// Dialer reaches clusters. The zero value works.
type Dialer struct {
	// Host names this machine in the other server's change log.
	Host string
	// Timeout is that of each step; 0 is DefaultTimeout.
	Timeout time.Duration
	// Met is told once a login has succeeded: who answers, with the
	// fingerprint of its certificate. A cluster that has none pinned yet is
	// to be given this one. nil is told nothing.
	Met func(ctx context.Context, cluster *objects.Object, met Met)
}

// Met is what a cluster has shown of itself.
type Met struct {
	Fingerprint string
	Server      string // the name that it gave itself
	Version     string // of its program
	SchemaHash  string // of its object tables
	Roles       []string
}

// Conn is a session on another server.
type Conn struct {
	Met
	Cluster string // name of the cluster object
	Address string // host:port
	client  *rpc.Client
	timeout time.Duration
}

// Address returns where the cluster's admin service is.
func Address(cluster *objects.Object) string {
	return net.JoinHostPort(cluster.Text(objects.ClusterAddr.Attr), strconv.Itoa(objects.ClusterPort.Of(cluster)))
}

// Dial connects to a cluster and logs in.
func (d Dialer) Dial(ctx context.Context, cluster *objects.Object) (*Conn, *objects.Error) {
	c := &Conn{Cluster: cluster.Name, Address: Address(cluster), timeout: d.Timeout}
	if c.timeout == 0 {
		c.timeout = DefaultTimeout
	}
	user, password := objects.ClusterAdmin.Of(cluster), objects.ClusterPassword.Of(cluster)
	if user == "" {
		return nil, c.errorf(objects.LoginFailure, "", "there is no administrator to log in with; 'cluster %s set admin=<name> password=<password>' says which", objects.QuoteWord(cluster.Name))
	}
	if password == "" {
		return nil, c.errorf(objects.LoginFailure, "", "the password of administrator %q is missing; 'cluster %s set password=<password>' gives it", user, objects.QuoteWord(cluster.Name))
	}
	first := &firstContact{}
	var err error
	c.client, err = rpc.Dial(ctx, c.Address, rpc.DialOptions{
		Fingerprint: objects.ClusterFingerprint.Of(cluster), NewServer: first.accept, Timeout: c.timeout,
	})
	if err != nil {
		return nil, c.noConnection(err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	answer, err := c.client.LogIn(ctx, &adminv1.LoginRequest{User: user, Password: password, ClientHost: d.Host})
	if err != nil {
		_ = c.client.Close() // there is no session to end
		return nil, c.noLogin(user, err)
	}
	c.Met = Met{Fingerprint: c.client.Fingerprint, Server: answer.Cluster, Version: answer.ServerVersion, SchemaHash: answer.SchemaHash, Roles: answer.Roles}
	if d.Met != nil {
		d.Met(ctx, cluster, c.Met)
	}
	return c, nil
}

// Client is the session's connection, for calls that this package has no words
// for; Failed explains their errors.
func (c *Conn) Client() *rpc.Client { return c.client }

// Close ends the session.
func (c *Conn) Close() {
	// The other server forgets an idle session anyway.
	_ = c.client.Close()
}

// firstContact takes whatever certificate an unpinned server shows first, and
// then, for as long as the connection is in use, no other.
type firstContact struct {
	mu    sync.Mutex
	shown string
}

func (f *firstContact) accept(_, fingerprint string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.shown == "" {
		f.shown = fingerprint
	}
	if f.shown != fingerprint {
		return fmt.Errorf("the server showed %s before", f.shown)
	}
	return nil
}

// errorf makes an error about the cluster; way is the way out, "" for none.
func (c *Conn) errorf(code objects.Code, way, format string, args ...any) *objects.Error {
	e := objects.Errorf(code, "cluster %q at %s: %s", c.Cluster, c.Address, fmt.Sprintf(format, args...))
	if way != "" {
		e.Detail = []string{way}
	}
	return e
}

// noConnection explains why there is no connection.
func (c *Conn) noConnection(err error) *objects.Error {
	if errors.Is(err, context.Canceled) {
		return c.errorf(objects.GenericError, "", "interrupted")
	}
	if changed, ok := errors.AsType[*rpc.OtherCertificate](err); ok {
		e := c.errorf(objects.ConnectionFailure, "", "the server shows another certificate than the one that is pinned")
		e.Detail = []string{
			"pinned:    " + changed.Pinned,
			"shown now: " + changed.Shown,
			fmt.Sprintf("Another machine may be answering in its place; nothing was sent to it. If the server was set up anew, 'cluster %s set fingerprint=%s' takes the new certificate; the password is given in the same command, password=<password>.", objects.QuoteWord(c.Cluster), changed.Shown),
		}
		return e
	}
	e := objects.AsError(err)
	way := fmt.Sprintf("Is the server running there, with its admin service on that address (dhcpd -rpc) and no firewall between? 'cluster %s set ipaddr=... scp-port=... password=...' corrects the address; without password= the stored one is dropped.", objects.QuoteWord(c.Cluster))
	return c.errorf(objects.ConnectionFailure, way, "%s", withoutAddress(e.Msg, c.Address))
}

// noLogin explains why the login failed.
func (c *Conn) noLogin(user string, err error) *objects.Error {
	e := rpc.AsError(err)
	if e.Code != objects.LoginFailure {
		return c.Failed("logging in", err)
	}
	way := fmt.Sprintf("'cluster %s set admin=<name> password=<password>' corrects what this server logs in with.", objects.QuoteWord(c.Cluster))
	return c.errorf(objects.LoginFailure, way, "the server refuses administrator %q: %s", user, e.Msg)
}
