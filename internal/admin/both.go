package admin

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"connectrpc.com/connect"

	"leasehold/internal/partner"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// This file reaches the two servers of a failover pair, for what is done on
// both: the server that is asked does it, and speaks to its partner through the
// cluster object that the pair names.

// The roles of the two, as the running relationships write them.
const (
	roleMain   = "MAIN"
	roleBackup = "BACKUP"
	roleNone   = "NONE"
)

// notMember is why a server has no role in a pair, if nothing else is wrong.
const notMember = "neither main-server nor backup-server is an address of this machine that failover is spoken on"

// calls are what both servers are asked in the same words: the partner over
// the network, this one by itself.
type calls interface {
	Invoke(context.Context, *connect.Request[adminv1.InvokeRequest]) (*connect.Response[adminv1.InvokeResponse], error)
	Changes(context.Context, *connect.Request[adminv1.ChangesRequest]) (*connect.Response[adminv1.ChangesResponse], error)
	Difference(context.Context, *connect.Request[adminv1.DifferenceRequest]) (*connect.Response[adminv1.ChangesResponse], error)
	Control(context.Context, *connect.Request[adminv1.ControlRequest]) (*connect.Response[adminv1.ControlResponse], error)
	Stats(context.Context, *connect.Request[adminv1.StatsRequest]) (*connect.Response[adminv1.StatsResponse], error)
}

// member is one of the two servers.
type member struct {
	calls
	role string        // MAIN or BACKUP
	conn *partner.Conn // nil: this server
	// The stored configuration as of a write.
	cfg     *objects.Config
	version uint64
}

// called names a server to an operator.
func (m *member) called() string {
	if m.conn == nil {
		return "this server"
	}
	return fmt.Sprintf("cluster %q at %s", m.conn.Cluster, m.conn.Address)
}

// word is the role as it is written in sentences.
func (m *member) word() string { return strings.ToLower(m.role) }

// explain makes an error of a call say which server it came from.
func (m *member) explain(doing string, err error) *objects.Error {
	if m.conn != nil {
		return m.conn.Failed(doing, err)
	}
	e := rpc.AsError(err)
	return &objects.Error{Code: e.Code, Msg: "this server, " + doing + ": " + e.Msg, Detail: e.Detail}
}

// both is a pair's two servers while something is done on them.
type both struct {
	call         *call
	pair         *objects.Object
	own, partner *member
}

// role returns the member of that role.
func (b *both) role(role string) *member {
	if b.own.role == role {
		return b.own
	}
	return b.partner
}

func (b *both) main() *member   { return b.role(roleMain) }
func (b *both) backup() *member { return b.role(roleBackup) }

func (b *both) close() { b.partner.conn.Close() }

// together finds out what this server is in the pair and connects to the other.
func (c *call) together() (*both, *objects.Error) {
	s := c.service
	if c.session.transaction != nil {
		return nil, objects.Errorf(objects.AlreadyLocked, "the session has a transaction open, of which the other server knows nothing; commit it or roll it back first")
	}
	b := &both{call: c, own: &member{calls: s}}
	if err := b.look(); err != nil {
		return nil, err
	}
	fingerprint, err := b.takeRoles()
	if err != nil {
		return nil, err
	}
	cluster, err := b.partnerCluster()
	if err != nil {
		return nil, err
	}
	if b.partner.conn, err = s.reach(c.ctx, cluster); err != nil {
		return nil, err
	}
	if fingerprint != "" && b.partner.conn.Fingerprint == fingerprint {
		b.close()
		return nil, itself(b.pair, b.partner.called())
	}
	if err := b.recognise(c.ctx, b.partner.conn); err != nil {
		b.close()
		return nil, err
	}
	b.partner.calls = b.partner.conn.Client()
	return b, nil
}

// recognise asks the server behind the partner's cluster what it is between the
// two servers of the pair. A cluster may lead to a third one, whose own
// configuration must not be taken for the partner's, nor be replaced. A server
// that is too old to be asked is believed.
func (b *both) recognise(ctx context.Context, conn *partner.Conn) *objects.Error {
	main, backup := b.own.cfg.PairServers(b.pair)
	answer, err := conn.Client().Invoke(ctx, connect.NewRequest(&adminv1.InvokeRequest{
		Class: objects.FailoverPair.Name, Name: b.pair.Name, Method: "role", Arguments: []string{main, backup},
	}))
	if err != nil {
		if code := rpc.AsError(err).Code; code == objects.UnknownKeyword || code == objects.NotSupported {
			return nil
		}
		return conn.Failed("asking what it is in the pair", err)
	}
	lines := append(answer.Msg.Lines, "", "")
	if lines[0] == b.partner.role {
		return nil
	}
	attr := objects.FailoverPairMain
	if b.partner.role == roleBackup {
		attr = objects.FailoverPairBackup
	}
	why := "it takes itself for the " + strings.ToLower(lines[0])
	if lines[0] == roleNone {
		why = lines[1]
	}
	e := objects.Errorf(objects.Invalid, "%s: cluster %q at %s is not the %s of the pair, whose main is %s and whose backup is %s; nothing was changed",
		b.pair.Ref(), conn.Cluster, conn.Address, b.partner.word(), main, backup)
	e.Detail = []string{"That server says: " + why, fmt.Sprintf("'failover-pair %s set %s=<cluster>' names the right one.", objects.QuoteWord(b.pair.Name), attr.Name)}
	return e
}

