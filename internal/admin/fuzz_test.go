package admin

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
	"leasehold/pkg/rpc/adminv1/adminv1connect"
)

// unary are the calls that one message makes.
var unary = []string{
	adminv1connect.AdminGetProcedure, adminv1connect.AdminCreateProcedure, adminv1connect.AdminSetProcedure,
	adminv1connect.AdminUnsetProcedure, adminv1connect.AdminDeleteProcedure, adminv1connect.AdminInvokeProcedure,
	adminv1connect.AdminBeginProcedure, adminv1connect.AdminPendingChangesProcedure, adminv1connect.AdminCommitProcedure,
	adminv1connect.AdminRollbackProcedure, adminv1connect.AdminChangesProcedure, adminv1connect.AdminDifferenceProcedure,
	adminv1connect.AdminControlProcedure, adminv1connect.AdminStatsProcedure, adminv1connect.AdminUtilizationProcedure,
	adminv1connect.AdminLoginProcedure, adminv1connect.AdminBothProcedure, adminv1connect.AdminFollowProcedure,
}

// Whatever an administrator's program sends, the server answers with a status
// of its own and lives on.
func FuzzCalls(f *testing.F) {
	add := func(procedure string, m proto.Message) {
		b, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		for i, p := range unary {
			if p == procedure {
				f.Add(byte(i), b)
			}
		}
	}
	add(adminv1connect.AdminGetProcedure, &adminv1.GetRequest{Class: "option", Name: "dhcp-config/122.1"})
	add(adminv1connect.AdminCreateProcedure, &adminv1.CreateRequest{Class: "scope", Name: "x", Arguments: []string{"10.1.0.0", "255.255.0.0"}, EditMode: "synchronous"})
	add(adminv1connect.AdminCreateProcedure, &adminv1.CreateRequest{Class: "option", Name: "dhcp-custom/150.1", Arguments: []string{"n", "AT_TYPECNT"}, Attributes: []*adminv1.Attribute{{Name: "repeat", Text: "2n"}}})
	add(adminv1connect.AdminCreateProcedure, &adminv1.CreateRequest{Class: "reservation", Name: "red/10.1.0.9", Arguments: []string{"1,6,00:00:00:00:00:01", "-mac"}})
	add(adminv1connect.AdminSetProcedure, &adminv1.SetRequest{Class: "scope-template", Name: "t", Attributes: []*adminv1.Attribute{{Name: "ranges-expr", Text: "(create-range 1 2)"}}, ExpectedVersion: 1})
	add(adminv1connect.AdminUnsetProcedure, &adminv1.UnsetRequest{Class: "option-set", Name: "dhcp-custom"})
	add(adminv1connect.AdminDeleteProcedure, &adminv1.DeleteRequest{Class: "scope", Name: "s", Force: true})
	add(adminv1connect.AdminInvokeProcedure, &adminv1.InvokeRequest{Class: "scope", Name: "s", Method: "addRange", Arguments: []string{"1", "9"}})
	add(adminv1connect.AdminInvokeProcedure, &adminv1.InvokeRequest{Class: "policy", Name: "default", Method: "setVendorOption", Arguments: []string{"43", "acme", "(1 (2 x))"}})
	add(adminv1connect.AdminInvokeProcedure, &adminv1.InvokeRequest{Class: "lease", Name: "10.77.0.9", Method: "send-reservation"})
	add(adminv1connect.AdminInvokeProcedure, &adminv1.InvokeRequest{Class: "dhcp", Method: "limitationList", Arguments: []string{"10.77.0.9", "01:02", "show"}})
	add(adminv1connect.AdminControlProcedure, &adminv1.ControlRequest{Action: "reload", Force: true})
	add(adminv1connect.AdminUtilizationProcedure, &adminv1.UtilizationRequest{Scope: "s", Vpn: "all"})

	w := newWorld(f)
	w.ok(w.root.create("scope", "s", "10.77.0.0/24"))
	w.ok(w.root.create("scope-template", "t"))
	w.ok(w.root.create("option-set", "acme", "8-bit", "vendor-option-string=acme"))
	w.ok(w.root.control("reload", false))
	panicked := ""
	_, handler := adminv1connect.NewAdminHandler(w.service, connect.WithRecover(func(_ context.Context, s connect.Spec, _ http.Header, cause any) error {
		panicked = s.Procedure
		panic(cause)
	}))
	who := &session{user: "root", host: "fuzz", source: "test", trusted: true}
	add(adminv1connect.AdminBothProcedure, &adminv1.BothRequest{Command: command("reservation 10.1.0.10 create " + mac)})
	add(adminv1connect.AdminFollowProcedure, &adminv1.FollowRequest{Command: command("lease 10.1.0.10 deactivate"), Id: "a", Who: "root@host", Given: 1})
	add(adminv1connect.AdminFollowProcedure, &adminv1.FollowRequest{Command: command("client a delete"), DryRun: true})
	f.Fuzz(func(t *testing.T, call byte, message []byte) {
		procedure := unary[int(call)%len(unary)]
		ctx := context.WithValue(rpc.WithPeer(context.Background(), rpc.Peer{Source: "test"}), sessionKey{}, who)
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, procedure, bytes.NewReader(message))
		r.Header.Set("Content-Type", "application/proto")
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		if panicked != "" {
			t.Fatalf("%s panicked", panicked)
		}
		if answer.Code != http.StatusOK && strings.Contains(answer.Body.String(), "300 Unexpected error") {
			t.Errorf("%s: %s", procedure, answer.Body.String())
		}
	})
}

func FuzzReadHash(f *testing.F) {
	f.Add(hashPassword("x"))
	f.Add("$argon2id$v=19$m=4294967295,t=1,p=1$AAAA$AAAA")
	f.Add("$argon2id$v=19$m=8,t=0,p=0$$")
	f.Fuzz(func(t *testing.T, hash string) {
		time, memory, threads, _, sum, ok := readHash(hash)
		if ok && (time == 0 || threads == 0 || memory > 1<<20 || time > 100 || len(sum) < 16) {
			t.Errorf("readHash(%q) costs t=%d m=%d p=%d for %d bytes", hash, time, memory, threads, len(sum))
		}
	})
}
