package admin

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"connectrpc.com/connect"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// Changes lists the change log, newest first.
func (s *Service) Changes(ctx context.Context, r *connect.Request[adminv1.ChangesRequest]) (*connect.Response[adminv1.ChangesResponse], error) {
	limit := int(r.Msg.Limit)
	if limit == 0 {
		limit = 50
	}
	class, name := r.Msg.Class, r.Msg.Name
	if class != "" {
		c, err := classOf(class)
		if err != nil {
			return nil, rpc.Refusal(err)
		}
		class = c.Name
		if name != "" {
			if name, err = c.Canonical(name); err != nil {
				return nil, rpc.Refusal(err)
			}
		}
	}
	changes, err := s.store.Changes(ctx, limit, class, name)
	if err != nil {
		return nil, rpc.Refusal(objects.Errorf(objects.GenericError, "the change log cannot be read: %v", err))
	}
	answer := &adminv1.ChangesResponse{}
	for _, c := range changes {
		answer.Changes = append(answer.Changes, &adminv1.Change{
			Id: c.Version, At: c.At.Unix(), Who: c.Who, Source: c.Source, Class: c.Class, Name: c.Name,
			Attribute: c.Attr, Action: c.Action, Before: c.Before, After: c.After, Reason: c.Reason,
		})
	}
	return connect.NewResponse(answer), nil
}

// Difference lists what a reload would change: before is what runs, after what
// is stored.
func (s *Service) Difference(context.Context, *connect.Request[adminv1.DifferenceRequest]) (*connect.Response[adminv1.ChangesResponse], error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return connect.NewResponse(&adminv1.ChangesResponse{Changes: s.difference()}), nil
}

// difference is Difference under the lock, in order of class and name.
func (s *Service) difference() []*adminv1.Change {
	running := s.runtime.Config()
	if running == nil {
		running = objects.NewConfig()
	}
	var all []*adminv1.Change
	for _, class := range objects.Classes() {
		if class.Runtime || class == objects.Admin || class == objects.Cluster {
			continue // the running server has no part in these
		}
		var edits []*edit
		for _, o := range s.stored.cfg.All(class) {
			if was := running.Get(class, o.Name); was != o {
				edits = append(edits, &edit{before: something(was), after: something(o)})
			}
		}
		for _, was := range running.All(class) {
			if s.stored.cfg.Get(class, was.Name) == nil {
				edits = append(edits, &edit{before: something(was)})
			}
		}
		edits = slices.DeleteFunc(edits, func(e *edit) bool { return e.before == nil && e.after == nil })
		all = append(all, changeLines(edits)...)
	}
	return all
}

// something takes an embedded policy that holds nothing for none.
func something(o *objects.Object) *objects.Object {
	if o != nil && o.Class.Owner != "" && len(o.Attrs) == 0 {
		return nil
	}
	return o
}

// PendingChanges lists what Commit would change.
func (s *Service) PendingChanges(ctx context.Context, _ *connect.Request[adminv1.PendingChangesRequest]) (*connect.Response[adminv1.ChangesResponse], error) {
	who := sessionFrom(ctx)
	s.mu.RLock()
	defer s.mu.RUnlock()
	if who.transaction == nil {
		return nil, rpc.Refusal(noTransaction())
	}
	changes := changeLines(who.transaction.draft.changed())
	for _, c := range changes {
		c.Who, c.Source = who.who(), who.source
	}
	return connect.NewResponse(&adminv1.ChangesResponse{Changes: changes}), nil
}

// changeLines writes edits as the change log does: a line for each attribute,
// one without attribute for an object that has none.
func changeLines(edits []*edit) []*adminv1.Change {
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b *edit) int {
		x, y := pick(a.before, a.after), pick(b.before, b.after)
		return cmp.Or(cmp.Compare(x.Class.Name, y.Class.Name), objects.CompareNames(x.Name, y.Name))
	})
	var all []*adminv1.Change
	for _, e := range edits {
		all = append(all, linesOf(e)...)
	}
	return all
}

func linesOf(e *edit) []*adminv1.Change {
	o := pick(e.before, e.after)
	var lines []*adminv1.Change
	add := func(attr, action, before, after string) {
		if a := o.Class.Attr(attr); a != nil && a.Secret {
			before, after = masked(before), masked(after)
		}
		line := &adminv1.Change{Class: o.Class.Name, Name: o.Name, Attribute: attr, Action: action, Before: before, After: after}
		if e.after != nil {
			line.Who, line.At = e.after.ChangedBy, e.after.ChangedAt
		}
		lines = append(lines, line)
	}
	before, after := attrsOf(e.before), attrsOf(e.after)
	names := maps.Clone(before)
	maps.Copy(names, after)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		was, had := before[name]
		is, has := after[name]
		switch {
		case e.after == nil:
			add(name, "delete", was, "")
		case e.before == nil:
			add(name, "create", "", is)
		case !has:
			add(name, "unset", was, "")
		case !had || was != is:
			add(name, "set", was, is)
		}
	}
	if len(lines) == 0 && (e.before == nil || e.after == nil) {
		action := "create"
		if e.after == nil {
			action = "delete"
		}
		add("", action, "", "")
	}
	return lines
}

func attrsOf(o *objects.Object) map[string]string {
	if o == nil {
		return map[string]string{}
	}
	return o.Attrs
}

func masked(text string) string {
	if text == "" {
		return ""
	}
	return hidden
}
