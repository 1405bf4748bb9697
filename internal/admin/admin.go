package admin

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"leasehold/internal/clock"
	"leasehold/internal/engine"
	"leasehold/internal/eventlog"
	"leasehold/internal/failover"
	"leasehold/internal/store"
	"leasehold/pkg/objects"
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
	// Failover is the running server's relationships; nil is none.
	Failover failover.Operator
	Probe    Prober // the test client of failover-pair confirm; nil is none
	// Drift is told of each write of the stored configuration; nil is nobody.
	Drift Watcher
}

// Service answers the admin service's calls and decides who may make them.
type Service struct {
	store   *store.ConfigDB
	runtime Runtime
	clock   clock.Clock
	log     *eventlog.Log
	data    string
	cluster string
	// failover is nil where the server has no relationships.
	failover failover.Operator
	probe    Prober
	drift    Watcher // nil where nobody watches

	// mu guards the stored configuration and the transactions: one writer
	// at a time, who holds it until the change is on disk.
	mu      sync.RWMutex
	stored  *table
	version uint64 // of the last write
	// heard is what the running server warned of when it took its configuration.
	heard map[string]bool
	// forced holds the running scopes whose deletion was forced although
	// they have live leases: the next reload may drop them.
	forced map[ref]bool

	// admins holds the administrators by lower-case name, for those who must
	// not wait for a writer: a slow disk shuts nobody out.
	admins   atomic.Pointer[map[string]*objects.Object]
	sessions *sessions
	guesses  *throttle
	checking chan struct{} // bounds the password checks under way

	outbox *outbox // what is still to be done on failover partners
}

var (
	_ adminv1connect.AdminHandler = (*Service)(nil)
	_ rpc.Guard                   = (*Service)(nil)
)

// New loads the stored configuration and, where it holds no administrator yet,
// creates admin with a random password in DATA/initial-admin-password. The
// running server is left alone: call Reload to give it the configuration.
func New(ctx context.Context, d Deps) (*Service, error) {
	cfg, err := d.Store.Load(ctx)
	if err != nil {
		return nil, fmt.Errorf("load configuration: %w", err)
	}
	version, err := d.Store.Version(ctx)
	if err != nil {
		return nil, fmt.Errorf("load configuration: %w", err)
	}
	if d.Cluster == "" {
		if d.Cluster, err = os.Hostname(); err != nil {
			d.Cluster = "localhost"
		}
	}
	s := &Service{
		store: d.Store, runtime: d.Runtime, clock: d.Clock, log: d.Log, data: d.Data, cluster: d.Cluster,
		failover: d.Failover,
		probe:    d.Probe,
		stored:   newTable(cfg),
		version:  version,
		forced:   map[ref]bool{},
		sessions: newSessions(),
		guesses:  newThrottle(),
		checking: make(chan struct{}, 2),
	}
	for _, l := range d.Store.Lost() {
		s.log.Log(msgSecretLost, l.Attr, objects.Ref(l.Class, l.Name), l.Why)
	}
	if s.outbox, err = newOutbox(ctx, d.Store); err != nil {
		return nil, fmt.Errorf("load configuration: %w", err)
	}
	s.noteAdministrators(nil)
	if cfg.Len(objects.Admin) == 0 {
		if err := s.createFirstAdmin(ctx); err != nil {
			return nil, err
		}
	}
	if s.drift = d.Drift; s.drift != nil {
		s.drift.Watch(s)
	}
	return s, nil
}

// Reload validates the stored configuration and takes it into service, as
// "dhcp reload" does: at start, and on SIGHUP.
func (s *Service) Reload(ctx context.Context, force bool) engine.Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reload(force)
}

// reload is Reload under the lock. Writers wait: the running configuration is
// the stored one when it returns.
func (s *Service) reload(force bool) engine.Report {
	report := engine.Report{Errors: s.stored.cfg.Validate()}
	if len(report.Errors) == 0 {
		cfg := s.stored.cfg.Clone()
		report = s.runtime.Reload(cfg, force)
		if len(report.Errors) > 0 && !force && report.Risks == 0 && report.Held == 0 && s.onlyForcedGo(cfg) {
			report = s.runtime.Reload(cfg, true)
		}
	}
	if len(report.Errors) == 0 {
		s.hear(report.Warnings)
		report.Warnings = append(report.Warnings, s.stored.cfg.Secretless()...)
		report.Warnings = append(report.Warnings, s.alone(s.stored.cfg)...)
	}
	for _, e := range report.Errors {
		s.log.Log(msgReloadRefused, e.Status())
	}
	for _, e := range report.Warnings {
		s.log.Log(msgReloadWarning, e.Status())
	}
	if len(report.Errors) == 0 {
		s.log.Log(msgReloaded, s.version, len(report.Warnings))
		for _, idle := range s.stored.cfg.Idle() {
			s.log.Log(msgIdle, listed(idle.What), idle.Why)
		}
		clear(s.forced)
	}
	return report
}

// onlyForcedGo tells whether nothing but the loss of scopes whose deletion was
// forced stands against the configuration: with them it would be accepted.
func (s *Service) onlyForcedGo(cfg *objects.Config) bool {
	running := s.runtime.Config()
	if len(s.forced) == 0 || running == nil {
		return false
	}
	with := cfg.Clone()
	for r := range s.forced {
		if o := running.Get(r.class, r.name); o != nil && with.Get(r.class, r.name) == nil {
			with.Put(o)
		}
	}
	report := s.runtime.Check(with, false)
	return len(report.Errors) == report.Risks // the scopes go together with their relationship
}
