package shell

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"connectrpc.com/connect"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
)

// The words of default-format.
const (
	formatUser   = "user"
	formatScript = "script"
)

// session is the object that the command session shows: it lives here, not in
// the server, but its table is in package objects like any other.
type session struct {
	object *objects.Object
	format string // what listings use now; Single sets script for one command
	// foreign: the server's tables differ from ours, so an attribute that we
	// do not know may be one that it knows.
	foreign bool
}

func newSession(cfg Config) session {
	o := objects.New(objects.Session, "")
	o.Attrs[objects.SessionCluster.Name] = cfg.Cluster
	if cfg.Visibility != 0 {
		o.Attrs[objects.SessionVisibility.Name] = strconv.Itoa(cfg.Visibility)
	}
	return session{object: o, format: formatUser}
}

// opened fills in what the server says at login.
func (s *session) opened(answer *adminv1.LoginResponse) {
	s.put(objects.SessionUser.Name, answer.User)
	s.put(objects.SessionRoles.Name, strings.Join(answer.Roles, ","))
	if s.object.Attrs[objects.SessionDHCPEditMode.Name] == "" {
		s.put(objects.SessionDHCPEditMode.Name, answer.DefaultEditMode)
	}
	s.foreign = answer.SchemaHash != objects.SchemaHash()
}

func (s *session) put(name, text string) {
	if text != "" {
		s.object.Attrs[name] = text
	}
}

// text returns an attribute's value or default.
func (s *session) text(name string) string {
	return s.object.Text(objects.Session.Attr(name))
}

func (s *session) editMode() string { return s.text(objects.SessionDHCPEditMode.Name) }
func (s *session) vpn() string      { return s.text(objects.SessionVPN.Name) }

// visible tells whether the session shows what has that visibility; 0 is a
// table row that does not say.
func (s *session) visible(visibility int) bool {
	return visibility == 0 || visibility >= objects.SessionVisibility.Of(s.object)
}

// The verbs of session. The regular ones act on the object above, the methods
// of the table are here.

func sessionSet(c *call) *objects.Error {
	sets, err := c.assignments(c.args())
	if err != nil {
		return err
	}
	changed := c.session.object.Clone()
	for _, a := range sets {
		if err := objects.Session.SetAttr(changed, a.name, a.text, c.cfg.Clock.Now()); err != nil {
			return err
		}
	}
	if err := c.checkVPN(objects.SessionVPN.Of(changed)); err != nil {
		return err
	}
	c.session.object = changed
	c.session.format = c.session.text(objects.SessionFormat.Name)
	return nil
}

// checkVPN refuses a current-vpn that the configuration does not have.
func (c *call) checkVPN(vpn string) *objects.Error {
	if vpn == "" || strings.EqualFold(vpn, objects.GlobalVPN) || vpn == c.session.vpn() {
		return nil
	}
	_, err := c.get(objects.Vpn, vpn)
	return err
}

// currentVPN is the session's VPN, for addresses and listings that name none.
// It may have been deleted since it was chosen; neither it nor the global one
// is meant then.
func (c *call) currentVPN() (string, *objects.Error) {
	vpn := c.session.vpn()
	if vpn == "" || strings.EqualFold(vpn, objects.GlobalVPN) {
		return vpn, nil
	}
	_, err := c.client.Get(c.ctx, connect.NewRequest(&adminv1.GetRequest{Class: objects.Vpn.Name, Name: vpn}))
	if e := asError(err); e != nil && e.Code != objects.NotFound {
		return "", e
	} else if e != nil {
		return "", objects.Errorf(objects.NotFound, "vpn %q, the session's current-vpn: it was deleted; 'session unset current-vpn', or set another", vpn)
	}
	return vpn, nil
}

func sessionUnset(c *call) *objects.Error {
	if len(c.args()) == 0 {
		return c.tooFew("session unset <attribute> ...")
	}
	changed := c.session.object.Clone()
	for _, w := range c.args() {
		a, err := c.attr(w.Text)
		if err != nil {
			return err
		}
		if err := objects.Session.UnsetAttr(changed, a.Name); err != nil {
			return err
		}
	}
	c.session.object = changed
	c.session.format = c.session.text(objects.SessionFormat.Name)
	return nil
}

// sessionCache forgets what was seen of the server's objects, so that the next
// change is based on whatever is there. Nothing unsaved is held here, so clear
// has nothing more to drop than refresh.
func sessionCache(c *call) *objects.Error {
	if w := c.arg(0); !strings.EqualFold(w, "refresh") && !strings.EqualFold(w, "clear") {
		return objects.Errorf(objects.UnknownKeyword, "session cache does not know %q; write refresh or clear", w)
	}
	clear(c.versions)
	return nil
}

