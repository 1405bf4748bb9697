package shell

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"leasehold/pkg/objects"
)

// partnerDownVerb is the method that takes a risk nobody but the operator can
// judge: in an interactive shell it is said what is at stake, and asked. A
// batch, a single command and -force are not held up.
const partnerDownVerb = "setPartnerDown"

// confirmDown asks whether the partner is down. Where the operator says so, and
// the server would ask for -force, that is in the arguments that it returns.
func (c *call) confirmDown(m *objects.Method, args []string) ([]string, *objects.Error) {
	if !c.interactive || c.cfg.Prompt == nil || slices.ContainsFunc(args, func(a string) bool { return contains(m.Flags, a) }) {
		return args, nil
	}
	partners, err := c.partners(c.ctx)
	if err != nil {
		return nil, err
	}
	since := c.cfg.Clock.Now()
	if len(args) > m.Min {
		at, bad := strconv.ParseInt(args[m.Min], 10, 64)
		if bad != nil {
			return args, nil // the server says what is wrong with it
		}
		since = time.Unix(at, 0)
	}
	var lines []string
	risky := false
	for _, o := range partners {
		if !c.isAbout(o, args) {
			continue
		}
		if objects.RelatedCommunications.Of(o) == "OK" || objects.RelatedRole.Of(o) == "" || since.After(c.cfg.Clock.Now()) {
			return args, nil // which the server refuses
		}
		more, risk := riskOf(o, since)
		lines, risky = append(lines, more...), risky || risk
	}
	if len(lines) == 0 {
		return args, nil
	}
	for _, l := range lines {
		c.out.line(l)
	}
	c.out.flush()
	answer, asked := c.cfg.Prompt.Ask("Is it down? (yes/no) ")
	if asked != nil || !slices.Contains([]string{"y", "yes"}, strings.ToLower(strings.TrimSpace(answer))) {
		return nil, objects.Errorf(objects.GenericError, "not confirmed: nothing was changed")
	}
	if risky {
		args = append(slices.Clone(args), m.Flags[0])
	}
	return args, nil
}

// isAbout tells whether a relationship is one that the command is about.
func (c *call) isAbout(o *objects.Object, args []string) bool {
	if c.class == objects.FailoverPair {
		return strings.EqualFold(objects.RelatedPair.Of(o), c.name)
	}
	bare := func(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }
	return bare(args[0]) == bare(objects.RelatedName.Of(o)) || args[0] == objects.RelatedAddress.Of(o)
}

// riskOf says what may go wrong in one relationship, and whether that is more
// than any such command risks.
func riskOf(o *objects.Object, since time.Time) (lines []string, risky bool) {
	name := objects.RelatedName.Of(o)
	if name == "--" {
		name = objects.RelatedAddress.Of(o)
	}
	say := func(format string, args ...any) {
		lines = append(lines, fmt.Sprintf("failover %q: ", objects.RelatedPair.Of(o))+fmt.Sprintf(format, args...))
	}
	date := func(t time.Time) string { return t.In(since.Location()).Format(time.ANSIC) }
	contact := objects.RelatedLastContact.Of(o)
	if contact > 0 {
		say("%s was last heard %s", name, date(time.Unix(contact, 0)))
	} else {
		say("%s was never heard", name)
	}
	if contact > since.Unix() {
		risky = true
		say("that is after %s: if it gave leases between, their addresses may be given to others too early", date(since))
	}
	switch s := objects.RelatedState.Of(o); s {
	case "NORMAL", "COMMUNICATIONS-INTERRUPTED", "RESOLUTION-INTERRUPTED", "PARTNER-DOWN":
	default:
		risky = true
		say("this server is in %s and may not know all leases that its partner gave: it would give addresses that are in use", s)
	}
	say("if %s still serves clients, both servers may give the same address; stop its DHCP service first, or switch it off", name)
	say("its free addresses are given from %s on", date(since.Add(objects.RelatedMCLT.Of(o))))
	return lines, risky
}
