package shell

import (
	"slices"
	"strings"

	"connectrpc.com/connect"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
)

// This file is -both: a command that is done on this server and on its failover
// partner.

// bothVerbs are the regular verbs that take -both where the class does.
var bothVerbs = []string{"create", "delete", "set", "unset", "enable", "disable"}

// takeBoth takes the flag out of the words, and out of the line, which some
// values are read from. In quotes it is a value.
func (c *call) takeBoth(v *classVerb) *objects.Error {
	if !v.both {
		return c.notBoth(v)
	}
	i := slices.IndexFunc(c.args(), isBoth)
	if i < 0 {
		return nil
	}
	w := c.args()[i]
	c.both = true
	c.words = slices.Delete(slices.Clone(c.words), c.at+i, c.at+i+1)
	c.line = c.line[:w.Start] + strings.Repeat(" ", w.End-w.Start) + c.line[w.End:]
	if c.tx == txAtomic {
		return objects.Errorf(objects.NotSupported, "%s is done on two servers, cannot be taken back, and has no place in a batch with --atomic; without --atomic each line is done on both or on neither", objects.BothFlag)
	}
	return nil
}

func isBoth(w Word) bool { return !w.Quoted && strings.EqualFold(w.Text, objects.BothFlag) }

// notBoth answers the flag behind a verb that changes something and does not
// take it.
func (c *call) notBoth(v *classVerb) *objects.Error {
	words := c.args()
	if len(words) == 0 || !isBoth(words[len(words)-1]) || c.class == objects.Session {
		return nil
	}
	if v.method == nil && v.name == "set" {
		// Behind a whole assignment it is no value: attr=value, not attr=.
		if n := len(words); n < 2 || !strings.Contains(words[n-2].Text, "=") || strings.HasSuffix(words[n-2].Text, "=") {
			return nil
		}
	}
	if v.method == nil && !slices.Contains(bothVerbs, v.name) || v.method != nil && v.method.ReadOnly {
		return nil
	}
	return objects.Errorf(objects.NotSupported, "%s %s takes no %s; failover-pair <name> sync copies such changes to the partner", c.class.Name, v.name, objects.BothFlag)
}

// onBoth gives the command to both servers.
func (c *call) onBoth(m *adminv1.Command) *objects.Error {
	if c.tx == txDryRun {
		c.println("not run: --dry-run")
		return nil
	}
	answer, err := c.client.Both(c.ctx, connect.NewRequest(&adminv1.BothRequest{Command: m}))
	if connect.CodeOf(err) == connect.CodeUnimplemented {
		return objects.Errorf(objects.NotSupported, "the server is older and does not know %s", objects.BothFlag)
	}
	if err != nil {
		return c.refused(err)
	}
	if m.GetDelete() != nil {
		c.forget()
	}
	if err := c.answer(answer.Msg.Status, answer.Msg.Object); err != nil {
		return err
	}
	for _, l := range answer.Msg.Lines {
		c.println(l)
	}
	return nil
}

// bothWords offers the flag where it may be meant.
func (c *completion) bothWords(v *classVerb, args []string) {
	if v.both && v.method == nil && (strings.HasPrefix(c.word, "-") || v.name == "delete" || strings.HasSuffix(v.name, "able") && len(args) == 1) {
		c.offer(objects.BothFlag)
	}
}
