package admin

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"connectrpc.com/connect"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// view returns what the session sees: the stored configuration, or that of its
// transaction. The caller holds s.mu.
func (s *Service) view(who *session) *table {
	if who.transaction != nil {
		return who.transaction.draft.table
	}
	return s.stored
}

// Get returns one object.
func (s *Service) Get(ctx context.Context, r *connect.Request[adminv1.GetRequest]) (*connect.Response[adminv1.GetResponse], error) {
	o, err := s.get(sessionFrom(ctx), r.Msg.Class, r.Msg.Name)
	if err != nil {
		return nil, rpc.Refusal(err)
	}
	return connect.NewResponse(&adminv1.GetResponse{Object: o}), nil
}

func (s *Service) get(who *session, className, name string) (*adminv1.Object, *objects.Error) {
	class, err := classOf(className)
	if err != nil {
		return nil, err
	}
	switch class {
	case objects.Session:
		return s.sessionObject(who), nil
	case objects.Lease:
		o, err := s.runtime.Lease(name)
		if err != nil {
			return nil, err
		}
		return message(nil, o), nil
	}
	if err := configured(class); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.view(who)
	o, err := find(t, class, name)
	if err != nil {
		if made := builtin(t, class, name); made != nil {
			return message(t, made), nil
		}
		return nil, err
	}
	return message(t, o), nil
}

// sessionObject tells what the server knows of a session.
func (s *Service) sessionObject(who *session) *adminv1.Object {
	o := objects.New(objects.Session, "")
	o.Attrs[objects.SessionCluster.Name] = s.cluster
	o.Attrs[objects.SessionUser.Name] = who.user
	o.Attrs[objects.SessionRoles.Name] = strings.Join(s.roles(who), ",")
	return message(nil, o)
}

// Create makes a new object: from arguments by position, from another object
// or a template, from attributes, the later ones overruling the earlier.
func (s *Service) Create(ctx context.Context, r *connect.Request[adminv1.CreateRequest]) (*connect.Response[adminv1.WriteResponse], error) {
	m := r.Msg
	return s.writing(ctx, m.Class, request{mode: m.EditMode}, func(w *writing) *objects.Error {
		return w.create(m.Name, m.Clone, m.Arguments, m.Attributes)
	})
}

// Set gives attributes of an object values.
func (s *Service) Set(ctx context.Context, r *connect.Request[adminv1.SetRequest]) (*connect.Response[adminv1.WriteResponse], error) {
	m := r.Msg
	return s.writing(ctx, m.Class, request{mode: m.EditMode, expected: m.ExpectedVersion}, func(w *writing) *objects.Error { return w.set(m) })
}

func (w *writing) set(m *adminv1.SetRequest) *objects.Error {
	return w.change(m.Name, func(o *objects.Object) *objects.Error {
		if err := w.assignAll(o, m.Attributes); err != nil {
			return err
		}
		anew := slices.ContainsFunc(m.Attributes, func(a *adminv1.Attribute) bool {
			attr, err := w.class.Find(a.Name)
			return err == nil && attr == objects.ClusterPassword.Attr
		})
		if anew {
			return nil
		}
		return w.otherServer(o)
	})
}

// Unset takes values of attributes away. Of the set dhcp-custom it drops all
// definitions.
func (s *Service) Unset(ctx context.Context, r *connect.Request[adminv1.UnsetRequest]) (*connect.Response[adminv1.WriteResponse], error) {
	m := r.Msg
	return s.writing(ctx, m.Class, request{mode: m.EditMode, expected: m.ExpectedVersion}, func(w *writing) *objects.Error { return w.unset(m) })
}

func (w *writing) unset(m *adminv1.UnsetRequest) *objects.Error {
	if w.class == objects.OptionSet && len(m.Attributes) == 0 {
		return w.dropCustomOptions(m.Name)
	}
	return w.change(m.Name, func(o *objects.Object) *objects.Error {
		for _, name := range m.Attributes {
			if err := w.class.UnsetAttr(o, name); err != nil {
				return err
			}
		}
		return w.otherServer(o)
	})
}

// Delete removes an object with all that belongs to it alone.
func (s *Service) Delete(ctx context.Context, r *connect.Request[adminv1.DeleteRequest]) (*connect.Response[adminv1.WriteResponse], error) {
	m := r.Msg
	return s.writing(ctx, m.Class, request{mode: m.EditMode, expected: m.ExpectedVersion}, func(w *writing) *objects.Error {
		return w.delete(m.Name, m.Force)
	})
}

// writing is one change of one class's object on its way.
type writing struct {
	*draft
	service *Service
	class   *objects.Class
	request request
	result  *objects.Object // what the change left
}

// writing runs a change: it finds the class, asks whether the session may, and
// answers with what the object has become.
func (s *Service) writing(ctx context.Context, className string, r request, build func(*writing) *objects.Error) (*connect.Response[adminv1.WriteResponse], error) {
	o, err := s.do(ctx, className, r, build)
	if err != nil && err.Code.Failed() {
		return nil, rpc.Refusal(err)
	}
	return connect.NewResponse(&adminv1.WriteResponse{Status: rpc.Status(err), Object: o}), nil
}

