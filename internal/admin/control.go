package admin

import (
	"context"
	"fmt"
	"strings"

	"connectrpc.com/connect"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// Control starts, stops or reloads the packet service.
func (s *Service) Control(ctx context.Context, r *connect.Request[adminv1.ControlRequest]) (*connect.Response[adminv1.ControlResponse], error) {
	lines, err := s.control(ctx, sessionFrom(ctx), r.Msg.Action, r.Msg.Force)
	if err != nil && err.Code.Failed() {
		return nil, rpc.Refusal(err)
	}
	return connect.NewResponse(&adminv1.ControlResponse{Status: rpc.Status(err), Lines: lines}), nil
}

func (s *Service) control(ctx context.Context, who *session, action string, force bool) ([]string, *objects.Error) {
	if err := s.mayEdit(who, objects.Dhcp); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	var err *objects.Error
	switch strings.ToLower(action) {
	case "start":
		err = s.start()
	case "stop":
		err = objects.AsError(s.runtime.Stop(context.WithoutCancel(ctx)))
	case "reload":
		lines, err = s.reloadFor(force)
	case "validate": // what failover-pair reload asks both servers first
		return nil, s.validate()
	default:
		return nil, objects.Errorf(objects.UnknownKeyword, "the server is told to start, stop or reload, not to %q", action)
	}
	s.log.Log(msgControl, who.who(), who.source, "dhcp "+strings.ToLower(action), outcome(err))
	return lines, err
}

// start begins to serve; a server that never had a configuration gets the
// stored one.
func (s *Service) start() *objects.Error {
	if s.runtime.Running() {
		return nil
	}
	if s.runtime.Config() == nil {
		if report := s.reload(false); len(report.Errors) > 0 {
			return refusedReload(report.Errors)
		}
	}
	return objects.AsError(s.runtime.Start())
}

// reloadFor is a reload that an administrator asked for; it also starts a
// server that was stopped.
func (s *Service) reloadFor(force bool) ([]string, *objects.Error) {
	report := s.reload(force)
	if len(report.Errors) > 0 {
		return nil, refusedReload(report.Errors)
	}
	var warnings []string
	for _, w := range report.Warnings {
		warnings = append(append(warnings, w.Msg), w.Detail...)
	}
	switch {
	case report.Parked == 1:
		warnings = append(warnings, "1 lease is in no scope now; it is kept and comes back with its scope")
	case report.Parked > 1:
		warnings = append(warnings, fmt.Sprintf("%d leases are in no scope now; they are kept and come back with their scope", report.Parked))
	}
	if err := s.start(); err != nil {
		return warnings, err
	}
	if len(warnings) > 0 {
		return warnings, &objects.Error{Code: objects.OkWithWarnings}
	}
	return nil, nil
}

// refusedReload says every reason, one a line.
func refusedReload(errs []*objects.Error) *objects.Error {
	e := &objects.Error{Code: errs[0].Code, Msg: "the configuration was not loaded, the running one stays: " + errs[0].Msg, Detail: errs[0].Detail}
	if len(errs) == 1 {
		return e
	}
	e.Msg = fmt.Sprintf("the configuration was not loaded, the running one stays, for %d reasons", len(errs))
	e.Detail = nil
	for _, reason := range errs {
		e.Detail = append(e.Detail, reason.Status())
		e.Detail = append(e.Detail, reason.Detail...)
	}
	return e
}

func outcome(e *objects.Error) string {
	if e == nil {
		return objects.Ok.Text()
	}
	return e.Status()
}

// audit logs what a method did to the running server.
func (c *call) audit(e *objects.Error) {
	what := c.class.Name + " " + c.name + " " + c.method.Name
	if c.name == "" {
		what = c.class.Name + " " + c.method.Name
	}
	c.service.log.Log(msgControl, c.session.who(), c.session.source, what, outcome(e))
}

// Health tells how well the server is.
func (s *Service) Health(context.Context, *connect.Request[adminv1.HealthRequest]) (*connect.Response[adminv1.HealthResponse], error) {
	h := s.runtime.Health()
	return connect.NewResponse(&adminv1.HealthResponse{Health: uint32(h.Value), Reasons: h.Reasons}), nil
}

// Stats returns the counters of the running server.
func (s *Service) Stats(_ context.Context, r *connect.Request[adminv1.StatsRequest]) (*connect.Response[adminv1.StatsResponse], error) {
	if r.Msg.Sample {
		return nil, rpc.Refusal(noSamples())
	}
	answer := &adminv1.StatsResponse{}
	for _, o := range s.runtime.Stats(r.Msg.Categories, false) {
		answer.Categories = append(answer.Categories, message(nil, o))
	}
	return connect.NewResponse(answer), nil
}

// The same as methods of the classes dhcp and server.

func control(c *call) *objects.Error {
	force := len(c.args) > 0
	if force && !strings.EqualFold(c.args[0], "force") {
		return objects.Errorf(objects.UnknownKeyword, "%s does not know %q, did you mean force?", c.method.Name, c.args[0])
	}
	lines, err := c.service.control(c.ctx, c.session, c.method.Name, force)
	c.answer.Lines = lines
	return err
}

func getHealth(c *call) *objects.Error {
	h := c.service.runtime.Health()
	c.answer.Lines = append(c.answer.Lines, h.Reasons...)
	// Scripts take the last line.
	c.line(fmt.Sprintf("health = %d", h.Value))
	return nil
}

func getStats(c *call) *objects.Error {
	categories, sample, err := statsWords(c.args)
	if err != nil {
		return err
	}
	if sample {
		return noSamples()
	}
	for _, o := range c.service.runtime.Stats(categories, false) {
		c.answer.Objects = append(c.answer.Objects, message(nil, o))
	}
	return nil
}

// noSamples answers a question for counters of a sample interval: none are
// taken, with collect-sample-counters neither.
func noSamples() *objects.Error {
	return objects.Errorf(objects.NotSupported, "getStats sample: no samples are collected; total counts since the start or the last resetStats")
}

// statsWords reads [all | server[,] failover[,] dhcpv6] [total | sample].
func statsWords(args []string) (categories []string, sample bool, err *objects.Error) {
	for _, word := range strings.FieldsFunc(strings.ToLower(strings.Join(args, " ")), func(r rune) bool { return r == ' ' || r == ',' }) {
		switch word {
		case "all", "total":
		case "sample":
			sample = true
		case "server", "failover", "dhcpv6":
			categories = append(categories, word)
		default:
			return nil, false, objects.Errorf(objects.UnknownKeyword, "getStats does not know %q%s", word,
				maybe(word, []string{"all", "server", "failover", "dhcpv6", "total", "sample"}))
		}
	}
	return categories, sample, nil
}

func resetStats(c *call) *objects.Error {
	c.service.runtime.ResetStats()
	c.audit(nil)
	return nil
}

// enterPassword sets a password; nrcmd has asked for it.
func enterPassword(c *call) *objects.Error {
	if len(c.args) != 1 {
		return objects.Errorf(objects.TooFewArguments, "the new password is missing")
	}
	return c.change(func(w *writing, o *objects.Object) *objects.Error {
		return w.assign(o, objects.AdminPassword.Name, c.args[0])
	})
}
