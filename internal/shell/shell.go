package shell

import (
	"context"
	"errors"
	"io"
	"strings"

	"leasehold/internal/clock"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// Config is what a shell is given.
type Config struct {
	Cluster    string // as the session shows it; "" is localhost
	User       string // "" asks, or takes the peer's on a unix socket
	Password   string
	ReadOnly   bool
	Visibility int    // 0 is the default, 5
	Host       string // this machine's name, for the server's change log

	// Dial reaches the server.
	Dial func(context.Context) (*rpc.Client, error)
	// Prompt asks the operator; nil where there is no terminal.
	Prompt Prompter
	Out    io.Writer
	Clock  clock.Clock
}

// Prompter asks the operator for something on the terminal.
type Prompter interface {
	Ask(prompt string) (string, error)
	AskSecret(prompt string) (string, error) // without echo
}

// Exit is a program's exit status.
type Exit int

// The exit statuses of nrcmd.
const (
	ExitOk      Exit = 0 // every status was below 300
	ExitFailed  Exit = 1 // some command failed
	ExitUsage   Exit = 2 // bad use of the program, or it failed itself
	ExitNoLogin Exit = 3 // the server was not reached, or refused the login
)

// Shell runs command lines for one administrator. It is not safe for
// concurrent use, except that completion may ask the server while it is idle.
type Shell struct {
	cfg     Config
	client  *rpc.Client // nil before the first login
	session session
	out     *output
	// commands is the table of commands, sorted by name.
	commands []*command
	// versions holds what this session has seen of each object: a change
	// says which version it was based on.
	versions map[objectKey]uint64
	forced   bool // force-lock was sent: changes are not held against versions

	pager       Pager  // nil where nobody reads along
	newPassword string // of this session's administrator, in effect once committed
	interactive bool   // abbreviations are understood
	tx          txMode
	deferred    []string // what --atomic does after the commit
	exit        bool     // the command exit has come
	failed      bool     // some status was 300 or above
	lost        bool     // the last call found no server
	halted      bool     // a failed assertion: the batch ends
}

// New returns a shell that has not logged in.
func New(cfg Config) *Shell {
	if cfg.Cluster == "" {
		cfg.Cluster = "localhost"
	}
	s := &Shell{cfg: cfg, out: newOutput(cfg.Out), commands: commandTable(), versions: map[objectKey]uint64{}}
	s.session = newSession(cfg)
	return s
}

// Login reaches the server, asks for the user's name and password where they
// are needed and missing, and opens the session.
func (s *Shell) Login(ctx context.Context) *objects.Error {
	if s.client == nil {
		client, err := s.cfg.Dial(ctx)
		if err != nil {
			return rpc.AsError(err)
		}
		s.client = client
	}
	peer := strings.HasPrefix(s.client.Target, "unix:") && s.cfg.User == "" && s.cfg.Password == ""
	if peer {
		err := s.logIn(ctx)
		if err == nil || err.Code != objects.LoginFailure || s.cfg.Prompt == nil {
			return err
		}
	}
	if err := s.askLogin(); err != nil {
		return err
	}
	return s.logIn(ctx)
}

func (s *Shell) askLogin() *objects.Error {
	for _, q := range []struct {
		to     *string
		what   string
		prompt func(Prompter) (string, error)
	}{
		{&s.cfg.User, "user name (-N)", func(p Prompter) (string, error) { return p.Ask("username: ") }},
		{&s.cfg.Password, "password (-P)", func(p Prompter) (string, error) { return p.AskSecret("password: ") }},
	} {
		if *q.to != "" {
			continue
		}
		if s.cfg.Prompt == nil {
			return objects.Errorf(objects.LoginFailure, "no %s is given, and there is no terminal to ask on", q.what)
		}
		answer, err := q.prompt(s.cfg.Prompt)
		if err != nil && !errors.Is(err, io.EOF) {
			return objects.Errorf(objects.LoginFailure, "no %s: %v", q.what, err)
		}
		*q.to = answer
	}
	return nil
}

func (s *Shell) logIn(ctx context.Context) *objects.Error {
	answer, err := s.client.LogIn(ctx, &adminv1.LoginRequest{
		User: s.cfg.User, Password: s.cfg.Password, ReadOnly: s.cfg.ReadOnly, ClientHost: s.cfg.Host,
	})
	if err != nil {
		return rpc.AsError(err)
	}
	s.session.opened(answer)
	return nil
}

// renewLogin opens a new session with the password that this one has set.
func (s *Shell) renewLogin(ctx context.Context) *objects.Error {
	if s.newPassword == "" {
		return nil
	}
	s.cfg.Password, s.newPassword = s.newPassword, ""
	return s.logIn(ctx)
}

// Refuse prints the status of a login that failed and returns the exit status
// that goes with it.
func (s *Shell) Refuse(e *objects.Error) Exit {
	s.out.status(e)
	s.out.flush()
	return ExitNoLogin
}

// Banner prints what the seeds show after a login: 100 Ok and the session's
// four oldest attributes.
func (s *Shell) Banner() {
	s.out.status(nil)
	s.out.printf("session:\n")
	for _, name := range []string{"cluster", "default-format", "user-name", "visibility"} {
		s.out.printf("    %s = %s\n", name, s.session.text(name))
	}
	s.out.flush()
}

// Close ends the session and the session log.
func (s *Shell) Close() {
	s.out.flush()
	s.out.stopLog()
	if s.client != nil {
		// The server forgets an idle session anyway; there is nobody to tell.
		_ = s.client.Close()
	}
}

// Single runs one command as nrcmd does for a command on its own command
// line: no banner, no prompt, and objects in script format.
func (s *Shell) Single(ctx context.Context, line string) Exit {
	s.session.format = formatScript
	s.Run(ctx, line)
	return s.result()
}

// result is the exit status for what was run.
func (s *Shell) result() Exit {
	switch {
	case s.lost:
		return ExitNoLogin
	case s.failed:
		return ExitFailed
	}
	return ExitOk
}

// Run runs one command line and prints what comes of it. It returns the code
// of its status line, or 0 for a line without a command.
func (s *Shell) Run(ctx context.Context, line string) objects.Code {
	defer s.out.flush()
	words, err := Split(line)
	if err == nil && len(words) == 0 {
		return 0
	}
	s.lost = false
	c := &call{Shell: s, ctx: ctx, line: line, words: words}
	if err == nil {
		err = s.dispatch(c)
	}
	code := c.finish(err)
	s.failed = s.failed || code.Failed()
	s.lost = code == objects.ConnectionFailure
	return code
}
