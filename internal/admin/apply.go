package admin

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// maxApply bounds what one Apply may hold in memory before it begins.
const maxApply = 256 << 20

// maxReason bounds what is written to every line of the change log.
const maxReason = 255

// Apply replaces and deletes objects as they are told, in one transaction of
// the store: all of it or, if anything is wrong, nothing.
func (s *Service) Apply(ctx context.Context, stream *connect.ClientStream[adminv1.ApplyRequest]) (*connect.Response[adminv1.ApplyResponse], error) {
	who := sessionFrom(ctx)
	if err := s.mayEditAnything(who); err != nil {
		return nil, rpc.Refusal(err)
	}
	all, err := receiveApply(stream)
	if err != nil {
		return nil, err
	}
	answer, refused := s.apply(ctx, who, all)
	if refused != nil {
		return nil, rpc.Refusal(refused)
	}
	return connect.NewResponse(answer), nil
}

// receiveApply joins the messages. One that is cut off is an error, so that
// half of what was meant is never done.
func receiveApply(stream *connect.ClientStream[adminv1.ApplyRequest]) (*adminv1.ApplyRequest, error) {
	var all *adminv1.ApplyRequest
	size := 0
	for stream.Receive() {
		m := stream.Msg()
		if size += proto.Size(m); size > maxApply {
			return nil, rpc.Refusal(objects.Errorf(objects.TooMany, "the changes have more than %d MiB", maxApply>>20))
		}
		if all == nil {
			all = proto.Clone(m).(*adminv1.ApplyRequest)
			continue
		}
		all.Put = append(all.Put, m.Put...)
		all.Delete = append(all.Delete, m.Delete...)
	}
	if err := stream.Err(); err != nil {
		return nil, fmt.Errorf("receive changes: %w", err)
	}
	if all == nil {
		return nil, rpc.Refusal(objects.Errorf(objects.TooFewArguments, "the call says nothing"))
	}
	return all, nil
}

// apply does what Apply was told.
func (s *Service) apply(ctx context.Context, who *session, m *adminv1.ApplyRequest) (*adminv1.ApplyResponse, *objects.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if who.transaction != nil {
		return nil, objects.Errorf(objects.AlreadyLocked, "the session has a transaction open; commit it or roll it back first")
	}
	if len(m.Reason) > maxReason {
		return nil, objects.Errorf(objects.Invalid, "the reason has more than %d bytes", maxReason)
	}
	if err := s.unmoved(ctx, m.ExpectedVersion); err != nil {
		return nil, err
	}
	d := newDraft(s.stored)
	a := &applying{draft: d, service: s, session: who, force: m.Force}
	warning, err := finish(d, func(*draft) *objects.Error { return a.build(m) })
	if err != nil || m.DryRun {
		answer := &adminv1.ApplyResponse{Status: rpc.Status(warning), Version: s.version, Changes: changeLines(d.changed())}
		d.undo()
		return answer, err
	}
	changed := d.changed()
	for _, o := range a.forced {
		s.forced[refOf(o)] = true
	}
	err = s.commit(ctx, request{session: who, mode: m.EditMode, reason: m.Reason}, d)
	if err != nil && err.Code.Failed() {
		for _, o := range a.forced {
			delete(s.forced, refOf(o))
		}
		d.undo()
		return nil, err
	}
	if err != nil {
		warning = warned(warning, append([]string{err.Msg}, err.Detail...))
	}
	answer := &adminv1.ApplyResponse{Status: rpc.Status(warning), Version: s.version, Changes: changeLines(changed)}
	for _, c := range answer.Changes {
		c.Who, c.Source, c.Reason, c.Id = who.who(), who.source, m.Reason, s.version
	}
	return answer, nil
}

// unmoved refuses changes that were made for another configuration than the
// one that is stored.
func (s *Service) unmoved(ctx context.Context, expected uint64) *objects.Error {
	if expected == 0 || expected == s.version {
		return nil
	}
	e := objects.Errorf(objects.AlreadyLocked, "the stored configuration was changed in the meantime: it was read at write %d and is at write %d; nothing was changed, read it again", expected, s.version)
	if last, err := s.store.Changes(ctx, 1, "", ""); err == nil && len(last) == 1 {
		c := last[0]
		class := objects.ClassNamed(c.Class)
		if class != nil {
			e.Detail = []string{fmt.Sprintf("The last change was to %s, by %s on %s.", objects.Ref(class, c.Name), c.Who, c.At.Format(time.ANSIC))}
		}
	}
	return e
}

