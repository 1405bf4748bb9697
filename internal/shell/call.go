package shell

import (
	"context"
	"errors"
	"strings"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// call is one command on its way: what was typed, what it was found to mean,
// and the part of the answer that was printed.
type call struct {
	*Shell
	ctx   context.Context
	line  string
	words []Word

	command *command
	class   *objects.Class // nil for commands that are about no class
	name    string         // the object's
	verb    string         // as the tables spell it
	at      int            // index of the first argument in words
	both    bool           // it is for the failover partner, too

	code objects.Code // of the status line, once it was printed
}

// args returns the words behind the verb.
func (c *call) args() []Word { return c.words[c.at:] }

// arg returns the text of the nth argument, or "".
func (c *call) arg(n int) string {
	if a := c.args(); n < len(a) {
		return a[n].Text
	}
	return ""
}

// say prints the status line, and nothing else may have been printed before
// it. Everything that prints lines calls it by itself.
func (c *call) say(e *objects.Error) {
	if c.code != 0 {
		return
	}
	c.code = objects.Ok
	if e != nil {
		c.code = e.Code
	}
	c.out.status(e)
}

// printf prints below the status line.
func (c *call) printf(format string, args ...any) {
	c.say(nil)
	c.out.printf(format, args...)
}

// println prints a text as it is, below the status line.
func (c *call) println(text string) {
	c.say(nil)
	c.out.line(text)
}

// finish prints the status line if none was yet. An error that comes after
// lines were printed, a listing that broke off, is printed below them.
func (c *call) finish(err *objects.Error) objects.Code {
	switch {
	case c.code == 0:
		c.say(err)
	case err != nil:
		c.out.status(err)
		c.code = err.Code
	}
	return c.code
}

// answer prints what the server says of a write: its status and the object's
// new version.
func (c *call) answer(status *adminv1.Status, changed *adminv1.Object) *objects.Error {
	if changed != nil {
		c.remember(changed)
	}
	e := rpc.ErrorOf(status)
	if e != nil && e.Code.Failed() {
		return e
	}
	c.say(e)
	return nil
}

// asError turns what a call failed with into a status, and keeps in mind that
// the server is gone.
func asError(err error) *objects.Error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.Canceled) {
		return objects.Errorf(objects.GenericError, "interrupted")
	}
	return rpc.AsError(err)
}

// objectKey names an object in maps of the session.
type objectKey struct{ class, name string }

func keyOf(class *objects.Class, name string) objectKey {
	if class.Key != nil {
		if canonical, err := class.Key(name); err == nil {
			name = canonical
		}
	}
	return objectKey{class.Name, strings.ToLower(name)}
}

// remember keeps the version of an object that the operator has seen.
func (s *Shell) remember(o *adminv1.Object) {
	if class := objects.ClassNamed(o.Class); class != nil && o.Version != 0 {
		s.versions[keyOf(class, o.Name)] = o.Version
	}
}

// seen is the version that a change is based on; 0, which is any, if the
// object was never looked at or the session has forced the lock.
func (c *call) seen() uint64 {
	if c.forced {
		return 0
	}
	return c.versions[keyOf(c.class, c.name)]
}

// refused makes the answer to a change that the server did not make.
func (c *call) refused(err error) *objects.Error {
	e := c.suggest(c.class, c.name, asError(err))
	if e.Code == objects.AlreadyLocked && c.seen() != 0 {
		e = &objects.Error{Code: e.Code, Msg: e.Msg + ", or send force-lock", Detail: e.Detail}
	}
	return e
}

// forget drops what is known of a deleted object, so that one made anew under
// its name is not taken for a change by somebody else.
func (c *call) forget() { delete(c.versions, keyOf(c.class, c.name)) }

// tooMany and tooFew are the answers to a wrong number of arguments.
func (c *call) tooMany(w Word, usage string) *objects.Error {
	return objects.Errorf(objects.TooManyArguments, "%q is too much; write %s", shorten(w.Text, 60), usage)
}

func (c *call) tooFew(usage string) *objects.Error {
	return objects.Errorf(objects.TooFewArguments, "write %s", usage)
}

// need checks the number of arguments.
func (c *call) need(low, high int, usage string) *objects.Error {
	switch n := len(c.args()); {
	case n < low:
		return c.tooFew(usage)
	case high >= 0 && n > high:
		return c.tooMany(c.args()[high], usage)
	}
	return nil
}

// nearest ends a message about an unknown word.
func nearest(word string, among []string) string {
	if near := objects.Nearest(word, among); near != "" {
		return ", did you mean " + near + "?"
	}
	return ""
}
