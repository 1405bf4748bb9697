package admin

import (
	"fmt"

	"connectrpc.com/connect"

	"leasehold/internal/parity"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// reloadPair reloads both servers of a pair. Both are asked first whether they
// accept what they have stored, so that they do not part half way. The backup
// goes first: it serves hardly anybody, and if it fails the main is left as it
// is.
func reloadPair(c *call) *objects.Error {
	err := c.mayDoAll("reload both servers of a pair")
	if err == nil {
		var b *both
		if b, err = c.together(); err == nil {
			defer b.close()
			err = b.reload()
		}
	}
	c.audit(err)
	return err
}

func (b *both) reload() *objects.Error {
	if err := b.read(); err != nil {
		return err
	}
	if lines := b.strays(); len(lines) > 0 {
		e := objects.Errorf(objects.Invalid, "%s: %s that only one of the two servers has in the pair; neither server was reloaded", b.pair.Ref(), counted(len(lines), "scope"))
		e.Detail = append(lines, "Have the match lists and failover alike on both servers (failover-pair "+objects.QuoteWord(b.pair.Name)+" addMatch <subnet>; 'sync' carries them along), or delete the scope on one of them.")
		return e
	}
	for _, m := range []*member{b.backup(), b.main()} {
		if err := b.validate(m); err != nil {
			return err
		}
	}
	warned := false
	for _, m := range []*member{b.backup(), b.main()} {
		lines, status := b.control(m, "reload")
		if status != nil && status.Code.Failed() {
			if m.role == roleBackup {
				status.Msg += "; the main was not touched"
			} else {
				status.Msg += "; the backup was reloaded before it"
			}
			return status
		}
		if status == nil {
			status = &objects.Error{Code: objects.Ok}
		}
		b.call.line(fmt.Sprintf("%s, %s: %s", m.word(), m.called(), status.Status()))
		for _, l := range lines {
			b.call.line("  " + l)
		}
		warned = warned || status.Code != objects.Ok
	}
	if warned {
		return &objects.Error{Code: objects.OkWithWarnings}
	}
	return nil
}

// strays has a line for each scope that only one of the servers has in the
// pair.
func (b *both) strays() (lines []string) {
	for _, s := range parity.Strays(b.main().cfg, b.backup().cfg, b.pair.Name) {
		lines = append(lines, s.String())
	}
	return lines
}

// validate asks a server whether a reload would succeed.
func (b *both) validate(m *member) *objects.Error {
	_, err := b.control(m, "validate")
	switch {
	case err == nil || !err.Code.Failed():
		return nil
	case err.Code == objects.UnknownKeyword:
		err = objects.Errorf(objects.NotSupported, "the %s, %s, is older and cannot be asked whether it would accept a reload", m.word(), m.called())
	}
	err.Msg += "; neither server was reloaded"
	return err
}

// control tells a server to do something, as the command dhcp does.
func (b *both) control(m *member, action string) ([]string, *objects.Error) {
	answer, err := m.Control(b.call.ctx, connect.NewRequest(&adminv1.ControlRequest{Action: action}))
	if err != nil {
		e := m.explain("dhcp reload", err) // to validate is its first half
		e.Msg = "the " + m.word() + ", " + e.Msg
		return nil, e
	}
	return answer.Msg.Lines, rpc.ErrorOf(answer.Msg.Status)
}

// validate tells what stands against a reload, and changes nothing.
func (s *Service) validate() *objects.Error {
	errs := s.stored.cfg.Validate()
	if len(errs) == 0 {
		cfg := s.stored.cfg.Clone()
		report := s.runtime.Check(cfg, false)
		if errs = report.Errors; len(errs) > 0 && report.Risks == 0 && report.Held == 0 && s.onlyForcedGo(cfg) {
			errs = s.runtime.Check(cfg, true).Errors
		}
	}
	if len(errs) == 0 {
		return nil
	}
	e := *joined(errs)
	e.Msg = "the stored configuration would be refused: " + e.Msg
	return &e
}