// sessionAssert: there is no lock that one administrator takes from another;
// what "locked" stands for, that this session may write, is what is checked.
func sessionAssert(c *call) *objects.Error {
	if w := c.arg(0); !strings.EqualFold(w, "locked") {
		return objects.Errorf(objects.UnknownKeyword, "session assert does not know %q; write locked", w)
	}
	if !c.cfg.ReadOnly && !strings.Contains(c.session.text(objects.SessionRoles.Name), objects.RoleReadOnly) {
		return nil
	}
	c.halted = true
	c.say(&objects.Error{Code: objects.AssertionFailed, Msg: "the session is read-only"})
	return nil
}

func sessionLog(c *call) *objects.Error {
	path := c.arg(0)
	if path == "" {
		c.out.stopLog()
		return nil
	}
	if c.tx == txDryRun {
		return c.wouldWrite(path, "the session")
	}
	if err := c.out.startLog(path); err != nil {
		return openFailed(path, err)
	}
	return nil
}

// sessionChanges lists the change log, newest first.
func sessionChanges(c *call) *objects.Error {
	req := &adminv1.ChangesRequest{}
	var words []string
	for _, w := range c.args() {
		name, value, ok := strings.Cut(w.Text, "=")
		if !ok {
			words = append(words, w.Text)
			continue
		}
		n, err := strconv.ParseUint(value, 10, 32)
		if !strings.EqualFold(name, "limit") {
			return objects.Errorf(objects.UnknownParameter, "session changes has no %q, did you mean limit?", name)
		}
		if err != nil {
			return objects.Errorf(objects.Invalid, "limit: %q is not a number", value)
		}
		req.Limit = uint32(n)
	}
	if len(words) > 0 {
		class := objects.ClassNamed(words[0])
		if class == nil {
			return objects.Errorf(objects.UnknownKeyword, "%q is no class of objects%s", words[0], nearest(words[0], classNames()))
		}
		req.Class = class.Name
	}
	if len(words) > 1 {
		req.Name = words[1]
	}
	if len(words) > 2 {
		return objects.Errorf(objects.TooManyArguments, "%q is too much; write session changes [<class> [<name>]] [limit=<n>]", words[2])
	}
	answer, err := c.client.Changes(c.ctx, connect.NewRequest(req))
	if err != nil {
		return asError(err)
	}
	for _, ch := range answer.Msg.Changes {
		at := time.Unix(ch.At, 0).Format(time.ANSIC)
		text := changeText(ch)
		if ch.Reason != "" {
			text += ", part of " + ch.Reason
		}
		c.printf("%d %s %s (%s): %s\n", ch.Id, at, ch.Who, ch.Source, text)
	}
	return nil
}

// sessionDifference lists what the next reload would bring.
func sessionDifference(c *call) *objects.Error {
	answer, err := c.client.Difference(c.ctx, connect.NewRequest(&adminv1.DifferenceRequest{}))
	if err != nil {
		return asError(err)
	}
	for _, ch := range answer.Msg.Changes {
		c.println(differenceText(ch))
	}
	return nil
}

func changeRef(ch *adminv1.Change) string {
	class := objects.ClassNamed(ch.Class)
	if class == nil {
		return strings.TrimSpace(ch.Class + " " + Quote(ch.Name))
	}
	return objects.Ref(class, ch.Name)
}

// changeText says what one change did: scope "a" set policy=b (was c).
func changeText(ch *adminv1.Change) string {
	ref := changeRef(ch)
	switch {
	case ch.Attribute == "":
		return ref + " " + ch.Action
	case ch.After == "":
		return fmt.Sprintf("%s %s %s (was %s)", ref, ch.Action, ch.Attribute, ch.Before)
	case ch.Before == "":
		return fmt.Sprintf("%s %s %s=%s", ref, ch.Action, ch.Attribute, ch.After)
	}
	return fmt.Sprintf("%s %s %s=%s (was %s)", ref, ch.Action, ch.Attribute, ch.After, ch.Before)
}

// differenceText says what the next reload will do to an attribute, or to a
// whole object.
func differenceText(ch *adminv1.Change) string {
	what := strings.TrimSpace(changeRef(ch) + " " + ch.Attribute)
	switch ch.Action {
	case "create":
		return fmt.Sprintf("%s: not running, stored=%s", what, ch.After)
	case "delete":
		return fmt.Sprintf("%s: running=%s, not stored", what, ch.Before)
	}
	return fmt.Sprintf("%s: running=%s stored=%s", what, ch.Before, ch.After)
}

func classNames() []string {
	var names []string
	for _, c := range objects.Classes() {
		names = append(names, c.Name)
	}
	return names
}

// sessionGet shows an attribute of the session, its default too: there is no
// difference to be seen between a format that was set and one that was not.
func sessionGet(c *call) *objects.Error {
	if err := c.need(1, 1, "session get <attribute>"); err != nil {
		return err
	}
	a, err := c.attr(c.arg(0))
	if err != nil {
		return err
	}
	c.printf("%s=%s\n", a.Name, c.session.object.Text(a))
	return nil
}
