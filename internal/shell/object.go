package shell

import (
	"strings"

	"connectrpc.com/connect"

	"leasehold/internal/option"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
)

// This file is the regular verbs, as calls to the server.

// get reads an object of the stored configuration, or a lease.
func (c *call) get(class *objects.Class, name string) (*adminv1.Object, *objects.Error) {
	answer, err := c.client.Get(c.ctx, connect.NewRequest(&adminv1.GetRequest{Class: class.Name, Name: name}))
	if err != nil {
		return nil, c.suggest(class, name, asError(err))
	}
	c.remember(answer.Msg.Object)
	return answer.Msg.Object, nil
}

// exists tells whether there is such an object.
func (c *call) exists(class *objects.Class, name string) bool {
	_, err := c.client.Get(c.ctx, connect.NewRequest(&adminv1.GetRequest{Class: class.Name, Name: name}))
	return err == nil
}

func runShow(c *call) *objects.Error {
	if err := c.need(0, 0, c.usage("")); err != nil {
		return err
	}
	o, err := c.get(c.class, c.name)
	if err != nil {
		return err
	}
	c.object(fromProto(o))
	return nil
}

// runGet shows an attribute that was set. One that was not is refused, as
// nrcmd does, but the message says what holds instead.
func runGet(c *call) *objects.Error {
	if err := c.need(1, 1, c.usage("<attribute>")); err != nil {
		return err
	}
	a, err := c.attr(c.arg(0))
	if err != nil {
		return err
	}
	p, err := c.get(c.class, c.name)
	if err != nil {
		return err
	}
	o := fromProto(p)
	text, ok := o.Attrs[a.Name]
	if a.Derive != nil {
		text = a.Derive(o)
		ok = text != ""
	}
	if !ok {
		msg := a.Name + " is not set"
		if a.Default != "" {
			msg += ", its default is " + a.Show(a.Default)
		}
		return objects.Errorf(objects.UnknownParameter, "%s: %s", o.Ref(), msg)
	}
	c.printf("%s=%s\n", a.Name, shown(c.class, a.Show(text)))
	return nil
}

// runCreate takes values by position first, then attr=value.
func runCreate(c *call) *objects.Error {
	req := &adminv1.CreateRequest{Class: c.class.Name, Name: c.name, EditMode: c.session.editMode()}
	words, inline, err := c.inline(c.args())
	if err != nil {
		return err
	}
	for len(words) > 0 && !c.isAssignment(words) {
		req.Arguments = append(req.Arguments, words[0].Text)
		words = words[1:]
	}
	req.Arguments = append(req.Arguments, inline...)
	words, req.Clone = cloneOf(c.class, words)
	if len(words) > 0 {
		sets, err := c.assignments(words)
		if err != nil {
			return err
		}
		req.Attributes = toProto(sets)
	}
	if c.both {
		return c.onBoth(&adminv1.Command{Does: &adminv1.Command_Create{Create: req}})
	}
	answer, e := c.client.Create(c.ctx, connect.NewRequest(req))
	if e != nil {
		return asError(e)
	}
	return c.answer(answer.Msg.Status, answer.Msg.Object)
}

// isAssignment tells whether the words begin with attr=value. A word that is
// quoted from its start is a value by position, whatever it holds.
func (c *call) isAssignment(words []Word) bool {
	w := words[0]
	if c.line[w.Start] == '"' && !c.startsAssignment(words) {
		return false
	}
	return hasEquals(w) || len(words) > 1 && leadsEquals(words[1])
}

// cloneOf takes clone=<policy> and template=<scope-template>, which are no
// attributes, out of the words of a create.
func cloneOf(class *objects.Class, words []Word) (rest []Word, clone string) {
	for _, w := range words {
		name, value, ok := strings.Cut(w.Text, "=")
		if ok && class.Attr(name) == nil && (strings.EqualFold(name, "clone") || strings.EqualFold(name, "template")) {
			clone = value
			continue
		}
		rest = append(rest, w)
	}
	return rest, clone
}

func toProto(sets []assignment) []*adminv1.Attribute {
	var as []*adminv1.Attribute
	for _, s := range sets {
		as = append(as, &adminv1.Attribute{Name: s.name, Text: s.text})
	}
	return as
}

func runSet(c *call) *objects.Error {
	sets, err := c.assignments(c.args())
	if err != nil {
		return err
	}
	return c.set(toProto(sets))
}

