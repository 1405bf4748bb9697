package admin

import (
	"fmt"
	"slices"
	"strings"

	"connectrpc.com/connect"

	"leasehold/internal/parity"
	"leasehold/pkg/objects"
	"leasehold/pkg/rpc/adminv1"
)

// How an item of the checklist turned out.
const (
	itemMatches = "match"
	itemDiffers = "differs"
	itemOpen    = "not checkable"
)

// item is one thing that the handbooks say must be so on both servers.
type item struct {
	title string
	// classes are those whose objects, with their embedded policies, the item
	// is about; attrs are attributes of any class, parts what the names of
	// some have in them. The first item that takes a difference has it.
	classes []*objects.Class
	attrs   []string
	parts   []string
	options bool // the option values of policies, too
	// byHand is what beside the configuration must be the same where there is
	// an object of the classes, and nobody can see from here.
	byHand string
}

// checklist is the union of the checklists of 5.0 ("Failover Configuration
// Steps") and 7.0 ("Failover Checklist"), as far as it is about configuration:
// the particular items before the wide ones.
var checklist = []item{
	{title: "Scope-selection tags", attrs: []string{"selection-tag-list", "selection-criteria"}},
	{title: "Dynamic BOOTP", parts: []string{"bootp"}},
	{title: "Dynamic DNS updates", classes: classesNamed("dhcp-dns-update", "key"), attrs: []string{"synthesize-reverse-zone", "forward-zone-name"}, parts: []string{"dns", "fqdn"}},
	{title: "LDAP servers", classes: classesNamed("ldap"), parts: []string{"ldap"}},
	{title: "DHCP extensions", classes: classesNamed("extension", "extension-point"), parts: []string{"extension"}, byHand: "the files of the extensions are copied by hand"},
	{title: "IP addresses", attrs: []string{"ranges", "subnet", "primary-subnet"}},
	{title: "DHCP options", classes: classesNamed("option-set", "option"), parts: []string{"reply-options"}, options: true},
	{title: "Scopes", classes: classesNamed("scope", "scope-template")},
	{title: "Reservations", classes: classesNamed("reservation")},
	{title: "Policies", classes: classesNamed("policy")},
	{title: "Clients", classes: classesNamed("client")},
	{title: "Client-classes", classes: classesNamed("client-class"), parts: []string{"client-class", "client-lookup", "client-cache"}},
	{title: "Virtual private networks", classes: classesNamed("vpn")},
	{title: "Failover pair and match list", classes: classesNamed("failover-pair")},
	{title: "Other settings", classes: classesNamed("dhcp", "addr-trap", "trap-recipient")},
}

// classesNamed returns those of the classes that there are.
func classesNamed(names ...string) []*objects.Class {
	var all []*objects.Class
	for _, n := range names {
		if c := objects.ClassNamed(n); c != nil {
			all = append(all, c)
		}
	}
	return all
}

// takes tells whether the item is about a difference.
func (i *item) takes(d *parity.Difference) bool {
	class := objects.ClassNamed(d.Class)
	if slices.Contains(i.attrs, d.Attr) || slices.ContainsFunc(i.parts, func(part string) bool { return strings.Contains(d.Attr, part) }) {
		return true
	}
	if i.options && class != nil && class.Attr(d.Attr) == nil && class.Dynamic(d.Attr) {
		return true
	}
	return slices.ContainsFunc(i.classes, func(c *objects.Class) bool { return c == class || class != nil && class.Owner == c.Name })
}

// checkPairList goes through the checklist for a live pair.
func checkPairList(c *call) *objects.Error {
	b, err := c.together()
	if err != nil {
		return err
	}
	defer b.close()
	if err := b.read(); err != nil {
		return err
	}
	l := &checked{both: b, count: map[string]int{}}
	l.configuration()
	if err := l.running(); err != nil {
		return err
	}
	l.say("Addresses for the backup", itemOpen, l.share())
	l.say("BOOTP and DHCP relay agents", itemOpen, "whether each forwards to both servers shows only while the main is out of service")
	c.line(fmt.Sprintf("%d match, %d differ, %d not checkable", l.count[itemMatches], l.count[itemDiffers], l.count[itemOpen]))
	return nil
}

// checked is the list on its way.
type checked struct {
	*both
	count map[string]int
}

func (l *checked) say(title, result, why string, details ...string) {
	l.count[result]++
	line := fmt.Sprintf("%-29s %s", title, result)
	if why != "" {
		line += ": " + why
	}
	l.call.line(line)
	for _, d := range details {
		l.call.line("    " + d)
	}
}

// configuration holds the stored configurations against each other.
func (l *checked) configuration() {
	found := make([][]string, len(checklist))
	for _, d := range l.differences() {
		i := slices.IndexFunc(checklist, func(i item) bool { return i.takes(&d) })
		if i < 0 {
			i = len(checklist) - 1
		}
		found[i] = append(found[i], d.String())
	}
	for n := range checklist {
		i := &checklist[n]
		there := slices.ContainsFunc(i.classes, func(c *objects.Class) bool { return l.own.cfg.Len(c)+l.partner.cfg.Len(c) > 0 })
		switch {
		case len(found[n]) > 0:
			l.say(i.title, itemDiffers, counted(len(found[n]), "difference"), found[n]...)
		case there && i.byHand != "":
			l.say(i.title, itemOpen, "the objects match; "+i.byHand)
		case len(i.classes) > 0 && !there:
			l.say(i.title, itemMatches, "there are none")
		default:
			l.say(i.title, itemMatches, "")
		}
	}
}

// running asks both servers whether they run what they have stored.
func (l *checked) running() *objects.Error {
	var waits []string
	for _, m := range []*member{l.main(), l.backup()} {
		answer, err := m.Difference(l.call.ctx, connect.NewRequest(&adminv1.DifferenceRequest{}))
		if err != nil {
			return m.explain("asking what it runs", err)
		}
		if n := len(answer.Msg.Changes); n > 0 {
			waits = append(waits, fmt.Sprintf("the %s waits for a reload with %s ('session difference' there lists them)", m.word(), counted(n, "change")))
		}
	}
	if len(waits) > 0 {
		l.say("Both servers reloaded", itemDiffers, strings.Join(waits, "; "))
	} else {
		l.say("Both servers reloaded", itemMatches, "")
	}
	return nil
}

// share says how many addresses the backup can lease by itself. Whether they
// are enough depends on how many new clients come until somebody acts.
func (l *checked) share() string {
	r, err := l.related(l.backup())
	if err != nil || r == nil || r.Detail[objects.RelatedPools.Name] == "" {
		return "how many the backup has shows once both servers are in NORMAL"
	}
	return "whether they last until somebody acts; the backup has " + r.Detail[objects.RelatedPools.Name]
}
