package admin

import (
	"fmt"
	"slices"
	"strings"

	"leasehold/internal/parity"
	"leasehold/internal/partner"
	"leasehold/internal/store"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// The words of failover-pair sync.
const (
	mainToBackup = "main-to-backup"
	backupToMain = "backup-to-main"
	reportFlag   = "-report"
)

// syncing is what one sync was asked to do.
type syncing struct {
	mode     parity.Mode
	reversed bool // the main becomes like the backup
	report   bool
}

func (s syncing) direction() string {
	if s.reversed {
		return backupToMain
	}
	return mainToBackup
}

// syncWords reads [update | complete | exact] [main-to-backup | backup-to-main] [-report].
func syncWords(args []string) (syncing, *objects.Error) {
	var s syncing
	given := map[string]string{}
	for _, word := range args {
		w := strings.ToLower(word)
		kind := "direction"
		switch w {
		case mainToBackup, backupToMain:
			s.reversed = w == backupToMain
		case reportFlag:
			s.report = true
			continue
		default:
			mode, err := parity.ParseMode(w)
			if err != nil {
				known := append(slices.Clone(parity.Modes()), mainToBackup, backupToMain, reportFlag)
				hint := maybe(word, known)
				if hint == "" {
					hint = ", only " + strings.Join(known, ", ")
				}
				return s, objects.Errorf(objects.UnknownKeyword, "sync does not know %q%s", word, hint)
			}
			s.mode, kind = mode, "mode"
		}
		if before := given[kind]; before != "" {
			return s, objects.Errorf(objects.TooManyArguments, "sync: %s and %s are both given; one %s at a time", before, w, kind)
		}
		given[kind] = w
	}
	return s, nil
}

// syncPair gives one server of the pair the other's configuration, or tells
// what that would change.
func syncPair(c *call) *objects.Error {
	words, err := syncWords(c.args)
	if err == nil && !words.report {
		err = c.mayDoAll("sync failover pairs")
	}
	if err != nil {
		return err
	}
	b, err := c.together()
	if err == nil {
		defer b.close()
		if err = b.settleFirst(words.report); err == nil {
			err = b.read()
		}
	}
	if err == nil {
		err = b.sync(words)
	}
	if !words.report {
		c.audit(err)
	}
	return err
}

// settleFirst has the partner do what is pending there: a command that came
// behind the sync, though given before it, would undo a part of it.
func (b *both) settleFirst(report bool) *objects.Error {
	s, conn := b.call.service, b.partner.conn
	n := len(s.outbox.list(func(e *store.Pending) bool { return waiting(e) && strings.EqualFold(e.Cluster, conn.Cluster) }))
	if n == 0 {
		return nil
	}
	if report {
		b.call.line(fmt.Sprintf("%s with %s pending on the %s: the sync has it done first, and this report is without", counted(n, "command"), objects.BothFlag, b.partner.word()))
		return nil
	}
	release, err := s.outbox.take(b.call.ctx)
	if err != nil {
		return err
	}
	defer release()
	if later := s.catchUp(b.call.ctx, conn); later != nil {
		return later
	}
	b.call.line(fmt.Sprintf("%s with %s, pending until now, done on the %s first", counted(n, "command"), objects.BothFlag, b.partner.word()))
	return nil
}

// mayDoAll asks for every right: what is done on both servers is done on the
// other with the rights of the cluster's administrator.
func (c *call) mayDoAll(what string) *objects.Error {
	roles := c.service.roles(c.session)
	if slices.Contains(roles, objects.RoleFull) {
		return nil
	}
	return denied(c.session, roles, what)
}

func (b *both) sync(words syncing) *objects.Error {
	source, target := b.main(), b.backup()
	if words.reversed {
		source, target = target, source
	}
	if others := b.others(target); words.mode == parity.Exact && len(others) > 0 {
		b.call.line(fmt.Sprintf("exact is not meant for a back office: the %s is in %s, too; complete keeps what only that needs", target.word(), listed(others)))
	}
	steps, err := parity.Plan(source.cfg, target.cfg, b.pair.Name, words.mode)
	if err != nil {
		return b.noPlan(source, err)
	}
	if err := b.unread(source, steps); err != nil {
		return err
	}
	change := partner.Change{
		Expected: target.version, Put: steps.Puts, Delete: steps.Deletes, DryRun: words.report,
		Reason: fmt.Sprintf("sync %s %s of %s", words.mode, words.direction(), b.pair.Ref()),
	}
	b.call.line(fmt.Sprintf("%s sync %s %s: the %s, %s, becomes like the %s, %s", b.pair.Ref(), words.mode, words.direction(),
		target.word(), target.called(), source.word(), source.called()))
	if len(steps.Refused) > 0 && !words.report {
		return b.stopped(words, source, target, steps, nil)
	}
	done, err := b.apply(target, change)
	if err != nil || len(steps.Refused) > 0 {
		return b.stopped(words, source, target, steps, err)
	}
	for _, l := range syncLines(done.Changes) {
		b.call.line("  " + l)
	}
	for _, k := range steps.Kept {
		b.call.line("  " + k.String())
	}
	b.call.line(b.conclusion(words, target, done.Changes))
	return done.Warning
}

// others lists the other pairs that a server is in.
func (b *both) others(m *member) []string {
	var names []string
	for _, o := range m.cfg.All(objects.FailoverPair) {
		if !strings.EqualFold(o.Name, b.pair.Name) {
			names = append(names, o.Ref())
		}
	}
	return names
}

// noPlan explains why there is nothing that the target could become like.
func (b *both) noPlan(source *member, err *objects.Error) *objects.Error {
	if err.Code != objects.NotFound {
		return err
	}
	return objects.Errorf(objects.NotFound, "%s does not exist on the %s, %s, from which it is to be copied; nothing was changed", b.pair.Ref(), source.word(), source.called())
}

// apply changes the target, in one transaction of its store.
func (b *both) apply(target *member, change partner.Change) (*partner.Applied, *objects.Error) {
	if target.conn != nil {
		return target.conn.Apply(b.call.ctx, change)
	}
	messages := change.Messages()
	whole := messages[0]
	for _, m := range messages[1:] {
		whole.Put = append(whole.Put, m.Put...)
	}
	answer, err := b.call.service.apply(b.call.ctx, b.call.session, whole)
	if err != nil {
		return nil, err
	}
	return &partner.Applied{Version: answer.Version, Changes: answer.Changes, Warning: rpc.ErrorOf(answer.Status)}, nil
}

// syncLines lists changes: object, attribute, before and after. What goes with
// a deleted object is not listed. Secrets are masked already.
func syncLines(changes []*adminv1.Change) []string {
	var lines []string
	last := ""
	for _, ch := range changes {
		class := objects.ClassNamed(ch.Class)
		ref := objects.Ref(class, ch.Name)
		whole := ch.Action == "create" || ch.Action == "delete"
		if whole && ref != last && (class == nil || !class.Singleton) {
			lines = append(lines, ref+": "+ch.Action)
		}
		last = ref
		if ch.Attribute != "" && ch.Action != "delete" {
			a := class.Attr(ch.Attribute)
			lines = append(lines, fmt.Sprintf("%s %s: %s -> %s", ref, ch.Attribute, shown(a, ch.Before), shown(a, ch.After)))
		}
	}
	return lines
}

// shown is a value as lists write it; a is nil for option values.
func shown(a *objects.Attr, text string) string {
	switch {
	case text == "":
		return "(not set)"
	case a == nil:
		return text
	}
	return a.Show(text)
}

// conclusion says what came of it and what is to be done.
func (b *both) conclusion(words syncing, target *member, changes []*adminv1.Change) string {
	objs := map[[2]string]bool{}
	for _, ch := range changes {
		objs[[2]string{ch.Class, ch.Name}] = true
	}
	switch {
	case len(objs) == 0:
		return "There is nothing that this sync would change."
	case words.report:
		return fmt.Sprintf("%s on the %s would change. This is a report, nothing was changed; to do it: failover-pair %s sync %s %s",
			counted(len(objs), "object"), target.word(), objects.QuoteWord(b.pair.Name), words.mode, words.direction())
	}
	return fmt.Sprintf("%s on the %s changed, in one transaction. Both servers must be reloaded for it to take effect: failover-pair %s reload",
		counted(len(objs), "object"), target.word(), objects.QuoteWord(b.pair.Name))
}

// counted writes n things.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