func (c *call) set(as []*adminv1.Attribute) *objects.Error {
	req := &adminv1.SetRequest{Class: c.class.Name, Name: c.name, Attributes: as, EditMode: c.session.editMode(), ExpectedVersion: c.seen()}
	if c.both {
		return c.onBoth(&adminv1.Command{Does: &adminv1.Command_Set{Set: req}})
	}
	answer, err := c.client.Set(c.ctx, connect.NewRequest(req))
	if err != nil {
		return c.refused(err)
	}
	if err := c.answer(answer.Msg.Status, answer.Msg.Object); err != nil {
		return err
	}
	return c.followPassword(as)
}

// followPassword logs in again after an administrator has changed the password
// of this very session: the server ends the sessions that the old one opened.
// In a transaction that is when it is committed.
func (c *call) followPassword(as []*adminv1.Attribute) *objects.Error {
	if c.class != objects.Admin || c.cfg.User == "" || !strings.EqualFold(c.name, c.cfg.User) {
		return nil
	}
	for _, a := range as {
		if a.Name == objects.AdminPassword.Name {
			c.newPassword = a.Text
		}
	}
	if c.tx != txNone {
		return nil
	}
	return c.renewLogin(c.ctx)
}

func runEnable(c *call) *objects.Error  { return c.switchTo("true") }
func runDisable(c *call) *objects.Error { return c.switchTo("false") }

func (c *call) switchTo(text string) *objects.Error {
	if len(c.args()) == 1 && hasEquals(c.args()[0]) {
		return objects.Errorf(objects.Invalid, "%q: %s takes a name; set takes name=value", c.arg(0), c.verb)
	}
	if err := c.need(1, 1, c.usage("<attribute>")); err != nil {
		return err
	}
	a, err := c.attr(c.arg(0))
	if err != nil {
		return err
	}
	if a.Kind != objects.Bool && a.Kind != objects.Feature && !c.session.foreign {
		return objects.Errorf(objects.Invalid, "%s %s is of type %s, not bool; write set %s=<value>", c.class.Name, a.Name, a.Type(), a.Name)
	}
	return c.set([]*adminv1.Attribute{{Name: a.Name, Text: text}})
}

func runUnset(c *call) *objects.Error {
	if len(c.args()) == 0 && c.class != objects.OptionSet {
		return c.tooFew(c.usage("<attribute> ..."))
	}
	var names []string
	for _, w := range c.args() {
		for name := range strings.SplitSeq(strings.TrimSuffix(w.Text, ","), ",") {
			a, err := c.attr(name)
			if err != nil {
				return err
			}
			names = append(names, a.Name)
		}
	}
	req := &adminv1.UnsetRequest{Class: c.class.Name, Name: c.name, Attributes: names, EditMode: c.session.editMode(), ExpectedVersion: c.seen()}
	if c.both {
		return c.onBoth(&adminv1.Command{Does: &adminv1.Command_Unset{Unset: req}})
	}
	answer, err := c.client.Unset(c.ctx, connect.NewRequest(req))
	if err != nil {
		return c.refused(err)
	}
	return c.answer(answer.Msg.Status, answer.Msg.Object)
}

func runDelete(c *call) *objects.Error {
	most, usage := 0, ""
	if forcible(c.class) {
		most, usage = 1, "[force]"
	}
	if err := c.need(0, most, c.usage(usage)); err != nil {
		return err
	}
	if w := c.arg(0); w != "" && !strings.EqualFold(w, "force") {
		return objects.Errorf(objects.UnknownKeyword, "delete does not know %q, did you mean force?", w)
	}
	req := &adminv1.DeleteRequest{Class: c.class.Name, Name: c.name, Force: c.arg(0) != "", EditMode: c.session.editMode(), ExpectedVersion: c.seen()}
	if c.both {
		return c.onBoth(&adminv1.Command{Does: &adminv1.Command_Delete{Delete: req}})
	}
	answer, err := c.client.Delete(c.ctx, connect.NewRequest(req))
	if err != nil {
		return c.refused(err)
	}
	c.forget()
	return c.answer(answer.Msg.Status, nil)
}

