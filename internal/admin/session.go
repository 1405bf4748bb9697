package admin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"sync"
	"time"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1/adminv1connect"
)

const (
	// idleTime ends a session that nobody uses. The client logs in again by
	// itself, unless it lost a transaction.
	idleTime = 30 * time.Minute
	// maxSessions bounds them; the one idle for longest makes room.
	maxSessions = 1000
)

// session is an administrator at work.
type session struct {
	user     string
	host     string // what the client says of its machine
	source   string // where the connection comes from: "unix uid 0", an address
	readOnly bool   // asked for at login
	// trusted sessions came over the unix socket without a name: root or the
	// server's own user, whom no administrator object limits.
	trusted  bool
	password string // hash at login: when it changes, the session ends
	from     rpc.Peer

	used        time.Time    // guarded by sessions.mu
	transaction *transaction // guarded by Service.mu
}

// who names the administrator in the change log: user@host.
func (s *session) who() string { return s.user + "@" + s.host }

// sessions finds a session by its token. Tokens are kept hashed: whoever reads
// the server's memory image does not get in with it.
type sessions struct {
	mu      sync.Mutex
	byToken map[[sha256.Size]byte]*session
}

func newSessions() *sessions { return &sessions{byToken: map[[sha256.Size]byte]*session{}} }

// open enters a session and returns its token.
func (ss *sessions) open(s *session, now time.Time) string {
	var b [32]byte
	rand.Read(b[:]) // never fails
	token := base64.RawURLEncoding.EncodeToString(b[:])
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.expire(now)
	if len(ss.byToken) >= maxSessions {
		ss.evict()
	}
	s.used = now
	ss.byToken[sha256.Sum256([]byte(token))] = s
	return token
}

// find returns the session of a token and marks it as used; nil if there is
// none or its time is over.
func (ss *sessions) find(token string, now time.Time) *session {
	key := sha256.Sum256([]byte(token))
	ss.mu.Lock()
	defer ss.mu.Unlock()
	s := ss.byToken[key]
	if s == nil {
		return nil
	}
	if now.Sub(s.used) > idleTime {
		delete(ss.byToken, key)
		return nil
	}
	s.used = now
	return s
}

func (ss *sessions) close(gone *session) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	for key, s := range ss.byToken {
		if s == gone {
			delete(ss.byToken, key)
		}
	}
}

func (ss *sessions) expire(now time.Time) {
	for key, s := range ss.byToken {
		if now.Sub(s.used) > idleTime {
			delete(ss.byToken, key)
		}
	}
}

func (ss *sessions) evict() {
	var oldest [sha256.Size]byte
	var found *session
	for key, s := range ss.byToken {
		if found == nil || s.used.Before(found.used) {
			oldest, found = key, s
		}
	}
	delete(ss.byToken, oldest)
}

// transactions counts the open ones.
func (ss *sessions) transactions() int {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	n := 0
	for _, s := range ss.byToken {
		if s.transaction != nil {
			n++
		}
	}
	return n
}

type sessionKey struct{}

// sessionFrom returns the session of a call; Authorize has put it there.
func sessionFrom(ctx context.Context) *session {
	s, _ := ctx.Value(sessionKey{}).(*session)
	return s
}

// Authorize implements rpc.Guard: every call but Login needs the token of a
// session that is alive, from where it was opened, of an administrator who
// still exists and has not got another password.
func (s *Service) Authorize(ctx context.Context, procedure, token string) (context.Context, error) {
	if procedure == adminv1connect.AdminLoginProcedure {
		return ctx, nil
	}
	who := s.sessions.find(token, s.clock.Now())
	peer := rpc.PeerFrom(ctx)
	if who == nil || who.from.Source != peer.Source || who.from.UID != peer.UID {
		return nil, &objects.Error{Code: objects.LoginFailure, Msg: "the session has ended; log in again", Detail: []string{rpc.SessionUnknown}}
	}
	if !who.trusted {
		a := s.administrator(who.user)
		if a == nil || objects.AdminPassword.Of(a) != who.password {
			s.sessions.close(who)
			return nil, objects.Errorf(objects.LoginFailure, "the session has ended: administrator %q was deleted or has a new password", who.user)
		}
	}
	return context.WithValue(ctx, sessionKey{}, who), nil
}

// administrator returns the administrator of that name, or nil.
func (s *Service) administrator(name string) *objects.Object {
	return (*s.admins.Load())[strings.ToLower(name)]
}

// roles returns what the session may do now.
func (s *Service) roles(who *session) []string {
	switch {
	case who.readOnly:
		return []string{objects.RoleReadOnly}
	case who.trusted:
		return []string{objects.RoleFull}
	}
	a := s.administrator(who.user)
	if a == nil {
		return []string{objects.RoleReadOnly}
	}
	return objects.AdminRoles.Of(a)
}

// mayEdit tells whether the session may change objects of the class; the role
// for a class holds for the embedded policies of its objects too, that for
// option sets for their definitions.
func (s *Service) mayEdit(who *session, class *objects.Class) *objects.Error {
	roles := s.roles(who)
	if slices.Contains(roles, objects.RoleFull) {
		return nil
	}
	// Who may change administrators may make itself one of any role.
	if class != objects.Admin {
		for _, name := range []string{class.Name, class.Owner, wider[class]} {
			if name != "" && slices.Contains(roles, objects.RoleEdit+name) {
				return nil
			}
		}
	}
	return denied(who, roles, "change "+class.Name+" objects")
}

// wider names the class whose edit role includes another's.
var wider = map[*objects.Class]string{
	objects.Option:      objects.OptionSet.Name,
	objects.Reservation: objects.Scope.Name,
	objects.Lease:       objects.Scope.Name,
	objects.Server:      objects.Dhcp.Name,
}

// mayEditAnything tells whether there is something that the session may change.
func (s *Service) mayEditAnything(who *session) *objects.Error {
	roles := s.roles(who)
	if slices.ContainsFunc(roles, func(r string) bool { return r != objects.RoleReadOnly }) {
		return nil
	}
	return denied(who, roles, "change anything")
}

func denied(who *session, roles []string, what string) *objects.Error {
	if who.readOnly {
		return objects.Errorf(objects.GenericError, "permission denied: the session is read-only and may not %s", what)
	}
	return objects.Errorf(objects.GenericError, "permission denied: administrator %q may not %s (roles: %s)", who.user, what, strings.Join(roles, ","))
}
