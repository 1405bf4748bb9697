package shell

import (
	"fmt"
	"strings"

	"connectrpc.com/connect"

	"leasehold/pkg/objects"
	"leasehold/pkg/rpc"
	"leasehold/pkg/rpc/adminv1"
)

// serverTypes are the servers that the command server knows besides dhcp.
var serverTypes = []string{"dns", "tftp", "cdns", "snmp"}

// runServer does server dhcp X as dhcp X, and what only the server object has:
// start-on-reboot.
func runServer(c *call) *objects.Error {
	const usage = "server dhcp <verb> ..."
	if len(c.words) == 1 {
		return c.tooFew(usage)
	}
	kind := c.words[1].Text
	if lookVerb(c.verbsOf(objects.Server), kind, false) != nil && len(c.words) == 2 {
		return runClass(c)
	}
	if !strings.EqualFold(kind, objects.Dhcp.Name) {
		for _, t := range serverTypes {
			if strings.EqualFold(t, kind) {
				return objects.Errorf(objects.NotSupported, "server %s: only dhcp is served", t)
			}
		}
		return objects.Errorf(objects.UnknownKeyword, "no server is of type %q%s", shorten(kind, 60), nearest(kind, append(serverTypes, "dhcp")))
	}
	c.class = objects.Dhcp
	vs := c.verbsOf(c.class)
	if len(c.words) == 2 {
		c.at = 2
		return c.runVerb(lookVerb(vs, "show", false))
	}
	v, err := c.findVerb(vs, c.words[2].Text)
	if err != nil {
		c.class = objects.Server
		if v = lookVerb(c.verbsOf(c.class), c.words[2].Text, false); v == nil && c.hiddenVerb(c.words[2].Text) != nil {
			return c.hiddenVerb(c.words[2].Text)
		} else if v == nil {
			return err
		}
	}
	c.at = 3
	if v.method == nil && c.serverAttr() {
		c.class = objects.Server
	}
	return c.runVerb(v)
}

// serverAttr tells whether the first argument is an attribute that the server
// object has and dhcp has not.
func (c *call) serverAttr() bool {
	name, _, _ := strings.Cut(c.arg(0), "=")
	return objects.Dhcp.Attr(name) == nil && objects.Server.Attr(name) != nil
}

// runControl does start, stop and reload.
func runControl(c *call) *objects.Error {
	req := &adminv1.ControlRequest{Action: c.verb, Force: len(c.args()) > 0}
	if req.Force && !strings.EqualFold(c.arg(0), "force") {
		return objects.Errorf(objects.UnknownKeyword, "%s does not know %q, did you mean force?", c.verb, shorten(c.arg(0), 60))
	}
	answer, err := c.client.Control(c.ctx, connect.NewRequest(req))
	if err != nil {
		return asError(err)
	}
	e := rpc.ErrorOf(answer.Msg.Status)
	c.say(e)
	for _, l := range answer.Msg.Lines {
		c.println(l)
	}
	return nil
}

// runHealth prints the health last: scripts read the last line.
func runHealth(c *call) *objects.Error {
	answer, err := c.client.Health(c.ctx, connect.NewRequest(&adminv1.HealthRequest{}))
	if err != nil {
		return asError(err)
	}
	for _, r := range answer.Msg.Reasons {
		c.println(r)
	}
	c.printf("health = %d\n", answer.Msg.Health)
	return nil
}

// The words of getStats.
var (
	statCategories = []string{"all", "server", "failover", "dhcpv6"}
	statPeriods    = []string{"total", "sample"}
)

func runStats(c *call) *objects.Error {
	req := &adminv1.StatsRequest{}
	for _, w := range c.args() {
		for word := range strings.SplitSeq(w.Text, ",") {
			if word = strings.ToLower(word); word == "" {
				continue
			}
			switch {
			case contains(statCategories, word):
				req.Categories = append(req.Categories, word)
			case contains(statPeriods, word):
				req.Sample = word == "sample"
			default:
				return objects.Errorf(objects.UnknownKeyword, "getStats does not know %q%s", word, nearest(word, append(statPeriods, statCategories...)))
			}
		}
	}
	answer, err := c.client.Stats(c.ctx, connect.NewRequest(req))
	if err != nil {
		return asError(err)
	}
	for _, o := range answer.Msg.Categories {
		c.counters(fromProto(o))
	}
	return nil
}

// counters prints a category of statistics: what was counted, and nothing that
// the category does not have.
func (c *call) counters(o *objects.Object) {
	if c.session.format == formatScript {
		c.println(scriptLine(&c.session, o, nil))
		return
	}
	c.println(headerOf(o) + ":")
	for _, p := range pairs(&c.session, o) {
		if p.set {
			c.printf("    %s = %s\n", p.name, p.text)
		}
	}
}

func contains(words []string, word string) bool {
	for _, w := range words {
		if strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// runEnterPassword asks twice, so that a slip of the finger locks nobody out.
func runEnterPassword(c *call) *objects.Error {
	if c.cfg.Prompt == nil {
		return objects.Errorf(objects.Invalid, "there is no terminal to ask on; write admin <name> set password=<password>")
	}
	var answers [2]string
	for i, prompt := range []string{"password: ", "verify password: "} {
		answer, err := c.cfg.Prompt.AskSecret(prompt)
		if err != nil {
			return objects.Errorf(objects.Invalid, "no password: %v", err)
		}
		answers[i] = answer
	}
	if answers[0] != answers[1] {
		return objects.Errorf(objects.Invalid, "the two passwords differ; nothing was changed")
	}
	return c.set([]*adminv1.Attribute{{Name: objects.AdminPassword.Name, Text: answers[0]}})
}

// count writes n things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