// runInvoke hands a method to the server. The last argument of a method that
// takes the rest of the line is that rest, as it was typed.
func runInvoke(c *call) *objects.Error {
	m := c.class.Method(c.verb)
	args, e := c.methodArgs(m)
	if e == nil && m.Name == partnerDownVerb {
		args, e = c.confirmDown(m, args)
	}
	if e != nil {
		return e
	}
	req := &adminv1.InvokeRequest{
		Class: c.class.Name, Name: c.name, Method: m.Name, Arguments: args,
		EditMode: c.session.editMode(), ExpectedVersion: c.seen(),
	}
	if c.both {
		return c.onBoth(&adminv1.Command{Does: &adminv1.Command_Invoke{Invoke: req}})
	}
	answer, err := c.client.Invoke(c.ctx, connect.NewRequest(req))
	if err != nil {
		return c.refused(err)
	}
	if err := c.answer(answer.Msg.Status, answer.Msg.Object); err != nil {
		return err
	}
	for _, l := range answer.Msg.Lines {
		c.println(l)
	}
	for _, o := range answer.Msg.Objects {
		c.remember(o)
		c.object(fromProto(o))
	}
	return nil
}

func (c *call) methodArgs(m *objects.Method) ([]string, *objects.Error) {
	if m.Dated {
		return c.datedArgs(m)
	}
	var args []string
	for i, w := range c.args() {
		if m.Max < 0 && i == max(m.Min-1, 0) {
			return append(args, c.valueOf(m, w)), nil
		}
		args = append(args, w.Text)
	}
	return args, nil
}

// valueOf is the last argument, which goes to the end of the line. The server
// takes a pair of quotes off the value of an option, and blanks behind that: the
// text of an option that stands in quotes is sent in two pairs where it has blanks
// to lose.
func (c *call) valueOf(m *objects.Method, w Word) string {
	text := rest(c.line, w.Start)
	whole := strings.TrimRight(c.line[w.Start:], " \t") != text
	if m.Name != "setOption" || !whole || strings.TrimSpace(text) == text {
		return text
	}
	def, unknown := option.Builtin().Lookup(c.arg(0))
	if unknown != nil || def.Repeat != option.Once || def.Type != option.NString && def.Type != option.String {
		return text // one of the operator's own may be anything
	}
	return `""` + text + `""`
}

func runList(c *call) *objects.Error      { return c.list(c.object) }
func runListBrief(c *call) *objects.Error { return c.list(c.brief) }

func runListNames(c *call) *objects.Error {
	return c.eachObject(&adminv1.ListRequest{Class: c.class.Name, NamesOnly: true}, func(o *adminv1.Object) {
		c.println(c.header(o.Name))
	})
}

func (c *call) list(show func(*objects.Object)) *objects.Error {
	return c.eachObject(&adminv1.ListRequest{Class: c.class.Name}, func(o *adminv1.Object) {
		c.remember(o)
		show(fromProto(o))
	})
}

// eachObject lists objects of a class, as the server sends them.
func (c *call) eachObject(req *adminv1.ListRequest, show func(*adminv1.Object)) *objects.Error {
	if err := c.need(0, 0, c.class.Name+" "+c.verb); err != nil {
		return err
	}
	return c.stream(req, show)
}

// lister is a stream of objects.
type lister interface {
	Receive() bool
	Msg() *adminv1.ListResponse
	Err() error
	Close() error
}

func (c *call) stream(req *adminv1.ListRequest, show func(*adminv1.Object)) *objects.Error {
	l, err := c.client.List(c.ctx, connect.NewRequest(req))
	if err != nil {
		return asError(err)
	}
	return c.receive(l, show)
}

// receive shows a stream as it comes: a listing of any length costs one
// message of memory.
func (c *call) receive(l lister, show func(*adminv1.Object)) *objects.Error {
	defer func() { _ = l.Close() }() // what matters was said by Err
	for l.Receive() {
		for _, o := range l.Msg().Objects {
			show(o)
		}
		if c.ctx.Err() != nil || c.out.err != nil {
			break
		}
	}
	if err := c.ctx.Err(); err != nil {
		return asError(err)
	}
	return asError(l.Err())
}

// fromProto makes an object of what the server sent.
func fromProto(p *adminv1.Object) *objects.Object {
	class := objects.ClassNamed(p.Class)
	if class == nil {
		class = &objects.Class{Name: p.Class}
	}
	o := objects.New(class, p.Name)
	for _, a := range p.Attributes {
		o.Attrs[a.Name] = a.Text
	}
	o.Version, o.ChangedBy, o.ChangedAt = p.Version, p.ChangedBy, p.ChangedAt
	return o
}
