package engine

import (
	"fmt"

	"leasehold/internal/lease"
	"leasehold/pkg/objects"
)

// Check tells what Reload would say, and changes nothing.
func (s *Server) Check(cfg *objects.Config, force bool) Report {
	_, r := s.prepare(cfg, force, nil)
	return r
}

// prepare compiles the configuration and asks the lease table what its scopes
// would do to the leases.
func (s *Server) prepare(cfg *objects.Config, force bool, trace func(int, string)) (*Plan, Report) {
	plan, warnings, errs := compile(cfg, s.stats, trace)
	r := Report{Warnings: warnings, Errors: errs}
	if len(errs) > 0 {
		return nil, r
	}
	change, err := s.table.Preview(plan.table)
	if err != nil {
		r.Errors = append(r.Errors, objects.AsError(fmt.Errorf("configure leases: %w", err)))
		return nil, r
	}
	for _, l := range change.Losses {
		r.Parked += l.Parked
		if l.Live == 0 {
			continue
		}
		e := lossError(l)
		if force {
			e.Code = objects.OkWithWarnings
			r.Warnings = append(r.Warnings, e)
		} else {
			r.Errors = append(r.Errors, e)
		}
	}
	if len(r.Errors) > 0 {
		return nil, r
	}
	return plan, r
}

func lossError(l lease.Loss) *objects.Error {
	what := "addresses of its ranges or reservations go"
	if l.Removed {
		what = "it goes"
	}
	return objects.Errorf(objects.Invalid, "scope %q: %s, and %d live leases with them; a forced reload parks them until their addresses come back",
		l.Scope, what, l.Live)
}

// Reload takes a configuration into service: first all of it is compiled and
// checked, then it is there for the next packet. Packets under way end with
// the configuration that they began with.
func (s *Server) Reload(cfg *objects.Config, force bool) Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	plan, r := s.prepare(cfg, force, func(level int, text string) { s.logf(msgTrace, level, text) })
	if plan == nil {
		s.logf(msgReloadRefused, len(r.Errors), r.Errors[0].Msg)
		return r
	}
	if _, err := s.table.Configure(plan.table); err != nil {
		r.Errors = append(r.Errors, objects.AsError(fmt.Errorf("configure leases: %w", err)))
		return r
	}
	plan.bind(s.table)
	s.plan.Store(plan)
	s.reloaded.Store(s.clock.Now().Unix())
	s.stats.keep(plan)
	s.logf(msgReloaded, len(plan.ordered), len(plan.policies), len(plan.clients.byName))
	return r
}
