package admin

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"connectrpc.com/connect"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

func (c *client) pending() string {
	c.t.Helper()
	a, err := c.PendingChanges(context.Background(), connect.NewRequest(&adminv1.PendingChangesRequest{}))
	if err != nil {
		c.t.Fatal(rpc.AsError(err))
	}
	return lines(a.Msg.Changes)
}

func lines(changes []*adminv1.Change) string {
	var out []string
	for _, ch := range changes {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %q>%q", ch.Action, ch.Class, ch.Name, ch.Attribute, ch.Before, ch.After)))
	}
	return strings.Join(out, "\n")
}

func TestTransactionIsAllOrNothing(t *testing.T) {
	w := newWorld(t)
	a, b := w.root, w.connect("", "", false)
	w.ok(a.create("policy", "old"))
	w.ok(a.begin())
	w.refused(a.begin(), objects.AlreadyLocked)
	w.ok(a.create("policy", "gold", "grace-period=10m"))
	w.ok(a.create("scope", "office", "10.1.0.0/24", "policy=gold"))
	err, _ := a.do("scope", "office", "addRange", "10", "20")
	w.ok(err)
	err, _ = a.do("scope", "office", "addReservation", "10.1.0.15", "00:11:22:33:44:55")
	w.ok(err)
	w.ok(a.set("policy", "old", "grace-period=1h"))
	w.ok(a.create("policy", "gone"))
	w.ok(a.delete("policy", "gone"))
	// A refused line changes nothing, and the transaction goes on.
	w.refused(a.create("scope", "office", "10.1.0.0/24"), objects.DuplicateObject)
	w.refused(a.set("scope", "office", "policy=golf"), objects.NoPolicyFound, "gold")
	w.refused(a.delete("policy", "gold"), objects.GenericError, `scope "office"`)

	w.is(a.pending(), strings.Join([]string{
		`create policy gold grace-period "">"10m"`,
		`set policy old grace-period "">"1h"`,
		`create reservation 10.1.0.15 lookup-key "">"1,6,00:11:22:33:44:55"`,
		`create reservation 10.1.0.15 lookup-key-type "">"mac"`,
		`create scope office policy "">"gold"`,
		`create scope office ranges "">"10.1.0.10-10.1.0.20"`,
		`create scope office subnet "">"10.1.0.0/24"`,
	}, "\n"))
	// Nobody else sees any of it.
	_, missing := b.object("scope", "office")
	w.refused(missing, objects.NotFound)
	w.ok(a.commit())
	w.is(b.value("scope", "office", "ranges"), "10.1.0.10-10.1.0.20")
	w.refused(a.commit(), objects.GenericError, "no transaction")

	w.ok(a.begin())
	w.ok(a.delete("scope", "office"))
	w.ok(a.create("scope", "office", "10.2.0.0/24", "vpn-id=0"))
	w.ok(a.delete("policy", "gold"))
	w.ok(a.rollback())
	w.refused(a.rollback(), objects.GenericError, "no transaction")
	w.is(b.value("scope", "office", "subnet"), "10.1.0.0/24")

	w.ok(a.begin())
	w.ok(a.delete("scope", "office"))
	w.ok(a.create("scope", "office", "10.2.0.0/24"))
	w.ok(a.commit())
	w.is(b.value("scope", "office", "subnet"), "10.2.0.0/24")
	w.is(b.value("scope", "office", "ranges"), "")
	_, missing = b.object("reservation", "10.1.0.15")
	w.refused(missing, objects.NotFound)
	w.reopen()
	w.is(w.root.value("scope", "office", "subnet"), "10.2.0.0/24")
}

func TestCommitConflict(t *testing.T) {
	w := newWorld(t)
	w.ok(w.root.create("admin", "joe", "pw"))
	joe := w.connect("joe", "pw", false)
	w.ok(w.root.create("policy", "gold"))

	w.ok(w.root.begin())
	w.ok(w.root.set("policy", "gold", "grace-period=1h"))
	w.ok(w.root.create("policy", "other"))
	w.ok(joe.set("policy", "gold", "offer-timeout=1m"))
	w.refused(w.root.commit(), objects.AlreadyLocked, `policy "gold"`, "joe@host")
	_, missing := joe.object("policy", "other")
	w.refused(missing, objects.NotFound)
	w.ok(w.root.rollback())

	// The same where the object came or went.
	w.ok(w.root.begin())
	w.ok(w.root.create("policy", "new"))
	w.ok(joe.create("policy", "new"))
	w.refused(w.root.commit(), objects.AlreadyLocked, `policy "new"`, "joe@host")
	w.ok(w.root.rollback())
	w.ok(w.root.begin())
	w.ok(w.root.set("policy", "new", "grace-period=1h"))
	w.ok(joe.delete("policy", "new"))
	w.refused(w.root.commit(), objects.AlreadyLocked, `policy "new" was deleted`)
	w.ok(w.root.rollback())

	// And where nothing was touched twice, but the whole no longer fits.
	w.ok(w.root.begin())
	w.ok(w.root.create("scope", "a", "10.1.0.0/24", "policy=gold"))
	w.ok(joe.delete("policy", "gold"))
	w.refused(w.root.commit(), objects.NoPolicyFound, `scope "a"`, "gold")
	w.ok(w.root.rollback())
	if names := joe.names("scope", ""); len(names) != 0 {
		t.Errorf("scopes after refused commits: %q", names)
	}
}

