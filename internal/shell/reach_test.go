package shell

import (
	"bytes"
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// A name is that of a cluster of the local server; its address, its port and
// its pinned certificate are those of the object.
func TestReachCluster(t *testing.T) {
	local, far := newServer(t), newServer(t)
	var out bytes.Buffer
	sh := local.operator(&out)
	defer sh.Close()
	host, port, err := net.SplitHostPort(far.RPC.Address().String())
	local.Must(err)
	do := func(line string) {
		t.Helper()
		if got := run(t, sh, &out, line); !strings.HasPrefix(got, "100 ") {
			t.Fatalf("%s: %s", line, got)
		}
	}
	do("cluster Boston create " + host + " scp-port=" + port + " admin=nobody password=of-the-object")
	options := rpc.DialOptions{Data: local.Data, Known: filepath.Join(t.TempDir(), "known")}
	reach := func(name string) (*rpc.Client, *objects.Error) {
		client, err := Reach(context.Background(), name, options)
		return client, objects.AsError(err)
	}

	client, e := reach("boston")
	if e != nil {
		t.Fatal(e)
	}
	fingerprint := client.Fingerprint
	if client.Target != far.RPC.Address().String() || fingerprint == "" {
		t.Errorf("reached %s with the certificate %q", client.Target, fingerprint)
	}
	// The object's administrator and password are not lent to anybody.
	if _, err := client.LogIn(context.Background(), &adminv1.LoginRequest{}); err == nil {
		t.Error("logged in without a name")
	}
	if answer, err := client.LogIn(context.Background(), &adminv1.LoginRequest{User: "admin", Password: far.Password()}); err != nil || answer.User != "admin" {
		t.Errorf("logged in: %v, %v", answer, err)
	}
	local.Must(client.Close())

	// A pinned certificate counts, whatever is known of the address.
	do("cluster boston set password=of-the-object fingerprint=" + fingerprint)
	options.Known = filepath.Join(t.TempDir(), "none")
	if client, e = reach("BOSTON"); e != nil {
		t.Fatal(e)
	}
	local.Must(client.Close())
	do("cluster boston set password=of-the-object fingerprint=" + strings.Repeat("0a", 32))
	if _, e = reach("boston"); e == nil || e.Code != objects.ConnectionFailure || !strings.Contains(e.Error(), `cluster "Boston" at `+far.RPC.Address().String()) ||
		!strings.Contains(e.Error(), fingerprint) || !strings.Contains(e.Error(), "set fingerprint=") {
		t.Errorf("another certificate: %v", e)
	}
	do("cluster boston unset password")
	do("cluster boston unset fingerprint")
	do("cluster boston set scp-port=1")
	if _, e = reach("boston"); e == nil || e.Code != objects.ConnectionFailure || !strings.Contains(e.Error(), `cluster "Boston" at `+host+":1") {
		t.Errorf("nobody there: %v", e)
	}
}

// Without such a cluster the name is a host's, and where that fails too, both
// are told.
func TestReachHost(t *testing.T) {
	local := newServer(t)
	var out bytes.Buffer
	sh := local.operator(&out)
	defer sh.Close()
	if got := run(t, sh, &out, "cluster boston create 127.0.0.1"); !strings.HasPrefix(got, "100 ") {
		t.Fatal(got)
	}
	options := rpc.DialOptions{Data: local.Data, Known: filepath.Join(t.TempDir(), "known"), Timeout: time.Second}
	_, err := Reach(context.Background(), "bosten.invalid", options)
	if e := objects.AsError(err); e == nil || e.Code != objects.ConnectionFailure || !strings.Contains(e.Error(), "no cluster of that name") {
		t.Errorf("neither cluster nor host: %v", e)
	}
	options.Data = t.TempDir()
	_, err = Reach(context.Background(), "bosten.invalid", options)
	if e := objects.AsError(err); e == nil || !strings.Contains(e.Error(), "did not say") || !strings.Contains(e.Error(), rpc.SocketFile) {
		t.Errorf("without a local server: %v", e)
	}
	// What says by itself where a server is needs no local one.
	client, err := Reach(context.Background(), local.RPC.Address().String(), options)
	local.Must(err)
	local.Must(client.Close())
	client, err = Reach(context.Background(), "unix:"+filepath.Join(local.Data, rpc.SocketFile), options)
	local.Must(err)
	local.Must(client.Close())
}
