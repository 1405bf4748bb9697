package admin

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// try logs in over TLS and returns the refusal.
func (w *world) try(user, password string) *objects.Error {
	w.t.Helper()
	c := w.dial(true)
	_, err := c.LogIn(context.Background(), &adminv1.LoginRequest{User: user, Password: password, ClientHost: "host"})
	return rpc.AsError(err)
}

func TestFirstAdministrator(t *testing.T) {
	w := newWorld(t)
	path := filepath.Join(w.data, initialPasswordFile)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("%s has mode %o", path, info.Mode().Perm())
	}
	password := w.firstPassword()
	w.ok(w.try("admin", password))
	w.reopen()
	w.ok(w.try("ADMIN", password)) // and not another one after a restart
	w.ok(w.root.set("admin", "admin", "password=new one"))
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the file with the first password is still there after its change: %v", err)
	}
	w.ok(w.try("admin", "new one"))
	w.refused(w.try("admin", password), objects.LoginFailure)
	if dump := readAll(t, w.data); strings.Contains(dump, "new one") || strings.Contains(dump, password) {
		t.Error("a password stands readable in the data folder")
	}
	if strings.Contains(w.log.String(), "new one") || strings.Contains(w.log.String(), password) {
		t.Error("a password stands in the log")
	}
}

func readAll(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	return all.String()
}

func TestUnixSocketPeers(t *testing.T) {
	w := newWorld(t)
	socket := func(user, password string) *objects.Error {
		c := w.dial(false)
		_, err := c.LogIn(context.Background(), &adminv1.LoginRequest{User: user, Password: password})
		return rpc.AsError(err)
	}
	w.ok(socket("", ""))
	w.ok(socket("admin", w.firstPassword()))
	// What is given is checked even if nothing need be given.
	w.refused(socket("admin", "wrong"), objects.LoginFailure)
	w.clock.Advance(time.Minute)
	w.refused(socket("admin", ""), objects.LoginFailure)
	w.clock.Advance(time.Minute)
	w.refused(socket("nobody", ""), objects.LoginFailure)
	w.clock.Advance(time.Minute)
	// Over TCP nobody is trusted.
	w.refused(w.try("", ""), objects.LoginFailure)
}

// later logs in and expects the answer after the time and not before.
func (w *world) later(wait time.Duration, user, password string) *objects.Error {
	w.t.Helper()
	c := w.dial(true)
	answer := make(chan *objects.Error, 1)
	go func() {
		_, err := c.LogIn(context.Background(), &adminv1.LoginRequest{User: user, Password: password, ClientHost: "host"})
		answer <- rpc.AsError(err)
	}()
	select {
	case d := <-w.waits:
		if d != wait {
			w.t.Errorf("%s waits %v, want %v", user, d, wait)
		}
		w.clock.Advance(d)
		return <-answer
	case err := <-answer:
		w.t.Errorf("%s is answered at once (%v), want after %v", user, err, wait)
		return err
	}
}

func TestAnswersComeLaterAfterBadPasswords(t *testing.T) {
	w := newWorld(t)
	good := w.firstPassword()
	w.refused(w.try("admin", "wrong"), objects.LoginFailure, "wrong name or password")
	w.ok(w.later(time.Second, "admin", good))
	w.ok(w.try("admin", good)) // success forgets
	w.ok(w.root.create("admin", "joe", "secret"))
	w.refused(w.try("joe", "guess"), objects.LoginFailure, "wrong name or password")
	for _, wait := range []time.Duration{1, 2, 4, 8, 10, 10} {
		w.refused(w.later(wait*time.Second, "joe", "guess"), objects.LoginFailure, "wrong name or password")
		w.ok(w.try("admin", good)) // the other name from there
	}
	w.ok(w.later(10*time.Second, "joe", "secret"))
	w.ok(w.try("joe", "secret"))
	if !strings.Contains(w.log.String(), "Login as 'joe' from 127.0.0.1 refused") {
		t.Errorf("the log does not tell of the guesses:\n%s", w.log.String())
	}
}

