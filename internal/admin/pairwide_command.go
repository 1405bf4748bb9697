package admin

import (
	"context"
	"maps"
	"strings"

	"google.golang.org/protobuf/proto"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
)

// pairwide is a command that may be given to both servers of a pair.
type pairwide struct {
	message *adminv1.Command
	class   *objects.Class
	name    string
	verb    string
}

// readPairwide finds out what a command is about. The tables of the classes
// say which commands there are.
func readPairwide(m *adminv1.Command) (*pairwide, *objects.Error) {
	p := &pairwide{message: m}
	class := ""
	switch does := m.GetDoes().(type) {
	case *adminv1.Command_Create:
		class, p.name, p.verb = does.Create.GetClass(), does.Create.GetName(), "create"
	case *adminv1.Command_Set:
		class, p.name, p.verb = does.Set.GetClass(), does.Set.GetName(), "set"
	case *adminv1.Command_Unset:
		class, p.name, p.verb = does.Unset.GetClass(), does.Unset.GetName(), "unset"
	case *adminv1.Command_Delete:
		class, p.name, p.verb = does.Delete.GetClass(), does.Delete.GetName(), "delete"
	case *adminv1.Command_Invoke:
		class, p.name, p.verb = does.Invoke.GetClass(), does.Invoke.GetName(), does.Invoke.GetMethod()
	default:
		return nil, objects.Errorf(objects.TooFewArguments, "the call says nothing")
	}
	var err *objects.Error
	if p.class, err = classOf(class); err != nil {
		return nil, err
	}
	takes := p.class.Both
	if m.GetInvoke() != nil {
		method, err := p.class.FindMethod(p.verb)
		if err != nil {
			return nil, err
		}
		p.verb, takes = method.Name, method.Both
	}
	if !takes {
		return nil, objects.Errorf(objects.NotSupported, "%s %s takes no %s; what other objects are is copied to the partner by failover-pair sync", p.class.Name, p.verb, objects.BothFlag)
	}
	return p, nil
}

// what names the command in messages.
func (p *pairwide) what() string { return objects.Ref(p.class, p.name) + " " + p.verb }

// text writes the command as it was typed, but for its spelling. Secrets are
// masked.
func (p *pairwide) text() string {
	words := []string{p.class.Name, p.name, p.verb}
	attributes := func(as []*adminv1.Attribute) {
		for _, a := range as {
			text := a.Text
			if row := p.class.Attr(a.Name); row != nil && row.Secret {
				text = hidden
			}
			words = append(words, a.Name+"="+objects.QuoteWord(text))
		}
	}
	switch does := p.message.GetDoes().(type) {
	case *adminv1.Command_Create:
		words = append(words, does.Create.Arguments...)
		attributes(does.Create.Attributes)
	case *adminv1.Command_Set:
		attributes(does.Set.Attributes)
	case *adminv1.Command_Unset:
		words = append(words, does.Unset.Attributes...)
	case *adminv1.Command_Invoke:
		words = append(words, does.Invoke.Arguments...)
	}
	return strings.Join(words, " ")
}

// forPartner is the command without what concerns this server alone: which
// version of the object its administrator has seen.
func (p *pairwide) forPartner() *adminv1.Command {
	m := proto.Clone(p.message).(*adminv1.Command)
	switch does := m.GetDoes().(type) {
	case *adminv1.Command_Set:
		does.Set.ExpectedVersion = 0
	case *adminv1.Command_Unset:
		does.Unset.ExpectedVersion = 0
	case *adminv1.Command_Delete:
		does.Delete.ExpectedVersion = 0
	case *adminv1.Command_Invoke:
		does.Invoke.ExpectedVersion = 0
	}
	return m
}

func (p *pairwide) request(who string) *adminv1.FollowRequest {
	return &adminv1.FollowRequest{Command: p.forPartner(), Who: who}
}

// carryOut does the command on this server as if it were given without -both,
// or for a partner.
func (s *Service) carryOut(ctx context.Context, p *pairwide, r request) (*adminv1.InvokeResponse, *objects.Error) {
	r.pairwide = true
	write := func(mode string, expected uint64, build func(*writing) *objects.Error) (*adminv1.InvokeResponse, *objects.Error) {
		r.mode, r.expected = mode, expected
		o, status := s.do(ctx, p.class.Name, r, build)
		return &adminv1.InvokeResponse{Object: o}, status
	}
	switch does := p.message.GetDoes().(type) {
	case *adminv1.Command_Create:
		m := does.Create
		return write(m.EditMode, 0, func(w *writing) *objects.Error {
			if r.again {
				return w.createOnce(m)
			}
			return w.create(m.Name, m.Clone, m.Arguments, m.Attributes)
		})
	case *adminv1.Command_Set:
		m := does.Set
		return write(m.EditMode, m.ExpectedVersion, func(w *writing) *objects.Error { return w.set(m) })
	case *adminv1.Command_Unset:
		m := does.Unset
		return write(m.EditMode, m.ExpectedVersion, func(w *writing) *objects.Error { return w.unset(m) })
	case *adminv1.Command_Delete:
		m := does.Delete
		return write(m.EditMode, m.ExpectedVersion, func(w *writing) *objects.Error {
			err := w.delete(m.Name, m.Force)
			if err != nil && err.Code == objects.NotFound && r.again {
				return nil
			}
			return err
		})
	}
	m := p.message.GetInvoke()
	c, err := s.newCall(ctx, m)
	if err != nil {
		return nil, err
	}
	if p.class == objects.Lease && r.dry {
		_, err := s.runtime.Lease(p.name)
		return c.answer, err
	}
	r.mode, r.expected = m.EditMode, m.ExpectedVersion
	c.request = r
	return c.answer, methodTable[p.class][p.verb](c)
}

// createOnce makes an object that may be there already, if it is the same.
func (w *writing) createOnce(m *adminv1.CreateRequest) *objects.Error {
	err := w.create(m.Name, m.Clone, m.Arguments, m.Attributes)
	if err == nil || err.Code != objects.DuplicateObject {
		return err
	}
	name, e := canonical(w.table, w.class, m.Name)
	now := w.get(w.class, name)
	if e != nil || now == nil {
		return err
	}
	w.drop(now)
	if e := w.create(m.Name, m.Clone, m.Arguments, m.Attributes); e != nil {
		return e
	}
	if !maps.Equal(w.result.Attrs, now.Attrs) {
		return objects.Errorf(err.Code, "%s, and is not what is to be made", err.Msg)
	}
	w.put(now)
	w.edit(refOf(now), now).remade = false
	w.result = now
	return nil
}
