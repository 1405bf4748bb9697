package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"leasehold/internal/store"
	"leasehold/pkg/objects"
)

// synchronous is the edit mode in which a change takes effect at once.
const synchronous = "synchronous"

// A request to change something: by whom, in which edit mode, and what the
// writer believes to be stored (0: no matter).
type request struct {
	session  *session
	mode     string
	expected uint64
	reason   string // for the change log: what the change is part of
	dry      bool   // only say whether it would be stored
	pairwide bool   // it is done on both servers of a pair
	again    bool   // it may have been done before: what is so already is no mistake
	// What is stored with it: what partners are to do, and which of a
	// partner's commands this is. What was done under that ID is done already.
	pending  []*store.Pending
	followed string
}

// write is the path of every change. build makes it on a draft, whose table is
// the stored configuration or the session's transaction; what then stands in
// the draft is checked and stored, or nothing is. Warnings of build come back.
func (s *Service) write(ctx context.Context, r request, build func(*draft) *objects.Error) *objects.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if tx := r.session.transaction; tx != nil {
		return tx.write(build)
	}
	if done, err := s.wasFollowed(ctx, r.followed); done || err != nil {
		return err
	}
	d := newDraft(s.stored)
	warning, err := finish(d, build)
	switch {
	case err == nil && r.dry:
		err = s.rehearse(r, d)
		d.undo()
	case err == nil:
		err = s.commit(ctx, r, d)
	}
	switch {
	case err == nil:
		return warning
	case err.Code.Failed():
		d.undo()
		return err
	}
	return warned(warning, append([]string{err.Msg}, err.Detail...))
}

// finish runs build and checks the result.
func finish(d *draft, build func(*draft) *objects.Error) (warning, err *objects.Error) {
	if e := build(d); e != nil {
		if e.Code.Failed() {
			return nil, e
		}
		warning = e
	}
	if err := d.check(); err != nil {
		return nil, err
	}
	return warned(warning, d.warnings()), nil
}

// commit stores a draft that was checked. In synchronous mode the running
// server is asked first whether it would take the change, and is given it
// once it is on disk.
func (s *Service) commit(ctx context.Context, r request, d *draft) *objects.Error {
	edits := d.changed()
	if len(edits) == 0 && len(r.pending) == 0 && r.followed == "" {
		return nil
	}
	var running *objects.Config
	force := s.forcedIn(edits)
	if strings.EqualFold(r.mode, synchronous) && len(edits) > 0 {
		var err *objects.Error
		if running, err = s.runningWith(edits, force); err != nil {
			return err
		}
	}
	if err := s.save(ctx, r, edits); err != nil {
		return err
	}
	if len(edits) == 0 {
		return nil
	}
	what := described(edits)
	if r.reason != "" {
		what = r.reason + ": " + what
	}
	s.log.Log(msgChange, r.session.who(), r.session.source, what)
	if slices.ContainsFunc(edits, func(e *edit) bool { return pick(e.before, e.after).Class == objects.Admin }) {
		s.noteAdministrators(edits)
	}
	if running != nil {
		report := s.runtime.Reload(running, force)
		if len(report.Errors) > 0 {
			e := joined(report.Errors)
			return &objects.Error{
				Code:   objects.OkWithWarnings,
				Msg:    "stored, but the running server did not take it: " + e.Msg,
				Detail: e.Detail,
			}
		}
		if news := s.news(report.Warnings); !force { // else it says what was forced
			return news
		}
	}
	return nil
}

// news says what the running server warns of since the last change of its
// configuration, and did not before.
func (s *Service) news(warnings []*objects.Error) *objects.Error {
	before := s.heard
	s.hear(warnings)
	var says []string
	for _, w := range warnings {
		if !before[w.Msg] {
			says = append(append(says, w.Msg), w.Detail...)
			s.log.Log(msgReloadWarning, w.Status())
		}
	}
	return warned(nil, says)
}

// hear keeps what the running server warns of.
func (s *Service) hear(warnings []*objects.Error) {
	s.heard = map[string]bool{}
	for _, w := range warnings {
		s.heard[w.Msg] = true
	}
}

// rehearse tells whether commit would take the draft.
func (s *Service) rehearse(r request, d *draft) *objects.Error {
	if edits := d.changed(); strings.EqualFold(r.mode, synchronous) && len(edits) > 0 {
		_, err := s.runningWith(edits, s.forcedIn(edits))
		return err
	}
	return nil
}