func TestPlaceThatFailsOftenWaitsWhoeverTries(t *testing.T) {
	w := newWorld(t)
	for i := range sourceFree {
		w.refused(w.try(fmt.Sprint("user", i), "guess"), objects.LoginFailure, "wrong name or password")
	}
	w.refused(w.try("user", "guess"), objects.LoginFailure, "wrong name or password")
	w.refused(w.later(time.Second, "other", "guess"), objects.LoginFailure, "wrong name or password")
	w.refused(w.later(2*time.Second, "another", "guess"), objects.LoginFailure, "wrong name or password")
	w.ok(w.later(2*time.Second, "admin", w.firstPassword()))
	// The unix socket is another place.
	c := w.dial(false)
	if _, err := c.LogIn(context.Background(), &adminv1.LoginRequest{User: "admin", Password: w.firstPassword()}); err != nil {
		t.Error(err)
	}
	// One good password does not buy guesses.
	w.refused(w.later(2*time.Second, "yet another", "guess"), objects.LoginFailure, "wrong name or password")
}

func TestCallerWhoLeavesWaitsNoMore(t *testing.T) {
	w := newWorld(t)
	w.refused(w.try("admin", "wrong"), objects.LoginFailure)
	ctx, cancel := context.WithCancel(context.Background())
	answer := make(chan *objects.Error, 1)
	go func() {
		answer <- w.service.checkLogin(ctx, &session{user: "admin", source: "127.0.0.1"}, "wrong")
	}()
	<-w.waits
	cancel()
	w.refused(<-answer, objects.LoginFailure, "ended")
	if n := w.service.guesses.waiting; n != 0 {
		t.Errorf("%d attempts wait still", n)
	}
}

func TestGuessingElsewhereDoesNotLockOut(t *testing.T) {
	th := newThrottle()
	now := time.Unix(1e9, 0)
	expect := func(user, source string, wait time.Duration, ok bool) {
		t.Helper()
		if d, got := th.enter(user, source, now); d != wait || got != ok {
			t.Errorf("%s at %s: %v, %t; want %v, %t", user, source, d, got, wait, ok)
		}
	}
	th.succeed("admin", "10.0.0.1", now)
	for i := range 20 {
		th.fail("admin", "192.0.2."+string(rune('a'+i)), now)
	}
	expect("admin", "10.0.0.1", 0, true) // the administrator's own place
	expect("other", "10.0.0.2", 0, true)
	// Other places wait in turn; for whom the turn is too far there is none.
	expect("admin", "10.0.0.2", userWait, true)
	expect("admin", "10.0.0.3", 2*userWait, true)
	expect("admin", "10.0.0.4", 3*userWait, false)
	// One machine has all addresses of its /64.
	th.fail("x", "2001:db8::1", now)
	expect("X", "2001:db8::2", firstWait, true)
	// An hour later nobody remembers.
	now = now.Add(forgetting + time.Second)
	th.fail("admin", "192.0.2.a", now)
	now = now.Add(time.Millisecond)
	expect("admin", "192.0.2.a", firstWait-time.Millisecond, true)
}

func TestOnlySoManyWait(t *testing.T) {
	th := newThrottle()
	now := time.Unix(1e9, 0)
	for i := range maxWaiting + 1 {
		user := fmt.Sprint("u", i)
		th.fail(user, user, now)
		if _, ok := th.enter(user, user, now); ok != (i < maxWaiting) {
			t.Errorf("attempt %d: may wait %t", i, ok)
		}
	}
	if _, ok := th.enter("fresh", "fresh", now); !ok {
		t.Error("one that need not wait is refused")
	}
	th.left()
	if _, ok := th.enter("u0", "u0", now); !ok {
		t.Error("there is room again")
	}
}

func TestThrottleIsBounded(t *testing.T) {
	th := newThrottle()
	now := time.Unix(1e9, 0)
	for i := range 3 * maxGuesses {
		th.fail("u"+string(rune(i)), "s"+string(rune(i)), now)
		th.succeed("v"+string(rune(i)), "s", now)
	}
	if n := len(th.failed) + len(th.proved); n > 2*maxGuesses {
		t.Errorf("%d entries are kept", n)
	}
}

