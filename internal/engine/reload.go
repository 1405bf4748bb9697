package engine

import (
	"fmt"
	"strings"

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
	plan, warnings, errs := compile(cfg, s.stats, s.partners, force, trace)
	r := Report{Warnings: warnings, Errors: errs}
	if len(errs) > 0 {
		return nil, r
	}
	if plan.relations != nil {
		r.risk(plan.relations.Risks(), force)
		r.Held = plan.relations.Held()
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
		if e := s.lossError(l, force); force {
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

// risk enters what only force takes, before all other errors.
func (r *Report) risk(risks []string, force bool) {
	for _, text := range risks {
		if force {
			r.Warnings = append(r.Warnings, objects.Errorf(objects.OkWithWarnings, "%s", text))
		} else {
			r.Errors = append(r.Errors, objects.Errorf(objects.Invalid, "%s; 'dhcp reload force' takes the risk", text))
			r.Risks++
		}
	}
}

// lossError tells what a scope loses and what to do about it; with force it is
// lost already.
func (s *Server) lossError(l lease.Loss, force bool) *objects.Error {
	what := "addresses of its ranges or reservations go"
	if l.Removed {
		what = "it goes"
	}
	leases, them, end := "1 live lease", "it", "end it"
	if l.Live > 1 {
		leases, them, end = fmt.Sprintf("%d live leases", l.Live), "them", "end each"
	}
	names := make([]string, 0, len(l.First))
	for _, k := range l.First {
		names = append(names, s.leaseName(k))
	}
	list := strings.Join(names, ", ")
	if more := l.Live - len(l.First); more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	if force {
		return objects.Errorf(objects.OkWithWarnings, "scope %q: %s, and %s with %s (%s), parked until the addresses come back",
			l.Scope, what, leases, them, list)
	}
	return objects.Errorf(objects.Invalid, "scope %q: %s, and %s with %s (%s); %s with 'lease %s force-available', or park %s until the addresses come back with 'dhcp reload force'",
		l.Scope, what, leases, them, list, end, names[0], them)
}

// leaseName is how an operator writes a lease of the running configuration.
func (s *Server) leaseName(k lease.Key) string {
	vpnName := ""
	if p := s.plan.Load(); p != nil && p.vpns.byID[k.VPN] != nil {
		vpnName = p.vpns.byID[k.VPN].name
	}
	return objects.JoinVPN(vpnName, k.Addr.String())
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
	if plan.relations != nil {
		plan.relations.Part(s)
	}
	before := s.plan.Swap(plan)
	if plan.settings.importMode {
		s.keepTouch(plan)
	}
	if plan.relations != nil {
		plan.relations.Apply(s)
	}
	if before != nil && before.settings.importMode && !plan.settings.importMode {
		s.keepTouch(plan)
	}
	s.reloaded.Store(s.clock.Now().Unix())
	s.stats.keep(plan)
	s.logf(msgReloaded, len(plan.ordered), len(plan.policies), len(plan.clients.byName))
	return r
}
