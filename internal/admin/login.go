package admin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"connectrpc.com/connect"

	"leasehold/internal/version"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// initialPasswordFile holds the first administrator's password until it is
// changed; firstAdmin is its name.
const (
	initialPasswordFile = "initial-admin-password"
	firstAdmin          = "admin"
)

// Login opens a session. Root and the server's own user on the unix socket may
// leave out name and password; what is given is checked.
func (s *Service) Login(ctx context.Context, r *connect.Request[adminv1.LoginRequest]) (*connect.Response[adminv1.LoginResponse], error) {
	peer := rpc.PeerFrom(ctx)
	who := &session{
		user: r.Msg.User, host: hostWord(r.Msg.ClientHost), source: sourceOf(peer),
		readOnly: r.Msg.ReadOnly, from: peer,
	}
	if peer.Trusted && r.Msg.User == "" && r.Msg.Password == "" {
		who.trusted = true
		who.user = userName(peer.UID)
	} else if err := s.checkLogin(ctx, who, r.Msg.Password); err != nil {
		return nil, rpc.Refusal(err)
	}
	token := s.sessions.open(who, s.clock.Now())
	s.log.Log(msgLogin, who.who(), who.source)
	return connect.NewResponse(&adminv1.LoginResponse{
		Token: token, User: who.user, Roles: s.roles(who),
		ServerVersion: version.Version, SchemaHash: objects.SchemaHash(),
		Cluster: s.cluster, DefaultEditMode: "staged",
	}), nil
}

// Logout ends the session; an open transaction goes with it.
func (s *Service) Logout(ctx context.Context, _ *connect.Request[adminv1.LogoutRequest]) (*connect.Response[adminv1.LogoutResponse], error) {
	who := sessionFrom(ctx)
	s.mu.Lock()
	who.transaction = nil
	s.mu.Unlock()
	s.sessions.close(who)
	return connect.NewResponse(&adminv1.LogoutResponse{}), nil
}

// checkLogin checks name and password. After failures the attempt waits its
// turn first; one that would wait too long is refused without a look at the
// password.
func (s *Service) checkLogin(ctx context.Context, who *session, password string) *objects.Error {
	for waited := false; ; waited = true {
		again, err := s.tryLogin(ctx, who, password, waited)
		if err != nil || again == 0 {
			return err
		}
		err = s.await(ctx, again)
		s.guesses.left()
		if err != nil {
			return err
		}
	}
}

// tryLogin judges an attempt, or tells how long it must wait for its turn.
func (s *Service) tryLogin(ctx context.Context, who *session, password string, waited bool) (again time.Duration, err *objects.Error) {
	// The place is taken before failures are looked at: of attempts sent at the
	// same moment no more than have a place at once come before the first
	// failure.
	select {
	case s.checking <- struct{}{}:
		defer func() { <-s.checking }()
	case <-ctx.Done():
		return 0, connectionEnded()
	}
	now := s.clock.Now()
	if !waited {
		wait, ok := s.guesses.enter(who.user, who.source, now)
		if !ok {
			return 0, objects.Errorf(objects.LoginFailure, "too many wrong passwords, and others wait already; try again in %d s", (wait+time.Second-1)/time.Second)
		}
		if wait > 0 {
			return wait, nil
		}
	}
	a := s.administrator(who.user)
	hash := ""
	if a != nil {
		hash, who.user = objects.AdminPassword.Of(a), a.Name
	}
	if !checkPassword(hash, password) {
		s.guesses.fail(who.user, who.source, now)
		// Those that are refused for coming too often are not logged: they
		// would fill the disk.
		s.log.Log(msgLoginFailed, hostWord(who.user), who.source, "wrong name or password")
		return 0, objects.Errorf(objects.LoginFailure, "wrong name or password")
	}
	who.password = hash
	s.guesses.succeed(who.user, who.source, now)
	return 0, nil
}

func (s *Service) await(ctx context.Context, wait time.Duration) *objects.Error {
	select {
	case <-s.clock.After(wait):
		return nil
	case <-ctx.Done():
		return connectionEnded()
	}
}

func connectionEnded() *objects.Error {
	return objects.Errorf(objects.LoginFailure, "the connection has ended")
}

// createFirstAdmin makes the administrator of a new server.
func (s *Service) createFirstAdmin(ctx context.Context) error {
	password := newPassword()
	path := filepath.Join(s.data, initialPasswordFile)
	if err := writePassword(path, password); err != nil {
		return fmt.Errorf("create the first administrator: %w", err)
	}
	a := objects.New(objects.Admin, firstAdmin)
	a.Attrs[objects.AdminPassword.Name] = hashPassword(password)
	d := newDraft(s.stored)
	d.put(a)
	self := &session{user: "server", host: s.cluster, source: "start", trusted: true}
	if err := s.save(ctx, request{session: self}, d.changed()); err != nil {
		d.undo()
		return errors.Join(fmt.Errorf("create the first administrator: %w", err), os.Remove(path))
	}
	s.noteAdministrators(nil)
	s.log.Log(msgFirstAdmin, path)
	return nil
}

// writePassword replaces a file that a start before this one may have left
// behind unfinished.
func writePassword(path, password string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(password + "\n")
	return errors.Join(err, f.Sync(), f.Close())
}

// noteAdministrators keeps up with stored changes of administrators. It also
// removes the file with the first password once that is no longer one. The
// caller holds s.mu.
func (s *Service) noteAdministrators(edits []*edit) {
	admins := map[string]*objects.Object{}
	for _, o := range s.stored.cfg.All(objects.Admin) {
		admins[strings.ToLower(o.Name)] = o
	}
	s.admins.Store(&admins)
	for _, e := range edits {
		if o := pick(e.before, e.after); o.Class != objects.Admin || !strings.EqualFold(o.Name, firstAdmin) {
			continue
		}
		if e.before == nil || e.after == nil || objects.AdminPassword.Of(e.before) != objects.AdminPassword.Of(e.after) {
			// A file that stays behind holds a password of no use.
			_ = os.Remove(filepath.Join(s.data, initialPasswordFile))
		}
	}
}

func sourceOf(p rpc.Peer) string {
	if p.Source == "unix" {
		return fmt.Sprintf("unix uid %d", p.UID)
	}
	return p.Source
}

func userName(uid uint32) string {
	if u, err := user.LookupId(strconv.FormatUint(uint64(uid), 10)); err == nil {
		return u.Username
	}
	return fmt.Sprintf("uid%d", uid)
}

// hostWord takes a word that a client sent into the change log or the log: no
// blanks, nothing that breaks a line, not long.
func hostWord(text string) string {
	text = strings.Map(func(r rune) rune {
		if r <= ' ' || r >= 0x7f || r == '@' {
			return -1
		}
		return r
	}, text)
	if len(text) > 64 {
		text = text[:64]
	}
	if text == "" {
		return "unknown"
	}
	return text
}