func TestSimultaneousGuessesAreJudgedInTurn(t *testing.T) {
	w := newWorld(t)
	const sent = 20
	answers := make(chan *objects.Error, sent)
	for range sent {
		c := w.dial(true)
		go func() {
			_, err := c.LogIn(context.Background(), &adminv1.LoginRequest{User: "admin", Password: "guess"})
			answers <- rpc.AsError(err)
		}()
	}
	looked, waiting := 0, 0
	see := func(e *objects.Error) {
		if strings.Contains(e.Msg, "wrong name or password") {
			looked++
		}
	}
	for answered := 0; answered+waiting < sent; {
		select {
		case e := <-answers:
			answered++
			see(e)
		case <-w.waits:
			waiting++
		}
	}
	if looked > cap(w.service.checking) {
		t.Errorf("%d guesses sent at once were looked at, want at most %d", looked, cap(w.service.checking))
	}
	if most := int(longestWait/firstWait) + 1; waiting > most {
		t.Errorf("%d guesses have a turn, want at most %d", waiting, most)
	}
	w.clock.Advance(longestWait)
	for range waiting {
		see(<-answers)
	}
	if most := int(longestWait/firstWait) + 1 + cap(w.service.checking); looked > most {
		t.Errorf("%d guesses were looked at in %v, want at most %d", looked, longestWait, most)
	}
}

func TestIdleSessionEnds(t *testing.T) {
	w := newWorld(t)
	c := w.connect("admin", w.firstPassword(), false)
	w.clock.Advance(idleTime)
	w.ok(c.set("dhcp", "", "ping-clients=true"))
	w.clock.Advance(idleTime + time.Second)
	// The client has logged in again by itself.
	w.ok(c.set("dhcp", "", "ping-clients=false"))
	w.ok(c.begin())
	w.ok(c.set("dhcp", "", "ping-clients=true"))
	w.clock.Advance(idleTime + time.Second)
	w.refused(c.commit(), objects.LoginFailure, "transaction")
	w.is(c.value("dhcp", "", "ping-clients"), "false")
}

func TestTokenIsOfNoUseElsewhere(t *testing.T) {
	w := newWorld(t)
	login, err := w.root.Login(context.Background(), connect.NewRequest(&adminv1.LoginRequest{}))
	if err != nil {
		t.Fatal(err)
	}
	thief := w.dial(true)
	r := connect.NewRequest(&adminv1.GetRequest{Class: "dhcp"})
	r.Header().Set("Authorization", "Bearer "+login.Msg.Token)
	_, err = thief.Get(context.Background(), r)
	w.refused(rpc.AsError(err), objects.LoginFailure)
}

func TestSessionsEndWithTheirAdministrator(t *testing.T) {
	w := newWorld(t)
	w.ok(w.root.create("admin", "joe", "secret"))
	c := w.connect("joe", "secret", false)
	w.ok(c.set("dhcp", "", "ping-clients=true"))
	w.ok(w.root.set("admin", "joe", "password=other"))
	w.refused(c.set("dhcp", "", "ping-clients=false"), objects.LoginFailure, "joe")
	c = w.connect("joe", "other", false)
	w.ok(w.root.delete("admin", "joe"))
	w.refused(c.set("dhcp", "", "ping-clients=false"), objects.LoginFailure)
}