// runningWith returns the running configuration with the edits applied, if the
// running server accepts it.
func (s *Service) runningWith(edits []*edit, force bool) (*objects.Config, *objects.Error) {
	running := s.runtime.Config()
	if running == nil {
		return nil, objects.Errorf(objects.GenericError, "the server runs no configuration that the change could join: reload first, or set dhcp-edit-mode=staged")
	}
	cfg := running.Clone()
	for _, e := range edits {
		if e.after == nil {
			cfg.Delete(e.before.Class, e.before.Name)
		} else {
			cfg.Put(e.after)
		}
	}
	if !force {
		return cfg, taken(s.runtime.Check(cfg, false).Errors)
	}
	// What is forced is the loss of a scope's leases, and nothing else.
	unforced := s.runtime.Check(cfg, false)
	if unforced.Risks > 0 {
		return nil, taken(unforced.Errors[:unforced.Risks])
	}
	if unforced.Held > 0 {
		return nil, objects.Errorf(objects.Invalid, "scopes are not served, since a failover partner may serve them (see 'dhcp getRelatedServers'), and by force they would be: end that first, or set dhcp-edit-mode=staged and 'dhcp reload force'")
	}
	return cfg, taken(s.runtime.Check(cfg, true).Errors)
}

// taken is the refusal of what the running server does not take; nil if there is
// nothing against it.
func taken(errs []*objects.Error) *objects.Error {
	if len(errs) == 0 {
		return nil
	}
	e := joined(errs)
	e.Detail = append(e.Detail, "The running server does not accept the change, so nothing was stored. It may need others that are staged: reload, or set dhcp-edit-mode=staged.")
	return e
}

// forcedIn tells whether the edits delete a scope by force.
func (s *Service) forcedIn(edits []*edit) bool {
	return slices.ContainsFunc(edits, func(e *edit) bool { return e.after == nil && s.forced[refOf(e.before)] })
}

// save writes the edits in one transaction of the database.
func (s *Service) save(ctx context.Context, r request, edits []*edit) *objects.Error {
	by := r.session
	tx := store.Tx{Who: by.who(), Source: by.source, At: s.clock.Now(), Reason: r.reason, Pending: r.pending, Followed: r.followed}
	for _, e := range edits {
		if e.after == nil || e.remade {
			tx.Delete = append(tx.Delete, e.before)
		}
		if e.after == nil {
			continue
		}
		e.after.Version = 0
		if e.before != nil && !e.remade {
			e.after.Version = e.before.Version
		}
		tx.Put = append(tx.Put, e.after)
	}
	// The change happens or not whether or not its author waits for it.
	version, err := s.store.Commit(context.WithoutCancel(ctx), tx)
	if err == nil {
		s.version = version
		if s.drift != nil {
			s.drift.Wrote()
		}
		return nil
	}
	if stale, ok := errors.AsType[*store.StaleError](err); ok {
		return conflict(stale.Class.Name, stale.Name, stale.Stored)
	}
	s.log.Log(msgStoreFailed, by.who(), err)
	return objects.Errorf(objects.GenericError, "the change could not be stored: %v", err)
}

// conflict is the refusal of a change that was made on something else than
// what is stored now.
func conflict(class, name string, now *objects.Object) *objects.Error {
	what := class
	if name != "" {
		what += ` "` + name + `"`
	}
	if now == nil {
		return objects.Errorf(objects.AlreadyLocked, "%s was deleted by another administrator in the meantime ('session changes' tells who)", what)
	}
	at := time.Unix(now.ChangedAt, 0).Format(time.ANSIC)
	return objects.Errorf(objects.AlreadyLocked, "%s was changed by %s on %s; look at it again before you change it", what, now.ChangedBy, at)
}

// expect refuses a write of somebody who has seen another version.
func (r request) expect(o *objects.Object) *objects.Error {
	if r.expected == 0 || r.expected == o.Version {
		return nil
	}
	return conflict(o.Class.Name, o.Name, o)
}

// described says in a few words what was changed.
func described(edits []*edit) string {
	word := func(e *edit) string {
		switch {
		case e.before == nil:
			return "create " + e.after.Ref()
		case e.after == nil:
			return "delete " + e.before.Ref()
		}
		return "change " + e.after.Ref()
	}
	if len(edits) == 1 {
		return word(edits[0])
	}
	return fmt.Sprintf("%s and %d more", word(edits[0]), len(edits)-1)
}