// applying builds the draft of an Apply.
type applying struct {
	*draft
	service *Service
	session *session
	force   bool
	forced  []*objects.Object // scopes that go although they have live leases
	live    []*objects.Error  // of scopes that must not go for theirs
}

func (a *applying) build(m *adminv1.ApplyRequest) *objects.Error {
	var put []*objects.Object
	seen := map[ref]bool{}
	for _, given := range m.Put {
		o, err := a.service.fromSnapshot(given)
		if err != nil {
			return err
		}
		if seen[refOf(o)] {
			return objects.Errorf(objects.DuplicateObject, "%s is given twice", o.Ref())
		}
		seen[refOf(o)] = true
		if err := a.service.mayEdit(a.session, o.Class); err != nil {
			return err
		}
		if err := keepSecrets(o, a.get(o.Class, o.Name)); err != nil {
			return err
		}
		put = append(put, o)
	}
	for _, name := range m.Delete {
		if err := a.remove(name, seen); err != nil {
			return err
		}
	}
	for _, o := range put {
		if err := a.replace(o); err != nil {
			return err
		}
	}
	if err := a.settle(put); err != nil {
		return err
	}
	return joined(a.live)
}

// remove deletes one object, with what belongs to it alone. seen tells what is
// put again afterwards.
func (a *applying) remove(name *adminv1.ObjectName, seen map[ref]bool) *objects.Error {
	class, err := classOf(name.Class)
	if err == nil {
		err = configured(class)
	}
	if err != nil {
		return err
	}
	if err := a.service.mayEdit(a.session, class); err != nil {
		return err
	}
	if class.LocalOnly || class.Singleton {
		return objects.Errorf(objects.ReadOnlyProperty, "%s is the server's own and is not deleted from elsewhere", objects.Ref(class, name.Name))
	}
	o := a.get(class, name.Name)
	if o == nil {
		if e := a.at[ref{class, strings.ToLower(name.Name)}]; e != nil {
			return nil // it went with what it belonged to
		}
		return notFound(a.table, class, name.Name)
	}
	if again := restored(o); again != nil {
		a.put(again)
		return nil
	}
	if class == objects.Scope && !seen[refOf(o)] {
		if a.force {
			a.forced = append(a.forced, o)
		} else if err := a.service.liveLeases(o); err != nil {
			a.live = append(a.live, err)
		}
	}
	a.draft.delete(o)
	return nil
}

// replace puts an object in the place of the one of its name. Where that
// changes what is fixed at creation, it is another object.
func (a *applying) replace(o *objects.Object) *objects.Error {
	now := a.get(o.Class, o.Name)
	if now == nil && !o.Class.Singleton && o.Class.Owner == "" {
		if err := objects.CheckName(o.Class, o.Name); err != nil {
			return err
		}
	}
	if now != nil {
		for _, attr := range o.Class.Attrs {
			if attr.Immutable && now.Text(attr) != o.Text(attr) {
				a.drop(now)
				break
			}
		}
	}
	a.put(o)
	return nil
}

// settle goes on where the tables end, now that all objects are there that
// one may name: expressions, lists of options, the spelling of names.
func (a *applying) settle(put []*objects.Object) *objects.Error {
	for _, o := range put {
		settled := objects.New(o.Class, o.Name)
		for _, given := range o.Names() {
			name, canonical, err := a.meaning(o, given)
			if err == nil && settled.Attrs[name] != "" {
				err = objects.Errorf(objects.Invalid, "%s is given twice", name)
			}
			if err != nil {
				err.Msg = o.Ref() + ": " + err.Msg
				return err
			}
			settled.Attrs[name] = canonical
		}
		a.put(settled)
	}
	return nil
}

// meaning returns an attribute as it is stored: name and canonical text, those
// of an option's value too.
func (a *applying) meaning(o *objects.Object, name string) (stored, canonical string, err *objects.Error) {
	text := o.Attrs[name]
	if attr := o.Class.Attr(name); attr != nil {
		canonical, err = meaning(a.table, attr, text)
		return name, canonical, err
	}
	if rest, ok := strings.CutPrefix(name, objects.VendorOptionPrefix); ok {
		code, setName, _ := strings.Cut(rest, ".")
		def, set, stored, err := vendorOption(a.table, code, setName)
		if err != nil {
			return "", "", err
		}
		canonical, err = set.Parse(def.Code, text)
		return stored, canonical, err
	}
	def, err := a.table.catalog().Lookup(strings.TrimPrefix(name, objects.OptionPrefix))
	if err != nil {
		return "", "", err
	}
	canonical, err = def.Parse(text)
	return objects.OptionPrefix + strconv.Itoa(def.Code), canonical, err
}