func TestRoles(t *testing.T) {
	w := newWorld(t)
	w.ok(w.root.create("admin", "reader", "pw", "roles=read-only"))
	w.ok(w.root.create("admin", "scoper", "pw", "roles=edit-scope"))
	w.ok(w.root.create("admin", "chief", "pw"))
	w.ok(w.root.create("scope", "a", "10.1.0.0/24"))

	reader := w.connect("reader", "pw", false)
	denied := []string{"permission denied", "reader"}
	w.refused(reader.create("scope", "b", "10.2.0.0/24"), objects.GenericError, denied...)
	w.refused(reader.set("scope", "a", "bootp=true"), objects.GenericError, denied...)
	w.refused(reader.unset("scope", "a", "bootp"), objects.GenericError, denied...)
	w.refused(reader.delete("scope", "a"), objects.GenericError, denied...)
	err, _ := reader.do("scope", "a", "addRange", "1", "9")
	w.refused(err, objects.GenericError, denied...)
	w.refused(reader.control("reload", false), objects.GenericError, denied...)
	w.refused(reader.begin(), objects.GenericError, denied...)
	w.refused(reader.set("admin", "reader", "roles=full-admin"), objects.GenericError, denied...)
	err, _ = reader.do("lease", "10.1.0.1", "force-available")
	w.refused(err, objects.GenericError, denied...)
	err, _ = reader.do("dhcp", "", "resetStats")
	w.refused(err, objects.GenericError, denied...)
	err, _ = reader.do("scope", "a", "listRanges")
	w.ok(err)
	if names := reader.names("scope", ""); len(names) != 1 {
		t.Errorf("a reader lists %q", names)
	}
	w.ok(reader.set("admin", "reader", "password=mine"))
	w.connect("reader", "mine", false)

	scoper := w.connect("scoper", "pw", false)
	w.ok(scoper.create("scope", "b", "10.2.0.0/24"))
	w.ok(scoper.set("scope-policy", "b", "grace-period=1h"))
	err, _ = scoper.do("scope", "b", "addReservation", "10.2.0.9", "00:11:22:33:44:55")
	w.refused(err, objects.LeaseCreated)
	err, _ = scoper.do("lease", "10.1.0.1", "force-available")
	w.refused(err, objects.NotFound) // the role suffices, there is no such lease
	w.refused(w.root.set("admin", "scoper", "roles=edit-admin"), objects.Invalid, "edit-admin", "full-admin")
	w.refused(scoper.create("policy", "p"), objects.GenericError, "scoper", "edit-scope")
	w.refused(scoper.set("dhcp", "", "ping-clients=true"), objects.GenericError, "scoper")
	w.refused(scoper.create("admin", "evil", "pw"), objects.GenericError, "scoper")
	w.refused(scoper.set("admin", "scoper", "roles=full-admin"), objects.GenericError, "scoper")
	w.refused(scoper.set("admin", "chief", "password=x"), objects.GenericError, "scoper")

	chief := w.connect("chief", "pw", true) // -r
	w.refused(chief.set("scope", "a", "bootp=true"), objects.GenericError, "read-only")
	w.refused(chief.set("admin", "chief", "password=x"), objects.GenericError, "read-only")
	chief = w.connect("chief", "pw", false)
	w.ok(chief.set("scope", "a", "bootp=true"))
	// A role that is taken away is gone at once.
	w.ok(w.root.set("admin", "chief", "roles=read-only"))
	w.refused(chief.set("scope", "a", "bootp=true"), objects.GenericError, "chief")
}

func TestLastAdministratorStays(t *testing.T) {
	w := newWorld(t)
	w.refused(w.root.delete("admin", "admin"), objects.GenericError, "no administrator")
	w.refused(w.root.set("admin", "admin", "roles=read-only"), objects.GenericError, "no administrator")
	w.refused(w.root.unset("admin", "admin", "password"), objects.GenericError, "no administrator")
	w.ok(w.root.create("admin", "joe", "pw"))
	w.ok(w.root.delete("admin", "admin"))
}

func TestPasswordHash(t *testing.T) {
	h := hashPassword("secret")
	if h == hashPassword("secret") {
		t.Error("two hashes of one password are equal: there is no salt")
	}
	for _, test := range []struct {
		hash, password string
		want           bool
	}{
		{h, "secret", true}, {h, "Secret", false}, {h, "", false},
		{"", "", false}, {"rubbish", "", false}, {"$argon2id$v=19$m=999999999,t=1,p=1$AAAA$AAAA", "x", false},
		{h[:len(h)-1], "secret", false},
	} {
		if got := checkPassword(test.hash, test.password); got != test.want {
			t.Errorf("checkPassword(%q, %q) = %t", test.hash, test.password, got)
		}
	}
}
