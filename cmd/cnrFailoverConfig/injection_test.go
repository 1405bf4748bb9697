package main

import (
	"context"
	"os"
	"strings"
	"testing"

	"connectrpc.com/connect"

	"leasehold/internal/parity"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
)

// texts are tried as values; the server takes of them what it takes.
var texts = []string{
	"true", "false", "77", "3", "9m", "33%", "10.1.1.77", "other.example.com", "some text", "2001:db8::7", "01:07", "a1=v7", "2n",
	"(request option 61)", "(create-range 20 30)", "1800000000", "default", "few", "red", "phantom", "routers", "vpn-id", "a1b2c3:7",
	"35", "450", "150s", "10.1.1.20-10.1.1.30", "edit", "10.1.3.0/24",
}

// TestEveryDifferenceBetweenServers sets, one at a time, every attribute of
// every object of a rich configuration to another value on one of two equal
// servers, where that server takes it, and expects that one difference.
func TestEveryDifferenceBetweenServers(t *testing.T) {
	rich, err := os.ReadFile("testdata/rich.batch")
	if err != nil {
		t.Fatal(err)
	}
	main, backup := newServer(t), newServer(t)
	main.load(string(rich))
	backup.load(string(rich))
	ctx := context.Background()
	r := newReader(&options{})
	defer r.close()
	open := func(s *testServer) *server {
		on, err := r.open(ctx, "main", login{cluster: s.Cluster()})
		if err != nil {
			t.Fatal(err)
		}
		return on
	}
	read := func(s *server) *objects.Config {
		cfg, err := s.configuration(ctx, true)
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	a, b := open(main), open(backup)
	same := read(a)
	if ds := parity.Compare(same, read(b), parity.Options{}); len(ds) > 0 {
		t.Fatalf("equal servers differ: %v", ds)
	}
	injected, classes := 0, map[string]bool{}
	for _, class := range objects.Classes() {
		for _, o := range same.All(class) {
			for _, attr := range class.Attrs {
				// Another type of a key makes another key: that is two.
				if parity.RowOf(class, attr.Name) == nil || attr == objects.ReservationLookupKeyType.Attr || !inject(ctx, b, o, attr) {
					continue
				}
				injected++
				classes[class.Name] = true
				ds := parity.Compare(same, read(b), parity.Options{})
				if len(ds) != 1 || ds[0].Class != class.Name || ds[0].Name != o.Name || ds[0].Attr != attr.Name {
					t.Errorf("%s %s was changed and differs are %v", o.Ref(), attr.Name, ds)
				}
				restore(t, ctx, b, o, attr)
			}
		}
	}
	t.Logf("%d differences in %d classes", injected, len(classes))
	if injected < 300 || len(classes) < 18 {
		t.Errorf("only %d differences were injected, in %d classes", injected, len(classes))
	}
}

// inject gives an attribute another value; false if the server takes none.
func inject(ctx context.Context, s *server, o *objects.Object, a *objects.Attr) bool {
	tries := texts
	if a.Words != nil {
		tries = nil
		for _, w := range a.Words {
			tries = append(tries, w.Name)
		}
	}
	for _, text := range tries {
		answer, err := s.client.Set(ctx, connect.NewRequest(&adminv1.SetRequest{
			Class: o.Class.Name, Name: o.Name, Attributes: []*adminv1.Attribute{{Name: a.Name, Text: text}},
		}))
		if err != nil {
			continue
		}
		for _, now := range answer.Msg.Object.GetAttributes() {
			if now.Name == a.Name && (a.Secret || !strings.EqualFold(now.Text, o.Text(a))) {
				return true
			}
		}
	}
	return false
}

// restore makes the object what it was.
func restore(t *testing.T, ctx context.Context, s *server, o *objects.Object, a *objects.Attr) {
	t.Helper()
	var err error
	text, set := o.Attrs[a.Name]
	if !set && a.Required {
		text, set = a.Default, true
	}
	if set {
		_, err = s.client.Set(ctx, connect.NewRequest(&adminv1.SetRequest{
			Class: o.Class.Name, Name: o.Name, Attributes: []*adminv1.Attribute{{Name: a.Name, Text: text}},
		}))
	} else {
		_, err = s.client.Unset(ctx, connect.NewRequest(&adminv1.UnsetRequest{Class: o.Class.Name, Name: o.Name, Attributes: []string{a.Name}}))
	}
	if err != nil {
		t.Fatalf("%s %s: %v", o.Ref(), a.Name, err)
	}
}