func TestBrokenConnectionLeavesNothing(t *testing.T) {
	w := newWorld(t)
	c := w.connect("admin", w.firstPassword(), false)
	w.ok(c.begin())
	w.ok(c.create("policy", "half"))
	c.Client = nil // the program is gone, without a word
	_, err := w.root.object("policy", "half")
	w.refused(err, objects.NotFound)
	w.reopen()
	_, err = w.root.object("policy", "half")
	w.refused(err, objects.NotFound)
}

func TestExpectedVersion(t *testing.T) {
	w := newWorld(t)
	w.ok(w.root.create("admin", "joe", "pw"))
	joe := w.connect("joe", "pw", false)
	w.ok(w.root.create("policy", "gold"))
	seen, err := joe.object("policy", "gold")
	w.ok(err)
	w.ok(joe.setAt(seen.Version, "policy", "gold", "grace-period=1h"))
	w.refused(w.root.setAt(seen.Version, "policy", "gold", "grace-period=2h"), objects.AlreadyLocked, "joe@host", "Mar  1")
	w.is(w.root.value("policy", "gold", "grace-period"), "1h")
	now, err := w.root.object("policy", "gold")
	w.ok(err)
	if now.ChangedBy != "joe@host" || now.ChangedAt != w.clock.Now().Unix() || now.Version <= seen.Version {
		t.Errorf("changed by %q at %d, version %d after %d", now.ChangedBy, now.ChangedAt, now.Version, seen.Version)
	}
	w.ok(w.root.setAt(now.Version, "policy", "gold", "grace-period=2h"))
	// A write that changes nothing takes nobody's version away.
	same, err := w.root.object("policy", "gold")
	w.ok(err)
	w.ok(joe.set("policy", "gold", "grace-period=2h"))
	w.ok(w.root.setAt(same.Version, "policy", "gold", "grace-period=3h"))
}

func TestWritersInParallel(t *testing.T) {
	w := newWorld(t)
	const writers, rounds = 8, 20
	w.ok(w.root.create("policy", "shared"))
	start, err := w.root.object("policy", "shared")
	w.ok(err)
	var wg sync.WaitGroup
	won := make([]int, writers)
	for i := range writers {
		c := w.connect("", "", false)
		wg.Go(func() {
			if c.setAt(start.Version, "policy", "shared", fmt.Sprintf("grace-period=%dm", i+1)) == nil {
				won[i]++
			}
			for n := range rounds {
				if err := c.create("policy", fmt.Sprintf("p%d-%d", i, n)); err != nil {
					t.Errorf("create p%d-%d: %v", i, n, err)
				}
				c.names("policy", "")
			}
		})
	}
	wg.Wait()
	total := 0
	for _, n := range won {
		total += n
	}
	if total != 1 {
		t.Errorf("%d of %d writers of the same version won, want 1", total, writers)
	}
	want := writers*rounds + 3 // and shared, default, system_default_policy
	if got := len(w.root.names("policy", "")); got != want {
		t.Errorf("%d policies, want %d", got, want)
	}
	w.reopen()
	if got := len(w.root.names("policy", "")); got != want {
		t.Errorf("%d policies after a restart, want %d", got, want)
	}
}

func TestChangeLog(t *testing.T) {
	w := newWorld(t)
	w.ok(w.root.create("admin", "joe", "pw"))
	joe := w.connect("joe", "pw", false)
	w.ok(joe.create("policy", "gold", "grace-period=1h"))
	w.ok(joe.set("policy", "gold", "grace-period=2h"))
	w.ok(w.root.unset("policy", "gold", "grace-period"))
	w.ok(w.root.delete("policy", "gold"))
	changes := func(r *adminv1.ChangesRequest) []*adminv1.Change {
		a, err := w.root.Changes(context.Background(), connect.NewRequest(r))
		if err != nil {
			t.Fatal(err)
		}
		return a.Msg.Changes
	}
	got := changes(&adminv1.ChangesRequest{Class: "policy", Name: "gold"})
	w.is(lines(got), strings.Join([]string{
		`delete policy gold  "">""`,
		`unset policy gold grace-period "2h">""`,
		`set policy gold grace-period "1h">"2h"`,
		`create policy gold grace-period "">"1h"`,
	}, "\n"))
	if c := got[2]; c.Who != "joe@host" || c.Source != "127.0.0.1" || c.At != w.clock.Now().Unix() {
		t.Errorf("changed by %q from %q at %d", c.Who, c.Source, c.At)
	}
	if c := got[0]; !strings.HasPrefix(c.Source, "unix uid ") {
		t.Errorf("changed from %q, want unix", c.Source)
	}
	for _, c := range changes(&adminv1.ChangesRequest{Class: "admin"}) {
		if c.Attribute == "password" && (strings.Contains(c.After, "argon") || strings.Contains(c.After, "pw")) {
			t.Errorf("the change log shows a password: %q", c.After)
		}
	}
	if n := len(changes(&adminv1.ChangesRequest{Limit: 2})); n != 2 {
		t.Errorf("%d changes, want 2", n)
	}
}
