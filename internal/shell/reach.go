package shell

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"connectrpc.com/connect"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// localWait is how long the local server may take to say what a cluster's
// address is, before the name is taken for that of a host.
const localWait = 5 * time.Second

// Reach connects to what -C names: a socket, an address, a cluster object of
// the local server, or else a host. Of a cluster only the address and the
// pinned fingerprint are taken; who logs in is the caller's.
func Reach(ctx context.Context, target string, o rpc.DialOptions) (*rpc.Client, error) {
	if !mayBeCluster(target) {
		return rpc.Dial(ctx, target, o)
	}
	cluster, why := localCluster(ctx, target, o)
	if cluster == nil {
		client, err := rpc.Dial(ctx, target, o)
		if err != nil {
			return nil, notResolved(target, err, why)
		}
		return client, nil
	}
	address := net.JoinHostPort(cluster.Text(objects.ClusterAddr.Attr), strconv.Itoa(objects.ClusterPort.Of(cluster)))
	if o.CACert == "" {
		o.Fingerprint = objects.ClusterFingerprint.Of(cluster)
	}
	client, err := rpc.Dial(ctx, address, o)
	if err == nil {
		return client, nil
	}
	e := *objects.AsError(err)
	e.Msg = fmt.Sprintf("cluster %q at %s", cluster.Name, e.Msg)
	if _, changed := errors.AsType[*rpc.OtherCertificate](err); changed {
		e.Detail = append(append([]string(nil), e.Detail...),
			fmt.Sprintf("Another machine may be answering in its place. If the server was set up anew, 'cluster %s set fingerprint=...' on the local server takes its new certificate.", cluster.Name))
	}
	return nil, &e
}

// mayBeCluster tells a name from what says by itself where a server is.
func mayBeCluster(target string) bool {
	if target == "" || strings.EqualFold(target, "localhost") || strings.ContainsAny(target, ":/[]") {
		return false
	}
	_, err := netip.ParseAddr(target)
	return err != nil
}

// localCluster asks the local server, as whom the socket shows us to be, for
// the cluster object of the name. Without an answer it says why there is none.
func localCluster(ctx context.Context, name string, o rpc.DialOptions) (*objects.Object, *objects.Error) {
	ctx, cancel := context.WithTimeout(ctx, localWait)
	defer cancel()
	data := o.Data
	if data == "" {
		data = rpc.DefaultData
	}
	client, err := rpc.Dial(ctx, "unix:"+filepath.Join(data, rpc.SocketFile), rpc.DialOptions{Timeout: localWait})
	if err != nil {
		return nil, objects.AsError(err)
	}
	defer func() { _ = client.Close() }() // it forgets the session anyway
	if _, err := client.LogIn(ctx, &adminv1.LoginRequest{ReadOnly: true}); err != nil {
		return nil, rpc.AsError(err)
	}
	answer, err := client.Get(ctx, connect.NewRequest(&adminv1.GetRequest{Class: objects.Cluster.Name, Name: name}))
	if err != nil {
		return nil, rpc.AsError(err)
	}
	return fromProto(answer.Msg.Object), nil
}

// notResolved adds to the failure of a host why the name is no cluster's.
func notResolved(name string, err error, why *objects.Error) *objects.Error {
	e := *objects.AsError(err)
	text := fmt.Sprintf("%q was taken for the name of a host, for ", name)
	if why.Code == objects.NotFound {
		text += "the local server has no cluster of that name: " + why.Status()
	} else {
		text += "the local server did not say whether it has a cluster of that name: " + why.Status()
	}
	e.Detail = append(append([]string(nil), e.Detail...), text)
	return &e
}
