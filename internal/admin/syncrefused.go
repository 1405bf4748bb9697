package admin

import (
	"fmt"
	"slices"
	"strings"

	"leasehold/internal/parity"
	"leasehold/pkg/objects"
)

// stopped explains why a sync is not done: for what the plan refuses, or for
// what the target does (err, nil if it was not asked or would do it). Whatever
// the reason, the target has nothing of it. A report has the list of changes
// all the same, and then every reason.
func (b *both) stopped(words syncing, source, target *member, steps *parity.Steps, err *objects.Error) *objects.Error {
	if err != nil {
		switch err.Code {
		case objects.AlreadyLocked:
			e := objects.Errorf(err.Code, "the %s, %s, was changed while it was compared; nothing was changed by the sync, run it again", target.word(), target.called())
			e.Detail = err.Detail
			return e
		case objects.ConnectionFailure, objects.LoginFailure, objects.NotSupported:
			return err
		}
	}
	reasons := steps.Refused
	code := objects.Invalid
	if err != nil {
		reasons = append(append(reasons, err.Msg), err.Detail...)
		code = err.Code
	}
	if way := b.wayOut(source, target, steps, err); way != "" {
		reasons = append(reasons, way)
	}
	if !words.report {
		e := &objects.Error{Code: code, Msg: reasons[0], Detail: reasons[1:]}
		if len(steps.Refused) > 0 {
			e.Msg = fmt.Sprintf("%s: %s in the way of the sync; nothing was changed", b.pair.Ref(), stands(steps.Refused))
			e.Detail = reasons
		}
		return e
	}
	e := &objects.Error{Code: code, Msg: b.pair.Ref() + ": the sync that the report is of would be refused; nothing was changed"}
	e.Detail = append(e.Detail, b.call.answer.Lines...)
	for _, l := range planned(steps.Changes) {
		e.Detail = append(e.Detail, "  "+l)
	}
	for _, k := range steps.Kept {
		e.Detail = append(e.Detail, "  "+k.String())
	}
	e.Detail = append(e.Detail, "It would be refused:")
	for _, r := range reasons {
		e.Detail = append(e.Detail, "  "+r)
	}
	return e
}

// stands says how much is refused: scopes, and the pair if it is another one.
func stands(refused []string) string {
	n := len(refused)
	switch {
	case slices.ContainsFunc(refused, func(r string) bool { return strings.HasPrefix(r, objects.FailoverPair.Name) }):
		return "a pair of that name stands"
	case n == 1:
		return "1 scope stands"
	}
	return fmt.Sprintf("%d scopes stand", n)
}

// unread refuses to take a secret away from the target that this server, the
// source, has and cannot read: it only counts as not set.
func (b *both) unread(source *member, steps *parity.Steps) *objects.Error {
	if source.conn != nil {
		return nil
	}
	for _, l := range b.call.service.store.Lost() {
		if slices.ContainsFunc(steps.Changes, func(ch parity.Change) bool {
			return ch.Action == parity.Unset && ch.Class == l.Class.Name && strings.EqualFold(ch.Name, l.Name) && ch.Attr == l.Attr
		}) {
			ref := objects.Ref(l.Class, l.Name)
			return objects.Errorf(objects.Invalid, "%s: the %s of %s cannot be read on this server (%v), and the sync would take it from the %s; nothing was changed. Put the key back and start the server anew, or give it: %s %s set %s=<%s>",
				b.pair.Ref(), l.Attr, ref, l.Why, b.partner.word(), l.Class.Name, objects.QuoteWord(l.Name), l.Attr, l.Attr)
		}
	}
	return nil
}

// wayOut tells what can be done about scopes that the target will not lose.
func (b *both) wayOut(source, target *member, steps *parity.Steps, err *objects.Error) string {
	if err == nil {
		return ""
	}
	text := err.Error()
	for _, o := range steps.Deletes {
		if o.Class == objects.Scope && strings.Contains(text, o.Ref()) {
			return fmt.Sprintf("The sync deletes what only the %s has of the pair's scopes. Create such a scope on the %s, %s, too, or delete it on the %s, %s, with 'scope %s delete force', which loses its leases; then sync again.",
				target.word(), source.word(), source.called(), target.word(), target.called(), objects.QuoteWord(o.Name))
		}
	}
	return ""
}

// planned lists the changes of a plan as syncLines does those of the target.
func planned(changes []parity.Change) []string {
	var lines []string
	text := func(value string) string {
		if value == "" {
			return "(not set)"
		}
		return value
	}
	for _, ch := range changes {
		ref := objects.Ref(objects.ClassNamed(ch.Class), ch.Name)
		if ch.Attr == "" {
			lines = append(lines, ref+": "+string(ch.Action))
			continue
		}
		lines = append(lines, fmt.Sprintf("%s %s: %s -> %s", ref, ch.Attr, text(ch.Before), text(ch.After)))
	}
	return lines
}
