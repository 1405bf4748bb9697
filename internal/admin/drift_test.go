package admin

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"leasehold/pkg/objects"
)

// Drift is named as diff names it, of the classes that are asked for, on either
// server, with the authors; secrets are masked, and what is very much is counted.
func TestDifferences(t *testing.T) {
	main, backup := couple(t)
	name := func(w *world, classes ...string) string {
		t.Helper()
		lines, err := w.service.Differences(context.Background(), "office", classes)
		w.ok(err)
		return strings.Join(lines, "\n")
	}
	main.is(name(main, "policy", "key", "client"), "")
	main.ok(main.root.create("policy", "p", "grace-period=1h"))
	backup.ok(backup.root.create("policy", "p", "grace-period=3h"))
	main.ok(main.root.create("key", "k", "c2VjcmV0"))
	backup.ok(backup.root.create("key", "k", "b3RoZXJz"))
	for i := range maxNamed + 2 {
		main.ok(main.root.create("client", fmt.Sprintf("client%02d", i)))
	}
	for _, w := range []*world{main, backup} {
		got := name(w, "policy")
		if !strings.HasPrefix(got, "policy p grace-period: main=1h backup=3h (main: created by ") || strings.Count(got, "created by ") != 2 || strings.Contains(got, "\n") {
			t.Errorf("policy: %s", got)
		}
		if got := name(w, "key"); !strings.HasPrefix(got, "key k secret: main=******** backup=******** (main: created by ") {
			t.Errorf("key: %s", got)
		}
		got = name(w, "client")
		if strings.Count(got, "\n") != maxNamed || !strings.HasSuffix(got, "\n2 differences more: failover-pair office diff") {
			t.Errorf("clients: %s", got)
		}
	}
	// An embedded policy goes with the class of its owner.
	main.ok(main.root.create("client-class", "phones"))
	backup.ok(backup.root.create("client-class", "phones"))
	backup.ok(backup.root.set("client-class-policy", "phones", "grace-period=9m"))
	if got := name(main, "client-class"); !strings.HasPrefix(got, "client-class-policy phones grace-period: main=(unset) backup=9m") {
		t.Errorf("embedded policy: %s", got)
	}
	// Without a cluster to ask, the error says what is to be done.
	main.ok(main.root.unset("failover-pair", "office", "backup"))
	if _, err := main.service.Differences(context.Background(), "office", []string{"policy"}); err == nil || err.Code != objects.Invalid || !strings.Contains(err.Msg, "it names no cluster") {
		t.Errorf("without a cluster: %v", err)
	}
}
