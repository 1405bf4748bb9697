package engine

import (
	"slices"
	"strings"

	"leasehold/internal/expr"
	"leasehold/internal/lease"
	"leasehold/pkg/objects"
)

// properties are what a client and a client-class can both say; where both
// do, the client's word counts.
type properties struct {
	exclude     bool
	criteria    []tagID // nil: not said
	hostName    string
	domainName  string
	defaultVPN  *vpn
	overrideVPN *vpn
	environment [][2]string
	unauth      *class
	embedded    *policy
	named       *policy
}

// class is a compiled client-class.
type class struct {
	name string
	properties
	clientLookup *expr.Program
	limitation   *expr.Program
	overrideID   *expr.Program
	overLimit    *class
}

// client is a compiled client entry.
type client struct {
	name string
	properties
	class      *class
	authUntil  int64 // 0 is without end
	overrideID string
}

// tagID is a scope selection tag, numbered by the plan.
type tagID uint32

// hasAll tells whether every tag of want is among those that the scope has,
// or those that the reservation adds.
func hasAll(want, scope, reservation []tagID) bool {
	for _, w := range want {
		if !slices.Contains(scope, w) && !slices.Contains(reservation, w) {
			return false
		}
	}
	return true
}

// clients finds client entries.
type clients struct {
	byHW     map[lease.HW]*client // entries named by a MAC
	byName   map[string]*client   // all, lower case
	fallback *client              // the entry "default"
}

// lookup finds the entry for a key that client-lookup-id made. One that looks
// like a MAC finds the entry of that MAC (expressions.md, result as key): a key
// is read as the names of entries are.
func (c *clients) lookup(key string) *client {
	name, err := objects.Client.Canonical(key)
	if err != nil {
		return nil
	}
	return c.byName[name]
}

// compileClasses makes all client-classes and links those that name others.
func (b *builder) compileClasses() {
	all := b.cfg.All(objects.ClientClass)
	for _, o := range all {
		b.plan.classes[strings.ToLower(o.Name)] = &class{name: o.Name}
	}
	for _, o := range all {
		c := b.plan.classes[strings.ToLower(o.Name)]
		c.properties = properties{
			exclude:     objects.ClassAction.Of(o).Has(objects.ActionExclude),
			criteria:    b.tagList(objects.ClassCriteria.Of(o)),
			hostName:    objects.ClassHostName.Of(o),
			domainName:  objects.ClassDomainName.Of(o),
			defaultVPN:  b.vpnRef(o, objects.ClassDefaultVPN),
			overrideVPN: b.vpnRef(o, objects.ClassOverrideVPN),
			environment: pairs(objects.ClassEnvironment.Of(o)),
			unauth:      b.classRef(o, objects.ClassUnauthClassName),
			embedded:    b.embedded(objects.ClientClassPolicy, o.Name),
			named:       b.policyRef(o, objects.ClassPolicyName),
		}
		c.clientLookup = b.program(o, objects.ClassClientLookupID)
		c.limitation = b.program(o, objects.ClassLimitationID)
		c.overrideID = b.program(o, objects.ClassOverrideID)
		c.overLimit = b.classRef(o, objects.ClassOverLimit)
	}
}

// compileClients makes all client entries.
func (b *builder) compileClients() {
	t := &b.plan.clients
	t.byHW, t.byName = map[lease.HW]*client{}, map[string]*client{}
	for _, o := range b.cfg.All(objects.Client) {
		c := &client{name: o.Name}
		c.properties = properties{
			exclude:     objects.ClientAction.Of(o).Has(objects.ActionExclude),
			criteria:    b.tagList(objects.ClientCriteria.Of(o)),
			hostName:    objects.ClientHostName.Of(o),
			domainName:  objects.ClientDomainName.Of(o),
			defaultVPN:  b.vpnRef(o, objects.ClientDefaultVPN),
			overrideVPN: b.vpnRef(o, objects.ClientOverrideVPN),
			environment: pairs(objects.ClientEnvironment.Of(o)),
			unauth:      b.classRef(o, objects.ClientUnauthClassName),
			embedded:    b.embedded(objects.ClientPolicy, o.Name),
			named:       b.policyRef(o, objects.ClientPolicyName),
		}
		c.class = b.classRef(o, objects.ClientClassName)
		c.overrideID = string(objects.ClientOverrideID.Of(o))
		if until, set := objects.ClientAuthUntil.Lookup(o); set && until != objects.Forever {
			c.authUntil = until
		}
		key := strings.ToLower(o.Name)
		t.byName[key] = c
		if hw, ok := parseMAC(key); ok {
			t.byHW[hw] = c
		}
	}
	t.fallback = t.byName[objects.DefaultClient]
}

// pairs reads add-to-environment-dictionary: a1=v1,a2=v2.
func pairs(text string) [][2]string {
	var ps [][2]string
	for item := range strings.SplitSeq(text, ",") {
		if name, value, ok := strings.Cut(item, "="); ok {
			ps = append(ps, [2]string{strings.TrimSpace(name), strings.TrimSpace(value)})
		}
	}
	return ps
}
