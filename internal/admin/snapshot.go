package admin

import (
	"context"
	"slices"

	"connectrpc.com/connect"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// Snapshot sends the whole stored configuration as of one write. The secrets
// in it are masked unless they are asked for by an administrator who may do
// everything; an administrator's password, of which there is a hash only, is
// masked always.
func (s *Service) Snapshot(ctx context.Context, r *connect.Request[adminv1.SnapshotRequest], stream *connect.ServerStream[adminv1.SnapshotResponse]) error {
	who := sessionFrom(ctx)
	if r.Msg.Secrets {
		if roles := s.roles(who); !slices.Contains(roles, objects.RoleFull) {
			return rpc.Refusal(denied(who, roles, "read the secrets of the configuration"))
		}
	}
	s.mu.RLock()
	version, cfg := s.version, s.stored.cfg.Clone()
	s.mu.RUnlock()
	answer := &adminv1.SnapshotResponse{Version: version}
	send := func() error {
		err := stream.Send(answer)
		answer = &adminv1.SnapshotResponse{Version: version}
		return err
	}
	for _, class := range objects.Classes() {
		if class.Runtime {
			continue
		}
		for _, o := range cfg.All(class) {
			answer.Objects = append(answer.Objects, asStored(o, r.Msg.Secrets))
			if len(answer.Objects) < page {
				continue
			}
			if err := send(); err != nil {
				return err
			}
		}
	}
	// The last message comes even if it is empty: there always is one that
	// tells the version.
	return send()
}

// asStored makes what a snapshot says of an object.
func asStored(o *objects.Object, secrets bool) *adminv1.Object {
	m := message(nil, o)
	if !secrets {
		return m
	}
	for _, a := range m.Attributes {
		if row := o.Class.Attr(a.Name); row != nil && row.Secret && !row.Hashed {
			a.Text = o.Attrs[a.Name]
		}
	}
	return m
}

// fromSnapshot makes an object of what a snapshot says, in the canonical form
// of this program's tables.
func (s *Service) fromSnapshot(m *adminv1.Object) (*objects.Object, *objects.Error) {
	class, err := classOf(m.Class)
	if err == nil {
		err = configured(class)
	}
	if err != nil {
		return nil, err
	}
	if class.LocalOnly {
		return nil, objects.Errorf(objects.ReadOnlyProperty, "%s: %s objects are each server's own and do not come from another one", objects.Ref(class, m.Name), class.Name)
	}
	name, err := class.Canonical(m.Name)
	if err != nil {
		return nil, err
	}
	o := objects.New(class, name)
	for _, given := range m.Attributes {
		if err := s.takeAttribute(o, given); err != nil {
			err.Msg = o.Ref() + ": " + err.Msg
			return nil, err
		}
	}
	if class.Settle != nil {
		err = class.Settle(o)
	}
	return o, err
}

func (s *Service) takeAttribute(o *objects.Object, given *adminv1.Attribute) *objects.Error {
	name := given.Name
	dynamic := o.Class.Attr(name) == nil && o.Class.Dynamic(name)
	var a *objects.Attr
	if !dynamic {
		var err *objects.Error
		if a, err = o.Class.Find(name); err != nil {
			return err
		}
		name = a.Name
	}
	if _, twice := o.Attrs[name]; twice {
		return objects.Errorf(objects.Invalid, "%s is given twice", name)
	}
	if dynamic {
		o.Attrs[name] = given.Text // the catalog of options checks it
		return nil
	}
	if a.Derive != nil || a.Kind == objects.Obj {
		return objects.Errorf(objects.ReadOnlyAttribute, "%s follows from others and is not stored", a.Name)
	}
	if a.Secret && given.Text == hidden {
		o.Attrs[a.Name] = hidden // keepSecrets replaces it
		return nil
	}
	canonical, err := a.Parse(given.Text, s.clock.Now())
	if err != nil {
		return err
	}
	o.Attrs[a.Name] = canonical
	return nil
}

// keepSecrets gives the object those secrets of the stored one that were given
// masked.
func keepSecrets(o, now *objects.Object) *objects.Error {
	for _, a := range o.Class.Attrs {
		if !a.Secret || o.Attrs[a.Name] != hidden {
			continue
		}
		text := ""
		if now != nil {
			text = now.Attrs[a.Name]
		}
		if text == "" {
			return objects.Errorf(objects.Invalid, "%s %s: the value is masked, and none is stored that it could stand for", o.Ref(), a.Name)
		}
		o.Attrs[a.Name] = text
	}
	return nil
}
