package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"connectrpc.com/connect"

	"leasehold/internal/shell"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// patience is how long a server may take for a step.
const patience = time.Minute

// reader opens servers, to read from and nothing else.
type reader struct {
	dial   rpc.DialOptions
	host   string
	tty    *shell.TTY // nil: nobody to ask
	opened []*server
}

// server is a session on one of the two.
type server struct {
	role, cluster string
	client        *rpc.Client
	version       string
	full          bool // may see secrets
}

func newReader(o *options) *reader {
	r := &reader{dial: rpc.DialOptions{CACert: o.caCert, Known: shell.KnownServers()}}
	r.host, _ = os.Hostname() // for the other server's log; it may be empty
	r.tty, _ = shell.OpenTTY()
	if r.tty != nil {
		r.dial.NewServer = func(address, fingerprint string) error {
			return r.tty.Print(fmt.Sprintf("First contact with %s. The fingerprint of its certificate, kept from now on, is\n%s\n", address, fingerprint))
		}
	}
	return r
}

func (r *reader) close() {
	for _, s := range r.opened {
		_ = s.client.Close() // the server forgets an idle session anyway
	}
	if r.tty != nil {
		_ = r.tty.Close() // nothing was left to write
	}
}

// failed names the server in an error.
func (s *server) failed(doing string, err error) error {
	e := *rpc.AsError(err)
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("interrupted while %s the %s server, %s", doing, s.role, s.cluster)
	}
	if ce, ok := errors.AsType[*connect.Error](err); ok && ce.Code() == connect.CodeUnimplemented {
		e.Msg = fmt.Sprintf("the server, version %s, is older and cannot send its configuration as a whole; bring it to this program's version", s.version)
	}
	e.Msg = fmt.Sprintf("%s the %s server, %s: %s", doing, s.role, s.cluster, strings.TrimPrefix(e.Msg, s.cluster+": "))
	return &e
}

// open connects and logs in.
func (r *reader) open(ctx context.Context, role string, l login) (*server, error) {
	s := &server{role: role, cluster: l.cluster}
	client, err := shell.Reach(ctx, l.cluster, r.dial)
	if err != nil {
		return nil, s.failed("reaching", err)
	}
	s.client = client
	r.opened = append(r.opened, s)
	peer := strings.HasPrefix(client.Target, "unix:") && l.user == "" && l.password == ""
	if !peer {
		if err := r.ask(role, &l); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answer, err := client.LogIn(ctx, &adminv1.LoginRequest{User: l.user, Password: l.password, ClientHost: r.host})
	if err != nil {
		return nil, s.failed("logging in to", err)
	}
	s.version, s.full = answer.ServerVersion, slices.Contains(answer.Roles, objects.RoleFull)
	return s, nil
}

// same tells whether two sessions are on one server, as far as that can be
// seen: each server has a certificate of its own.
func (s *server) same(o *server) bool {
	return s.client.Target == o.client.Target || s.client.Fingerprint != "" && s.client.Fingerprint == o.client.Fingerprint
}

// ask fills in what is missing of a login.
func (r *reader) ask(role string, l *login) error {
	flag := role[:1]
	for _, q := range []struct {
		to           *string
		what, letter string
		prompt       func(*shell.TTY) (string, error)
	}{
		{&l.user, "user", "u", func(t *shell.TTY) (string, error) { return t.Ask("username for " + l.cluster + ": ") }},
		{&l.password, "password", "p", func(t *shell.TTY) (string, error) { return t.AskSecret("password for " + l.cluster + ": ") }},
	} {
		if *q.to != "" {
			continue
		}
		if r.tty == nil {
			return fmt.Errorf("no %s for the %s server, %s, is given (-%s%s), and there is no terminal to ask on", q.what, role, l.cluster, flag, q.letter)
		}
		answer, err := q.prompt(r.tty)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("no %s for the %s server: %w", q.what, role, err)
		}
		*q.to = answer
	}
	return nil
}

// configuration reads what the server has stored, as of one moment. Without
// secrets each of them is a mask.
func (s *server) configuration(ctx context.Context, secrets bool) (*objects.Config, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	silence := time.AfterFunc(patience, cancel)
	defer silence.Stop()
	stream, err := s.client.Snapshot(ctx, connect.NewRequest(&adminv1.SnapshotRequest{Secrets: secrets}))
	if err != nil {
		return nil, s.failed("reading", err)
	}
	defer func() { _ = stream.Close() }() // what matters was said by Err
	cfg, messages := objects.NewConfig(), 0
	for stream.Receive() {
		silence.Reset(patience)
		messages++
		for _, m := range stream.Msg().Objects {
			o, err := s.object(m)
			if err != nil {
				return nil, err
			}
			cfg.Put(o)
		}
	}
	if err := stream.Err(); err != nil {
		return nil, s.failed("reading", err)
	}
	if messages == 0 {
		return nil, fmt.Errorf("reading the %s server, %s: it sent nothing", s.role, s.cluster)
	}
	return cfg, nil
}

// object makes an object of its message. What this program has no table for
// cannot be compared: better nothing is said than something wrong.
func (s *server) object(m *adminv1.Object) (*objects.Object, error) {
	unknown := func(what string) error {
		return fmt.Errorf("the %s server, %s, version %s, has %s, which this program does not know; use that of the newer version", s.role, s.cluster, s.version, what)
	}
	class := objects.ClassNamed(m.Class)
	if class == nil {
		return nil, unknown("objects of class " + m.Class)
	}
	o := objects.New(class, m.Name)
	for _, a := range m.Attributes {
		if class.Attr(a.Name) == nil && !class.Dynamic(a.Name) {
			return nil, unknown(o.Ref() + " with the attribute " + a.Name)
		}
		o.Attrs[a.Name] = a.Text
	}
	return o, nil
}
