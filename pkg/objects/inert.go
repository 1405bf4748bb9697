package objects

import "slices"

// Why attributes of the reference are kept, shown and copied but do not act.
const (
	noDNS        = "the server does not update DNS"
	noLDAP       = "clients are not looked up in LDAP"
	noExtensions = "the server runs no extensions"
	noFailover6  = "failover is spoken over IPv4"
	noV6         = "DHCPv6 is not served"
	noTraps      = "the server sends no SNMP traps"
	noHistory    = "no lease history is kept"
	noSMS        = "there is no SMS to talk to"
	noSamples    = "no utilization samples are kept"
	noBuffers    = "packet buffers are taken as they are needed"
	noCache      = "all clients are in memory"
	noBlocks     = "there are no address blocks"
	noRADIUS     = "RADIUS attributes of relays are not read"
)

// dynamicDNSWords are the words of dynamic-dns.
const dynamicDNSWords = "update-none=0 update-all=1 update-fwd-only=2 update-reverse-only=3"

// doesNotAct marks classes whose objects are kept, copied and compared, but
// have no effect yet.
func doesNotAct(why string, classes ...*Class) {
	for _, c := range classes {
		c.Inert = why
		for _, a := range c.Attrs {
			if a.Inert == "" && a.Derive == nil {
				a.Inert = why
			}
		}
	}
}

// Idle is what a configuration says without effect, by the reason why.
type Idle struct {
	Why  string
	What []string // scope "office" free-address-config, ldap "main", ...
}

// Idle lists what was configured and does not act, each reason once.
func (c *Config) Idle() []Idle {
	var all []Idle
	add := func(why, what string) {
		i := slices.IndexFunc(all, func(x Idle) bool { return x.Why == why })
		if i < 0 {
			i = len(all)
			all = append(all, Idle{Why: why})
		}
		all[i].What = append(all[i].What, what)
	}
	for _, class := range classes {
		if !class.Runtime && (class.Inert != "" || slices.ContainsFunc(class.Attrs, func(a *Attr) bool { return a.Inert != "" })) {
			for _, o := range c.All(class) {
				o.idle(add)
			}
		}
	}
	return all
}

// idle reports what of one object does not act: all of it, or attributes that
// were set to something else than their default.
func (o *Object) idle(add func(why, what string)) {
	if o.Class.Inert != "" {
		add(o.Class.Inert, o.Ref())
		return
	}
	for _, a := range o.SetInVain() {
		if o.Attrs[a.Name] != a.Default {
			add(a.Inert, o.Ref()+" "+a.Name)
		}
	}
}

// SetInVain lists the attributes of the object that were set and do not act.
func (o *Object) SetInVain() []*Attr {
	var as []*Attr
	for _, a := range o.Class.Attrs {
		if _, set := o.Attrs[a.Name]; set && a.Inert != "" && !a.ReadOnly {
			as = append(as, a)
		}
	}
	return as
}