// pairRole tells what this server is between a main and a backup server, be
// there such a pair here or not.
func pairRole(c *call) *objects.Error {
	s := c.service
	if s.failover == nil {
		return objects.Errorf(objects.NotSupported, "this server speaks no failover")
	}
	pair := objects.New(objects.FailoverPair, c.name)
	for i, attr := range []objects.Handle[string]{objects.FailoverPairMainServer, objects.FailoverPairBackupServer} {
		if c.args[i] != "" {
			pair.Attrs[attr.Name] = c.args[i]
		}
	}
	cfg := objects.NewConfig()
	s.mu.RLock()
	cfg.Put(s.stored.cfg.Dhcp())
	s.mu.RUnlock()
	is := s.failover.Member(cfg, pair)
	switch is.Role {
	case roleMain, roleBackup:
		c.line(is.Role)
	default:
		c.line(roleNone)
		c.line(cmp.Or(is.Problem, notMember))
	}
	return nil
}

// itself refuses a cluster of the partner's that turns out to be this server.
func itself(pair *objects.Object, called string) *objects.Error {
	return objects.Errorf(objects.Invalid, "%s: %s is this server itself; the two servers of a pair have a cluster each, the partner's has the partner's address", pair.Ref(), called)
}

// look takes the pair and this server's stored configuration.
func (b *both) look() *objects.Error {
	c := b.call
	return c.look(func(t *table) *objects.Error {
		o, err := find(t, c.class, c.name)
		b.pair, b.own.cfg, b.own.version = o, t.cfg.Clone(), c.service.version
		return err
	})
}

// takeRoles tells which of the two servers is this one, and its fingerprint.
func (b *both) takeRoles() (fingerprint string, err *objects.Error) {
	s := b.call.service
	if s.failover == nil {
		return "", objects.Errorf(objects.NotSupported, "%s: this server speaks no failover", b.pair.Ref())
	}
	is := s.failover.Member(b.own.cfg, b.pair)
	b.own.role = is.Role
	switch is.Role {
	case roleMain:
		b.partner = &member{role: roleBackup}
	case roleBackup:
		b.partner = &member{role: roleMain}
	default:
		return "", objects.Errorf(objects.Invalid, "%s: what this server is in the pair cannot be told: %s", b.pair.Ref(), cmp.Or(is.Problem, notMember))
	}
	return is.Fingerprint, nil
}

// partnerCluster is the cluster object by which the partner is reached.
func (b *both) partnerCluster() (*objects.Object, *objects.Error) {
	attr := objects.FailoverPairMain
	if b.partner.role == roleBackup {
		attr = objects.FailoverPairBackup
	}
	name := attr.Of(b.pair)
	if name == "" {
		e := objects.Errorf(objects.Invalid, "%s %s: it names no cluster, so the %s server cannot be reached; this server is the %s",
			b.pair.Ref(), attr.Name, b.partner.word(), b.own.word())
		e.Detail = []string{fmt.Sprintf("Make a cluster object for it (cluster <name> create <address> admin=<name> password=<password>), then: failover-pair %s set %s=<name>", objects.QuoteWord(b.pair.Name), attr.Name)}
		return nil, e
	}
	o := b.own.cfg.Get(objects.Cluster, name)
	if o == nil {
		return nil, objects.Errorf(objects.NotFound, "%s %s: there is no cluster %q", b.pair.Ref(), attr.Name, name)
	}
	return o, nil
}

// read reads both configurations. This server's is looked at again: what a
// cluster shows at the first contact is stored in it.
func (b *both) read() *objects.Error {
	if err := b.look(); err != nil {
		return err
	}
	snap, err := b.partner.conn.Snapshot(b.call.ctx, true)
	if err != nil {
		return err
	}
	b.partner.cfg, b.partner.version = snap.Config, snap.Version
	return b.opposite()
}

// opposite refuses two servers that both take themselves for the same one of
// the pair.
func (b *both) opposite() *objects.Error {
	theirs := b.partner.cfg.Get(objects.FailoverPair, b.pair.Name)
	if theirs == nil {
		return nil
	}
	main, backup := b.own.cfg.PairServers(b.pair)
	if m, k := b.partner.cfg.PairServers(theirs); strings.EqualFold(m, backup) && strings.EqualFold(k, main) {
		return objects.Errorf(objects.Invalid, "%s: both servers are configured as its %s: here main-server is %s and backup-server %s, on %s it is the other way round; set it right on one of them first",
			b.pair.Ref(), b.own.word(), main, backup, b.partner.called())
	}
	return nil
}