func (s *Service) do(ctx context.Context, className string, r request, build func(*writing) *objects.Error) (*adminv1.Object, *objects.Error) {
	class, err := classOf(className)
	if err == nil {
		err = configured(class)
	}
	if err != nil {
		return nil, err
	}
	r.session = sessionFrom(ctx)
	w := &writing{service: s, class: class, request: r}
	status := s.write(ctx, r, func(d *draft) *objects.Error {
		w.draft = d
		return build(w)
	})
	if status != nil && status.Code.Failed() || w.result == nil {
		return nil, status
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.view(r.session)
	// Whoever came between has left the newest one.
	if o := t.cfg.Get(class, w.result.Name); o != nil {
		return message(t, o), status
	}
	return nil, status
}

// may asks for the right to change the object.
func (w *writing) may(name string) *objects.Error {
	who := w.request.session
	err := w.service.mayEdit(who, w.class)
	if err != nil && w.class == objects.Admin && !who.readOnly && strings.EqualFold(name, who.user) {
		return nil // its own, see assign
	}
	return err
}

// mayAssign lets administrators without the role for it change their own
// password and nothing else of administrators.
func (w *writing) mayAssign(attr string) *objects.Error {
	if w.class != objects.Admin || strings.EqualFold(attr, objects.AdminPassword.Name) {
		return nil
	}
	return w.service.mayEdit(w.request.session, w.class)
}

// change replaces an object by a changed copy.
func (w *writing) change(name string, edit func(*objects.Object) *objects.Error) *objects.Error {
	if err := w.may(name); err != nil {
		return err
	}
	if err := w.viewOnly(name); err != nil {
		return err
	}
	old, err := find(w.table, w.class, name)
	if err != nil {
		return err
	}
	if err := w.request.expect(old); err != nil {
		return err
	}
	o := old.Clone()
	warning := edit(o)
	if warning != nil && warning.Code.Failed() {
		return warning
	}
	w.put(o)
	w.result = o
	if err := w.lastAdministrator(); err != nil {
		return err
	}
	return warning
}

// assignAll sets the attributes of one command, each of them once.
func (w *writing) assignAll(o *objects.Object, attributes []*adminv1.Attribute) *objects.Error {
	given := map[*objects.Attr]string{}
	for _, a := range attributes {
		if attr := w.class.Attr(a.Name); attr != nil {
			if before, twice := given[attr]; twice && attr.Secret {
				return objects.Errorf(objects.Invalid, "%s %s is given twice", w.class.Name, attr.Name)
			} else if twice {
				return objects.Errorf(objects.Invalid, "%s %s is given twice: %q and %q", w.class.Name, attr.Name, before, a.Text)
			}
			given[attr] = a.Text
		}
		if err := w.assign(o, a.Name, a.Text); err != nil {
			return err
		}
	}
	if w.class.Settle != nil {
		return w.class.Settle(o)
	}
	return nil
}

// assign sets one attribute from what was typed.
func (w *writing) assign(o *objects.Object, name, text string) *objects.Error {
	if err := w.mayAssign(name); err != nil {
		return err
	}
	a, err := w.class.Find(name)
	if err != nil {
		return err
	}
	if err := w.class.SetAttr(o, name, text, w.service.clock.Now()); err != nil {
		return err
	}
	canonical, err := meaning(w.table, a, o.Attrs[a.Name])
	if err != nil {
		return err
	}
	o.Attrs[a.Name] = canonical
	if a == objects.DhcpFailoverRecover.Attr || a == objects.FailoverPairRecover.Attr {
		return past(a, canonical, w.service.clock.Now())
	}
	return nil
}

// past refuses a time that is still to come, for which a server would wait.
func past(a *objects.Attr, canonical string, now time.Time) *objects.Error {
	if at, err := objects.ParseDate(canonical, now); err == nil && at > now.Unix() {
		return objects.Errorf(objects.Invalid, "%s %s: %s is still to come; it is the time since which lease data may be missing", a.Class.Name, a.Name, a.Show(canonical))
	}
	return nil
}

func (w *writing) create(typed, clone string, arguments []string, attributes []*adminv1.Attribute) *objects.Error {
	if err := w.service.mayEdit(w.request.session, w.class); err != nil {
		return err
	}
	o, err := w.newObject(typed)
	if err != nil {
		return err
	}
	as, err := w.class.Arguments(arguments)
	if err != nil {
		return err
	}
	if w.class == objects.FailoverPair {
		as = w.asClusters(as)
	}
	for _, a := range as {
		if err := w.assign(o, a.Name, a.Text); err != nil {
			return err
		}
	}
	if err := w.copyInto(o, clone, attributes); err != nil {
		return err
	}
	attributes = slices.DeleteFunc(slices.Clone(attributes), func(a *adminv1.Attribute) bool {
		_, source := isSource(w.class, a.Name)
		return source
	})
	if err := w.assignAll(o, attributes); err != nil {
		return err
	}
	w.put(o)
	w.result = o
	return nil
}

// newObject checks that there may be an object of the name and is none yet.
func (w *writing) newObject(typed string) (*objects.Object, *objects.Error) {
	if w.class.Singleton {
		return nil, objects.Errorf(objects.DuplicateObject, "there is one %s and it is always there", w.class.Name)
	}
	if err := w.viewOnly(typed); err != nil {
		return nil, err
	}
	if err := objects.CheckName(w.class, typed); err != nil {
		return nil, err
	}
	name, err := w.class.Canonical(typed)
	if err != nil {
		return nil, err
	}
	if now := w.get(w.class, name); now != nil {
		return nil, objects.Errorf(objects.DuplicateObject, "%s exists already", now.Ref())
	}
	if owner := objects.ClassNamed(w.class.Owner); owner != nil {
		of, err := find(w.table, owner, typed)
		if err != nil {
			return nil, err
		}
		name = of.Name
	}
	return objects.New(w.class, name), nil
}

// isSource tells whether the word is no attribute but says what to copy from:
// clone of a policy, template of a scope.
func isSource(class *objects.Class, word string) (*objects.Class, bool) {
	switch {
	case class == objects.Scope && strings.EqualFold(word, "template"):
		return objects.ScopeTemplate, true
	case isPolicy(class) && strings.EqualFold(word, "clone"):
		return objects.Policy, true
	}
	return nil, false
}

// copyInto gives a new object the values of the one that clone= or template=
// names.
func (w *writing) copyInto(o *objects.Object, clone string, attributes []*adminv1.Attribute) *objects.Error {
	word := "clone"
	if w.class == objects.Scope {
		word = "template"
	}
	for _, a := range attributes {
		if _, source := isSource(w.class, a.Name); source {
			clone = a.Text
		}
	}
	if clone == "" {
		return nil
	}
	class, ok := isSource(w.class, word)
	if !ok {
		return objects.Errorf(objects.UnknownParameter, "%s create takes no %s=", w.class.Name, word)
	}
	from, err := find(w.table, class, clone)
	if err != nil {
		return err
	}
	if class == objects.ScopeTemplate {
		return w.applyTemplate(from, o)
	}
	maps.Copy(o.Attrs, from.Attrs)
	return nil
}

func (w *writing) delete(name string, force bool) *objects.Error {
	if err := w.service.mayEdit(w.request.session, w.class); err != nil {
		return err
	}
	if w.class.Singleton {
		return objects.Errorf(objects.ReadOnlyProperty, "the %s cannot be deleted", w.class.Name)
	}
	if err := w.viewOnly(name); err != nil {
		return err
	}
	o, err := find(w.table, w.class, name)
	if err != nil {
		return err
	}
	if err := w.request.expect(o); err != nil {
		return err
	}
	if w.get(w.class, o.Name) == nil {
		return nil // an embedded policy that was never written
	}
	if again := restored(o); again != nil {
		w.put(again)
		w.result = again
		return nil
	}
	if w.class == objects.Scope {
		if err := w.holdsLeases(o, force); err != nil {
			return err
		}
	}
	w.draft.delete(o)
	return w.lastAdministrator()
}

// restored returns what a built-in policy becomes when it is deleted: itself,
// with its first values.
func restored(o *objects.Object) *objects.Object {
	if o.Class != objects.Policy {
		return nil
	}
	for _, first := range objects.Builtins() {
		if first.Class == objects.Policy && strings.EqualFold(first.Name, o.Name) {
			first.Version = o.Version
			return first
		}
	}
	return nil
}

// holdsLeases refuses to delete a scope of which the running server has live
// leases, unless forced; then the next reload may drop it.
func (w *writing) holdsLeases(o *objects.Object, force bool) *objects.Error {
	if force {
		w.service.forced[refOf(o)] = true
		return nil
	}
	return w.service.liveLeases(o)
}

// liveLeases refuses to lose a scope of which the running server has live
// leases.
func (s *Service) liveLeases(o *objects.Object) *objects.Error {
	of, err := s.runtime.Utilization(o.Name)
	if err != nil {
		return nil // not running: there is nothing to lose
	}
	live := 0
	for _, u := range of {
		live += u.Leased + u.Offered
	}
	if live == 0 {
		return nil
	}
	leases := "1 live lease"
	if live > 1 {
		leases = strconv.Itoa(live) + " live leases"
	}
	return objects.Errorf(objects.GenericError, "%s holds %s; 'scope %s delete force' deletes it all the same", o.Ref(), leases, objects.QuoteWord(o.Name))
}

// lastAdministrator refuses a change after which nobody could administer the
// server from elsewhere.
func (w *writing) lastAdministrator() *objects.Error {
	if w.class != objects.Admin {
		return nil
	}
	for _, a := range w.table.cfg.All(objects.Admin) {
		for _, role := range objects.AdminRoles.Of(a) {
			if role == objects.RoleFull && objects.AdminPassword.Of(a) != "" {
				return nil
			}
		}
	}
	return objects.Errorf(objects.GenericError, "this would leave no administrator with a password and the role %s", objects.RoleFull)
}
